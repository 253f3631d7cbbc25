"""One process at a time: a lock on a file that the system frees when its process ends, also on disks without locks."""

from __future__ import annotations

import errno
import os
import platform
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows, where every disk has locks
    fcntl = None

# What a disk answers that knows no locks: network homes without a lock daemon, some container mounts.
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
PAUSE = 0.2  # seconds between two tries


class InUse(OSError):
    """Another process holds the lock; the message says what to do if that process has ended."""


@contextmanager
def alone(path: str | os.PathLike, *, wait: bool = True, waiting: str = "") -> Iterator[None]:
    """with alone(path): only one process at a time runs the block; path is a file for the lock, whose folder exists.

    wait: wait for the other process, after a warning with the text `waiting`, if it has one; without wait, raise InUse.
    On a disk without locks the file PATH.held takes the lock's place. It names its process, so that the file of a
    process that was killed on this computer holds nobody up.
    """
    lock = _SystemLock(path) if _has_locks(Path(path).parent) else _HeldFile(path)
    if not lock.take():
        if not wait:
            raise InUse(lock.in_use())
        if waiting:
            warnings.warn(waiting, stacklevel=3)
        while not lock.take():
            time.sleep(PAUSE)
    try:
        yield
    finally:
        lock.free()


def _has_locks(folder: Path) -> bool:
    """Whether the disk of a folder knows locks, tried on a file that no other process can see."""
    if fcntl is None:
        return True
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                return False
            raise
    return True


class _SystemLock:
    """A lock of the operating system."""

    def __init__(self, path):
        self.path, self.lock = path, FileLock(path)

    def take(self) -> bool:
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def free(self) -> None:
        self.lock.release()

    def in_use(self) -> str:
        return f"another process holds {self.path}: wait until it ends"


class _HeldFile:
    """A file that only one process can make, with the computer and the process in it."""

    def __init__(self, path):
        self.path = Path(f"{path}.held")
        self.own = f"{platform.node()} {os.getpid()}"

    def take(self) -> bool:
        if self._is_left_over():
            self.path.unlink(missing_ok=True)
        try:
            with open(self.path, "x", encoding="utf-8") as file:
                file.write(self.own)
        except FileExistsError:
            return False
        return True

    def free(self) -> None:
        self.path.unlink(missing_ok=True)

    def in_use(self) -> str:
        return f"{self.path} exists: wait until the other process ends; if it was killed, delete that file"

    def _is_left_over(self) -> bool:
        """Whether the process that made the file ran on this computer and has ended."""
        try:
            node, _, number = self.path.read_text(encoding="utf-8").rpartition(" ")
        except OSError:
            return False
        return node == platform.node() and number.isdecimal() and not _runs(int(number))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        pass
    return True

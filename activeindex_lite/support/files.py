"""Writing files that appear whole or not at all, and marking the folders that this package made."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

# What a disk refuses, and what to do about it.
REFUSALS = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "your quota of disk space is used up: free some space",
    errno.EFBIG: "the file is larger than this disk allows: write to another disk",
    errno.EROFS: "the disk is read-only: name another folder",
    errno.EACCES: "you may not write there: name another folder",
    errno.EPERM: "you may not write there: name another folder",
    errno.ENOENT: "its folder does not exist: make the folder first",
    errno.ENOTDIR: "its folder is a file: name another folder",
    errno.EISDIR: "a folder has that name: give another name",
    errno.ENAMETOOLONG: "its name is too long: give a shorter one",
}
# A disk without hard links answers with one of these: FAT, some network homes and container mounts.
NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
# numpy's message when a disk takes only a part of an array (ndarray.tofile). The error has no number to test instead.
SHORT_WRITE = re.compile(r"\d+ requested and \d+ written")
LONGEST = 160  # bytes of a file name; with the additions of a temporary name it stays under the 255 of file systems
MARK = ".activeindex-lite-output"
MARK_TEXT = "activeindex-lite made this folder and never reads pictures from it. Delete this file to change that.\n"


class whole_file:
    """with whole_file(path) as temporary: write temporary; path then appears in one step, or not at all after an error.

    new: refuse to replace an existing file (FileExistsError), also one that another process makes meanwhile.
    If the disk refuses, the OSError says what to do and that the old file is unchanged. A process that is killed leaves
    the old file as it was, and a temporary file beside it.
    """

    def __init__(self, path: str | os.PathLike, *, new: bool = False):
        self.path, self.new = Path(path), new
        name = self.path.name
        if len(os.fsencode(name)) > LONGEST:
            name = hashlib.sha256(os.fsencode(name)).hexdigest()
        # The process id in the name: two runs on one cache write files of their own, and the later one wins.
        self.temporary = self.path.with_name(f".{name}.{os.getpid()}.part")

    def __enter__(self) -> Path:
        if self.new and os.path.lexists(self.path):
            raise _exists(self.path)
        return self.temporary

    def __exit__(self, kind, error, _) -> None:
        try:
            if kind is None:
                self._publish()
        except FileExistsError:
            raise
        except OSError as refused:
            raise told(refused, self.path) from refused
        finally:
            # The temporary file may be on a read-only disk or in a folder that vanished.
            with suppress(OSError):
                self.temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and (error.errno in REFUSALS or _is_short_write(error)):
            raise told(error, self.path) from error

    def _publish(self) -> None:
        if self.new:
            _publish_new(self.temporary, self.path)
        else:
            os.replace(self.temporary, self.path)


def _publish_new(temporary: Path, path: Path) -> None:
    """Give a finished file its name unless the name is taken: by a hard link, or by a claim if the disk has none."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        _claim_and_replace(temporary, path)


def _claim_and_replace(temporary: Path, path: Path) -> None:
    """Claim the name with an empty file, which only one process can make, and put the finished file in its place."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        raise _exists(path) from None
    os.replace(temporary, path)


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(f"{path} exists: name another file, or move it away")


def _is_short_write(error: OSError) -> bool:
    return error.errno is None and SHORT_WRITE.fullmatch(str(error)) is not None


def told(error: OSError, path: str | os.PathLike) -> OSError:
    """An OSError whose message names the file, the reason and the way out; other errors are returned unchanged."""
    number = errno.ENOSPC if _is_short_write(error) else error.errno
    if number not in REFUSALS:
        return error
    return OSError(
        number,
        f"{path} could not be written: {REFUSALS[number]}, then give the same command again; what was there "
        "before is as it was",
    )


def mark_as_output(folder: str | os.PathLike) -> None:
    """Make the folder, and mark it as made by this package: `open_pictures` never enters it from a folder above.

    A marked folder that the caller names itself is read like any other.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not is_output(folder):
        with whole_file(folder / MARK) as temporary:
            temporary.write_text(MARK_TEXT, encoding="utf-8")


def is_output(folder: str | os.PathLike) -> bool:
    """Whether a folder carries the mark of `mark_as_output`."""
    return os.path.isfile(os.path.join(folder, MARK))


def is_free(folder: str | os.PathLike) -> bool:
    """Whether a folder can take results: it does not exist, or it holds nothing but our mark."""
    folder = Path(folder)
    if not folder.exists():
        return True
    return folder.is_dir() and all(path.name == MARK for path in folder.iterdir())


def check_temporary_folder(folder: str | Path | None, who: str, hint: str) -> None:
    """OSError, ending in hint, where who cannot keep temporary files in a folder (None: the system's)."""
    folder = Path(folder or tempfile.gettempdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"{folder}: {who} cannot keep temporary files there; {hint}") from error

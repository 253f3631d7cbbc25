"""Writing files that appear whole or not at all, whatever happens while they are written."""

import errno
import hashlib
import os
from pathlib import Path

# What a disk says that takes no more, and what to do.
REFUSALS = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "your quota of disk space is used up: free some space",
    errno.EFBIG: "it would be larger than a file may be here: write to another disk",
    errno.EROFS: "the disk is read-only: name another folder",
    errno.EACCES: "you may not write there: name another folder",
    errno.EPERM: "you may not write there: name another folder",
    errno.ENOENT: "its folder is not there: make the folder first",
    errno.ENOTDIR: "a file stands where its folder should be: name another folder",
    errno.EISDIR: "a folder of that name is in the way: give another name",
    errno.ENAMETOOLONG: "its name is too long: give a shorter one",
}
LONGEST = 160


class whole_file:
    """with whole_file(path) as temporary: write temporary; path then appears in one go, or not at all after an error.

    An OSError from within says, if the disk refused, what to do, and that nothing that was there is lost. A process that is
    killed leaves the temporary file and the old file as it was.
    """

    def __init__(self, path):
        self.path = Path(path)
        name = self.path.name
        if len(os.fsencode(name)) > LONGEST:  # with what is added it would be longer than file systems allow
            name = hashlib.sha256(os.fsencode(name)).hexdigest()
        # The process in the name: two runs on one cache write files of their own, and the later one wins.
        self.temporary = self.path.with_name(f".{name}.{os.getpid()}.part")

    def __enter__(self):
        return self.temporary

    def __exit__(self, kind, error, _):
        try:
            if kind is None:
                os.replace(self.temporary, self.path)
        except OSError as refused:
            raise told(refused, self.path) from refused
        finally:
            # A file on a read-only disk, or in a folder that vanished, is none of ours.
            try:
                self.temporary.unlink(missing_ok=True)
            except OSError:
                pass
        if isinstance(error, OSError) and (error.errno in REFUSALS or error.errno is None):
            raise told(error, self.path) from error


def told(error, path):
    """An OSError as one whose message says which file could not be written, what to do, and that the run can go on."""
    # numpy, when a disk takes a part of an array only, gives no number.
    number = errno.ENOSPC if error.errno is None and "written" in str(error) else error.errno
    if number not in REFUSALS:
        return error
    return OSError(
        number,
        f"{path} could not be written: {REFUSALS[number]}, then give the same command again; what was there "
        "before is as it was",
    )

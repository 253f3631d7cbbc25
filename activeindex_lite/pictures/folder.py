"""Real pictures: a folder or list of files in, RGB pictures out one by one; bad files are skipped with a warning."""

from __future__ import annotations

import os
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from activeindex_lite.pictures.decode import FORMATS, UnreadablePicture, read_picture, reason_of
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.files import is_output

# Pictures that this PIL may be unable to read: skipped with a warning, not passed over in silence.
PERHAPS = {".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif", ".jxl"}
# Folders in which a system keeps thumbnails and deleted files, in small letters.
SYSTEM_FOLDERS = {
    "#recycle", "#snapshot", "$recycle.bin", "@eadir", "@recycle", "__macosx", "lost+found", "recycler",
    "system volume information",
}  # fmt: skip
SYSTEM_FILES = {"desktop.ini", "ehthumbs.db", "thumbs.db"}


class NoPictures(ValueError):
    """The folder or list holds no picture, or none of them can be used."""


class SkippedPicture(UserWarning):
    """A file was left out; the message names it and says why."""


class NotRead(UserWarning):
    """Files or folders that were not looked at: other kinds of file, or folders that this package made."""


def open_pictures(
    source: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    limit: int | None = None,
    max_side: int = 1024,
    min_side: int = 16,
    recursive: bool = True,
) -> PictureFolder:
    """Open the pictures of a folder, or of a list of files, as a PictureFolder; nothing is decoded yet.

    source: a folder, of which all files with a picture's suffix are taken in natural order of relative path (2.jpg
    before 10.jpg); or a list of files, taken as it is. Of a folder, hidden files, folders of the system (@eaDir,
    $RECYCLE.BIN) and subfolders that this package made are left out, and linked folders are entered once. One
    NotRead warning counts the files of other kinds.
    limit: yield only the first so many good pictures (None: all). max_side: shrink larger pictures to it, in pixels,
    aspect ratio kept. min_side: skip pictures whose shorter side is smaller. recursive: enter subfolders.
    Raises FileNotFoundError, NotADirectoryError, NoPictures (no file to try) or ValueError.
    """
    if limit is not None:
        limit = whole_number(limit, "limit", why="None: all pictures")
    max_side = whole_number(max_side, "max_side", why="in pixels")
    min_side = whole_number(min_side, "min_side", why="in pixels")
    if isinstance(source, (str, os.PathLike)):
        paths = _list_folder(Path(source), recursive)
    else:
        try:
            paths, source = [Path(path) for path in source], "the list of files"
        except TypeError as error:
            raise ValueError(f"source={source!r}: give a folder or a list of file paths ({error})") from None
        if not paths:
            raise NoPictures("the list of files is empty: give at least one file, or a folder")
    return PictureFolder(paths, str(source), limit, max_side, min_side)


class PictureFolder:
    """Pictures on disk, decoded one at a time and afresh at every iteration; made by `open_pictures`.

    Iterating yields PIL pictures of mode "RGB", `items()` yields (path, picture). Pictures are upright by EXIF and on
    white where transparent; of an animation it is the first frame that is not empty. A picture that is transparent
    all over is shown without its transparency. Colour profiles are ignored. 16-bit greys are scaled from 0 .. 65535
    (12-bit ones from 0 .. 4095), 32-bit, signed and float greys from their own least and greatest value.
    A file that cannot be used is left out with a SkippedPicture warning and noted in `skipped`; if none can be used,
    the iteration ends in NoPictures.
    paths: every file that is tried, list of Path. skipped: {path: reason}, filled while iterating.
    folder[i] is the picture at paths[i], or raises UnreadablePicture. folder[i:] is a PictureFolder of paths[i:] with
    the same limit, so that long work goes on from where it stopped (no error if no picture is left there).
    len() is the largest number of pictures an iteration can yield: that of the paths, or the limit if that is less.
    """

    def __init__(
        self, paths: list[Path], source: str, limit: int | None, max_side: int, min_side: int, part: bool = False
    ):
        self.paths, self.skipped, self._source, self._part = paths, {}, source, part
        self.limit, self.max_side, self.min_side = limit, max_side, min_side

    def __len__(self) -> int:
        return min(len(self.paths), self.limit or len(self.paths))

    def __getitem__(self, i: int | slice) -> Image.Image | PictureFolder:
        if isinstance(i, slice):
            return PictureFolder(self.paths[i], self._source, self.limit, self.max_side, self.min_side, True)
        return read_picture(self.paths[i], self.max_side, self.min_side)

    def __iter__(self) -> Iterator[Image.Image]:
        return (picture for _, picture in self.items())

    def items(self) -> Iterator[tuple[Path, Image.Image]]:
        """Yield (path, picture) of every good picture, in the order of `paths`."""
        n = 0
        for i, path in enumerate(self.paths):
            if n == self.limit:
                return
            try:
                picture = self[i]
            except UnreadablePicture as error:
                self.skipped[path] = error.reason
                warnings.warn(SkippedPicture(f"skipped {error}"), stacklevel=2)
                continue
            self.skipped.pop(path, None)
            n += 1
            yield path, picture
        if not n and not self._part:
            path = self.paths[0]
            raise NoPictures(
                f"{self._source}: none of {len(self.paths)} files can be used as a picture; the "
                f"first is {path}: {self.skipped[path]}"
            )


def _list_folder(root: Path, recursive: bool) -> list[Path]:
    """Paths of the files under root that have a picture's suffix, in natural order; a warning counts the others."""
    if not root.is_dir():
        if root.exists():
            raise NotADirectoryError(f"{root} is a file: give a folder, or a list: [{str(root)!r}]")
        raise FileNotFoundError(f"{root}: no such folder (looked for from {Path.cwd()})")
    suffixes = PERHAPS | {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
    found, others = [], Counter()
    for path in _walk(root, recursive):
        if path.suffix.lower() in suffixes:
            found.append(path)
        elif path.name.lower() not in SYSTEM_FILES and not path.is_dir():
            others[path.suffix.lower()[:20] or "without suffix"] += 1
    rest = ", ".join(f"{n} {suffix}" for suffix, n in others.most_common(6))
    if len(others) > 6:
        rest += ", ..."
    if not found:
        rest = rest or "nothing"
        where = f"{root} or its subfolders" if recursive else f"{root} itself (recursive=False)"
        raise NoPictures(
            f"no picture in {where}, but {sum(others.values())} other files ({rest}); the "
            f"suffixes read are {' '.join(sorted(suffixes))}"
        )
    if others:
        files = "file of another kind was" if sum(others.values()) == 1 else "files of other kinds were"
        warnings.warn(NotRead(f"{root}: {sum(others.values())} {files} not read ({rest})"), stacklevel=3)
    return sorted(found, key=lambda path: [_natural(part) for part in path.relative_to(root).parts])


def _walk(root: Path, recursive: bool) -> Iterator[Path]:
    """Everything under root that is not hidden: files, links to nothing and, unless recursive, folders."""

    def left_out(error):
        if error.filename == str(root):
            raise error
        warnings.warn(SkippedPicture(f"skipped the folder {error.filename}: {reason_of(error)}"), stacklevel=2)

    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=left_out):
        real = os.path.realpath(folder)
        if real in seen:  # links may lead here twice, or round and round
            files, folders[:] = [], []
        seen.add(real)
        if not recursive:
            files, folders[:] = files + folders, []
        folders[:] = sorted((name for name in folders if _is_entered(folder, name)), key=_natural)
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _is_entered(folder: str, name: str) -> bool:
    """Whether the walk enters a subfolder: not a hidden one or one of the system, nor one that this package made."""
    if name.startswith(".") or name.lower() in SYSTEM_FOLDERS:
        return False
    path = Path(folder, name)
    if is_output(path):
        warnings.warn(NotRead(f"the folder {path} was not read: activeindex-lite made it"), stacklevel=2)
        return False
    return True


def _natural(name: str) -> tuple[str, str]:
    """Sort key: digits count as numbers; capitals, an accent's encoding and the locale make no difference."""
    text = unicodedata.normalize("NFC", name).casefold()
    return re.sub("0*([0-9]+)", lambda number: f"{len(number[1]):03}{number[1]}", text), name

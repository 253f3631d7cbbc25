"""Real pictures: a folder or a list of files in, RGB pictures out one by one; what cannot be read is skipped aloud."""

import os
import re
import stat
import struct
import unicodedata
import warnings
import zlib
from collections import Counter
from contextlib import contextmanager
from numbers import Integral
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

# A picture that declares more pixels is refused from its header: a few bytes of PNG can ask for gigabytes.
MAX_PIXELS = 200_000_000
# PIL reads more than these, but not photographs (maps, fonts, video), without a signature (TGA), or by running a program
# (EPS); HEIF counts once a plug-in such as pillow-heif has registered it.
FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "QOI", "TIFF", "WEBP")
# Pictures that this PIL may be unable to read: better skipped aloud than not seen at all.
PERHAPS = {".avif", ".heic", ".heif", ".jxl"}
# What PIL's decoders raise on broken files. MemoryError and programming errors elsewhere are not among them.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error,
          zlib.error, NotImplementedError, Image.DecompressionBombError)


class NoPictures(ValueError):
    """There is no picture in the folder or list, or none of them could be read."""


class SkippedPicture(UserWarning):
    """A file was left out; the message names it and says why."""


class UnreadablePicture(ValueError):
    """One file cannot be used as a picture: `path` names it, `reason` says why."""

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self):
        return f"{self.path}: {self.reason}"


def open_pictures(source, *, limit=None, max_side=1024, min_side=16, recursive=True):
    """Open the pictures of a folder, or of a list of files, as a PictureFolder; nothing is decoded yet.

    source: a folder, whose files with a picture's suffix are taken in natural order of their relative paths (2.jpg before
    10.jpg, capitals alike), hidden ones left out, linked folders followed once; or a list of files, taken as it stands.
    limit: yield the first so many good pictures (None: all). max_side: larger pictures are shrunk to it, in pixels, aspect
    ratio kept. min_side: pictures with a shorter side, in pixels, are skipped. recursive: look into subfolders.
    Raises FileNotFoundError, NotADirectoryError, NoPictures (no file to try) or ValueError, each with the way out.
    """
    if limit is not None:
        _check_whole("limit", limit, "or None for all pictures")
    _check_whole("max_side", max_side, "in pixels")
    _check_whole("min_side", min_side, "in pixels")
    if isinstance(source, (str, os.PathLike)):
        paths, name = _list_folder(Path(source), recursive), str(source)
    else:
        try:
            paths, name = [Path(path) for path in source], "the list"
        except TypeError as error:
            raise ValueError(f"source={source!r}: give a folder or a list of file paths ({error})") from None
        if not paths:
            raise NoPictures("the list of files is empty: give a folder or at least one file")
    return PictureFolder(paths, name, limit, max_side, min_side)


class PictureFolder:
    """Pictures on disk, decoded afresh at every iteration, one at a time; made by `open_pictures`.

    Iterating yields PIL pictures of mode "RGB" (8 bits, upright, transparency laid on white, first frame of an animation,
    colour profiles ignored), `items()` yields (path, picture). 16-bit greys are scaled from 0..65535; 32-bit and float
    greys from their own least and greatest value. A file that cannot be used is left out with a SkippedPicture warning
    and noted in `skipped`; when none can be used, the iteration ends with NoPictures.
    paths: every file that is tried, list of Path. skipped: {path: reason}, filled while iterating.
    folder[i] is the picture at paths[i], or raises UnreadablePicture; folder[i:] is a PictureFolder of the paths from i
    on, with the same limit, so that long work can go on from where it stopped (it may be empty, without complaint).
    len() is the most pictures an iteration can yield: the number of paths, or the limit where that is less.
    """

    def __init__(self, paths, name, limit=None, max_side=1024, min_side=16, part=False):
        self.paths, self.skipped = list(paths), {}
        self._name, self._part = name, part
        self._settings = dict(limit=limit, max_side=max_side, min_side=min_side)

    def __len__(self):
        return min(len(self.paths), self._settings["limit"] or len(self.paths))

    def __repr__(self):
        return f"<PictureFolder {self._name}: {len(self.paths)} files, {len(self.skipped)} of them skipped so far>"

    def __getitem__(self, i):
        if isinstance(i, slice):
            return PictureFolder(self.paths[i], self._name, **self._settings, part=True)
        return _read(self.paths[i], self._settings["max_side"], self._settings["min_side"])

    def __iter__(self):
        for _, picture in self._good(stacklevel=3):
            yield picture

    def items(self):
        """Yield (path, picture) of every good picture, in the order of `paths`."""
        return self._good(stacklevel=2)

    def _good(self, stacklevel):
        n = 0
        for i, path in enumerate(self.paths):
            if n == self._settings["limit"]:
                return
            try:
                picture = self[i]
            except UnreadablePicture as error:
                self.skipped[path] = error.reason
                warnings.warn(SkippedPicture(f"skipped {error}"), stacklevel=stacklevel)
            else:
                self.skipped.pop(path, None)
                n += 1
                yield path, picture
        if not n and not self._part:
            path, reason = next(iter(self.skipped.items()))
            raise NoPictures(f"{self._name}: none of {len(self.paths)} files can be used; the first is {path}: {reason}")


def _check_whole(name, value, what):
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name}={value!r}: give a whole number of 1 or more, {what}")


def _list_folder(root, recursive):
    """Paths of the files under root that have a picture's suffix, in natural order; each real folder is entered once."""
    if not root.is_dir():
        if root.exists():
            raise NotADirectoryError(f"{root} is a file: give a folder, or [{str(root)!r}] for this file alone")
        raise FileNotFoundError(f"{root}: no such folder (looked for from {Path.cwd()})")
    Image.init()
    suffixes = PERHAPS | {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
    found, others, seen, pending = [], Counter(), set(), [(root, ())]
    for folder, key in pending:
        for entry in _entries(folder, seen, folder == root):
            path, suffix = folder / entry.name, os.path.splitext(entry.name)[1].lower()
            if recursive and _is_folder(entry):
                pending.append((path, (*key, _natural(entry.name))))
            elif suffix in suffixes:
                found.append(((*key, _natural(entry.name)), path))
            else:
                others["folders" if _is_folder(entry) else suffix or "without suffix"] += 1
    if not found:
        rest = ", ".join(f"{n} {kind}" for kind, n in others.most_common(6)) or "nothing"
        raise NoPictures(f"no picture in {root}{' and its subfolders' if recursive else ' (recursive=False)'}: there is "
                         f"{rest}; read are {' '.join(sorted(suffixes))}")
    return [path for _, path in sorted(found)]


def _entries(folder, seen, is_root):
    """The visible entries of a folder by name; none if it was seen before (links go round) or must not be read."""
    try:
        info = os.stat(folder)
        if (info.st_dev, info.st_ino) in seen:
            return []
        seen.add((info.st_dev, info.st_ino))
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: _natural(e.name))
    except OSError as error:
        if is_root:
            raise
        warnings.warn(SkippedPicture(f"skipped the folder {folder}: {_reason(error)}"), stacklevel=4)
        return []


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _natural(name):
    """Sort key: digits count as numbers, capitals and ways of writing an accent make no difference, no locale."""
    pieces = re.split("([0-9]+)", unicodedata.normalize("NFC", name).casefold())
    pieces[1::2] = map(int, pieces[1::2])
    return pieces, name


@contextmanager
def _strict_pil():
    """PIL with our limit on pixels, never filling up truncated files, and without warnings that name no file."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = MAX_PIXELS / 2, False  # PIL refuses twice its number
    try:
        with warnings.catch_warnings():
            for category in (UserWarning, RuntimeWarning):
                warnings.filterwarnings("ignore", category=category, module=r"PIL\.")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def _read(path, max_side, min_side):
    """The picture of one file, or UnreadablePicture."""
    with _strict_pil():
        try:
            im = _decode(path, max_side, min_side)
        except BROKEN as error:
            raise UnreadablePicture(path, _reason(error)) from error
        try:
            return _to_rgb(im, max_side)
        except ValueError as error:
            raise UnreadablePicture(path, f"colour mode {im.mode}: {error}") from error


def _decode(path, max_side, min_side):
    """The decoded first frame in the file's own mode; raises one of BROKEN, whose message is the reason."""
    info = os.stat(path)
    if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait for ever
        raise ValueError("a folder, not a file" if stat.S_ISDIR(info.st_mode) else "not a regular file")
    if not info.st_size:
        raise ValueError("an empty file (0 bytes)")
    Image.init()
    # From a file that we opened, PIL reads: one that it opens it may map, and a mapped file that shrinks kills the process.
    with open(path, "rb") as file, Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN]) as im:
        if min(im.size) < min_side:
            raise ValueError(f"{im.width} x {im.height} pixels, a side is under min_side={min_side}")
        if im.format in ("JPEG", "MPO"):
            im.thumbnail((max_side, max_side))  # decodes a huge photograph at 1/2, 1/4 or 1/8 of its size
        im.load()
        return im


def _reason(error):
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or of a format that PIL cannot read here"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).partition("\n")[0] or type(error).__name__


def _to_rgb(im, max_side):
    """A decoded picture of any mode as a plain RGB one: upright, on white, no side over max_side or under 1 pixel."""
    if im.mode == "F" or im.mode.startswith("I"):
        im = _grey(im)
    elif im.has_transparency_data:
        im = im.convert("RGBA")
    elif im.mode in ("1", "P"):
        im = im.convert("RGB")
    im.thumbnail((max_side, max_side))  # before the copies that follow, so that they are small
    try:
        im = ImageOps.exif_transpose(im)
    except BROKEN:  # the EXIF block is broken, the picture is not
        pass
    if im.mode == "RGBA":
        im = Image.alpha_composite(Image.new("RGBA", im.size, "white"), im)
    im = im.convert("RGB")
    im.info = {}  # a colour profile or an orientation left here would be written into saved copies
    return im


def _grey(im):
    """16-bit, 32-bit or float grey as "L": 0..65535 by the high byte, as PIL does for 16-bit colour, others by their range."""
    values = np.asarray(im)
    if im.mode != "F" and (im.mode != "I" or im.format in ("PNG", "PPM")):  # before PIL 11.3 these are 16 bits in mode I
        grey = values >> 8
    else:
        values = np.nan_to_num(values.astype(np.float64), posinf=np.nan, neginf=np.nan)
        low, high = values.min(), values.max()
        grey = (values - low) * (255 / (high - low or 1))
    flat = Image.fromarray(grey.astype(np.uint8))
    flat.info = im.info
    return flat

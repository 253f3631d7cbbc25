"""Real pictures: a folder or list of files in, RGB pictures out one by one; bad files are skipped aloud."""

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
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError
from PIL.Image import Transpose

from activeindex_lite.support.files import is_output

# A file that declares more pixels is refused from its header: a few bytes of PNG can ask for gigabytes.
MAX_PIXELS = 200_000_000
# Not what else PIL reads: maps, video, TGA (no signature), EPS (runs a program). HEIF needs a plug-in.
FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "QOI", "TIFF", "WEBP")
# Pictures that this PIL may be unable to read: better skipped aloud than not seen at all.
PERHAPS = {".avif", ".heic", ".heif", ".jxl"}
# What PIL's decoders raise on broken files; never MemoryError.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
# EXIF orientations 2 to 8. ImageOps.exif_transpose would also write the EXIF block anew, which fails where a
# field that nobody needs is damaged.
UPRIGHT = dict(
    enumerate(
        (
            Transpose.FLIP_LEFT_RIGHT,
            Transpose.ROTATE_180,
            Transpose.FLIP_TOP_BOTTOM,
            Transpose.TRANSPOSE,
            Transpose.ROTATE_270,
            Transpose.TRANSVERSE,
            Transpose.ROTATE_90,
        ),
        2,
    )
)


class NoPictures(ValueError):
    """There is no picture in the folder or list, or none of them can be used."""


class SkippedPicture(UserWarning):
    """A file was left out; the message names it and says why."""


class NotRead(UserWarning):
    """Files or folders that were not looked at: other kinds of file, or folders that this package made."""


class UnreadablePicture(ValueError):
    """One file cannot be used as a picture: `path` names it, `reason` says why."""

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self):
        return f"{self.path}: {self.reason}"


def open_pictures(source, *, limit=None, max_side=1024, min_side=16, recursive=True):
    """Open the pictures of a folder, or of a list of files, as a PictureFolder; nothing is decoded yet.

    source: a folder, whose files with a picture's suffix are taken in natural order of relative path (2.jpg
    before 10.jpg), hidden ones left out, linked folders entered once; or a list of files, taken as it stands.
    limit: yield the first so many good pictures (None: all). max_side: larger pictures are shrunk to it, in
    pixels, aspect ratio kept. min_side: smaller ones are skipped, by shorter side. recursive: enter
    subfolders.
    Raises FileNotFoundError, NotADirectoryError, NoPictures (no file to try) or ValueError.
    """
    least_one = {"limit": 1 if limit is None else limit, "max_side": max_side, "min_side": min_side}
    for name, value in least_one.items():
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(
                f"{name}={value!r}: give a whole number of 1 or more"
                + (", or None for all pictures" if name == "limit" else ", in pixels")
            )
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

    Iterating yields PIL pictures of mode "RGB", `items()` yields (path, picture). They are upright by EXIF,
    on white where transparent, the first frame of an animation; colour profiles are ignored; 16-bit greys are
    scaled from 0..65535, 32-bit and float greys from their own least and greatest value. A file that cannot
    be used is left out with a SkippedPicture warning and noted in `skipped`; if none can, the iteration ends
    in NoPictures.
    paths: every file that is tried, list of Path. skipped: {path: reason}, filled while iterating.
    folder[i] is the picture at paths[i], or raises UnreadablePicture. folder[i:] is a PictureFolder of
    paths[i:], same limit, so that long work goes on from where it stopped (no complaint if no picture is left
    there).
    len() is the most pictures an iteration can yield: the number of paths, or the limit where that is less.
    """

    def __init__(self, paths, source, limit, max_side, min_side, part=False):
        self.paths, self.skipped, self._source, self._part = paths, {}, source, part
        self.limit, self.max_side, self.min_side = limit, max_side, min_side

    def __len__(self):
        return min(len(self.paths), self.limit or len(self.paths))

    def __getitem__(self, i):
        if isinstance(i, slice):
            return PictureFolder(self.paths[i], self._source, self.limit, self.max_side, self.min_side, True)
        return _read(self.paths[i], self.max_side, self.min_side)

    def __iter__(self):
        return (picture for _, picture in self.items())

    def items(self):
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


def _list_folder(root, recursive):
    """Paths of the files under root that have a picture's suffix, in natural order."""
    if not root.is_dir():
        if root.exists():
            raise NotADirectoryError(f"{root} is a file: give a folder, or a list: [{str(root)!r}]")
        raise FileNotFoundError(f"{root}: no such folder (looked for from {Path.cwd()})")
    suffixes = PERHAPS | {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
    found, others = [], Counter()
    for path in _walk(root, recursive):
        if path.suffix.lower() in suffixes:
            found.append(path)
        else:
            others[path.suffix.lower() or "without suffix"] += 1
    if not found:
        rest = ", ".join(f"{n} {suffix}" for suffix, n in others.most_common(6)) or "nothing"
        where = f"{root} or its subfolders" if recursive else f"{root} itself (recursive=False)"
        raise NoPictures(
            f"no picture in {where}, but {sum(others.values())} other files ({rest}); the "
            f"suffixes read are {' '.join(sorted(suffixes))}"
        )
    return sorted(found, key=lambda path: [_natural(part) for part in path.relative_to(root).parts])


def _walk(root, recursive):
    """Everything under root that is not hidden: files, links to nothing and, unless recursive, folders."""

    def left_out(error):
        if error.filename == str(root):
            raise error
        warnings.warn(SkippedPicture(f"skipped the folder {error.filename}: {_reason(error)}"), stacklevel=2)

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


def _is_entered(folder, name):
    """Whether the walk enters a subfolder: not a hidden one, and with a note not one that this package made."""
    if name.startswith("."):
        return False
    path = Path(folder, name)
    if is_output(path):
        warnings.warn(NotRead(f"the folder {path} was not read: activeindex-lite made it"), stacklevel=2)
        return False
    return True


def _natural(name):
    """Sort key: digits count as numbers; capitals, an accent's encoding and the locale make no difference."""
    text = unicodedata.normalize("NFC", name).casefold()
    return re.sub("0*([0-9]+)", lambda number: f"{len(number[1]):03}{number[1]}", text), name


@contextmanager
def _strict_pil():
    """PIL with our limit on pixels, truncated files not filled up, no warnings that name no file."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = MAX_PIXELS / 2, False  # PIL refuses above twice
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
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
    """The first frame in the file's own mode; raises one of BROKEN, whose message is the reason."""
    info = os.stat(path)
    if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait for ever
        raise ValueError("a folder, not a file" if stat.S_ISDIR(info.st_mode) else "not a regular file")
    if not info.st_size:
        raise ValueError("an empty file (0 bytes)")
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    # A file that PIL opens itself may be memory-mapped; one that then shrinks would kill the process.
    with open(path, "rb") as file, Image.open(file, formats=formats) as im:
        if min(im.size) < min_side:
            raise ValueError(f"{im.width} x {im.height} pixels, a side is under min_side={min_side}")
        if im.format in ("JPEG", "MPO"):
            im.thumbnail((max_side, max_side))  # decodes a huge photograph at 1/2, 1/4 or 1/8 of its size
        im.load()
        return im


def _reason(error):
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or of a format that PIL cannot read here"
    if isinstance(error, Image.DecompressionBombError):
        return f"{str(error).partition(',')[0]} (MAX_PIXELS of {__name__})"
    return getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__


def _to_rgb(im, max_side):
    """A decoded picture of any mode as plain RGB: upright, on white, sides of 1 to max_side pixels."""
    if im.mode == "F" or im.mode.startswith("I"):
        im = _grey(im, max_side)
    elif im.has_transparency_data:
        im = im.convert("RGBA")
    elif im.mode in ("1", "P"):
        im = im.convert("RGB")
    im.thumbnail((max_side, max_side))  # before the copies that follow, so that they are small
    try:
        turn = UPRIGHT.get(im.getexif().get(ExifTags.Base.Orientation))
    except BROKEN:  # the EXIF block is broken, the picture is not
        turn = None
    if turn is not None:
        im = im.transpose(turn)
    if im.mode == "RGBA":
        im = Image.alpha_composite(Image.new("RGBA", im.size, "white"), im)
    im = im.convert("RGB")
    im.info = {}  # a colour profile left here would be written into saved copies
    return im


def _grey(im, max_side):
    """A grey picture of more than 8 bits as mode "L", on the scale that PictureFolder states."""
    if im.mode.startswith("I;16") or (im.mode == "I" and im.format in ("PNG", "PPM")):  # 16 bits, older PIL
        grey = np.asarray(im) >> 8  # the high byte, as PIL does with 16-bit colour
    else:
        im.thumbnail((max_side, max_side))  # eight bytes a value follow
        values = np.asarray(im, np.float64)
        finite = values[np.isfinite(values)]
        if not finite.size:
            raise ValueError("no finite value")
        low, high = finite.min(), finite.max()
        values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
        grey = (values - low) * (255 / (high - low or 1)) + 0.5
    flat = Image.fromarray(grey.astype(np.uint8))
    flat.info = im.info
    return flat

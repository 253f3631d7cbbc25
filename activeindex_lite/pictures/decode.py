"""One picture file in, an RGB picture out, or the reason why not; PIL is strict here, whatever its settings are."""

from __future__ import annotations

import io
import os
import stat
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from activeindex_lite.pictures.rgb import BROKEN, load_whole, to_rgb

# A file that declares more pixels is refused from its header: a few bytes of PNG can ask for gigabytes.
MAX_PIXELS = 200_000_000
# Not what else PIL reads: maps, video, TGA (no signature), EPS (runs a program). HEIF needs a plug-in.
FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "QOI", "TIFF", "WEBP")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
_pil_settings = threading.Lock()


class UnreadablePicture(ValueError):
    """One file cannot be used as a picture: `path` names it, `reason` says why."""

    def __init__(self, path: Path, reason: str):
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def read_picture(path: Path, max_side: int, min_side: int) -> Image.Image:
    """The picture of one file, mode RGB; UnreadablePicture for a file that cannot be used."""
    with strict_pil():
        try:
            im = _decode(path, max_side, min_side)
        except BROKEN as error:
            raise UnreadablePicture(path, reason_of(error)) from error
        try:
            return to_rgb(im, max_side)
        except ValueError as error:
            raise UnreadablePicture(path, f"colour mode {im.mode}: {error}") from error


def reason_of(error: Exception) -> str:
    """Why a file cannot be used, in one line."""
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or of a format that PIL cannot read here"
    if isinstance(error, Image.DecompressionBombError):  # PIL checks TIFF once more, while it reads the pixels
        return f"more pixels than twice PIL's own limit (Image.MAX_IMAGE_PIXELS, now {Image.MAX_IMAGE_PIXELS})"
    return getattr(error, "strerror", None) or str(error).partition("\n")[0][:300] or type(error).__name__


@contextmanager
def strict_pil() -> Iterator[None]:
    """PIL for one thread at a time: truncated files are not filled up, and it gives no warnings that name no file.

    These settings belong to the whole process. Only what differs is changed, and a caller's own setting comes back.
    """
    with _pil_settings, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        fills_up, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            if fills_up:
                ImageFile.LOAD_TRUNCATED_IMAGES = fills_up


def _decode(path: Path, max_side: int, min_side: int) -> Image.Image:
    """The picture in the file's own mode; raises one of BROKEN, whose message is the reason."""
    info = os.stat(path)
    if not stat.S_ISREG(info.st_mode):  # opening a pipe would wait forever
        raise ValueError("a folder, not a file" if stat.S_ISDIR(info.st_mode) else "not a regular file")
    if not info.st_size:
        raise ValueError("an empty file (0 bytes)")
    # A file that PIL opens itself may be memory-mapped; one that then shrinks would kill the process.
    with open(path, "rb") as file:
        try:
            return _load(file, max_side, min_side)
        except ValueError:
            file.seek(0)
            if file.read(len(PNG_SIGNATURE)) != PNG_SIGNATURE:
                raise
            # PIL refuses a PNG with a megabyte of text or profile, whose pixels may be fine.
            return _load(_png_without_texts(file), max_side, min_side)


def _load(file: BinaryIO, max_side: int, min_side: int) -> Image.Image:
    with _opened(file) as im:
        if im.width * im.height > MAX_PIXELS:
            raise ValueError(
                f"{im.width * im.height:,} pixels: expected at most {MAX_PIXELS:,} (MAX_PIXELS of {__name__})"
            )
        if min(im.size) < min_side:
            raise ValueError(f"{im.width} x {im.height} pixels: expected at least {min_side} on each side")
        if im.format in ("JPEG", "MPO"):
            im.thumbnail((max_side, max_side))  # decodes a huge photograph at 1/2, 1/4 or 1/8 of its size
        return load_whole(im)


def _opened(file: BinaryIO) -> Image.Image:
    """The picture of an open file, its pixels not read yet: PIL's open, without the limit of the whole process."""
    Image.init()
    start = file.read(16)
    for name in FORMATS:
        if name not in Image.OPEN:
            continue
        make, accept = Image.OPEN[name]
        answer = accept is None or accept(start)
        if not answer or isinstance(answer, str):  # a text says which library is missing
            continue
        file.seek(0)
        try:
            return make(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # of another format
            continue
    raise UnidentifiedImageError("not a picture")


def _png_without_texts(file: BinaryIO) -> BinaryIO:
    """A PNG without its texts and its profile, all but uncompressed XMP, which may hold the orientation."""
    file.seek(len(PNG_SIGNATURE))
    kept = [PNG_SIGNATURE]
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        body = file.read(length + 4)  # with its checksum
        if kind not in PNG_TEXTS or body.startswith(b"XML:com.adobe.xmp\0\0"):
            kept += [head, body]
        if kind == b"IEND":
            break
    return io.BytesIO(b"".join(kept))

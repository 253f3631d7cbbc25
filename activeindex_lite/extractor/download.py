"""Downloading a published file once: it resumes after an interruption, checks the length, and notes the SHA-256.

torch.hub and urllib also download, but start again from nothing after each interruption.
"""

from __future__ import annotations

import errno
import hashlib
import os
import ssl
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import torch
from tqdm import tqdm

from activeindex_lite.support.files import told, whole_file
from activeindex_lite.support.locks import alone

CHUNK = 1 << 20
NETWORK_ERRORS = (URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


def cache_folder() -> Path:
    """The folder of downloads, which torchvision uses too; the environment variable TORCH_HOME moves it."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def fetch(url: str, *, attempts: int = 3, timeout: float = 30, progress: bool = True) -> Path:
    """Path in the cache folder of the file at an address, downloaded if it does not exist yet.

    attempts: connections in a row that may bring nothing before the download fails; timeout: seconds without a byte
    after which a connection ends. An incomplete download stays in FILE.part, and a later call resumes it. A file that
    somebody put in the folder is used as it is. Raises ConnectionError if the network fails, OSError if the folder
    cannot be written, ValueError if the file differs from the noted SHA-256.
    """
    path = cache_folder() / url.rsplit("/", 1)[1]
    if not path.is_file():
        _make_writable(path.parent)
        # Only one process at a time downloads a file.
        with alone(_beside(path, ".lock"), waiting=f"another process is downloading {path.name}: waiting for it"):
            if not path.is_file():  # else another process brought it meanwhile
                _download(url, path, attempts, timeout, progress)
    check_sum(path)
    return path


def unwritable(folder: Path, error: OSError) -> OSError:
    """An OSError about a folder for downloads that cannot be written, with the way out."""
    reason = error.strerror or type(error).__name__
    return OSError(
        f"{folder}, the folder for downloaded weights, cannot be written ({reason}): set the environment variable "
        'TORCH_HOME to a folder of your own, or use "lite", which needs no download'
    )


def _make_writable(folder):
    """Make the folder of downloads; OSError with the way out if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    if not os.access(folder, os.W_OK):
        raise unwritable(folder, PermissionError(errno.EACCES, "Permission denied"))


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def note_sum(path: Path) -> None:
    """Write the file's SHA-256 beside it, as `sha256sum --check` reads it; an existing note stays as it is."""
    note = _beside(path, ".sha256")
    if not note.exists():
        with whole_file(note) as temporary:
            temporary.write_text(f"{sha256(path)}  {path.name}\n")


def check_sum(path: Path) -> None:
    """Raise ValueError if the file has a note of its SHA-256 and differs from it."""
    note = _beside(path, ".sha256")
    if not note.exists():
        return
    seen, noted = sha256(path), (note.read_text().split() or ["nothing"])[0]
    if seen != noted:
        raise ValueError(
            f"{path} has changed since its first use: its SHA-256 is {seen}, {note.name} notes {noted}. Delete "
            f"both files to download it again; if you replaced it yourself, delete {note.name} alone"
        )


def _beside(path, ending):
    return path.with_name(path.name + ending)


def _download(url, path, attempts, timeout, progress):
    """Download the whole file under its temporary name, then rename it."""
    part = _beside(path, ".part")
    failures = 0
    while True:
        had = _size(part)
        try:
            _go_on(url, part, timeout, progress)
            break
        except NETWORK_ERRORS as error:
            failures = 0 if _size(part) > had else failures + 1
            if failures >= attempts or isinstance(error, HTTPError):  # which repeats on every attempt
                raise ConnectionError(_explain(url, path, part, error)) from error
        except OSError as error:
            raise told(error, path) from error
    part.replace(path)
    _beside(part, ".etag").unlink(missing_ok=True)


def _go_on(url, part, timeout, progress):
    """One connection: append what is missing to the part. A server that cannot resume sends the whole file again."""
    have, etag = _size(part), _beside(part, ".etag")
    headers = {"User-Agent": "activeindex-lite"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if etag.exists():  # if the file changed meanwhile, the server sends all of it
            headers["If-Range"] = etag.read_text()
    try:
        response = urlopen(Request(url, headers=headers), timeout=timeout)
    except HTTPError as error:
        if error.code != 416 or not have:
            raise
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return  # it was complete before
        part.unlink()
        raise ConnectionError(f"the {have:,} bytes already here are not the beginning of the server's file") from error
    with response:
        begin, total = _announced(response, have)
        _note_version(response, etag)
        with open(part, "ab" if begin else "wb") as file:
            _copy(response, file, begin, total, part.stem, progress)


def _announced(response, have):
    """(first byte that the server sends, size of the whole file in bytes or None), from its headers."""
    length = response.headers.get("Content-Length")
    if response.status != 206:
        return 0, int(length) if length else None
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if span.partition("-")[0] != str(have):
        raise HTTPException(f"asked for the bytes from {have}, the server sends {span or 'no Content-Range'}")
    return have, int(total) if total.isdigit() else have + int(length) if length else None


def _note_version(response, etag):
    """Keep the server's name of this version of the file; a weak name does not identify single bytes."""
    version = response.headers.get("ETag", "W/")
    if version.startswith("W/"):
        etag.unlink(missing_ok=True)
    else:
        with whole_file(etag) as temporary:
            temporary.write_text(version)


def _copy(response, file, begin, total, name, progress):
    size = begin
    with tqdm(desc=name, total=total, initial=begin, unit="B", unit_scale=True, disable=not progress) as bar:
        while chunk := response.read1(CHUNK):
            file.write(chunk)
            size += len(chunk)
            bar.update(len(chunk))
    if total is not None and size != total:
        raise ConnectionError(f"the connection ended after {size:,} of {total:,} bytes")


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _explain(url, path, part, error):
    kept = f"; {_size(part):,} bytes are kept in {part.name}, call again to resume" if _size(part) else ""
    return (
        f"{url} could not be downloaded ({error}){kept}. Or fetch that address by other "
        f'means and put the file at {path}; "lite" and "gradients" need no download'
    )

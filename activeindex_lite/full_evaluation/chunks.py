"""Long work in chunks whose results are files: what is there is not made again, and no file is ever half written."""

import hashlib
import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from activeindex_lite.files import whole_file


def stage_folder(cache, name, settings):
    """The folder of a stage of work in the cache: one for each value of its settings (a dict that JSON can hold).

    settings must name all that the results depend on: another setting is another folder, so nothing stale is ever used.
    """
    text = json.dumps(settings, sort_keys=True, indent=1)
    folder = Path(cache) / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "settings.json").exists():
        with whole_file(folder / "settings.json") as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder


def write_arrays(path, **arrays):
    """Write named arrays to one npz file, whole or not at all."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def read_arrays(path):
    """The arrays of a file that write_arrays made: dict. A damaged file is a ValueError that says what to do."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise ValueError("it holds other things than arrays")
            return arrays
    except (ValueError, EOFError, BadZipFile) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it, and the same command makes it again") from None


def make_chunks(folder, n, size, function, *, title, unit="picture", progress=True):
    """Call function(start, stop) for each chunk of 0 .. n - 1 whose file is not there yet; the paths of all of them, in order.

    function returns a dict of arrays. An interruption loses the chunk that is being made, no other.
    """
    paths = {start: folder / f"{start:08d}.npz" for start in range(0, n, size)}
    with tqdm(total=n, desc=title, unit=unit, disable=not progress) as bar:
        for start, path in paths.items():
            stop = min(start + size, n)
            if not path.exists():
                write_arrays(path, **function(start, stop))
            bar.update(stop - start)
    return list(paths.values())

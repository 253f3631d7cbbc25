"""Long work in chunks whose results are files: what is there is not made again, and no file is ever half written."""

import hashlib
import json
from contextlib import closing, contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from activeindex_lite.support.files import whole_file


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


def on_one_thread(function, *arguments, **more):
    """Call a function with one thread in numpy, torch and faiss: sums round otherwise on two, and pictures come out otherwise."""
    with threadpool_limits(1):
        return function(*arguments, **more)


class Loop:
    """Runs chunks one after the other in this process; `cluster.Cluster` runs them on many machines in the same way."""

    def __init__(self, shared=None):
        self.shared = shared or {}

    @contextmanager
    def sharing(self, **things):
        """with loop.sharing(extractor=extractor) as runner: things that many chunks need, by name. Leave them unchanged inside."""
        yield Loop(self.shared | things)

    def run(self, function, tasks, needs=()):
        """Yield (number, function(*task, **needed)) for each task, an iterable of tuples; needs: names of shared things."""
        needed = {name: self.shared[name] for name in needs}
        for number, task in enumerate(tasks):
            yield number, on_one_thread(function, *task, **needed)


def make_chunks(
    folder,
    n,
    size,
    function,
    task=lambda start, stop: (start, stop),
    *,
    needs=(),
    runner=None,
    keep=None,
    title,
    unit="picture",
    progress=True,
):
    """Make the chunks of 0 .. n - 1 whose file is not there yet; the paths of all of them, in order.

    function(*task(start, stop), **needed) makes one, a dict of arrays; it may run elsewhere, so a task holds all that it needs
    but the shared things. keep(start, result), if given, is called here before the result is written, and may take from it.
    An interruption loses the chunks that are being made, no other. runner: a Loop (None) or a Cluster.
    """
    paths = {start: folder / f"{start:08d}.npz" for start in range(0, n, size)}
    missing = [start for start, path in paths.items() if not path.exists()]
    ends = {start: min(start + size, n) for start in paths}
    with (
        tqdm(
            total=n,
            desc=title,
            unit=unit,
            disable=not progress,
            initial=n - sum(ends[start] - start for start in missing),
        ) as bar,
        closing((runner or Loop()).run(function, (task(start, ends[start]) for start in missing), needs)) as results,
    ):
        for number, result in results:
            start = missing[number]
            if keep:
                keep(start, result)
            write_arrays(paths[start], **result)
            bar.update(ends[start] - start)
    return list(paths.values())

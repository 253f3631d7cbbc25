"""Long work in chunks whose results are files: finished chunks are not made again, and no file is ever half written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from activeindex_lite.support.files import mark_as_output, whole_file
from activeindex_lite.support.parallel import cores, in_threads


def stage_folder(cache: str | Path, name: str, settings: dict[str, Any]) -> Path:
    """The folder of a stage of work in the cache: one for each value of its settings (a dict that JSON can hold).

    settings must name all that the results depend on: another setting is another folder, so nothing stale is ever used.
    The folder carries the mark of this package, so that kept pictures in it are never read as somebody's own.
    """
    text = json.dumps(settings, sort_keys=True, indent=1)
    folder = Path(cache) / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    mark_as_output(folder)
    if not (folder / "settings.json").exists():
        with whole_file(folder / "settings.json") as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder


def write_arrays(path: str | Path, **arrays: Any) -> None:
    """Write named arrays to one npz file, whole or not at all."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a file that write_arrays made. A damaged file is a ValueError that says what to do."""
    damaged = f"{path} is damaged: delete it, and the same command makes it again"
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
    except (ValueError, TypeError, EOFError, BadZipFile):
        raise ValueError(damaged) from None
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise ValueError(damaged)
    return arrays


def on_one_thread(function: Callable, *arguments: Any, **more: Any) -> Any:
    """Call a function with one thread in numpy, torch and faiss: with two, sums round otherwise and pictures differ."""
    with threadpool_limits(1):
        return function(*arguments, **more)


class Runner(Protocol):
    """What runs chunks: `Loop` in this process, or `cluster.Cluster` on many machines."""

    def sharing(self, **things: Any) -> AbstractContextManager[Runner]: ...

    def run(self, function: Callable, tasks: Iterable[tuple], needs: tuple[str, ...] = ()) -> Iterator[tuple]: ...


class Loop:
    """Runs chunks in this process, one per core at a time; `cluster.Cluster` runs them on many machines likewise.

    workers: chunks at a time (None: one per core).
    """

    def __init__(self, shared: dict[str, Any] | None = None, workers: int | None = None):
        self.shared, self.workers = shared or {}, workers

    @contextmanager
    def sharing(self, **things: Any) -> Iterator[Loop]:
        """with loop.sharing(extractor=extractor) as runner: things that many chunks need, by name, unchanged inside."""
        yield Loop(self.shared | things, self.workers)

    def run(self, function: Callable, tasks: Iterable[tuple], needs: tuple[str, ...] = ()) -> Iterator[tuple[int, Any]]:
        """Yield (number, function(*task, **needed)) for each task; needs: names of shared things."""
        needed = {name: self.shared[name] for name in needs}
        workers = cores() if self.workers is None else self.workers
        # In threads of `in_threads`, everything has one thread already; to set it there would not be safe.
        call = function if workers > 1 else partial(on_one_thread, function)
        yield from enumerate(in_threads(lambda task: call(*task, **needed), tasks, workers))


def make_chunks(
    folder: Path,
    n: int,
    size: int,
    function: Callable[..., dict[str, Any]],
    task: Callable[[int, int], tuple] = lambda start, stop: (start, stop),
    *,
    needs: tuple[str, ...] = (),
    runner: Runner | None = None,
    keep: Callable[[int, dict[str, Any]], None] | None = None,
    title: str,
    unit: str = "picture",
    progress: bool = True,
) -> list[Path]:
    """Make the chunks of 0 .. n - 1 that have no file yet; the paths of all of them, in order.

    function(*task(start, stop), **needed) makes one chunk, a dict of arrays. It may run elsewhere, so a task holds all
    that it needs except the shared things. keep(start, result), if given, is called in this process before the result
    is written, and may take parts from it. An interruption loses the chunks that are being made, no others.
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

"""Work on all cores: independent pieces in threads, each of which lets torch and faiss use one core.

A batch of pictures split among two threads is quicker than one batch whose every small matrix product is split: threads
meet once per piece, not a thousand times per second. Where another program wants a core, they do not wait for each
other.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from activeindex_lite.support.threads import cpu_quota, one_blas_thread

Item, Result = TypeVar("Item"), TypeVar("Result")
_here = threading.local()


def cores() -> int:
    """Threads that `in_threads` starts from here: `cpu_quota`, or fewer where OMP_NUM_THREADS or torch allow fewer.

    1 inside a piece of work: pieces do not split again.
    """
    if getattr(_here, "inside", False):
        return 1
    allowed, setting = [cpu_quota()], os.environ.get("OMP_NUM_THREADS", "")
    if setting.isdigit() and int(setting):
        allowed.append(int(setting))
    if "torch" in sys.modules:
        allowed.append(sys.modules["torch"].get_num_threads())
    return min(allowed)


@contextmanager
def one_core() -> Iterator[None]:
    """with one_core(): torch uses one core in this thread, for work so small that threads wait more than they help."""
    threads = _threads_of_torch()
    if threads in (None, 1):
        yield
        return
    sys.modules["torch"].set_num_threads(1)
    try:
        yield
    finally:
        _restore(threads)


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """function(item) for every item, in order; items are read in the calling thread, a few ahead of the results.

    workers: threads (None: `cores`); with one, everything happens in the calling thread. An error of a piece is raised
    here, and pieces that have not begun are dropped then; so they are when the iteration ends early, as by Ctrl-C.
    """
    workers = cores() if workers is None else workers
    if workers < 2:
        yield from map(function, items)
        return
    with one_blas_thread(), ThreadPoolExecutor(workers, initializer=_one_core) as pool:
        waiting, threads = deque(), _threads_of_torch()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            _restore(threads)


def _one_core():
    """Let torch and faiss use one core in this thread."""
    _here.inside = True
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    if "faiss" in sys.modules:
        sys.modules["faiss"].omp_set_num_threads(1)


def _threads_of_torch():
    return sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None


def _restore(threads):
    # torch gives a thread that it meets first the number that was set last, in whatever thread.
    if threads is not None:
        sys.modules["torch"].set_num_threads(threads)

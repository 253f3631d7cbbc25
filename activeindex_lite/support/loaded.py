"""Libraries that were loaded before this package: they read the environment no more, and are told directly."""

from __future__ import annotations

import ctypes
import os
import sys
import threading

# What loads OpenMP; numpy alone does not.
HEAVY = ("torch", "faiss", "sklearn")
# A team of GNU's OpenMP that waits takes a thread per processor; on larger machines that would be too many.
MOST_PROCESSORS = 16


def limit_loaded(most: int, calm: bool) -> None:
    """Give libraries that are loaded already at most `most` threads each and, if calm, let waiting threads sleep.

    Threads of OpenMP spin for some milliseconds at the end of each parallel loop, in case the next one follows at once.
    Where another program has the core that one of them needs, the others spin until it has had its turn: 25 times the
    processor time was seen. The environment variable OMP_WAIT_POLICY turns it off, but only for libraries loaded later.
    """
    if not any(name in sys.modules for name in HEAVY):
        return
    from threadpoolctl import ThreadpoolController  # here: import activeindex_lite loads nothing that it may not need

    for library in ThreadpoolController().lib_controllers:
        if library.num_threads and library.num_threads > most:
            library.set_num_threads(most)
        if calm and library.user_api == "openmp":
            _calm(ctypes.CDLL(library.filepath))
    torch = sys.modules.get("torch")
    if torch and torch.get_num_threads() > most:
        torch.set_num_threads(most)


def _calm(openmp: ctypes.CDLL) -> None:
    """Let the threads of an OpenMP that is loaded sleep where they would spin."""
    if hasattr(openmp, "kmp_set_blocktime"):  # that of LLVM and Intel
        openmp.kmp_set_blocktime(0)
    elif hasattr(openmp, "GOMP_parallel") and os.name == "posix" and openmp.omp_get_num_procs() <= MOST_PROCESSORS:
        ready = threading.Event()
        threading.Thread(target=_park, args=(openmp, ready), daemon=True, name="activeindex parked").start()
        ready.wait()


def _park(gomp: ctypes.CDLL, ready: threading.Event) -> None:
    """Hold a team of GNU's OpenMP that never works, in a thread of its own.

    GNU's OpenMP (libgomp) cannot be told to stop spinning once it is loaded. But it spins 3,000 times less as soon as
    it has more threads than there are processors, working or not.
    """
    libc = ctypes.CDLL(None)
    # free(NULL) does nothing: a function that each thread of the team may call.
    nothing = ctypes.cast(libc.free, ctypes.c_void_p)
    gomp.GOMP_parallel(nothing, None, ctypes.c_uint(gomp.omp_get_num_procs() + 1), ctypes.c_uint(0))
    ready.set()
    # The team ends with its thread.
    threading.Event().wait()

"""How many processors this process may use, and limiting numpy, torch and faiss to them before these are loaded."""

from __future__ import annotations

import math
import os
import re
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from activeindex_lite.support.loaded import limit_loaded

CGROUP, PROC = Path("/sys/fs/cgroup"), Path("/proc")
# Where one of these is set, somebody has decided how threads wait.
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def groups(root: str | Path = CGROUP, proc: str | Path = PROC) -> list[Path]:
    """The folder of this process's cgroup (version 2) and those above it: each may set a limit."""
    folder = Path(root, _own_group(proc))
    return [folder, *(above for above in folder.parents if above.is_relative_to(root))]


def _own_group(proc: str | Path) -> str:
    """The name of this process's cgroup, "" where there is none."""
    try:
        text = (Path(proc) / "self" / "cgroup").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^0::/(.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def cpu_limit(root: str | Path = CGROUP, proc: str | Path = PROC) -> float | None:
    """The processor time that this process's container allows, in processors, such as 1.5; None without a limit.

    A container (Docker, Binder, Kubernetes) limits time, not processors: libraries see all processors of the host and
    start a thread on each, and these wait for each other. Linux gives the limit in cpu.max (cgroup version 2) or
    cpu.cfs_quota_us (version 1); the tightest one counts.
    """
    files = [(group / "cpu.max",) for group in groups(root, proc)]
    files.append((Path(root, "cpu", "cpu.cfs_quota_us"), Path(root, "cpu", "cpu.cfs_period_us")))
    allowed = []
    for names in files:
        try:
            quota, period = map(int, " ".join(name.read_text(encoding="utf-8") for name in names).split())
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
        if quota > 0:
            allowed.append(quota / period)
    return min(allowed, default=None)


def cpu_quota(root: str | Path = CGROUP, proc: str | Path = PROC) -> int:
    """Threads that this process can keep busy, at least 1: its processors, or fewer where its container limits them."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cpu_limit(root, proc)
    return seen if limit is None else min(seen, max(1, math.ceil(limit)))


def limit_threads(environment: MutableMapping[str, str] = os.environ, root: str | Path = CGROUP) -> None:
    """Limit the threads of numpy, torch and faiss to `cpu_quota` where the machine has more and nobody has set them.

    It works through environment variables, which the libraries read when they are loaded; those that are loaded already
    are told by `loaded.limit_loaded`. Threads that wait do not spin: spinning makes everything many times slower as
    soon as another program wants a core.
    """
    quota, told = cpu_quota(root), any(name in environment for name in WAITING)
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if quota < (os.cpu_count() or 1):
        for name in LIBRARIES:
            environment.setdefault(name, environment.get("OMP_NUM_THREADS", str(quota)))
    if environment is os.environ:
        limit_loaded(quota, calm=not told)


@cache
def _numpys_blas():
    from threadpoolctl import ThreadpoolController  # here: the ground floor loads without it

    return ThreadpoolController().select(user_api="blas")


def one_blas_thread() -> AbstractContextManager:
    """with one_blas_thread(): numpy's matrix products run on one thread.

    Small products gain nothing from a second thread. As soon as another program wants a core, each product would wait
    for it: drawing a picture then takes ten times as long.
    """
    return _numpys_blas().limit(limits=1)

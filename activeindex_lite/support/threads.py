"""How many processors this process may use, and telling numpy, torch and faiss before they are loaded."""

import math
import os
import re
from functools import cache
from pathlib import Path

CGROUP, PROC = Path("/sys/fs/cgroup"), Path("/proc")
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def groups(root=CGROUP, proc=PROC):
    """The folder of this process's cgroup (version 2) and those above it: each may set a limit."""
    try:
        own = re.search(r"^0::/(.*)$", (Path(proc) / "self" / "cgroup").read_text(), re.MULTILINE)[1]
    except (OSError, TypeError):
        own = ""
    folder = Path(root, own)
    return [folder, *(above for above in folder.parents if above.is_relative_to(root))]


def cpu_limit(root=CGROUP, proc=PROC):
    """Processors' worth of time that the tightest limit of this process's container allows, a float, or None without a limit.

    A container (Docker, Binder, Kubernetes) limits time, not processors: libraries see all of the host's, start a thread on
    each, and these wait for each other. Linux tells the limit in cpu.max (cgroup version 2) or cpu.cfs_quota_us (version 1).
    """
    allowed = []
    for names in (
        *((group / "cpu.max",) for group in groups(root, proc)),
        (Path(root, "cpu", "cpu.cfs_quota_us"), Path(root, "cpu", "cpu.cfs_period_us")),
    ):
        try:
            quota, period = map(int, " ".join(name.read_text() for name in names).split())
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
        if quota > 0:
            allowed.append(quota / period)
    return min(allowed, default=None)


def cpu_quota(root=CGROUP, proc=PROC):
    """Threads that this process can keep busy, at least 1: processors seen, less what its affinity or its container takes away."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cpu_limit(root, proc)
    return seen if limit is None else min(seen, max(1, math.ceil(limit)))


def limit_threads(environment=os.environ, root=CGROUP):
    """Set the threads of numpy, torch and faiss to `cpu_quota`, where nobody has set them and the machine has more.

    It works through environment variables, which the libraries read when they are loaded. Threads that wait do not spin:
    spinning makes everything many times slower as soon as another program wants a core.
    """
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    quota = cpu_quota(root)
    if quota < (os.cpu_count() or 1):
        for name in LIBRARIES:
            environment.setdefault(name, environment.get("OMP_NUM_THREADS", str(quota)))


@cache
def _numpys_blas():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def one_blas_thread():
    """A with block in which numpy's matrix products keep to one thread.

    Small products gain nothing from a second; and as soon as another program wants a core, each of them waits for it: drawing
    a picture then takes ten times as long.
    """
    return _numpys_blas().limit(limits=1)

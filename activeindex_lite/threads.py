"""How many processors this process may use, and telling numpy, torch and faiss before they are loaded."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cpu_quota(cgroup=CGROUP):
    """Processors that this process may use, at least 1: the machine's, less what its affinity or its container takes away.

    A container (Docker, Binder, Kubernetes) limits time, not processors: libraries see all of the host's, start a thread on
    each, and these wait for each other. cgroup: where Linux tells the limit (version 2: cpu.max; version 1: cpu.cfs_quota_us).
    """
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota, period = " ".join((cgroup / name).read_text() for name in names).split()
            if int(quota) > 0:
                return min(seen, max(1, math.ceil(int(quota) / int(period))))
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return seen


def limit_threads(environment=os.environ, cgroup=CGROUP):
    """Set the threads of numpy, torch and faiss to `cpu_quota`, where nobody has set them and the machine has more.

    It works through environment variables, which the libraries read when they are loaded. Threads that wait do not spin:
    spinning makes everything many times slower as soon as another program wants a core.
    """
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    quota = cpu_quota(cgroup)
    if quota < (os.cpu_count() or 1):
        for name in LIBRARIES:
            environment.setdefault(name, environment.get("OMP_NUM_THREADS", str(quota)))

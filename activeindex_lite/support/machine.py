"""What this machine offers the course: memory, cores, disk, and whether libraries run on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from activeindex_lite.support.threads import cpu_limit, cpu_quota, groups

# The most that a notebook's kernel takes, in MB, with torch and without (notebooks 01 to 05).
MEMORY, MEMORY_WITHOUT_TORCH, DISK = 1100, 350, 500


@dataclass(frozen=True)
class Need:
    """One row of the check. ok: True, False, or None where it cannot be known here; fix: what to do about it."""

    what: str
    found: str
    needed: str
    ok: bool | None
    fix: str = ""


def memory(cgroup: str | Path = "/sys/fs/cgroup", proc: str | Path = "/proc") -> Need:
    """Free memory: the smaller of what the machine has and what this container may still take."""
    free = [mb for mb in (free_of_machine(proc), free_of_cgroup(cgroup, proc)) if mb is not None]
    needed = f"{MEMORY:,} MB; {MEMORY_WITHOUT_TORCH} MB for notebooks 01 to 05"
    if not free:
        return Need("free memory", "not known on this system", needed, None, "look into the system's own monitor")
    return Need(
        "free memory",
        f"{min(free):,.0f} MB",
        needed,
        min(free) >= MEMORY,
        "shut down the other kernels (menu Kernel, Shut Down All Kernels) and close other programs",
    )


def free_memory() -> float | None:
    """Bytes that this process may still take; None where the system does not say."""
    free = [megabytes for megabytes in (free_of_machine(), free_of_cgroup()) if megabytes is not None]
    return min(free) * 2**20 if free else None


def free_of_machine(proc: str | Path = "/proc") -> float | None:
    """MB that Linux calls available, or None where there is no /proc/meminfo."""
    try:
        text = (Path(proc) / "meminfo").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"MemAvailable:\s+(\d+)", text)
    return int(found[1]) / 1024 if found else None


def free_of_cgroup(root: str | Path = "/sys/fs/cgroup", proc: str | Path = "/proc") -> float | None:
    """MB that the tightest limit above this process leaves, file cache not counted, or None without a limit."""
    free = []
    for group in groups(root, proc):
        try:
            limit, used = (group / "memory.max").read_text().strip(), int((group / "memory.current").read_text())
            cache = re.search(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.MULTILINE)
        except (OSError, ValueError):
            continue
        if limit != "max":
            free.append((int(limit) - used + (int(cache[1]) if cache else 0)) / 2**20)
    return min(free, default=None)


def cores(cgroup: str | Path = "/sys/fs/cgroup", proc: str | Path = "/proc") -> Need:
    """Cores that this process may use, and whether libraries that see more of them are limited to these."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cpu_limit(cgroup, proc)
    if limit is None or limit >= seen:
        return Need("cores", str(seen), "2; with 1 the notebooks take twice as long", seen >= 1)
    threads = cpu_quota(cgroup, proc)
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return Need(
        "cores",
        f"{seen} seen, {limit:g} allowed, OMP_NUM_THREADS {setting or 'not set'}",
        "no more threads than cores allowed",
        setting.isdigit() and int(setting) <= threads,
        "put this before all other cells, or set it before JupyterLab starts: import os; "
        f'os.environ["OMP_NUM_THREADS"] = "{threads}"',
    )


def disk(folder: str | Path = ".") -> Need:
    """Free space in the folder where results are written."""
    free = shutil.disk_usage(folder).free / 1e6
    return Need(
        "free disk",
        f"{free:,.0f} MB",
        f"{DISK} MB",
        free >= DISK,
        "delete what you do not need, or work in another folder",
    )


def probe(what: str, code: str, timeout: float = 120) -> Need:
    """Run Python code in a process of its own: a crash is a result, and its memory is freed. timeout: seconds."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return Need(what, f"no answer within {timeout} s", "runs", False, "close other programs and try again")
    last_line = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return Need(
        what,
        "runs" if done.returncode == 0 else f"stops with status {done.returncode}: {last_line[:200]}",
        "runs",
        done.returncode == 0,
        "torch, torchvision and faiss must come from one source: all from conda-forge (environment.yml), or all from "
        "pip",
    )

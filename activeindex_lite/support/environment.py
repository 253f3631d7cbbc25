"""What a computer needs for this course: each need beside what was found there, and how to mend what is wrong."""

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from activeindex_lite.support.threads import cpu_limit, cpu_quota, groups

NAME = "activeindex-lite"
# conda-forge builds faiss under its plain name, and spells these packages otherwise.
ALSO = {"faiss-cpu": ("faiss", "faiss-gpu")}
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
# Packages that work only with the right version of another: the first one says which.
PAIRS = (("torchvision", "torch"), ("ipywidgets", "jupyterlab_widgets"), ("anywidget", "ipywidgets"))
# The most that a notebook's kernel takes, in MB, with torch and without; the smaller serves notebooks 01 to 04.
MEMORY, MEMORY_WITHOUT_TORCH, DISK = 1100, 350, 500
DATA = ("train.npy", "references.npy", "queries.npy", "lite.safetensors")
PROBES = {
    "faiss runs": "import faiss, numpy as np; i = faiss.IndexFlatL2(2); i.add(np.eye(2, dtype='f')); i.search(np.eye(2, dtype='f'), 1)",
    "torch, torchvision and faiss run together": "import faiss, torch, torchvision.ops as o; o.nms(torch.tensor([[0., 0, 1, 1]]), torch.ones(1), 0.5); torch.ones(9, 9) @ torch.ones(9, 9)",
}


@dataclass(frozen=True)
class Need:
    """One row of the check. ok: True, False, or None where it cannot be known here."""

    what: str
    found: str
    needed: str
    ok: bool | None
    mend: str = ""


def check_environment(thorough=False, folder="."):
    """Everything the course needs of this computer: a DataFrame with the columns what, found, needed, ok, how to mend.

    ok is True, False or missing (it cannot be known here). Nothing is imported but pandas; thorough also runs faiss, torch
    and torchvision in a process of their own, a few seconds and 700 MB for as long as that lasts. folder: where results
    would be written. `show_environment` says the same in words and colours.
    """
    import pandas as pd

    needs = [python(), *dependencies(), *pairs(), data(), memory(), cores(), disk(folder)]
    if thorough:
        needs += [probe(what, code) for what, code in PROBES.items()]
    table = pd.DataFrame([vars(need) for need in needs]).rename(columns={"mend": "how to mend"})
    table["how to mend"] = table["how to mend"].where(table.ok.ne(True), "")
    return table.astype({"ok": "boolean"})


def show_environment(thorough=False, folder="."):
    """`check_environment` as a table for the eye: what is wrong first, each verdict as a word with a colour beside it."""
    table = check_environment(thorough, folder).sort_values("ok", kind="stable", na_position="first")
    words = (
        table.ok.map({True: "✓ good", False: "✗ mend this"}).astype(object).where(table.ok.notna(), "? not known here")
    )
    colours = {"✓": "#009E73", "✗": "#D55E00", "?": "#777777"}
    table = table.assign(ok=words).rename(columns={"ok": "verdict"})[
        ["verdict", "what", "found", "needed", "how to mend"]
    ]
    return (
        table.style.hide(axis="index")
        .set_properties(**{"text-align": "left", "vertical-align": "top"})
        .set_table_styles([{"selector": "th", "props": "text-align: left"}])
        .map(lambda word: f"border-left: 6px solid {colours[word[0]]}; white-space: nowrap", subset=["verdict"])
    )


def python():
    """The version of Python, against the one that the package states."""
    from packaging.specifiers import SpecifierSet

    try:
        wanted = importlib.metadata.metadata(NAME)["Requires-Python"]
    except importlib.metadata.PackageNotFoundError:
        wanted = ">=3.10"
    version = platform.python_version()
    return Need(
        "Python",
        f"{version}, environment {Path(sys.prefix).name}",
        wanted,
        version in SpecifierSet(wanted, prereleases=True),
        f"make a new environment with a Python {wanted}, install the package there, and choose it as the kernel",
    )


def dependencies():
    """A row for each package that this one names as needed; one row if the package itself was not installed."""
    from packaging.requirements import Requirement

    try:
        named = [Requirement(text) for text in importlib.metadata.requires(NAME)]
    except importlib.metadata.PackageNotFoundError:
        return [
            Need(
                NAME,
                "not installed in this kernel's environment",
                "installed",
                False,
                "python -m pip install -e . in the folder of the package, or choose the kernel where it is installed",
            )
        ]
    return [dependency(wanted) for wanted in named if not wanted.marker or wanted.marker.evaluate({"extra": ""})]


def dependency(wanted):
    """One packaging.Requirement against what is installed."""
    version = next(filter(None, map(version_of, (wanted.name, *ALSO.get(wanted.name, ())))), None)
    fits = version is not None and wanted.specifier.contains(version, prereleases=True)
    return Need(
        wanted.name,
        version or "not installed",
        str(wanted.specifier) or "any version",
        fits,
        install(wanted.name, wanted.specifier),
    )


def pairs():
    """Whether packages that depend on each other's version agree, as far as the first one states it."""
    from packaging.requirements import Requirement

    rows = []
    for first, second in PAIRS:
        stated = [
            Requirement(text) for text in (importlib.metadata.requires(first) if version_of(first) else None) or ()
        ]
        wanted = next(
            (
                r
                for r in stated
                if r.name.replace("-", "_") == second and (not r.marker or r.marker.evaluate({"extra": ""}))
            ),
            None,
        )
        version = version_of(second)
        if wanted and version:
            rows.append(
                Need(
                    f"{second} for {first} {version_of(first)}",
                    version,
                    str(wanted.specifier) or "any version",
                    wanted.specifier.contains(version, prereleases=True),
                    f"{install(first)}, which brings the {second} that it was made for",
                )
            )
    return rows


def version_of(name):
    """The installed version of a package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def install(name, specifier=""):
    """The line that installs a package here."""
    conda = (Path(sys.prefix) / "conda-meta").is_dir()
    line = (
        f'conda install -c conda-forge "{CONDA.get(name, name)}{specifier}"'
        if conda
        else f'python -m pip install -U "{name}{specifier}"'
    )
    return f"{line} in a terminal of this environment; then restart the kernel"


def data():
    """The ready world's features and the weights, which are files of some megabytes in the package."""
    folder = Path(__file__).parent.parent / "data"
    missing = [name for name in DATA if not (folder / name).is_file() or (folder / name).stat().st_size < 100_000]
    return Need(
        "features and weights",
        f"incomplete: {', '.join(missing)}" if missing else "complete",
        "complete",
        not missing,
        "get the package again, by pip or git clone; a file of a few bytes is a placeholder for one that was not downloaded",
    )


def memory(cgroup="/sys/fs/cgroup", proc="/proc"):
    """Free memory, as the smaller of what the machine has and what this container may still take."""
    free = [mb for mb in (free_of_machine(proc), free_of_cgroup(cgroup, proc)) if mb is not None]
    needed = f"{MEMORY} MB; {MEMORY_WITHOUT_TORCH} MB for notebooks 01 to 04"
    if not free:
        return Need("free memory", "not known on this system", needed, None, "look into the system's own monitor")
    return Need(
        "free memory",
        f"{min(free):,.0f} MB",
        needed,
        min(free) >= MEMORY,
        "shut down the other kernels (menu Kernel, Shut Down All Kernels) and close other programs",
    )


def free_of_machine(proc="/proc"):
    """MB that the kernel calls available, or None where there is no /proc/meminfo."""
    try:
        return int(re.search(r"MemAvailable:\s+(\d+)", (Path(proc) / "meminfo").read_text())[1]) / 1024
    except (OSError, TypeError):
        return None


def free_of_cgroup(root="/sys/fs/cgroup", proc="/proc"):
    """MB that the tightest limit above this process leaves, not counting file cache, or None without a limit."""
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


def cores(cgroup="/sys/fs/cgroup", proc="/proc"):
    """Cores that this process may use, and whether libraries that see more of them are told so."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = cpu_limit(cgroup, proc)
    if limit is None or limit >= seen:
        return Need("cores", str(seen), "2; with 1 the notebooks take twice as long", seen >= 1)
    threads = cpu_quota(cgroup, proc)
    told = os.environ.get("OMP_NUM_THREADS", "")
    return Need(
        "cores",
        f"{seen} seen, {limit:g} allowed, OMP_NUM_THREADS {told or 'not set'}",
        "no more threads than cores allowed",
        told.isdigit() and int(told) <= threads,
        f'put before all other cells, or before JupyterLab starts: import os; os.environ["OMP_NUM_THREADS"] = "{threads}"',
    )


def disk(folder="."):
    """Free space where results are written."""
    free = shutil.disk_usage(folder).free / 1e6
    return Need(
        "free disk",
        f"{free:,.0f} MB",
        f"{DISK} MB",
        free >= DISK,
        "delete what you do not need, or work in another folder",
    )


def probe(what, code, timeout=120):
    """Run a line of Python in a process of its own: a crash there is an answer, and its memory is given back."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return Need(what, f"no answer within {timeout} s", "runs", False, "close other programs and try again")
    said = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    return Need(
        what,
        "runs" if done.returncode == 0 else f"stops with status {done.returncode}: {said[:200]}",
        "runs",
        done.returncode == 0,
        "torch, torchvision and faiss must come from one source: all from conda-forge (environment.yml), or all from pip",
    )

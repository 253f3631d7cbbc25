"""Measures every budget of the project and compares it with its limit: exit status 1 if one is missed.

    python -m benchmarks [import] [package] [notebooks] [demo] [latency] [load]

Without a name it measures all of them, in about 10 minutes. Run it on a quiet machine from the repository's root.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.latency import in_browser, in_kernel
from benchmarks.load import LIMIT, rows

ROOT = Path(__file__).parent.parent
# Megabytes. With torch, the limit holds for the memory above that of importing torch: 230 MB for the CPU build, 740 MB
# for CUDA's.
WITHOUT_TORCH, ABOVE_TORCH = 350, 600
RUN = """
import json, resource, sys, time
import nbformat
from IPython.core.interactiveshell import InteractiveShell
shell, begun, torch = InteractiveShell.instance(), time.perf_counter(), 0
for cell in nbformat.read(sys.argv[1], as_version=4).cells:
    if cell.cell_type == "code":
        result = shell.run_cell(cell.source, silent=True)
        result.raise_error()
        if hasattr(result.result, "_repr_html_"):
            result.result._repr_html_()
print(json.dumps(dict(seconds=time.perf_counter() - begun, torch="torch" in sys.modules,
                      peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))
"""


def measured(command, cwd=ROOT):
    """Seconds, peak memory in MB and last printed line of a command; RuntimeError if the command fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        lines, said = out.read().splitlines(), err.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with status {process.returncode}:\n{said[-3000:]}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024, lines[-1] if lines else ""


def import_budget():
    alone = [measured([sys.executable, "-c", "pass"])[0] for _ in range(7)]
    times = [measured([sys.executable, "-c", "import activeindex_lite"])[0] for _ in range(7)]
    yield "import activeindex_lite, s", float(np.median(times) - np.median(alone)), 0.3


def package_budget():
    files = [
        path for path in (ROOT / "activeindex_lite").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    yield "package with weights and features, MB", sum(path.stat().st_size for path in files) / 1e6, 40


def notebooks_budget():
    torch, total = measured([sys.executable, "-c", "import torch"])[1], 0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        seen = json.loads(measured([sys.executable, "-c", RUN, path], path.parent)[2])
        total += seen["seconds"]
        yield f"{path.stem}, s", seen["seconds"], 45
        limit = torch + ABOVE_TORCH if seen["torch"] else WITHOUT_TORCH
        yield (
            f"{path.stem}, peak MB" + (f" ({torch:.0f} of them import torch)" if seen["torch"] else ""),
            seen["peak"],
            limit,
        )
    yield "all notebooks, s", total, 240


def demo_budget():
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak, _ = measured([sys.executable, "-m", "activeindex_lite.cli", "demo", "--out", f"{folder}/demo"])
    yield "activeindex-lite demo, s", seconds, 80
    yield "activeindex-lite demo, peak MB", peak, None


def latency_budget(moves=60):
    for name, step, limits in (("NprobeExplorer", 1, (50, 50)), ("AlphaExplorer", 7, (120, 350))):
        places = {"kernel alone": in_kernel(name, moves), "slider to picture": in_browser(name, step, moves)[0]}
        for place, times in places.items():
            seen = place != "kernel alone"
            for which, ms, limit in zip(("first", "last"), np.percentile(times, 95, axis=0), limits, strict=True):
                yield f"{name}, {place}, {which} redraw, ms (95th percentile)", float(ms), limit if seen else None


def load_budget(seconds=3.0):
    for name, threads, alone, _, beside, _ in rows(seconds):
        package = "activeindex_lite" in name
        yield (
            f"{name}: a pass on {threads} threads beside busy cores, times",
            beside / alone,
            LIMIT if package else None,
        )


BUDGETS = {
    "import": import_budget,
    "package": package_budget,
    "notebooks": notebooks_budget,
    "demo": demo_budget,
    "latency": latency_budget,
    "load": load_budget,
}


def main(names):
    """Print one line per figure; returns the number of missed budgets."""
    missed = 0
    for name in names or BUDGETS:
        for what, value, limit in BUDGETS[name]():
            over = limit is not None and value > limit
            missed += over
            print(
                f"{'OVER' if over else '    '} {what:70} {value:10.2f}"
                + (f"   at most {limit:.5g}" if limit is not None else ""),
                flush=True,
            )
    return missed


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(BUDGETS)
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))}: choose from {', '.join(BUDGETS)}")
    missed = main(sys.argv[1:])
    if missed:
        sys.exit(f"{missed} budgets missed")

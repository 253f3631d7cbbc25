"""What a pass of the network costs while other programs keep every core busy.

    python -m benchmarks.load [SECONDS]

Two threads of OpenMP wait for each other after each layer. Where another program has the core of one of them, the other
one can sleep or spin. Each row is a Python process of its own, first alone and then beside one busy process per core:
milliseconds and processor time of a forward pass (8 pictures, lite extractor), and how many times longer it takes
beside the others. Every core is shared by two then, so 2 is what a fair share gives. The package must stay within 2.5,
whether it is imported first or after torch; the row without it shows why. SECONDS: of each measurement (default 3).
Exit status 1 if the package misses its limit.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

LIMIT = 2.5
IMPORTS = {
    "activeindex_lite, then torch": "import activeindex_lite, torch",
    "torch, then activeindex_lite": "import torch, activeindex_lite",
    "torch, faiss, then activeindex_lite": "import torch, faiss, activeindex_lite",
    "torch alone": "import torch",
}
# The weights do not matter: convolutions of the sizes of the lite extractor's first block.
PASS = """
import json, sys, time
layers = [torch.nn.Sequential(torch.nn.Conv2d(48, 48, 3, padding=1), torch.nn.ReLU()) for _ in range(8)]
network, x = torch.nn.Sequential(*layers).eval(), torch.rand(8, 48, 32, 32)
with torch.inference_mode():
    for _ in range(3):
        network(x)
    begun, cpu, n = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < float(sys.argv[1]):
        network(x)
        n += 1
print(json.dumps([1000 * (time.perf_counter() - begun) / n, 1000 * (time.process_time() - cpu) / n,
                  torch.get_num_threads()]))
"""


def one_pass(imports: str, seconds: float) -> list[float]:
    """Milliseconds, milliseconds of processor time, and threads of a pass, in a new process with these imports."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP", "GOMP", "KMP"))}
    command = [sys.executable, "-c", imports + PASS, str(seconds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


@contextmanager
def busy_cores():
    """One busy process per core this process may use, until the with block ends."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def rows(seconds: float):
    """Yield (imports, threads, ms alone, processor ms alone, ms beside, processor ms beside) per order of imports."""
    for name, imports in IMPORTS.items():
        alone, cpu, threads = one_pass(imports, seconds)
        with busy_cores():
            beside, cpu_beside, _ = one_pass(imports, seconds)
        yield name, threads, alone, cpu, beside, cpu_beside


def main(seconds: float) -> int:
    """Print a row per order of imports; returns how many rows of the package miss the limit."""
    print(f"{'imports':38} {'threads':>7} {'alone, ms':>10} {'beside, ms':>11} {'times':>6} {'processor, ms':>14}")
    missed = 0
    for name, threads, alone, cpu, beside, cpu_beside in rows(seconds):
        over = "activeindex_lite" in name and beside / alone > LIMIT
        missed += over
        spent = f"{cpu:.0f} -> {cpu_beside:.0f}"
        print(
            f"{name:38} {threads:7} {alone:10.1f} {beside:11.1f} {beside / alone:6.2f} {spent:>14}"
            + (f"   OVER {LIMIT}" if over else ""),
            flush=True,
        )
    return missed


if __name__ == "__main__":
    sys.exit(1 if main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0) else 0)

"""Threads: a container's quota is read, told to the libraries before they load, and never overrides what a user has
set.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from activeindex_lite.support.threads import cpu_quota, limit_threads

SEEN = cpu_quota(Path("/nowhere"))


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"cpu_dot_max": "100000 100000\n"}, 1),
        ({"cpu_dot_max": "50000 100000\n"}, 1),
        ({"cpu_dot_max": "max 100000\n"}, SEEN),
        ({"cpu_dot_max": "99900000 100000\n"}, SEEN),
        ({"cpu__cpu_dot_cfs_quota_us": "100000\n", "cpu__cpu_dot_cfs_period_us": "100000\n"}, 1),
        ({"cpu__cpu_dot_cfs_quota_us": "-1\n", "cpu__cpu_dot_cfs_period_us": "100000\n"}, SEEN),
        ({"cpu_dot_max": "rubbish"}, SEEN),
        ({}, SEEN),
    ],
)
def test_quota_of_a_container(tmp_path, files, wanted):
    assert cpu_quota(write(tmp_path, **files)) == wanted


def test_quota_sees_the_affinity():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity to set")
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "from activeindex_lite.support.threads import cpu_quota; print(cpu_quota())"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "1\n"


def test_limit_is_set_where_nobody_has_set_one(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    write(tmp_path, cpu_dot_max="100000 100000\n")
    environment = {}
    limit_threads(environment, tmp_path)
    assert environment == {
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    environment = {"OMP_NUM_THREADS": "7", "OMP_WAIT_POLICY": "ACTIVE"}
    limit_threads(environment, tmp_path)
    assert (
        environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "7"
        and environment["OMP_WAIT_POLICY"] == "ACTIVE"
    )


def test_no_limit_leaves_the_libraries_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    environment = {}
    limit_threads(environment, tmp_path)
    assert environment == {"OMP_WAIT_POLICY": "PASSIVE"}


def test_torch_and_faiss_keep_to_the_affinity():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity to set")
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); import activeindex_lite, torch, faiss; "
        "print(torch.get_num_threads(), faiss.omp_get_max_threads())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment).stdout
        == "1 1\n"
    )


COUNT = "import os; print(len(os.listdir('/proc/self/task')), {threads})"


def told(imports, threads="0", **environment):
    """Threads of a process after these imports, and what `threads` is there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP", "GOMP", "KMP", "OPENBLAS", "MKL"))}
    code = imports + "; " + COUNT.format(threads=threads)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=kept | environment
    )
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux counts threads in /proc")
def test_threads_of_a_torch_that_was_loaded_first_are_told_not_to_spin():
    """libgomp spins less as soon as it has more threads than processors: a team is parked, unless somebody decided."""
    gomp = "any('libgomp' in line for line in open('/proc/self/maps'))"
    before, has_gomp = told("import torch, faiss", f"int({gomp})")
    if not has_gomp:
        pytest.skip("this torch brings another OpenMP than GNU's")
    after, _ = told("import torch, faiss, activeindex_lite")
    processors = len(os.sched_getaffinity(0))
    assert after - before > processors
    assert told("import torch, faiss, activeindex_lite", OMP_WAIT_POLICY="ACTIVE")[0] == before
    assert told("import activeindex_lite, torch, faiss")[0] <= before


def test_a_torch_that_was_loaded_first_gets_no_more_threads_than_cores():
    imports = "import torch; torch.set_num_threads({}); import activeindex_lite"
    assert told(imports.format(SEEN + 5), "torch.get_num_threads()")[1] == SEEN
    assert told(imports.format(1), "torch.get_num_threads()")[1] == 1


def test_pictures_are_drawn_on_one_thread_of_blas(monkeypatch):
    from threadpoolctl import threadpool_info

    from activeindex_lite.pictures import synthetic
    from activeindex_lite.support import threads as limits

    # it knows the libraries that were loaded when it was first asked, and others may have come
    limits._numpys_blas.cache_clear()

    def threads():
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    np.ones((2, 2)) @ np.ones((2, 2))
    before, seen, paint = threads(), [], synthetic._paint
    monkeypatch.setattr(synthetic, "_paint", lambda *arguments: (seen.append(threads()), paint(*arguments)))
    synthetic.draw(1, 96)
    assert seen == [[1] * len(before)] and threads() == before

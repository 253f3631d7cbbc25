"""Every family of faiss index after a load, a pickle, a refill and a merge, each in a process of its own.

Some of these operations end the process in plain faiss 1.15, or return wrong distances.
"""

import subprocess
import sys

import pytest

PROGRAM = """
import pickle, sys, tempfile, warnings
from pathlib import Path

import numpy as np

from activeindex_lite.index import ActiveIndex, NothingToActivate, build_index
from activeindex_lite.index.rivals import cell_rivals, code_rivals

warnings.simplefilter("ignore")
factory, kept = sys.argv[1], sys.argv[2] == "merged"
rng = np.random.default_rng(0)
x = rng.normal(size=(5000, 32)).astype(np.float32)
x /= np.linalg.norm(x, axis=1, keepdims=True)
queries = x[:20] + 0.02 * rng.normal(size=(20, 32)).astype(np.float32)
built = build_index(factory, x[:3000], x, nprobe=4 if "IVF" in factory or "IMI" in factory else 1)


def points(index):
    try:
        return index.targets(queries).points
    except NothingToActivate:
        return np.zeros(0)


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "index.npz"
    built.save(path)
    loaded = ActiveIndex.load(path)
pickled, copied, refilled = pickle.loads(pickle.dumps(built)), built.copy(), loaded.refilled(x)
wanted, found = points(built), built.search(queries, 5)
for other in (loaded, pickled, copied, refilled):
    assert np.array_equal(points(other), wanted), "targets"
    assert all(map(np.array_equal, other.search(queries, 5), found)), "search"
    cell_rivals(other, queries), code_rivals(other, queries)

assert loaded.can_merge == kept, "can_merge"
whole, shards = loaded.emptied(), [loaded.refilled(x[start : start + 2048]) for start in range(0, 5000, 2048)]
for shard in shards:
    if kept:
        whole.merge(shard)
    else:
        try:
            whole.merge(shard)
            raise SystemExit("merged")
        except ValueError as error:
            assert "add the features instead" in str(error)
            break
if kept:
    assert all(map(np.array_equal, whole.search(queries, 5), found)), "merged search"
"""


@pytest.mark.parametrize(
    ("factory", "merged"),
    [
        ("IVF16,PQ4x4fs", False),
        ("IVF16,PQ4x4fsr", False),
        ("OPQ4,IVF16,PQ4x4fs", False),
        ("IVF16,PQ4x4fs,RFlat", False),
        ("IMI2x2,PQ4x4fs", False),
        ("IVF16,RQ4x4fs_32_Nrq2x4", False),
        ("IVF16,FlatPanorama4", False),
        ("IVF16,RaBitQfs", False),
        ("PQ4x4fs", True),
        ("IVF16,PQ4x4", True),
        ("IVF16,LSQ3x4", True),
        ("IVF16,RaBitQ", True),
        ("HNSW8,PQ4x4", False),
    ],
)
def test_no_family_ends_the_process_or_answers_wrongly(factory, merged):
    command = [sys.executable, "-c", PROGRAM, factory, "merged" if merged else "added"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    if "could not parse index string" in done.stderr:
        pytest.skip("this version of faiss does not know the family yet")
    assert done.returncode == 0, f"{factory}: status {done.returncode}\n{done.stderr[-500:]}"

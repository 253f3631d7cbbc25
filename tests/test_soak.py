"""A short soak: explorers under random moves keep their memory, hold nothing back, and refuse what they should and nothing else."""

import sys

import pytest

from activeindex_lite import build_index
from activeindex_lite.widgets import NprobeExplorer, WhatIfExplorer
from benchmarks.soak import soak

# Resident memory may rise by this much: thumbnails that come up for the first time, and the allocator's slack.
BOUND = 20


@pytest.fixture(scope="module", params=["nprobe", "whatif"])
def explorer(request, world):
    if request.param == "whatif":
        return WhatIfExplorer()
    return NprobeExplorer(indexes={name: build_index(name, world.train[:4000], world.references) for name in ("IVF64,Flat", "IVF32,Flat")})


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_a_hundred_moves(explorer):
    found = soak(explorer, 100)
    assert found["errors"] == [] and found["waiting"] == 0
    assert found["end_mb"] - found["warm_mb"] < BOUND
    # A move is answered with a few messages, however many came before.
    assert found["messages"][1] <= 4

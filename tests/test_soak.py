"""A short soak (python -m benchmarks.soak is the long one): the what-if lab under random moves keeps its memory, holds
nothing back, and refuses what it should and nothing else.
"""

import sys

import pytest

from activeindex_lite.widgets import WhatIfExplorer
from benchmarks.soak import soak

pytestmark = pytest.mark.slow

# MB that resident memory may rise by: the allocator's slack.
BOUND = 20


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")
def test_two_hundred_moves():
    found = soak(WhatIfExplorer(), 200)
    assert found["errors"] == [] and found["waiting"] == 0
    assert found["end_mb"] - found["warm_mb"] < BOUND
    # A move causes a few messages, however many moves came before.
    assert found["messages"][1] <= 4

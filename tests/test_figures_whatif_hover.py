"""The figure of settings that names them under the mouse."""

import pytest

from activeindex_lite.figures.whatif import released
from activeindex_lite.figures.whatif_hover import hover_field
from activeindex_lite.sweeps.whatif import load_sweep

TARGET = {"r1": 0.85, "psnr": 40, "bytes": 8}


@pytest.fixture(scope="module")
def sweep():
    return load_sweep()


def test_every_setting_is_named_and_sorted_by_the_target(sweep):
    drawn = hover_field(sweep, TARGET, shown={"A": {"alpha": 0}, "B": {"alpha": 3}})
    traces = {trace.name: trace for trace in drawn.figure.data}
    rows = sweep.table()
    rows = rows[rows.references == sweep.axes["references"][-1]]
    assert len(traces["not enough"].x) + len(traces["good enough"].x) == len(rows)
    assert len(traces["not enough"].hovertext) == len(traces["not enough"].x)
    assert min(traces["good enough"].y) >= TARGET["r1"] - 1e-4
    for name, setting in (
        ("A", {"alpha": 0}),
        ("B", {"alpha": 3}),
        ("the cheapest", sweep.cheapest(0.85, 40, most_bytes=8)),
    ):
        measured = sweep.measured(setting)
        assert traces[name].y[0] == measured["r1"] and traces[name].x[0] == measured["ms"]
        assert released(sweep, setting) in traces[name].hovertext[0]
    assert drawn.alt == drawn.still.alt and "The cheapest" in drawn.alt


def test_a_target_out_of_reach_has_no_cheapest(sweep):
    drawn = hover_field(sweep, {**TARGET, "r1": 1.0, "psnr": 60})
    assert [trace.name for trace in drawn.figure.data] == ["not enough", "good enough"]
    assert len(drawn.figure.data[1].x) == 0 and "No setting reaches" in drawn.alt

"""The figure of settings that names them under the mouse."""

import pytest

from activeindex_lite.figures.whatif import released, sizes
from activeindex_lite.figures.whatif_hover import hover_field, hover_glance
from activeindex_lite.sweeps.whatif import load_sweep, unbeaten

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


def test_the_glance_shows_each_search_passive_and_activated_and_joins_what_nothing_beats(sweep):
    drawn = hover_glance(sweep)
    rows = sweep.table()
    rows = rows[rows.references == 50_000]
    wanted = {"passive": rows[rows.alpha == 0], "activated, alpha 3": rows[(rows.alpha == 3) & (rows.steps == 10)]}
    shown = {trace.name: trace for trace in drawn.figure.data if trace.name in wanted}
    lines = [trace for trace in drawn.figure.data if trace.name not in wanted]
    for number, (name, all_of_them) in enumerate(wanted.items()):
        assert sorted(shown[name].y) == pytest.approx(sorted(all_of_them.r1), abs=1e-4)
        for line, limit in zip(lines[3 * number : 3 * number + 3], (8, 24, 1e9), strict=True):
            within = all_of_them[all_of_them.bytes <= limit]
            for ms, r1 in zip(line.x, line.y, strict=True):
                assert not len(
                    within[(within.ms <= ms) & (within.r1 >= r1 + 1e-4) | (within.ms < ms) & (within.r1 >= r1)]
                )
            assert list(line.y) == sorted(line.y) and len(line.x) >= 3
    assert not any("HNSW" in text for text in shown["activated, alpha 3"].hovertext)
    assert any("HNSW32,Flat, efSearch 64, passive" in text for text in shown["passive"].hovertext)
    assert "passive, up to 8 bytes per vector: " in drawn.alt and drawn.alt == drawn.still.alt


def test_marks_grow_with_the_bytes():
    assert sizes([4, 8, 512]).tolist() == [5, 6.5, 15.5]


def test_unbeaten_keeps_equals_and_ends():
    assert unbeaten([1, 1, 2, 3, 3], [0.5, 0.6, 0.6, 0.7, 0.7]).tolist() == [False, True, False, True, True]
    assert unbeaten([2.0], [0.1]).tolist() == [True]
    assert unbeaten([], []).tolist() == []

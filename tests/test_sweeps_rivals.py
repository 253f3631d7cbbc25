"""Activation beside passive indexes at equal cost: the stored table, its figure, and what notebook 11 says of it."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.comparison import Bench
from activeindex_lite.comparison.rivals import rivals_of
from activeindex_lite.evaluation.originals import Originals
from activeindex_lite.figures.rivals import equal_cost, finding
from activeindex_lite.sweeps import rivals


@pytest.fixture(scope="module")
def made(world, extractor, small_indexes, tmp_path_factory):
    """(path, bench) of a small measurement: three pictures, two methods, one rival."""
    ids = np.arange(3)
    originals = Originals(world.pictures(ids), ids, world.train[:3000], world.references[:4000], None, "three")
    bench = Bench(originals, extractor, small_indexes["IVF64,PQ8x6"], psnr=42, tolerance=1)
    path = tmp_path_factory.mktemp("rivals") / rivals.FILE

    def few(*given):
        return [one for one in rivals_of(*given) if one.name in ("longer code", "graph over the codes")]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("activeindex_lite.comparison.baselines.rivals_of", few)
        patch.setattr(rivals, "METHODS", ("published", "quick"))
        rivals.build_rivals(path, lambda: bench, about={"pictures": 3}, progress=False)
    return path, bench


def test_the_file_holds_what_the_bench_measured(made):
    path, bench = made
    baselines, beside = rivals.load_rivals(path)
    assert baselines.attrs["pictures"] == beside.attrs["pictures"] == 3
    assert {"IVF64,PQ8x6", "IVF64,PQ16x6", "HNSW32,PQ8x6"} == set(baselines["index"])
    assert beside.method.tolist() == ["published"] * 2 + ["quick"] * 2 and beside.nprobe.tolist() == [1, 16] * 2
    measured = bench.methods.set_index(["method", "nprobe"]).r1
    for row in beside.itertuples():
        assert row.r1 == pytest.approx(measured[row.method, row.nprobe], rel=1e-4)
    for table in (baselines, beside):
        assert table.notna().all(axis=None)
    with pytest.raises(FileExistsError):
        rivals.build_rivals(path, lambda: bench, progress=False)


def test_the_stored_best_are_those_of_the_stored_baselines():
    baselines, beside = rivals.load_rivals()
    assert beside.method.unique().tolist() == list(rivals.METHODS) and baselines.attrs["pictures"] == rivals.PICTURES
    for row in beside.itertuples():
        affordable = baselines[(baselines.bytes <= row.bytes) & (baselines.ms <= 1.1 * row.ms)]
        assert row.best_r1 == affordable.r1.max() and row.over == pytest.approx(row.r1 - row.best_r1, abs=1e-4)


def test_the_figure_tells_its_finding_and_draws_every_search(made):
    baselines, beside = rivals.load_rivals(made[0])
    figure = equal_cost(baselines, beside)
    axes = figure.figure.axes[0]
    assert finding(beside) in figure.alt and len(figure.png()) > 5000 and "logarithmic" in axes.get_xlabel()
    drawn = {line.get_label(): line.get_xydata() for line in axes.lines}
    small, large = (drawn[f"passive, {words} bytes"] for words in ("at most 6", "more"))
    assert len(small) + len(large) == len(baselines)
    assert len(drawn["published, activated"]) == len(drawn["quick, activated"]) == 2
    # The step line is the running maximum of the small ones.
    order = np.argsort(small[:, 0], kind="stable")
    np.testing.assert_allclose(drawn["most of these in this time"][:, 1], np.maximum.accumulate(small[order, 1]))


@pytest.mark.parametrize(
    ("interval", "said"), [((0.01, 0.03), "more than"), ((-0.01, 0.03), "about as many"), ((-0.3, -0.1), "fewer than")]
)
def test_the_finding_follows_the_interval(interval, said):
    row = dict(method="quick", nprobe=1, r1=0.5, best_r1=0.4, best_baseline="fewer cells", best_index="IVF4,PQ4x4")
    row |= dict(best_search="nprobe 2", over=0.1, over_low=interval[0], over_high=interval[1])
    assert f"finds 0.50, {said}" in finding(pd.DataFrame([row])) and "IVF4,PQ4x4, nprobe 2" in finding(
        pd.DataFrame([row])
    )

"""R@1 and cost against nprobe: measured by searches, stored once."""

import pytest

from activeindex_lite import build_index, evaluate_retrieval, load_queries, load_world, ready_index
from activeindex_lite.sweeps import nprobe
from activeindex_lite.sweeps.nprobe import build_curves, load_curves, nprobes_of, recall_by_nprobe


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module", params=["IVF40,Flat", "IVF40,PQ8x4"])
def index(request, world):
    return build_index(request.param, world.train[:3000], world.references[:4000])


@pytest.fixture(scope="module")
def queries():
    stored = load_queries()
    own = stored.ids < 4000
    return {edit: stored.features[edit][own] for edit in ("Contrast 2", "Crop 0.5", "Random")}, stored.ids[own]


def test_recall_is_that_of_the_evaluation_and_all_cells_compare_everything(index, queries):
    features, truth = queries
    table = recall_by_nprobe(index, features, truth, (1, 5, 40), timed=5).set_index("nprobe")
    for n in (1, 5, 40):
        mean = evaluate_retrieval(index, features, truth, nprobe=n).set_index("edit").loc["Mean"]
        assert table.r1[n] == pytest.approx(mean.r1)
        assert table.low[n] <= mean.r1 <= table.high[n]
    assert table.scanned[40] == index.ntotal and table["share"][40] == 1
    assert table.scanned.is_monotonic_increasing and (table.ms > 0).all()
    assert nprobes_of(index)[-1] == 40


def test_stored_curves_are_those_of_the_ready_world():
    curves, stored = load_curves().set_index(["index", "nprobe"]), load_queries()
    index = ready_index("IVF256,Flat")
    fresh = recall_by_nprobe(index, stored.features, stored.ids, (1, 8), timed=None).set_index("nprobe")
    for n in (1, 8):
        row = curves.loc[("IVF256", n)]
        # k-means on another number of threads may end a little elsewhere.
        assert row.r1 == pytest.approx(fresh.r1[n], abs=0.02)
        assert row.scanned == pytest.approx(fresh.scanned[n], rel=0.05)


def test_an_interrupted_build_goes_on_and_ends_the_same(index, queries, tmp_path, monkeypatch):
    indexes, measured = {"one": index, "two": index}, nprobe.recall_by_nprobe
    build_curves(tmp_path / "whole.csv", indexes, *queries, nprobes=(1, 2), progress=False)
    calls = []

    def stopped(*arguments, **settings):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measured(*arguments, **settings)

    monkeypatch.setattr(nprobe, "recall_by_nprobe", stopped)
    path = tmp_path / "other.csv"
    with pytest.raises(KeyboardInterrupt):
        build_curves(path, indexes, *queries, nprobes=(1, 2), progress=False)
    with pytest.raises(ValueError, match="other settings"):
        build_curves(path, indexes, *queries, nprobes=(1, 4), progress=False)
    build_curves(path, indexes, *queries, nprobes=(1, 2), progress=False)
    assert len(calls) == 3 and path.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_curves_are_written_once(index, queries, tmp_path):
    path = tmp_path / "nprobe.csv"
    build_curves(path, {"own": index}, *queries, nprobes=(1, 2))
    assert load_curves(path)[["index", "nprobe"]].to_numpy().tolist() == [["own", 1], ["own", 2]]
    with pytest.raises(FileExistsError, match="another file"):
        build_curves(path, {"own": index}, *queries)

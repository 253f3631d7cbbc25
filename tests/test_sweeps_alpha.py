"""The sweep over alpha and nprobe: what it measures, and that it goes on after an interruption."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite import evaluate_retrieval, load_queries
from activeindex_lite.sweeps import alpha as grid


@pytest.fixture(scope="module")
def pictures(world):
    return world.pictures([1, 2, 3])


@pytest.fixture
def build(small_indexes, pictures, extractor, tmp_path):
    def run(path=tmp_path / "grid.csv", **settings):
        indexes = {"IVF": small_indexes["IVF64,Flat"], "LSH": small_indexes["PCA64,LSH"]}
        grid.build_grid(
            path,
            indexes,
            pictures,
            [1, 2, 3],
            extractor,
            **{**dict(alphas=(0.0, 3.0), steps=2, progress=False), **settings},
        )
        return grid.load_grid(path)

    return run


def test_alpha_0_is_the_passive_evaluation_of_the_stored_queries():
    table, stored = grid.load_grid(), load_queries()
    from activeindex_lite import ready_index

    index = ready_index("PCA64,LSH")
    mean = evaluate_retrieval(index, stored.features, stored.ids).set_index("edit").loc["Mean"]
    row = table[(table["index"] == "PCA+LSH") & (table.alpha == 0)].iloc[0]
    assert row.r1 == pytest.approx(mean.r1, abs=0.01) and np.isinf(row.psnr)
    assert set(table["index"]) == set(grid.INDEXES) and set(table.alpha) == set(grid.ALPHAS)
    assert ((table.low <= table.r1) & (table.r1 <= table.high)).all()
    active = table[table.alpha > 0]
    assert active.psnr.between(28, 65).all()
    assert table.attrs["queries"] == 200 and table.attrs["references"] == 50_000


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on_and_ends_the_same(build, tmp_path, monkeypatch):
    whole = build()
    measured, calls = grid.grid_rows, []

    def stopped(*arguments, **settings):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measured(*arguments, **settings)

    monkeypatch.setattr(grid, "grid_rows", stopped)
    path = tmp_path / "other.csv"
    with pytest.raises(KeyboardInterrupt):
        build(path)
    assert not path.exists()
    with (tmp_path / "other.part").open("a") as file:
        file.write('[{"index": "LSH", "al')  # killed while writing
    with pytest.raises(ValueError, match="other settings"):
        build(path, steps=3)
    done = len(calls)
    pd.testing.assert_frame_equal(build(path), whole)
    assert len(calls) == done + 2 and not (tmp_path / "other.part").exists()
    with pytest.raises(FileExistsError, match="another file"):
        build(path)


@pytest.mark.slow
def test_rows_hold_every_nprobe_that_the_index_has(build):
    table = build()
    assert table[table["index"] == "IVF"].nprobe.unique().tolist() == [1, 2, 4, 8, 16, 32, 64]
    assert table[table["index"] == "LSH"].nprobe.unique().tolist() == [1]
    active = table[table.alpha == 3]
    assert active.psnr.between(30, 60).all()


def test_what_the_notebooks_say_about_the_grid_is_true():
    # The sentences of notebooks 06 and 07 about "activated at 1 is about passive at 16", and about what a decibel buys.
    table = grid.load_grid()
    own = table[table["index"] == "IVF-PQ"].set_index(["alpha", "nprobe"])
    passive1, passive16 = own.r1[0.0, 1], own.r1[0.0, 16]
    assert 0.5 < (own.r1[3.0, 1] - passive1) / (passive16 - passive1) < 1
    assert own.r1[8.0, 1] < passive16 <= own.r1[3.0, 4]
    assert own.r1[4.0, 2] >= passive16 > own.r1[3.0, 2]
    one = own.xs(1, level="nprobe").sort_values("psnr")
    one = one[np.isfinite(one.psnr)]
    slopes = -(one.r1.diff() / one.psnr.diff()).dropna()
    assert 0.004 < slopes.min() and slopes.max() < 0.018
    middle = one[(one.psnr > 37) & (one.psnr < 47)]
    assert slopes.loc[middle.index[1:]].min() > slopes.loc[one.index[1]]

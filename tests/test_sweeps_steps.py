"""R@1 over the number of steps: rows against a Bench, resuming, and the figure's finding."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.activation.methods import METHODS
from activeindex_lite.comparison import Bench
from activeindex_lite.evaluation.originals import Originals
from activeindex_lite.figures.beyond import gain_over_passes
from activeindex_lite.sweeps import steps


@pytest.fixture(scope="module")
def bench_of(world, extractor, small_indexes):
    index, benches = small_indexes["IVF64,PQ8x6"], {}

    def bench(seed):
        if seed not in benches:
            ids = np.array([3 * seed + i for i in range(3)])
            originals = Originals(
                world.pictures(ids), ids, world.train[:9], world.references[:4000], None, "three pictures"
            )
            benches[seed] = Bench(originals, extractor, index, psnr=42, seed=seed, tolerance=1)
        return benches[seed]

    return bench


@pytest.fixture(scope="module")
def table(bench_of, tmp_path_factory):
    path = tmp_path_factory.mktemp("steps") / steps.FILE
    numbers = {"published": (1, 2), "margin": (2,)}
    steps.build_steps(path, bench_of, steps=numbers, seeds=(0, 1), about={"pictures": 3}, progress=False)
    return steps.load_steps(path)


def test_rows_are_those_of_the_bench(table, bench_of):
    assert len(table) == 3 * 2 * 2 and table.attrs["pictures"] == 3
    assert table.groupby(["method", "steps"]).passes.first().to_dict() == {
        ("margin", 2): 3.0,
        ("published", 1): 1.0,
        ("published", 2): 2.0,
    }
    seen = bench_of(1).methods.set_index(["method", "nprobe"])
    for row in table[table.seed == 1].itertuples():
        measured = seen.loc[f"{row.method}, {row.steps} steps", row.nprobe]
        assert row.r1 == pytest.approx(measured.r1, rel=1e-4) and abs(row.psnr - 42) <= 1


def test_one_published_step_has_the_papers_learning_rate():
    assert steps.settings_of("published", 1) == dict(steps=1, lr=10.0)
    assert steps.settings_of("published", 10) == steps.settings_of("published", 3) | dict(steps=10)
    assert steps.settings_of("published", 3)["lr"] == 1.0


def test_passes_are_those_that_the_network_makes(extractor, small_indexes, world, monkeypatch):
    from activeindex_lite import activate

    pictures, seen = world.pictures(range(4)), []
    forward = extractor.forward
    monkeypatch.setattr(extractor, "forward", lambda x: seen.append(len(x) * x.requires_grad) or forward(x))
    for name, method in METHODS.items():
        seen.clear()
        activate(pictures, small_indexes["IVF64,PQ8x6"], extractor, **steps.settings_of(name, 2))
        assert sum(seen) == method.passes * 2 * len(pictures)


def test_the_figure_says_what_each_method_gains(table):
    alt = gain_over_passes(table).alt
    gain = table[(table.method == "margin") & (table.nprobe == 1)].gain.mean()
    assert f"margin: {gain:+.3f} after 3 passes" in alt and "2 x 3 pictures" in alt


def test_how_many_steps_are_enough():
    rows = [("published", 1, 0.3), ("published", 10, 0.4), ("quick", 1, 0.2), ("quick", 3, 0.4), ("margin", 5, 0.3)]
    half = [pd.DataFrame(rows, columns=["method", "steps", "gain"]) for _ in range(2)]
    # The mean over seeds counts: .4 in both halves together.
    half[0].gain -= 0.1
    half[1].gain += 0.1
    table = pd.concat([one.assign(nprobe=1) for one in half])
    table = pd.concat([table, table.assign(nprobe=16, gain=[0.5] * len(table))])
    assert steps.steps_enough(table) == 3
    assert steps.steps_enough(table, nprobe=16) == 1
    with pytest.raises(ValueError, match="at most 5 steps, margin gains less than the published"):
        steps.steps_enough(table, "margin")

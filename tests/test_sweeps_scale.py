"""A world grown by simulation: what it draws, and the measurement up to many references with its table and figure."""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import activate, build_index, evaluate_retrieval
from activeindex_lite.cli.main import main
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.figures.scale import scale_curves
from activeindex_lite.sweeps import scale, scale_run
from activeindex_lite.world import SimulatedFeatures, simulate

SETTINGS = dict(factory="IVF64,PQ8x6", originals=3, first=500, nprobes=(1, 16), steps=2, progress=False)
TIMES = ["ms", "train_s", "add_s", "peak_mb"]


@pytest.fixture(scope="module")
def simulation(world):
    # Fewer features than the ready simulation takes, for speed.
    return SimulatedFeatures(world.train[:5000])


def nearest(features, others):
    return np.sqrt(faiss.knn(features, np.ascontiguousarray(others), 1)[0])


def test_rows_are_unit_vectors_and_depend_on_seed_and_place_alone(simulation, world):
    rows = simulation.rows(7000, seed=3)
    assert rows.shape == (7000, 128) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    again = SimulatedFeatures(world.train[:5000])
    # Across blocks, and past the 5,000 features, where the sequence of Gaussians begins anew with other noise.
    np.testing.assert_array_equal(again.rows(3500, start=1700, seed=3), rows[1700:5200])
    blocks = list(again.blocks(4001, seed=3))
    assert [len(block) for block in blocks] == [2000, 2000, 1]
    np.testing.assert_array_equal(np.concatenate(blocks), rows[:4001])
    assert np.abs(rows[:2000] - rows[5000:7000]).max() > 0.1
    assert np.abs(simulation.rows(2000, seed=4) - rows[:2000]).max() > 0.1


def test_bandwidth_0_gives_the_features_back(world):
    rows = SimulatedFeatures(world.train[:300], bandwidth=0).rows(300)
    np.testing.assert_allclose(rows, world.train[:300], atol=1e-5)


@pytest.mark.parametrize(
    ("what", "settings", "message"),
    [
        (lambda w: SimulatedFeatures(w.train[:20]), {}, "from 1 to 19"),
        (lambda w: SimulatedFeatures(w.train[:30], bandwidth=1.5), {}, "bandwidth=1.5"),
        (lambda w: SimulatedFeatures(w.train[:30]).rows(0), {}, "n=0"),
        (lambda w: SimulatedFeatures(w.train[:30]).rows(3, start=-1), {}, "start=-1"),
    ],
)
def test_what_cannot_be_simulated_is_named(what, settings, message, world):
    with pytest.raises(ValueError, match=message):
        what(world)


def test_simulated_references_are_as_near_to_real_ones_as_real_ones_are(world):
    real, others = world.references[:1000], world.references[1000:5000]
    wanted, found = nearest(real, others), nearest(real, simulate(4000))
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.015)
    assert found.std() == pytest.approx(wanted.std(), rel=0.2)
    # What would be too easy: one Gaussian of the same mean and covariance keeps farther away.
    plain = (
        np.random.default_rng(0)
        .multivariate_normal(world.train.mean(0), np.cov(world.train.T), 4000)
        .astype(np.float32)
    )
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert nearest(real, plain).mean() > 1.03 * wanted.mean()


@pytest.fixture(scope="module")
def small_world(world, simulation):
    """The ready world with 1,000 real references, so that simulated ones begin early."""
    from activeindex_lite.world import World

    with pytest.MonkeyPatch.context() as patch:
        small = World(world.train[:5000], world.references[:1000])
        for module in (scale, scale_run):
            patch.setattr(module, "load_world", lambda: small)
        patch.setattr(scale_run, "ready_simulation", lambda: simulation)
        patch.setattr(scale_run, "PIECE", 700)
        yield


@pytest.fixture(scope="module")
def table(small_world, tmp_path_factory):
    path = tmp_path_factory.mktemp("scale") / "scale.csv"
    scale.measure_scale(path, (500, 1000, 3000), **SETTINGS)
    assert [p.name for p in path.parent.iterdir()] == ["scale.csv"]
    with pytest.raises(FileExistsError, match="another file"):
        scale.measure_scale(path, (500,), **SETTINGS)
    return scale.load_scale(path)


def test_table_is_what_an_evaluation_of_the_same_references_gives(table, world, simulation, extractor):
    references = np.concatenate([world.references[:1000], simulation.rows(2000, seed=(0, scale_run.REFERENCES))])
    ids = np.sort(np.random.default_rng(0).choice(500, 3, replace=False))
    index = build_index("IVF64,PQ8x6", world.train[:5000], references)
    flat = build_index("Flat", references, references)
    pictures = world.pictures(ids)
    for activated in (False, True):
        if activated:
            pictures = activate(pictures, index, extractor, steps=2, features=references[ids]).pictures
        queries = edited_features(pictures, extractor)
        rows = table[(table.N == 3000) & (table.activated == activated)]
        wanted = [
            evaluate_retrieval(i, queries, ids, nprobe=n).r1.iloc[-1] for i, n in ((index, 1), (index, 16), (flat, 1))
        ]
        np.testing.assert_allclose(rows.r1, wanted, atol=1e-4)
    assert (table.r1 <= table.kept + 1e-4).all() and ((table.low <= table.r1) & (table.r1 <= table.high)).all()
    assert table[table["index"] == "No index"].bytes.tolist() == [
        4 * 128 * N for N in (500, 500, 1000, 1000, 3000, 3000)
    ]
    coded = table[(table["index"] != "No index") & (table.nprobe == 1) & table.activated].set_index("N").bytes
    # A code of 6 bytes and an id of 8.
    assert coded[3000] - coded[1000] == pytest.approx(2000 * 14, rel=0.05)
    assert (table.ms > 0).all() and table.attrs["originals"] == 3 and table.attrs["train"] == 5000


def test_an_interrupted_run_goes_on_and_ends_the_same(small_world, table, tmp_path, monkeypatch):
    path, rows, calls = tmp_path / "scale.csv", scale._rows, []

    def stopped(run, N):
        calls.append(N)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rows(run, N)

    monkeypatch.setattr(scale, "_rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        scale.measure_scale(path, (500, 1000, 3000), **SETTINGS)
    assert not path.exists()
    with pytest.raises(ValueError, match="other settings"):
        scale.measure_scale(path, (500, 1000, 3000), **{**SETTINGS, "alpha": 1})
    monkeypatch.setattr(scale_run, "begin", None)
    scale.measure_scale(path, (500, 1000, 3000), **SETTINGS)
    assert calls == [500, 1000, 1000, 3000]
    pd.testing.assert_frame_equal(scale.load_scale(path).drop(columns=TIMES), table.drop(columns=TIMES))


def test_training_features_are_simulated_where_real_ones_are_too_few(small_world, tmp_path):
    scale.measure_scale(tmp_path / "scale.csv", (500,), **{**SETTINGS, "factory": "IVF150,PQ8x4"})
    assert scale.load_scale(tmp_path / "scale.csv").attrs["train_simulated"] == 39 * 150 - 5000


def test_the_command_writes_a_table_and_a_picture(small_world, tmp_path, capsys):
    out = tmp_path / "out"
    scale_of = ["sweep", "--what", "scale", "--first", "500"]
    arguments = [*scale_of, "--largest", "700", "--index", "IVF64,PQ8x6", "--queries", "2", "--out", str(out)]
    assert main(arguments) == 0
    assert (out / "scale.png").read_bytes().startswith(b"\x89PNG")
    assert scale.load_scale(out / "scale.csv").N.unique().tolist() == [500, 700]
    assert main(arguments) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*scale_of, "--largest", "100", "--out", str(tmp_path / "small")]) == 2
    assert not (tmp_path / "small").exists()


def test_figure_tells_the_finding(table):
    shown = scale_curves(table, real=1000)
    first = table[(table.nprobe == 1) & ~table.activated & (table["index"] != "No index")].set_index("N").r1
    assert f"with nprobe 1 from {first[500]:.2f} to {first[3000]:.2f} passive" in shown.alt and "3,000" in shown.alt
    assert len(shown.figure.axes) == 3 and shown.png().startswith(b"\x89PNG")


def test_stored_measurement_goes_to_a_million():
    table = scale.load_scale()
    assert table.N.unique().tolist() == list(scale.SIZES) and table.attrs["index"] == scale.FACTORY
    last = table[table.N == table.N.max()].set_index(["index", "nprobe", "activated"])
    for nprobe in scale.NPROBES:
        assert last.low[scale.FACTORY, nprobe, True] > last.high[scale.FACTORY, nprobe, False]
    # Codes of 8 bytes and ids of 8, and the centroids; brute force keeps 512 bytes a vector.
    assert last.bytes[scale.FACTORY, 1, True] < 20e6 and last.bytes["No index", 1, True] == 512e6

"""The what-if lab's sweep: what it stores, that it goes on after an interruption, and what is answered from it."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from activeindex_lite import EDITS, build_index, evaluate_retrieval
from activeindex_lite.edits import basic
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.sweeps import whatif, whatif_build, whatif_now
from activeindex_lite.world import World

TINY = dict(
    factories=("IVF16,PQ4x4", "PCA16,LSH", "HNSW8,PQ8x4", "Flat"),
    references=(300, 600),
    nprobes=(1, 4),
    ef_searches=(2, 64),
    releases=((0.0, 10), (3.0, 1)),
    further=("JPEG 10",),
    originals=6,
    strangers=8,
    progress=False,
)


@pytest.fixture(scope="module")
def small(world):
    return World(world.train[:3000], world.references[:600])


@pytest.fixture(scope="module")
def tiny_path(small, extractor, tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep") / "tiny.npz"
    whatif_build.build_sweep(path, small, extractor, **TINY)
    return path


@pytest.fixture(scope="module")
def tiny(tiny_path):
    return whatif.load_sweep(tiny_path)


@pytest.fixture(scope="module")
def sweep():
    return whatif.load_sweep()


def test_stored_hits_are_those_of_an_evaluation_of_its_own(tiny, small, extractor):
    truth = np.sort(np.random.default_rng(0).choice(300, 6, replace=False))
    pictures = small.pictures(truth)
    queries = edited_features(pictures, extractor)
    queries["JPEG 10"] = extractor([basic.jpeg(p, 10) for p in pictures])
    for factory, n, nprobe in (
        ("IVF16,PQ4x4", 600, 4),
        ("IVF16,PQ4x4", 300, 1),
        ("PCA16,LSH", 600, 1),
        ("Flat", 300, 1),
    ):
        table = evaluate_retrieval(
            build_index(factory, small.train, small.references[:n]), queries, truth, nprobe=nprobe
        ).set_index("edit")
        for edit in ("Contrast 2", "Random", "JPEG 10"):
            assert tiny.measured(dict(factory=factory, references=n, nprobe=nprobe, edit=edit))["r1"] == pytest.approx(
                table.r1[edit]
            )
        fourteen = tiny.measured(dict(factory=factory, references=n, nprobe=nprobe))["r1"]
        assert fourteen == pytest.approx(table.r1[list(EDITS)].mean())
    assert (
        tiny.measured({"factory": "IVF16,PQ4x4"})["bytes"] == 2 and tiny.measured({"factory": "Flat"})["bytes"] == 512
    )


def test_the_searches_of_a_graph_are_by_ef_search_and_its_bytes_have_the_links(tiny, small, extractor):
    truth, factory = np.sort(np.random.default_rng(0).choice(300, 6, replace=False)), "HNSW8,PQ8x4"
    queries = edited_features(small.pictures(truth), extractor)
    index = build_index(factory, small.train, small.references[:600])
    for ef in (2, 64):
        index.ef_search = ef
        table = evaluate_retrieval(index, queries, truth).set_index("edit")
        assert tiny.measured(dict(factory=factory, ef_search=ef))["r1"] == pytest.approx(table.r1[list(EDITS)].mean())
    # Two links per node in the lowest layer, and one in the few nodes above, of 8 each, beside 4 bytes of code.
    assert 4 + 64 <= tiny.measured(dict(factory=factory))["bytes"] <= 4 + 64 + 8
    rows = tiny.table().query("factory == @factory")
    assert set(rows.ef_search) == {2, 64} and set(rows.nprobe) == {1} and set(rows.alpha) == {0}
    assert set(tiny.table().query("factory != @factory").ef_search) == {0}
    program = whatif_now.program(tiny.settled(dict(factory=factory, ef_search=64)), tiny.about)
    assert "ef_search=64)" in program and "nprobe" not in program


def test_an_interrupted_sweep_goes_on_and_ends_the_same(tiny_path, small, extractor, tmp_path, monkeypatch):
    real, calls = whatif_build.search_rows, []

    def stopped(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(whatif_build, "search_rows", stopped)
    path = tmp_path / "other.npz"
    with pytest.raises(KeyboardInterrupt):
        whatif_build.build_sweep(path, small, extractor, **TINY)
    with pytest.raises(ValueError, match="other settings"):
        whatif_build.build_sweep(path, small, extractor, **{**TINY, "seed": 1})
    whatif_build.build_sweep(path, small, extractor, **TINY)
    # 6 releases in all: two were done, the third was begun twice.
    assert len(calls) == 7 and list(tmp_path.iterdir()) == [path]
    one, other = whatif.load_sweep(path), whatif.load_sweep(tiny_path)
    for name in ("hits", "uap", "quality", "nlist", "bytes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    with pytest.raises(FileExistsError, match="another file"):
        whatif_build.build_sweep(path, small, extractor, **TINY)


def test_intervals_are_percentile_bootstraps(sweep):
    a, b = sweep.default, {**sweep.default, "nprobe": 8}
    measured, (gain, low, high) = sweep.measured(a), sweep.gain(a, b)
    for data, ends in (
        (sweep.found(a), (measured["low"], measured["high"])),
        (sweep.found(b) - sweep.found(a), (low, high)),
    ):
        theirs = bootstrap(
            (data,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1)
        ).confidence_interval
        np.testing.assert_allclose(ends, theirs, atol=0.01)
    assert gain == pytest.approx(sweep.measured(b)["r1"] - measured["r1"])


@pytest.mark.parametrize("edit", ["Mean", "Crop 0.3"])
def test_the_table_has_every_setting_once_and_its_measures(sweep, edit):
    table = sweep.table(edit)
    assert not table.duplicated(list(whatif.KEYS)).any()
    for row in table.sample(12, random_state=0).to_dict("records"):
        setting = {key: row[key] for key in whatif.KEYS}
        assert sweep.settled(setting) == setting
        assert sweep.measured(setting) == pytest.approx({key: row[key] for key in row if key not in whatif.KEYS})


@pytest.mark.parametrize(
    ("r1", "psnr", "most_bytes"),
    [(0.5, 0, np.inf), (0.75, 38, np.inf), (0.8, 38, 8), (0.7, 60, np.inf), (0.7, 38, 4), (0.999, 0, 4)],
)
def test_the_cheapest_is_what_a_look_through_the_whole_table_finds(sweep, r1, psnr, most_bytes):
    table = sweep.table()
    enough = table.query("references == 50000 and r1 >= @r1 and psnr >= @psnr and bytes <= @most_bytes")
    found = sweep.cheapest(r1, psnr, most_bytes=most_bytes)
    if not len(enough):
        assert found is None
        return
    quickest = enough[enough.ms == enough.ms.min()]
    smallest = quickest[quickest.bytes == quickest.bytes.min()]
    measured = sweep.measured(found)
    assert (
        measured["ms"] == enough.ms.min()
        and measured["bytes"] == smallest.bytes.min()
        and measured["psnr"] == smallest.psnr.max()
    )
    assert measured["r1"] >= r1


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (dict(nprobe=3), "1, 2, 4"),
        (dict(alpha=2), "1.5, 3.0"),
        (dict(factory="IVF9"), "IVF1536"),
        (dict(edit="Sepia"), "Meme"),
        (dict(probes=3), "nprobe"),
        (dict(references=10), "50000"),
        (dict(factory="HNSW32,Flat", ef_search=20), "16, 32, 64"),
    ],
)
def test_what_was_not_measured_is_refused_with_what_was(sweep, setting, said):
    with pytest.raises(ValueError, match=said):
        sweep.measured(setting)


def test_a_setting_that_cannot_be_settles_to_the_nearest_that_can(sweep):
    assert sweep.settled(dict(factory="PQ8x8", nprobe=16))["nprobe"] == 1
    flat = sweep.settled(dict(factory="Flat", alpha=3, nprobe=16, ef_search=64))
    assert flat["alpha"] == 0 and flat["nprobe"] == 1 and flat["ef_search"] == 0
    graph = sweep.settled(dict(factory="HNSW32,Flat", alpha=3, nprobe=16))
    assert graph["alpha"] == 0 and graph["nprobe"] == 1 and graph["ef_search"] == 16
    assert sweep.settled(dict(factory="HNSW32,Flat", ef_search=256))["ef_search"] == 256


def test_the_stored_sweep_is_whole(sweep):
    assert sweep.axes["factory"] == list(whatif_build.FACTORIES) and sweep.axes["references"] == list(
        whatif_build.REFERENCES
    )
    table = sweep.table()
    # With cells 7 nprobes x 7 releases, codes 7 releases, graphs 7 ef_search, and brute force.
    assert len(table) == 3 * (9 * 7 * 7 + 4 * 7 + 2 * 7 + 1)
    assert ((table.low <= table.r1) & (table.r1 <= table.high)).all()
    assert table.psnr[table.alpha > 0].between(34, 50).all() and np.isinf(table.psnr[table.alpha == 0]).all()
    assert table.ms.between(0.001, 100).all() and table.uap.between(0, 1).all()
    # No setting of an index can bring back much more than brute force does.
    assert table.r1[table.factory == "Flat"].min() > 0.95


@pytest.mark.parametrize("edit", ["Contrast 2", "JPEG 20"])
def test_a_program_runs_and_measures_what_the_sweep_has(sweep, edit):
    setting = sweep.settled(dict(factory="PCA64,LSH", references=5000, alpha=3, steps=1, edit=edit))
    text, space = whatif_now.program(setting, sweep.about), {}
    assert "<" not in text.replace("<=", "") and "lr=10)" in text and "alpha=3," in text
    # Six of the pictures, so that it is quick.
    text = text.replace("replace=False))", "replace=False))[:6]").replace("print(evaluate", "table = (evaluate")
    exec(text, space)  # noqa: S102 - it is the program's purpose to be run
    assert space["table"].set_index("edit").r1[edit] == pytest.approx(sweep.found(setting)[:6].mean(), abs=1 / 6 + 1e-9)
    assert space["run"].psnr.mean() == pytest.approx(sweep.measured(setting)["psnr"], abs=1.5)


def test_measured_now_agrees_with_the_stored_sweep(sweep, extractor):
    setting, said = sweep.settled(dict(factory="PCA64,LSH")), []
    now = whatif_now.measure_now(setting, 4, about=sweep.about, extractor=extractor, say=said.append)
    np.testing.assert_allclose(now["found"], sweep.found(setting)[:4], atol=1 / 14 + 1e-9)
    assert now["r1"] == pytest.approx(now["found"].mean()) and np.isinf(now["psnr"]) and now["ms"] > 0
    assert [text[:6] for text in said] == ["1 of 4", "3 of 4", "4 of 4"]
    between = whatif_now.measure_now(
        {**setting, "references": 7000, "edit": "Crop 0.8"}, 2, about=sweep.about, extractor=extractor
    )
    assert set(between["found"]) <= {0.0, 1.0}
    with pytest.raises(ValueError, match="pictures=0"):
        whatif_now.measure_now(setting, 0, about=sweep.about)


def test_the_sentence_says_what_changes(sweep):
    a = sweep.default
    assert "the same" in whatif.finding(sweep, a, a) and "about the same time" in whatif.finding(sweep, a, a)
    said = whatif.finding(sweep, a, {**a, "factory": "Flat"})
    assert "more" in said and "512 instead of 4 bytes" in said and "times the time" in said
    assert "dB instead of unchanged" in whatif.finding(sweep, a, {**a, "alpha": 3})
    assert "fewer" in whatif.finding(sweep, {**a, "nprobe": 16}, a)


def test_reading_the_sweep_loads_no_torch():
    code = "import sys; from activeindex_lite.sweeps.whatif import load_sweep; load_sweep().table(); "
    code += "print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


def test_table_is_plain_enough_for_csv(sweep, tmp_path):
    sweep.table().to_csv(tmp_path / "t.csv", index=False)
    back = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(back, sweep.table(), check_dtype=False)


def test_what_notebook_10_says_about_the_sweep_is_true(sweep):
    def r1(**setting):
        return sweep.measured(setting)["r1"]

    assert 0.15 < r1(alpha=3) - r1() < 0.2
    assert r1(nprobe=2) < r1(alpha=3) <= r1(nprobe=4)
    assert r1(nprobe=64) + 0.05 < r1(nprobe=64, alpha=3)
    cells, bits = (
        [r1(factory=f, references=n) for n in sweep.axes["references"]] for f in ("IVF1536,Flat", "PCA64,LSH")
    )
    assert max(cells) - min(cells) < 0.002 and 0.08 < bits[0] - bits[-1] < 0.13
    gains = [r1(alpha=3, edit=edit) - r1(edit=edit) for edit in ("JPEG 80", "JPEG 10", "Crop 0.8", "Crop 0.3")]
    assert gains[0] < 0.05 and 0.25 < gains[1] < 0.35 and gains[3] < 0.1 < gains[2]
    assert r1(edit="JPEG 10") == pytest.approx(0.5, abs=0.02) and r1(edit="JPEG 10", alpha=3) == pytest.approx(
        0.8, abs=0.03
    )
    assert abs(r1(alpha=3, steps=1) - r1(alpha=3)) < 0.02
    activated, unchanged = (sweep.cheapest(0.85, psnr, most_bytes=8) for psnr in (40, 50))
    assert (activated["factory"], activated["nprobe"], activated["alpha"]) == ("IVF256,PQ4x8", 4, 3)
    assert (unchanged["factory"], unchanged["nprobe"], unchanged["alpha"]) == ("IVF1536,PQ8x8", 16, 0)
    times = [sweep.measured({"nprobe": n})["ms"] for n in (1, 16)]
    assert times[1] < 1.4 * times[0]

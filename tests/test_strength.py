"""Strength curves, fair and flattered results, what edits do: against direct searches, scipy's binomial and exact identities."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activeindex_lite import build_index, load_queries, ready_index
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation import hit_table
from activeindex_lite.lessons import evaluation as edit_effects
from activeindex_lite.lessons import evaluation as fairness
from activeindex_lite.lessons.evaluation import measure_lesson
from activeindex_lite.sweeps import strengths as strength

IDS = [1, 2, 3, 4]


@pytest.fixture(scope="module")
def pictures(world):
    return world.pictures(IDS)


@pytest.fixture(scope="module")
def flat(world):
    return build_index("Flat", world.train[:1], world.references[:4000])


@pytest.fixture(scope="module")
def searched(small_indexes, flat):
    return {"No index": (flat, (1,)), "IVF-PQ": (small_indexes["IVF64,PQ8x6"], (1, 16))}


def test_curves_hold_every_strength_of_every_search(pictures, searched, extractor):
    released = {False: pictures, True: pictures[::-1]}
    table = strength.strength_curves({"Rotation": (0, 30), "JPEG": None}, released, IDS, searched, extractor)
    assert len(table) == (2 + len(STRENGTHS["JPEG"].values)) * 2 * 3
    assert table.groupby("sweep").value.unique()["JPEG"].tolist() == list(STRENGTHS["JPEG"].values)
    unedited = table[(table.sweep == "Rotation") & (table.value == 0) & (table["index"] == "No index")].set_index(
        "activated"
    )
    # Brute force finds unedited pictures; of pictures in another order it finds none.
    assert unedited.r1[False] == 1 and unedited.r1[True] == 0
    assert ((table.low <= table.r1) & (table.r1 <= table.high)).all() and set(table.queries) == {4}
    with pytest.raises(ValueError, match="no sweep 'Spin': choose one of Rotation"):
        strength.strength_rows("Spin", released, IDS, searched, extractor)


def test_one_row_is_what_faiss_finds(pictures, searched, extractor):
    rows = strength.strength_rows("Crop", {False: pictures}, IDS, searched, extractor, values=(0.4,))
    features = extractor([STRENGTHS["Crop"](picture, 0.4) for picture in pictures])
    index = searched["IVF-PQ"][0]
    for row in rows[1:]:
        index.faiss.nprobe = row["nprobe"]
        distances, ids = index.faiss.search(features, 2)
        index.faiss.nprobe = 1
        assert row["r1"] == np.mean((ids[:, 0] == IDS) & (distances[:, 0] < distances[:, 1]))


def test_an_interrupted_build_goes_on_and_ends_the_same(pictures, searched, extractor, tmp_path, monkeypatch):
    indexes = {name: index for name, (index, _) in searched.items()}

    def build(path, **settings):
        strength.build_strengths(
            path,
            indexes,
            pictures,
            IDS,
            extractor,
            sweeps=("JPEG", "Resize"),
            progress=False,
            **{"steps": 1, **settings},
        )
        return strength.load_strengths(path)

    whole = build(tmp_path / "whole.csv")
    assert whole.attrs["queries"] == 4 and whole.attrs["target"] == "IVF-PQ" and set(whole.activated) == {False, True}
    measured, path = strength.strength_rows, tmp_path / "other.csv"

    def stopped(name, *arguments, **settings):
        if name == "Resize":
            raise KeyboardInterrupt
        return measured(name, *arguments, **settings)

    monkeypatch.setattr(strength, "strength_rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(path)
    monkeypatch.setattr(strength, "strength_rows", measured)
    with (tmp_path / "other.part").open("a") as file:
        file.write('[{"sweep": "Re')  # killed while writing
    with pytest.raises(ValueError, match="other settings"):
        build(path, alpha=2.0)
    pd.testing.assert_frame_equal(build(path), whole)
    assert not path.with_suffix(".part").exists()
    with pytest.raises(FileExistsError, match="another file"):
        build(path)


def test_the_stored_curves_meet_the_stored_queries():
    # At the strengths of the 14 edits the passive curves are those of the stored queries, extracted at another time.
    table, queries = strength.load_strengths(), load_queries()
    n = table.attrs["queries"]
    assert table.attrs["truth"] == queries.ids[:n].tolist() and list(table.sweep.unique()) == list(STRENGTHS)
    index = ready_index(table.attrs["indexes"]["IVF-PQ"])
    passive = (
        table[(table["index"] == "IVF-PQ") & (table.nprobe == 1) & ~table.activated].set_index(["sweep", "value"]).r1
    )
    for edit, place in {
        "Rotation 90": ("Rotation", 90),
        "Crop 0.5": ("Crop", 0.5),
        "JPEG 50": ("JPEG", 50),
        "Blur 2": ("Blur", 11),
    }.items():
        stored = hit_table(index, {edit: queries.features[edit][:n]}, queries.ids[:n]).to_numpy().mean()
        assert passive[place] == pytest.approx(stored, abs=0.021), edit


def test_what_the_notebook_says_about_flattery_is_true(world):
    queries = load_queries()
    index = ready_index("IVF1536,PQ4x8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = fairness.flattered(index, queries.features, queries.ids, world.train, world.references).set_index("way")
    hits = hit_table(index, queries.features, queries.ids)
    assert table.r1[fairness.FAIR] == hits.to_numpy().mean() and index.ntotal == len(world.references)
    assert table.gain["trained on the references"] > 0.1 and table.gain["fewer, larger cells"] > 0.08
    assert abs(table.gain["few references"]) < 0.02
    assert table.r1["mild edits only"] == pytest.approx(hits[list(fairness.MILD)].to_numpy().mean())


def test_ties_are_counted_as_said(small_indexes, flat):
    queries = load_queries()
    small = {"Flat": flat, "PCA64,LSH": small_indexes["PCA64,LSH"]}
    held = queries.ids < flat.ntotal
    features = {"JPEG 50": queries.features["JPEG 50"][held]}
    table = fairness.ties(small, features, queries.ids[held]).set_index("index")
    assert ((table.against <= table.as_it_came) & (table.as_it_came <= table.in_favour)).all()
    assert table.against["Flat"] == table.in_favour["Flat"]
    # Hamming distances by hand: the original's is no larger than any other.
    lsh = small["PCA64,LSH"]
    distances, ids = lsh.search(features["JPEG 50"], lsh.ntotal)
    own = distances[ids == queries.ids[held][:, None]]
    assert table.in_favour["PCA64,LSH"] == (own == distances.min(1)).mean()
    assert table.against["PCA64,LSH"] == ((distances <= own[:, None]).sum(1) == 1).mean()


def test_few_pictures_scatter_as_the_binomial_does():
    hits = pd.DataFrame({"one": np.arange(2000) % 10 < 6})
    table = fairness.scatter_of_few(hits, sizes=(20, 80), draws=200)
    for size, own in table.groupby("pictures"):
        assert own.r1.std() == pytest.approx(stats.binom(size, 0.6).std() / size, rel=0.12)
        assert 0.88 < ((own.low <= 0.6) & (0.6 <= own.high)).mean() < 0.98
    with pytest.raises(ValueError, match="has 2000 pictures"):
        fairness.scatter_of_few(hits, sizes=(2001,))


def test_edit_effects_are_means_of_the_distances(small_indexes, world):
    queries, index = load_queries(), small_indexes["IVF64,PQ8x6"]
    held = queries.ids < index.ntotal
    ids, copies = queries.ids[held], {edit: queries.features[edit][held] for edit in ("Identity", "Crop 0.5")}
    x = world.references[ids]
    table = edit_effects.edit_effects(index, x, ids, copies, copies).set_index(["activated", "edit"])
    f, q = copies["Crop 0.5"].astype(float), index.quantize(x)
    row = table.loc[(True, "Crop 0.5")]
    assert row.moved == pytest.approx(np.square(f - copies["Identity"]).sum(1).mean(), rel=1e-5)
    assert row.code == pytest.approx(np.square(f - q).sum(1).mean(), rel=1e-5)
    codes = index.quantize(world.references[: index.ntotal])
    all_distances = np.square(f[:, None] - codes).sum(2)
    all_distances[np.arange(len(ids)), ids] = np.inf
    assert row.rival == pytest.approx(all_distances.min(1).mean(), rel=1e-3)
    assert row.r1 <= row.stays and row.r1_all == np.mean(all_distances.min(1) > np.square(f - q).sum(1))


def test_the_lesson_measures_what_the_parts_do(world, extractor):
    queries, families = load_queries(), {"No index": ("Flat", [1]), "IVF-PQ": ("IVF1536,PQ4x8", [1, 16])}
    ids = queries.ids[:4]
    lesson = measure_lesson(ids, families, {"JPEG": (50,)})
    stored = hit_table(ready_index("IVF1536,PQ4x8"), {edit: f[:4] for edit, f in queries.features.items()}, ids, 16)
    passive = lesson.retrieval[(lesson.retrieval.nprobe == 16) & ~lesson.retrieval.activated].set_index("edit").r1
    # The stored queries are in half precision: hardly a first place changes.
    assert passive.drop("Mean").to_numpy() == pytest.approx(stored.mean().to_numpy(), abs=0.26)
    assert abs(passive["Mean"] - stored.to_numpy().mean()) < 0.04
    assert set(lesson.effects.edit) == set(queries.features) and set(lesson.curves.sweep) == {"JPEG"}
    ivf = lesson.means[lesson.means["index"] == "IVF-PQ"].set_index("nprobe")
    assert ivf.passive[16] == pytest.approx(passive["Mean"]) and (ivf.gain > 0).all() and len(lesson.quality) == 4
    assert lesson.means.bytes.tolist() == [512, 4, 4] and (lesson.means.ms > 0).all()


def test_what_the_notebook_says_about_the_stored_curves_is_true():
    table = strength.load_strengths()
    means = table.groupby(["sweep", "index", "nprobe", "activated"]).r1.mean().unstack(["index", "nprobe", "activated"])
    flat, one, sixteen = (means[key] for key in (("No index", 1), ("IVF-PQ", 1), ("IVF-PQ", 16)))
    for sweep in ("Blur", "JPEG", "Contrast", "Brightness"):
        assert one[True][sweep] > 0.86 and one[True][sweep] - one[False][sweep] > 0.1
    assert (sixteen[False] - one[True]).drop("Hue").min() > 0 and abs(sixteen[False] - one[True])["Hue"] < 0.05
    assert (sixteen[True] >= sixteen[False]).all()
    assert flat[False]["Hue"] == pytest.approx(0.975, abs=0.001) and flat[True]["Hue"] == pytest.approx(
        0.945, abs=0.001
    )
    curve = (
        table[(table["index"] == "IVF-PQ") & (table.nprobe == 1)]
        .set_index(["sweep", "value", "activated"])
        .r1.sort_index()
    )
    assert 0.45 < curve["Rotation", 10, False] < 0.6 and curve["Rotation", 90].mean() > curve["Rotation", 50].mean()
    gain = curve.xs(True, level="activated") - curve.xs(False, level="activated")
    assert gain["Rotation"].loc[40:70].max() < 0.1 < gain["Rotation"][10]
    brute = table[(table["index"] == "No index") & ~table.activated].set_index(["sweep", "value"]).r1
    assert brute["Crop", 0.2] < 0.5

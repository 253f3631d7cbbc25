"""Curves of R@1 against the strength of an edit: against direct searches, the stored queries and exact identities."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite import build_index, load_queries, ready_index
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation import hit_table
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


@pytest.mark.slow
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

"""What notebook 08 measures: fair and flattered results and what edits do, against direct searches and scipy's
binomial.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activeindex_lite import build_index, load_queries, ready_index
from activeindex_lite.evaluation import hit_table
from activeindex_lite.lessons import evaluation as measure
from activeindex_lite.lessons.evaluation import measure_lesson


@pytest.fixture(scope="module")
def flat(world):
    return build_index("Flat", world.train[:1], world.references[:4000])


@pytest.mark.slow
def test_what_the_notebook_says_about_flattery_is_true(world):
    queries = load_queries()
    index = ready_index("IVF1536,PQ4x8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = measure.flattered(index, queries.features, queries.ids, world.train, world.references).set_index("way")
    hits = hit_table(index, queries.features, queries.ids)
    assert table.r1[measure.FAIR] == hits.to_numpy().mean() and index.ntotal == len(world.references)
    assert table.gain["trained on the references"] > 0.1 and table.gain["fewer, larger cells"] > 0.08
    assert abs(table.gain["few references"]) < 0.02
    assert table.r1["mild edits only"] == pytest.approx(hits[list(measure.MILD)].to_numpy().mean())


def test_ties_are_counted_as_said(small_indexes, flat):
    queries = load_queries()
    small = {"Flat": flat, "PCA64,LSH": small_indexes["PCA64,LSH"]}
    held = queries.ids < flat.ntotal
    features = {"JPEG 50": queries.features["JPEG 50"][held]}
    table = measure.ties(small, features, queries.ids[held]).set_index("index")
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
    table = measure.scatter_of_few(hits, sizes=(20, 80), draws=200)
    for size, own in table.groupby("pictures"):
        assert own.r1.std() == pytest.approx(stats.binom(size, 0.6).std() / size, rel=0.12)
        assert 0.88 < ((own.low <= 0.6) & (0.6 <= own.high)).mean() < 0.98
    with pytest.raises(ValueError, match="has 2000 pictures"):
        measure.scatter_of_few(hits, sizes=(2001,))


def test_edit_effects_are_means_of_the_distances(small_indexes, world):
    queries, index = load_queries(), small_indexes["IVF64,PQ8x6"]
    held = queries.ids < index.ntotal
    ids, copies = queries.ids[held], {edit: queries.features[edit][held] for edit in ("Identity", "Crop 0.5")}
    x = world.references[ids]
    table = measure.edit_effects(index, x, ids, copies, copies).set_index(["activated", "edit"])
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

"""Numbers that cannot be, for every part that takes numbers; and the numeric core against faiss and plain counts, on
drawn cases.
"""

import re

import faiss
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from activeindex_lite import activate, build_index, evaluate_retrieval, load_extractor
from activeindex_lite.evaluation import edited_features, first_is_original, intervals
from activeindex_lite.evaluation.copy_detection import micro_ap
from activeindex_lite.evaluation.predictions import predict
from activeindex_lite.index import ActiveIndex, faiss_threads
from activeindex_lite.scratch import IVF, IVFPQ, LSH, OPQ, PQ, kmeans, nearest, squared_distances
from activeindex_lite.support.checks import real_number

FEW = settings(max_examples=25, deadline=None)
X = np.random.default_rng(0).normal(size=(600, 32)).astype(np.float32)
X /= np.linalg.norm(X, axis=1, keepdims=True)
RED = Image.new("RGB", (24, 24), (200, 30, 60))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with faiss_threads(1):
        yield


@pytest.fixture(scope="module")
def built():
    return {factory: build_index(factory, X, X) for factory in ("Flat", "IVF8,Flat", "IVF8,PQ4x4", "PCA16,LSH")}


# --- features -------------------------------------------------------------------------------------

WITH_NAN = np.where(np.arange(600)[:, None] == 3, np.nan, X)
BAD_FEATURES = {
    "nan": (WITH_NAN, "1 of 600 vectors hold NaN or infinity, the first is number 3"),
    "inf": (X * np.inf, "600 of 600"),
    "huge": (X * 1e20, "above 1e\\+15.*divide each vector by its length"),
    "huge whole numbers": (np.full((600, 32), 2**62), "above 1e\\+15"),
    "beyond float32": (X.astype(float) * 1e300, "NaN or infinity"),
    "complex": (X + 1j, "complex"),
    "masked": (np.ma.masked_array(X, X > 0), "masked"),
    "text": (np.full((9, 32), "a"), "array of numbers"),
    "nothing": (None, r"shape \(\)"),
    "no vector": (X[:0], "is empty"),
    "no dimension": (X[:, :0], r"expected \(N, d\)"),
    "one vector": (X[0], r"x\[None\]"),
    "three axes": (X[None], r"expected \(N, d\)"),
    "ragged": ([[1.0], [1.0, 2.0]], "array of numbers"),
}


@pytest.mark.parametrize("kind", BAD_FEATURES)
def test_bad_features_are_named_by_every_part(kind, built):
    bad, said = BAD_FEATURES[kind]
    # None in place of references means none yet.
    second = X[:0] if bad is None else bad
    for call in (
        lambda: build_index("IVF4,Flat", bad),
        *(
            lambda method=method: getattr(built["IVF8,PQ4x4"], method)(bad)
            for method in ("search", "add", "targets", "quantize", "assign", "refilled")
        ),
    ):
        with pytest.raises(ValueError, match=said):
            call()
    with pytest.raises(ValueError, match="is empty" if bad is None else said):
        build_index("IVF4,Flat", X, second)
    assert built["IVF8,PQ4x4"].ntotal == 600, "a bad call added something"


@pytest.mark.parametrize(
    "kind",
    [k for k in BAD_FEATURES if k not in ("complex", "masked", "no vector", "no dimension", "nothing", "ragged")],
)
def test_bad_features_are_named_by_scratch(kind):
    bad, _ = BAD_FEATURES[kind]
    rng = np.random.default_rng(0)
    for call in (
        lambda: nearest(bad, X, 1),
        lambda: kmeans(bad, 2, rng),
        lambda: PQ.train(bad, 1, 1, rng),
        lambda: LSH.pca(bad, 1),
        lambda: IVF.train(bad, 2, rng),
    ):
        with pytest.raises(ValueError, match="features"):
            call()


@pytest.mark.parametrize("values", ["zeros", "equal", "tiny", "float16", "of a list", "backwards", "bools"])
@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "IVF8,PQ4x4", "PCA16,LSH", "IVF8,SQ8", "HNSW8,Flat"])
def test_odd_features_find_themselves(values, factory):
    given_ = {
        "zeros": np.zeros_like(X),
        "equal": np.ones_like(X),
        "tiny": X * 1e-30,
        "float16": X.astype(np.float16),
        "of a list": X.tolist(),
        "backwards": X[::-1, ::-1],
        "bools": X > 0,
    }[values]
    index = build_index(factory, given_, given_)
    distances, ids = index.search(np.asarray(given_)[:5], 3)
    assert np.isfinite(distances).all() and (ids >= 0).all()
    if values in ("zeros", "equal", "tiny"):
        # All vectors are as near as a vector is to itself: any of them may come first.
        assert distances[:, 0] == pytest.approx(0, abs=1e-6)
    else:
        assert ids[:, 0].tolist() == [*range(5)]


# --- factory strings ------------------------------------------------------------------------------

REFUSED = {
    "IVF2000000000,Flat": "2000000000 cells, 1 to 1048576",
    "IVF99999999999999999999,Flat": "cells, 1 to",
    "IMI2x20,Flat": "20 bits",
    "HNSW1,Flat": "1 links per vector, 2 to 256",
    "IVF8_HNSW1,Flat": "1 links",
    "IVF8(HNSW1),Flat": "1 links",
    "NSG8,PQ4x4": "many equal codes",
    "SQ8_direct": "all become 0",
    "Residual2x4,PQ8": "does not search",
    "HNSW1000000,Flat": "2 to 256",
    "PQ4x24": "24 bits per part of the code",
    "RR99999999,Flat": "dimensions behind a transform",
    "OPQ4_1000000,PQ4x4": "dimensions behind",
    "PQ64x8": r"32 dimensions cannot be cut .* \(try 1, 2, 4, 8, 16, 32\)",
    "OPQ4_30,PQ4x4": r"30 dimensions cannot be cut .* \(try 1, 2\)",
    "LSH99": "one bit per dimension, at most 32",
    "ivf8,flat": "in capitals",
    "IVF8, Flat": "without spaces",
    "IVF8,Flat\0": "invisible character",
    "x" * 10_000: "x{20}\\.\\.\\.",
    "": "parse",
    "IVF-1,Flat": "parse",
    "IVF0,Flat": "number in it is 0",
    b"Flat": "expected text, not bytes",
    3.5: "not float",
}


@pytest.mark.parametrize("factory", REFUSED, ids=lambda f: repr(f)[:24])
def test_a_string_that_would_crash_hang_or_puzzle_is_explained(factory):
    with pytest.raises(ValueError, match=REFUSED[factory]) as refused:
        ActiveIndex(factory, 32)
    assert "Strings that work look like IVF1024,Flat" in str(refused.value) and len(str(refused.value)) < 700


@pytest.mark.parametrize("d", [0, -1, 2.5, "a", 2**40, None])
def test_a_dimension_that_cannot_be(d):
    with pytest.raises(ValueError, match="^d="):
        ActiveIndex("Flat", d)


@pytest.mark.parametrize("factory", ["ITQ16,LSH", "L2norm,IVF8,Flat", "OPQ4_16,IVF8,PQ4x4", "IVF8,PQ4x4,RFlat"])
def test_a_copy_of_any_transform_finds_the_same(factory):
    index = build_index(factory, X, X)
    other = index.copy()
    other.add(X[:1])
    assert np.array_equal(index.search(X[:20], 5)[1], index.refilled(X).search(X[:20], 5)[1]) and (
        index.ntotal,
        other.ntotal,
    ) == (600, 601)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda i: i.search(X, k=0), "k=0"),
        (lambda i: i.search(X, k=601), "k=601.*1 to 600"),
        (lambda i: i.search(X, nprobe=0), "nprobe=0"),
        (lambda i: i.search(X, nprobe=9), "nprobe=9.*8 cells"),
        (lambda i: i.probe(X, 9), "nprobe=9"),
        (lambda i: i.search(X[:, :31]), "d = 31"),
        (lambda i: build_index("IVF4,Flat", X, seed="a"), "seed='a'"),
        (lambda i: build_index("IVF4,Flat", X, seed=2**40), "seed=.*2,147,483,647"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, ["a"] * 5), "ids of stored vectors.*0 to 599"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, [600] * 5), "0 to 599"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, [-1] * 5), "0 to 599"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, [0.5] * 5), "whole numbers"),
        (lambda i: evaluate_retrieval(i, [X[:5]], range(5)), "no dict"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, range(5), resamples=0), "resamples=0"),
        (lambda i: evaluate_retrieval(i, {"a": X[:5]}, range(5), rng=3), "rng=3"),
        (
            lambda i: intervals(np.empty((0, 2)), np.random.default_rng(0)),
            "cannot bootstrap an empty table: expected at least one row",
        ),
        (lambda i: predict(i, X[:0], []), "queries is empty"),
        (lambda i: predict(i, X[:5], list("abcde"), typical=np.zeros(2)), r"typical has shape \(2,\)"),
        (lambda i: edited_features([RED], None, edits=("x",)), "no edit 'x'"),
        (lambda i: edited_features([RED], None, seed=-1), "seed"),
    ],
)
def test_numbers_that_cannot_be(call, said, built):
    with pytest.raises(ValueError, match=said):
        call(built["IVF8,Flat"])


# --- activation and extractors --------------------------------------------------------------------

SETTINGS = {
    "alpha": [-1, np.nan, np.inf, 1e9, "3", None, [1, 2], 3j],
    "steps": [0, -1, 1.5, "a", []],
    "lr": [0, -1, np.nan, "1"],
    "lambda_i": [-1, np.nan, "x"],
    "weights": [(1, 1), "abc", (np.nan, 1, 1), (-1, 1, 1), 3],
    "bound": ["x", None],
    "method": ["x"],
    "batch_size": [0, -1, "x"],
    "generator": [3, np.random.default_rng(0)],
    "loss": [3],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in SETTINGS.items() for value in values],
    # A generator's own text holds its address, which differs between the workers of pytest-xdist.
    ids=lambda value: re.sub(" at 0x.*", "", repr(value)),
)
def test_settings_of_activation_that_cannot_be(name, value, small_indexes, extractor):
    with pytest.raises(ValueError, match="weight" if name == "weights" else name):
        activate([RED], small_indexes["IVF64,Flat"], extractor, **{name: value})


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (np.ones((2, 128)), "2 rows for 1 pictures"),
        (np.ones((1, 64)), "d = 64"),
        (np.full((1, 128), np.nan), "NaN"),
        ("x", "array of numbers"),
    ],
)
def test_features_that_are_not_of_the_pictures(features, said, small_indexes, extractor):
    with pytest.raises(ValueError, match=said):
        activate([RED], small_indexes["IVF64,Flat"], extractor, features=features)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda f, t: f.sum(), "one number per picture"),
        (lambda f, t: 3.0, "one number per picture"),
        (lambda f, t: f.sum(1) * float("nan"), "not finite"),
    ],
)
def test_a_loss_that_would_lose_the_picture(loss, said, small_indexes, extractor):
    with pytest.raises(ValueError, match=said):
        activate([RED], small_indexes["IVF64,Flat"], extractor, loss=loss, steps=2)


def test_arguments_in_another_order_are_named(small_indexes, extractor, built):
    index = small_indexes["IVF64,Flat"]
    for wrong in ((extractor, index), (None, extractor), (index, None), (index.faiss, extractor)):
        with pytest.raises(ValueError, match="takes an ActiveIndex and an Extractor"):
            activate([RED], *wrong)
    with pytest.raises(ValueError, match="made for d = 32"):
        activate([RED], built["IVF8,Flat"], extractor)


@pytest.mark.parametrize(
    "settings_",
    [
        dict(size=0),
        dict(size=-3),
        dict(size="a"),
        dict(size=2.7),
        dict(size=10**8),
        dict(mean=(1, 2)),
        dict(mean="abc"),
        dict(std=(0, 0, 0)),
        dict(std=(np.nan,) * 3),
        dict(device="gpu"),
        dict(device="cuda:99"),
        dict(device=3.5),
    ],
    ids=repr,
)
def test_extractors_that_cannot_be(settings_):
    (name,) = settings_
    with pytest.raises(ValueError, match=f"{name}="):
        load_extractor("gradients", **settings_)


def test_networks_that_cannot_be():
    with pytest.raises(ValueError, match="lite cannot take pictures of 1 x 1 pixels"):
        assert load_extractor("lite", size=1).d
    with pytest.raises(ValueError, match="batch_size=0"):
        load_extractor("gradients")([RED], batch_size=0)
    with pytest.raises(ValueError, match="returns an array of shape|cannot take"):
        assert load_extractor(torch.nn.Flatten(0), size=8).d


def test_real_number():
    assert real_number(np.float32(3), "x", 0, 4, "y") == real_number(3, "x", 0, 4, "y") == 3
    for bad in (-1, 5, np.nan, "3", None, [1, 2]):
        with pytest.raises(ValueError, match="x=.*: expected a number from 0 to 4 \\(because\\)"):
            real_number(bad, "x", 0, 4, "because")


# --- scratch against faiss, on drawn cases --------------------------------------------------------


@st.composite
def tables(draw):
    """(stored (N, d), queries (Q, d), rng): vectors of small whole numbers, so that distances are exact and ties are
    many, or of noise.
    """
    n, d, seed = draw(st.integers(1, 60)), draw(st.sampled_from((1, 2, 4, 8, 16))), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    if draw(st.booleans()):
        return rng.integers(-3, 4, (n, d)).astype(np.float32), rng.integers(-3, 4, (5, d)).astype(np.float32), rng
    return rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(5, d)).astype(np.float32), rng


def same(found, expected):
    """Distances agree, and where faiss has no more results, so has scratch none. (Ids may differ between equal
    distances.)
    """
    (distances, ids), (theirs, their_ids) = found, expected
    assert np.array_equal(ids < 0, their_ids < 0)
    assert np.allclose(distances[ids >= 0], theirs[ids >= 0], rtol=1e-4, atol=1e-4)


@given(tables(), st.integers(1, 70))
@FEW
def test_brute_force(table, k):
    x, queries, _ = table
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    same(nearest(queries, x, k), index.search(queries, k))
    assert np.allclose(squared_distances(queries, x), ((queries[:, None] - x) ** 2).sum(2), atol=1e-4)


@given(tables(), st.integers(1, 8), st.integers(1, 8), st.integers(1, 20))
@FEW
def test_ivf(table, nlist, nprobe, k):
    x, queries, rng = table
    assume(nprobe <= nlist <= len(x))
    ours = IVF.train(x, nlist, rng, iterations=2)
    coarse = faiss.IndexFlatL2(x.shape[1])
    coarse.add(ours.centroids)
    # Only where no vector lies on a border: there, rounding decides the cell.
    for vectors in (x, queries):
        sorted_ = np.sort(squared_distances(vectors, ours.centroids), axis=1)
        assume(nlist == 1 or (np.diff(sorted_, axis=1) > 1e-3).all())
    theirs = faiss.IndexIVFFlat(coarse, x.shape[1], nlist)
    theirs.is_trained, theirs.nprobe = True, nprobe
    ours.add(x)
    theirs.add(x)
    same(ours.search(queries, k, nprobe), theirs.search(queries, k))


@given(tables(), st.integers(1, 3), st.integers(1, 20))
@FEW
def test_pq_and_ivfpq(table, nbits, k):
    x, queries, rng = table
    M = max(1, x.shape[1] // 2)
    assume(len(x) >= 2**nbits)
    ours = PQ.train(x, M, nbits, rng, iterations=2)
    theirs = faiss.IndexPQ(x.shape[1], M, nbits)
    faiss.copy_array_to_vector(ours.codebooks.ravel(), theirs.pq.centroids)
    theirs.is_trained = True
    codes = ours.encode(x)
    # A code is the nearest codeword; of equally near ones, either may be taken.
    error = ((x - ours.decode(codes)) ** 2).sum(1)
    assert np.allclose(error, ((x - theirs.pq.decode(theirs.pq.compute_codes(x))) ** 2).sum(1), atol=1e-4)
    ours.add(x)
    distances, ids = ours.search(queries, k)
    exact = np.sort(((queries[:, None] - ours.decode(codes)) ** 2).sum(2), axis=1)[:, :k]
    assert np.allclose(distances[:, : exact.shape[1]], exact, atol=1e-4) and (ids[:, exact.shape[1] :] == -1).all()
    cells = IVFPQ.train(x, 1, M, nbits, rng)
    cells.add(x)
    assert np.allclose(
        np.sort(cells.search(queries, len(x))[0], axis=1),
        np.sort(((queries[:, None] - cells.decode(cells.cells, cells.codes)) ** 2).sum(2)),
        atol=1e-3,
    )


@given(tables(), st.integers(1, 40), st.integers(1, 20))
@FEW
def test_lsh(table, nbits, k):
    x, queries, rng = table
    ours = LSH.random(x.shape[1], nbits, rng)
    assume((np.abs(ours.project(np.concatenate([x, queries]))) > 1e-4).all())
    ours.add(x)
    sides, theirs = (vectors @ ours.hyperplanes.T >= 0 for vectors in (queries, x))
    expected = np.sort((sides[:, None] != theirs).sum(2), axis=1)[:, :k]
    binary = faiss.IndexBinaryFlat(8 * ours.codes.shape[1])
    binary.add(ours.codes)
    distances, _ = ours.search(queries, k)
    assert np.array_equal(distances[:, : expected.shape[1]], expected)
    assert np.array_equal(expected, binary.search(ours.encode(queries), expected.shape[1])[0])


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: kmeans(X, 2.5, rng),
        lambda rng: kmeans(X, "a", rng),
        lambda rng: kmeans(X, 601, rng),
        lambda rng: nearest(X, X, 0),
        lambda rng: nearest(X, X, 1.5),
        lambda rng: nearest(X[:0], X, 1),
        lambda rng: PQ.train(X, 3, 4, rng),
        lambda rng: PQ.train(X, 4, 9, rng),
        lambda rng: PQ.train(X, 4, 2.5, rng),
        lambda rng: LSH.random(32, 0, rng),
        lambda rng: LSH.random(32, None, rng),
        lambda rng: LSH.pca(X, 33),
        lambda rng: IVF(X[:8]).probe(X, 9),
        lambda rng: IVF(X[:8]).probe(X, "all"),
        lambda rng: IVF(X[:8]).search(X[:0], 1),
        lambda rng: OPQ.train(X, 5, 4, rng),
        lambda rng: IVFPQ(X[:8, :16], PQ.train(X, 4, 2, rng)),
    ],
)
def test_scratch_names_what_cannot_be(call):
    with pytest.raises(ValueError, match="has to|have to|needed|equal parts"):
        call(np.random.default_rng(0))


# --- measures against plain counts ----------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)),
        min_size=1,
        max_size=25,
        unique_by=lambda row: row[:2],
    ),
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8),
)
@FEW
def test_micro_ap_is_a_naive_count(rows, pairs):
    truth = pd.DataFrame([(f"Q{q}", f"R{r}") for q, r in pairs], columns=["query_id", "reference_id"])
    predictions = pd.DataFrame(
        [(f"Q{q}", f"R{r}", float(s)) for q, r, s in rows], columns=["query_id", "reference_id", "score"]
    )
    total, found, recall = 0.0, 0, 0.0
    for n, (q, r, _) in enumerate(sorted(rows, key=lambda row: (-row[2], (row[0], row[1]) in pairs)), start=1):
        found += (q, r) in pairs
        total += (found / len(pairs) - recall) * found / n
        recall = found / len(pairs)
    assert micro_ap(predictions, truth) == pytest.approx(total)


@given(st.integers(0, 10_000), st.integers(1, 12))
@FEW
def test_first_is_original_is_a_naive_count(seed, n):
    rng = np.random.default_rng(seed)
    # Whole numbers, so that ties are exact and frequent.
    x, queries, truth = rng.integers(-1, 2, (n, 3)), rng.integers(-1, 2, (6, 3)), rng.integers(0, n, 6)
    distances = ((queries[:, None] - x) ** 2).sum(2)
    alone = [
        distances[i, t] == distances[i].min() and (distances[i] == distances[i, t]).sum() == 1
        for i, t in enumerate(truth)
    ]
    assert first_is_original(build_index("Flat", x, x), queries, truth).tolist() == alone

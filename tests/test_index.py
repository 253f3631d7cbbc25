"""The index wrapper against faiss used directly: same results, right targets, clear errors."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index
from activeindex_lite.index import ActiveIndex, NothingToActivate, faiss_threads

FACTORIES = ("Flat", "IVF16,Flat", "PQ4x6", "IVF16,PQ4x6", "OPQ4,PQ4x6", "OPQ4,IVF16,PQ4x6", "PCA16,IVF16,Flat", "PCA16,LSH",
             "LSH", "LSHrt", "ITQ16,LSH", "IVF16,SQ8", "SQ8", "PQ4x4fs", "HNSW8,Flat", "IVF16_HNSW8,Flat", "IVF16,PQ4x4fs")
POINTS = ("PQ4x6", "OPQ4,PQ4x6", "IVF16,PQ4x6", "OPQ4,IVF16,PQ4x6", "SQ8", "IVF16,SQ8", "PQ4x4fs")


def clustered(n, seed, d=32):
    rng = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(size=(40, d))
    x = (middles[rng.integers(0, 40, n)] + 0.5 * rng.normal(size=(n, d))).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


TRAIN, REFERENCES, QUERIES = clustered(4000, 0), clustered(1500, 1), clustered(60, 2)


@pytest.fixture(scope="module")
def built():
    return {factory: build_index(factory, TRAIN, REFERENCES) for factory in FACTORIES}


@pytest.mark.parametrize("factory", FACTORIES)
def test_results_are_those_of_faiss(built, factory):
    direct = faiss.index_factory(32, factory)
    direct.train(TRAIN)
    direct.add(REFERENCES)
    distances, ids = built[factory].search(QUERIES, k=5)
    expected = direct.search(QUERIES, 5)
    assert distances == pytest.approx(expected[0], rel=1e-5, abs=1e-5)
    assert (ids == expected[1]).mean() > 0.999
    assert built[factory].ntotal == 1500 and built[factory].d == 32


@pytest.mark.parametrize("factory", [f for f in FACTORIES if "IVF" in f])
def test_nprobe_by_the_call(built, factory):
    index = built[factory]
    one, eight = index.search(QUERIES, 60)[1], index.search(QUERIES, 60, nprobe=8)[1]
    assert index.nprobe == 1 and not np.array_equal(one, eight)
    ivf = faiss.extract_index_ivf(index.faiss)
    ivf.nprobe = 8
    assert np.array_equal(index.faiss.search(QUERIES, 60)[1], eight)
    index.nprobe = 1
    assert np.array_equal(index.search(QUERIES, 60)[1], one)
    for bad in (0, 17, 1.5):
        with pytest.raises(ValueError, match=f"nprobe={bad}.*16"):
            index.nprobe = bad
        with pytest.raises(ValueError, match=f"nprobe={bad}"):
            index.search(QUERIES, nprobe=bad)


def test_nprobe_without_cells(built):
    assert built["PQ4x6"].nprobe == 1 and built["PQ4x6"].nlist is None
    with pytest.raises(ValueError, match="no cells"):
        built["PQ4x6"].search(QUERIES, nprobe=4)
    with pytest.raises(ValueError, match="no cells"):
        built["PQ4x6"].assign(QUERIES)


@pytest.mark.parametrize("factory", POINTS)
def test_point_targets_are_what_faiss_reconstructs(built, factory):
    index = built[factory].faiss
    ivf = faiss.try_extract_index_ivf(index)
    if ivf is not None:
        ivf.make_direct_map()
    stored = np.stack([index.reconstruct(i) for i in range(50)])
    targets = built[factory].targets(REFERENCES[:50])
    assert targets.kind == "point" and len(targets) == 50
    assert targets.points == pytest.approx(stored, abs=1e-5)
    assert np.abs(stored - REFERENCES[:50]).max() > 1e-3
    assert targets[10:12].points == pytest.approx(stored[10:12], abs=1e-5)
    assert built[factory].quantize(REFERENCES[:50]) == pytest.approx(stored, abs=1e-5)


@pytest.mark.parametrize("factory", ["IVF16,Flat", "IVF16_HNSW8,Flat"])
def test_ivf_targets_are_centroids(built, factory):
    index = built[factory]
    ivf = faiss.extract_index_ivf(index.faiss)
    centroids = np.stack([ivf.quantizer.reconstruct(i) for i in range(16)])
    nearest = ((REFERENCES[:80, None] - centroids) ** 2).sum(2).argmin(1)
    agree = index.assign(REFERENCES[:80]) == nearest
    assert agree.mean() > (0.9 if "HNSW" in factory else 0.999)
    assert index.targets(REFERENCES[:80]).points[agree] == pytest.approx(centroids[nearest][agree], abs=1e-6)


def test_centroid_behind_a_transform_is_turned_back(built):
    index = built["PCA16,IVF16,Flat"]
    points = index.targets(REFERENCES[:30]).points
    pca = faiss.downcast_VectorTransform(index.faiss.chain.at(0))
    centroids = faiss.extract_index_ivf(index.faiss).quantizer.reconstruct_n(0, 16)
    assert pca.apply(points) == pytest.approx(centroids[index.assign(REFERENCES[:30])], abs=1e-5)


@pytest.mark.parametrize("factory", ["PCA16,LSH", "LSH", "LSHrt", "ITQ16,LSH"])
def test_signs_are_the_bits_faiss_stores(built, factory):
    targets = built[factory].targets(REFERENCES)
    assert targets.kind == "signs" and set(np.unique(targets.signs)) == {-1, 1}
    bits = np.unpackbits(built[factory].faiss.sa_encode(REFERENCES), axis=1, bitorder="little")
    agree = (bits[:, : targets.signs.shape[1]] == 1) == (targets.signs > 0)
    assert agree.mean() > 0.9999
    projected = REFERENCES @ targets.projections.T + targets.offsets
    assert ((projected >= 0) == (targets.signs > 0)).all()
    assert len(targets[3:7]) == 4


@pytest.mark.parametrize("factory", ["Flat", "HNSW8,Flat"])
def test_nothing_to_activate(built, factory):
    with pytest.raises(NothingToActivate, match="exactly"):
        built[factory].targets(REFERENCES[:2])


@pytest.mark.parametrize("factory, expected, family", [
    ("Flat", 128, "Flat"), ("IVF16,Flat", 128, "IVF"), ("PQ4x6", 3, "PQ"), ("IVF16,PQ4x6", 3, "IVF-PQ"),
    ("OPQ4,PQ4x6", 3, "OPQ"), ("PCA16,LSH", 2, "LSH"), ("IVF16,SQ8", 32, "IVF-SQ"), ("HNSW8,Flat", 128, "HNSW"),
])
def test_bytes_and_family(built, factory, expected, family):
    assert built[factory].bytes_per_vector == expected and built[factory].family == family
    assert factory in repr(built[factory])


def test_bytes_of_the_papers_indexes():
    assert [ActiveIndex(f, 512).bytes_per_vector for f in ("IVF4096,PQ8x8", "PCA64,LSH", "OPQ8_64,PQ8x8", "Flat")] == \
        [8, 8, 8, 2048]


@pytest.mark.parametrize("factory", ["IVF16,PQ4x6", "OPQ4,PQ4x6", "PCA16,LSH"])
def test_same_seed_same_index(factory):
    one, two = (build_index(factory, TRAIN, REFERENCES, seed=5) for _ in range(2))
    assert np.array_equal(faiss.serialize_index(one.faiss), faiss.serialize_index(two.faiss))
    if "IVF" in factory:
        other = build_index(factory, TRAIN, REFERENCES, seed=6)
        assert not np.array_equal(faiss.serialize_index(one.faiss), faiss.serialize_index(other.faiss))


@pytest.mark.parametrize("factory", ["IVF16,PQ4x6", "PCA16,LSH", "Flat"])
def test_save_and_load(built, factory, tmp_path):
    path = tmp_path / "index"
    index = built[factory]
    index.save(path)
    with pytest.raises(FileExistsError, match="overwrite"):
        index.save(path)
    index.save(path, overwrite=True)
    again = ActiveIndex.load(path)
    assert again.factory == factory and again.ntotal == index.ntotal and again.nprobe == index.nprobe
    assert np.array_equal(again.search(QUERIES, 3)[1], index.search(QUERIES, 3)[1])
    assert [p.name for p in tmp_path.iterdir()] == ["index"]


def test_a_damaged_file_is_named(built, tmp_path):
    path = tmp_path / "index"
    built["Flat"].save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match="index"):
        ActiveIndex.load(path)
    with pytest.raises(FileNotFoundError):
        ActiveIndex.load(tmp_path / "none")


@pytest.mark.parametrize("factory", ["IVF16,Flax", "PQ7x8", "", "nonsense"])
def test_a_factory_string_that_faiss_refuses(factory):
    with pytest.raises(ValueError, match="Strings that work"):
        build_index(factory, TRAIN)


def test_too_few_training_vectors():
    with pytest.raises(ValueError, match="10 training vectors for 16 cells"):
        build_index("IVF16,Flat", TRAIN[:10])
    with pytest.raises(ValueError, match="40 training vectors for 64 centroids a sub-space"):
        build_index("PQ4x6", TRAIN[:40])
    with pytest.warns(UserWarning, match="from 624 on"):
        build_index("IVF16,Flat", TRAIN[:100])


@pytest.mark.parametrize("bad, named", [
    (np.ones((3, 31)), "d = 31"), (np.ones(32), r"x\[None\]"), (np.ones((0, 32)), "empty"), ([["a"] * 32], "numbers"),
    (np.full((2, 32), np.nan), "2 of 2 vectors"), (np.vstack([np.ones(32), np.full(32, np.inf)]), "number 1"),
])
def test_bad_features(built, bad, named):
    for call in (built["IVF16,Flat"].search, built["IVF16,Flat"].add, built["IVF16,Flat"].targets):
        with pytest.raises(ValueError, match=named):
            call(bad)


def test_untrained_and_k(built):
    untrained = ActiveIndex("IVF16,Flat", 32)
    for call in (untrained.search, untrained.add, untrained.targets, untrained.assign):
        with pytest.raises(ValueError, match="not trained"):
            call(QUERIES)
    for k in (0, 1501, 2.5):
        with pytest.raises(ValueError, match="1 to 1500"):
            built["Flat"].search(QUERIES, k=k)


def test_threads_are_restored():
    before = faiss.omp_get_max_threads()
    with pytest.raises(KeyError), faiss_threads(1):
        assert faiss.omp_get_max_threads() == 1
        raise KeyError
    assert faiss.omp_get_max_threads() == before

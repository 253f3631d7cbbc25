"""IVF, PQ, OPQ, IVF-PQ and LSH in numpy against faiss, given faiss's own centroids, codebooks and hyperplanes."""

import inspect
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activeindex_lite import load_queries, load_world, scratch
from activeindex_lite.scratch import HNSW, IVF, IVFPQ, LSH, OPQ, PQ, RaBitQ, kmeans, nearest, squared_distances

FOLDER = Path(scratch.__file__).parent
K = 10


@pytest.fixture(scope="module")
def features():
    """Real features: to train 6,000, to store 3,000, and 25 edited queries."""
    world = load_world()
    return world.train[:6000], world.references[:3000], np.ascontiguousarray(load_queries().stacked()[0][::112])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def assert_same_search(mine, theirs, tolerance=1e-5):
    """Distances equal, and ids equal wherever the distance is not that of a neighbour in the list (a tie)."""
    (distances, ids), (expected, expected_ids) = mine, theirs
    found = expected_ids >= 0
    np.testing.assert_array_equal(ids >= 0, found)
    np.testing.assert_allclose(distances[found], expected[found], atol=tolerance, rtol=0)
    assert np.all(np.isinf(distances[~found]))
    # The last place is tied with what did not get in, perhaps.
    gap = np.diff(expected, axis=1, append=expected[:, -1:]) <= tolerance
    tied = gap | np.roll(gap, 1, axis=1)
    assert np.array_equal(ids[~tied], expected_ids[~tied])
    for row in np.flatnonzero(tied.any(1)):  # a tie changes the order, not what is found above the last place
        above = expected[row] < expected[row, -1] - tolerance
        assert set(expected_ids[row][above]) <= set(ids[row])


def assert_same_codes(mine, theirs, x, decode):
    """Codes equal; where they differ, both are as near to x (a tie in rounding)."""
    other = (mine != theirs).any(1)
    assert other.mean() < 0.002
    loss = [((decode(codes[other]) - x[other]) ** 2).sum(1) for codes in (mine, theirs)]
    np.testing.assert_allclose(*loss, atol=1e-6)


def faiss_codebooks(pq):
    return faiss.vector_to_array(pq.centroids).reshape(pq.M, pq.ksub, pq.dsub)


def unpack(packed, M, nbits):
    """faiss's codes, nbits after nbits in a row of bytes, as (N, M) numbers."""
    bits = np.unpackbits(packed, axis=1, bitorder="little")[:, : M * nbits].reshape(len(packed), M, nbits)
    return (bits << np.arange(nbits)).sum(2)


# brute force


def test_distances_and_nearest_equal_brute_force_by_faiss(features):
    _, x, queries = features
    expected = faiss.IndexFlatL2(x.shape[1])
    expected.add(x)
    assert_same_search(nearest(queries, x, K), expected.search(queries, K), 2e-6)
    np.testing.assert_allclose(squared_distances(queries, x), ((queries[:, None] - x) ** 2).sum(2), atol=2e-6)
    assert squared_distances(x, x).min() >= 0


def test_more_results_than_vectors_leave_empty_places():
    distances, ids = nearest([[0, 0]], [[3, 4], [0, 1]], 4)
    assert ids.tolist() == [[1, 0, -1, -1]]
    assert distances.tolist() == [[1, 25, np.inf, np.inf]]


# k-means


@pytest.mark.parametrize("clusters", [16, 64, 256])
def test_kmeans_reaches_the_distortion_of_faiss(features, rng, clusters):
    x = features[0]
    theirs = faiss.Kmeans(x.shape[1], clusters, niter=25, seed=1, max_points_per_centroid=10**6)
    theirs.train(x)
    expected = theirs.index.search(x, 1)[0].mean()
    mine = kmeans(x, clusters, rng, iterations=25)
    assert mine.distortions[-1] < 1.02 * expected
    assert len(mine.distortions) == 26
    np.testing.assert_array_equal(mine.labels, squared_distances(x, mine.centroids).argmin(1))
    assert mine.distortions[-1] == pytest.approx(squared_distances(x, mine.centroids).min(1).mean(), rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(5, 60), st.integers(1, 5))
def test_distortion_never_grows_and_every_iteration_moves_to_the_means(seed, N, clusters):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 3)).astype(np.float32)
    found = kmeans(x, clusters, rng, iterations=30)
    sizes = np.bincount(found.labels, minlength=clusters)
    if sizes.all():
        assert np.all(np.diff(found.distortions) <= 1e-5)
    for c in np.flatnonzero(sizes):  # 30 iterations are enough for so few vectors
        np.testing.assert_allclose(found.centroids[c], x[found.labels == c].mean(0), atol=1e-4)


def test_kmeans_finds_clusters_far_apart_and_mends_empty_ones(rng):
    middles = np.array([[0, 0], [10, 0], [0, 10]])
    x = (middles[np.arange(300) % 3] + rng.normal(scale=0.1, size=(300, 2))).astype(np.float32)
    # Two start in one place, so that one of them is empty at first.
    found = kmeans(x, 3, rng, iterations=10, start=[[0, 0], [0, 0], [10, 0]])
    assert sorted(np.round(found.centroids).tolist()) == [[0, 0], [0, 10], [10, 0]]
    # Fewer different vectors than centroids: nothing is left to serve better.
    assert kmeans(np.ones((5, 2)), 3, rng).distortions[-1] == 0


def test_kmeans_depends_on_the_generator_alone(features):
    first, again, other = (kmeans(features[0][:500], 8, np.random.default_rng(seed), 3).centroids for seed in (4, 4, 5))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


# IVF


def test_ivf_equals_faiss_for_every_nprobe(features):
    train, x, queries = features
    theirs = faiss.index_factory(x.shape[1], "IVF32,Flat")
    theirs.train(train)
    theirs.add(x)
    mine = IVF(theirs.quantizer.reconstruct_n(0, 32))
    mine.add(x[:1000])
    mine.add(x[1000:])
    for cell in range(32):
        size = theirs.invlists.list_size(cell)
        expected = faiss.rev_swig_ptr(theirs.invlists.get_ids(cell), size)
        np.testing.assert_array_equal(mine.lists[cell], expected)
    for nprobe in range(1, 33):
        theirs.nprobe = nprobe
        assert_same_search(mine.search(queries, K, nprobe), theirs.search(queries, K))
        assert sum(len(mine.lists[c]) for c in mine.probe(queries[:1], nprobe)[0]) == len(
            mine.candidates(queries[0], nprobe)
        )
    np.testing.assert_array_equal(mine.search(queries, K, 32)[1], nearest(queries, x, K)[1])


def test_ivf_by_hand():
    ivf = IVF([[0, 0], [10, 0], [0, 10]])
    ivf.add([[1, 0], [9, 0], [0, 8], [4.9, 0]])
    assert [cell.tolist() for cell in ivf.lists] == [[0, 3], [1], [2]]
    # The nearest vector, number 3, lies just across the border: missed by one probe, found by two.
    query = np.array([[5.1, 0]], np.float32)
    assert ivf.probe(query, 3).tolist() == [[1, 0, 2]]
    assert ivf.search(query, 1, nprobe=1)[1].tolist() == [[1]]
    assert ivf.search(query, 1, nprobe=2)[1].tolist() == [[3]]
    assert ivf.candidates(query[0], 2).tolist() == [1, 0, 3]


def test_own_ivf_finds_as_much_as_that_of_faiss(features, rng):
    train, x, _ = features
    theirs = faiss.index_factory(x.shape[1], "IVF64,Flat")
    theirs.train(train)
    theirs.add(x)
    mine = IVF.train(train, 64, rng)
    mine.add(x)
    queries = train[:300]
    truth = nearest(queries, x, K)[1]
    recall = [
        np.mean([len(set(a) & set(b)) / K for a, b in zip(truth, search(queries, K)[1], strict=True)])
        for search in (mine.search, theirs.search)
    ]
    assert 0.2 < recall[1] < 0.9 and abs(recall[0] - recall[1]) < 0.05


# PQ and OPQ


@pytest.mark.parametrize(("M", "nbits"), [(4, 8), (8, 8), (8, 4), (16, 6), (1, 5), (128, 1)])
def test_pq_equals_faiss(features, M, nbits):
    train, x, queries = features
    theirs = faiss.IndexPQ(x.shape[1], M, nbits)
    theirs.do_polysemous_training = False
    theirs.train(train[:2000])
    theirs.add(x)
    mine = PQ(faiss_codebooks(theirs.pq))
    assert (mine.M, mine.nbits, mine.K, mine.d) == (M, nbits, 2**nbits, x.shape[1])
    mine.add(x[:10])
    mine.add(x[10:])
    codes = unpack(theirs.pq.compute_codes(x), M, nbits)
    assert_same_codes(mine.codes, codes, x, mine.decode)
    np.testing.assert_allclose(mine.decode(codes.astype(np.uint8)), theirs.reconstruct_n(0, len(x)), atol=1e-5)
    tables = np.empty((len(queries), M, 2**nbits), np.float32)
    theirs.pq.compute_distance_tables(len(queries), faiss.swig_ptr(queries), faiss.swig_ptr(tables))
    np.testing.assert_allclose(mine.distance_tables(queries), tables, atol=1e-5)
    assert_same_search(mine.search(queries, K), theirs.search(queries, K))


def test_distance_from_the_table_is_the_distance_to_the_reconstruction(features, rng):
    train, x, queries = features
    pq = PQ.train(train[:1000], 4, 5, rng, iterations=3)
    codes = pq.encode(x[:50])
    expected = ((queries[0] - pq.decode(codes)) ** 2).sum(1)
    np.testing.assert_allclose(pq.look_up(pq.distance_tables(queries[:1])[0], codes), expected, atol=1e-5)


def test_own_codebooks_lose_as_little_as_those_of_faiss(features, rng):
    train, x, _ = features
    theirs = faiss.ProductQuantizer(x.shape[1], 8, 6)
    theirs.train(train)
    expected = ((x - theirs.decode(theirs.compute_codes(x))) ** 2).sum(1).mean()
    mine = PQ.train(train, 8, 6, rng)
    assert ((x - mine.decode(mine.encode(x))) ** 2).sum(1).mean() < 1.02 * expected


def test_opq_equals_faiss(features):
    train, x, queries = features
    theirs = faiss.index_factory(x.shape[1], "OPQ8,PQ8x4")
    transform = faiss.downcast_VectorTransform(theirs.chain.at(0))
    transform.niter, transform.niter_pq, transform.max_train_points = 4, 4, 2000
    theirs.train(train[:2000])
    theirs.add(x)
    quantizer = faiss.downcast_index(theirs.index).pq
    rotation = faiss.vector_to_array(transform.A).reshape(x.shape[1], x.shape[1])
    mine = OPQ(rotation, PQ(faiss_codebooks(quantizer)))
    mine.add(x)
    np.testing.assert_allclose(mine.rotate(x), transform.apply(x), atol=1e-5)
    codes = unpack(quantizer.compute_codes(transform.apply(x)), 8, 4)
    assert_same_codes(mine.codes, codes, x, mine.decode)
    np.testing.assert_allclose(mine.decode(codes.astype(np.uint8)), theirs.reconstruct_n(0, len(x)), atol=1e-5)
    assert_same_search(mine.search(queries, K), theirs.search(queries, K))


def test_own_rotation_is_orthogonal_and_spreads_what_is_correlated(rng):
    # All the variance in the first of 4 parts: the worst case for PQ.
    x = (rng.normal(size=(2000, 16)) * np.r_[np.full(4, 3.0), np.full(12, 0.1)]).astype(np.float32)
    pq, opq = PQ.train(x, 4, 4, rng), OPQ.train(x, 4, 4, rng)
    np.testing.assert_allclose(opq.rotation @ opq.rotation.T, np.eye(16), atol=1e-5)
    error = [((x - q.decode(q.encode(x))) ** 2).sum(1).mean() for q in (pq, opq)]
    assert error[1] < 0.5 * error[0]
    assert opq.errors[-1] == pytest.approx(error[1], rel=1e-4) and opq.errors[-1] < opq.errors[0]
    np.testing.assert_allclose(
        squared_distances(opq.rotate(x[:9]), opq.rotate(x[:9])), squared_distances(x[:9], x[:9]), atol=1e-3
    )


# IVF-PQ


@pytest.mark.parametrize(("M", "nbits"), [(4, 8), (8, 4)])
def test_ivfpq_equals_faiss_for_every_nprobe(features, M, nbits):
    train, x, queries = features
    theirs = faiss.IndexIVFPQ(faiss.IndexFlatL2(x.shape[1]), x.shape[1], 16, M, nbits)
    theirs.train(train[:3000])
    theirs.add(x)
    mine = IVFPQ(theirs.quantizer.reconstruct_n(0, 16), PQ(faiss_codebooks(theirs.pq)))
    mine.add(x)
    packed = np.empty((len(x), theirs.code_size), np.uint8)
    for cell in range(16):
        size = theirs.invlists.list_size(cell)
        np.testing.assert_array_equal(mine.lists[cell], faiss.rev_swig_ptr(theirs.invlists.get_ids(cell), size))
        packed[mine.lists[cell]] = faiss.rev_swig_ptr(theirs.invlists.get_codes(cell), size * theirs.code_size).reshape(
            size, -1
        )
    codes = unpack(packed, M, nbits)
    other = (mine.codes != codes).any(1)
    assert other.mean() < 0.002
    theirs.make_direct_map()
    np.testing.assert_allclose(
        mine.decode(mine.cells, codes.astype(np.uint8)), theirs.reconstruct_n(0, len(x)), atol=1e-5
    )
    mine.codes = codes.astype(np.uint8)
    for nprobe in range(1, 17):
        theirs.nprobe = nprobe
        assert_same_search(mine.search(queries, K, nprobe), theirs.search(queries, K))


def test_residuals_are_shorter_and_their_codes_lose_less(features, rng):
    train, x, _ = features
    ivfpq, pq = IVFPQ.train(train, 32, 4, 6, rng), PQ.train(train, 4, 6, rng)
    ivfpq.add(x)
    residuals = ivfpq.residuals(x, ivfpq.cells)
    assert (residuals**2).sum(1).mean() < (x**2).sum(1).mean()
    with_residuals = ((x - ivfpq.decode(ivfpq.cells, ivfpq.codes)) ** 2).sum(1).mean()
    assert with_residuals < ((x - pq.decode(pq.encode(x))) ** 2).sum(1).mean()
    # The table's sum is the distance to c + r.
    cell = ivfpq.cells[0]
    expected = squared_distances(x[1:2], ivfpq.decode(ivfpq.cells, ivfpq.codes)[ivfpq.lists[cell]])[0]
    np.testing.assert_allclose(ivfpq.scan(x[1], cell), expected, atol=1e-5)


# LSH


@pytest.mark.parametrize("nbits", [8, 20, 64, 200])
def test_lsh_with_the_hyperplanes_of_faiss(features, nbits):
    train, x, queries = features
    theirs = faiss.IndexLSH(x.shape[1], nbits, True, True)  # rotated, thresholds at the medians
    theirs.train(train)
    theirs.add(x)
    hyperplanes = faiss.vector_to_array(theirs.rrot.A).reshape(nbits, x.shape[1])
    mine = LSH(hyperplanes, faiss.vector_to_array(theirs.thresholds))
    assert_same_lsh(mine, theirs, x, queries)


def test_pca_lsh_with_the_hyperplanes_of_faiss(features):
    train, x, queries = features
    theirs = faiss.index_factory(x.shape[1], "PCA64,LSH")
    theirs.train(train)
    theirs.add(x)
    pca = faiss.downcast_VectorTransform(theirs.chain.at(0))
    hyperplanes = faiss.vector_to_array(pca.A).reshape(64, x.shape[1])
    mine = LSH(hyperplanes, -faiss.vector_to_array(pca.b))
    np.testing.assert_allclose(mine.project(x), pca.apply(x), atol=1e-5)
    assert_same_lsh(mine, theirs, x, queries)
    # The same directions are found here, up to their sign, which turns all codes alike.
    own = LSH.pca(train, 64)
    alike = np.abs((own.hyperplanes * hyperplanes).sum(1))
    assert alike[:16].min() > 0.999
    np.testing.assert_allclose(np.abs(own.thresholds[:16]), np.abs(mine.thresholds[:16]), atol=1e-3)


def assert_same_lsh(mine, theirs, x, queries):
    mine.add(x)
    assert mine.codes.shape == (len(x), -(-mine.nbits // 8))
    expected = theirs.sa_encode(x)
    away = np.abs(mine.project(x)) > 1e-6  # a vector on a hyperplane to within rounding may fall on either side
    same = (mine.codes == expected).all(1)
    assert same[away.all(1)].all() and away.all(1).mean() > 0.99
    mine.codes = expected
    distances, ids = mine.search(queries, K)
    expected, expected_ids = theirs.search(queries, K)
    np.testing.assert_array_equal(distances, expected)
    for row in range(len(queries)):
        above = expected[row] < expected[row, -1]
        assert set(ids[row][above]) == set(expected_ids[row][above])
        assert set(np.flatnonzero(mine.hamming(queries[row : row + 1])[0] == expected[row, -1])) >= set(
            ids[row][~above]
        )


def test_bits_differ_as_often_as_the_angle_says(rng):
    lsh = LSH.random(16, 4000, rng)
    np.testing.assert_allclose(np.linalg.norm(lsh.hyperplanes, axis=1), 1, atol=1e-6)
    for angle in (0.1, np.pi / 3, np.pi / 2, 3):
        a, b = np.zeros((2, 1, 16), np.float32)
        a[0, 0], b[0, :2] = 2, 5 * np.array([np.cos(angle), np.sin(angle)])
        lsh.codes = lsh.codes[:0]
        lsh.add(b)
        expected, spread = 4000 * angle / np.pi, np.sqrt(4000 * angle / np.pi * (1 - angle / np.pi))
        assert abs(int(lsh.hamming(a)[0, 0]) - expected) < 4 * spread


def test_bits_by_hand():
    lsh = LSH([[1, 0], [0, 1], [1, 1]], [0, 0, 1])
    bits = lsh.bits([[1, -1], [-1, 3], [0, 0]])
    assert bits.tolist() == [[True, False, False], [False, True, True], [True, True, False]]
    lsh.add([[1, -1], [-1, 3], [0, 0]])
    assert lsh.codes.tolist() == [[0b001], [0b110], [0b011]]
    assert lsh.hamming([[1, -1]]).tolist() == [[0, 3, 1]]
    assert lsh.search([[1, -1]], 4)[1].tolist() == [[0, 2, 1, -1]]


# Wrong input


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x, rng: kmeans(x, 21, rng), "K is 21.*20"),
        (lambda x, rng: kmeans(x, 0, rng), "K is 0"),
        (lambda x, rng: nearest(x[0], x, 1), r"shape \(8,\)"),
        (lambda x, rng: nearest(x, x[:, :5], 1), r"\(N, 8\).*\(20, 5\)"),
        (lambda x, rng: nearest(x, x, 0), "k is 0"),
        (lambda x, rng: IVF(x[:4]).search(x, 1, nprobe=0), "nprobe is 0.*4"),
        (lambda x, rng: IVF(x[:4]).search(x, 1, nprobe=5), "nprobe is 5.*4"),
        (lambda x, rng: IVF(x[:4]).add(x[:, :3]), r"\(N, 8\).*\(20, 3\)"),
        (lambda x, rng: PQ.train(x, 3, 2, rng), "M is 3.*d = 8"),
        (lambda x, rng: PQ.train(x, 2, 9, rng), "nbits is 9"),
        (lambda x, rng: PQ.train(x, 2, 5, rng), "K is 32.*20"),
        (lambda x, rng: PQ(np.zeros((2, 3, 4))), r"K = 2, 4.*\(2, 3, 4\)"),
        (lambda x, rng: OPQ(2 * np.eye(8), PQ(np.zeros((2, 4, 4)))), "3 away from an orthogonal"),
        (lambda x, rng: IVFPQ(x[:4], PQ(np.zeros((2, 4, 3)))), "6 dimensions.*8"),
        (lambda x, rng: LSH.pca(x, 9), "nbits is 9.*d = 8"),
        (lambda x, rng: LSH.random(8, 0, rng), "nbits is 0"),
        (lambda x, rng: LSH(x, [0, 0]), r"\(20,\).*\(2,\)"),
    ],
)
def test_wrong_input_is_named_with_its_limit(wrong, message, rng):
    with pytest.raises(ValueError, match=message):
        wrong(rng.normal(size=(20, 8)), rng)


def test_search_before_anything_is_stored_finds_nothing(rng):
    x = rng.normal(size=(20, 8)).astype(np.float32)
    for index in (
        IVF(x[:4]),
        PQ.train(x, 2, 2, rng),
        OPQ.train(x, 2, 2, rng, 2),
        IVFPQ.train(x, 2, 2, 2, rng),
        LSH.random(8, 9, rng),
    ):
        distances, ids = index.search(x, 2)
        assert np.all(ids == -1) and np.all(np.isinf(distances)) and ids.shape == (20, 2)


# For reading


def test_importing_needs_numpy_alone():
    code = (
        "import sys, activeindex_lite.scratch; "
        "print([m for m in ('torch', 'faiss', 'plotly', 'matplotlib', 'pandas', 'PIL', 'scipy') if m in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_file_is_read_in_one_sitting(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 150
    imports = [line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert {name for name in imports if not name.startswith(".")} <= {"numpy", "dataclasses", "heapq"}


@pytest.mark.parametrize("thing", [IVF, PQ, OPQ, IVFPQ, LSH, HNSW, RaBitQ], ids=lambda thing: thing.__name__)
def test_every_docstring_names_a_shape(thing):
    public = [f for name, f in vars(thing).items() if not name.startswith("_") or name == "__init__"]
    functions = [getattr(f, "fget", None) or getattr(f, "__func__", f) for f in public]
    for function in filter(inspect.isfunction, functions):
        assert "(" in (function.__doc__ or ""), function.__qualname__


# --- extremes -------------------------------------------------------------------------------------


def true_distortion(x, found):
    return (np.subtract(x, found.centroids[found.labels], dtype=np.float64) ** 2).sum(1).mean()


@pytest.mark.parametrize(
    "vectors", ["noise", "whole numbers", "few different", "one outlier", "outlier everywhere", "tiny"]
)
@pytest.mark.parametrize("seed", range(5))
def test_kmeans_of_extremes_is_right_under_strict_errors(vectors, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 8)).astype(np.float32)
    if vectors in ("whole numbers", "few different"):
        x = rng.integers(-2, 3, (100, 2)).astype(np.float32)
    if vectors in ("whole numbers", "one outlier"):
        x[3, 0] = 1e10
    if vectors == "outlier everywhere":
        x[3] = 1e10
    if vectors == "tiny":
        x *= 1e-30
    with np.errstate(all="raise"):
        found = kmeans(x, 50, rng)
        index = IVF(found.centroids)
        index.add(x)
        index.search(x[:5], 2, 3)
    assert np.isfinite(found.centroids).all()
    assert found.distortions[-1] == pytest.approx(true_distortion(x, found), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(
    "build",
    [
        lambda x, rng: PQ.train(x, 2, 4, rng),
        lambda x, rng: OPQ.train(x, 2, 4, rng, iterations=2),
        lambda x, rng: IVFPQ.train(x, 8, 2, 4, rng),
        lambda x, rng: LSH.pca(x, 4),
        lambda x, rng: LSH.random(8, 16, rng),
    ],
)
def test_every_index_trains_and_searches_under_strict_errors(build):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 8)).astype(np.float32)
    x[7] *= 1e10
    with np.errstate(all="raise"):
        index = build(x, rng)
        index.add(x)
        distances, ids = index.search(x[:5], 3)
    assert ids.shape == (5, 3) and np.isfinite(distances).all()


@pytest.mark.parametrize("nbits", [32_767, 32_768, 40_000, 70_000])
def test_hamming_distances_of_long_codes(nbits):
    rng = np.random.default_rng(0)
    index, x = LSH.random(4, nbits, rng), rng.normal(size=(3, 4)).astype(np.float32)
    index.add(x)
    expected = (index.bits(-x)[:, None] != index.bits(x)[None]).sum(2)
    assert np.array_equal(index.hamming(-x), expected) and (np.diag(index.hamming(-x)) == nbits).all()
    assert (index.search(-x, 1)[0][:, 0] == expected.min(1)).all()

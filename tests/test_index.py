"""The index wrapper against faiss used directly: same results, right targets, clear errors."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index, evaluate_retrieval
from activeindex_lite.evaluation.cells import cell_visited, mean_scanned
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.evaluation.retrieval import hit_table
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import ActiveIndex, NothingToActivate, faiss_threads
from activeindex_lite.index.anatomy import anatomy, clusterings
from activeindex_lite.scratch import IVF, LSH
from activeindex_lite.support.checks import features_array, whole_number

# Too few training vectors are wanted here, for speed; test_too_few_training_vectors looks at the warning.
pytestmark = pytest.mark.filterwarnings("ignore:.*training vectors for")
FACTORIES = (
    "Flat",
    "IVF16,Flat",
    "PQ4x6",
    "IVF16,PQ4x6",
    "OPQ4,PQ4x6",
    "OPQ4,IVF16,PQ4x6",
    "PCA16,IVF16,Flat",
    "PCA16,LSH",
    "LSH",
    "LSHrt",
    "ITQ16,LSH",
    "IVF16,SQ8",
    "SQ8",
    "PQ4x4fs",
    "HNSW8,Flat",
    "IVF16_HNSW8,Flat",
    "IVF16,PQ4x4fs",
    "HNSW8,PQ4x4",
    "RQ3x4",
    "IMI2x2,PQ4x4",
    "PCA16,Flat",
    "IVF16,PQ4x6,RFlat",
    "PCA16,IVF16,PQ4x4,RFlat",
)
POINTS = (
    "PQ4x6",
    "OPQ4,PQ4x6",
    "IVF16,PQ4x6",
    "OPQ4,IVF16,PQ4x6",
    "SQ8",
    "IVF16,SQ8",
    "PQ4x4fs",
    "RQ3x4",
    "IMI2x2,PQ4x4",
)


def clustered(n, seed, d=32):
    rng = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(size=(40, d))
    x = (middles[rng.integers(0, 40, n)] + 0.5 * rng.normal(size=(n, d))).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


TRAIN, REFERENCES, QUERIES = clustered(1000, 0), clustered(1000, 1), clustered(60, 2)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """On a busy machine, threads of faiss that wait for one another take a hundred times as long on small problems."""
    with faiss_threads(1):
        yield


@pytest.fixture(scope="module")
def built(one_thread):
    return {factory: build_index(factory, TRAIN, REFERENCES) for factory in FACTORIES}


@pytest.mark.parametrize("factory", FACTORIES)
def test_results_are_those_of_faiss(built, factory):
    # faiss's polysemous training takes seconds and alters no result: one index does it here, the others say np.
    direct = faiss.index_factory(32, factory if factory == "PQ4x6" else factory.replace("PQ4x6", "PQ4x6np"))
    direct.train(TRAIN)
    direct.add(REFERENCES)
    distances, ids = built[factory].search(QUERIES, k=5)
    expected = direct.search(QUERIES, 5)
    assert distances == pytest.approx(expected[0], rel=1e-5, abs=1e-5)
    assert (ids == expected[1]).mean() > 0.999
    assert built[factory].ntotal == 1000 and built[factory].d == 32


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
    for bad in (0, 17, 1.5, "many", None, np.nan):
        with pytest.raises(ValueError, match=f"nprobe={bad!r}.*16"):
            index.nprobe = bad
        if bad is not None:
            with pytest.raises(ValueError, match=f"nprobe={bad!r}"):
                index.search(QUERIES, nprobe=bad)
    assert index.nprobe == 1


def test_nprobe_without_cells(built):
    assert built["PQ4x6"].nprobe == 1 and built["PQ4x6"].nlist is None
    for bad in (0, 4):
        with pytest.raises(ValueError, match="no cells"):
            built["PQ4x6"].search(QUERIES, nprobe=bad)
    with pytest.raises(ValueError, match="no cells"):
        build_index("PQ4x6", TRAIN, nprobe=2)
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
    assert built[factory].quantize(REFERENCES[:50]) == pytest.approx(stored, abs=1e-5)
    if "SQ" in factory and ivf is not None:  # the code is nearly exact: what can be lost is the cell
        stored = built[factory].centroids[built[factory].assign(REFERENCES[:50])]
    assert targets.points == pytest.approx(stored, abs=1e-5)
    assert np.abs(stored - REFERENCES[:50]).max() > 1e-3
    assert targets[10:12].points == pytest.approx(stored[10:12], abs=1e-5)
    assert targets[[7, 3]].points == pytest.approx(stored[[7, 3]], abs=1e-5)
    assert targets[4].points == pytest.approx(stored[4:5], abs=1e-5) and len(targets[4]) == 1


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


@pytest.mark.parametrize(
    ("factory", "stored"), [("IVF16,PQ4x6,RFlat", 3 + 4 * 32), ("PCA16,IVF16,PQ4x4,RFlat", 2 + 4 * 32)]
)
def test_target_of_an_index_that_ranks_again_is_its_first_stage(built, factory, stored):
    points = built[factory].targets(REFERENCES[:50]).points
    direct = faiss.index_factory(32, factory.removesuffix(",RFlat") + "np")
    direct.train(TRAIN)
    assert points == pytest.approx(direct.sa_decode(direct.sa_encode(REFERENCES[:50])), abs=1e-5)
    assert np.abs(points - REFERENCES[:50]).max() > 0.1
    assert built[factory].bytes_per_vector == stored


@pytest.mark.parametrize(("factory", "rotation"), [("OPQ4,PQ4x4", 32), ("OPQ4_16,PQ4x4", 16), ("OPQ4_36,PQ4x4", 36)])
def test_rotation_is_that_of_faiss_and_follows_the_seed(factory, rotation):
    direct = faiss.index_factory(32, factory.replace("PQ4x4", "PQ4x4np"))
    direct.train(TRAIN[:400])
    plain, seeded = (build_index(factory, TRAIN[:400], seed=seed) for seed in (1234, 7))
    a, b, c = (
        faiss.vector_to_array(faiss.downcast_VectorTransform(index.chain.at(0)).A)
        for index in (direct, plain.faiss, seeded.faiss)
    )
    assert a.size == 32 * rotation and np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.mark.parametrize(
    ("factory", "named"),
    [
        ("PCA16,L2norm,LSH", "NormalizationTransform"),
        ("ITQ16,LSHt", "ITQTransform"),
        ("PCAW16,IVF16,Flat", "cannot undo"),
        ("PCAW16,PQ4x4", "cannot undo"),
        ("ITQ16,IVF16,Flat", "cannot undo"),
    ],
)
def test_chains_without_a_target_say_which_transform(factory, named):
    with pytest.raises(ValueError, match=named) as error:
        build_index(factory, TRAIN).targets(REFERENCES[:3])
    assert "work" in str(error.value) or "can be undone" in str(error.value)


def test_bit_of_a_projection_of_zero_is_set(built):
    zero = np.zeros((1, 32), np.float32)
    stored = np.unpackbits(built["LSH"].faiss.sa_encode(zero), axis=1, bitorder="little")
    targets = built["LSH"].targets(zero)
    assert not (zero @ targets.projections.T + targets.offsets).any()
    assert stored.all() and (targets.signs == 1).all()


@pytest.mark.parametrize("factory", ["PCA16,LSH", "LSH", "LSHrt", "ITQ16,LSH"])
def test_signs_are_the_bits_faiss_stores(built, factory):
    targets = built[factory].targets(REFERENCES)
    assert targets.kind == "signs" and set(np.unique(targets.signs)) == {-1, 1}
    bits = np.unpackbits(built[factory].faiss.sa_encode(REFERENCES), axis=1, bitorder="little")
    assert np.array_equal(bits[:, : targets.signs.shape[1]] == 1, targets.signs > 0)
    projected = REFERENCES @ targets.projections.T + targets.offsets
    clear = np.abs(projected) > 1e-5
    assert clear.mean() > 0.99 and ((projected >= 0) == (targets.signs > 0))[clear].all()
    assert len(targets[3:7]) == 4


@pytest.mark.parametrize("factory", ["Flat", "HNSW8,Flat", "PCA16,Flat"])
def test_nothing_to_activate(built, factory):
    with pytest.raises(NothingToActivate, match="exactly"):
        built[factory].targets(REFERENCES[:2])


@pytest.mark.parametrize(
    ("factory", "expected", "family"),
    [
        ("Flat", 128, "Flat"),
        ("IVF16,Flat", 128, "IVF"),
        ("PQ4x6", 3, "PQ"),
        ("IVF16,PQ4x6", 3, "IVF-PQ"),
        ("OPQ4,PQ4x6", 3, "OPQ"),
        ("PCA16,LSH", 2, "LSH"),
        ("IVF16,SQ8", 32, "IVF-SQ"),
        ("HNSW8,Flat", 128, "HNSW"),
        ("HNSW8,PQ4x4", 2, "HNSW"),
        ("IVF16,PQ4x6,RFlat", 131, "IVF-PQ"),
        ("PCA16,Flat", 64, "Flat"),
        ("RQ3x4", 2, "AQ"),
    ],
)
def test_bytes_and_family(built, factory, expected, family):
    assert built[factory].bytes_per_vector == expected and built[factory].family == family
    assert factory in repr(built[factory])


def test_bytes_of_the_papers_indexes():
    assert [ActiveIndex(f, 512).bytes_per_vector for f in ("IVF4096,PQ8x8", "PCA64,LSH", "OPQ8_64,PQ8x8", "Flat")] == [
        8,
        8,
        8,
        2048,
    ]


@pytest.mark.parametrize(
    "factory", ["IVF16,PQ4x4", "PQ4x4", "OPQ4,PQ4x4", "PCA16,LSH", "RQ3x4", "IMI2x2,Flat", "HNSW8,PQ4x4"]
)
def test_same_seed_same_index(factory):
    one, two, other = (
        faiss.serialize_index(build_index(factory, TRAIN[:500], REFERENCES, seed=seed).faiss) for seed in (5, 5, 6)
    )
    assert np.array_equal(one, two)
    assert factory == "PCA16,LSH" or not np.array_equal(one, other)


@pytest.mark.parametrize("factory", ["IVF16,PQ4x6", "OPQ4,IVF16,PQ4x6", "PCA16,LSH", "Flat", "IVF16,PQ4x6,RFlat"])
def test_save_and_load(built, factory, tmp_path):
    path = tmp_path / "index"
    index = built[factory]
    index.save(path)
    with pytest.raises(FileExistsError, match="overwrite"):
        index.save(path)
    before = index.nprobe
    index.nprobe = 5 if index.nlist else 1
    try:
        index.save(path, overwrite=True)
        again = ActiveIndex.load(path)
        for name in ("factory", "ntotal", "nprobe", "seed", "d"):
            assert getattr(again, name) == getattr(index, name)
        for a, b in zip(again.search(QUERIES, 3), index.search(QUERIES, 3)):
            assert np.array_equal(a, b)
    finally:
        index.nprobe = before
    assert [p.name for p in tmp_path.iterdir()] == ["index"]


def test_a_save_that_fails_leaves_what_was_there(built, tmp_path, monkeypatch):
    path = tmp_path / "index"
    path.write_bytes(b"mine")
    monkeypatch.setattr(np, "savez", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        built["Flat"].save(path, overwrite=True)
    assert path.read_bytes() == b"mine" and [p.name for p in tmp_path.iterdir()] == ["index"]


def test_other_files_are_told_apart(built, tmp_path):
    faiss.write_index(built["Flat"].faiss, str(tmp_path / "raw.faiss"))
    faiss.write_index(built["IVF16,Flat"].faiss, str(tmp_path / "ivf.faiss"))
    (tmp_path / "notes.txt").write_text("not an index")
    (tmp_path / "empty").touch()
    np.save(tmp_path / "array.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "objects.npz", faiss=np.array([{}], object), about="{}")
    for name, seen in {
        "raw.faiss": "a file of faiss.write_index",
        "ivf.faiss": "a file of faiss.write_index",
        "notes.txt": "another kind",
        "empty": "another kind",
        "array.npy": "another kind",
        "objects.npz": "damaged",
    }.items():
        with pytest.raises(ValueError, match=f"not an index that save wrote.*{seen}.*build") as refused:
            ActiveIndex.load(tmp_path / name)
        assert "pickle" not in str(refused.value)


def test_a_damaged_file_is_named(built, tmp_path):
    path = tmp_path / "index"
    built["Flat"].save(path)
    path.write_bytes(path.read_bytes()[:-500])
    np.save(tmp_path / "array.npy", TRAIN)
    (tmp_path / "empty").touch()
    for bad in (path, tmp_path / "array.npy", tmp_path / "empty"):
        with pytest.raises(ValueError, match="not an index that save wrote"):
            ActiveIndex.load(bad)
    with pytest.raises(FileNotFoundError):
        ActiveIndex.load(tmp_path / "none")


@pytest.mark.parametrize("factory", ["IVF16,Flax", "PQ7x8", "", "?", "PQ4x0", "IVF0,Flat", "HNSW0,Flat", None, 7])
def test_a_factory_string_that_faiss_refuses(factory):
    with pytest.raises(ValueError, match="Strings that work"):
        build_index(factory, TRAIN)


def test_too_few_training_vectors():
    with pytest.raises(ValueError, match="10 training vectors for 16 cells"):
        build_index("IVF16,Flat", TRAIN[:10])
    with pytest.raises(ValueError, match="40 training vectors for 64 centroids per sub-space"):
        build_index("PQ4x6", TRAIN[:40])
    with pytest.raises(ValueError, match="100 training vectors for 256 centroids per sub-space of OPQ's rotation"):
        build_index("OPQ4,PQ4x4", TRAIN[:100])
    with pytest.raises(ValueError, match="cannot output 64 dimensions from 32"):
        build_index("PCA64,LSH", TRAIN)
    for train in (
        lambda: build_index("IVF16,Flat", TRAIN[:100]),
        lambda: ActiveIndex("IVF16,Flat", 32).train(TRAIN[:100]),
    ):
        with pytest.warns(UserWarning, match="100 training vectors for 16 cells.*from 624 on") as caught:
            train()
        assert caught[0].filename == __file__
    build_index("IMI2x4,Flat", TRAIN[:16])  # 256 cells, from two times 16 centroids


def test_faiss_prints_no_warning_of_its_own(capfd):
    build_index("OPQ4,IVF16,PQ4x4", TRAIN[:300])
    assert capfd.readouterr() == ("", "")


def test_what_is_wrong_shows_before_the_training():
    for wrong, named in (
        ({"nprobe": 17}, "nprobe=17"),
        ({"reference_features": np.ones((3, 31))}, "reference_features has d = 31"),
    ):
        with pytest.raises(ValueError, match=named):
            build_index("IVF16,Flat", TRAIN[:1], **wrong)
    for factory in ("IDMap,Flat", "IDMap2,Flat", "PCA16,IDMap,Flat", "OPQ4,IDMap2,PQ4x4", "IVF16,Flat,IDMap"):
        with pytest.raises(ValueError, match="leave IDMap out"):
            build_index(factory, TRAIN)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (np.ones((3, 31)), "d = 31"),
        (np.ones(32), r"x\[None\]"),
        (np.ones((0, 32)), "empty"),
        ([["a"] * 32], "numbers"),
        (np.full((2, 32), np.nan), "2 of 2 vectors"),
        (np.vstack([np.ones(32), np.full(32, np.inf)]), "number 1"),
    ],
)
def test_bad_features(built, bad, named):
    for call in (built["IVF16,Flat"].search, built["IVF16,Flat"].add, built["IVF16,Flat"].targets):
        with pytest.raises(ValueError, match=named):
            call(bad)


def test_untrained_and_k(built):
    untrained = ActiveIndex("IVF16,Flat", 32)
    for call in (untrained.search, untrained.add, untrained.targets, untrained.assign):
        with pytest.raises(ValueError, match="not trained"):
            call(QUERIES)
    for k in (0, 1001, 2.5, "all"):
        with pytest.raises(ValueError, match="1 to 1,000"):
            built["Flat"].search(QUERIES, k=k)
    with pytest.raises(ValueError, match="no vectors yet"):
        build_index("Flat", TRAIN).search(QUERIES)


def test_features_that_are_no_array():
    class NeedsGradient:  # what a torch tensor with requires_grad does
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("Can't call numpy()")

    with pytest.raises(ValueError, match="cannot be read.*Can't call numpy"):
        features_array(NeedsGradient())
    with pytest.raises(ValueError, match=r"shape \(\)"):
        features_array(None)


def test_whole_number():
    assert whole_number(np.int64(3), "k", 3) == whole_number(3.0, "k") == 3
    with pytest.raises(ValueError, match="k=-1: expected a whole number of at least 1"):
        whole_number(-1, "k")


def test_threads_are_restored():
    before = faiss.omp_get_max_threads()
    with pytest.raises(KeyError), faiss_threads(1):
        assert faiss.omp_get_max_threads() == 1
        raise KeyError
    assert faiss.omp_get_max_threads() == before
    with pytest.raises(ValueError, match="n=0"), faiss_threads(0):
        pass


def test_cells_can_be_looked_into(world, small_indexes):
    index = small_indexes["IVF64,Flat"]
    queries = world.references[-5:]
    distances = ((queries[:, None] - index.centroids) ** 2).sum(2)
    assert np.array_equal(index.probe(queries, 64), np.argsort(distances, axis=1))
    assert np.array_equal(index.list_sizes, np.bincount(index.assign(world.references[:4000]), minlength=64))
    assert np.array_equal(index.sizes_of(np.array([5, 0, 5])), index.list_sizes[[5, 0, 5]])
    for cell in (-1, 64):
        with pytest.raises(ValueError, match=f"cell {cell}: this index has the cells 0 to 63"):
            index.sizes_of([cell])


@pytest.mark.parametrize(
    "look",
    [
        lambda i: i.centroids,
        lambda i: i.list_sizes,
        lambda i: i.sizes_of([0]),
        lambda i: i.probe(np.zeros((1, i.d)), 1),
    ],
)
def test_an_index_without_cells_says_so(small_indexes, look):
    with pytest.raises(ValueError, match="has no cells"):
        look(small_indexes["PQ8x6"])


FOREIGN = {
    "faiss Flat": lambda: faiss.IndexFlatL2(32),
    "faiss IVF": lambda: faiss.index_factory(32, "IVF4,Flat"),
    "scratch IVF": lambda: IVF(TRAIN[:4]),
    "scratch LSH": lambda: LSH.random(32, 16, np.random.default_rng(0)),
    "features": lambda: TRAIN,
    "nothing": lambda: None,
}
USES = {
    "evaluate_retrieval": lambda index: evaluate_retrieval(index, {"Identity": QUERIES}, np.arange(len(QUERIES))),
    "hit_table": lambda index: hit_table(index, {"Identity": QUERIES}, np.arange(len(QUERIES))),
    "predict": lambda index: predict(index, QUERIES, range(len(QUERIES))),
    "typical_distances": lambda index: typical_distances(index, QUERIES),
    "search_milliseconds": lambda index: search_milliseconds(index, QUERIES),
    "cell_visited": lambda index: cell_visited(index, QUERIES, np.zeros(len(QUERIES), int)),
    "mean_scanned": lambda index: mean_scanned(index, QUERIES),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("foreign", FOREIGN)
def test_another_kind_of_index_is_named(foreign, use):
    with pytest.raises(ValueError, match="expected an ActiveIndex, as build_index") as refused:
        USES[use](FOREIGN[foreign]())
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


# (factory, what the search takes, where faiss keeps the same setting)
SETTINGS = [
    ("IVF16,PQ4x6", {"nprobe": 5}, lambda index: {"nprobe": faiss.try_extract_index_ivf(index)}),
    ("IVF16,RQ3x4", {"nprobe": 5}, lambda index: {"nprobe": faiss.try_extract_index_ivf(index)}),
    # faiss takes no parameters for this one.
    ("IVF16,RQ8x4fs_32_Nrq2x4", {"nprobe": 5}, lambda index: {"nprobe": faiss.try_extract_index_ivf(index)}),
    ("HNSW8,Flat", {"ef_search": 3}, lambda index: {"efSearch": index.hnsw}),
    ("PCA16,HNSW8,Flat", {"ef_search": 3}, lambda index: {"efSearch": anatomy(index)[1].hnsw}),
    ("NSG8,Flat", {"ef_search": 3}, lambda index: {"search_L": index.nsg}),
    (
        "IVF16_HNSW8,PQ4x6",
        {"nprobe": 3, "ef_search": 1},
        lambda index: {"nprobe": index, "efSearch": faiss.downcast_index(index.quantizer).hnsw},
    ),
    ("PQ4x4,RFlat", {"k_factor": 6}, lambda index: {"k_factor": index}),
    (
        "OPQ4,IVF16,PQ4x4,Refine(SQ8)",
        {"nprobe": 4, "k_factor": 6},
        lambda index: {"nprobe": anatomy(index)[1], "k_factor": index},
    ),
]


@pytest.mark.parametrize(("factory", "wanted", "places"), SETTINGS)
def test_settings_of_a_search_are_those_of_faiss(factory, wanted, places):
    index = build_index(factory, TRAIN, REFERENCES)
    usual, found = index.search(QUERIES, 5), index.search(QUERIES, 5, **wanted)
    assert all(map(np.array_equal, index.search(QUERIES, 5), usual)), "the setting is for one search"
    for (name, owner), value in zip(places(index.faiss).items(), wanted.values(), strict=True):
        setattr(owner, name, value)
    expected = index.faiss.search(QUERIES, 5)
    assert np.array_equal(found[1], expected[1]) and found[0] == pytest.approx(expected[0], abs=1e-6)
    assert not np.array_equal(found[1], usual[1])


@pytest.mark.parametrize("factory", ["PQ4x8", "IVF16,PQ4x8"])
def test_ht_filters_codes_of_a_polysemous_pq(factory):
    plain, polysemous = (build_index(factory, TRAIN, REFERENCES, polysemous=p) for p in (False, True))
    usual = polysemous.search(QUERIES, 9)
    assert usual[0] == pytest.approx(plain.search(QUERIES, 9)[0], abs=1e-6)
    near = polysemous.search(QUERIES, 9, ht=8)
    assert (near[1] < 0).any()
    for k in range(len(QUERIES)):  # what passes the filter is in the usual order
        passed = near[1][k][near[1][k] >= 0]
        assert [i for i in usual[1][k] if i in passed] == [i for i in passed if i in usual[1][k]]
    assert np.array_equal(polysemous.search(QUERIES, 9)[1], usual[1])
    for index, bad in ((plain, 3), (polysemous, 0), (polysemous, 41)):
        with pytest.raises(ValueError, match=f"ht={bad}"):
            index.search(QUERIES, ht=bad)
    with pytest.raises(ValueError, match="8 bits"):
        build_index("PQ4x4", TRAIN, REFERENCES, polysemous=True).search(QUERIES, ht=3)


def test_a_setting_that_an_index_does_not_have_is_refused(built):
    for factory, bad, said in (
        ("PQ4x6", {"ef_search": 8}, "no graph"),
        ("IVF16,Flat", {"ef_search": 8}, "no graph"),
        ("HNSW8,Flat", {"nprobe": 2}, "no cells"),
        ("HNSW8,Flat", {"ef_search": 0}, "ef_search=0.*from 1"),
        ("HNSW8,Flat", {"k_factor": 2}, "ranks nothing again"),
        ("IVF16,Flat", {"k_factor": 2}, "RFlat"),
    ):
        with pytest.raises(ValueError, match=said):
            built[factory].search(QUERIES, **bad)
    for bad in (0, 1.5, None, "many"):
        with pytest.raises(ValueError, match="ef_search"):
            built["HNSW8,Flat"].ef_search = bad
    with pytest.raises(ValueError, match="no graph"):
        built["PQ4x6"].ef_search = 4
    assert built["PQ4x6"].ef_search is None and built["HNSW8,Flat"].ef_search == 16
    with pytest.raises(ValueError, match="no graph"):
        build_index("PQ4x6", TRAIN, ef_search=4)
    assert build_index("HNSW8,Flat", TRAIN, ef_search=99).ef_search == 99


def test_a_graph_of_codes_is_built_with_a_warning_and_not_activated():
    with pytest.warns(UserWarning, match="give ef_search"):
        index = build_index("HNSW8,PQ4x6", TRAIN, REFERENCES)
    for each in (index, build_index("HNSW8,SQ8", TRAIN, REFERENCES, ef_search=64)):
        with pytest.raises(NothingToActivate, match="neighbour to neighbour"):
            each.targets(REFERENCES[:2])


def test_nsg_is_built_once():
    index = build_index("NSG8,Flat", TRAIN, REFERENCES)
    assert index.family == "NSG" and (index.search(REFERENCES, 1, ef_search=200)[1][:, 0] == np.arange(1000)).all()
    with pytest.raises(ValueError, match="builds its graph once: reset"):
        index.add(REFERENCES)
    with pytest.raises(NothingToActivate, match="exactly"):
        index.targets(REFERENCES[:2])
    assert index.refilled(REFERENCES[:300]).ntotal == 300
    with pytest.raises(ValueError, match="from 101 vectors on"):
        index.refilled(REFERENCES[:100])
    equal = REFERENCES.copy()
    equal[50:90] = equal[3]
    with pytest.raises(ValueError, match="41 of the vectors .* are equal"):
        index.refilled(equal)


@pytest.mark.parametrize("factory", ["HNSW8,PQ4x4", "HNSW8,SQ4", "PCA8,HNSW4,Flat", "HNSW8,PQ4x4,RFlat"])
def test_a_graph_is_the_one_that_faiss_builds_in_one_call(factory):
    x = np.random.default_rng(0).normal(size=(5000, 16)).astype(np.float32)
    with faiss_threads(1):
        index = build_index(factory, x, x, ef_search=64)
        direct = faiss.index_factory(16, factory)
        for _, _, parameters in clusterings(anatomy(direct)[1]):
            parameters.seed = index.seed
        if hasattr(anatomy(direct)[1].storage, "pq"):
            faiss.downcast_index(anatomy(direct)[1].storage).do_polysemous_training = False
        direct.train(x)
        direct.add(x)
        anatomy(direct)[1].hnsw.efSearch = 64
        assert np.array_equal(index.search(x[:200], 5)[1], direct.search(x[:200], 5)[1])
    again = index.refilled(x)
    assert (again.search(x[:200], 1)[1] == index.search(x[:200], 1)[1]).mean() > 0.97

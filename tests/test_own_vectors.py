"""Vectors of your own: files as others write them, files that are no vectors, indexes from files, and the command that
tries indexes.
"""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import build_index
from activeindex_lite.cli.main import main
from activeindex_lite.index import from_disk
from activeindex_lite.index.from_disk import read_index
from activeindex_lite.index.vectors import read_vectors

X = np.random.default_rng(0).normal(size=(900, 16)).astype(np.float32)


def records(path, x, kind):
    """x as a file of the TEXMEX collections: d before each vector."""
    whole = np.empty(len(x), [("d", "<i4"), ("x", kind, (x.shape[1],))])
    whole["d"], whole["x"] = x.shape[1], x
    whole.tofile(path)
    return path


def test_files_give_the_vectors_that_were_written(tmp_path):
    np.save(tmp_path / "a.npy", X)
    np.save(tmp_path / "half.npy", X.astype(np.float16))
    np.savez(tmp_path / "b.npz", x=X.astype(np.float64))
    bytes_ = (np.abs(X) * 50).astype(np.uint8)
    records(tmp_path / "c.fvecs", X, "<f4"), records(tmp_path / "d.bvecs", bytes_, "u1")
    for name, expected in (
        ("a.npy", X),
        ("half.npy", X.astype(np.float16)),
        ("b.npz", X),
        ("c.fvecs", X),
        ("d.bvecs", bytes_),
    ):
        found = read_vectors(tmp_path / name)
        assert found.dtype == np.float32 and np.array_equal(found, expected.astype(np.float32)), name
        few = read_vectors(tmp_path / name, 10)
        assert len(few) == 10 and np.array_equal(few[[0, -1]], found[[0, -1]])


def _write(path, data):
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("x.txt", lambda p: _write(p, b"1 2 3"), "the ending '.txt' is unknown"),
        ("x.npy", lambda p: _write(p, b"nothing"), "is not a file of vectors"),
        ("x.npy", lambda p: np.save(p, np.array([{"a": 1}], object), allow_pickle=True), "is not a file of vectors"),
        ("x.npy", lambda p: np.save(p, np.zeros(5)), r"shape \(5,\)"),
        ("x.npy", lambda p: np.save(p, np.array([["a", "b"]])), "type <U1"),
        ("x.npy", lambda p: np.save(p, np.array([[1.0, np.nan]])), "NaN"),
        ("x.npy", lambda p: np.save(p, np.zeros((0, 4))), "empty"),
        ("x.npz", lambda p: np.savez(p, a=X, b=X), "holds 2 arrays, a, b, and not one"),
        ("x.npz", lambda p: _write(p, b"PK not really"), "is not a file of vectors"),
        ("x.fvecs", lambda p: _write(p, b""), "is empty"),
        ("x.fvecs", lambda p: _write(p, (2**31 - 1).to_bytes(4, "little") * 8), "begins with d = 2147483647"),
        ("x.fvecs", lambda p: _write(p, records(p, X, "<f4").read_bytes()[:-3]), "cut off"),
        ("x.bvecs", lambda p: records(p, X, "<f4"), "cut off, or of another kind|several dimensions"),
        ("x.fvecs", lambda p: _write(p, b"".join(np.array([d, *[0] * 3], "<i4").tobytes() for d in (3, 2))), "several"),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, name, write, said):
    path = tmp_path / name
    write(path)
    with pytest.raises(ValueError, match=said) as refused:
        read_vectors(path)
    assert str(path) in str(refused.value)
    with pytest.raises(ValueError, match="most=0"):
        read_vectors(path, 0)


def test_the_command_compares_indexes_with_brute_force(tmp_path, capsys):
    np.save(tmp_path / "x.npy", X)
    out = tmp_path / "table.csv"
    command = ["vectors", str(tmp_path / "x.npy"), "--unit", "--k", "5", "--csv", str(out), "--index"]
    assert main([*command, "Flat", "IVF8,Flat", "HNSW8,Flat", "PQ4x4"]) == 0
    table = pd.read_csv(out)
    assert "810 vectors of d = 16, 90 queries" in capsys.readouterr().out
    best = table.groupby("index").recall.max()
    assert best["Flat"] == 1 and best["IVF8,Flat"] == 1 and best["HNSW8,Flat"] > 0.99 > best["PQ4x4"]
    assert table[table["index"] == "IVF8,Flat"].value.tolist() == [1, 2, 4, 8]
    assert main([*command, "Flat"]) == 2 and "exists" in capsys.readouterr().err
    records(tmp_path / "q.fvecs", X[:7], "<f4")
    assert (
        main(
            ["vectors", str(tmp_path / "x.npy"), "--queries", str(tmp_path / "q.fvecs"), "--k", "1", "--index", "Flat"]
        )
        == 0
    )
    assert "900 vectors of d = 16, 7 queries" in capsys.readouterr().out
    records(tmp_path / "other.fvecs", X[:7, :3], "<f4")
    for bad in (
        ["--queries", str(tmp_path / "other.fvecs")],
        ["--k", "0"],
        ["--k", "901"],
        ["--most", "1"],
        ["--index", "?"],
    ):
        assert main(["vectors", str(tmp_path / "x.npy"), *bad]) == 2, bad
    assert main(["vectors", str(tmp_path / "none.npy")]) == 2


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_without_an_index_those_of_the_rules_are_tried(tmp_path, capsys):
    np.save(tmp_path / "x.npy", X[:, :8])
    assert main(["vectors", str(tmp_path / "x.npy")]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("Flat", "HNSW32,Flat", "RaBitQ"))


# ---- indexes from files --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faiss_file(tmp_path_factory):
    """A file of faiss.write_index, and the index in it."""
    made = faiss.index_factory(16, "PCA8,IVF8,PQ4x4")
    made.train(X)
    made.add(X)
    path = tmp_path_factory.mktemp("faiss") / "mine.index"
    faiss.write_index(made, str(path))
    return path, made


def test_an_index_of_faiss_and_one_of_save_are_read(faiss_file, tmp_path):
    path, made = faiss_file
    index = read_index(path)
    assert np.array_equal(index.search(X[:9], 5, nprobe=3)[1], _searched(made, 3))
    assert index.factory == "IVF-PQ (mine.index)" and index.nlist == 8 and index.ntotal == 900
    own = build_index("IVF8,Flat", X, X)
    own.save(tmp_path / "own.npz")
    assert read_index(tmp_path / "own.npz").factory == "IVF8,Flat"
    fast = faiss.index_factory(16, "IVF8,PQ4x4fs")
    fast.train(X), fast.add(X)
    faiss.write_index(fast, str(tmp_path / "fast.index"))
    assert read_index(tmp_path / "fast.index").quantize(X[:2]).shape == (2, 16)


def _searched(made, nprobe):
    return made.search(
        X[:9], 5, params=faiss.SearchParametersPreTransform(index_params=faiss.SearchParametersIVF(nprobe=nprobe))
    )[1]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.97])
def test_a_file_that_was_cut_off_is_refused(faiss_file, tmp_path, part):
    whole = faiss_file[0].read_bytes()
    cut = tmp_path / "cut.index"
    cut.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ValueError, match=r"cut.index is no index that faiss can read and search"):
        read_index(cut)


def test_a_damaged_file_ends_another_process_and_not_this_one(faiss_file, tmp_path):
    whole, rng = bytearray(faiss_file[0].read_bytes()), np.random.default_rng(0)
    refused = 0
    for i in range(6):
        damaged = whole.copy()
        for place in rng.integers(4, 400, 12):
            damaged[place] = rng.integers(256)
        (tmp_path / f"{i}.index").write_bytes(damaged)
        try:
            read_index(tmp_path / f"{i}.index").search(X[:1], 1)
        except ValueError:
            refused += 1
    assert refused >= 4


def test_other_indexes_are_refused_in_a_sentence(faiss_file, tmp_path, monkeypatch):
    numbered = faiss.index_factory(16, "IDMap,Flat")
    numbered.add_with_ids(X, np.arange(900) + 5)
    faiss.write_index(numbered, str(tmp_path / "ids.index"))
    with pytest.raises(ValueError, match="ids of its own"):
        read_index(tmp_path / "ids.index")
    faiss.write_index(faiss.index_factory(16, "Flat"), str(tmp_path / "empty.index"))
    with pytest.raises(ValueError, match="stores no vectors"):
        read_index(tmp_path / "empty.index")
    (tmp_path / "text.index").write_text("nothing")
    with pytest.raises(ValueError, match="no index that faiss can read"):
        read_index(tmp_path / "text.index")
    monkeypatch.setattr(from_disk, "free_memory", lambda: 1000.0)
    with pytest.raises(ValueError, match="MB of memory are free: expected twice its size"):
        read_index(faiss_file[0])


def test_the_command_takes_the_file_of_an_index_that_stores_the_vectors(faiss_file, tmp_path, capsys):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "few.npy", X[:500])
    assert main(["vectors", str(tmp_path / "x.npy"), "--index", str(faiss_file[0]), "Flat"]) == 0
    out = capsys.readouterr().out
    assert "900 vectors of d = 16, 90 queries" in out and "IVF-PQ (mine.index)" in out
    assert main(["vectors", str(tmp_path / "few.npy"), "--index", str(faiss_file[0])]) == 2
    assert "stores 900 vectors of d = 16, and there are 500" in capsys.readouterr().err


def test_an_index_of_inner_products_is_compared_in_its_own_metric(tmp_path, capsys):
    scaled = X * np.linspace(0.2, 5, len(X), dtype=np.float32)[:, None]
    inner = faiss.IndexFlatIP(16)
    inner.add(scaled)
    faiss.write_index(inner, str(tmp_path / "ip.index"))
    np.save(tmp_path / "x.npy", scaled)
    out = tmp_path / "t.csv"
    assert main(["vectors", str(tmp_path / "x.npy"), "--index", str(tmp_path / "ip.index"), "--csv", str(out)]) == 0
    assert pd.read_csv(out).recall.tolist() == [1.0]
    assert main(["vectors", str(tmp_path / "x.npy"), "--index", "missing.index"]) == 2
    assert "there is no such file" in capsys.readouterr().err

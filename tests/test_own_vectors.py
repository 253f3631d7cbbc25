"""Vectors of your own: files as others write them, files that are no vectors, and the command that tries indexes."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.cli.main import main
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

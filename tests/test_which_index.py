"""Which index should I take: strings that faiss builds, memory as faiss writes it, answers that follow the question."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index
from activeindex_lite.cli.main import main
from activeindex_lite.index.which_index import cells_for, which_index


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("d", [32, 48])
def test_every_string_is_built_and_takes_the_memory_that_is_said(d):
    N = 3000
    x = np.random.default_rng(0).normal(size=(N, d)).astype(np.float32)
    table = which_index(N, d)
    assert {"Flat", "HNSW32,Flat"} < set(table.factory) and table.factory.str.contains("RaBitQ").any()
    for row in table.itertuples():
        index = build_index(row.factory, x, x, **({"ef_search": 64} if "HNSW" in row.factory else {}))
        written = faiss.serialize_index(index.faiss).nbytes
        # Codebooks are the same for any number of vectors and are not counted; those of a PQ take d KB.
        codebooks = 1024 * d if "PQ" in row.factory else 0
        assert written - codebooks == pytest.approx(1e9 * row.gigabytes, rel=0.07, abs=3000), row.factory
        if row.setting:
            name, value = row.setting.split()
            setattr(index, {"nprobe": "nprobe", "efSearch": "ef_search"}[name], int(value))


def test_answers_follow_the_question():
    assert which_index(5000, 128).factory[0] == "Flat"
    assert which_index(1_000_000, 128).factory[0] == "HNSW32,Flat"
    assert which_index(1_000_000, 128, recall=1).factory[0] == "Flat"
    assert "IVF65536_HNSW32" in which_index(300_000_000, 96).factory[1]
    first = [which_index(1_000_000, 512, gigabytes).iloc[0] for gigabytes in (10, 2.2, 0.7, 0.15, 0.06)]
    assert [row.factory.split(",")[1] for row in first] == ["Flat", "Flat", "SQ8", "RaBitQ", "PQ32x8"]
    assert all(row.gigabytes <= limit for row, limit in zip(first, (10, 2.2, 0.7, 0.15, 0.06), strict=True))
    sizes = [row.gigabytes for row in first]
    assert sizes == sorted(sizes, reverse=True)
    wishes = [which_index(10**6, 64, recall=recall).setting for recall in (0.5, 0.9, 0.99)]
    assert wishes[0][0] == "efSearch 32" and wishes[2][0] == "efSearch 256"
    assert [int(each[1].split()[1]) for each in wishes] == [41, 123, 410]


@pytest.mark.parametrize("N", [1, 2, 38, 40, 100, 5000, 10**6, 10**9])
def test_cells_can_be_trained(N):
    nlist = cells_for(N)
    assert nlist >= 1 and (nlist == 1 or nlist * 39 <= N) and nlist & (nlist - 1) == 0
    assert nlist <= max(1, 8 * np.sqrt(N))


def test_bad_questions():
    for bad in (
        dict(N=0, d=8),
        dict(N=1.5, d=8),
        dict(N=8, d=0),
        dict(N=8, d=8, recall=2),
        dict(N=8, d=8, gigabytes=0),
    ):
        with pytest.raises(ValueError, match="expected"):
            which_index(**bad)
    with pytest.raises(ValueError, match="the smallest of these indexes takes"):
        which_index(10**9, 128, gigabytes=1)


def test_the_command(capsys):
    assert main(["which", "--vectors", "1000000", "--d", "128", "--gigabytes", "0.1"]) == 0
    out = capsys.readouterr().out
    assert "RaBitQ" in out and "GB" in out
    assert main(["which", "--vectors", "0", "--d", "128"]) == 2

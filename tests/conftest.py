"""What several test files share: the lite extractor, a few pictures, and a small index over the ready world."""

import os

import pytest

# Before torch or faiss is loaded: threads that spin while they wait make a busy machine many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def extractor():
    from activeindex_lite import load_extractor

    return load_extractor("lite")


@pytest.fixture(scope="session")
def world():
    from activeindex_lite import load_world

    return load_world()


@pytest.fixture(scope="session")
def small_indexes(world):
    """One small index of every family, over the first 4,000 references: factory string -> ActiveIndex."""
    from activeindex_lite import build_index

    factories = ("IVF64,Flat", "IVF64,PQ8x6", "PQ8x6", "OPQ8,PQ8x6", "PCA64,LSH")
    return {f: build_index(f, world.train[:10_000], world.references[:4000]) for f in factories}

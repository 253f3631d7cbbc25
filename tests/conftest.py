"""What several test files share: the lite extractor, the ready world, a small index of every family, and a browser."""

import os

import pytest

from benchmarks import lab

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


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium. For one module, since notebooks cannot be executed beside Playwright's event loop."""
    pytest.importorskip("playwright")
    if lab.CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install it, on Debian with apt-get install chromium")
    with lab.chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser):
    """open_page(address, selector) opens a page and waits for the selector; in the end no page may have had a problem (see `watched`)."""
    pages = []

    def open_(address, selector="body"):
        page = lab.watched(browser.new_page(viewport={"width": 1000, "height": 1000}))
        pages.append(page)
        page.goto(address)
        page.wait_for_selector(selector)
        return page

    yield open_
    for page in pages:
        assert page.problems == []
        page.close()

"""Shared by the tests: workers, the lite extractor, the ready world, a small index of every family, and a browser."""

import os
from pathlib import Path

import hypothesis
import pytest

# Before numpy, torch or faiss is loaded, here and in every process that a test starts: the workers of pytest-xdist
# share the cores, and threads that wait for one another make a busy machine many times slower.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from activeindex_lite.support.threads import cpu_quota
from benchmarks import lab

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

LONGEST_FIRST = ("test_jupyterlab", "test_demo", "test_cluster", "test_evaluate", "test_notebooks")


# --- one worker per core --------------------------------------------------------------------------


def workers():
    """One worker per core, and at least 1.5 GB of memory each: a worker and the kernel of its notebook take as much."""
    if not hasattr(os, "sysconf"):
        return cpu_quota()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cpu_quota(), int(memory / 1.5e9)))


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite runs in one worker per core; single files and tests run in this process, as with `-n 0`.

    An explicit `-n` or `--dist` wins, and without pytest-xdist everything runs in this process.
    """
    options = config.option
    if not hasattr(options, "numprocesses") or hasattr(config, "workerinput"):
        return
    alone = options.usepdb or options.collectonly or not all(Path(argument).is_dir() for argument in config.args)
    if options.numprocesses is None and options.dist == "no" and not alone:
        options.numprocesses = workers()
    if options.numprocesses and options.dist == "no":
        # The order is the one below, not by the number of tests.
        options.dist, options.loadscopereorder = "loadscope", False


def group_of(nodeid):
    """What one worker runs together: a file, so that its fixtures are made once; of notebooks, each by itself."""
    path, _, name = nodeid.partition("::")
    return f"{path}[{name.partition('[')[2]}" if path.endswith("test_notebooks.py") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Groups by `group_of`. (Marks xdist_group of pytest-xdist 3.8 have no effect with pytest 9.2.)"""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return Groups(config, log)


def pytest_collection_modifyitems(items):
    """The longest files first: workers that start with them end together."""
    place = {name: i for i, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


# --- fixtures -------------------------------------------------------------------------------------


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
    """Small indexes over the first 4,000 references: factory string -> ActiveIndex, each built when first used."""
    from activeindex_lite import build_index

    class Built(dict):
        def __missing__(self, factory):
            # Ten seconds with 10,000 vectors.
            n = 3000 if factory.startswith("OPQ") else 10_000
            self[factory] = build_index(factory, world.train[:n], world.references[:4000])
            return self[factory]

    return Built()


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
    """open_page(address, selector) opens a page and waits for the selector; in the end no page may have had a problem
    (see `watched`).
    """
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

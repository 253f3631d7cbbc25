"""The full evaluation on a Dask cluster: the same tables as here to the last digit, also when a worker dies or the
client stops.
"""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from activeindex_lite.cli.main import main
from activeindex_lite.evaluate import Settings, folder_collection, run_evaluation
from activeindex_lite.evaluate.results import write_evaluation
from activeindex_lite.evaluate.search import Searched, filled
from activeindex_lite.evaluate.sources import PictureFiles, SyntheticPictures
from activeindex_lite.index import ActiveIndex
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.support.chunks import Loop, make_chunks, read_arrays

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'activeindex-lite[dask]'")

INDEXES = {"IVF-PQ": ("IVF4,PQ8x4", (1, 2)), "PCA+LSH": ("PCA16,LSH", (1,)), "No index": ("Flat", (1,))}
SETTINGS = Settings(INDEXES, originals=12, strangers=20, keep_pictures=True)
TIMED = ("timing.csv",)


@pytest.fixture(scope="module")
def client():
    """Two workers of one thread, each a process of its own."""
    from activeindex_lite.evaluate.cluster import connected

    before = dict(os.environ)
    with connected("local:2") as client:
        yield client
    assert dict(os.environ) == before, "what runs after a cluster would have one thread"


@pytest.fixture(scope="module", autouse=True)
def small_chunks():
    """Several chunks of everything, of the same size here and on the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (
            ("features.CHUNK", 16),
            ("release.CHUNK", 4),
            ("search.QUERIES", 32),
            ("search.SHARD", 2048),
        ):
            patch.setattr(f"activeindex_lite.evaluate.{name}", size)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """120 small photographs, one of them damaged."""
    root = tmp_path_factory.mktemp("photographs")
    for i, picture in enumerate(synthetic_pictures(range(9_500_000, 9_500_120), 96)):
        picture.save(root / f"{i:04}.jpg", quality=90)
    (root / "0007.jpg").write_bytes((root / "0007.jpg").read_bytes()[:400])
    return root


def evaluated(folder, extractor, out, client=None):
    """Tables and kept pictures of an evaluation of the folder, {name: bytes}, times apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out.mkdir(exist_ok=True)
        write_evaluation(
            run_evaluation(
                folder_collection(folder), extractor, out / "cache", SETTINGS, progress=False, client=client
            ),
            out,
        )
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*.*")
        if path.suffix in (".csv", ".png") and path.name not in TIMED
    }


@pytest.fixture(scope="module")
def plain(folder, extractor, tmp_path_factory):
    return evaluated(folder, extractor, tmp_path_factory.mktemp("plain"))


def same(a, b):
    return a.keys() == b.keys() and not [name for name in a if a[name] != b[name]]


@pytest.mark.slow
def test_two_workers_give_the_tables_of_a_plain_run(folder, extractor, plain, client, tmp_path):
    assert same(evaluated(folder, extractor, tmp_path, client), plain)
    assert len(plain) > 15 and sum(name.endswith(".png") for name in plain) == 2 * 12
    assert plain["skipped.csv"].count(b"0007.jpg") == 1, "the damaged picture is told, the others go on"
    assert not [name for plugins in client.run(carried).values() for name in plugins], "something was left on a worker"


def carried(dask_worker):
    return [name for name in dask_worker.plugins if name.startswith("activeindex")]


@pytest.mark.slow
def test_a_worker_killed_half_way_costs_time_alone(folder, extractor, plain, client, tmp_path):
    before, killed = client.run(os.getpid), []

    def kill():
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("cache/activated-*/*.npz")):
            if time.monotonic() > deadline:
                return
            time.sleep(0.005)
        for pid in before.values():  # both, so that nobody is left who holds the weights
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    tables = evaluated(folder, extractor, tmp_path, client)
    killer.join()
    client.wait_for_workers(2, timeout=60)
    assert len(killed) == 2 and not set(killed) & set(client.run(os.getpid).values())
    assert same(tables, plain)


@pytest.mark.slow
def test_command_interrupted_on_a_cluster_goes_on_without_one(folder, client, tmp_path, capsys):
    command = [
        "evaluate",
        "--pictures",
        str(folder),
        "--train",
        "synthetic:260",
        "--distractors",
        "synthetic:20",
        "--index",
        "IVF6,Flat",
        "--nprobe",
        "1",
        "--queries",
        "5",
        "--strangers",
        "5",
    ]
    address = client.scheduler.address
    running = subprocess.Popen(
        [sys.executable, "-m", "activeindex_lite.cli", *command, "--out", tmp_path / "a", "--dask", address],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("a/cache/*/*.npz")):
        assert running.poll() is None and time.monotonic() < deadline, "ended before it could be killed"
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("a/cache/*/*.npz") if path.name != "rows.npz"}
    assert main([*command, "--out", str(tmp_path / "a")]) == 0
    assert all(path.stat().st_mtime_ns == then for path, then in made.items() if path.exists()), (
        "what was there was made again"
    )
    assert main([*command, "--out", str(tmp_path / "b"), "--dask", address]) == 0
    a, b = ({p.name: p.read_bytes() for p in (tmp_path / x).rglob("*.csv") if p.name not in TIMED} for x in "ab")
    assert same(a, b) and len(a) > 8


# Filling by shards.


@pytest.fixture(scope="module")
def vectors(world):
    return np.asarray(world.references[:7000], np.float32), np.asarray(world.train[:4000], np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("factory", "merged"),
    [
        ("Flat", True),
        ("IVF32,Flat", True),
        ("IVF32,PQ8x6", True),
        ("OPQ8_32,PQ8x6", True),
        ("PCA32,LSH", True),
        ("ITQ32,LSH", True),
        ("SQ8", True),
        ("IVF32,SQ8", True),
        ("HNSW8", False),
        ("IVF32,PQ8x6,RFlat", False),
    ],
)
def test_an_index_filled_by_shards_is_one_filled_at_once(factory, merged, vectors):
    references, train = vectors
    index = ActiveIndex(factory, 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        index.train(train)
    assert index.emptied().can_merge == merged
    whole = filled(index, [references[:5000], references[5000:]], Backwards())
    assert index.ntotal == 0 and whole.ntotal == 7000
    # What nobody here wrote: faiss's own add, one part after the other, in the same pieces of 2,048; a graph at once.
    direct = pickle.loads(pickle.dumps(index))
    for part in [references] if factory == "HNSW8" else [references[:5000], references[5000:]]:
        direct.add(part)
    queries, nprobe = train[:300], 4 if index.nlist else None
    for ours, theirs in zip(whole.search(queries, 10, nprobe), direct.search(queries, 10, nprobe), strict=True):
        assert (ours == theirs).all()


class Backwards(Loop):
    """Results arrive in the wrong order, as on a cluster where the first chunk takes longest."""

    def sharing(self, **things):
        return super().sharing(**things) if type(self) is Loop else _entered(Backwards(self.shared | things))

    def run(self, function, tasks, needs=()):
        yield from reversed([(number, copy.deepcopy(result)) for number, result in super().run(function, tasks, needs)])


class _entered:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *_):
        pass


def test_chunks_that_arrive_in_another_order_are_put_in_theirs(vectors, tmp_path):
    index = ActiveIndex("IVF32,Flat", 128)
    index.train(vectors[1])
    index.add(vectors[0])
    with Loop().sharing(index=index) as here, Backwards().sharing(index=index) as there:
        for a, b in zip(
            Searched(index, here).search(vectors[1][:600], 3, 4),
            Searched(index, there).search(vectors[1][:600], 3, 4),
            strict=True,
        ):
            assert (a == b).all() and len(a) == 600
    paths = make_chunks(
        tmp_path, 5, 2, lambda a, b: {"x": np.arange(a, b)}, runner=Backwards(), title="t", progress=False
    )
    assert np.concatenate([read_arrays(path)["x"] for path in paths]).tolist() == [0, 1, 2, 3, 4]


# What goes wrong on clusters.


def test_a_folder_that_a_worker_does_not_see_is_an_error_not_many_bad_pictures(folder, extractor, client, tmp_path):
    from activeindex_lite.evaluate.cluster import Cluster
    from activeindex_lite.evaluate.features import cached_features

    away = PictureFiles([Path("/not/mounted/here/1.jpg")], ["1.jpg"])
    with pytest.raises(FileNotFoundError, match="no such folder .* same path"):
        cached_features(away, extractor, tmp_path, title="t", progress=False, runner=Cluster(client))
    here = PictureFiles([folder / "gone.jpg"], ["gone.jpg"])
    with pytest.raises(ValueError, match="none of the 1 pictures"):
        cached_features(here, extractor, tmp_path, title="t", progress=False, runner=Cluster(client))


def test_sources_travel_with_whole_paths(folder, monkeypatch):
    monkeypatch.chdir(folder)
    part = pickle.loads(pickle.dumps(PictureFiles([Path("0001.jpg"), Path("0002.jpg")], ["a", "b"]).part([1])))
    assert part.paths == [folder / "0002.jpg"] and part.names == ["b"]
    seeds = pickle.loads(pickle.dumps(SyntheticPictures(5, 10).part([3, 9]))).seeds
    assert seeds == [8, 14]


def test_torchscript_travels(extractor):
    import torch

    import activeindex_lite.evaluate.cluster  # noqa: F401 - it teaches pickle
    from activeindex_lite import load_extractor

    traced = load_extractor(torch.jit.trace(extractor.module, torch.zeros(1, 3, 128, 128)), size=128)
    pictures = synthetic_pictures([1, 2], 96)
    assert (pickle.loads(pickle.dumps(traced))(pictures) == traced(pictures)).all()


def test_another_version_or_number_of_threads_on_a_worker_is_named(client, monkeypatch):
    from activeindex_lite.evaluate import cluster

    cluster.check_workers(client)
    with monkeypatch.context() as patch:
        patch.setattr(client, "nthreads", lambda: {"tcp://a:1": 1, "tcp://b:1": 4})
        with pytest.raises(
            ValueError, match="1 workers have more than one thread, the first is tcp://b:1.*--nthreads 1"
        ):
            cluster.check_workers(client)
    known = cluster.versions()
    monkeypatch.setattr(cluster, "versions", lambda: {**known, "torch": "1.0"})
    monkeypatch.setattr(client, "run", lambda function: {"tcp://a:1": {**function(), "torch": "2.0"}})
    with pytest.raises(ValueError, match=r"tcp://a:1 has torch 2.0 \(here 1.0\)"):
        cluster.check_workers(client)


@pytest.mark.parametrize("address", ["local:0", "local:many", "scheduler", ""])
def test_addresses_that_are_none(address, tmp_path, capsys):
    assert main(["evaluate", "--dask", address, "--out", str(tmp_path / "out")]) == 2
    assert "tcp://scheduler:8786, or local:N" in capsys.readouterr().err


def test_dask_is_loaded_only_when_asked_for():
    code = (
        "import sys, activeindex_lite.cli, activeindex_lite.evaluate.run, activeindex_lite.evaluate.command; "
        "print(*{'dask', 'distributed'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == ""


def test_without_dask_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "activeindex_lite.evaluate.cluster", raising=False)
    assert main(["evaluate", "--dask", "local:2", "--out", str(tmp_path / "out")]) == 2
    assert 'pip install "activeindex-lite[dask]"' in capsys.readouterr().err


def test_chunks_run_on_one_thread_of_every_library(extractor):
    from threadpoolctl import threadpool_info

    from activeindex_lite.support.chunks import on_one_thread

    before = threadpool_info()
    assert {library["num_threads"] for library in on_one_thread(threadpool_info)} == {1}
    assert threadpool_info() == before

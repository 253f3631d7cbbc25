"""The same chunks on a Dask cluster: the workers of a Client make them, and only this process writes files."""

from __future__ import annotations

import asyncio
import copyreg
import importlib.metadata
import io
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import uuid4

import dask
import torch
from distributed import Client, KilledWorker, LocalCluster, Security, WorkerPlugin, as_completed, get_worker

from activeindex_lite.support.chunks import on_one_thread
from activeindex_lite.support.files import check_temporary_folder
from activeindex_lite.support.pickled import call_pickled

# Tasks that are under way or wait, for each worker: enough that none is idle, few enough that none holds much.
AHEAD = 2
RETRIES = 2
MOST_LOCAL = 1024
ADDRESS = re.compile(r"(?P<scheme>tcp|tls|ucx|wss?)://(\[[0-9A-Fa-f:.%]+\]|[^\s/:@\[\]]+):(?P<port>[0-9]{1,5})/?")
# What decides the last digit of a result.
PACKAGES = ("activeindex-lite", "torch", "torchvision", "faiss-cpu", "numpy", "pillow")


class Carried(WorkerPlugin):
    """A thing that every worker holds, sent once to each; Dask also gives it to workers that join later."""

    def __init__(self, name: str, thing: Any):
        self.name, self.data = name, pickle.dumps(thing)

    def setup(self, worker: Any) -> None:
        self.thing = pickle.loads(self.data)
        del self.data


class Cluster:
    """Runs chunks on the workers of a Dask client, as `chunks.Loop` runs them here: the same functions and tasks.

    A worker that dies loses the chunk it was at, which Dask gives to another one. Pictures are read by the workers, so
    files must lie under the same paths for all of them; results come back to this process.
    """

    def __init__(self, client: Client, shared: dict[str, tuple[Any, str]] | None = None):
        self.client, self.shared = client, shared or {}

    @contextmanager
    def sharing(self, **things: Any) -> Iterator[Cluster]:
        """with cluster.sharing(index=index) as runner: things that many chunks need, by name; each is sent once."""
        new = {
            name: (thing, f"activeindex-{name}-{uuid4().hex}")
            for name, thing in things.items()
            if self.shared.get(name, (None,))[0] is not thing
        }
        for thing, plugin in new.values():
            self.client.register_plugin(Carried(plugin, thing))
        try:
            yield Cluster(self.client, self.shared | new)
        finally:
            if self.client.status == "running":
                for _, plugin in new.values():
                    self.client.unregister_worker_plugin(plugin)

    def run(self, function: Callable, tasks: Iterable[tuple], needs: tuple[str, ...] = ()) -> Iterator[tuple[int, Any]]:
        """Yield (number, function(*task, **needed)) as results arrive; tasks are taken as workers become free."""
        plugins = {name: self.shared[name][1] for name in needs}
        tasks, numbers = enumerate(tasks), {}
        arriving = as_completed(with_results=True)

        def begin() -> None:
            # Workers may have gone meanwhile.
            for number, task in islice(tasks, max(0, AHEAD * self.workers - len(numbers))):
                # As bytes: Dask's scheduler looks into tasks, and would load torch for it.
                data = pickle.dumps((on_worker, (function, task, plugins)))
                future = self.client.submit(
                    call_pickled, data, key=f"{function.__name__}-{uuid4().hex}", retries=RETRIES
                )
                numbers[future] = number
                arriving.add(future)

        try:
            # A task holds its part of the data; Dask's warning is for graphs that should not.
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
                begin()
                for future, result in arriving:
                    yield numbers.pop(future), result
                    future.release()
                    begin()
        except KilledWorker as error:
            raise ChildProcessError(
                "a chunk ended one worker after the other, most likely because their memory is too small for it: give "
                "workers more, and the same command continues from here"
            ) from error
        except CancelledError as error:
            raise ConnectionError(
                "the Dask scheduler is gone, and with it the chunks under way; the same command continues from here"
            ) from error
        finally:
            arriving.clear()
            if numbers and self.client.status == "running":  # given up before the end
                self.client.cancel(list(numbers), force=True)

    @property
    def workers(self) -> int:
        """How many there are now, at least one: they may come and go."""
        return max(1, len(self.client.nthreads()))


def on_worker(function: Callable, task: tuple, plugins: dict[str, str]) -> Any:
    """Run a chunk function on a worker, with the things that it carries."""
    carried = get_worker().plugins
    return on_one_thread(function, *task, **{name: carried[plugin].thing for name, plugin in plugins.items()})


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A Client of tcp://HOST:PORT, or of local:N, N workers of one thread on this machine; ends what it began.

    ValueError for another address; OSError where no scheduler or worker answers, or none can be started.
    """
    kind, _, number = address.partition(":")
    if kind == "local" and number.isdecimal() and 0 < int(number[:9]) <= MOST_LOCAL:
        with _local(int(number)) as client:
            yield client
    else:
        _check_address(address)
        with _remote(address) as client:
            yield client


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """A Client of a new cluster on this machine."""
    check_temporary_folder(
        dask.config.get("temporary-directory"),
        "Dask's workers",
        "name another folder in the variable DASK_TEMPORARY_DIRECTORY",
    )
    # By default Dask lets workers give freed memory back at once; a network that takes it again each time is half as
    # quick.
    trim = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": str(2**30)}
    with _environment_as_before(), dask.config.set(trim):
        try:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0")
        except RuntimeError as error:
            raise ChildProcessError(
                f"--dask local:{workers}: Dask's workers did not start; its own messages above say why"
            ) from error
        with cluster, Client(cluster) as client:
            yield client


@contextmanager
def _remote(address: str) -> Iterator[Client]:
    """A Client of a scheduler that runs already and has a worker."""
    try:
        client = Client(address)
    except OSError as error:
        raise ConnectionError(
            f"--dask {address:.200}: no Dask scheduler answers there; start one with dask scheduler, or correct the "
            "address"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=60)
        # Until Python 3.10 these are two classes.
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise ConnectionError(
                f"--dask {address:.200}: this scheduler has no workers; start one with dask worker {address:.200} "
                "--nthreads 1"
            ) from error
        yield client


def _check_address(address: str) -> None:
    """ValueError for a text that is no address of a scheduler, or one that needs certificates where there are none."""
    found = ADDRESS.fullmatch(address)
    if not found or not 0 < int(found["port"]) < 2**16:
        raise ValueError(
            f"--dask {address:.100}: give a scheduler's address, such as tcp://scheduler:8786, or local:N for N "
            f"workers on this machine, N from 1 to {MOST_LOCAL}"
        )
    if found["scheme"] == "tls" and Security().get_connection_args("client").get("ssl_context") is None:
        raise ValueError(
            f"--dask {address:.100}: tls needs certificates; name them in Dask's configuration (distributed.comm.tls), "
            "or use tcp://"
        )


@contextmanager
def _environment_as_before() -> Iterator[None]:
    """Undo what Dask sets in the environment of this process for the workers that it starts (OMP_NUM_THREADS, ...)."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def versions() -> dict[str, str | None]:
    """{package: version} of what the results depend on; None where no package of this name is installed."""
    known: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            known[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            known[name] = None
    return known


def check_workers(client: Client) -> None:
    """ValueError where a worker has several threads, or another version of something than this process."""
    # Chunks side by side in one process would set the number of threads for each other.
    several = [worker for worker, threads in client.nthreads().items() if threads != 1]
    if several:
        raise ValueError(
            f"{len(several)} workers have more than one thread, the first is {several[0]}: begin one worker per core, "
            "with dask worker --nthreads 1 --nworkers N, or threads_per_worker=1"
        )
    own = versions()
    for worker, theirs in client.run(versions).items():
        other = [f"{name} {theirs[name]} (here {own[name]})" for name in own if theirs[name] != own[name]]
        if other:
            raise ValueError(
                f"the worker {worker} has {', '.join(other)}: install the same versions everywhere, or the last digits "
                "differ"
            )


def _script(data: bytes) -> torch.jit.ScriptModule:
    return torch.jit.load(io.BytesIO(data))


def _reduce_script(module: torch.jit.ScriptModule) -> tuple[Callable, tuple[bytes]]:
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return _script, (buffer.getvalue(),)


# TorchScript modules cannot be pickled as they are.
copyreg.pickle(torch.jit.RecursiveScriptModule, _reduce_script)

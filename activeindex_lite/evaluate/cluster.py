"""The same chunks on a Dask cluster: the workers of a Client make them, and only this process writes files."""

import copyreg
import importlib.metadata
import io
import os
import pickle
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from uuid import uuid4

import dask
import torch
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, as_completed, get_worker

from activeindex_lite.support.chunks import on_one_thread
from activeindex_lite.support.pickled import call_pickled

# Tasks that are under way or wait, for each worker: enough that none is idle, few enough that none holds much.
AHEAD = 2
RETRIES = 2
# What decides the last digit of a result.
PACKAGES = ("activeindex-lite", "torch", "torchvision", "faiss-cpu", "numpy", "pillow")


class Carried(WorkerPlugin):
    """A thing that every worker holds, sent once to each; Dask gives it to those that join or come back later as well."""

    def __init__(self, name, thing):
        self.name, self.data = name, pickle.dumps(thing)

    def setup(self, worker):
        self.thing = pickle.loads(self.data)
        del self.data


class Cluster:
    """Runs chunks on the workers of a Dask client, as `chunks.Loop` runs them here: the same functions on the same tasks.

    A worker that dies loses the chunk it was at, which Dask gives to another one. Pictures are read by the workers, so
    files must lie under the same paths for all of them; results come back to this process.
    """

    def __init__(self, client, shared=None):
        self.client, self.shared = client, shared or {}

    @contextmanager
    def sharing(self, **things):
        """with cluster.sharing(index=index) as runner: things that many chunks need, by name; what is there is not sent again."""
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

    def run(self, function, tasks, needs=()):
        """Yield (number, function(*task, **needed)) as results arrive; tasks: an iterable of tuples, drawn on as workers get free."""
        plugins = {name: self.shared[name][1] for name in needs}
        tasks, numbers = enumerate(tasks), {}
        arriving = as_completed(with_results=True)

        def begin():
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
                "a chunk brought down one worker after the other, the last one "
                f"{getattr(error.last_worker, 'address', '?')}: most likely their memory is too small for it. Give "
                "workers more; the same command goes on from here"
            ) from error
        except CancelledError as error:
            raise ConnectionError(
                "the Dask scheduler is gone, and with it the chunks under way; the same command goes on from here"
            ) from error
        finally:
            arriving.clear()
            if numbers and self.client.status == "running":  # given up before the end
                self.client.cancel(list(numbers), force=True)

    @property
    def workers(self):
        """How many there are just now, at least one: they may come and go."""
        return max(1, len(self.client.nthreads()))


def on_worker(function, task, plugins):
    """Run a chunk function on a worker, with the things that it carries."""
    carried = get_worker().plugins
    return on_one_thread(function, *task, **{name: carried[plugin].thing for name, plugin in plugins.items()})


@contextmanager
def connected(address):
    """A Client of tcp://HOST:PORT, or of local:N, N workers of one thread on this machine; ends what it began.

    ValueError for another address; OSError where nobody answers.
    """
    kind, _, number = address.partition(":")
    if kind == "local" and number.isdecimal() and int(number) > 0:
        # By default Dask lets workers give freed memory back at once; a network that takes it again each time is half
        # as quick.
        with (
            _environment_as_before(),
            dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": str(2**30)}),
            LocalCluster(
                n_workers=int(number), threads_per_worker=1, processes=True, dashboard_address=":0"
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
    elif "://" in address:
        with Client(address) as client:
            client.wait_for_workers(1, timeout=60)
            yield client
    else:
        raise ValueError(
            f"--dask {address}: give a scheduler's address, such as tcp://scheduler:8786, or local:N for N workers on "
            "this machine"
        )


@contextmanager
def _environment_as_before():
    """Dask sets OMP_NUM_THREADS and more for workers in the environment of the process that starts them, and leaves it so."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def versions():
    """{package: version} of what the figures depend on; None where a package is not there under this name."""
    known = {}
    for name in PACKAGES:
        try:
            known[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            known[name] = None
    return known


def check_workers(client):
    """ValueError where a worker has several threads, or another version of something than this process."""
    # Chunks side by side in one process would set the number of threads for each other.
    several = [worker for worker, threads in client.nthreads().items() if threads != 1]
    if several:
        raise ValueError(
            f"{len(several)} workers have more than one thread, the first is {several[0]}: begin one worker a core, "
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


def _script(data):
    return torch.jit.load(io.BytesIO(data))


def _reduce_script(module):
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return _script, (buffer.getvalue(),)


# TorchScript does not let itself be pickled.
copyreg.pickle(torch.jit.RecursiveScriptModule, _reduce_script)

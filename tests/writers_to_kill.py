"""Run by test_kills.py in a process of its own: writers in a child that is killed, starved of disk or joined by
another.

    python tests/writers_to_kill.py FOLDER        prints one JSON line

A writer is a pair: write(folder, n), which writes version n of its files, and read(folder), which gives the version
that stands there and fails on anything else.
"""

import http.server
import json
import os
import re
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from PIL import Image

from activeindex_lite.evaluate.features import cached_features
from activeindex_lite.evaluation.benchmark_files import read_predictions, write_benchmark_file
from activeindex_lite.extractor import download
from activeindex_lite.index import ActiveIndex, build_index
from activeindex_lite.pages.build import write
from activeindex_lite.report import write as report
from activeindex_lite.support.chunks import read_arrays, write_arrays
from activeindex_lite.sweeps.table_file import build_table, load_table, write_table
from activeindex_lite.widgets.page import write_page

ROWS = 20_000


def one(values):
    """The number that all values are."""
    (number,) = np.unique(np.asarray(values))
    return int(number)


def save_index(folder, n):
    index = build_index("Flat", np.ones((1, 16)), np.full((ROWS, 16), n))
    index.save(folder / "index.npz", overwrite=True)


def read_index(folder):
    index = ActiveIndex.load(folder / "index.npz").faiss
    return one(index.reconstruct_n(0, index.ntotal)) if index.ntotal == ROWS else None


def explorer(n):
    return SimpleNamespace(
        keys=["n"],
        page_traits=("n",),
        n=n,
        stored=lambda: [n] * ROWS,
        title="t",
        intro="i",
        _css="",
        _esm="export default {};",
    )


def write_demo(folder, n):
    table = pd.DataFrame({"n": np.full(ROWS, n)})
    report.page = lambda demo, course: f"<html>{n} " * ROWS + "</html>"
    report.write_report(SimpleNamespace(retrieval=table, quality=table, timing=table), folder)


def read_demo(folder):
    text = (folder / "report.html").read_text()
    tables = [one(pd.read_csv(folder / f"{name}.csv").n) for name in ("retrieval", "quality", "timing")]
    assert text.endswith("</html>") and max(tables) - min(tables) <= 1, "a file is half, or much older than another"
    return one([int(n) for n in re.findall(r"\d+", text)])


def read_text(path, end):
    text = path.read_text()
    assert text.endswith(end)
    return one([int(n) for n in re.findall(r"\b\d+\b", text)])


PREDICTIONS = pd.DataFrame({"query_id": [f"Q{i}" for i in range(ROWS)], "reference_id": "R"})
WRITERS = {
    "index": (save_index, read_index),
    "chunk": (
        lambda folder, n: write_arrays(folder / "c.npz", a=np.full((ROWS, 16), n)),
        lambda folder: one(read_arrays(folder / "c.npz")["a"]),
    ),
    "table": (
        lambda folder, n: write_table(folder / "t.csv", pd.DataFrame({"n": np.full(ROWS, n)}), {"n": n}),
        lambda folder: one([*load_table(folder / "t.csv").n, load_table(folder / "t.csv").attrs["n"]]),
    ),
    "predictions": (
        lambda folder, n: write_benchmark_file(folder / "p.csv", PREDICTIONS.assign(score=n)),
        lambda folder: one(read_predictions(folder / "p.csv").score.to_numpy()),
    ),
    "explorer": (
        lambda folder, n: write_page(explorer(n), folder / "e.html", overwrite=True),
        lambda folder: one(
            json.loads(re.search(r"const state = (.*);\n", (folder / "e.html").read_text())[1])["_stored"]
        ),
    ),
    "report": (write_demo, read_demo),
    "course": (
        lambda folder, n: write(folder / "w.html", f"{n} " * ROWS + "end"),
        lambda folder: read_text(folder / "w.html", "end"),
    ),
}


def child(work):
    """The id of a process of its own that does the work and ends with 0, or 1 after an error, which it prints."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is told
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def kill_after(work, seconds):
    """Whether the work was killed, so many seconds after it began; False if it ended before, and well."""
    pid, end = child(work), time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert status == 0, "the next run did not go on"
            return False
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def kill(root, times=8):
    """Each writer, killed so many times while it writes one version after the other."""
    rng, kills, litter = np.random.default_rng(0), {}, 0
    for name, (write_version, read_version) in WRITERS.items():
        folder = root / name
        folder.mkdir()
        write_version(folder, 1)
        before = read_version(folder)
        for _ in range(times):
            told, tell = os.pipe()

            def work(first=before, tell=tell, folder=folder, write_version=write_version):
                for n in range(first + 1, first + 10_000):
                    write_version(folder, n)
                    os.write(tell, f"{n}\n".encode())

            kills[name] = kills.get(name, 0) + kill_after(work, rng.uniform(0.02, 0.25))
            os.close(tell)
            with os.fdopen(told) as lines:
                finished = [int(line) for line in lines]
            now = read_version(folder)
            last = finished[-1] if finished else before
            assert last <= now <= last + 1, f"{name}: version {now} stands there, {last} was finished"
            before = now
        litter += len(list(folder.glob(".*.part")))
    return {"kills": kills, "temporary files left": litter}


class Numbered:
    """Pictures of one pixel that holds a number, and an extractor of them, slow enough to be killed."""

    fingerprint, d = "numbers", 4

    def __init__(self, numbers=range(2000)):
        self.numbers, self.names = numbers, [str(i) for i in numbers]

    def part(self, positions):
        return Numbered([self.numbers[i] for i in positions])

    def stored(self, extractor):
        return None

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, i):
        return Image.new("RGB", (1, 1), (*divmod(self.numbers[i], 256), 0))

    def __call__(self, pictures):
        time.sleep(0.02)
        numbers = [high * 256 + low for high, low, _ in (picture.getpixel((0, 0)) for picture in pictures)]
        return np.repeat(np.array(numbers, np.float32)[:, None], 4, 1)


BODY = np.random.default_rng(1).bytes(300_000)


class Slowly(http.server.BaseHTTPRequestHandler):
    """Sends BODY from where it is asked to, a little at a time."""

    def do_GET(self):
        begin = int(re.sub(r"\D", "", self.headers.get("Range", "0")))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(BODY) - begin))
        self.send_header("ETag", '"one"')
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}")
        self.end_headers()
        try:
            for at in range(begin, len(BODY), 20_000):
                self.wfile.write(BODY[at : at + 20_000])
                time.sleep(0.03)  # half a second in all, where the next kill is never more than .12 s away
        except OSError:
            pass

    def log_message(self, *_):
        pass


def long_works(root):
    """name -> (work that goes on from where it stopped, whether what it made is right)."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slowly)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["TORCH_HOME"] = str(root / "torch")
    jobs = list(range(60))

    def rows_of(job):
        time.sleep(0.005)
        return [{"job": job, "square": job**2}]

    def table():
        if not (root / "long.csv").exists():
            build_table(root / "long.csv", {"jobs": jobs}, jobs, rows_of, title="t", unit="job", progress=False)

    def features():
        cached_features(Numbered(), Numbered(), root / "cache", title="t", progress=False)

    def right_features():
        found = cached_features(Numbered(), Numbered(), root / "cache", title="t", progress=False)
        return (found.features[:, 0] == np.arange(2000)).all() and len(list((root / "cache").rglob("*.np?"))) == 2

    def fetch():
        download.note_sum(download.fetch(f"http://127.0.0.1:{server.server_port}/weights.pt", progress=False))

    def right_table():
        found = load_table(root / "long.csv")
        return (
            found.job.tolist() == jobs
            and found.square.tolist() == [job**2 for job in jobs]
            and not list(root.glob("long.*t"))
        )

    return {
        "table in parts": (table, right_table),
        "features": (features, right_features),
        "download": (fetch, lambda: (root / "torch/hub/checkpoints/weights.pt").read_bytes() == BODY),
    }


def resume(root):
    """Long work, killed until it is done: kills and whether the result is that of work that nobody disturbed."""
    rng, kills, right = np.random.default_rng(2), {}, {}
    for name, (work, is_right) in long_works(root).items():
        kills[name] = 0
        while kill_after(work, rng.uniform(0.01, 0.12)) and kills[name] < 200:
            kills[name] += 1
        right[name] = bool(is_right())
    return {"kills": kills, "right": right}


def starve(root):
    """Each writer with a limit on the size of files, as on a full disk: what it said, and whether the old version
    stands.
    """
    said, stands, litter = {}, {}, 0
    for name, (write_version, read_version) in WRITERS.items():
        folder = root / name
        folder.mkdir()
        write_version(folder, 1)
        told, tell = os.pipe()

        def work(write_version=write_version, folder=folder, tell=tell):
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            try:
                write_version(folder, 2)
            except OSError as error:
                os.write(tell, str(error).encode())

        assert os.waitpid(child(work), 0)[1] == 0
        os.close(tell)
        with os.fdopen(told) as text:
            said[name] = text.read()
        stands[name], litter = read_version(folder), litter + len(list(folder.glob(".*.part")))
    return {"said": said, "stands": stands, "temporary files left": litter}


def together(root, rounds=5):
    """Two processes that make the same features in one cache, and two that write one table in parts: how they ended,
    and the results.
    """
    (table, right_table), (features, right_features), _ = long_works(root).values()
    ends = []
    for i in range(rounds):
        pids = [child(features)]
        time.sleep(0.03 * i)
        pids.append(child(features))
        ends += [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        assert right_features()
        for path in (root / "cache").rglob("*.np?"):
            path.unlink()
    first = child(table)
    time.sleep(0.1)
    second = os.waitstatus_to_exitcode(os.waitpid(child(table), 0)[1])
    return {
        "features": ends,
        "table": [os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]), second],
        "right": right_table(),
    }


if __name__ == "__main__":
    results = {}
    for trial in (kill, resume, starve, together):
        folder = Path(sys.argv[1]) / trial.__name__
        folder.mkdir()
        results[trial.__name__] = trial(folder)
    print(json.dumps(results))

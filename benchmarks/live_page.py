"""How soon pages without a kernel answer, in Chromium.

`python -m benchmarks.live_page [pages] [times]` takes the folder that `activeindex-lite pages` wrote (default pages):
seconds until its front page answers, from a local server, with the CPU throttled. Chromium throttles the page's own
thread, where it reads 8 MB and draws; the worker that computes has its full speed.

`python -m benchmarks.live_page live.html [moves]` takes the page that `activeindex-lite live` wrote: milliseconds from
a move of alpha until the first step and the finished view are drawn, per method.
"""

import json
import statistics
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.lab import chromium, watched
from benchmarks.latency import MOVE, READY, percentiles

THROTTLE, TIMES, MOVES = 4, 3, 60
METHODS = ("published", "quick")
SHOWN = ".ai-alpha[data-shown='alpha {}, step 10 of 10, done']"


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a log; counts what it sends."""

    sent = 0

    def log_message(self, *_):
        """Say nothing."""

    def copyfile(self, source, outputfile):
        """Send a file."""
        data = source.read()
        Quiet.sent += len(data)
        outputfile.write(data)


@contextmanager
def served(folder):
    """The address of a server on loopback for the files of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def first(browser, address, throttle=THROTTLE):
    """Seconds from asking for the front page to each of the first things that a reader has of it."""
    page = watched(browser.new_context(viewport={"width": 390, "height": 844}).new_page())
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    begun, told = time.perf_counter(), {}

    def note(name):
        told[name] = round(time.perf_counter() - begun, 2)

    page.goto(f"{address}/index.html", wait_until="commit")
    page.locator(".lead").wait_for()
    note("sentence")
    frame = page.frame_locator("iframe.explorer")
    frame.locator(f"{SHOWN.format(3)} img").first.wait_for()
    note("picture, as stored")
    slider = frame.get_by_role("slider", name="alpha")
    slider.press("ArrowRight")
    frame.locator("[role=slider][aria-valuetext*='3.25'], input[aria-valuetext*='3.25']").first.wait_for()
    note("control moved")
    frame.locator(SHOWN.format(3.25)).wait_for()
    note("its result, computed")
    assert page.problems == [], page.problems
    page.context.close()
    return told


def moved(browser, path, method, moves):
    """Pairs of milliseconds from a move of alpha until the first step and the finished view are drawn."""
    page = watched(browser.new_context(viewport={"width": 1366, "height": 768}).new_page())
    page.goto(path.resolve().as_uri())
    page.locator("html[data-core]").wait_for()
    page.locator(".aa-more summary").click()
    page.get_by_label("method").select_option(method)
    # The first move in a plane also makes the plane.
    page.wait_for_timeout(3000)
    times = page.evaluate(MOVE.replace("READY", READY["AlphaExplorer"]), [moves, 7])
    assert page.problems == [], page.problems
    page.context.close()
    return times


def print_moves(path, moves=MOVES):
    """Print median and 95th percentile of both, per method, as JSON lines."""
    with chromium() as browser:
        for method in METHODS:
            figures = percentiles(moved(browser, Path(path), method, int(moves)))
            print(json.dumps({"method": method, "moves": int(moves), **figures}), flush=True)


def main(folder="pages", times=TIMES):
    """Print the median of each, and the bytes of one visit, as JSON."""
    with served(Path(folder)) as address, chromium() as browser:
        rows = []
        for _ in range(int(times)):
            Quiet.sent = 0
            rows.append(first(browser, address))
    seconds = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    print(json.dumps({"throttle": THROTTLE, "times": len(rows), "seconds": seconds, "bytes": Quiet.sent}))


if __name__ == "__main__":
    is_page = len(sys.argv) > 1 and Path(sys.argv[1]).suffix == ".html"
    (print_moves if is_page else main)(*sys.argv[1:])

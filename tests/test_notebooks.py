"""The notebooks: their form, that they run to the bottom twice, offline and in little memory, and that exercises
check.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from activeindex_lite.exercises import Verdict

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
OPENING = ("What you will do", "What you will learn", "What you need", "How long")
WITHOUT_TORCH = ("01", "02", "03", "04", "05")
# Megabytes of a notebook's kernel: resident in all, or, where torch is used, of its own (anonymous) above what
# importing torch takes. Pages of mapped libraries are left out there: the CUDA build maps gigabytes, and how many of
# them count as resident depends on what the system happens to have cached, by 250 MB between two runs.
MEMORY, MEMORY_ABOVE_TORCH = 350, 600

ALTERNATIVE = r'<img alt="[^"]{40,}"|<svg role="img" aria-label="[^"]{40,}"'
# Python's own sockets are all that a library here would download with; the kernel talks through ZeroMQ's.
OFFLINE = """
import socket
def _only_here(connect):
    # Processes of this machine may talk to each other (notebook 12).
    def checked(self, address, *more):
        if address[0] not in ("127.0.0.1", "::1"):
            raise OSError(f"a notebook must run offline, this one calls {address}")
        return connect(self, address, *more)
    return checked
socket.socket.connect = _only_here(socket.socket.connect)
socket.socket.connect_ex = _only_here(socket.socket.connect_ex)
"""
WATCH = """
import re, sys, threading, time
_own = [0.0]
def _watch():
    while True:
        now = int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
        _own[0] = max(_own[0], now)
        time.sleep(0.02)
if sys.platform == "linux":
    threading.Thread(target=_watch, daemon=True).start()
"""
PEAK = """
import json, re, sys
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024 if sys.platform == "linux" else 0
"""
MEASURE = (
    PEAK
    + """
pyplot = sys.modules.get("matplotlib.pyplot")  # pandas before 2.2 imports it for tables
figures = len(pyplot.get_fignums()) if pyplot else 0
print(json.dumps({"peak": peak, "own": _own[0], "torch": "torch" in sys.modules, "figures": figures}))
"""
)


@pytest.fixture(scope="session")
def torch_memory():
    """Own memory in MB of a Python that has imported torch and nothing else."""
    code = f"{WATCH}\nimport torch\ntime.sleep(0.1)\nprint(_own[0])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout)


def each(f):
    return pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])(f)


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_exercise(cell):
    return "exercise" in cell.metadata.get("tags", [])


def is_for_the_reader(cell):
    """Exercises, predictions and questions: what the reader answers, no code of the lesson."""
    return bool({"exercise", "predict", "questions"} & set(cell.metadata.get("tags", [])))


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_there_are_notebooks_numbered_without_a_gap():
    assert [path.stem[:2] for path in PATHS] == [f"{n:02d}" for n in range(len(PATHS))]


@each
def test_form(path, notebook):
    nbformat.validate(notebook)
    first = notebook.cells[0].source
    assert first.startswith("# ")
    places = [first.find(part) for part in OPENING]
    assert -1 not in places and places == sorted(places), f"the opening cell needs, in this order: {OPENING}"
    assert sum(len(lines(cell)) for cell in code_cells(notebook) if not is_for_the_reader(cell)) <= 40
    for cell in code_cells(notebook):
        assert len(lines(cell)) <= 15, cell.source
        if is_for_the_reader(cell) and not is_exercise(cell):
            assert len(lines(cell)) <= 4, "work belongs into the cell that measures"
    # The first notebook only shows what an exercise is.
    assert sum(map(is_exercise, code_cells(notebook))) >= (1 if path.stem.startswith("00") else 3)
    # Who solves an exercise finds numpy there.
    assert path.stem.startswith("00") or "import numpy as np" in code_cells(notebook)[0].source
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "Predict" in text and "Explain" in text
    assert not re.search(r"(/work|/home|/tmp)/", text), "an absolute path"


@each
def test_code_fits_the_cell_on_a_laptop(path, notebook):
    # JupyterLab with its side panel shows 118 columns at 1366 pixels.
    for cell in code_cells(notebook):
        assert max(map(len, cell.source.splitlines()), default=0) <= 110, cell.source


@each
def test_committed_without_results(path, notebook):
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in code_cells(notebook):
        assert cell.outputs == [] and cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}


@each
def test_links_between_files_lead_somewhere(path, notebook):
    for cell in notebook.cells:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", cell.source) if cell.cell_type == "markdown" else ():
            assert (path.parent / target).exists(), f"{target} is linked, but not there"


@pytest.mark.slow
@each
def test_runs_to_the_bottom_twice_offline_within_its_memory(path, notebook, torch_memory):
    whole = [*notebook.cells, *notebook.cells]
    notebook.cells = [*map(nbformat.v4.new_code_cell, (WATCH, OFFLINE)), *whole, nbformat.v4.new_code_cell(MEASURE)]
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i}"
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    seen = json.loads(notebook.cells[-1].outputs[-1].text)
    torch = path.stem[:2] not in WITHOUT_TORCH
    assert seen["torch"] <= torch, "torch was loaded"
    assert seen["figures"] == 0, "pyplot keeps every figure in memory"
    if torch:
        assert seen["own"] < torch_memory + MEMORY_ABOVE_TORCH
    else:
        assert seen["peak"] < MEMORY
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            shown = output.get("data", {}).get("text/html", "")
            assert shown.count("<svg") + shown.count("<img") == len(re.findall(ALTERNATIVE, shown)), (
                "a figure without a text alternative"
            )
            assert output.output_type != "stream" or output.name != "stderr", output.text


@each
def test_every_stub_fails_kindly_and_every_solution_passes(path, notebook):
    solutions = {}
    exec((FOLDER / "solutions" / f"{path.stem}.py").read_text(), solutions)  # noqa: S102 - the lesson code of this repository
    first = code_cells(notebook)[0].source
    for cell in filter(is_exercise, code_cells(notebook)):
        *body, check = cell.source.rstrip().splitlines()
        space = {}
        exec("\n".join([*re.findall(r"^(?:import|from) .*", first, re.MULTILINE), *body]), space)  # noqa: S102
        stub = eval(check, space)
        assert isinstance(stub, Verdict) and not stub.passed and len(stub.message) > 20, check
        # The same names, this time from the solutions.
        solved = eval(
            check, {**space, **{name: value for name, value in solutions.items() if not name.startswith("__")}}
        )
        assert solved.passed, f"{check}: {solved.message}"

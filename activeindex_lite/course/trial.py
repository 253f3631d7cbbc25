"""Running the exercises of a copy, in a Python of its own: does each solution pass its check?"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

SECONDS = 600
LONGEST = 200


@dataclass(frozen=True)
class Step:
    """A code cell to run; exercise: what messages call it, or "" for a cell that is no exercise."""

    source: str
    exercise: str = ""


def first_failure(steps: list[Step], folder: str | Path) -> str:
    """The sentence on the first exercise whose cells raise an error, or "" if all pass.

    steps: the copy's code cells in order, an exercise with its solution and its check as one step; folder: where they
    run, that of the notebook. Exercises seldom need more than the imports of the other cells, so those run first; only
    if an exercise then fails does the whole notebook run.
    """
    with tempfile.TemporaryDirectory() as place:
        given, told = Path(place, "steps.json"), Path(place, "told.json")
        given.write_text(json.dumps([asdict(step) for step in steps]), encoding="utf-8")
        # This file alone, without the package: the cells import what they need.
        program = f"import runpy; runpy.run_path({__file__!r})['main']({str(given)!r}, {str(told)!r})"
        try:
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=folder,
                env={**os.environ, "MPLBACKEND": "Agg"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"its cells ran for more than {SECONDS} seconds"
        if not told.exists():
            return "Python ended while its cells ran"
        return json.loads(told.read_text(encoding="utf-8"))


def main(given: str, told: str) -> None:
    """Run the steps of one JSON file and write what `first_failure` returns to another."""
    steps = [Step(**step) for step in json.loads(Path(given).read_text(encoding="utf-8"))]
    failure = _run(steps, whole=False) and _run(steps, whole=True)
    Path(told).write_text(json.dumps(failure), encoding="utf-8")


def _run(steps: list[Step], whole: bool) -> str:
    """The first failure; whole: run the cells between exercises as they are, otherwise their imports alone."""
    shell = _new_shell()
    for number, step in enumerate(steps, 1):
        source = step.source if whole or step.exercise else _imports(shell.transform_cell(step.source))
        result = shell.run_cell(source, store_history=False, silent=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and step.exercise:
            return f"{step.exercise}: {_said(error)}"
        if error is not None and whole:
            return f"code cell {number}: {_said(error)}"
    return ""


def _new_shell():
    """An IPython with no names yet: in a notebook's cells there may be magics and shell commands."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """Nothing: %matplotlib works without windows."""

    InteractiveShell.clear_instance()
    return Shell.instance(config=Config({"HistoryManager": {"enabled": False}}))


def _imports(source: str) -> str:
    """The imports at the top level of a cell, as source; none of a cell that is no Python."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:
        return ""
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _said(error: BaseException) -> str:
    """An error in words; an assertion carries the check's own sentence."""
    words = str(error)[:LONGEST]
    return words if isinstance(error, AssertionError) and words else f"{type(error).__name__}: {words}"

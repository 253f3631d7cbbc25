"""Copies of a notebook that nbgrader and otter-grader understand, put together from the notebook and its solutions."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from activeindex_lite.course.notebooks import is_exercise, read_notebook
from activeindex_lite.course.solutions import (
    Function,
    Solutions,
    filled,
    import_lines,
    is_builtin,
    outside_names,
    parsed,
)
from activeindex_lite.course.trial import Step, first_failure
from activeindex_lite.support.files import whole_file

# The sign before BEGIN SOLUTION.
MARK = {"nbgrader": "###", "otter": "#"}
FORMATS = tuple(MARK)
FORM = "an exercise is a function to write and, as its last statement, a check such as check.search(search)"


def write_assignment(
    notebook: str | Path, folder: str | Path, grader: str = "nbgrader", solutions: str | Path | None = None
) -> Path:
    """Write the instructor's copy of a notebook, with solutions in it, for a grader to make the students' version from.

    notebook: its path; folder: where the copy goes, under the same name (made if it does not exist); grader: "nbgrader"
    (cell metadata, schema version 3, and ### BEGIN SOLUTION) or "otter" (raw cells as `otter assign` reads them,
    exception-based tests); solutions: path of the solutions (None: solutions/NAME.py beside the notebook), with a
    function per exercise and whatever those functions use. Each exercise becomes a cell to be solved and a check worth
    one point, which fails with the check's own sentence. Before the copy is written, each of its solutions runs against
    its check, with the notebook's other cells where it needs them. Returns the path of the copy.

    FileExistsError if the copy exists; ValueError for a notebook without exercises, an exercise or a solution that
    cannot be read, and a solution that does not pass its check. Then nothing is written.
    """
    notebook, path = Path(notebook), Path(folder) / Path(notebook).name
    if grader not in FORMATS:
        raise ValueError(f"grader={grader!r}: choose one of {', '.join(FORMATS)}")
    source = read_notebook(notebook)
    if not any(map(is_exercise, source.cells)):
        raise ValueError(f"{notebook} has no exercise: give the tag 'exercise' to each code cell that is one")
    if path.exists():
        raise FileExistsError(f"{path} exists: name another folder, or move it away")
    known = Solutions(solutions or notebook.parent / "solutions" / f"{notebook.stem}.py")
    copy = Copy(notebook, source, known, grader)
    if failure := first_failure(copy.steps, notebook.parent):
        raise ValueError(
            f"{notebook}: the copy was not written, since a solution of {known.path} does not pass in it. {failure}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, new=True) as temporary:
        temporary.write_text(nbformat.writes(copy.notebook), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Exercise:
    """A cell to be solved. title: its name in messages; stub: its source without the check; function: the stub's
    node.
    """

    title: str
    stub: str
    check: str
    function: Function


class Copy:
    """The copy of a notebook: .notebook, and .steps, its code cells as `first_failure` runs them."""

    def __init__(self, path: Path, source: nbformat.NotebookNode, known: Solutions, grader: str):
        self.path, self.known, self.grader = path, known, grader
        self.cells, self.steps = [], []
        self.imports = _imports_of(next(cell.source for cell in source.cells if cell.cell_type == "code"))
        # Functions that students have written in earlier exercises, and identifiers that are taken.
        self.written, self.labels = set(), _grade_ids(source)
        if grader == "otter":
            settings = f"name: {path.stem}\nexport_cell: false\ntests:\n    ok_format: false"
            self.cells.append(raw(f"# ASSIGNMENT CONFIG\n{settings}"))
        heading = ()
        for cell in source.cells:
            if cell.cell_type == "markdown":
                heading = (re.findall(r"^#+ Exercise (\d+)\.(\d+)", cell.source, re.MULTILINE) or [heading])[-1]
            if is_exercise(cell):
                self._add_exercise(cell, heading)
            else:
                self._add(cell)
        self.notebook = nbformat.v4.new_notebook(
            cells=[nbformat.NotebookNode({**cell, "id": f"cell-{i:02d}"}) for i, cell in enumerate(self.cells)],
            metadata=source.metadata,
        )
        nbformat.validate(self.notebook)

    def _add(self, cell: nbformat.NotebookNode) -> None:
        self.cells.append(cell)
        if cell.cell_type == "code":
            self.steps.append(Step(cell.source))

    def _add_exercise(self, cell: nbformat.NotebookNode, heading: tuple[str, ...]) -> None:
        title = f"exercise {'.'.join(heading)}" if heading else f"the exercise in cell {len(self.cells) + 1}"
        exercise = read_exercise(cell.source, title, self.path, self.known)
        name = exercise.function.name
        pieces = [*self.known.needed(name, self.written, self.imports), self.known.body(name)]
        solution = filled(exercise.stub, exercise.function, pieces, MARK[self.grader])
        label = self._label(heading)
        self.cells += WRITERS[self.grader](solution, exercise.check, label)
        self.steps.append(Step(f"{solution}\n{graded(exercise.check)}", f"{title} ({name})"))
        self.written.add(name)

    def _label(self, heading: tuple[str, ...]) -> str:
        """An identifier of the exercise that no other cell has: graders keep points by it."""
        label = "-".join(["exercise", *(heading or (str(len(self.cells)),))])
        free, number = label, 1
        while free in self.labels:
            number += 1
            free = f"{label}-part-{number}"
        self.labels.add(free)
        return free


def read_exercise(source: str, title: str, path: Path, known: Solutions) -> Exercise:
    """The parts of an exercise's cell; ValueError if it has another form, or if its function has no solution."""
    where = f"{path}, {title}"
    nodes = parsed(source, where).body
    if not nodes:
        raise ValueError(f"{where} is an empty cell: {FORM}")
    check = nodes[-1]
    if not isinstance(check, ast.Expr) or check.col_offset != 0:
        raise ValueError(f"{where} does not end in a check on a line of its own: {FORM}")
    lines = source.splitlines()
    # What is below the check can only be comments: they stay with the stub.
    stub = "\n".join([*lines[: check.lineno - 1], *lines[check.end_lineno :]]).rstrip()
    functions = [node for node in nodes if isinstance(node, Function)]
    asked = [node for node in functions if node.name in known.functions]
    if len(asked) != 1:
        raise ValueError(
            f"{known.path} has {', '.join(known.functions) or 'no function'}, but {where} asks for "
            f"{', '.join(node.name for node in functions) or 'no function'}: expected one function per exercise, under "
            "the same name in the solutions"
        )
    return Exercise(title, stub, ast.get_source_segment(source, check), asked[0])


def _imports_of(source: str) -> set[str]:
    """The lines of import, one name each, of a cell; none of a cell with magics, which is no Python."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:
        return set()
    # A name that comes with a star is not known here, so such lines count for nothing.
    plain = (node for node in nodes if not any(a.name == "*" for a in getattr(node, "names", ()) if hasattr(a, "name")))
    return {line for node in plain for line in import_lines(node).values()}


def _grade_ids(source: nbformat.NotebookNode) -> set[str]:
    return {cell.metadata["nbgrader"].get("grade_id") for cell in source.cells if "nbgrader" in cell.metadata}


def graded(check: str) -> str:
    """The check as code that raises its sentence if the exercise is not solved."""
    return f"verdict = {check}\nassert verdict.passed, verdict.message"


def for_nbgrader(solution: str, check: str, label: str) -> list[nbformat.NotebookNode]:
    """A solution cell and a locked check worth one point; nbgrader gives it when the cell raises nothing."""
    flags = dict(schema_version=3, task=False)
    solved = dict(grade=False, locked=False, solution=True, grade_id=label, **flags)
    checked = dict(grade=True, locked=True, solution=False, points=1, grade_id=f"check-{label}", **flags)
    # Not a bare value at the end: nbgrader reads one as points.
    return [code(solution, nbgrader=solved), code(f"{graded(check)}\nprint(verdict)", nbgrader=checked)]


def for_otter(solution: str, check: str, label: str) -> list[nbformat.NotebookNode]:
    """A question of otter's raw cells; its test is a function of the names that the check uses."""
    names = sorted(name for name in outside_names(check) if not is_builtin(name))
    name = label.replace("-", "_")
    body = "\n".join(f"    {line}" for line in graded(check).splitlines())
    return [
        raw(f"# BEGIN QUESTION\nname: {name}\npoints: 1"),
        raw("# BEGIN SOLUTION"),
        code(solution),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        code(f"def test_{name}({', '.join(names)}):\n{body}"),
        raw("# END TESTS"),
        raw("# END QUESTION"),
    ]


WRITERS = {"nbgrader": for_nbgrader, "otter": for_otter}


def code(source: str, **metadata) -> nbformat.NotebookNode:
    """A code cell that has not run."""
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def raw(source: str) -> nbformat.NotebookNode:
    """A raw cell."""
    return nbformat.v4.new_raw_cell(source)

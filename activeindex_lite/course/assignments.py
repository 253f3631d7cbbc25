"""Copies of a notebook that nbgrader and otter-grader understand, put together from the notebook and its solutions."""

import ast
import os
import re
from pathlib import Path

import nbformat

from activeindex_lite.course.notebooks import is_exercise, read_notebook

FORMATS = ("nbgrader", "otter")
MARK = {"nbgrader": "###", "otter": "#"}


def write_assignment(notebook, folder, grader="nbgrader", solutions=None):
    """Write the instructor's copy of a notebook, with solutions in it, for a grader to make the students' version from.

    notebook: its path; folder: where the copy goes, under the same name (made if it is not there); grader: "nbgrader" (cell
    metadata, schema version 3, and ### BEGIN SOLUTION) or "otter" (raw cells as `otter assign` reads them, exception-based
    tests); solutions: path of the solutions (None: solutions/NAME.py beside the notebook). Each exercise becomes a cell to
    be solved and a check worth one point, which fails with the check's own sentence. Returns the path of the copy.
    FileExistsError if it is there; ValueError for a notebook without exercises, or one without its solution.
    """
    notebook = Path(notebook)
    if grader not in FORMATS:
        raise ValueError(f"grader={grader!r}: choose one of {', '.join(FORMATS)}")
    source = read_notebook(notebook)
    if not any(map(is_exercise, source.cells)):
        raise ValueError(f"{notebook} has no exercise: a code cell with the tag exercise")
    known = read_solutions(solutions or notebook.parent / "solutions" / f"{notebook.stem}.py")
    copy = assignment(source, known, grader, notebook.stem)
    return write_new(Path(folder) / notebook.name, nbformat.writes(copy))


def assignment(source, known, grader, name):
    """The copy as a notebook. known: (imports, {function: body}), see `read_solutions`."""
    header = {"otter": [raw(f"# ASSIGNMENT CONFIG\nname: {name}\nexport_cell: false\ntests:\n    ok_format: false")]}
    cells, heading = header.get(grader, []), ""
    given = next(cell.source for cell in source.cells if cell.cell_type == "code")
    for cell in source.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ Exercise (\d+)\.(\d+)", cell.source, re.MULTILINE) or [heading])[-1]
        if not is_exercise(cell):
            cells.append(cell)
            continue
        stub, check = cell.source.rstrip().rsplit("\n", 1)
        label = "-".join(["exercise", *(heading or (str(len(cells)),))])
        cells += WRITERS[grader](solved(stub, known, given, MARK[grader]), check, label)
    copy = nbformat.v4.new_notebook(
        cells=[nbformat.NotebookNode({**cell, "id": f"cell-{i:02d}"}) for i, cell in enumerate(cells)],
        metadata=source.metadata,
    )
    nbformat.validate(copy)
    return copy


def read_solutions(path):
    """(lines of import, {function: its body as source, indented by four}) of a file of solutions."""
    text = Path(path).read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return imports, {
        node.name: "\n".join(lines[node.body[0].lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def solved(stub, known, given, mark):
    """The stub with its solution between BEGIN SOLUTION and END SOLUTION, below signature and docstring.

    Imports that the notebook's first cell lacks (given: its source) stand inside, so that the mark takes them away too.
    """
    imports, bodies = known
    functions = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)]
    if len(functions) != 1 or functions[0].name not in bodies:
        raise ValueError(
            f"the solutions hold {', '.join(bodies)}, but the exercise asks for {[f.name for f in functions]}: one function "
            "an exercise, under the same name in the file of solutions"
        )
    function, lines = functions[0], stub.splitlines()
    said = ast.get_docstring(function) is not None
    kept = function.body[0].end_lineno if said else function.body[0].lineno - 1
    body = bodies[function.name]
    wanted = [line for line in imports if line not in given and re.search(rf"\b{line.split()[-1]}\b", body)]
    body = "\n".join([*(f"    {line}" for line in wanted), body])
    return "\n".join(
        [*lines[:kept], f"    {mark} BEGIN SOLUTION", body, f"    {mark} END SOLUTION", *lines[function.end_lineno :]]
    ).rstrip()


def for_nbgrader(solution, check, label):
    """A solution cell and a locked check worth one point; nbgrader gives it when the cell raises nothing."""
    # Not a bare value at the end: nbgrader reads one as points.
    graded = f"verdict = {check}\nassert verdict.passed, verdict.message\nprint(verdict)"
    flags = dict(schema_version=3, task=False)
    return [
        code(solution, nbgrader=dict(grade=False, locked=False, solution=True, grade_id=label, **flags)),
        code(
            graded, nbgrader=dict(grade=True, locked=True, solution=False, points=1, grade_id=f"check-{label}", **flags)
        ),
    ]


def for_otter(solution, check, label):
    """A question of otter's raw cells; its test is a function of the names that the check uses."""
    names = sorted({node.id for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Name)})
    name = label.replace("-", "_")
    test = f"def test_{name}({', '.join(names)}):\n    verdict = {check}\n    assert verdict.passed, verdict.message"
    return [
        raw(f"# BEGIN QUESTION\nname: {name}\npoints: 1"),
        raw("# BEGIN SOLUTION"),
        code(solution),
        raw("# END SOLUTION"),
        raw("# BEGIN TESTS"),
        code(test),
        raw("# END TESTS"),
        raw("# END QUESTION"),
    ]


WRITERS = {"nbgrader": for_nbgrader, "otter": for_otter}


def code(source, **metadata):
    """A code cell that has not run."""
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def raw(source):
    """A raw cell."""
    return nbformat.v4.new_raw_cell(source)


def write_new(path, text):
    """Write a file that must not be there yet, whole or not at all; returns its path."""
    if path.exists():
        raise FileExistsError(f"{path} exists: name another folder, or move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.link(temporary, path)  # unlike a rename, never over a file that somebody else made meanwhile
    finally:
        temporary.unlink(missing_ok=True)
    return path

"""Copies for graders of notebooks that teachers write: solutions in all their forms, cells in all their forms."""

import ast
import re

import nbformat
import pytest

from activeindex_lite.course import assignments, write_assignment
from activeindex_lite.course.trial import Step, first_failure

STUB = 'def share_found(first, truth):\n    """Two arrays of ids -> one number."""\n    ...  # your code\n\n\n'
CHECK = "check.share_found(share_found)"
PLAIN = "def share_found(first, truth):\n    return (first == truth).mean()\n"
GIVEN = "import numpy as np\nfrom activeindex_lite.exercises import start as check"
OPENING = "# Title\n\n**How long.** 3 minutes."
# What a file of solutions may hold besides the functions.
SOLUTIONS = {
    "a helper": (
        "def equal(a, b):\n    return a == b\n\n\ndef share_found(first, truth):\n    return equal(first, truth).mean()"
    ),
    "a constant": "ONE = 1\n\n\ndef share_found(first, truth):\n    return ONE * (first == truth).mean()",
    "a helper of a helper, and its constant": """
from functools import lru_cache
SCALE = {}
SCALE["one"] = 1

@lru_cache
def scale(
    name="one",
):
    # by name
    return SCALE[name]

class Counter:
    text = '''two
lines'''
    def count(self, hits):
        return scale() * hits.mean()

def unused():
    return UNKNOWN

def share_found(first, truth):
    return Counter().count(first == truth)
""",
    "several names of one import": (
        "from numpy import mean, sqrt\n\n\ndef share_found(first, truth):\n    return mean(first == truth)"
    ),
    "an import under another name": (
        "import numpy.linalg as la, numpy as n\n\n\ndef share_found(first, truth):\n    return n.mean(first == truth)"
    ),
    "an import of a module in a package": (
        "import numpy.linalg\n\n\ndef share_found(first, truth):\n    return numpy.mean(first == truth)"
    ),
    "a name that the notebook has from elsewhere": (
        "from math import fsum as np\n\n\ndef share_found(first, truth):\n    return np(first == truth) / len(truth)"
    ),
    "a docstring and a comment": (
        'def share_found(first, truth):\n    """Of\n  all."""\n    # Why.\n    return (first == truth).mean()'
    ),
    "a text over two lines": (
        "def share_found(first, truth):\n    text = '''a\nb'''\n    assert text == "
        "'a\\nb'\n    return (first == truth).mean()"
    ),
    "one line": "def share_found(first, truth): return (first == truth).mean()",
    "a conditional import": (
        "try:\n    import numpy as fast\nexcept ImportError:\n    fast = None\n\n\ndef "
        "share_found(first, truth):\n    return fast.mean(first == truth)"
    ),
    "a program below": PLAIN + "\nnp = 3\nif __name__ == '__main__':\n    np = 4\n    print(share_found)",
}
# What the cell of an exercise may look like.
CELLS = {
    "a comment after the check": STUB + CHECK + "\n# Well done!",
    "a comment beside the check": STUB + CHECK + "  # run me\n\n",
    "a stub in one line": "def share_found(first, truth): ...  # your code\n\n\n" + CHECK,
    "a stub in one line with its docstring": 'def share_found(first, truth): "Share."\n' + CHECK,
    "a check over three lines": STUB + "check.share_found(\n    share_found,  # yours\n)",
    "a check with a function of its own": STUB + "check.share_found(lambda a, b: float(share_found(a, b)))",
    "two spaces": "def share_found(first, truth):\n  # a hint\n  pass\n\n" + CHECK,
    "a given helper": "def given(x):\n    return x\n\n\n" + STUB + CHECK,
    "an import of its own": "from activeindex_lite.exercises import start as check\n" + STUB + CHECK,
    "a constant between": STUB + "K = 3\n" + CHECK,
}


def code(source):
    return nbformat.v4.new_code_cell(source)


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def exercise(source):
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["exercise"]})


@pytest.fixture
def write(tmp_path):
    """write(cells, solutions, grader) is the copy of a notebook with a title and these cells, as nbformat reads it."""

    def write_(cells, solutions=PLAIN, grader="nbgrader"):
        path = tmp_path / "01_mine.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[text(OPENING), *cells]), path)
        (tmp_path / "solutions").mkdir(exist_ok=True)
        (tmp_path / "solutions" / "01_mine.py").write_text(solutions, encoding="utf-8")
        return nbformat.read(write_assignment(path, tmp_path / grader, grader), as_version=4)

    return write_


@pytest.fixture
def without_trial(monkeypatch):
    """Copies are written without running them: the test runs them itself."""
    monkeypatch.setattr(assignments, "first_failure", lambda *_: "")


def run(sources, space=None):
    space = {} if space is None else space
    for source in (GIVEN, *sources):
        exec(source, space)  # noqa: S102 - the lesson code of this test
    return space


def solves(copy):
    """Run the instructor's copy; the student's version, made as nbgrader makes it, fails and says why."""
    cells = [cell.source for cell in copy.cells if cell.cell_type == "code" and cell.source != GIVEN]
    run(cells)
    stub = re.sub(
        r"( *)### BEGIN.*?### END SOLUTION",
        r"\1# YOUR CODE HERE\n\1raise NotImplementedError()",
        cells[0],
        flags=re.DOTALL,
    )
    assert "SOLUTION" not in stub
    with pytest.raises(AssertionError, match=r"\w{3}"):
        run([stub, *cells[1:]])


@pytest.mark.parametrize("solutions", SOLUTIONS.values(), ids=SOLUTIONS)
def test_a_copy_holds_all_that_its_solution_uses(write, without_trial, solutions):
    copy = write([code(GIVEN), exercise(STUB + CHECK)], solutions)
    solves(copy)
    assert "unused" not in copy.cells[2].source and "__main__" not in copy.cells[2].source


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_an_exercise_is_read_in_every_form(write, without_trial, cell):
    solves(write([code(GIVEN), exercise(cell)]))
    copy = write([code(GIVEN), exercise(cell)], grader="otter")
    solution, test = (cell.source for cell in copy.cells[-6:] if cell.cell_type == "code")
    space = run([solution, test])
    (function,) = ast.parse(test).body
    names = [argument.arg for argument in function.args.args]
    assert "check" in names and not {"float", "a", "b"} & set(names)
    space[function.name](*(space[name] for name in names))


def test_every_exercise_has_an_identifier_of_its_own(write, without_trial):
    cells = [
        code(GIVEN),
        text("### Exercise 1.1: twice"),
        exercise(STUB + CHECK),
        exercise(STUB + CHECK),
        text("## More"),
    ]
    cells += [exercise(STUB + CHECK), text("### Exercise 1.1: again"), exercise(STUB + CHECK)]
    ids = [cell.metadata.nbgrader.grade_id for cell in write(cells).cells if "nbgrader" in cell.metadata]
    assert len(ids) == len(set(ids)) == 8 and ids[0] == "exercise-1-1"
    names = [cell.source.split()[4] for cell in write(cells, grader="otter").cells if "BEGIN QUESTION" in cell.source]
    assert len(set(names)) == 4


def test_a_function_of_an_earlier_exercise_is_the_student_s(write, without_trial):
    solutions = PLAIN + "\n\ndef twice(first, truth):\n    return 2 * share_found(first, truth) / 2\n"
    second = STUB.replace("share_found", "twice") + "check.share_found(twice)"
    copy = write([code(GIVEN), exercise(STUB + CHECK), exercise(second)], solutions)
    assert "def share_found" not in copy.cells[4].source
    alone = write([code(GIVEN), exercise(second)], solutions, "otter")
    assert "    def share_found" in "".join(cell.source for cell in alone.cells)


@pytest.mark.parametrize("grader", ["nbgrader", "otter"])
def test_a_byte_order_mark_and_other_cells_do_no_harm(tmp_path, write, without_trial, grader):
    cells = [code(""), code("%%time\n1 + 1"), code("!ls\n%pip list"), code(GIVEN), exercise(STUB + CHECK)]
    expected = write(cells, grader=grader)
    for path in (tmp_path / "01_mine.ipynb", tmp_path / "solutions" / "01_mine.py"):
        path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    copy = nbformat.read(write_assignment(tmp_path / "01_mine.ipynb", tmp_path / "bom", grader), as_version=4)
    assert copy == expected


@pytest.mark.parametrize(
    ("cell", "solutions", "said"),
    [
        ("%%time\n" + STUB + CHECK, PLAIN, "line 1 is '%%time': move magics"),
        ("!pip install numpy\n" + STUB + CHECK, PLAIN, "'!pip install numpy'"),
        (STUB + "%matplotlib inline\n" + CHECK, PLAIN, "%matplotlib"),
        ("", PLAIN, "exercise 1.1 is an empty cell"),
        ("# later", PLAIN, "is an empty cell"),
        (CHECK, PLAIN, "asks for no function"),
        (STUB, PLAIN, "does not end in a check"),
        (STUB + "verdict = " + CHECK, PLAIN, "does not end in a check"),
        (STUB + "1; " + CHECK, PLAIN, "line of its own"),
        (STUB.replace("share_found", "other") + CHECK, PLAIN, "asks for other: expected one function per exercise"),
        (STUB + STUB + CHECK, PLAIN, "one function per exercise"),
        (STUB + "check.share_found(", PLAIN, "line 6 is not valid Python"),
        (STUB + CHECK, "", "has no function"),
        (STUB + CHECK, "def share_found(:", "01_mine.py, line 1 is not valid Python"),
        (
            STUB + CHECK,
            "from numpy import *\n" + PLAIN.replace("(first == truth).mean()", "mean(first == truth)"),
            "import the names one by one",
        ),
        (
            STUB + CHECK,
            "first = 3\n\n\ndef f():\n    return first\n\n\n" + PLAIN.replace(".mean()", ".mean() + 0 * f()"),
            "rename",
        ),
    ],
)
def test_what_cannot_be_copied_is_refused_in_a_sentence(write, tmp_path, cell, solutions, said):
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        write([code(GIVEN), text("### Exercise 1.1: a share"), exercise(cell)], solutions)
    assert len(str(refused.value)) < 500 + 2 * len(str(tmp_path)) and "\n" not in str(refused.value)
    assert not (tmp_path / "nbgrader").exists()


def test_missing_solutions_and_damaged_notebooks_are_named(tmp_path):
    path = tmp_path / "01_mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[exercise(STUB + CHECK)]), path)
    with pytest.raises(ValueError, match=r"01_mine.py does not exist: write the solutions there"):
        write_assignment(path, tmp_path / "out")
    for damaged in (b"", b"{", b"[]", b'{"cells": 3}', b"\xff\xfe"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="save it again from JupyterLab"):
            write_assignment(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("solutions", "said"),
    [
        ("def share_found(first, truth):\n    return 7", r"exercise 1.1 \(share_found\): .*7 instead of"),
        ("def share_found(found, truth):\n    return (found == truth).mean()", "found"),
        ("def share_found(first, truth):\n    import sys\n    sys.exit(3)", "exercise 1.1"),
    ],
)
def test_a_solution_that_does_not_pass_its_check_is_not_written(write, tmp_path, solutions, said):
    with pytest.raises(ValueError, match=said):
        write([code(GIVEN), text("### Exercise 1.1: a share"), exercise(STUB + CHECK)], solutions)
    assert not (tmp_path / "nbgrader").exists()


def test_an_exercise_may_need_the_cells_before_it(write):
    second = STUB + "check.share_found(lambda first, truth: factor * share_found(first, truth))"
    cells = [code(GIVEN), code("%matplotlib inline\nfactor = np.int64(1)"), exercise(STUB + CHECK), exercise(second)]
    assert len(write(cells).cells) == 7
    with pytest.raises(ValueError, match="code cell 2: ZeroDivisionError"):
        write([code(GIVEN), code("factor = 1 / 0"), exercise(second)], grader="otter")


def test_the_first_failure_of_the_cells_that_run(tmp_path):
    steps = [Step("import math\nraise ValueError"), Step("math.pi", "one"), Step("assert False, 'no'", "two")]
    assert first_failure(steps[:2], tmp_path) == ""
    assert first_failure(steps, tmp_path) == "code cell 1: ValueError: "
    assert first_failure([Step("import os; os._exit(1)", "one")], tmp_path) == "Python ended while its cells ran"
    assert first_failure([Step("assert False, 'no'", "two")], tmp_path) == "two: no"

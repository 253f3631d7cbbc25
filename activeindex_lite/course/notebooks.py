"""What each notebook of the course says of itself: number, title, minutes, what it needs, its exercises."""

import re
from pathlib import Path

import nbformat
import pandas as pd

NEEDED, HELPS = "needs", "helps"


def read_course(folder="."):
    """The notebooks NN_*.ipynb of a folder, a row each, in order.

    DataFrame: number (two digits), name (without .ipynb), title, minutes, does (what one will do), needs and helps (lists of
    numbers of other notebooks), exercises (how many). All of it is read from the opening cells, so it cannot differ from
    them. ValueError if there is no notebook, or one without the opening.
    """
    paths = sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise ValueError(
            f"{folder} holds no notebook named like 01_something.ipynb: give the folder notebooks of this package"
        )
    return pd.DataFrame([described(path) for path in paths])


def read_notebook(path):
    """A notebook file as nbformat has it; ValueError for a file that is none."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a notebook, or it is damaged ({str(error).splitlines()[0][:120]}): save it again from JupyterLab"
        ) from error
    return notebook


def described(path):
    """One notebook as a dict, see `read_course`."""
    notebook = read_notebook(path)
    opening = notebook.cells[0].source if notebook.cells else ""
    title, minutes = re.match(r"# (.+)", opening), re.search(r"How long\.\*\* (\d+) minutes", opening)
    if not title or not minutes:
        raise ValueError(f"{path}: the first cell must begin with '# Title' and say '**How long.** N minutes'")
    links = prerequisites(part(opening, "What you need"))
    return {
        "number": path.stem[:2],
        "name": path.stem,
        "title": title[1],
        "minutes": int(minutes[1]),
        "does": part(opening, "What you will do"),
        "needs": [n for n, kind in links.items() if kind == NEEDED],
        "helps": [n for n, kind in links.items() if kind == HELPS],
        "exercises": sum(map(is_exercise, notebook.cells)),
    }


def part(opening, name):
    """The paragraph of an opening cell that begins with this name, without the name."""
    found = re.search(rf"\*\*{name}\.\*\* (.+)", opening)
    return found[1] if found else ""


def prerequisites(text):
    """{number: needs or helps} of the notebooks that a paragraph links to; of a clause with the word help, they help."""
    links = {}
    for clause in re.split(r"[;.] |;", text):
        kind = HELPS if re.search(r"\bhelps?\b", clause) else NEEDED
        links |= dict.fromkeys(re.findall(r"\]\((\d\d)_\w+\.ipynb\)", clause), kind)
    return links


def is_exercise(cell):
    """Whether a cell is an exercise: a stub and, in its last line, the check."""
    return cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])

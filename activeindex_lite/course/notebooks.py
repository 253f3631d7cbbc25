"""What each notebook of the course says about itself: number, title, minutes, what it needs, its exercises."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pandas as pd

NEEDED, HELPS = "needs", "helps"
NAMES, FIRST = "[0-9][0-9]_*.ipynb", "00_start_here.ipynb"


def read_course(folder: str | Path | None = None) -> pd.DataFrame:
    """The notebooks NN_*.ipynb of a folder, one row per notebook, in order.

    folder: None looks for the course's own notebooks, see `find_notebooks`. DataFrame: number (two digits), name
    (without .ipynb), title, minutes, does (what the reader will do), needs and helps (lists of numbers of other
    notebooks), exercises (how many). All of it is read from the opening cells, so it cannot differ from them.
    ValueError if there is no notebook, or one without the opening.
    """
    folder = find_notebooks() if folder is None else Path(folder)
    paths = sorted(folder.glob(NAMES))
    if not paths:
        raise ValueError(
            f"{folder} holds no notebook named like 01_something.ipynb: give the folder notebooks of this package"
        )
    return pd.DataFrame([described(path) for path in paths])


def find_notebooks(begin: str | Path = ".") -> Path:
    """The folder of the course's notebooks: where a notebook or a terminal runs, near it, or beside this package.

    begin: folder from which to look: in it, in its folder notebooks, in those of the folders above, and at last in the
    checkout that this package runs from. ValueError if the course is in none of them.
    """
    begin = Path(begin).resolve()
    places = [begin, *(place / "notebooks" for place in (begin, *begin.parents))]
    places.append(Path(__file__).parents[2] / "notebooks")
    for place in places:
        if (place / FIRST).is_file():
            return place
    if any(begin.glob(NAMES)):
        return begin
    raise ValueError(
        f"{begin} holds no notebook such as {FIRST}, and neither do folders named notebooks there or above: name the "
        "folder of the notebooks, as in read_course('activeindex_lite/notebooks')"
    )


def read_notebook(path: str | Path) -> nbformat.NotebookNode:
    """A notebook file as nbformat has it; ValueError for a file that is none."""
    try:
        # utf-8-sig: editors on Windows write a byte order mark, which is no JSON.
        notebook = nbformat.reads(Path(path).read_text(encoding="utf-8-sig"), as_version=4)
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        # nbformat raises any of these for JSON of another form, and a subclass of ValueError for what is no JSON.
        raise ValueError(
            f"{path} is not a notebook, or it is damaged: save it again from JupyterLab, as a file .ipynb"
        ) from error
    return notebook


def described(path: Path) -> dict:
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


def part(opening: str, name: str) -> str:
    """The paragraph of an opening cell that begins with this name, without the name."""
    found = re.search(rf"\*\*{name}\.\*\* (.+)", opening)
    return found[1] if found else ""


def prerequisites(text: str) -> dict[str, str]:
    """{number: needs or helps} of the notebooks that a paragraph links to; a clause with the word help names
    helpers.
    """
    links = {}
    for clause in re.split(r"[;.] |;", text):
        kind = HELPS if re.search(r"\bhelps?\b", clause) else NEEDED
        links |= dict.fromkeys(re.findall(r"\]\((\d\d)_\w+\.ipynb\)", clause), kind)
    return links


def is_exercise(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is an exercise: a stub and, in its last line, the check."""
    return cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])

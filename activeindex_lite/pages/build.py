"""The work of the command `pages`: run the notebooks, write the pages, resume after an interruption."""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
import time
from pathlib import Path

import nbformat
import pandas as pd
from PIL import Image
from tqdm.auto import tqdm

from activeindex_lite.course import glossary, read_course
from activeindex_lite.figures.course_map import CourseMap
from activeindex_lite.pages.convert import link_numbers, link_terms, link_words, markdown_soup, notebook_soup, relink
from activeindex_lite.pages.frames import write_frame
from activeindex_lite.pages.layout import index_body, page
from activeindex_lite.pages.run import run_notebook
from activeindex_lite.pictures.uris import data_uri
from activeindex_lite.support.files import is_free, mark_as_output, whole_file

# Subfolders: the notebooks that have run, which also mark the folder around them as one of pages, and explorers.
EXECUTED, EXPLORERS = "executed", "explorers"
# The explorer of the front page.
LIVE = "live.html"
# Pixels of a picture in a figure on a card, which is 150 pixels high.
PICTURE_SIDE = 160
# Bytes of a card's picture: the front page and its explorer stay under 8 MB together.
MOST = 40_000
TEXTS = {"GLOSSARY": "Glossary", "INSTRUCTORS": "For instructors", "README": "About"}


def build_pages(
    notebooks: str | Path = "notebooks", out: str | Path = "pages", fresh: bool = False, execute: bool = True
) -> pd.DataFrame:
    """Write the course as offline HTML pages: index.html, one page per notebook, the glossary and the other texts.

    notebooks: folder of the notebooks (its GLOSSARY.md and INSTRUCTORS.md, and README.md above it, become pages too);
    out: a folder that does not exist, is empty, or holds earlier pages. A notebook that has not changed since its last
    run for these pages does not run again, unless fresh; so an interrupted build resumes. execute=False writes
    notebooks without results. Returns a DataFrame: page, seconds (of running; 0 if it did not run). FileExistsError if
    out holds other things. The front page opens with the live explorer, unless execute=False.
    """
    site = Site(Path(notebooks), Path(out), read_course(notebooks))
    prepare(site.out)
    site.write_texts()
    rows, pictures = [], {}
    for at, row in enumerate(tqdm(list(site.course.itertuples(index=False)), desc="notebooks")):
        notebook, seconds = site.notebook(row.name, fresh, execute)
        pictures |= site.write_notebook(at, row, notebook)
        rows.append({"page": f"{row.name}.html", "seconds": seconds})
    downloads = {row.name: f"{EXECUTED}/{row.name}.ipynb" for row in site.course.itertuples()} if execute else {}
    hero = live_hero(site.out) if execute else None
    body = index_body(site.course, CourseMap(site.course, ".html"), pictures, hero, downloads)
    write(site.out / "index.html", page("Active image indexing", body, site.heads))
    return pd.DataFrame(rows)


class Site:
    """The pages of one course and the links between them.

    notebooks, out: folders; course: see `read_course`. .texts {path: name} of the Markdown files, .pages {resolved path
    of a source: name of its page}, .heads (name, title) of the links at the top of each page, .terms {term: its line}
    of the glossary.
    """

    def __init__(self, notebooks: Path, out: Path, course: pd.DataFrame) -> None:
        self.notebooks, self.out, self.course = notebooks, out, course
        self.terms = glossary(notebooks)
        self.texts = {
            path: name
            for name in TEXTS
            for path in (notebooks / f"{name}.md", notebooks.parent / f"{name}.md")
            if path.is_file()
        }
        self.pages = {(notebooks / f"{name}.ipynb").resolve(): f"{name}.html" for name in course.name}
        self.pages |= {path.resolve(): f"{name}.html" for path, name in self.texts.items()}
        self.heads = [("index.html", "Course"), *((f"{name}.html", TEXTS[name]) for name in self.texts.values())]

    def write_texts(self) -> None:
        """Write the pages of the Markdown files."""
        for path, name in self.texts.items():
            soup = markdown_soup(path.read_text(encoding="utf-8"))
            relink(soup, path.parent, self.pages, self.copy_picture)
            if name == "GLOSSARY":
                link_numbers(soup, {row.number: f"{row.name}.html" for row in self.course.itertuples()})
            write(self.out / f"{name}.html", page(TEXTS[name], str(soup), self.heads))

    def notebook(self, name: str, fresh: bool, execute: bool) -> tuple[nbformat.NotebookNode, float]:
        """(the notebook, seconds that it ran): with results of a run now or of the last one, or without results."""
        source, done = self.notebooks / f"{name}.ipynb", self.out / EXECUTED / f"{name}.ipynb"
        seconds = 0.0
        if execute and (fresh or not done.exists() or done.stat().st_mtime <= source.stat().st_mtime):
            begun = time.perf_counter()
            write(done, nbformat.writes(run_notebook(source, self.out / EXPLORERS)))
            seconds = time.perf_counter() - begun
        return nbformat.read(done if execute else source, as_version=4), seconds

    def write_notebook(self, at: int, row, notebook: nbformat.NotebookNode) -> dict:
        """Write the page of notebook number `at` of the course; returns its first picture, see `first_picture`."""
        soup = notebook_soup(notebook)
        relink(soup, self.notebooks, self.pages, self.copy_picture)
        link_terms(soup, self.terms, "GLOSSARY.html")
        link_words(soup, self.terms, "GLOSSARY.html")
        titles = [(f"{r.name}.html", f"{r.number} {r.title}") for r in self.course.itertuples(index=False)]
        around = [titles[i] if 0 <= i < len(titles) else None for i in (at - 1, at + 1)]
        write(self.out / f"{row.name}.html", page(titles[at][1], str(soup), self.heads, *around))
        return first_picture(notebook, row.name, self.out)

    def copy_picture(self, picture: Path) -> str:
        """Copy a picture to the pages, under its own name; returns its address there."""
        folder = self.out / "pictures"
        folder.mkdir(exist_ok=True)
        with whole_file(folder / picture.name) as temporary:
            shutil.copyfile(picture, temporary)
        return f"pictures/{picture.name}"


def prepare(out: Path) -> None:
    """Make the folder; FileExistsError if it holds other things than pages of this command."""
    if not is_free(out) and not (out / EXECUTED).is_dir():
        raise FileExistsError(f"{out} exists and holds other things: name another folder")
    mark_as_output(out)
    (out / EXECUTED).mkdir(exist_ok=True)


def first_picture(notebook: nbformat.NotebookNode, name: str, out: Path) -> dict[str, tuple[str, str]]:
    """{name: (copy of a notebook's first figure of few bytes, its text alternative)}, or {} if it has none.

    The map of the course does not count: the index shows it already.
    """
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    shown = "".join(str(output.get("data", {}).get("text/html", "")) for output in outputs)
    for found in re.finditer(r'<svg role="img" aria-label="(?!Map of the course)([^"]*)".*?</svg>', shown, re.DOTALL):
        svg = lighter(found[0])
        if len(svg.encode()) <= MOST:
            (out / "pictures").mkdir(exist_ok=True)
            write(out / "pictures" / f"{name}.svg", svg)
            return {name: (f"pictures/{name}.svg", html.unescape(found[1]))}
    return {}


def lighter(svg: str) -> str:
    """A figure as SVG whose pictures are as small as a card shows them."""

    def smaller(found: re.Match) -> str:
        picture = Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGBA")
        picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
        return data_uri(picture, "WEBP", quality=80)

    return re.sub(r"data:image/png;base64,([\w+/=\s]+)", smaller, svg)


def live_hero(out: Path) -> tuple[str, str]:
    """Write the page of the live explorer; returns its (address, title)."""
    from activeindex_lite.widgets.alpha_live import LiveExplorer, live_explorer  # this loads torch

    with live_explorer() as explorer:
        write_frame(explorer, out / EXPLORERS / LIVE)
    return f"{EXPLORERS}/{LIVE}", LiveExplorer.title


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

"""One command's work: run the notebooks, write the pages, go on from where it stopped."""

import shutil
import time
from pathlib import Path

import nbformat
import pandas as pd
from tqdm.auto import tqdm

from activeindex_lite.course import read_course
from activeindex_lite.figures.start import course_map
from activeindex_lite.pages.convert import link_numbers, link_terms, markdown_soup, notebook_soup, relink
from activeindex_lite.pages.layout import index_body, page, save_thumbnail
from activeindex_lite.pages.run import run_notebook
from activeindex_lite.support.files import is_free, mark_as_output, whole_file

# The folder in which results of running wait; it also says that the folder around it holds pages.
EXECUTED = "executed"
TEXTS = {"GLOSSARY": "Glossary", "INSTRUCTORS": "For instructors", "README": "About"}


def build_pages(notebooks="notebooks", out="pages", fresh=False, execute=True):
    """Write the course as pages that open from a disk: index.html, one a notebook, the glossary and the other texts.

    notebooks: folder of the notebooks (its GLOSSARY.md and INSTRUCTORS.md, and README.md above it, become pages too);
    out: a folder that is not there, is empty, or holds earlier pages. A notebook that has not changed since it was last
    run for these pages is not run again, unless fresh; so an interrupted run goes on. execute=False writes notebooks
    without results. Returns a DataFrame: page, seconds (of running; 0 if it was not run). FileExistsError if out holds
    other things.
    """
    site = Site(Path(notebooks), Path(out), read_course(notebooks))
    prepare(site.out)
    site.write_texts()
    rows, pictures = [], {}
    for at, row in enumerate(tqdm(list(site.course.itertuples(index=False)), desc="notebooks")):
        notebook, seconds = site.notebook(row.name, fresh, execute)
        pictures |= site.write_notebook(at, row, notebook)
        rows.append({"page": f"{row.name}.html", "seconds": seconds})
    body = index_body(site.course, course_map(site.course), pictures)
    write(site.out / "index.html", page("Active image indexing", body, site.heads))
    return pd.DataFrame(rows)


class Site:
    """The pages of one course and how they hang together.

    notebooks, out: folders; course: see `read_course`. .texts {path: name} of the Markdown files that are there, .pages
    {resolved path of a source: name of its page}, .heads (name, title) for the top of each page, .terms: what the
    glossary explains, as ids.
    """

    def __init__(self, notebooks, out, course):
        self.notebooks, self.out, self.course, self.terms = notebooks, out, course, set()
        self.texts = {
            path: name
            for name in TEXTS
            for path in (notebooks / f"{name}.md", notebooks.parent / f"{name}.md")
            if path.is_file()
        }
        self.pages = {(notebooks / f"{name}.ipynb").resolve(): f"{name}.html" for name in course.name}
        self.pages |= {path.resolve(): f"{name}.html" for path, name in self.texts.items()}
        self.heads = [("index.html", "Course"), *((f"{name}.html", TEXTS[name]) for name in self.texts.values())]

    def write_texts(self):
        """The pages of the Markdown files."""
        for path, name in self.texts.items():
            soup = markdown_soup(path.read_text(encoding="utf-8"))
            relink(soup, path.parent, self.pages, self.copy_picture)
            if name == "GLOSSARY":
                link_numbers(soup, {row.number: f"{row.name}.html" for row in self.course.itertuples()})
                self.terms = {heading["id"] for heading in soup("h3")}
            write(self.out / f"{name}.html", page(TEXTS[name], str(soup), self.heads))

    def notebook(self, name, fresh, execute):
        """(the notebook, seconds that it ran): with its results, of a run now or of the last one, or as it is."""
        source, done = self.notebooks / f"{name}.ipynb", self.out / EXECUTED / f"{name}.ipynb"
        seconds = 0.0
        if execute and (fresh or not done.exists() or done.stat().st_mtime <= source.stat().st_mtime):
            begun = time.perf_counter()
            write(done, nbformat.writes(run_notebook(source, self.out / "explorers")))
            seconds = time.perf_counter() - begun
        return nbformat.read(done if execute else source, as_version=4), seconds

    def write_notebook(self, at, row, notebook):
        """The page of the notebook in place `at` of the course; returns its first picture, see `first_picture`."""
        soup = notebook_soup(notebook)
        relink(soup, self.notebooks, self.pages, self.copy_picture)
        link_terms(soup, self.terms, "GLOSSARY.html")
        titles = [(f"{r.name}.html", f"{r.number} {r.title}") for r in self.course.itertuples(index=False)]
        around = [titles[i] if 0 <= i < len(titles) else None for i in (at - 1, at + 1)]
        write(self.out / f"{row.name}.html", page(titles[at][1], str(soup), self.heads, *around))
        return first_picture(soup, row.name, self.out)

    def copy_picture(self, picture):
        """A picture beside the pages, under a name of its own."""
        folder = self.out / "pictures"
        folder.mkdir(exist_ok=True)
        with whole_file(folder / picture.name) as temporary:
            shutil.copyfile(picture, temporary)
        return f"pictures/{picture.name}"


def prepare(out):
    """Make the folder, or raise FileExistsError if it holds what is no page of ours."""
    if not is_free(out) and not (out / EXECUTED).is_dir():
        raise FileExistsError(f"{out} exists and holds other things: name another folder")
    mark_as_output(out)
    (out / EXECUTED).mkdir(exist_ok=True)


def first_picture(soup, name, out):
    """{name: (small copy of the first figure of a notebook, its words)}, or {} where there is none.

    The map of the course is passed over: the index has it already.
    """
    found = next(
        (
            picture
            for picture in soup("img", alt=True)
            if picture["src"].startswith("data:image") and not picture["alt"].startswith("Map of the course")
        ),
        None,
    )
    if found is None:
        return {}
    (out / "pictures").mkdir(exist_ok=True)
    save_thumbnail(found["src"], out / "pictures" / f"{name}.webp")
    return {name: (f"pictures/{name}.webp", found["alt"])}


def write(path, text):
    """Write a file whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

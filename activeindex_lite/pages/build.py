"""One command's work: run the notebooks, write the pages, go on from where it stopped."""

import os
import shutil
import time
from pathlib import Path

import nbformat
import pandas as pd
from tqdm.auto import tqdm

from activeindex_lite.course import read_course
from activeindex_lite.figures.course import course_map
from activeindex_lite.pages.convert import link_terms, markdown_soup, notebook_soup, relink
from activeindex_lite.pages.layout import index_body, page, save_thumbnail
from activeindex_lite.pages.run import run_notebook

# The folder in which results of running wait; it also says that the folder around it holds pages.
EXECUTED = "executed"
TEXTS = {"GLOSSARY": "Glossary", "INSTRUCTORS": "For instructors", "README": "About"}


def build_pages(notebooks="notebooks", out="pages", fresh=False, execute=True):
    """Write the course as pages that open from a disk: index.html, one a notebook, the glossary and the other texts.

    notebooks: folder of the notebooks (its GLOSSARY.md and INSTRUCTORS.md, and README.md above it, become pages too); out: a
    folder that is not there, is empty, or holds earlier pages. A notebook that has not changed since it was last run for
    these pages is not run again, unless fresh; so an interrupted run goes on. execute=False writes notebooks without
    results. Returns a DataFrame: page, seconds (of running; 0 if it was not run). FileExistsError if out holds other things.
    """
    notebooks, out = Path(notebooks), Path(out)
    course = read_course(notebooks)
    prepare(out)
    texts = {path: name for path, name in ((place / f"{name}.md", name) for name in TEXTS for place in (notebooks, notebooks.parent))
             if path.is_file()}
    pages = {(notebooks / f"{name}.ipynb").resolve(): f"{name}.html" for name in course.name}
    pages |= {path.resolve(): f"{name}.html" for path, name in texts.items()}
    heads = [("index.html", "Course"), *((f"{name}.html", TEXTS[name]) for name in texts.values())]
    terms, soups = set(), {}
    for path, name in texts.items():
        soups[name] = markdown_soup(path.read_text(encoding="utf-8"))
        relink(soups[name], path.parent, pages, lambda picture: copied(picture, out))
        terms |= {h["id"] for h in soups[name](["h3", "h4"])} if name == "GLOSSARY" else set()
        write(out / f"{name}.html", page(TEXTS[name], str(soups[name]), heads))
    rows, pictures = [], {}
    for at, row in enumerate(tqdm(list(course.itertuples(index=False)), desc="notebooks")):
        source, begun = notebooks / f"{row.name}.ipynb", time.perf_counter()
        ran = execute and (fresh or not up_to_date(source, out))
        soup = notebook_soup(executed(source, out, ran) if execute else nbformat.read(source, as_version=4))
        seconds = time.perf_counter() - begun if ran else 0.0
        relink(soup, notebooks, pages, lambda picture: copied(picture, out))
        link_terms(soup, terms, "GLOSSARY.html")
        pictures |= first_picture(soup, row.name, out)
        around = [(f"{course.name[i]}.html", f"{course.number[i]} {course.title[i]}") if 0 <= i < len(course) else None for i in (at - 1, at + 1)]
        write(out / f"{row.name}.html", page(f"{row.number} {row.title}", str(soup), heads, *around))
        rows.append({"page": f"{row.name}.html", "seconds": seconds})
    write(out / "index.html", page("Active image indexing", index_body(course, course_map(course), pictures), heads))
    return pd.DataFrame(rows)


def prepare(out):
    """Make the folder, or raise FileExistsError if it holds what is no page of ours."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / EXECUTED).is_dir())):
        raise FileExistsError(f"{out} exists and holds other things: name another folder")
    (out / EXECUTED).mkdir(parents=True, exist_ok=True)


def up_to_date(source, out):
    """Whether a notebook was run after it was last changed."""
    done = out / EXECUTED / source.name
    return done.exists() and done.stat().st_mtime > source.stat().st_mtime


def executed(source, out, run):
    """The notebook with its results: of a run now, or of the last one."""
    done = out / EXECUTED / source.name
    if run:
        write(done, nbformat.writes(run_notebook(source, out / "explorers")))
    return nbformat.read(done, as_version=4)


def copied(picture, out):
    """A picture beside the pages, under a name of its own."""
    folder = out / "pictures"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(picture, folder / picture.name)
    return f"pictures/{picture.name}"


def first_picture(soup, name, out):
    """{name: (small copy of the first figure of a notebook, its words)}, or {} where there is none."""
    found = soup.find("img", src=lambda src: src and src.startswith("data:image"))
    if found is None:
        return {}
    (out / "pictures").mkdir(exist_ok=True)
    save_thumbnail(found["src"], out / "pictures" / f"{name}.webp")
    return {name: (f"pictures/{name}.webp", found["alt"])}


def write(path, text):
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

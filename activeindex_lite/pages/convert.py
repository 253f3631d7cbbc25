"""From notebooks and Markdown to HTML: outputs as they are, links between the pages, ids at headings, terms to the
glossary.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
DEAD = '<p class="note">This control works in a running notebook only.</p>'


def notebook_soup(notebook: NotebookNode) -> BeautifulSoup:
    """The cells of a notebook as a BeautifulSoup, without scripts and without prompts."""
    from nbconvert import HTMLExporter

    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("data", {}).pop(WIDGET, None) is not None:
                output.data.setdefault("text/html", DEAD)
    # nbconvert's full templates load scripts from the network; this one writes the cells and nothing else.
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True
    )
    soup = BeautifulSoup(exporter.from_notebook_node(notebook)[0], "html.parser")
    for script in soup("script"):
        script.decompose()
    # Cells carry ids of their own, which could be those of headings.
    for cell in soup.select("div.cell[id]"):
        del cell["id"]
    return finished(soup)


def markdown_soup(text: str) -> BeautifulSoup:
    """Markdown as a BeautifulSoup."""
    from nbconvert.filters import markdown2html

    soup = BeautifulSoup(markdown2html(text), "html.parser")
    # In a table, code has a backslash before each bar, and nbconvert leaves it there.
    for code in soup.select("td code"):
        code.string = code.get_text().replace("\\|", "|")
    return finished(soup)


def finished(soup: BeautifulSoup) -> BeautifulSoup:
    """The soup with an id at each heading, as GitHub makes them, and tables that scroll on narrow screens."""
    for link in soup.select("a.anchor-link"):
        link.decompose()
    taken = set()
    for heading in soup(re.compile("^h[1-6]$")):
        name, n = slug(heading.get_text()), 1
        while name in taken:
            name, n = f"{slug(heading.get_text())}-{n}", n + 1
        taken.add(name)
        heading["id"] = name
    for table in soup("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))
    return soup


def slug(text: str) -> str:
    """The id of a heading: lower case, hyphens for spaces, without punctuation."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def relink(soup: BeautifulSoup, base: str | Path, pages: dict[Path, str], copy_picture: Callable[[Path], str]) -> None:
    """Point links to other sources at their pages; those to files that have none become plain text.

    base: folder of the source; pages: {resolved path of a source: name of its page}; copy_picture(path): the picture's
    place beside the pages.
    """
    for link in soup("a", href=True):
        target, _, anchor = link["href"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            continue
        page = pages.get((Path(base) / unquote(target)).resolve())
        if page is None:
            link.unwrap()
        else:
            link["href"] = f"{page}#{anchor}" if anchor else page
    for picture in soup("img", src=True):
        if not re.match(r"[a-z]+:", picture["src"]):
            picture["src"] = copy_picture(Path(base) / unquote(picture["src"]))


def link_terms(soup: BeautifulSoup, terms: set[str], page: str) -> None:
    """Make each bold term that the glossary explains a link to it. terms: ids of the glossary's headings; page: its
    name.
    """
    for bold in soup("strong"):
        name = slug(bold.get_text())
        # "centroids" is explained as "centroid".
        name = name if name in terms else name.removesuffix("s")
        if name in terms and not bold.find_parent("a") and not bold.find("a"):
            link = soup.new_tag("a", href=f"{page}#{name}")
            link.extend(list(bold.contents))
            bold.append(link)


def link_numbers(soup: BeautifulSoup, names: dict[str, str]) -> None:
    """Make the numbers in brackets at the end of a paragraph links to the notebooks that are there. names: {number:
    name of its page}.
    """
    for paragraph in soup("p"):
        last = paragraph.contents[-1] if paragraph.contents else None
        found = isinstance(last, str) and re.search(r"\(((?:\d\d(?:, )?)+)\)$", last)
        if found:
            shown = ", ".join(f'<a href="{names[n]}">{n}</a>' if n in names else n for n in found[1].split(", "))
            last.replace_with(last[: found.start()], BeautifulSoup(f"({shown})", "html.parser"))

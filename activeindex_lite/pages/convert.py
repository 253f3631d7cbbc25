"""From notebooks and Markdown to HTML: outputs as they are, links between the pages, ids at headings, terms to the
glossary.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from activeindex_lite.pages.mathml import FORMULA, mathml

WIDGET = "application/vnd.jupyter.widget-view+json"
# Where no word becomes a link.
NO_TEXT = ["a", "code", "pre", "strong", "summary", "math", "svg", "h1", "h2", "h3", "h4"]
# Words of the glossary that a reader need not look up wherever they stand.
EVERYDAY = {
    "picture",
    "original",
    "release",
    "edit",
    "mean",
    "copy",
    "random",
    "query",
    "reference",
    "index",
    "cell",
    "border",
    "code",
    "feature",
    "method",
    "step",
    "view",
    "target",
    "bound",
    "gain",
    "loss",
    "tie",
    "score",
    "interval",
    "background",
    "paired",
    "seed",
    "cluster",
    "worker",
    "client",
    "chunk",
    "scanned",
    "probe",
}
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
    for cell in soup.select(".celltag_predict, .celltag_questions"):
        fold_truth(soup, cell)
    # Cells carry ids of their own, which could be those of headings.
    for cell in soup.select("div.cell[id]"):
        del cell["id"]
    set_formulas(soup)
    return finished(soup)


def set_formulas(soup: BeautifulSoup) -> None:
    """Turn the formulas $...$ and $$...$$ of text cells into MathML; ValueError for one that `mathml` does not know."""
    for text in soup.find_all(string=FORMULA):
        if text.find_parent("div", class_="text_cell_render") and not text.find_parent(["code", "pre"]):
            pieces = FORMULA.sub(
                lambda found: mathml(html.unescape(found[1] or found[2]), block=bool(found[1])),
                html.escape(text, quote=False),
            )
            text.replace_with(BeautifulSoup(pieces, "html.parser"))


def fold_truth(soup: BeautifulSoup, cell: Tag) -> None:
    """Of a prediction or of questions, show what they ask and not their code; fold a truth, so that a reader decides
    first.
    """
    if cell.select_one(".output") and (code := cell.select_one(".input")):
        code.decompose()
    for said in cell.select(".ai-said"):
        said.decompose()
    for truth in cell.select(".ai-revealed"):
        folded = truth.wrap(soup.new_tag("details"))
        summary = soup.new_tag("summary")
        summary.string = "The measured answer"
        folded.insert(0, summary)


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


def link_terms(soup: BeautifulSoup, terms: dict[str, str], page: str) -> None:
    """Make each bold term that the glossary explains a link to it, which shows the glossary's line.

    terms: {term: its line}, as `glossary` reads them; page: the glossary's name.
    """
    terms = {slug(term): line for term, line in terms.items()}
    for bold in soup("strong"):
        name = _known(bold.get_text(), terms)
        if name and not bold.find_parent("a") and not bold.find("a"):
            link = soup.new_tag("a", href=f"{page}#{name}", title=terms[name])
            link.extend(list(bold.contents))
            bold.append(link)


def _known(word: str, terms: dict[str, str]) -> str | None:
    """The id of a word in the glossary, which explains "centroids" as "centroid"; None if it is not there."""
    return next((name for name in (slug(word), slug(word).removesuffix("s")) if name in terms), None)


def link_words(soup: BeautifulSoup, terms: dict[str, str], page: str) -> None:
    """In each section, make the first occurrence of each of the field's words a quiet link that shows its line.

    Words of everyday language, single letters, code and headings stay as they are. The arguments are those of
    `link_terms`.
    """
    words = [term for term in terms if len(term) > 2 and term.lower() not in EVERYDAY]
    if not words:
        return
    terms = {slug(term): line for term, line in terms.items()}
    spelled = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w@-])(?:{spelled})s?(?![\w-])", re.IGNORECASE)
    seen = set()
    for tag in soup.select(".text_cell_render h2, .text_cell_render p, .text_cell_render li"):
        if tag.name == "h2":
            seen = {_known(link.get_text(), terms) for link in tag("a")}
            continue
        seen |= {link["href"].partition("#")[2] for link in tag("a", title=True, href=True)}
        for text in [text for text in tag.find_all(string=pattern) if not text.find_parent(NO_TEXT)]:
            text.replace_with(*_linked(soup, text, pattern, terms, page, seen))


def _linked(soup: BeautifulSoup, text: str, pattern: re.Pattern, terms: dict, page: str, seen: set) -> list:
    """The pieces of a text, with links at words that are not in seen yet."""
    pieces, begin = [], 0
    for found in pattern.finditer(text):
        name = _known(found[0], terms)
        if name is None or name in seen:
            continue
        seen.add(name)
        link = soup.new_tag("a", href=f"{page}#{name}", title=terms[name], attrs={"class": "term"})
        link.string = found[0]
        pieces += [text[begin : found.start()], link]
        begin = found.end()
    return [*pieces, text[begin:]]


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

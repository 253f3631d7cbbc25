"""Whether pages hold together: every link leads somewhere, nothing is loaded from a network, every picture has
words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup


def broken_links(folder: str | Path) -> list[str]:
    """What is wrong with the pages of a folder: a list of sentences, empty if all is well.

    Links and sources must lead to files in the folder, and a part after # to an id there. Links to the web are allowed,
    but whatever a page *loads* must come from the folder. Pictures need a text alternative.
    """
    folder = Path(folder)
    pages = {
        path.relative_to(folder).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(folder.rglob("*.html"))
    }
    ids = {name: {tag["id"] for tag in soup(id=True)} for name, soup in pages.items()}
    return [f"{name}: {problem}" for name, soup in pages.items() for problem in problems(folder, name, soup, ids)]


def problems(folder: Path, name: str, soup: BeautifulSoup, ids: dict[str, set[str]]) -> Iterator[str]:
    """The sentences about one page."""
    for tag in soup(["a", "img", "iframe", "script", "link"]):
        loads, target = tag.name != "a", tag.get("src") or tag.get("href")
        if target and target.startswith(("http:", "https:", "//")):
            if loads:
                yield f"<{tag.name}> loads {target} from the network"
        elif target and not target.startswith(("data:", "mailto:")):
            path, _, anchor = target.partition("#")
            place = ((folder / name).parent / unquote(path)) if path else folder / name
            if not place.is_file():
                yield f"<{tag.name}> leads to {target}, which does not exist"
            elif anchor and anchor not in ids.get(place.resolve().relative_to(folder.resolve()).as_posix(), {anchor}):
                yield f"<{tag.name}> leads to {target}, but that page has no such place"
        if tag.name == "img" and not tag.get("alt", "").strip():
            yield f"a picture has no text alternative: {str(tag)[:80]}"

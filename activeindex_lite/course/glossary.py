"""The glossary of the course, as terms and their lines, for what shows a term's meaning where a reader meets it."""

from __future__ import annotations

import re
from pathlib import Path

from activeindex_lite.course.notebooks import find_notebooks

FILE = "GLOSSARY.md"


def glossary(folder: str | Path | None = None) -> dict[str, str]:
    """{term: its line, in plain text} from GLOSSARY.md of a folder of notebooks; {} where there is none.

    folder: None looks for the course's own, see `find_notebooks`.
    """
    try:
        text = (find_notebooks() if folder is None else Path(folder)).joinpath(FILE).read_text(encoding="utf-8")
    except (ValueError, OSError):
        return {}  # a notebook that somebody moved away from its course still runs
    found = re.findall(r"^### (.+)\n(.+?)(?: \([\d, ]+\))?$", text, re.MULTILINE)
    return {term: re.sub(r"[`*]", "", line) for term, line in found}

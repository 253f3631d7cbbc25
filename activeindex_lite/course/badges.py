"""Links that open a notebook on Binder, written into README and notebooks once the repository has an address."""

from __future__ import annotations

import json
import re
from pathlib import Path

from activeindex_lite.support.files import whole_file

BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/notebooks/{name}"
# README shows Binder's badge; a notebook, which is also read without a network, has a link in words.
BADGE = "[![Open on Binder](https://mybinder.org/badge_logo.svg)]({})"
LINK = "[Open this notebook on Binder]({})"
OLD = re.compile(r"\[!?\[?Open (?:this notebook )?on Binder\][^\n]*mybinder\.org/v2/[^\n]*\n\n")


def write_badges(repository: str, root: str | Path = ".") -> list[Path]:
    """Write a link that opens it on Binder under the title of README.md and of each notebook; an older one goes.

    repository: "OWNER/NAME" on GitHub, or "OWNER/NAME@BRANCH" (without a branch, the default one); root: folder of the
    checkout. Returns the paths of the files, changed or not. ValueError for another form of repository,
    FileNotFoundError if the folder has no README.md or no notebooks/.
    """
    form = re.fullmatch(r"([\w.-]+/[\w.-]+?)(?:@([\w./-]+))?", repository)
    if not form:
        raise ValueError(
            f"repository={repository[:100]!r}: expected OWNER/NAME or OWNER/NAME@BRANCH, such as octocat/vector-course"
        )
    readme, notebooks = Path(root, "README.md"), sorted(Path(root, "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not (readme.exists() and notebooks):
        raise FileNotFoundError(
            f"{root} holds no README.md with a folder notebooks beside it: give the folder of a checkout"
        )
    branch = (form[2] or "HEAD").replace("/", "%2F")
    address = {path.name: BINDER.format(repository=form[1], branch=branch, name=path.name) for path in notebooks}
    _rewrite(readme, under_title(readme.read_text(encoding="utf-8"), BADGE.format(address[notebooks[0].name])))
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        opening = notebook["cells"][0]
        opening["source"] = under_title("".join(opening["source"]), LINK.format(address[path.name])).splitlines(
            keepends=True
        )
        _rewrite(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return [readme, *notebooks]


def under_title(text: str, line: str) -> str:
    """Markdown with the line as a paragraph under its first heading, in place of an older link."""
    title, _, rest = OLD.sub("", text, count=1).partition("\n")
    if not title.startswith("# "):
        raise ValueError(
            f"a text that begins with {title[:40]!r} has no title to put a link under: begin it with '# Title'"
        )
    return f"{title}\n\n{line}\n\n{rest.lstrip()}"


def _rewrite(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:
        with whole_file(path) as temporary:
            Path(temporary).write_text(text, encoding="utf-8")

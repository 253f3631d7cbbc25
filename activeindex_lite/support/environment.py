"""What a computer needs for this course: each need beside what was found, and how to fix what is wrong.

At import it needs Python's standard library alone, so that it can say what a broken installation lacks.
"""

from __future__ import annotations

import html
import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from activeindex_lite.support.machine import Need, cores, disk, free_of_cgroup, free_of_machine, memory, probe

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Need", "Table", "check_environment", "cores", "disk", "free_of_cgroup", "free_of_machine", "memory", "needs",
    "probe", "show_environment",
]  # fmt: skip
NAME = "activeindex-lite"
# conda-forge builds faiss under its plain name, and spells these packages otherwise.
ALSO = {"faiss-cpu": ("faiss", "faiss-gpu")}
CONDA = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
# Packages that work only with the right version of another: the metadata of the first states it.
PAIRS = (("torchvision", "torch"), ("ipywidgets", "jupyterlab_widgets"), ("anywidget", "ipywidgets"))
DATA = ("train.npz", "references.npy", "queries.npy", "lite.safetensors")
PROBES = {
    "faiss runs": (
        "import faiss, numpy as np; i = faiss.IndexFlatL2(2); i.add(np.eye(2, dtype='f')); "
        "i.search(np.eye(2, dtype='f'), 1)"
    ),
    "torch, torchvision and faiss run together": (
        "import faiss, torch, torchvision.ops as o; "
        "o.nms(torch.tensor([[0., 0, 1, 1]]), torch.ones(1), 0.5); torch.ones(9, 9) @ torch.ones(9, 9)"
    ),
}
# Verdict -> (words, colour); wrong first.
VERDICTS = {False: ("✗ fix this", "#D55E00"), None: ("? not known here", "#777777"), True: ("✓ good", "#009E73")}


def needs(thorough: bool = False, folder: str | Path = ".") -> list[Need]:
    """Everything the course needs of this computer, one Need each; works without any other package.

    thorough: also run faiss, torch and torchvision in a process of their own (a few seconds, 700 MB while it runs).
    folder: where results would be written.
    """
    found = [python(), *dependencies(), *pairs(), data(), memory(), cores(), disk(folder)]
    if thorough:
        found += [probe(what, code) for what, code in PROBES.items()]
    return found


def check_environment(thorough: bool = False, folder: str | Path = ".") -> pd.DataFrame:
    """The `needs` as a DataFrame with the columns what, found, needed, ok, how to fix.

    ok is True, False or missing (it cannot be known here). Nothing is imported but pandas.
    """
    import pandas as pd

    table = pd.DataFrame([vars(need) for need in needs(thorough, folder)]).rename(columns={"fix": "how to fix"})
    table["how to fix"] = table["how to fix"].where(table.ok.ne(True), "")
    return table.astype({"ok": "boolean"})


def show_environment(thorough: bool = False, folder: str | Path = ".") -> Table:
    """The `needs` to look at: one line when all are good; otherwise the rows that are not, each with its fix.

    In a notebook the rest opens on a click; show_environment().whole() is the whole table as text.
    """
    order = list(VERDICTS)
    return Table(sorted(needs(thorough, folder), key=lambda need: order.index(need.ok)))


class Table:
    """Needs as a line and the rows that are not good: as HTML in a notebook, as text elsewhere."""

    def __init__(self, rows: Iterable[Need]):
        self.rows = list(rows)
        self.bad = [need for need in self.rows if not need.ok]

    def summary(self) -> str:
        """One line: how many checks are good, and what the computer has."""
        good = len(self.rows) - len(self.bad)
        if self.bad:
            return f"✗ {len(self.bad)} of {len(self.rows)} checks are not good:"
        found = {need.what: need.found.split(", ")[0] for need in self.rows}
        has = "; ".join(f"{what} {found[what]}" for what in HIGHLIGHTS if what in found)
        return f"✓ All {good} checks are good" + (f": {has}." if has else ".")

    def to_html(self) -> str:
        """The line, the rows that are not good, and the whole table folded; all texts are escaped."""
        colour = VERDICTS[not self.bad][1]
        line = f'<p style="border-left: 6px solid {colour}; padding-left: 8px">{html.escape(self.summary())}</p>'
        shown = _table(self.bad) if self.bad else ""
        return f"{line}{shown}<details><summary>Show all {len(self.rows)} checks</summary>{_table(self.rows)}</details>"

    _repr_html_ = to_html

    def whole(self) -> str:
        """All rows as lines of text."""
        return "\n".join(map(_line, self.rows))

    def __repr__(self) -> str:
        return "\n".join([self.summary(), *map(_line, self.bad)])


_HEADS = ("verdict", "what", "found", "needed", "how to fix")
# Checks whose result is worth a word when all is well.
HIGHLIGHTS = ("Python", "torch", "faiss-cpu", "free memory", "cores", "free disk")


def _line(need: Need) -> str:
    line = f"{VERDICTS[need.ok][0]}: {need.what}, {need.found} (needed: {need.needed})"
    return line if need.ok or not need.fix else f"{line}\n    {need.fix}"


def _table(rows: Iterable[Need]) -> str:
    heads = "".join(f'<th style="text-align: left">{name}</th>' for name in _HEADS)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(need: Need) -> str:
    words, colour = VERDICTS[need.ok]
    styles = [f"border-left: 6px solid {colour}; white-space: nowrap; ", "", "", "", ""]
    texts = (words, need.what, need.found, need.needed, "" if need.ok else need.fix)
    cells = "".join(
        f'<td style="{style}text-align: left; vertical-align: top">{html.escape(text)}</td>'
        for style, text in zip(styles, texts, strict=True)
    )
    return f"<tr>{cells}</tr>"


# What is installed ----------------------------------------------------------------------------------------------


def python() -> Need:
    """The version of Python, against the one that the package states."""
    try:
        wanted = importlib.metadata.metadata(NAME)["Requires-Python"]
    except importlib.metadata.PackageNotFoundError:
        wanted = ">=3.10"
    version = platform.python_version()
    return Need(
        "Python",
        f"{version}, environment {Path(sys.prefix).name}",
        wanted,
        _fits(version, wanted),
        f"make a new environment with a Python {wanted}, install the package there, and choose it as the kernel",
    )


def dependencies() -> list[Need]:
    """A row for each package that this one requires; one row if the package itself is not installed."""
    try:
        stated = importlib.metadata.requires(NAME) or []
    except importlib.metadata.PackageNotFoundError:
        return [
            Need(
                NAME,
                "not installed in this kernel's environment",
                "installed",
                False,
                "python -m pip install -e . in the folder of the package, or choose the kernel where it is installed",
            )
        ]
    return [_dependency(name, versions) for name, versions in _required(stated)]


def _dependency(name: str, versions: str) -> Need:
    installed = next(filter(None, map(version_of, (name, *ALSO.get(name, ())))), None)
    fits = installed is not None and _fits(installed, versions)
    return Need(name, installed or "not installed", versions or "any version", fits, install(name, versions))


def pairs() -> list[Need]:
    """Whether packages that depend on each other's version agree, as far as the first one states it."""
    rows = []
    for first, second in PAIRS:
        version = version_of(second)
        if not version_of(first) or not version:
            continue
        stated = dict(_required(importlib.metadata.requires(first) or []))
        wanted = next((versions for name, versions in stated.items() if name.replace("-", "_") == second), None)
        if wanted is not None:
            rows.append(
                Need(
                    f"{second} for {first} {version_of(first)}",
                    version,
                    wanted or "any version",
                    _fits(version, wanted),
                    f"{install(first)}, which brings the {second} that it was made for",
                )
            )
    return rows


def _required(stated: Iterable[str]) -> list[tuple[str, str]]:
    """(name, versions) of the requirements that hold here, extras left out."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:  # then the row of packaging itself says so, and versions are not compared
        plain = (text for text in stated if ";" not in text)
        return [(re.split(r"[\s<>=!~\[(]", text, maxsplit=1)[0], "") for text in plain]
    found = [Requirement(text) for text in stated]
    return [
        (wanted.name, str(wanted.specifier))
        for wanted in found
        if not wanted.marker or wanted.marker.evaluate({"extra": ""})
    ]


def _fits(version: str, versions: str) -> bool | None:
    """Whether a version is among those allowed; None where packaging, which compares them, is missing."""
    if not versions:
        return True
    try:
        from packaging.specifiers import SpecifierSet
    except ModuleNotFoundError:
        return None
    return SpecifierSet(versions).contains(version, prereleases=True)


def version_of(name: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def install(name: str, versions: str = "") -> str:
    """The line that installs a package in this environment."""
    if (Path(sys.prefix) / "conda-meta").is_dir():
        line = f'conda install -c conda-forge "{CONDA.get(name, name)}{versions}"'
    else:
        line = f'python -m pip install -U "{name}{versions}"'
    return f"{line} in a terminal of this environment; then restart the kernel"


def data() -> Need:
    """The ready world's features and the weights, which are files of some megabytes in the package."""
    folder = Path(__file__).parent.parent / "data"
    missing = [name for name in DATA if not (folder / name).is_file() or (folder / name).stat().st_size < 100_000]
    return Need(
        "features and weights",
        f"incomplete: {', '.join(missing)}" if missing else "complete",
        "complete",
        not missing,
        "get the package again, by pip or git clone; a file of a few bytes is a placeholder for one that was not "
        "downloaded",
    )

"""The browser's half of an explorer: one ESM and one style sheet, put together from files of this folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
CSS = (FOLDER / "explorer.css").read_text(encoding="utf-8")


def esm(name):
    """The ESM of the explorer `name`: what all explorers share, then its own file."""
    return "\n".join((FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in ("parts", name))

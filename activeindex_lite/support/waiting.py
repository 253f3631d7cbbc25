"""A bar in a notebook that says what a long cell is doing, and is gone when the cell has its result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import TypeVar

Item = TypeVar("Item")


def waiting(
    items: Iterable[Item], title: str, name: Callable[[Item], str] = str, total: int | None = None
) -> Iterator[Item]:
    """Each item in turn; a notebook shows meanwhile which one is in work, and how many there are. Elsewhere, nothing.

    title: what is being done, such as "activating for"; name: function from an item to its name, which may be empty;
    total: number of items (None: len(items)).
    """
    if not _in_notebook():
        yield from items
        return
    from IPython.display import display

    total = len(items) if total is None else total
    handle = display(_bar(f"{title} ...", 0, total), raw=True, display_id=True)
    try:
        for done, item in enumerate(items):
            handle.update(_bar(f"{title} {name(item)}".rstrip(), done, total), raw=True)
            yield item
    finally:
        handle.update({"text/html": "", "text/plain": ""}, raw=True)


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _bar(text: str, done: int, total: int) -> dict[str, str]:
    """A bar as IPython displays it: done of total, with a text."""
    said = f"{text} ({done} of {total} done)"
    shown = f'<progress max="{total}" value="{done}" aria-label="{escape(said)}"></progress> {escape(said)}'
    return {"text/html": f'<div class="ai-waiting">{shown}</div>', "text/plain": said}

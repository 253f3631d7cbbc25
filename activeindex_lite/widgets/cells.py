"""Which notebook cell made which explorers, so that running the cell again closes those of the run before."""

from __future__ import annotations

import weakref
from typing import Any

# {cell: (its last run, weak references to what that run made)}.
_made: dict[str, tuple[str, list[weakref.ref]]] = {}


def keep(widget: Any) -> None:
    """Note that the present cell made this widget; close what an earlier run of the same cell made.

    ipywidgets holds every widget until it is closed, and so does the history of outputs: without this, each run of a
    cell would leave an explorer with its pictures and indexes in memory. Outside of a notebook nothing happens.
    """
    present = running_cell()
    if present is None:
        return
    cell, run = present
    last_run, widgets = _made.get(cell, (run, []))
    if last_run != run:
        for old in widgets:
            if (open_widget := old()) is not None:
                open_widget.close()
        widgets = []
    _made[cell] = (run, [*widgets, weakref.ref(widget)])


def running_cell() -> tuple[str, str] | None:
    """Identifiers of the notebook cell that runs now and of this run; None outside of a notebook.

    JupyterLab and other front ends of notebooks send the cell's identifier with each request; some do not.
    """
    from IPython import get_ipython

    request = getattr(get_ipython(), "get_parent", dict)()
    cell = request.get("metadata", {}).get("cellId")
    run = request.get("header", {}).get("msg_id")
    return (cell, run) if cell and run else None

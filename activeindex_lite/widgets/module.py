"""What all explorers share: their JavaScript, put together from files of this folder, and their life in a notebook."""

from __future__ import annotations

import difflib
import inspect
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from activeindex_lite.support.checks import real_number, whole_number
from activeindex_lite.widgets.cells import keep
from activeindex_lite.widgets.kept import has_form_of_its_own, show_still

FOLDER = Path(__file__).parent


def read(name: str) -> str:
    """The text of a file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


CSS = read("explorer.css")
# What every explorer has of the shared drawing kit; chooser.js only where it takes pictures.
SHARED = ("parts", "drawing", "charts", "pointing")


def esm(*own: str) -> str:
    """The JavaScript module of an explorer: what all explorers share, then the files of its own, named without .js."""
    return "\n".join(read(f"{part}.js") for part in (*SHARED, *own))


class Setting(traitlets.TraitType):
    """A trait of any kind except None: the explorer's own validator says what it takes, in the explorer's own words."""

    allow_none = False


class Explorer(anywidget.AnyWidget):
    """An anywidget that shows in its page what went wrong after a move there; set from Python, a trait raises as usual.

    A setting that it does not have is refused, at the start and later. Running its notebook cell again closes the
    explorers that the cell made before, and `close` frees what they hold.
    """

    page_traits: tuple[str, ...] = ()
    _css = CSS
    _error = traitlets.Unicode().tag(sync=True)
    _state = None

    def __init__(self, **settings: Any) -> None:
        for name in settings:
            if name not in self._settings():
                raise ValueError(self._unknown(name))
        super().__init__(**settings)
        keep(self)

    def __setattr__(self, name: str, value: Any) -> None:
        # Python would take explorer.aplha = 2 for an attribute, and nothing would move.
        if not name.startswith("_") and not hasattr(type(self), name):
            raise AttributeError(self._unknown(name))
        super().__setattr__(name, value)

    def _ipython_display_(self) -> None:
        """Show the explorer, then a still of it, which JupyterLab hides as long as the explorer lives (kept.py)."""
        from IPython.display import display

        if has_form_of_its_own(self):
            # IPython then asks for that form.
            raise NotImplementedError
        data, metadata = self._repr_mimebundle_()
        # Shown where widgets are not, such as in a notebook that JupyterLab does not trust.
        plain = {"text/plain": f"{type(self).__name__}: run this cell to move it."}
        display({**data, **plain}, metadata=metadata, raw=True)
        if hasattr(self, "still"):
            show_still(self)

    @property
    def state(self) -> Any:
        """What the explorer measures with; ValueError once it is closed."""
        if self._state is None:
            raise ValueError(
                f"this {type(self).__name__} is closed (its cell ran again, or close() was called): use the new one, "
                "or make another"
            )
        return self._state

    def close(self) -> None:
        """Take the explorer out of its page and free its memory; its last results stay readable."""
        super().close()
        self._state = None

    def set_state(self, sync_data: dict) -> None:
        """Take what a browser sends; if that fails, send the page the message and the traits as they are now."""
        try:
            super().set_state(sync_data)
        except Exception as error:  # noqa: BLE001 - whatever it is, only the page can show it
            is_plain = isinstance(error, traitlets.TraitError)
            self._error = f"This did not work: {error if is_plain else f'{type(error).__name__}: {error}'}"
            self.send_state(set(sync_data) & set(self.keys))
        else:
            self._error = ""

    @classmethod
    def _settings(cls) -> list[str]:
        """The names of all settings: the explorer's own first, then those of every widget, such as layout."""
        traits = [name for name in cls.class_trait_names() if not name.startswith("_")]
        return list(dict.fromkeys([*cls._own_settings(), *traits]))

    @classmethod
    def _own_settings(cls) -> list[str]:
        named = [name for name in inspect.signature(cls).parameters if name != "settings"]
        traits = [name for name in cls.page_traits if not name.startswith("_")]
        return list(dict.fromkeys([*named, *traits]))

    @classmethod
    def _unknown(cls, name: str) -> str:
        near = _nearest(name, cls._settings())
        return f"{cls.__name__} has no setting {name[:60]!r}: {near}it has {', '.join(cls._own_settings())}"


def _nearest(name: str, known: Iterable[str]) -> str:
    """\"did you mean ...? \", or nothing where no name is near."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]!r}? " if near else ""


def checked_number(name: str, value: Any, least: float, most: float, why: str, *, whole: bool = True) -> int | float:
    """A number of Python or numpy as a plain int or float, the form that JSON knows; TraitError out of range.

    why: where the range comes from.
    """
    # To Python, True is 1; nobody who writes it means that.
    shown = str(value) if isinstance(value, bool | np.bool_) else value
    try:
        return whole_number(shown, name, most, why, least) if whole else real_number(shown, name, least, most, why)
    except ValueError as error:
        raise traitlets.TraitError(str(error)) from None


def checked_name(name: str, value: Any, known: Iterable[str]) -> str:
    """A name as a plain str; TraitError for one that is not known."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        near = _nearest(value, known) if isinstance(value, str) else ""
        raise traitlets.TraitError(f"{name}={reprlib.repr(value)}: {near}choose one of {', '.join(known)}")
    return str(value)


def checked_indexes(indexes: Any) -> dict:
    """A dict of one or more ActiveIndex by name; ValueError for anything else."""
    from activeindex_lite.index import ActiveIndex

    if not isinstance(indexes, dict) or not indexes:
        raise ValueError(
            f"indexes is {reprlib.repr(indexes)}: expected a dict of name and index, such as {{'mine': index}}"
        )
    for name, index in indexes.items():
        if not isinstance(name, str):
            raise ValueError(f"indexes has the name {reprlib.repr(name)}: expected a text, such as 'mine'")
        if not isinstance(index, ActiveIndex):
            raise ValueError(
                f"indexes[{name!r}] is a {type(index).__name__}: expected an ActiveIndex, as build_index(...) makes one"
            )
        if not index.ntotal:
            raise ValueError(f"indexes[{name!r}] is empty: add the references to it")
    return dict(indexes)

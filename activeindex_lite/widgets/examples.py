"""What the explorers of notebook 08 share: the originals to choose from, and the example of one copy and its search."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import traitlets

from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, read

if TYPE_CHECKING:
    from activeindex_lite.lessons.examples import Example, Examples

SMALL, LARGE = 44, 150
KEPT = 400


class ExampleExplorer(Explorer):
    """An explorer whose points are results over N originals. picture (0 to N - 1): the original of the example."""

    _css = CSS + read("examples.css")
    picture = Setting(0).tag(sync=True)
    _originals = traitlets.List().tag(sync=True)
    _example = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def _begin(self, examples: Examples) -> None:
        """Take the copies; called before any trait is set."""
        self._state, self._seen = examples, {}

    @property
    def example(self) -> Example:
        """The copy that is shown, and its search."""
        return self._found(self.picture, *self._point())

    def _point(self) -> tuple:
        """The present point: the arguments of Examples.of after the picture."""
        raise NotImplementedError

    def _found(self, *key: Hashable) -> Example:
        if key not in self._seen:
            if len(self._seen) >= KEPT:
                self._seen.clear()
            self._seen[key] = self.state.of(*key)
        return self._seen[key]

    def _first(self, example: Example) -> str:
        """The picture of an example's first result."""
        from activeindex_lite.world import load_world

        return thumbnail(load_world().pictures(example.first)[0], LARGE)

    def _told(self, example: Example, i: int) -> dict:
        """An example as the page draws it."""
        original = thumbnail(self.state.released[None][i], LARGE)
        first = original if example.first == self.state.ids[i] else self._first(example)
        return {
            "original": original,
            "copy": thumbnail(example.copy, LARGE),
            "first": first,
            "found": example.found,
            "why": example.why,
        }

    def _refresh(self) -> None:
        self._example = self._told(self.example, self.picture)

    def _kept(self, keys: dict[str, tuple]) -> dict:
        """Examples for a page without a kernel, each picture once. keys: dict from the page's name of a point to the
        arguments of Examples.of.
        """
        places, pictures, examples = {}, [], {}
        for name, key in keys.items():
            told = self._told(self._found(*key), key[0])
            for part in ("original", "copy", "first"):
                if told[part] not in places:
                    places[told[part]] = len(pictures)
                    pictures.append(told[part])
                told[part] = places[told[part]]
            examples[name] = told
        return {"pictures": pictures, "examples": examples}

    def _small(self) -> list[str]:
        """The originals to choose from."""
        return [thumbnail(picture, SMALL) for picture in self.state.released[None]]

    @traitlets.validate("picture")
    def _valid_picture(self, proposal: dict) -> int:
        most = len(self.state) - 1
        return checked_number("picture", proposal.value, 0, most, f"there are {most + 1} originals")


def plain(value: Any) -> float | None:
    """A number of a table as JSON knows it, to three digits; None for one that is missing."""
    return None if value != value else round(float(value), 3)

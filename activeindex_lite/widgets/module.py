"""What all explorers share: the browser's half, put together from files of this folder, and how it hears of errors."""

from pathlib import Path

import anywidget
import traitlets

FOLDER = Path(__file__).parent


def read(name: str) -> str:
    """The text of a file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


CSS = read("explorer.css")


def esm(*own: str) -> str:
    """The JavaScript module of an explorer: what all explorers share, then the files of its own, named without .js."""
    return "\n".join(read(f"{part}.js") for part in ("parts", "drawing", *own))


class Explorer(anywidget.AnyWidget):
    """An anywidget that tells in the page what went wrong after a move there: nobody would see it elsewhere.

    Set from Python, a trait raises as usual.
    """

    _css = CSS
    _error = traitlets.Unicode().tag(sync=True)

    def set_state(self, sync_data):
        """Take what a browser sends. Where that fails, the message goes to the page, and the traits as they are now."""
        try:
            super().set_state(sync_data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page is the place to say so
            self._error = (
                f"This did not work: {error}"
                if isinstance(error, traitlets.TraitError)
                else f"This did not work: {type(error).__name__}: {error}"
            )
            self.send_state(set(sync_data) & set(self.keys))
        else:
            self._error = ""

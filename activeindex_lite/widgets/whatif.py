"""WhatIfExplorer: two settings of index, activation and edit side by side, and the cheapest setting that is enough."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import lazy_loader
import numpy as np
import traitlets

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.sweeps.whatif import Sweep, finding, load_sweep
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read
from activeindex_lite.widgets.whatif_state import sweep_state

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.figures.style import Described

pd = lazy_loader.load("pandas")

# The question that a page asks first.
TARGET = {"r1": 0.8, "psnr": 38.0, "bytes": None}
MOST_PSNR, MOST_BYTES = 100, 1_000_000


class WhatIfExplorer(Explorer):
    """The what-if lab over the stored sweep of the ready world (sweep: another one, from load_sweep).

    Traits, to set, link and observe from Python: a and b, settings (dict factory, references, nprobe, alpha, steps,
    edit; a missing part is as in `Sweep.default`), and target (dict r1, psnr in dB, and bytes per vector at most or
    None: the question, asked for a's references and edit). To change one thing: lab.b = {**lab.b, "nprobe": 16}. A
    value that was not measured raises TraitError and changes nothing.
    """

    _esm = esm("whatif_sweep", "whatif_words", "whatif_charts", "whatif_parts", "whatif_take", "whatif")
    _css = CSS + read("whatif.css")
    a = Setting({}).tag(sync=True)
    b = Setting({}).tag(sync=True)
    target = Setting({}).tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    # What a live measurement says: dict side, text, busy.
    _live = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("a", "b", "target", "_about", "_error", "_live")
    title = "The what-if lab"
    intro = (
        "Choose two settings, A and B, of the index, of activation and of the edit, and see what each reaches and "
        "costs. Or say what you need, and the sweep names the cheapest setting."
    )

    def __init__(
        self,
        *,
        sweep: Sweep | None = None,
        a: dict | None = None,
        b: dict | None = None,
        target: dict | None = None,
        **settings: Any,
    ) -> None:
        self._state = sweep or load_sweep()
        a = {} if a is None else a
        b = {"alpha": _middle(self.sweep)} if b is None else b
        super().__init__(a=a, b=b, target={} if target is None else target, **settings)
        self._about = sweep_state(self.sweep)
        self.on_msg(self._received)

    @property
    def sweep(self) -> Sweep:
        """The sweep that the explorer reads."""
        return self.state

    @property
    def finding(self) -> str:
        """The sentence that the explorer shows."""
        return finding(self.sweep, self.a, self.b)

    @property
    def results(self) -> pandas.DataFrame:
        """What both settings reach: a DataFrame, one row for A and one for B."""
        return pd.DataFrame([self.sweep.measured(self.a), self.sweep.measured(self.b)], index=["A", "B"])

    @property
    def table(self) -> pandas.DataFrame:
        """Every setting of the sweep under A's edit, as in the page's CSV: a DataFrame."""
        return self.sweep.table(self.a["edit"])

    @property
    def answer(self) -> dict | None:
        """The cheapest setting that reaches the target, for A's references and edit; None if there is none."""
        most = np.inf if self.target["bytes"] is None else self.target["bytes"]
        return self.sweep.cheapest(
            self.target["r1"],
            self.target["psnr"],
            edit=self.a["edit"],
            references=self.a["references"],
            most_bytes=most,
        )

    def program(self, side: str = "a") -> str:
        """Setting a or b as the text of a Python program."""
        from activeindex_lite.sweeps.whatif_now import program

        return program(self._side(side), self.sweep.about)

    def measure(self, side: str = "a", pictures: int = 8) -> dict:
        """Measure setting a or b now, on the first originals of the sweep; returns what whatif_now.measure_now does."""
        from activeindex_lite.sweeps.whatif_now import measure_now

        setting = self._side(side)
        try:
            now = measure_now(setting, pictures, about=self.sweep.about, say=lambda text: self._tell(side, text, True))
        except BaseException as error:
            self._tell(side, f"This did not work: {type(error).__name__}: {error}", False)
            raise
        self._tell(side, _live_sentence(side, setting, now, self.sweep), False)
        return now

    @property
    def live(self) -> str:
        """The text of the last live measurement; empty before the first."""
        return self._live.get("text", "")

    def still(self) -> Described:
        """The present settings as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.whatif import comparison

        return comparison(self.sweep, self.a, self.b)

    def stored(self) -> dict:
        """What a page without a kernel needs besides the traits: only the fact that it has no kernel."""
        return {"page": True}

    def _side(self, side: str) -> dict:
        if side not in ("a", "b"):
            raise ValueError(f"side={reprlib.repr(side)}: expected 'a' or 'b'")
        return getattr(self, side)

    def _tell(self, side: str, text: str, busy: bool) -> None:
        self._live = {"side": side, "text": text, "busy": busy}

    def _received(self, _: Any, content: Any, buffers: list) -> None:
        """\"Measure it now\" from the page. Only the page can show an error."""
        if not isinstance(content, dict) or content.get("kind") != "measure":
            return
        side = str(content.get("side"))
        try:
            self.measure(side, content.get("pictures"))
        except Exception as error:  # noqa: BLE001 - whatever it is, only the page can show it
            self._tell(side, f"This did not work: {type(error).__name__}: {error}", False)

    @traitlets.validate("a", "b")
    def _valid_setting(self, proposal: dict) -> dict:
        name, setting = proposal.trait.name, _checked_dict(proposal, "a dict such as {'nprobe': 16}")
        # One value of numpy is as good as Python's, an array of them is not.
        plain = {key: value.item() if _is_one_value(value) else value for key, value in setting.items()}
        if lists := [key for key, value in plain.items() if isinstance(value, np.ndarray | list | dict)]:
            raise traitlets.TraitError(f"{name}: {lists[0]}={reprlib.repr(plain[lists[0]])}: expected one value")
        try:
            return self.sweep.settled(plain)
        except ValueError as error:
            raise traitlets.TraitError(f"{name}: {error}") from None

    @traitlets.validate("target")
    def _valid_target(self, proposal: dict) -> dict:
        given = _checked_dict(proposal, "a dict such as {'r1': 0.9}")
        if unknown := [name for name in given if name not in TARGET]:
            raise traitlets.TraitError(f"target has {', '.join(TARGET)}, not {reprlib.repr(unknown[0])}")
        target = {**TARGET, **given}
        limits = {"r1": (1, "the share of copies found"), "psnr": (MOST_PSNR, "in dB")}
        for name, (most, why) in limits.items():
            target[name] = checked_number(f"target's {name}", target[name], 0, most, why, whole=False)
        target["bytes"] = _checked_bytes(target["bytes"])
        return target


def _checked_dict(proposal: dict, example: str) -> dict:
    if not isinstance(proposal.value, dict):
        raise traitlets.TraitError(f"{proposal.trait.name}={reprlib.repr(proposal.value)}: expected {example}")
    return proposal.value


def _is_one_value(value: Any) -> bool:
    return isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0)


def _checked_bytes(value: Any) -> float | None:
    """Bytes per vector as a number that JSON knows; None and infinity are no limit."""
    if value is None or (isinstance(value, float | np.floating) and value == np.inf):
        return None
    number = checked_number("target's bytes", value, 0, MOST_BYTES, "or None for any", whole=False)
    return int(number) if number == int(number) else number


def _middle(sweep: Sweep) -> float:
    """The alpha nearest to the published one."""
    return min(sweep.axes["alpha"], key=lambda alpha: abs(alpha - ALPHA))


def _live_sentence(side: str, setting: dict, now: dict, sweep: Sweep) -> str:
    """What was measured now, beside what the sweep has for the same originals."""
    n, parts = len(now["found"]), []
    if setting["alpha"]:
        parts += [f"PSNR {now['psnr']:.1f} dB", f"{now['activation_ms']:.0f} ms per picture to activate"]
    parts.append(f"{now['ms']:.2g} ms per query")
    return (
        f"{side.upper()} now, on {n} of the {sweep.about['originals']} originals: R@1 {now['r1']:.2f} (the sweep has "
        f"{sweep.found(setting)[:n].mean():.2f} for the same {n}), {', '.join(parts)}. It took {now['seconds']:.0f} s."
    )

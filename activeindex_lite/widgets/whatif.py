"""WhatIfExplorer: two settings of index, activation and edit side by side, what each reaches, and the cheapest that
is enough.
"""

import numpy as np
import traitlets

from activeindex_lite.sweeps.whatif import finding, load_sweep
from activeindex_lite.widgets.module import CSS, Explorer, esm, read
from activeindex_lite.widgets.whatif_state import sweep_state

# What a page asks at first, and how many pictures it measures live.
TARGET = {"r1": 0.8, "psnr": 38.0, "bytes": None}
PICTURES = (4, 8, 16)


class WhatIfExplorer(Explorer):
    """The what-if lab over the stored sweep of the ready world (sweep: another one, from load_sweep).

    Traits, to be set, linked and observed from Python: a and b, settings (dict factory, references, nprobe, alpha,
    steps, edit; what is not named is as in `Sweep.default`), and target (dict r1, psnr in dB, bytes a vector at most or
    None: the question, asked for a's references and edit). To change one thing: lab.b = {**lab.b, "nprobe": 16}. A
    value that was not measured raises TraitError and changes nothing.
    """

    _esm = esm("whatif_sweep", "whatif_words", "whatif_charts", "whatif_parts", "whatif")
    _css = CSS + read("whatif.css")
    a = traitlets.Dict().tag(sync=True)
    b = traitlets.Dict().tag(sync=True)
    target = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    # What a live measurement says: dict side, text, busy.
    _live = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("a", "b", "target", "_about", "_error", "_live")
    title = "The what-if lab"
    intro = (
        "Choose two settings, A and B, of the index, of activation and of the edit, and see what each reaches "
        "and costs. Or say what "
        "you need, and let the sweep name the cheapest setting."
    )

    def __init__(self, *, sweep=None, a=None, b=None, target=None, **settings):
        self.sweep = sweep or load_sweep()
        b = {"alpha": _middle(self.sweep)} if b is None else b
        super().__init__(a=a or {}, b=b, target=target or {}, **settings)
        self._about = sweep_state(self.sweep)
        self.on_msg(self._received)

    @property
    def finding(self):
        """The sentence that the explorer shows."""
        return finding(self.sweep, self.a, self.b)

    @property
    def results(self):
        """What both settings reach: a DataFrame, a row for A and one for B."""
        import pandas as pd

        return pd.DataFrame([self.sweep.measured(self.a), self.sweep.measured(self.b)], index=["A", "B"])

    @property
    def table(self):
        """Every setting of the sweep under A's edit, what the page's CSV holds: a DataFrame."""
        return self.sweep.table(self.a["edit"])

    @property
    def answer(self):
        """The cheapest setting that reaches the target, for A's references and edit; None where there is none."""
        most = np.inf if self.target["bytes"] is None else self.target["bytes"]
        return self.sweep.cheapest(
            self.target["r1"],
            self.target["psnr"],
            edit=self.a["edit"],
            references=self.a["references"],
            most_bytes=most,
        )

    def program(self, side="a"):
        """Setting a or b as a Python program, text."""
        from activeindex_lite.sweeps.whatif_now import program

        return program(self._side(side), self.sweep.about)

    def measure(self, side="a", pictures=8):
        """Measure setting a or b now, on the first originals of the sweep; see whatif_now.measure_now for what is
        returned.
        """
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
    def live(self):
        """What the last live measurement said, text; empty before the first."""
        return self._live.get("text", "")

    def still(self):
        """The present settings as a Described figure, for readers without a kernel."""
        from activeindex_lite.figures.whatif import comparison

        return comparison(self.sweep, self.a, self.b)

    def stored(self):
        """What a page without a kernel needs besides the traits: nothing but to know that there is no kernel."""
        return {"page": True}

    def _side(self, side):
        if side not in ("a", "b"):
            raise ValueError(f"side={side!r}: 'a' or 'b' is expected")
        return getattr(self, side)

    def _tell(self, side, text, busy):
        self._live = {"side": side, "text": text, "busy": busy}

    def _received(self, _, content, buffers):
        """ "Measure it now" from the page. An error is told there: here nobody would see it."""
        if content.get("kind") != "measure":
            return
        side = str(content.get("side"))
        try:
            self.measure(side, content.get("pictures"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the page is the place to say so
            self._tell(side, f"This did not work: {type(error).__name__}: {error}", False)

    @traitlets.validate("a", "b")
    def _valid_setting(self, proposal):
        try:
            return self.sweep.settled(proposal.value)
        except ValueError as error:
            raise traitlets.TraitError(f"{proposal.trait.name}: {error}") from None

    @traitlets.validate("target")
    def _valid_target(self, proposal):
        target = {**TARGET, **proposal.value}
        if set(target) != set(TARGET):
            raise traitlets.TraitError(f"target has {', '.join(TARGET)}; got {', '.join(map(str, proposal.value))}")
        for name, most in (("r1", 1), ("psnr", 100), ("bytes", np.inf)):
            value = target[name]
            if value is None and name == "bytes":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise traitlets.TraitError(
                    f"target's {name}={value!r}: a number from 0 to {most:g} is expected"
                    + (", or None for any" if name == "bytes" else "")
                )
        return target


def _middle(sweep):
    """The alpha nearest to the published one."""
    return min(sweep.axes["alpha"], key=lambda alpha: abs(alpha - 3))


def _live_sentence(side, setting, now, sweep):
    """What was measured now, beside what the sweep has for the same originals."""
    n = len(now["found"])
    quality = (
        f"PSNR {now['psnr']:.1f} dB, {now['activation_ms']:.0f} ms a picture to activate, " if setting["alpha"] else ""
    )
    return (
        f"{side.upper()} now, on {n} of the {sweep.about['originals']} originals: R@1 {now['r1']:.2f} (the sweep has "
        f"{sweep.found(setting)[:n].mean():.2f} for the same {n}), {quality}{now['ms']:.2g} ms a query. It "
        f"took {now['seconds']:.0f} s."
    )

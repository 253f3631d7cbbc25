"""Prediction: what a reader commits to before a cell runs, a choice, a number or a drawn curve, beside the truth."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence
from numbers import Real
from typing import Any

import anywidget
import numpy as np
import traitlets

from activeindex_lite.widgets.cells import keep
from activeindex_lite.widgets.kept import HIDE_THE_DEAD
from activeindex_lite.widgets.module import read

KINDS = ("choice", "number", "curve")
# The drawing of a curve, in pixels: the same numbers as in prediction.js.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 240, 46, 12, 12, 40
GREEN, GREY = "#009E73", "#888888"


class Prediction(anywidget.AnyWidget):
    """One question and its reader's prediction.

    kind: "choice" (options: texts), "number" (unit; low and high, or None) or "curve" (across: name of the x axis;
    at: its values as texts; up: name of the y axis; low, high). Traits, to set and observe: value, the prediction (None
    until it is made): one of the options (or its position, from 0), a number, or a list of one number per value in
    `at`; truth: the same, once it is measured. Another form of value or truth raises TraitError and changes nothing.
    terms: {term: its line of the glossary}, which JupyterLab shows where the mouse rests on a term of the notebook.
    """

    _esm = read("parts.js") + "\n" + read("prediction.js")
    _css = read("prediction.css")
    kind = traitlets.Enum(KINDS).tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    value = traitlets.Any(None, allow_none=True).tag(sync=True)
    truth = traitlets.Any(None, allow_none=True).tag(sync=True)
    terms = traitlets.Dict().tag(sync=True)
    _verdict = traitlets.Dict().tag(sync=True)

    def __init__(self, name: str, kind: str, question: str, **form: Any) -> None:
        self.name, self.time, self.in_time = name, None, None
        super().__init__(kind=kind, question=question, form=form)
        keep(self)

    def take(self, old: Prediction) -> None:
        """Go on with the prediction and the truth of an earlier run of the same cell."""
        self.value = old.value
        self.time, self.in_time = old.time, old.in_time
        if old.truth is not None:
            self.reveal(old.truth)

    def reveal(self, truth: Any) -> None:
        """Show the truth; ValueError for one of another form than the prediction."""
        try:
            self.truth = truth
        except traitlets.TraitError as error:
            raise ValueError(f"the truth of {self.name!r}: {error}") from None

    @traitlets.validate("value", "truth")
    def _valid(self, proposal: dict) -> Any:
        given = proposal.value
        return None if given is None else _FORMS[self.kind](given, self.form)

    @traitlets.observe("value")
    def _note_the_time(self, change: Any) -> None:
        self.time = (
            None if change.new is None else datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds")
        )
        self.in_time = None if change.new is None else self.truth is None

    @traitlets.observe("value", "truth")
    def _compare(self, change: Any) -> None:
        self._verdict = {"text": self.verdict(), "sign": self.sign()} if self.truth is not None else {}

    def row(self) -> dict:
        """name, question, prediction, truth, time (UTC, ISO 8601) and in_time; None where there is none."""
        given = {"name": self.name, "question": self.question, "prediction": self.value, "truth": self.truth}
        return given | {"time": self.time, "in_time": self.in_time}

    def sign(self) -> str:
        """✓ or ✗ of a choice or of an exact number; empty otherwise."""
        if self.value is None or self.kind == "curve":
            return ""
        if self.kind == "number" and self.value != self.truth:
            return ""
        return "✓" if self.value == self.truth else "✗"

    def verdict(self) -> str:
        """The prediction beside the truth in words."""
        if self.value is None:
            return " ".join(self.said_nothing()).strip()
        if self.kind == "curve":
            return _curve_off(self)
        off = _number_off(self) if self.kind == "number" else ""
        return f"You predicted {self._shown(self.value)}. {self.said_nothing()[1]}{off}"

    def said_nothing(self) -> tuple[str, str]:
        """What to say where no prediction was made, and the truth in words; a curve is drawn."""
        if self.kind == "curve":
            return "You drew no curve.", ""
        return "You made no prediction.", f"Measured: {self._shown(self.truth)}."

    def _shown(self, value: Any) -> str:
        return f"“{value}”" if self.kind == "choice" else f"{number_text(value)} {self.form['unit']}".strip()

    def drawing(self) -> str:
        """The two curves as an inline SVG with a text alternative."""
        measured = ", ".join(f"{number_text(y)} at {x}" for x, y in zip(self.form["at"], self.truth))
        alt = f"{self.form['up']} against {self.form['across']}, measured: {measured}. {self.verdict()}"
        lines = [_polyline(self, self.truth, GREEN, "", True)]
        if self.value is not None:
            lines.insert(0, _polyline(self, self.value, GREY, "6 4", False))
        words = "● measured" + ("" if self.value is None else "   ○ - - your prediction")
        return (
            f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'style="display:block;width:100%;max-width:{WIDTH}px;font:12px system-ui,sans-serif">'
            f"{_frame(self.form)}{''.join(lines)}"
            f'<text x="{LEFT + 8}" y="{TOP + 10}" fill="currentColor">{words}</text></svg>'
        )

    def _ipython_display_(self) -> None:
        """Show the widget, then the question as text, which JupyterLab hides as long as the widget lives (kept.py)."""
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        # An empty text instead of none: a page without widgets has nothing to say of this output.
        display(data | {"text/html": "", "text/plain": self.question}, metadata=metadata, raw=True)
        display({"text/html": HIDE_THE_DEAD + self._html(), "text/plain": self._text()}, raw=True)

    def _text(self) -> str:
        return "\n".join(
            ["Your prediction", self.question, *(f"- {option}" for option in self.form.get("options", ()))]
        )

    def _html(self) -> str:
        asked = html.escape(self.question)
        if self.kind == "choice":
            asked += f"<ul>{''.join(f'<li>{html.escape(option)}</li>' for option in self.form['options'])}</ul>"
        box = "border-left:6px solid #888888;padding:.3em .8em;margin:.3em 0;max-width:46em"
        return f'<div class="ai-still" style="{box}"><p><strong>Your prediction</strong></p><div>{asked}</div></div>'


def number_text(value: float) -> str:
    """A number with three digits, whole ones in full: "1,536", "0.541"."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def points(form: dict, values: Sequence[float]) -> list[tuple[float, float]]:
    """The pixels of a curve's values in its drawing."""
    step = (WIDTH - LEFT - RIGHT) / max(len(form["at"]) - 1, 1)
    high, span = HEIGHT - BOTTOM, form["high"] - form["low"]
    return [
        (LEFT + i * step, high - (min(max(y, form["low"]), form["high"]) - form["low"]) / span * (high - TOP))
        for i, y in enumerate(values)
    ]


def _polyline(card: Prediction, values: Sequence[float], colour: str, dash: str, filled: bool) -> str:
    places = points(card.form, values)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour if filled else "none"}" stroke="{colour}" '
        'stroke-width="2"/>'
        for x, y in places
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return (
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>{marks}'
    )


def _frame(form: dict) -> str:
    texts = []
    for part in (0, 0.5, 1):
        value = form["low"] + part * (form["high"] - form["low"])
        y = points(form, [value])[0][1]
        texts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="currentColor" opacity=".25"/>')
        texts.append(_text(LEFT - 8, y + 4, number_text(value), "end"))
    for (x, _), name in zip(points(form, [form["low"]] * len(form["at"])), form["at"]):
        texts.append(_text(x, HEIGHT - BOTTOM + 16, name, "middle"))
    texts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, f"{form['up']} against {form['across']}", "middle"))
    return "".join(texts)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{html.escape(words)}</text>'


def _choice(given: Any, form: dict) -> str:
    options = form["options"]
    if isinstance(given, int | np.integer) and not isinstance(given, bool) and 0 <= given < len(options):
        return options[given]
    if not isinstance(given, str) or given not in options:
        raise traitlets.TraitError(f"{given!r} is no answer: expected one of {', '.join(options)}")
    return str(given)


def _number(given: Any, form: dict) -> float:
    # An array of one number, as numpy and pandas return it, is that number.
    plain = given.item() if isinstance(given, np.generic | np.ndarray) and np.size(given) == 1 else given
    if isinstance(plain, bool) or not isinstance(plain, Real) or not np.isfinite(plain):
        raise traitlets.TraitError(f"{str(given)[:60]!r} is no number: expected one finite number")
    return int(plain) if float(plain).is_integer() else float(plain)


def _curve(given: Any, form: dict) -> list[float]:
    values = list(given) if isinstance(given, Sequence | np.ndarray) or hasattr(given, "to_numpy") else [given]
    if len(values) != len(form["at"]) or isinstance(given, str):
        raise traitlets.TraitError(f"{len(values)} values: expected {len(form['at'])}, at {', '.join(form['at'])}")
    return [float(_number(value, form)) for value in values]


def _number_off(card: Prediction) -> str:
    off = card.truth - card.value
    if not off:
        return " Exactly."
    low, high = sorted((abs(card.value), abs(card.truth)))
    times = (
        f", a factor of {number_text(high / low)}" if low and card.value * card.truth > 0 and high / low >= 2 else ""
    )
    return f" You were {number_text(abs(off))} too {'low' if off > 0 else 'high'}{times}."


def _curve_off(card: Prediction) -> str:
    off = np.abs(np.subtract(card.truth, card.value))
    worst = int(off.argmax())
    drawn, truth = (number_text(values[worst]) for values in (card.value, card.truth))
    where = f"{card.form['across']} {card.form['at'][worst]}: {drawn} instead of {truth}"
    return f"Your curve is off by {number_text(off.mean())} on average, most at {where}."


_FORMS = {"choice": _choice, "number": _number, "curve": _curve}

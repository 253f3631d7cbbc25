"""Formulas of notebooks, written in TeX, as MathML, which browsers draw without a script or a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

LETTERS = {
    "alpha": "α", "delta": "δ", "varepsilon": "ε", "theta": "θ", "lambda": "λ", "pi": "π", "tau": "τ", "infty": "∞",
}  # fmt: skip
OPERATORS = {
    "cdot": "·", "times": "×", "le": "≤", "ge": "≥", "approx": "≈", "sum": "∑",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "{": "{", "}": "}", "%": "%",
}  # fmt: skip
FUNCTIONS = ("log", "exp", "min", "max", "tanh", "cos", "sin")
SPACES = {"quad": "1em", ",": "0.17em"}
UNDER, BESIDE = ("munderover", "munder", "mover"), ("msubsup", "msub", "msup")
FENCES = "()[]{}|‖"
TOKEN = re.compile(r"\\(?:text|mathrm)\{[^{}]*\}|\\[a-zA-Z]+|\\.|\d+(?:[.,]\d+)*|\S")
# $$ ... $$ on lines of its own, $ ... $ within a line. A dollar sign is written \$.
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+?)(?<!\\)\$", re.DOTALL)


def mathml(tex: str, *, block: bool = False) -> str:
    """A formula in TeX as a <math> element; block: on a line of its own.

    Known are letters, numbers, ^ and _, \\frac, \\sqrt, \\text, \\mathrm, the names in LETTERS, OPERATORS and
    FUNCTIONS. ValueError, with the formula, for another command and for a missing or superfluous brace.
    """
    shown = ' display="block"' if block else ""
    return f"<math{shown} alttext={quoteattr(tex.strip())}>{_Parser(tex).whole()}</math>"


class _Parser:
    """One pass over the tokens of a formula."""

    def __init__(self, tex: str) -> None:
        self.tex, self.tokens, self.at = tex, TOKEN.findall(tex), 0

    def whole(self) -> str:
        row = self._row("")
        if self.at < len(self.tokens):
            raise self._wrong("a } without its {")
        return row

    def _row(self, end: str) -> str:
        """The elements up to the token `end`, as one element."""
        parts = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in (end, "}"):
            parts.append(self._scripted())
        return f"<mrow>{''.join(parts)}</mrow>"

    def _scripted(self) -> str:
        """An element with what is written above and below it."""
        is_sum = self.tokens[self.at] == "\\sum"
        is_function = self.tokens[self.at][1:] in FUNCTIONS
        base, scripts = self._element(), {}
        while self.at < len(self.tokens) and self.tokens[self.at] in ("^", "_", "'"):
            kind = self.tokens[self.at].replace("'", "^")
            if self.tokens[self.at] == "'":
                self.at += 1
                scripts[kind] = scripts.get(kind, "") + "<mo>\u2032</mo>"
            else:
                self.at += 1
                scripts[kind] = scripts.get(kind, "") + self._element()
        whole = _with_scripts(base, scripts.get("_"), scripts.get("^"), UNDER if is_sum else BESIDE)
        return f"{_space('0.17em')}{whole}{_space('0.08em')}" if is_function else whole

    def _element(self) -> str:
        if self.at >= len(self.tokens):
            raise self._wrong("an end where something is expected")
        token = self.tokens[self.at]
        self.at += 1
        if token == "{":
            return self._group()
        if token.startswith("\\"):
            return self._command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        # A minus at the beginning belongs to what follows it.
        before = self.tokens[self.at - 2] if self.at > 1 else "("
        return _operator({"-": "−"}.get(token, token), token == "-" and before in "([{=,")

    def _group(self) -> str:
        row = self._row("}")
        if self.at >= len(self.tokens):
            raise self._wrong("a { without its }")
        self.at += 1
        return row

    def _command(self, name: str) -> str:
        arguments: dict[str, Callable[[], str]] = {
            "frac": lambda: f"<mfrac>{self._element()}{self._element()}</mfrac>",
            "sqrt": lambda: f"<msqrt>{self._element()}</msqrt>",
        }
        if name in ("left", "right"):  # fences grow with what they hold
            sign, self.at = self.tokens[self.at], self.at + 1
            return f'<mo stretchy="true">{escape(OPERATORS.get(sign[1:], sign))}</mo>'
        if name in arguments:
            return arguments[name]()
        if name in LETTERS:
            return f"<mi>{LETTERS[name]}</mi>"
        if name in OPERATORS:
            return _operator(OPERATORS[name])
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in SPACES:
            return _space(SPACES[name])
        if text := re.fullmatch(r"(text|mathrm)\{(.*)\}", name):
            return f"<mtext>{escape(text[2])}</mtext>" if text[1] == "text" else f"<mi>{escape(text[2])}</mi>"
        raise self._wrong(f"\\{name}, which pages do not know")

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"the formula {self.tex.strip()!r} has {what}: write it as other formulas here are written")


def _with_scripts(base: str, below: str | None, above: str | None, names: tuple[str, str, str]) -> str:
    """An element with others below and above it; names: of the elements for both, for below and for above."""
    both, low, high = names
    if below and above:
        return f"<{both}>{base}<mrow>{below}</mrow><mrow>{above}</mrow></{both}>"
    if below:
        return f"<{low}>{base}<mrow>{below}</mrow></{low}>"
    return f"<{high}>{base}<mrow>{above}</mrow></{high}>" if above else base


def _space(width: str) -> str:
    return f'<mspace width="{width}"></mspace>'


def _operator(sign: str, is_prefix: bool = False) -> str:
    fixed = ' stretchy="false"' if sign in FENCES else ' form="prefix"' if is_prefix else ""
    return f"<mo{fixed}>{escape(sign)}</mo>"

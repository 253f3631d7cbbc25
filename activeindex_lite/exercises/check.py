"""What every check shares: a verdict that shows itself, and a comparison that says how far off an array is."""

from __future__ import annotations

import copy
import html
import inspect
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from numbers import Real

import numpy as np

from activeindex_lite.exercises.mistakes import equal, last_step, nothing_returned, scaled

# What a newcomer's error message does not say: a part of the message, and the way out.
WAYS_OUT = (
    ("name 'np' is not defined", "np is numpy: write import numpy as np above the function."),
    ("name 'torch' is not defined", "Write import torch above the function."),
    ("truth value of", "An if, min, max, and, or needs one value: use np.where, np.minimum, np.maximum, & or |."),
    ("Can't call numpy()", "Make tensors of the arrays first: torch.as_tensor(targets.points)."),
    ("positional argument", "Leave the function's arguments as they were."),
)
# Characters of a student's value or error message that a verdict quotes at most.
QUOTED = 200


class WrongAnswer(Exception):
    """What a check raises to say what is wrong; `verdict` turns it into a Verdict."""


@dataclass(frozen=True)
class Verdict:
    """Whether an exercise is solved, and if not, the sentence that helps."""

    passed: bool
    message: str

    def __repr__(self) -> str:
        return f"{'✓ Right.' if self.passed else '✗ Not yet.'} {self.message}"

    def _repr_html_(self) -> str:
        # The colour of the bar is a second cue; the words say the same.
        colour, word = ("#009E73", "✓ Right.") if self.passed else ("#D55E00", "✗ Not yet.")
        return (
            f'<p role="status" style="border-left:6px solid {colour};padding:.4em .8em;margin:.3em 0">'
            f"<strong>{word}</strong> {html.escape(self.message)}</p>"
        )


def verdict(check: Callable[[object], str]) -> Callable[[object], Verdict]:
    """Decorator of a check `f(answer)`, which returns a sentence of praise or raises WrongAnswer: it returns a Verdict.

    No exception leaves a check, whatever the student's function does or returns.
    """

    @wraps(check)
    def checked(answer: object) -> Verdict:
        try:
            return Verdict(True, check(answer))
        except WrongAnswer as wrong:
            return Verdict(False, str(wrong))
        except Exception as error:  # noqa: BLE001 - an answer that no check foresees
            return Verdict(
                False, f"The check cannot read this answer ({type(error).__name__}). Return plain numpy arrays."
            )

    return checked


def call(function: Callable, *arguments: object) -> object:
    """What the student's function returns for copies of these arguments; WrongAnswer if it fails or returns nothing."""
    if not callable(function):
        raise WrongAnswer(
            f"A function is expected here, this is {type(function).__name__}: write its name without brackets."
        )
    try:
        answer = function(*map(_copied, arguments))
    except (Exception, SystemExit) as error:  # whatever the student's code raises is for the student to read
        raise WrongAnswer(failure(function, arguments, error)) from error
    if answer is None or answer is Ellipsis:
        raise WrongAnswer(f"{_name(function)} {nothing_returned(function)}")
    return answer


def _copied(argument: object) -> object:
    """A copy of arrays and lists, so that the student's code cannot change the expected values."""
    return copy.deepcopy(argument) if isinstance(argument, np.ndarray | list) else argument


def _name(function: Callable) -> str:
    return getattr(function, "__name__", "the function")


def failure(function: Callable, arguments: Sequence, error: BaseException) -> str:
    """What to say about an error in the student's function: where, what, the arguments' shapes, and a known way out."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if code and frame.filename == code.co_filename and frame.line
    ]
    where = f" at {lines[-1]!r}" if lines else ""
    shapes = ", ".join(str(a.shape) for a in arguments if isinstance(a, np.ndarray))
    called = ""
    if shapes and isinstance(error, ValueError | IndexError):
        called = f" Its arrays have the shapes {shapes}."
    text = _text(error)
    way_out = next((f" {said}" for part, said in WAYS_OUT if part in text), "")
    message = f": {_short(text).rstrip('. ')}" if text else ""
    return f"{_name(function)} stops{where} with {type(error).__name__}{message}.{called}{way_out}"


def _text(error: BaseException) -> str:
    """The message of an error on one line; nothing if it has none that can be read."""
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - the __str__ of a student's own error
        return ""


def _short(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED]} ..."


def seen(answer: object) -> str:
    """An answer in a few words: a short value as it is, of a long one its type and size."""
    shape = getattr(answer, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {tuple(shape)}"
    if isinstance(answer, list | tuple) and len(answer) <= 4:
        return _short(f"({', '.join(map(seen, answer))})")
    try:
        text = " ".join(repr(answer).split())
    except Exception:  # noqa: BLE001 - a repr of the student's own, or a whole number of 5,000 digits
        return f"a value of type {type(answer).__name__}"
    if len(text) <= 60:
        return text
    if isinstance(answer, list | tuple | set | dict | str | bytes):
        return f"a {type(answer).__name__} of {len(answer)} entries"
    return f"a value of type {type(answer).__name__}"


def as_numbers(answer: object) -> np.ndarray | None:
    """The answer as an array of real numbers or truth values; None if it is something else."""
    try:
        array = np.asarray(answer)
        if array.dtype.kind == "O" and isinstance(answer, Real):
            array = np.asarray(float(answer))  # a Fraction, or a whole number beyond int64
    except Exception:  # noqa: BLE001 - lists of unequal lengths, tensors with a gradient, objects of the student's own
        return None
    return array if array.dtype.kind in "biuf" else None


def one_number(answer: object, what: str, expected: float | None = None) -> float:
    """The answer as a float; WrongAnswer if it is not one finite number.

    expected: the right number (None: not told), by which a missing sum or mean is recognised.
    """
    number = as_numbers(answer)
    if number is None:
        raise WrongAnswer(f"{what}: one number is expected, this is {type(answer).__name__}.")
    if number.shape != () or not np.isfinite(number):
        hint = "" if expected is None else last_step(number, np.asarray(float(expected)), 1e-4)
        raise WrongAnswer(f"{what}: one number is expected, this is {seen(answer)}.{hint}")
    return float(number)


def some_numbers(answer: object, names: Sequence[str]) -> list[float]:
    """The answer as one finite float per name, such as ("low", "high"); WrongAnswer if it is something else."""
    array = as_numbers(answer)
    if array is None or array.shape != (len(names),) or not np.isfinite(array).all():
        raise WrongAnswer(f"{len(names)} numbers are expected, ({', '.join(names)}); this is {seen(answer)}.")
    return [float(value) for value in array]


def compare(
    answer: object,
    expected: object,
    what: str,
    *,
    tolerance: float = 1e-4,
    hints: Sequence[tuple[object, str]] = (),
    are_ids: bool = False,
) -> None:
    """Nothing if answer equals expected, within tolerance for fractions; else WrongAnswer that says how far off it is.

    expected: array or number; whole numbers and truth values must be equal. what: a name of the answer, such as "the
    distances". hints: (wrong array, sentence) pairs for typical mistakes: an answer that equals the wrong array gets
    the sentence. Percent for a share, a missing last sum or mean, and vectors of length 1 are recognised in any answer.
    are_ids: the values are names of things, so that one is not farther off than another.
    """
    expected, array = np.asarray(expected), as_numbers(answer)
    if array is None:
        raise WrongAnswer(
            f"{what}: numbers are expected, an array of shape {expected.shape}; this is "
            f"{type(answer).__name__}{_pieces(answer)}."
        )
    hint = next((" " + sentence for wrong, sentence in hints if equal(array, np.asarray(wrong), tolerance)), "")
    hint = hint or last_step(array, expected, tolerance) or scaled(array, expected, tolerance)
    if array.shape != expected.shape:
        raise WrongAnswer(f"{what}: the shape is {array.shape}, expected {expected.shape}.{hint}")
    if equal(array, expected, tolerance):
        return
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        many = f"{np.sum(~np.isfinite(array))} of {array.size} values are" if array.ndim else "this is"
        raise WrongAnswer(f"{what}: {many} NaN or infinite.{hint}")
    if are_ids and array.size > 1:
        wrong = np.argwhere(array != expected)
        first = tuple(wrong[0])
        raise WrongAnswer(
            f"{what}: {len(wrong)} of {array.size} differ; the first is at {list(map(int, first))}: "
            f"{_say(array[first])} instead of {_say(expected[first])}.{hint}"
        )
    off = np.abs(array.astype(float) - expected.astype(float))
    worst = np.unravel_index(off.argmax(), off.shape)
    told = f"{_say(array[worst])} instead of {_say(expected[worst])}.{hint}"
    if off.size == 1:
        raise WrongAnswer(f"{what}: {told}")
    differ = np.sum(off > (tolerance if expected.dtype.kind == "f" else 0))
    raise WrongAnswer(f"{what}: {differ} of {off.size} values differ; furthest off at {list(map(int, worst))}: {told}")


def _pieces(answer: object) -> str:
    """The shapes of a list's arrays that do not make one array; nothing if it holds none."""
    if not isinstance(answer, list | tuple):
        return ""
    shapes = {piece.shape for piece in answer if isinstance(piece, np.ndarray)}
    if not shapes:
        return ""
    return _short(f" that holds arrays of shape {' and '.join(map(str, sorted(shapes)))}")


def _say(value: np.generic) -> str:
    return f"{value:.4g}" if np.asarray(value).dtype.kind == "f" else str(value)

"""What every check shares: a verdict that shows itself, and a comparison that says how far off an array is."""

import html
import inspect
import traceback
from dataclasses import dataclass

import numpy as np

# What a newcomer's error message does not say: a part of the message, and the way out.
WAYS_OUT = (
    ("name 'np' is not defined", "np is numpy: write import numpy as np above the function."),
    ("name 'torch' is not defined", "Write import torch above the function."),
    ("truth value of", "An if, min, max, and, or needs one value: take np.where, np.minimum, np.maximum, & or |."),
    ("Can't call numpy()", "Make tensors of the arrays first: torch.as_tensor(targets.points)."),
    ("positional argument", "Leave the function's arguments as they were."),
)


class WrongAnswer(Exception):
    """What a check raises to say what is wrong; `verdict` turns it into a Verdict."""


@dataclass(frozen=True)
class Verdict:
    """Whether an exercise is solved, and the sentence that helps on if it is not."""

    passed: bool
    message: str

    def __repr__(self):
        return f"{'✓ Right.' if self.passed else '✗ Not yet.'} {self.message}"

    def _repr_html_(self):
        # The bar's colour is a second cue; the words say it by themselves.
        colour, word = ("#009E73", "✓ Right.") if self.passed else ("#D55E00", "✗ Not yet.")
        return (
            f'<p role="status" style="border-left:6px solid {colour};padding:.4em .8em;margin:.3em 0">'
            f"<strong>{word}</strong> {html.escape(self.message)}</p>"
        )


def verdict(check):
    """Decorator of a check `f(answer)`: it returns the sentence of praise, or raises WrongAnswer; a Verdict comes out.

    Nothing that a student's function does gets through as an exception: an error in it is named in the message.
    """

    def checked(answer):
        try:
            return Verdict(True, check(answer))
        except WrongAnswer as wrong:
            return Verdict(False, str(wrong))

    checked.__name__, checked.__doc__ = check.__name__, check.__doc__
    return checked


def call(function, *arguments):
    """What the student's function returns for these arguments (arrays as copies); WrongAnswer where it fails or returns nothing."""
    if not callable(function):
        raise WrongAnswer(
            f"A function is expected here, this is {type(function).__name__}: hand over its name without brackets."
        )
    try:
        answer = function(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
    except Exception as error:  # whatever the student's code raises is for the student to read
        raise WrongAnswer(failure(function, arguments, error)) from error
    if answer is None or answer is Ellipsis:
        raise WrongAnswer(
            f"{function.__name__} returns nothing so far. Replace the ... by your code, and end with return."
        )
    return answer


def failure(function, arguments, error):
    """The sentences about an error in the student's function: where, what, what it was called with, and a way out if one is known."""
    name, code = getattr(function, "__name__", "the function"), getattr(inspect.unwrap(function), "__code__", None)
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if code and frame.filename == code.co_filename and frame.line
    ]
    where = f" at {lines[-1]!r}" if lines else ""
    shapes = ", ".join(str(a.shape) for a in arguments if isinstance(a, np.ndarray))
    called = (
        f" The arrays that it was given have the shapes {shapes}."
        if shapes and isinstance(error, ValueError | IndexError)
        else ""
    )
    way_out = next((f" {said}" for part, said in WAYS_OUT if part in str(error)), "")
    return f"{name} stops{where} with {type(error).__name__}: {str(error).rstrip('. ')}.{called}{way_out}"


def seen(answer):
    """An answer in a few words: a short value as it is, of a long one its type and size."""
    shape, text = getattr(answer, "shape", None), repr(answer)
    if shape:
        return f"an array of shape {tuple(shape)}"
    if isinstance(answer, list | tuple) and len(answer) <= 4:
        return f"({', '.join(map(seen, answer))})"
    if len(text) <= 60:
        return text
    return (
        f"a {type(answer).__name__} of {len(answer)} entries" if hasattr(answer, "__len__") else type(answer).__name__
    )


def one_number(answer, what):
    """The answer as a float, or WrongAnswer if it is not one finite number."""
    try:
        number = np.asarray(answer, float)
    except (TypeError, ValueError):
        raise WrongAnswer(f"{what}: one number is expected, this is {type(answer).__name__}.") from None
    if number.shape != () or not np.isfinite(number):
        raise WrongAnswer(f"{what}: one number is expected, this is {seen(answer)}.")
    return float(number)


def compare(answer, expected, what, *, tolerance=1e-4, hints=()):
    """Nothing if answer equals expected, within tolerance for fractions; else WrongAnswer that says how far off it is.

    expected: array or number; whole numbers and truth values must be equal. what: names the answer, such as
    "the distances". hints: (wrong array, sentence) pairs, the typical mistakes: the sentence is said when the answer
    equals that array.
    """
    expected = np.asarray(expected)
    try:
        array = np.asarray(answer)
        if array.dtype.kind not in "biuf":
            raise ValueError
    except ValueError:
        raise WrongAnswer(
            f"{what}: numbers are expected, an array of shape {expected.shape}; this is "
            f"{type(answer).__name__}{_pieces(answer)}."
        ) from None
    hint = next((" " + sentence for wrong, sentence in hints if _equal(array, np.asarray(wrong), tolerance)), "")
    if array.shape != expected.shape:
        raise WrongAnswer(f"{what}: the shape is {array.shape}, expected {expected.shape}.{hint}")
    if _equal(array, expected, tolerance):
        return
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        many = f"{np.sum(~np.isfinite(array))} of {array.size} values are" if array.ndim else "this is"
        raise WrongAnswer(f"{what}: {many} NaN or infinite.{hint}")
    off = np.abs(array.astype(float) - expected.astype(float))
    worst = np.unravel_index(off.argmax(), off.shape)
    told = f"{_say(array[worst])} instead of {_say(expected[worst])}.{hint}"
    if off.size == 1:
        raise WrongAnswer(f"{what}: {told}")
    differ = np.sum(off > (tolerance if expected.dtype.kind == "f" else 0))
    raise WrongAnswer(f"{what}: {differ} of {off.size} values differ; furthest off at {list(map(int, worst))}: {told}")


def _pieces(answer):
    """The shapes of a list's arrays, which did not make one array; nothing where there are none."""
    shapes = (
        {np.shape(piece) for piece in answer if isinstance(piece, np.ndarray)}
        if isinstance(answer, list | tuple)
        else ()
    )
    return f" that holds arrays of shape {' and '.join(map(str, sorted(shapes)))}" if shapes else ""


def _equal(array, expected, tolerance):
    if array.shape != expected.shape:
        return False
    if expected.dtype.kind == "f":
        return bool(np.allclose(array, expected, rtol=0, atol=tolerance))
    return bool(np.array_equal(array, expected))


def _say(value):
    return f"{value:.4g}" if np.asarray(value).dtype.kind == "f" else str(value)

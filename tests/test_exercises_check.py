"""The base of all exercise checks: what it says of right, wrong, failing and empty answers."""

import numpy as np
import pytest

from activeindex_lite.exercises import check
from activeindex_lite.exercises.check import Verdict, WrongAnswer, call, compare, verdict

EXPECTED = np.array([[1.0, 4.0], [9.0, 16.0]])


@verdict
def squares(function):
    """A check as the topics write them."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    compare(call(function, x), x**2, "the squares", hints=[(x, "Nothing was squared.")])
    return "All four are squares."


def test_a_right_answer_passes():
    assert squares(lambda x: x * x) == Verdict(True, "All four are squares.")
    assert squares(lambda x: (x * x).tolist()).passed
    assert "✓ Right." in squares(np.square)._repr_html_()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: None, "returns nothing so far"),
        (lambda x: ..., "returns nothing so far"),
        (lambda x: x, "Nothing was squared"),
        (lambda x: x[0], r"shape is (2,), expected (2, 2)"),
        (lambda x: x**2 + [[0, 0], [0.5, 0]], "1 of 4 values differ; furthest off at [1, 0]: 9.5 instead of 9"),
        (lambda x: x / 0 * 0, "4 of 4 values are NaN"),
        (lambda x: "four", "numbers are expected"),
        (lambda x: [[1], [2, 3]], "numbers are expected"),
        (lambda x: x @ np.ones(5), "with ValueError: matmul"),
        (
            lambda: 3,
            (
                "stops with TypeError: <lambda>() takes 0 positional arguments but 1 was given. "
                "Leave the function's arguments as they were."
            ),
        ),
        (lambda x: x @ np.ones(5), "stops at '(lambda x: x @ np.ones(5), "),
        (lambda x: x @ np.ones(5), "the shapes (2, 2)"),
        (lambda x: np.array(1) if x > 0 else 0, "take np.where"),
        (lambda x: numpee.square(x), "NameError: name 'numpee' is not defined."),  # noqa: F821, PLW0108
        (lambda x: [x[0], x[:, :1]], "list that holds arrays of shape (2,) and (2, 1)"),
        (7, "A function is expected here, this is int"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_a_wrong_answer_is_told_how_far_off_it_is(answer, words):
    told = squares(answer)
    assert not told.passed and words in told.message
    assert "✗ Not yet." in repr(told)


def test_numpy_missing_is_said():
    space = {}
    exec("def f(x):\n    return np.square(x)", space)  # noqa: S102 - a cell without the import
    assert squares(space["f"]).message.endswith("write import numpy as np above the function.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (list(range(5000)), "a list of 5000 entries"),
        (np.zeros((40, 3)), r"an array of shape \(40, 3\)"),
        (np.nan, "nan"),
        ("four", "str"),
    ],
)
def test_a_long_answer_is_not_quoted(answer, words):
    with pytest.raises(WrongAnswer, match=f"one number is expected, this is {words}"):
        check.one_number(answer, "the count")


def test_whole_numbers_must_be_equal_and_fractions_nearly():
    compare(EXPECTED + 1e-6, EXPECTED, "x")
    compare(np.int64(3), 3, "the count")
    with pytest.raises(WrongAnswer, match=r"the count: 4 instead of 3"):
        compare(4, 3, "the count")
    with pytest.raises(WrongAnswer, match="2 of 3 values differ"):
        compare([1, 0, 2], [1, 2, 0], "ids")


def test_the_student_cannot_spoil_the_expected_values():
    x = np.arange(3.0)

    def careless(array):
        array[:] = 0
        return array

    call(careless, x)
    assert x.tolist() == [0, 1, 2]


def test_what_a_message_quotes_is_escaped():
    assert "<b>" not in check.Verdict(False, "<b>bold</b>")._repr_html_()

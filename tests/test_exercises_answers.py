"""Answers of every kind: numpy numbers count as numbers; anything else gets a clear sentence, never a traceback."""

import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from activeindex_lite.exercises import (
    activation,
    beyond,
    cluster,
    copy_detection,
    evaluation,
    ivf,
    lsh,
    perceptual,
    pq,
    similarity,
    start,
    whatif,
)

MODULES = (activation, beyond, cluster, copy_detection, evaluation, ivf, lsh, perceptual, pq, similarity, start, whatif)
# Those of notebook 10 look through the whole sweep each time: one of them is enough here.
SLOW = (whatif.front, whatif.cheapest, whatif.paired_interval)
CHECKS = [
    check
    for module in MODULES
    for check in vars(module).values()
    if callable(check) and (check.__doc__ or "").startswith("f(") and check not in SLOW
]


class Rude:
    """An object whose every conversion fails."""

    def __repr__(self):
        raise RuntimeError("no repr")

    def __float__(self):
        raise RuntimeError("no float")

    def __array__(self, *args, **settings):
        raise RuntimeError("no array")

    def __len__(self):
        raise RuntimeError("no length")


NUMBERS = st.one_of(
    st.integers(),
    st.just(10**400),
    st.builds(lambda: 10**5000),  # too long to be written, also for hypothesis
    st.floats(),
    st.complex_numbers(),
    st.fractions(),
    st.decimals(),
    arrays.from_dtype(np.dtype(np.float32)),
    arrays.from_dtype(np.dtype(np.int8)),
    arrays.from_dtype(np.dtype(bool)),
    arrays.from_dtype(np.dtype("datetime64[s]")),
)
OTHERS = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.just("x" * 5000),
    st.just("3.5"),
    st.binary(max_size=5),
    st.builds(Rude),
    st.builds(object),
    st.builds(lambda: (i for i in range(3))),
    st.builds(lambda: torch.tensor(1.0, requires_grad=True)),
    st.builds(lambda: pd.Series(["a", "b"])),
    st.just(pd.NA),
    st.builds(lambda: np.ma.masked),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
TABLES = st.one_of(
    arrays.arrays(st.sampled_from((np.float16, np.float64, np.int64, bool, complex, "U3", object)), SHAPES),
    arrays.arrays(np.float64, SHAPES, elements=st.sampled_from((np.nan, np.inf, -np.inf))),
)
LEAVES = st.one_of(NUMBERS, OTHERS, TABLES)
ANSWERS = st.one_of(
    LEAVES,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=6), max_leaves=8),
    st.tuples(LEAVES, LEAVES),
    st.tuples(LEAVES, LEAVES, LEAVES),
    st.dictionaries(st.text(max_size=2), NUMBERS, max_size=3),
    st.sets(st.integers(), max_size=4),
)


def clear(verdict):
    """The verdict's message is one readable paragraph of bounded length."""
    assert 15 < len(verdict.message) <= 700 and "\n" not in verdict.message, verdict.message
    assert "Traceback" not in verdict.message and "\x1b" not in verdict.message
    assert verdict.message.rstrip().endswith((".", "!", "?", ")")), verdict.message
    assert verdict._repr_html_().startswith("<p ")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.__module__.rpartition('.')[2]}-{check.__name__}")
@settings(max_examples=40)
@given(answer=ANSWERS)
def test_any_answer_gets_a_clear_sentence(check, answer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clear(check(lambda *arguments: answer))


@pytest.mark.parametrize("check", SLOW, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "answer",
    [np.array(5), 10**5000, "3.5", Rude(), [[1], [2, 3]], np.float32("nan"), torch.tensor(1.0, requires_grad=True)],
    ids=lambda answer: type(answer).__name__,
)
def test_any_answer_gets_a_clear_sentence_in_notebook_09(check, answer):
    verdict = check(lambda *arguments: answer)
    clear(verdict)
    assert not verdict.passed


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.__module__.rpartition('.')[2]}-{check.__name__}")
def test_errors_of_the_students_code_are_bounded(check):
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def long(*arguments):
        raise ValueError("a\n" * 5000)

    def silent(*arguments):
        raise Silent

    def leave(*arguments):
        raise SystemExit(3)

    for wrong in (long, silent, leave):
        verdict = check(wrong)
        clear(verdict)
        assert not verdict.passed and type(verdict).__name__ == "Verdict"


def every_form(value):
    """One right number in the forms in which students return it."""
    return (
        float(value),
        np.float64(value),
        np.array(value),
        torch.tensor(float(value), dtype=torch.float64),
        Fraction(float(value)),
        pd.Series([value]).iloc[0],
    )


@pytest.mark.parametrize("form", range(6))
def test_a_right_number_passes_in_every_form(form):
    answers = (
        (start.share_found, lambda first, truth: (first == truth).mean()),
        (ivf.cheapest_nlist, lambda N, nprobe: (N * nprobe) ** 0.5),
        (cluster.times_quicker, lambda alone, shared, workers: (alone + shared) / (alone + shared / workers)),
        (pq.bytes_of_index, lambda N, M, nbits, d: N * M * nbits / 8 + 2**nbits * d * 4),
        (activation.bits_loss, lambda x, signs, w: -(signs * (w @ x)).mean()),
    )
    for check, right in answers:
        verdict = check(lambda *arguments, right=right: every_form(right(*arguments))[form])
        assert verdict.passed, (check, verdict)


def test_float32_passes_where_fractions_are_asked_for():
    assert start.share_found(lambda first, truth: np.float32((first == truth).mean())).passed
    assert cluster.cost(lambda s, n, w, wanted, price: np.float32(wanted * s * w / n / 3600 * price)).passed
    assert similarity.top_k(lambda distances, k: np.argsort(distances)[:k].astype(np.int16)).passed
    assert lsh.bits(lambda x, hyperplanes: (x @ hyperplanes.T >= 0).tolist()).passed


@pytest.mark.parametrize("text", ["0.5", b"0.5", np.array("0.5"), Decimal("0.5"), 0.5 + 0j, [0.5], np.array([0.5])])
def test_text_and_tables_are_not_taken_for_one_number(text):
    verdict = start.share_found(lambda first, truth: text)
    assert not verdict.passed and "one number is expected" in verdict.message

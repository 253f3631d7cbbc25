"""Checks of the exercises on locality-sensitive hashing (notebook 04)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict


@verdict
def bits(answer: Callable) -> str:
    """f(x (N, d), hyperplanes (nbits, d)) -> (N, nbits) bool."""
    rng = np.random.default_rng(0)
    for N, nbits, d in ((30, 7, 4), (1, 3, 5)):
        x, hyperplanes = rng.normal(size=(N, d)).astype(np.float32), rng.normal(size=(nbits, d)).astype(np.float32)
        x[0] = 0  # on every hyperplane
        products = x @ hyperplanes.T
        given = call(answer, x, hyperplanes)
        compare(
            given,
            products >= 0,
            "the bits",
            hints=[
                (products, "These are the products; return their sides: True where a product is at least 0."),
                (products > 0, "A vector on the hyperplane (product 0) counts as True here."),
                (products < 0, "The two sides are exchanged."),
                ((products >= 0).T, "Return the shape (N, nbits)."),
            ],
        )
    return "One bit for each hyperplane: the side on which the vector lies."


@verdict
def hamming(answer: Callable) -> str:
    """f(a (nbits,) bool, b (N, nbits) bool) -> (N,) numbers of differing bits."""
    rng = np.random.default_rng(1)
    for N, nbits in ((50, 64), (1, 5)):
        a, b = rng.random(nbits) < 0.5, rng.random((N, nbits)) < 0.5
        expected = (a != b).sum(1)
        compare(
            call(answer, a, b),
            expected,
            "the distances",
            hints=[
                (expected.sum(), "This is the sum over all codes; sum along the last axis, axis=1."),
                (nbits - expected, "These are the bits that agree."),
                ((a != b).mean(1), "This is the share of differing bits; return their number."),
                (np.sqrt(expected), "Take no root: the Hamming distance is a count."),
            ],
        )
    return "The number of bits that differ. On packed bytes: an XOR and a count of ones, two instructions for 64 bits."


@verdict
def expected_distance(answer: Callable) -> str:
    """f(a (d,), b (d,), nbits) -> the expected Hamming distance under random hyperplanes."""
    rng = np.random.default_rng(2)
    for _ in range(4):
        a, b = rng.normal(size=(2, 6))
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        angle = np.arccos(cosine)
        given = call(answer, a, b, 64)
        if isinstance(given, float | np.floating) and np.isnan(given):
            raise WrongAnswer(
                "The expected distance is NaN, because arccos got a number above 1. Divide a·b by both norms first."
            )
        compare(
            given,
            64 * angle / np.pi,
            "the expected distance",
            hints=[
                (angle / np.pi, "That is the share of the bits; multiply by nbits."),
                (64 * np.degrees(angle) / np.pi, "The angle is in degrees, the half turn pi in radians."),
                (64 * angle / 180, "The angle is in radians: a half turn is pi."),
                (64 * (1 - angle / np.pi), "This is the number of bits that agree."),
                (
                    64 * np.arccos(np.clip(a @ b, -1, 1)) / np.pi,
                    "The vectors do not have length 1: divide by both norms.",
                ),
                (64 * (1 - cosine) / 2, "The share of differing bits is angle / pi, not (1 - cos) / 2."),
            ],
        )
    same = one_number(call(answer, np.ones(3), np.ones(3), 64), "the expected distance of equal vectors")
    if not np.isclose(same, 0, atol=1e-3):
        raise WrongAnswer(
            f"Two equal vectors: {same:g} instead of 0. Rounding can lift the cosine above 1, where arccos fails: use "
            "np.clip."
        )
    return "nbits times angle over pi."


@verdict
def bits_needed(answer: Callable) -> str:
    """f(p, q) -> the smallest number of bits with nbits q - 2 sd(q) >= nbits p + 2 sd(p)."""
    for p, q in ((0.2, 0.4), (0.1, 0.35), (0.3, 0.33)):
        exact = (2 * (np.sqrt(p * (1 - p)) + np.sqrt(q * (1 - q))) / (q - p)) ** 2
        given = one_number(call(answer, p, q), "the number of bits")
        if abs(given - np.ceil(exact)) > 1:
            hints = (
                (exact / 4, "That is for one standard deviation; the exercise takes two."),
                (np.sqrt(exact), "Square it: the spread grows with the root of nbits."),
            )
            hint = next((" " + said for value, said in hints if abs(given - value) < 1.5), "")
            raise WrongAnswer(f"p = {p}, q = {q}: {given:.0f} instead of {np.ceil(exact):.0f} bits.{hint}")
    return "The gap grows with nbits, the spread with its root: half the gap needs four times the bits."

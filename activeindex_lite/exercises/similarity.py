"""Checks of the exercises on similarity search (notebook 01)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict
from activeindex_lite.lessons.similarity import threshold_at_precision
from activeindex_lite.scratch import nearest


@verdict
def squared_distances(answer: Callable) -> str:
    """f(a (A, d), b (B, d)) -> (A, B)."""
    rng = np.random.default_rng(0)
    for A, B, d in ((6, 9, 5), (1, 4, 3), (4, 1, 2)):
        a, b = rng.normal(size=(A, d)).astype(np.float32), rng.normal(size=(B, d)).astype(np.float32)
        expected = np.square(a[:, None] - b).sum(2)
        compare(
            call(answer, a, b),
            expected,
            "the distances",
            hints=[
                (np.sqrt(expected), "These are distances; return their squares."),
                (np.square(a[:, None] - b), "The last step is missing: sum over the last axis."),
                (expected.T, "Rows and columns are exchanged: row i belongs to a[i]."),
                (a @ b.T, "These are dot products; the formula is |a|² - 2 a.b + |b|²."),
                (2 - 2 * a @ b.T, "2 - 2 a.b is true for unit vectors only; these have other lengths."),
            ],
        )
    return "Row i, column j is |a[i] - b[j]|², for vectors of any length."


@verdict
def top_k(answer: Callable) -> str:
    """f(distances (N,), k) -> the positions of the k smallest, the smallest first."""
    rng = np.random.default_rng(1)
    for N, k in ((50, 5), (7, 7), (5000, 900)):
        distances = rng.permutation(N).astype(np.float32)
        order = np.argsort(distances)
        compare(
            call(answer, distances, k),
            order[:k],
            f"the first {k} of {N}",
            are_ids=True,
            hints=[
                (distances[order[:k]], "These are the distances themselves; return their positions (argsort)."),
                (order[::-1][:k], "These are the largest ones."),
                (np.sort(order[:k]), "These are the right ones, but ordered by position, not by distance."),
            ],
        )
    return "The nearest first, without a loop."


@verdict
def threshold(answer: Callable) -> str:
    """f(copies (P,), others (Q,), precision) -> the lowest threshold with that precision."""
    rng = np.random.default_rng(2)
    for P, Q, precision in ((80, 200, 0.9), (200, 50, 0.99), (30, 3000, 0.5)):
        copies, others = rng.normal(0.7, 0.15, P).round(6), rng.normal(0.35, 0.15, Q).round(6)
        best, recall = threshold_at_precision(copies, others, precision)
        given = one_number(call(answer, copies, others, precision), "the threshold")
        passed, false = (copies >= given).sum(), (others >= given).sum()
        got = passed / max(passed + false, 1)
        if not passed + false:
            raise WrongAnswer(f"At {given:.4f} nothing passes: the highest score of a copy is {copies.max():.4f}.")
        if got < precision:
            raise WrongAnswer(
                f"At {given:.4f}, {passed} copies and {false} others pass: the precision is {got:.3f}, expected at "
                f"least {precision}. The threshold is too low."
            )
        if passed / P < recall - 1e-9:
            raise WrongAnswer(
                f"At {given:.4f} the precision is {got:.3f}, but only {passed / P:.0%} of the copies pass; "
                f"{recall:.0%} pass at a lower threshold ({best:.4f}) that is precise enough."
            )
    return "As many copies pass as this precision allows."


@verdict
def brute_force(answer: Callable) -> str:
    """f(queries (Q, d), x (N, d)) -> ids (Q,) of the nearest."""
    rng = np.random.default_rng(3)
    queries, x = rng.normal(size=(20, 6)).astype(np.float32), rng.normal(size=(90, 6)).astype(np.float32)
    compare(
        call(answer, queries, x),
        nearest(queries, x, 1)[1][:, 0],
        "the ids",
        are_ids=True,
        hints=[
            ((queries @ x.T).argmax(1), "The largest dot product is the nearest only among vectors of the same length.")
        ],
    )
    return "Exact, and slow: every vector is read."

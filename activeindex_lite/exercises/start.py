"""The check of the first exercise (notebook 00)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import call, compare, one_number, verdict


@verdict
def share_found(answer: Callable) -> str:
    """f(first (Q,), truth (Q,)), two arrays of ids -> R@1, one number from 0 to 1."""
    rng = np.random.default_rng(0)
    for Q, N in ((10, 3), (37, 5)):
        first, truth = rng.integers(N, size=(2, Q))
        right = first == truth
        compare(
            one_number(call(answer, first, truth), "R@1", right.mean()),
            right.mean(),
            "R@1",
            hints=[
                (right.sum(), "That is the number of copies found; return the share, from 0 to 1."),
                (1 - right.mean(), "That is the share that was missed."),
            ],
        )
    return "You have written the measure of this course: R@1, recall at rank one."

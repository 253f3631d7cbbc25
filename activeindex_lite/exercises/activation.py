"""Checks of the exercises on active indexing (notebook 06)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import call, compare, one_number, verdict

SQUASHED = "This keeps the bound and has a gradient everywhere, so it would work too, but the paper uses tanh."


@verdict
def target(answer: Callable) -> str:
    """f(x (N, d), centroids (nlist, d)) -> (N, d): the centroid of each feature's cell."""
    rng = np.random.default_rng(0)
    for N, nlist, d in ((20, 7, 4), (1, 3, 5)):
        x, centroids = rng.normal(size=(N, d)), rng.normal(size=(nlist, d))
        distances = np.square(x[:, None] - centroids).sum(2)
        compare(
            call(answer, x, centroids),
            centroids[distances.argmin(1)],
            "the targets",
            hints=[
                (distances.argmin(1), "These are the numbers of the cells; return their centroids."),
                (x, "These are the features themselves: such a target leaves a picture nowhere to go."),
                (centroids[distances.argmax(1)], "These are the centroids furthest away."),
                (distances.min(1), "These are distances; return the centroids."),
            ],
        )
    return (
        "The centroid of the feature's own cell: the index stays as it is, and the picture moves toward the centroid."
    )


@verdict
def change(answer: Callable) -> str:
    """f(delta, bound), arrays of one shape -> how far each pixel moves, never beyond +- bound."""
    rng = np.random.default_rng(1)
    for scale in (0.1, 3, 100):
        delta, bound = scale * rng.normal(size=(3, 8, 8)), rng.uniform(1, 12, size=(3, 8, 8))
        given = call(answer, delta, bound)
        compare(
            given,
            bound * np.tanh(delta),
            "the change",
            hints=[
                (np.tanh(delta), "This is tanh alone, from -1 to 1: multiply by the bound."),
                (
                    np.clip(delta, -bound, bound),
                    (
                        "Clipping keeps the bound, but its gradient is 0 outside, where the optimiser would be "
                        "stuck: use tanh."
                    ),
                ),
                (
                    np.tanh(bound * delta),
                    "Multiply outside tanh: tanh stays below 1, so bound times tanh stays below the bound.",
                ),
                (
                    bound * np.tanh(delta / bound),
                    (
                        "This keeps the bound too; the paper uses tanh(delta), so that a step means the same for every "
                        "pixel."
                    ),
                ),
                (bound * 2 / np.pi * np.arctan(delta), SQUASHED),
                (bound * delta / (1 + np.abs(delta)), SQUASHED),
                (bound * np.sin(delta), "This keeps the bound, but goes up and down; tanh always rises."),
                (bound * delta, "This grows without limit: tanh keeps the change within the bound."),
            ],
        )
    return "Whatever delta the optimiser finds, no pixel changes by more than its bound."


@verdict
def bits_loss(answer: Callable) -> str:
    """f(x (d,), signs (nbits,), hyperplanes (nbits, d)) -> the loss of LSH, one number."""
    rng = np.random.default_rng(2)
    for _ in range(3):
        x, hyperplanes = rng.normal(size=6), rng.normal(size=(9, 6))
        signs = np.sign(rng.normal(size=9))
        products = hyperplanes @ x
        compare(
            one_number(call(answer, x, signs, hyperplanes), "the loss", -(signs * products).mean()),
            -(signs * products).mean(),
            "the loss",
            hints=[
                (
                    (signs * products).mean(),
                    "The sign is turned over: a loss must fall when the projections grow on their own sides.",
                ),
                (
                    -(signs * products).sum(),
                    "Take the mean over the bits, so that losses for different nbits can be compared.",
                ),
                (-np.abs(products).mean(), "|w.x| rewards the wrong side too: multiply by the stored sign instead."),
                (
                    (np.sign(products) != signs).mean(),
                    "That is the share of flipped bits. It is a staircase: its gradient is 0 almost everywhere.",
                ),
            ],
        )
    return (
        "Each projection is pushed away from 0 on its own side, so that an edit must move it further to flip the bit."
    )


@verdict
def three_terms(answer: Callable) -> str:
    """f(f (d,), x (d,), q (d,)) -> (3,): |f - x|^2, |x - q|^2 and the rest of |f - q|^2."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        f, x, q = rng.normal(size=(3, 7))
        shift, code, cross = np.square(f - x).sum(), np.square(x - q).sum(), 2 * (f - x) @ (x - q)
        compare(
            call(answer, f, x, q),
            np.array([shift, code, cross]),
            "the three terms",
            hints=[
                (np.array([shift, code, cross / 2]), "The product comes twice: (a + b)² = a² + b² + 2 a·b."),
                (np.array([shift, code, -cross]), "The last term's sign is turned over: f - q = (f - x) + (x - q)."),
                (np.array([code, shift, cross]), "The first two are exchanged: first the edit's |f - x|²."),
                (np.array([shift, code, 2 * f @ q]), "The product is that of (f - x) and (x - q)."),
                (np.sqrt([shift, code, cross**2]), "No roots: squared lengths."),
            ],
        )
    return "f - q = (f - x) + (x - q), squared. Activation aims at the second term; the third depends on directions."


@verdict
def stays(answer: Callable) -> str:
    """f(x (N, d), copies (N, d), centroids (nlist, d)) -> 1 - p_f: the share of copies in their original's cell."""
    rng = np.random.default_rng(4)
    for nlist in (5, 40):
        x, centroids = rng.normal(size=(60, 3)), rng.normal(size=(nlist, 3))
        copies = x + 0.4 * rng.normal(size=x.shape)
        own, new = (np.square(a[:, None] - centroids).sum(2).argmin(1) for a in (x, copies))
        expected = (own == new).mean()
        given = one_number(call(answer, x, copies, centroids), "1 - p_f", expected)
        compare(
            given,
            expected,
            "1 - p_f",
            hints=[
                (1 - expected, "That is p_f, the share that leaves; return the share that stays."),
                ((own == new).sum(), "That is their number; return the share, from 0 to 1."),
            ],
        )
    return "1 - p_f. At nprobe 1 it is an upper bound of R@1: a copy that left its cell cannot be found."

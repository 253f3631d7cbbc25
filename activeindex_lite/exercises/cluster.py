"""Checks of the exercises on clusters (notebook 12)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, as_numbers, call, compare, one_number, verdict


@verdict
def cost(answer: Callable) -> str:
    """f(seconds, n, workers, wanted, price) -> cost of `wanted` pictures, if n took `seconds` on one-core workers."""
    for seconds, n, workers, wanted, price in ((9.0, 450, 1, 1_000_000, 0.05), (30.0, 1200, 4, 20_000, 0.2)):
        expected = wanted * seconds * workers / n / 3600 * price
        compare(
            one_number(call(answer, seconds, n, workers, wanted, price), "the cost"),
            expected,
            "the cost",
            tolerance=1e-6 * expected,
            hints=[
                (expected / workers, "All workers are paid for the whole time: seconds times workers."),
                (
                    expected / workers**2,
                    "More workers do not make a core-second cheaper: multiply by workers instead of dividing.",
                ),
                (expected * 3600, "The price is per hour, which has 3,600 seconds."),
                (expected / price, "These are core-hours; multiply by the price."),
                (
                    n * seconds * workers / wanted / 3600 * price,
                    "n pictures took these seconds: compute the time of one picture first, then that of `wanted`.",
                ),
            ],
        )
    return "Twice the workers take half the time at the same cost, so people rent many for an hour, not one for a year."


@verdict
def in_order(answer: Callable) -> str:
    """f(arrived: list of (number, array (n, d))) -> the rows of chunk 0, then of chunk 1, and so on: (N, d)."""
    rng = np.random.default_rng(0)
    for chunks in (4, 12):
        parts = [rng.normal(size=(rng.integers(1, 4), 3)) for _ in range(chunks)]
        order = [int(i) for i in rng.permutation(chunks)]
        arrived = [(i, parts[i]) for i in order]
        compare(
            call(answer, arrived),
            np.concatenate(parts),
            "the rows",
            hints=[
                (np.concatenate([parts[i] for i in order]), "This is the order of arrival. Sort by the number first."),
                (
                    np.concatenate([parts[i] for i in sorted(range(chunks), key=str)]),
                    "The numbers were sorted as texts: 10 came before 2.",
                ),
                (np.concatenate(parts[::-1]), "The last chunk comes first here."),
            ],
        )
    return "The result does not depend on which worker computed a chunk, or when."


@verdict
def streams(answer: Callable) -> str:
    """f(seed, start, stop) -> one random number per picture, (stop - start,), from seed and position alone."""
    whole = _numbers(call(answer, 3, 0, 12), 12)
    if len(np.unique(whole)) < 12:
        raise WrongAnswer("Some pictures got the same number: each position needs its own stream.")
    if not np.array_equal(_numbers(call(answer, 3, 0, 12), 12), whole):
        raise WrongAnswer(
            "A second call returns other numbers: a chunk that is repeated after a worker died would differ."
        )
    parts = np.concatenate([_numbers(call(answer, 3, a, b), b - a) for a, b in ((0, 5), (5, 6), (6, 12))])
    if not np.array_equal(parts, whole):
        where = int(np.flatnonzero(parts != whole)[0])
        raise WrongAnswer(
            f"In chunks of other sizes, picture {where} gets another number ({parts[where]:.4f} instead of "
            f"{whole[where]:.4f}): it must depend on seed and position, not on where its chunk begins."
        )
    if np.array_equal(_numbers(call(answer, 4, 0, 12), 12), whole):
        raise WrongAnswer("Another seed gives the same numbers.")
    if np.intersect1d(_numbers(call(answer, 4, 0, 12), 12), whole).size:
        raise WrongAnswer(
            "Seed 4 repeats numbers of seed 3 at other positions, because seed + position mixes them up. A generator "
            "takes a list, [seed, position]."
        )
    return "Any worker can draw any picture, in any order, any number of times."


def _numbers(answer: object, n: int) -> np.ndarray:
    array = as_numbers(answer)
    if array is None:
        raise WrongAnswer(f"{n} numbers are expected, this is {type(answer).__name__}.")
    if array.shape != (n,):
        raise WrongAnswer(f"{n} numbers are expected, the shape is {array.shape}.")
    if not np.isfinite(array).all():
        raise WrongAnswer(f"{n} numbers are expected, {np.sum(~np.isfinite(array))} of these are NaN or infinite.")
    return array.astype(float)


@verdict
def times_quicker(answer: Callable) -> str:
    """f(alone, shared, workers): seconds for one process only, seconds that workers share -> speed-up (Amdahl)."""
    for alone, shared, workers in ((10.0, 90.0, 9), (3.0, 600.0, 100), (0.0, 5.0, 4)):
        expected = (alone + shared) / (alone + shared / workers)
        compare(
            one_number(call(answer, alone, shared, workers), "the speed-up"),
            expected,
            "the speed-up",
            hints=[
                (
                    alone + shared / workers,
                    "These are the seconds with workers; return how many times quicker that is.",
                ),
                (1 / expected, "The fraction is upside down: divide seconds with one process by seconds with workers."),
                (float(workers), "That would be true if everything could be shared."),
                ((alone + shared) / ((alone + shared) / workers), "Do not divide `alone` by the number of workers."),
            ],
        )
    return "With more and more workers it approaches (alone + shared) / alone, but never reaches it."

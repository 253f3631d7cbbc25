"""Checks of the exercises on evaluation (notebook 08)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, some_numbers, verdict

Z = 1.959964  # of a 95 % interval


@verdict
def recall_at_1(answer: Callable) -> str:
    """f(distances (Q, k) rising, ids (Q, k), truth (Q,)) -> R@1 with ties for the first place counted against."""
    rng = np.random.default_rng(0)
    for Q, k, largest in ((200, 4, 3), (60, 2, 2), (80, 10, 1000)):
        truth = rng.integers(0, 50, Q)
        distances = np.sort(rng.integers(0, largest, (Q, k)), axis=1).astype(np.float32)
        ids = np.stack([rng.permutation(50)[:k] for _ in range(Q)])
        ids[: Q // 2, 0] = truth[: Q // 2]
        first, tied = ids[:, 0] == truth, distances[:, 0] == distances[:, 1]
        anywhere = ((ids == truth[:, None]) & (distances == distances[:, :1])).any(1)
        expected = (first & ~tied).mean()
        compare(
            one_number(call(answer, distances, ids, truth), "R@1", expected),
            expected,
            "R@1",
            hints=[
                (
                    first.mean(),
                    (
                        "These are the first results as they happen to be ordered: a tie for the first place must "
                        "count as a miss."
                    ),
                ),
                (anywhere.mean(), "Here a tie counts in favour; it must count as a miss."),
                (
                    ((ids == truth[:, None]).any(1)).mean(),
                    "That is the share with the original anywhere among the k results; only the first place counts.",
                ),
                ((first & ~tied).sum(), "That is their number; return the share, from 0 to 1."),
                (1 - expected, "That is the share of misses."),
            ],
        )
    return "An index that gives fifty pictures the same distance has not found one of them."


@verdict
def interval(answer: Callable) -> str:
    """f(hits (Q, edits) of 0 and 1, rng) -> (low, high): 95 % bootstrap interval of the mean, drawing pictures."""
    rng = np.random.default_rng(1)
    for Q, E in ((60, 14), (200, 5)):
        # A few pictures are lost under most edits, others under none: the E copies of a picture are not independent.
        hits = (rng.random((Q, E)) < rng.beta(0.7, 0.5, (Q, 1))).astype(float)
        means, mean = hits.mean(1), hits.mean()
        right = Z * means.std() / np.sqrt(Q)
        low, high = _ends(call(answer, hits, np.random.default_rng(2)))
        wide = {
            "one entry": Z * hits.std() / np.sqrt(Q * E),
            "no root": Z * means.std(),
            "68": right / Z,
            "90": right * 1.645 / Z,
            "single": np.ptp(np.quantile(means, [0.025, 0.975])) / 2,
            "edits": Z * hits.mean(0).std() / np.sqrt(E),
            "one edit": Z * hits.std() / np.sqrt(Q),
        }
        half = (high - low) / 2
        if not low < mean < high:
            raise WrongAnswer(
                f"The mean is {mean:.3f}; [{low:.3f}, {high:.3f}] does not hold it.{_percent(low, mean, high)}"
            )
        _near(
            half,
            right,
            wide,
            {
                "one entry": "The entries were drawn one by one; the copies of a picture are dependent: draw rows.",
                "no root": "That is the scatter of single pictures; the interval is that of their mean.",
                "single": "These are quantiles of single pictures; take quantiles of the mean, over many draws.",
                "edits": "The edits were drawn; draw the pictures, which are the rows.",
                "90": "That is a 90 % interval; for 95 %, take the quantiles .025 and .975.",
                "68": "That is one standard deviation; for 95 %, take the quantiles .025 and .975.",
                "one edit": "That is the interval of one edit; return that of the mean over the edits.",
            },
        )
        if abs(low + half - mean) > 0.25 * right:
            raise WrongAnswer(
                f"[{low:.3f}, {high:.3f}] has the right width, but its middle is not the mean {mean:.3f}."
            )
    return "Pictures are drawn, not copies: the 14 copies of a picture are not independent."


@verdict
def pictures_needed(answer: Callable) -> str:
    """f(p, width) -> the number of pictures for which the 95 % interval of an R@1 of p has at most this width."""
    for p, width in ((0.5, 0.1), (0.9, 0.05), (0.3, 0.02)):
        exact = p * (1 - p) * (2 * Z / width) ** 2
        given = one_number(call(answer, p, width), "the number of pictures")
        wrong = [
            (
                p * (1 - p) * (Z / width) ** 2,
                "The width is that of the whole interval, from end to end: twice 1.96 standard errors.",
            ),
            (
                p * (1 - p) * (2 / width) ** 2,
                "Two standard errors from end to end make a 68 % interval: take 1.96 to each side.",
            ),
            (np.sqrt(p * (1 - p)) * 2 * Z / width, "That is its square root."),
            (p * (2 * Z / width) ** 2, "The variance of a 0 or 1 is p (1 - p)."),
        ]
        # 1.96 and 2 are both common, and both pass.
        if not 0.995 * exact - 1 <= given <= 1.045 * exact + 2:
            hint = next((f" {sentence}" for value, sentence in wrong if abs(given - value) <= 0.01 * value + 1), "")
            raise WrongAnswer(
                f"For p = {p} and a width of {width}: {given:.5g} pictures instead of {np.ceil(exact):.0f}.{hint}"
            )
        if given != round(given):
            raise WrongAnswer(f"{given:.5g} is not a whole number of pictures: round up.")
    return "Half the width needs four times the pictures. The papers' tables have thousands of pictures."


@verdict
def paired_gain(answer: Callable) -> str:
    """f(before (Q, edits), after (Q, edits), rng) -> (gain, low, high): gain of the mean, paired 95 % interval."""
    rng = np.random.default_rng(3)
    for Q in (40, 150):
        ease = rng.beta(0.6, 0.6, (Q, 1))
        before, after = ((rng.random((Q, 8)) < level).astype(float) for level in (ease, np.minimum(1, ease + 0.12)))
        difference = after.mean(1) - before.mean(1)
        given = call(answer, before, after, np.random.default_rng(4))
        gain, low, high = some_numbers(given, ("gain", "low", "high"))
        compare(
            gain,
            difference.mean(),
            "the gain",
            hints=[(-difference.mean(), "Its sign is turned over: after minus before.")],
        )
        apart = Z * np.sqrt((before.mean(1).var() + after.mean(1).var()) / Q)
        _near(
            (high - low) / 2,
            Z * difference.std() / np.sqrt(Q),
            {"apart": apart, "entries": Z * (after - before).std() / np.sqrt(8 * Q)},
            {
                "apart": "Before and after were drawn apart. They are the same pictures: draw rows of the difference.",
                "entries": "The entries were drawn one by one: draw whole rows, as in exercise 8.2.",
            },
        )
        if not low < gain < high:
            raise WrongAnswer(f"The gain is {gain:.3f}; [{low:.3f}, {high:.3f}] does not hold it.")
    return "Hard pictures lower both numbers, but not their difference, so its interval is narrower."


def _ends(given: object) -> tuple[float, float]:
    """(low, high) as floats, or WrongAnswer."""
    low, high = some_numbers(given, ("low", "high"))
    if low == high:
        raise WrongAnswer(
            f"Every draw gave {low:.4g}: draw with replacement (rng.integers); shuffled pictures have the same mean."
        )
    if low > high:
        raise WrongAnswer(f"low must be below high; this is [{low:.4g}, {high:.4g}].")
    return low, high


def _percent(low: float, mean: float, high: float) -> str:
    return " This is in percent; return shares, from 0 to 1." if low < 100 * mean < high else ""


def _near(half: float, right: float, wrong: dict[str, float], sentences: dict[str, str]) -> None:
    """WrongAnswer unless half an interval is right, as far as 500 resamples can tell; it names a known mistake.

    wrong: half intervals of the mistakes, by name; sentences: what to say about each.
    """
    if 0.85 * right <= half <= 1.15 * right:
        return
    nearest = min(wrong, key=lambda name: abs(half / wrong[name] - 1))
    hint = f" {sentences[nearest]}" if abs(half / wrong[nearest] - 1) < 0.12 else ""
    raise WrongAnswer(f"The interval is {2 * half:.3f} wide, {half / right:.2f} times what it should be.{hint}")

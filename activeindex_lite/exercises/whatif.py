"""Checks of the exercises on choosing a setting (notebook 10): the answers come from the stored sweep."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, failure, one_number, seen, verdict
from activeindex_lite.sweeps.whatif import RESAMPLES, Sweep, load_sweep, unbeaten

if TYPE_CHECKING:
    import pandas as pd


def curve(sweep: Sweep, factory: str, **setting) -> np.ndarray:
    """R@1 of a factory at each nprobe of the sweep, (P,)."""
    return np.array([sweep.measured({"factory": factory, "nprobe": n, **setting})["r1"] for n in sweep.axes["nprobe"]])


@verdict
def smallest_nprobe(answer: Callable) -> str:
    """f(nprobes (P,), r1 (P,), wanted) -> the smallest nprobe whose R@1 is at least wanted; None if there is none."""
    sweep = load_sweep()
    nprobes = np.array(sweep.axes["nprobe"])
    for factory in [f for f, nlist in zip(sweep.about["factories"], sweep.nlist, strict=True) if nlist]:
        r1 = curve(sweep, factory)
        for wanted in (0.0, r1[0], r1[2] + 1e-6, r1.max()):
            if not (r1 >= wanted).any():
                continue
            right = nprobes[r1 >= wanted].min()
            compare(
                one_number(call(answer, nprobes, r1, wanted), "nprobe"),
                right,
                f"{factory}, an R@1 of {wanted:.3f}",
                hints=[
                    (
                        nprobes[np.abs(r1 - wanted).argmin()],
                        "That is the nearest R@1; take one that is not below what is wanted.",
                    ),
                    (nprobes[r1 > wanted].min(initial=0), "An R@1 that equals what is wanted is enough: use >=."),
                    (nprobes[r1 >= wanted].max(), "That is the largest nprobe that reaches it; return the smallest."),
                    (np.flatnonzero(r1 >= wanted).min(), "That is a position in the array; return nprobes[position]."),
                ],
            )
        try:
            given = answer(nprobes, r1, 1.01)
        except Exception as error:  # whatever the student's code raises is for the student to read
            raise WrongAnswer(
                f"Where no nprobe is enough, None is expected. {failure(answer, (nprobes, r1), error)} Check first "
                "whether there is one."
            ) from error
        if given is not None:
            raise WrongAnswer(f"No nprobe reaches an R@1 of 1.01: None is expected, this is {seen(given)}.")
    return "Compare it with the R@1 of an activated copy: that is what activation is worth in nprobe."


@verdict
def front(answer: Callable) -> str:
    """f(ms (S,), r1 (S,)) -> (S,) bool: the settings that no other beats."""
    small = np.array([1, 1, 2, 3.0]), np.array([0.5, 0.6, 0.6, 0.7])
    table = load_sweep().table()
    stored = table[table.references == table.references.max()].drop_duplicates(["ms", "r1"])
    for ms, r1 in (small, (stored.ms.to_numpy(), stored.r1.to_numpy())):
        no_worse = (ms[:, None] >= ms) & (r1[:, None] <= r1)
        best = unbeaten(ms, r1)
        strictly = ((ms[:, None] > ms) & (r1[:, None] < r1)).any(1)
        given = call(answer, ms, r1)
        if getattr(given, "dtype", None) != bool:  # noqa: E721 - a numpy dtype equals bool
            kind = f"an array of {given.dtype}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
            raise WrongAnswer(f"A numpy array of {len(ms)} values True and False is expected, this is {kind}.")
        compare(
            given,
            best,
            "the front",
            hints=[
                (~best, "These are the settings that are beaten: invert it with ~."),
                (
                    ~strictly,
                    "A setting is also beaten by one that is as quick and finds more, or finds as much and is quicker.",
                ),
                (
                    ~no_worse.any(1),
                    (
                        "Every setting is as quick as itself and finds as much: the other must also be better in "
                        "one of the two."
                    ),
                ),
            ],
        )
    return "For a choice by time and R@1 alone, these settings are enough: each of the others is beaten."


@verdict
def cheapest(answer: Callable) -> str:
    """f(table, r1, psnr) -> the label (table.index) of the quickest row with at least that R@1 and PSNR."""
    table = load_sweep().table()
    # Sorted, so that labels are no places.
    table = table[table.references == table.references.max()].sort_values("r1")
    passive = table[np.isinf(table.psnr)]
    for r1, psnr in ((0.5, 0), (float(table.r1[table.psnr >= 38].quantile(0.6)), 38), (float(passive.r1.median()), 60)):
        enough = table[(table.r1 >= r1) & (table.psnr >= psnr)]
        row = _row(answer, table, r1, psnr)
        wanted = f"R@1 of at least {r1:.2f} at {psnr:g} dB or more"
        if row.r1 < r1 or row.psnr < psnr:
            raise WrongAnswer(f"{wanted}: your row has {row.r1:.2f} at {row.psnr:.1f} dB.")
        if row.ms > enough.ms.min():
            raise WrongAnswer(f"{wanted}: your row takes {row.ms:g} ms, but {enough.ms.min():g} ms would do.")
    return (
        "As in the explorer: a filter, then the smallest time. Unchanged pictures always pass: their PSNR is infinite."
    )


def _row(answer: Callable, table: pd.DataFrame, r1: float, psnr: float) -> pd.Series:
    """The row that the student's function names; WrongAnswer if it names none."""
    if not callable(answer):
        raise WrongAnswer(
            f"A function is expected here, this is {type(answer).__name__}: write its name without brackets."
        )

    @wraps(answer)
    def cheapest(*limits):
        return answer(table.copy(), *limits)

    label = one_number(call(cheapest, r1, psnr), "the row's label (idxmin gives one)")
    if label not in table.index:
        raise WrongAnswer(
            f"{label:g} is not a label of the table; idxmin of the column ms gives the label of the smallest time."
        )
    return table.loc[label]


@verdict
def paired_interval(answer: Callable) -> str:
    """f(a (n,), b (n,), draws (resamples, n) of picture numbers) -> (2,): the 95 % interval of mean(b) - mean(a)."""
    sweep = load_sweep()
    n, alpha = sweep.about["originals"], max(sweep.axes["alpha"])
    draws = np.random.default_rng(5).integers(n, size=(RESAMPLES, n))
    factory = next(f for f, nlist in zip(sweep.about["factories"], sweep.nlist, strict=True) if nlist)
    for setting in ({"alpha": alpha}, {"nprobe": max(sweep.axes["nprobe"])}):
        a, b = sweep.found({"factory": factory}), sweep.found({"factory": factory, **setting})
        ends = [2.5, 97.5]
        right = np.percentile((b - a)[draws].mean(1), ends)
        apart = np.percentile(b[draws].mean(1) - a[np.random.default_rng(6).permutation(draws)].mean(1), ends)
        compare(
            call(answer, a, b, draws),
            right,
            "the interval",
            tolerance=1e-6,
            hints=[
                (np.percentile((a - b)[draws].mean(1), ends), "The sign is turned over: B minus A."),
                (
                    np.percentile((b - a)[draws].mean(1), [5, 95]),
                    "That is a 90 % interval; for 95 %, take the percentiles 2.5 and 97.5.",
                ),
                (
                    np.percentile((b - a)[draws], ends),
                    "These are percentiles of single pictures: take the mean of each draw first.",
                ),
                (np.percentile((b - a)[draws].mean(0), ends), "Take the mean of each draw along its row: axis 1."),
                (apart, "A and B were drawn apart; they have the same pictures, so draw their differences."),
                (
                    np.percentile(b[draws].mean(1), ends) - np.percentile(a[draws].mean(1), ends),
                    "A difference of intervals is not the interval of the difference.",
                ),
            ],
        )
    return "In pairs, what is hard for both settings cancels, so the interval is narrower than with separate draws."

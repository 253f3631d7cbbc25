"""Checks of the exercises on the perceptual budget (notebook 07)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict


@verdict
def psnr(answer: Callable) -> str:
    """f(a, b), two uint8 arrays of one shape -> their PSNR in dB."""
    rng = np.random.default_rng(0)
    for spread in (3, 40):
        a = rng.integers(0, 256, (12, 9, 3), dtype=np.uint8)
        b = np.clip(a.astype(int) + rng.integers(-spread, spread + 1, a.shape), 0, 255).astype(np.uint8)
        mse = np.square(a.astype(float) - b).mean()
        wrapped = np.square(a - b).mean()
        expected = 10 * np.log10(255**2 / mse)
        compare(
            one_number(call(answer, a, b), "the PSNR", expected),
            expected,
            "the PSNR",
            tolerance=1e-3,
            hints=[
                (10 * np.log10(255**2 / wrapped), "uint8 wraps round: 3 - 5 is 254. Convert to float first."),
                (
                    10 * np.log10(255**2 / np.square(a.astype(float) - b).sum()),
                    "Take the mean of the squares, not their sum.",
                ),
                (
                    20 * np.log10(255**2 / mse),
                    "Take 10 log10 of a ratio of squares; 20 log10 is for a ratio of amplitudes.",
                ),
                (mse, "This is the mean squared error."),
                (10 * np.log(255**2 / mse), "The logarithm is to base 10: np.log10."),
                (10 * np.log10(1 / mse), "The peak is 255 here: 255² / MSE."),
                (10 * np.log10(255 / mse), "The peak is squared too: 255² / MSE."),
                (-expected, "The fraction is upside down: 255² / MSE."),
            ],
        )
    return "10 log10(255² / MSE). Six dB more mean half the change."


@verdict
def luminance_masking(answer: Callable) -> str:
    """f(B), background luminances 0 .. 255 in an array -> LA in grey levels, of the same shape."""
    B = np.array([0, 10, 32, 64, 100, 127, 128, 200, 255], float)
    dark, bright = 17 * (1 - np.sqrt(B / 127 + 1e-3)) + 3, 3 / 128 * (B - 127) + 3
    compare(
        call(answer, B),
        np.where(B <= 127, dark, bright),
        "LA",
        tolerance=1e-2,
        hints=[
            (dark, "That is the formula for dark places everywhere; above 127, use the other one."),
            (bright, "That is the formula for bright places everywhere; up to 127, use the other one."),
            (np.where(B > 127, dark, bright), "The two cases are exchanged."),
        ],
    )
    return "A dark place allows the largest change, mid-grey the smallest (3 grey levels), bright places a little more."


@verdict
def room(answer: Callable) -> str:
    """f(LA, CM), two arrays -> H in grey levels, of the same shape."""
    rng = np.random.default_rng(1)
    LA, CM = rng.uniform(3, 20, (6, 5)), rng.uniform(0, 30, (6, 5))
    LA[0], CM[0] = 3.5, 0.2
    both = LA + CM - 0.3 * np.minimum(LA, CM)
    compare(
        call(answer, LA, CM),
        np.maximum(both, 5),
        "H",
        hints=[
            (both, "At least 5 grey levels are allowed everywhere."),
            (np.maximum(LA + CM, 5), "The two effects overlap: subtract 0.3 of the smaller one."),
            (
                np.maximum(LA + CM - 0.3 * np.maximum(LA, CM), 5),
                "Subtract 0.3 of the smaller one, not of the larger one.",
            ),
            (np.minimum(both, 5), "At least 5: np.maximum."),
        ],
    )
    return "The sum of both effects, minus their overlap, and at least 5 grey levels."


@verdict
def alpha_for(answer: Callable) -> str:
    """f(psnr_of, target): a falling function of alpha and a PSNR -> the alpha from 0.5 to 16 for it, to 0.1 dB."""
    # Far more calls than bisection needs, and far fewer than a grid of alphas.
    limit = 40
    for slope, target in ((6.0, 41.3), (4.5, 37.2)):
        asked = []

        def psnr_of(alpha, slope=slope, asked=asked):
            asked.append(alpha)
            if len(asked) > limit:
                raise RuntimeError(
                    f"psnr_of was called more than {limit} times, and each call activates pictures: halve the interval "
                    "each time"
                )
            return 46 - slope * np.log2(alpha)

        given = one_number(call(answer, psnr_of, target), "alpha")
        if not 0.5 <= given <= 16:
            raise WrongAnswer(f"alpha = {given:.4g} is not between 0.5 and 16.")
        reached = 46 - slope * np.log2(given)
        if abs(reached - target) > 0.1:
            more = "smaller" if reached < target else "larger"
            raise WrongAnswer(
                f"alpha = {given:.4g} gives {reached:.2f} dB instead of {target} dB: it must be {more} (a smaller "
                "alpha gives a higher PSNR)."
            )
    return f"Found in {len(asked)} calls. Two ways to change a picture are comparable only at equal PSNR."

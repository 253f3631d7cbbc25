"""The alpha at which saved pictures have a given mean PSNR: methods and bounds are compared at equal PSNR alone."""

import numpy as np

from activeindex_lite.activation.activation import activate

ALPHAS = (0.5, 16.0)


def at_psnr(pictures, index, extractor, psnr, *, tolerance=0.1, start=2.2, ends=ALPHAS, **settings):
    """The alpha whose saved 8-bit pictures have this mean PSNR (dB), and what activation makes at it: (alpha, Activation).

    pictures, index, extractor and settings: as for `activate`, alpha apart. From start, alpha goes by the 20 dB that ten times
    as much change costs until the PSNR lies between two runs, and then by Brent's bracketing of its logarithm, until it is
    within tolerance: three or four runs as a rule. ValueError where no alpha between the ends gives that PSNR, or where it
    lies between two whole grey levels of bound="linf".
    """
    from scipy.optimize import brentq

    settings.setdefault("features", extractor(pictures))
    low, high = np.log(ends)
    runs = {}

    def above(log_alpha):
        run = runs[log_alpha] = completed(pictures, index, extractor, alpha=float(np.exp(log_alpha)), **settings)
        # A picture that nothing changed in has an infinite PSNR, which no bracketing can use.
        miss = float(np.minimum(run.psnr, 99).mean()) - psnr
        return 0.0 if abs(miss) <= tolerance else miss

    here = np.log(start)
    miss = above(here)
    while miss:
        # A little too far, so that the next one is likely to lie on the other side.
        there = np.clip(here + np.log(10) / 20 * miss + np.sign(miss) * 0.02, low, high)
        if there == here:
            raise ValueError(
                f"psnr={psnr!r}: alpha goes from {ends[0]:g} to {ends[1]:g}, and at {np.exp(here):.3g} these pictures have "
                f"{psnr + miss:.1f} dB; choose another PSNR: choose a value between what both ends give"
            )
        before, (here, miss) = (here, miss), (there, above(there))
        if miss * before[1] < 0:
            here = brentq(above, here, before[0], xtol=tolerance / 40)
            break
    best = runs[here]
    if abs(best.psnr.mean() - psnr) > tolerance:
        raise ValueError(
            f"psnr={psnr!r}: at alpha {np.exp(here):.3f} the mean PSNR leaps past it, to {best.psnr.mean():.2f} dB, since 8-bit "
            "pictures change by whole grey levels; choose a larger tolerance, or the PSNR that one of them gives, as "
            "compare_bounds does"
        )
    return float(np.exp(here)), best


def completed(pictures, index, extractor, **settings):
    """`activate`, where an interrupted run is an interruption: fewer pictures than asked for would be compared with all of them."""
    run = activate(pictures, index, extractor, **settings)
    if not run.complete:
        raise KeyboardInterrupt
    return run

"""The alpha at which saved pictures have a given mean PSNR: methods and bounds are compared at equal PSNR alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from activeindex_lite.activation.activation import Activation, activate
from activeindex_lite.support.checks import real_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

scipy = lazy_loader.load("scipy")

ALPHAS = (0.5, 16.0)
# Ten times as much change costs 20 dB, so one dB is this much in the logarithm of alpha.
PER_DB = np.log(10) / 20
# A picture without any change has an infinite PSNR, which no bracketing can use.
HIGHEST_PSNR = 99
# Asked for more than pictures can have, a search says what they do have.
LARGEST_PSNR = 1000


def at_psnr(
    pictures: Iterable[Image.Image],
    index: ActiveIndex,
    extractor: Extractor,
    psnr: float,
    *,
    tolerance: float = 0.1,
    start: float = 2.2,
    ends: tuple[float, float] = ALPHAS,
    **settings,
) -> tuple[float, Activation]:
    """Find the alpha whose saved 8-bit pictures have this mean PSNR (dB): (alpha, the Activation at that alpha).

    pictures, index, extractor and settings: as for `activate`, alpha apart. tolerance: largest difference from psnr, in
    dB; start: the first alpha; ends: the smallest and the largest alpha. Two steps: alpha moves by the 20 dB that ten
    times as much change costs, until psnr lies between the PSNRs of two runs; then Brent's method narrows the logarithm
    of alpha. Most searches take two or three alphas. ValueError if no alpha between the ends gives that PSNR, or if it
    lies between two whole grey levels of bound="linf".
    """
    real_number(psnr, "psnr", 0, LARGEST_PSNR, "in dB; the published pictures have 43")
    real_number(tolerance, "tolerance", 1e-6, HIGHEST_PSNR, "in dB")
    settings.setdefault("features", extractor(pictures))
    search = _Search(pictures, index, extractor, psnr, tolerance, settings)
    log_alpha = search.bracketed(np.log(start), *np.log(ends))
    if abs(search.run.psnr.mean() - psnr) > tolerance:
        raise ValueError(
            f"psnr={psnr!r}: at alpha {np.exp(log_alpha):.3f} the mean PSNR jumps past it to "
            f"{search.run.psnr.mean():.2f} dB, since 8-bit pictures change by whole grey levels. Choose a larger "
            "tolerance, or a PSNR that a whole grey level gives"
        )
    return float(np.exp(log_alpha)), search.run


class _Search:
    """The runs of one search for an alpha. `run` is the Activation whose mean PSNR came nearest so far."""

    def __init__(self, pictures, index, extractor, psnr, tolerance, settings):
        self.given = pictures, index, extractor
        self.psnr, self.tolerance, self.settings = psnr, tolerance, settings
        self.run, self.nearest, self._known = None, np.inf, {}

    def miss(self, log_alpha):
        """Mean PSNR at this alpha minus the wanted one, in dB; 0 within tolerance."""
        # Brent's method begins with the two ends that are already known.
        if log_alpha not in self._known:
            self._known[log_alpha] = self._measured(log_alpha)
        return self._known[log_alpha]

    def _measured(self, log_alpha):
        run = completed(*self.given, alpha=float(np.exp(log_alpha)), **self.settings)
        miss = float(np.minimum(run.psnr, HIGHEST_PSNR).mean()) - self.psnr
        if abs(miss) < self.nearest:
            self.run, self.nearest = run, abs(miss)
        return 0.0 if abs(miss) <= self.tolerance else miss

    def bracketed(self, here, low, high):
        """The logarithm of the alpha that gives the wanted PSNR, from here on, between low and high."""
        miss, too_far = self.miss(here), 0.0
        while miss:
            there = float(np.clip(here + PER_DB * miss + np.sign(miss) * too_far, low, high))
            # From the second time on a little too far, so that the next alpha is likely to lie on the other side.
            too_far = 0.02
            if there == here:
                raise ValueError(
                    f"psnr={self.psnr!r}: alpha goes from {np.exp(low):g} to {np.exp(high):g}, and at "
                    f"{np.exp(here):.3g} these pictures have {self.psnr + miss:.1f} dB; choose a value between "
                    "what both ends give"
                )
            next_miss = self.miss(there)
            if next_miss * miss < 0:
                return scipy.optimize.brentq(self.miss, there, here, xtol=self.tolerance / 40)
            here, miss = there, next_miss
        return here


def completed(pictures: Iterable[Image.Image], index: ActiveIndex, extractor: Extractor, **settings) -> Activation:
    """`activate`, with a KeyboardInterrupt after an interruption: a comparison needs every picture."""
    run = activate(pictures, index, extractor, **settings)
    if not run.complete:
        raise KeyboardInterrupt
    return run

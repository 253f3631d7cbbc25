"""The bench: methods of activation on the same pictures, index and edits, each at the alpha that gives one PSNR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from activeindex_lite.activation.equal_psnr import at_psnr
from activeindex_lite.evaluation import edited_features, hit_table, paired_gain
from activeindex_lite.evaluation.retrieval import check_paired

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.evaluation.originals import Originals
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

PUBLISHED = "published"
# A weak method may need a large alpha to come down to a PSNR.
ALPHAS = (0.1, 100.0)
# A ratio has an interval where at least this share of the resamples gives the published method a gain.
USABLE = 0.975
SMALLEST_GAIN = 1e-9


class Bench:
    """Pictures, their index and their passive copies, on which one method after another is measured.

    originals: see `evaluation.originals`; extractor: the one of their features; index: an ActiveIndex that stores them.
    psnr: dB, the mean over the saved pictures at which every method is measured, within tolerance. nprobes: values of
    nprobe, ignored for an index without cells. seed: of the Random edit and of every bootstrap. batch_size: as for
    `activate`; a smaller one needs less memory.

    After `measure`: .releases, dict from a name ("passive", "published", ...) to a dict from an edit to the features
    (N, d) of the copies; .pictures, dict from a name to the released pictures; .hits, (name, nprobe) -> hit table;
    .methods, the table.
    """

    def __init__(
        self,
        originals: Originals,
        extractor: Extractor,
        index: ActiveIndex,
        *,
        psnr: float = 43.0,
        nprobes: Sequence[int] = (1, 16),
        seed: int = 0,
        tolerance: float = 0.05,
        batch_size: int = 8,
    ):
        self.originals, self.extractor, self.index, self.seed = originals, extractor, index, seed
        self.psnr, self.tolerance, self.nprobes = psnr, tolerance, tuple(nprobes) if index.nlist else (1,)
        self.batch_size = batch_size
        self.features = originals.references[originals.truth]
        self.pictures, self.releases, self.hits, self._rows = {}, {}, {}, []
        self._search("passive", originals.pictures)

    def _search(self, name: str, pictures: list[Image.Image]) -> None:
        self.pictures[name] = pictures
        self.releases[name] = edited_features(pictures, self.extractor, seed=self.seed)
        for nprobe in self.nprobes:
            self.hits[name, nprobe] = hit_table(self.index, self.releases[name], self.originals.truth, nprobe)

    def measure(self, name: str, **settings: Any) -> pd.DataFrame:
        """Measure a method under a name, the published one before any other; returns the table so far, see `methods`.

        settings: of `activate`, without alpha. A name that was measured before is measured again. ValueError for the
        names "passive" and, with settings, "published".
        """
        if name != PUBLISHED and PUBLISHED not in self.releases:
            self.measure(PUBLISHED)
        if name == "passive" or (name == PUBLISHED and settings):
            raise ValueError(f"{name!r} is the name of what all methods are compared with; choose another one")
        alpha, result = at_psnr(
            self.originals.pictures,
            self.index,
            self.extractor,
            self.psnr,
            tolerance=self.tolerance,
            ends=ALPHAS,
            features=self.features,
            batch_size=self.batch_size,
            **settings,
        )
        self._search(name, result.pictures)
        self._rows = [row for row in self._rows if row["method"] != name]
        common = dict(
            target=self.psnr,
            method=name,
            alpha=alpha,
            psnr=result.psnr.mean(),
            ssim=np.nanmean(result.ssim),
            linf=result.linf.mean(),
            ms=1000 * result.seconds.mean(),
        )
        self._rows += [{**common, "nprobe": nprobe, **self._against(name, nprobe)} for nprobe in self.nprobes]
        return self.methods

    def _against(self, name: str, nprobe: int) -> dict[str, float]:
        """Gains of a method at one nprobe over the passive pictures and the published method, and their ratio."""
        passive, published, hits = (self.hits[which, nprobe] for which in ("passive", PUBLISHED, name))
        gain, over = (paired_gain(table, hits, np.random.default_rng(self.seed)) for table in (passive, published))
        ratio, low, high = gain_ratio(passive, published, hits, np.random.default_rng(self.seed))
        return dict(
            r1=gain["activated"],
            gain=gain["gain"],
            low=gain["low"],
            high=gain["high"],
            over=over["gain"],
            over_low=over["low"],
            over_high=over["high"],
            ratio=ratio,
            ratio_low=low,
            ratio_high=high,
        )

    @property
    def methods(self) -> pd.DataFrame:
        """One row per method and nprobe: a DataFrame.

        target (dB), method, alpha, psnr, ssim, linf, ms (per picture), nprobe, r1 (mean over the edits); gain (low,
        high) over the passive pictures; over (over_low, over_high), the gain over the published method; ratio
        (ratio_low, ratio_high), gain divided by that of the published method. Intervals are 95 % bootstraps over
        pictures, paired: all values of a picture are drawn together.
        """
        return pd.DataFrame(self._rows)


def gain_ratio(
    passive: pd.DataFrame, published: pd.DataFrame, hits: pd.DataFrame, rng: np.random.Generator, resamples: int = 2000
) -> tuple[float, float, float]:
    """The gain of one method divided by that of another, with its 95 % interval: (ratio, low, high).

    passive, published, hits: hit tables of the same pictures and edits. Each resample draws pictures with all their
    hits, so numerator and denominator belong together. NaN where the published method gains nothing. The interval is
    NaN where more than 1 in 40 resamples give the published method no gain: a ratio to what may be 0 has no bounds.
    """
    check_paired(passive, published, hits)
    base, first, second = (table.mean(axis=1).to_numpy() for table in (passive, published, hits))
    n = len(base)
    draws = np.concatenate([np.ones((1, n)), rng.multinomial(n, np.full(n, 1 / n), size=resamples)]) / n
    gains, published_gains = draws @ (second - base), draws @ (first - base)
    usable = published_gains > SMALLEST_GAIN
    if not usable[0]:
        return (np.nan,) * 3
    ratios = gains[usable] / published_gains[usable]
    low, high = np.quantile(ratios[1:], [0.025, 0.975]) if usable.mean() > USABLE else (np.nan, np.nan)
    return ratios[0], low, high

"""The comparison: methods of activation at equal PSNR on the same pictures, index and edits, and what helps without activation."""

from dataclasses import dataclass, field

import faiss
import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from activeindex_lite.activation import activate
from activeindex_lite.activation.views import random_views
from activeindex_lite.checks import whole_number
from activeindex_lite.evaluation import edited_features, hit_table, paired_gain, search_milliseconds
from activeindex_lite.evaluation.probes import mean_scanned
from activeindex_lite.index import build_index

PUBLISHED_NAME = "published"
# Name -> what `activate` is told, alpha apart. The published method, exactly, comes first in every table.
COMPARED = {
    "published, equal channels": dict(weights=(0.25, 0.25, 0.25)),
    "margin": dict(method="margin"),
    "margin, flat bound": dict(method="margin", constraint="linf"),
}
FACTORY = "IVF1536,PQ4x8"
NPROBES = (1, 16)
MORE_PROBES = (2, 4, 8, 16, 32)
VIEWS = 16


@dataclass
class Comparison:
    """What a comparison measured.

    methods: one row a method, PSNR asked for and nprobe, see `run_comparison`; baselines: one row a passive way, see
    `passive_baselines`; hits: (psnr, method, nprobe) -> hit table (pictures x edits), (None, "passive", nprobe) of the originals.
    """

    methods: pd.DataFrame
    baselines: pd.DataFrame
    hits: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)


def run_comparison(originals, extractor, factory=FACTORY, *, methods=None, psnrs=(43.0,), nprobes=NPROBES, seed=0, tolerance=0.05,
                   baselines=True, progress=False):
    """Activate the same pictures with each method, each at its own alpha so that the saved pictures have the same mean PSNR.

    originals: pictures with their place among references, as `demo.synthetic_originals(100, 0)` and `demo.photo_originals` give
    them; extractor: the one that made their features; factory: of the index. methods: dict from a name to settings of
    `activate` (None: COMPARED); "published" is put before them. psnrs: dB, at each of which all are compared. nprobes: numbers
    of cells to visit, left out where the index has none. seed: of the Random edit, the index and every bootstrap.
    tolerance: how far, in dB, a mean PSNR may lie from the one asked for.

    Returns a Comparison; its table `methods` has: target (dB), method, alpha, psnr, ssim, linf, ms (an image), nprobe, r1 (mean
    over the edits), gain over the passive pictures with its interval (low, high), over, over_low, over_high: difference
    to the published method, and ratio, ratio_low, ratio_high: gain divided by the published method's. All intervals are 95 %
    bootstraps over pictures, paired: every method's hits on a picture are drawn together.
    """
    methods = {PUBLISHED_NAME: {}, **(COMPARED if methods is None else methods)}
    index = build_index(factory, originals.train, originals.references, seed=1234 + seed)
    nprobes = nprobes if index.nlist else (1,)
    bench = _Bench(originals, extractor, index, nprobes, seed)
    rows = []
    for target in psnrs:
        for name, settings in tqdm(methods.items(), desc=f"methods at {target:g} dB", disable=not progress):
            rows += bench.rows(target, name, settings, tolerance)
    about = dict(factory=factory, pictures=len(originals.pictures), references=len(originals.references), seed=seed, source=originals.source,
                 extractor=extractor.name)
    passive = passive_baselines(bench, factory) if baselines and index.nlist else pd.DataFrame()
    return Comparison(pd.DataFrame(rows), passive, bench.hits, about)


def at_mean_psnr(pictures, index, extractor, psnr, *, tolerance=0.05, start=2.2, runs=10, **settings):
    """(alpha, Activation) whose saved pictures have this mean PSNR in dB; settings: of `activate`, alpha apart.

    alpha is corrected by the 20 dB that ten times as much change costs, until the mean is within tolerance: two or three runs.
    ValueError where it is not after so many runs.
    """
    alpha = start
    for _ in range(runs):
        result = activate(pictures, index, extractor, alpha=min(alpha, 255), **settings)
        if not result.complete:
            raise KeyboardInterrupt
        # A picture in which nothing changed has an infinite PSNR.
        miss = float(np.minimum(result.psnr, 99).mean()) - psnr
        if abs(miss) <= tolerance:
            return alpha, result
        alpha *= 10 ** (miss / 20)
    raise ValueError(f"psnr={psnr!r}: after {runs} runs the mean stands at {psnr + miss:.2f} dB with alpha {alpha:.2f}; choose another PSNR "
                     "or a larger tolerance (8-bit pictures change by whole grey levels)")


class _Bench:
    """The pictures, their index and their passive copies, on which every method is measured."""

    def __init__(self, originals, extractor, index, nprobes, seed):
        self.originals, self.extractor, self.index, self.nprobes, self.seed = originals, extractor, index, nprobes, seed
        self.features = originals.references[originals.truth]
        self.passive = edited_features(originals.pictures, extractor, seed=seed)
        self.hits = {(None, "passive", n): hit_table(index, self.passive, originals.truth, n) for n in nprobes}

    def rows(self, target, name, settings, tolerance):
        """Measure one method at one PSNR: a row an nprobe."""
        alpha, result = at_mean_psnr(self.originals.pictures, self.index, self.extractor, target, tolerance=tolerance,
                                     features=self.features, **settings)
        active = edited_features(result.pictures, self.extractor, seed=self.seed)
        common = dict(target=target, method=name, alpha=alpha, psnr=result.psnr.mean(), ssim=np.nanmean(result.ssim), linf=result.linf.mean(),
                      ms=1000 * result.seconds.mean())
        rows = []
        for nprobe in self.nprobes:
            hits = self.hits[target, name, nprobe] = hit_table(self.index, active, self.originals.truth, nprobe)
            rows.append({**common, "nprobe": nprobe, **self._against(hits, nprobe, self.hits[target, PUBLISHED_NAME, nprobe])})
        return rows

    def _against(self, hits, nprobe, published):
        passive, rng = self.hits[None, "passive", nprobe], np.random.default_rng(self.seed)
        found = paired_gain(passive, hits, rng)
        over = paired_gain(published, hits, np.random.default_rng(self.seed))
        ratio, low, high = gain_ratio(passive, published, hits, np.random.default_rng(self.seed))
        return dict(r1=found["activated"], gain=found["gain"], low=found["low"], high=found["high"], over=over["gain"], over_low=over["low"],
                    over_high=over["high"], ratio=ratio, ratio_low=low, ratio_high=high)


def gain_ratio(passive, published, hits, rng, resamples=2000):
    """The gain of one method divided by that of another, with its 95 % interval: (ratio, low, high).

    passive, published, hits: hit tables of the same pictures and edits. Each resample draws pictures with all their hits, so
    numerator and denominator belong together. NaN where the published method gains nothing.
    """
    base, first, second = (table.mean(axis=1).to_numpy() for table in (passive, published, hits))
    n = len(base)
    draws = np.concatenate([np.ones((1, n)), rng.multinomial(n, np.full(n, 1 / n), size=resamples)])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (draws @ (second - base)) / (draws @ (first - base))
    if not np.isfinite(ratios[0]):
        return (np.nan,) * 3
    return ratios[0], *np.nanquantile(ratios[1:], [0.025, 0.975], method="inverted_cdf")


def passive_baselines(bench, factory):
    """What is won without changing a picture: a DataFrame baseline, nprobe, bytes, scanned, ms, r1, gain, low, high.

    More probes; a code of twice the length; the index storing, for the pictures in question, the mean feature of the
    original and random views of it. gain: over one probe of the index as it is. bytes: of code a vector; scanned: mean
    number of vectors compared; ms: median of a search on one thread.
    """
    index, truth = bench.index, bench.originals.truth
    first = min(bench.nprobes)
    rows = [_row(bench, "as it is", index, first), *(_row(bench, "more probes", index, n) for n in MORE_PROBES if n <= index.nlist)]
    if (longer := longer_code(factory)) is not None:
        larger = build_index(longer, bench.originals.train, bench.originals.references, seed=index.seed)
        rows += [_row(bench, f"larger code: {longer}", larger, n) for n in bench.nprobes]
    mean = mean_of_views(bench.originals.pictures, bench.extractor, seed=bench.seed)
    references = np.array(bench.originals.references)
    references[truth] = mean
    stored = _refilled(index, references)
    rows += [_row(bench, "mean feature of views stored", stored, n) for n in bench.nprobes]
    return pd.DataFrame(rows)


def _row(bench, name, index, nprobe):
    truth, queries = bench.originals.truth, bench.passive
    stacked = np.concatenate(list(queries.values()))[:: max(1, len(truth) // 10)][:200]
    gain = paired_gain(hit_table(bench.index, queries, truth, min(bench.nprobes)), hit_table(index, queries, truth, nprobe),
                       np.random.default_rng(bench.seed))
    return dict(baseline=name, nprobe=nprobe, bytes=index.bytes_per_vector, scanned=mean_scanned(index, stacked)[nprobe - 1],
                ms=float(np.median(search_milliseconds(index, stacked, nprobe))), r1=gain["activated"],
                **{key: gain[key] for key in ("gain", "low", "high")})


def longer_code(factory):
    """The factory string with twice as many sub-spaces in its PQ, or None where there is no PQ: IVF64,PQ4x8 -> IVF64,PQ8x8."""
    before, found, after = factory.rpartition("PQ")
    number = after.split("x")[0]
    return f"{before}PQ{2 * int(number)}{after[len(number):]}" if found and number.isdecimal() and not before.endswith("O") else None


def mean_of_views(pictures, extractor, views=VIEWS, seed=0):
    """Unit mean of the features of each picture and so many random views of it (activation.views), (N, d) float32."""
    generator, rows = torch.Generator().manual_seed(whole_number(seed + 1, "seed + 1")), []
    for picture in pictures:
        squeezed = torch.from_numpy(extractor.squeeze(picture).copy()).permute(2, 0, 1)[None].float() / 255
        several = torch.cat([squeezed, random_views(squeezed.expand(views, -1, -1, -1), generator)])
        rows.append(extractor(several).mean(0))
    mean = np.stack(rows)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _refilled(index, references):
    """A copy of an index with the same training that holds other references."""
    copy = type(index).__new__(type(index))
    copy.faiss, copy.factory, copy.seed = faiss.clone_index(index.faiss), index.factory, index.seed
    copy.reset()
    copy.add(references)
    return copy

"""The what-if lab's stored sweep: what a setting reaches, how two differ, and which is the cheapest that is good enough."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.retrieval import MEAN, intervals
from activeindex_lite.world.world import DATA

FILE = "whatif.npz"
RESAMPLES = 1000
# PSNRs (dB) that differ by less are called the same.
SAME_PSNR = 0.3
# What a setting is: the same words in Python, in the page and in the columns of the table.
KEYS = ("factory", "references", "nprobe", "alpha", "steps", "edit")


@dataclass(frozen=True, eq=False)
class Sweep:
    """A grid of measurements: F indexes, N numbers of references, P nprobes, R releases (alpha, steps), E edits.

    about: dict of the axes, and of what made the file. hits: (F, N, P, R, E, bytes) uint8, a bit an original; uap: (F, N, P, R,
    3) micro-AP and its interval; ms: (F, N, P) milliseconds of a search on one thread; quality: (F, R, 2) mean PSNR (dB) and
    SSIM; nlist, bytes: (F,) cells (0: none) and bytes a vector. What does not exist is NaN: nprobe > 1 without cells, and
    activation for Flat.
    """

    about: dict
    hits: np.ndarray
    uap: np.ndarray
    ms: np.ndarray
    quality: np.ndarray
    nlist: np.ndarray
    bytes: np.ndarray

    @property
    def axes(self):
        """The values of each part of a setting: dict of lists."""
        releases = self.about["releases"]
        return {
            "factory": self.about["factories"],
            "references": self.about["references"],
            "nprobe": self.about["nprobes"],
            "alpha": sorted({alpha for alpha, _ in releases}),
            "steps": sorted({steps for _, steps in releases}),
            "edit": [MEAN, *self.about["edits"]],
        }

    @property
    def default(self):
        """A setting to begin with: the first index among the most references, one probe, passive, mean of the 14 edits."""
        axes = self.axes
        return {
            "factory": axes["factory"][0],
            "references": axes["references"][-1],
            "nprobe": 1,
            "alpha": 0.0,
            "steps": axes["steps"][-1],
            "edit": MEAN,
        }

    def settled(self, setting):
        """The setting as the sweep has it: what is not named is as in `default`; a new dict in the order of KEYS.

        An index without cells is searched as a whole, nprobe 1; for Flat there is nothing to activate, alpha 0. ValueError
        for a value that was not measured.
        """
        unknown = set(setting) - set(KEYS)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: a setting has {', '.join(KEYS)}")
        whole = {**self.default, **setting}
        for key, values in self.axes.items():
            if whole[key] not in values:
                raise ValueError(
                    f"{key}={whole[key]!r}: the sweep has {', '.join(map(str, values))}; for other values, `measure_now`"
                )
            # 3 is 3.0: one form for both.
            whole[key] = values[values.index(whole[key])]
        f = self.about["factories"].index(whole["factory"])
        if not self.nlist[f]:
            whole["nprobe"] = 1
        if np.isnan(self.quality[f, 1:, 0]).all():
            whole["alpha"] = 0.0
        return {key: whole[key] for key in KEYS}

    def _place(self, setting):
        about = self.about
        return (
            about["factories"].index(setting["factory"]),
            about["references"].index(setting["references"]),
            about["nprobes"].index(setting["nprobe"]),
            self._release(setting["alpha"], setting["steps"]),
        )

    def _release(self, alpha, steps):
        # Nothing is activated at alpha 0, whatever the steps.
        return 0 if alpha == 0 else self.about["releases"].index([alpha, steps])

    def found(self, setting):
        """Share of each original's copies that come first, (originals,) float64: 0 or 1 for one edit, a share of 14 for Mean."""
        setting = self.settled(setting)
        return self._shares(self.hits[self._place(setting)], setting["edit"])

    def _shares(self, hits, edit):
        bits = np.unpackbits(hits, axis=-1, bitorder="little", count=self.about["originals"])
        if edit == MEAN:
            return bits[..., [self.about["edits"].index(e) for e in EDITS], :].mean(-2)
        return bits[..., self.about["edits"].index(edit), :].astype(float)

    def measured(self, setting):
        """What the setting reaches: dict r1, low, high (95 % bootstrap over originals), uap, uap_low, uap_high (of the Random
        copies, whatever the edit), psnr (dB, infinite: nothing changed), ssim, ms (a query), bytes (a vector)."""
        setting = self.settled(setting)
        f, n, p, r = self._place(setting)
        found = self.found(setting)
        (low,), (high,) = intervals(found[:, None], np.random.default_rng(0), RESAMPLES)
        uap, uap_low, uap_high = map(float, self.uap[f, n, p, r])
        return {
            "r1": float(found.mean()),
            "low": float(low),
            "high": float(high),
            "uap": uap,
            "uap_low": uap_low,
            "uap_high": uap_high,
            "psnr": float(self.quality[f, r, 0]),
            "ssim": float(self.quality[f, r, 1]),
            "ms": float(self.ms[f, n, p]),
            "bytes": float(self.bytes[f]),
        }

    def gain(self, a, b):
        """R@1 of setting b less that of a, on the same originals: (difference, low, high), the interval a paired bootstrap."""
        difference = self.found(b) - self.found(a)
        (low,), (high,) = intervals(difference[:, None], np.random.default_rng(0), RESAMPLES)
        return float(difference.mean()), float(low), float(high)

    def table(self, edit=MEAN):
        """Every setting that was measured, under one edit or their Mean: a DataFrame of KEYS and of what `measured` gives."""
        import pandas as pd

        self.settled({"edit": edit})
        f, n, p, r = np.nonzero(np.isfinite(self.uap[..., 0]))
        shares = self._shares(self.hits[f, n, p, r], edit)
        low, high = intervals(shares.T, np.random.default_rng(0), RESAMPLES)
        about, releases = self.about, np.array(self.about["releases"])
        return pd.DataFrame(
            {
                "factory": np.array(about["factories"])[f],
                "references": np.array(about["references"])[n],
                "nprobe": np.array(about["nprobes"])[p],
                "alpha": releases[r, 0],
                "steps": releases[r, 1].astype(int),
                "edit": edit,
                "r1": shares.mean(1),
                "low": low,
                "high": high,
                "uap": self.uap[f, n, p, r, 0],
                "uap_low": self.uap[f, n, p, r, 1],
                "uap_high": self.uap[f, n, p, r, 2],
                "psnr": self.quality[f, r, 0],
                "ssim": self.quality[f, r, 1],
                "ms": self.ms[f, n, p],
                "bytes": self.bytes[f],
            }
        )

    def cheapest(self, r1, psnr=0.0, *, edit=MEAN, references=None, most_bytes=np.inf):
        """The setting that searches quickest of those with an R@1 of at least r1 and a PSNR of at least psnr (dB), or None.

        edit: that R@1 is of; references: among how many (None: the most that were measured); most_bytes: a vector may
        take. Equal times: fewer bytes, then the higher PSNR, then the higher R@1. Times have two digits: none is more exact.
        """
        table = self.table(edit)
        references = self.axes["references"][-1] if references is None else references
        enough = table[
            (table.references == references)
            & (table.r1 >= r1 - 1e-9)
            & (table.psnr >= psnr)
            & (table.bytes <= most_bytes)
        ]
        if not len(enough):
            return None
        best = enough.sort_values(
            ["ms", "bytes", "psnr", "r1"], ascending=[True, True, False, False], kind="stable"
        ).iloc[0]
        return self.settled({key: best[key] for key in KEYS})


def finding(sweep, a, b):
    """One sentence on what changes from setting a to setting b."""
    old, new, (gain, low, high) = sweep.measured(a), sweep.measured(b), sweep.gain(a, b)
    said = [f"A finds {two(old['r1'])} of the copies first, B {two(new['r1'])}: "]
    span = f"95 % interval {two(low)} to {two(high)}"
    if low > 1e-9 or high < -1e-9:
        said.append(f"{two(abs(gain))} {'more' if gain > 0 else 'fewer'} ({span})")
    else:
        said.append("the same" if low == high else f"no clear difference ({span})")
    ratio = new["ms"] / old["ms"]
    said.append(
        ", in about the same time"
        if 1 / 1.2 < ratio < 1.2
        else f", in {ratio:.2g} times the time"
        if ratio > 1
        else f", in {two(ratio)} of the time"
    )
    if new["bytes"] != old["bytes"]:
        said.append(f", with {new['bytes']:g} instead of {old['bytes']:g} bytes a vector")
    # Unchanged pictures have an infinite PSNR; targets of another index move it by a tenth.
    if new["psnr"] != old["psnr"] and abs(new["psnr"] - old["psnr"]) > SAME_PSNR:
        before, after = (f"{m['psnr']:.1f} dB" if np.isfinite(m["psnr"]) else "unchanged pictures" for m in (old, new))
        said.append(f", {after} instead of {before}")
    return "".join(said) + "."


def two(x):
    """A number with two digits after the point, halves away from 0, as the page writes it."""
    return f"{x + np.copysign(1e-9, x):.2f}".replace("-0.00", "0.00")


def load_sweep(path=None):
    """Open a sweep that `whatif_build.build_sweep` wrote (None: the one of the package, opened once)."""
    return _ready() if path is None else _opened(path)


@cache
def _ready():
    return _opened(DATA / FILE)


def _opened(path):
    with np.load(Path(str(path)), allow_pickle=False) as stored:
        numbers = (stored[name].astype(float).round(4) for name in ("uap", "ms", "quality"))
        return Sweep(json.loads(str(stored["about"])), stored["hits"], *numbers, stored["nlist"], stored["bytes"])

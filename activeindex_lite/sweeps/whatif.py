"""The what-if lab's stored sweep: what a setting reaches, how two settings differ, and which is the cheapest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lazy_loader
import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.retrieval import MEAN, intervals
from activeindex_lite.world.world import DATA

pd = lazy_loader.load("pandas")

FILE = "whatif.npz"
RESAMPLES = 1000
# Differences of PSNR (dB) below this are not mentioned.
SAME_PSNR = 0.3
# The parts of a setting: the same names in Python, in the page and as columns of the table.
KEYS = ("factory", "references", "nprobe", "ef_search", "alpha", "steps", "edit")
# The settings of a search, and where `about` has their values.
SEARCHES = {"nprobe": "nprobes", "ef_search": "ef_searches"}


@dataclass(frozen=True, eq=False)
class Sweep:
    """A grid of measurements: F indexes, N numbers of references, P searches, R releases (alpha, steps), E edits.

    about: dict of the axes and of how the file was made. The P searches of an index with cells have as many nprobes,
    those of a graph as many ef_search. hits: (F, N, P, R, E, bytes) uint8, one bit per original; uap: (F, N, P, R, 3)
    micro-AP and its interval; ms: (F, N, P) milliseconds per search on one thread; quality: (F, R, 2) mean PSNR (dB)
    and SSIM; nlist, bytes: (F,) number of cells (0: none) and bytes per vector, with the links of a graph. NaN marks
    what does not exist: a second search without cells and graph, and activation for Flat and graphs.
    """

    about: dict
    hits: np.ndarray
    uap: np.ndarray
    ms: np.ndarray
    quality: np.ndarray
    nlist: np.ndarray
    bytes: np.ndarray

    @property
    def axes(self) -> dict[str, list]:
        """The values that each part of a setting can take: dict of lists."""
        releases = self.about["releases"]
        return {
            "factory": self.about["factories"],
            "references": self.about["references"],
            "nprobe": self.about["nprobes"],
            # 0: no graph.
            "ef_search": [0, *self.about["ef_searches"]],
            "alpha": sorted({alpha for alpha, _ in releases}),
            "steps": sorted({steps for _, steps in releases}),
            "edit": [MEAN, *self.about["edits"]],
        }

    @property
    def default(self) -> dict:
        """The setting to start from: first index, most references, nprobe 1, passive, mean of the 14 edits."""
        axes = self.axes
        return {
            "factory": axes["factory"][0],
            "references": axes["references"][-1],
            "nprobe": 1,
            "ef_search": 0,
            "alpha": 0.0,
            "steps": axes["steps"][-1],
            "edit": MEAN,
        }

    def settled(self, setting: dict) -> dict:
        """The setting as the sweep holds it: missing parts come from `default`; a new dict in the order of KEYS.

        An index without cells is searched as a whole (nprobe becomes 1), one without a graph keeps no candidates
        (ef_search becomes 0; a graph keeps at least the fewest measured), and Flat and graphs have nothing to activate
        (alpha becomes 0). ValueError for an unknown part, or a value that was not measured.
        """
        unknown = set(setting) - set(KEYS)
        if unknown:
            raise ValueError(f"{', '.join(sorted(map(str, unknown)))}: unknown; a setting has {', '.join(KEYS)}")
        whole = {**self.default, **setting}
        for key, values in self.axes.items():
            if whole[key] not in values:
                raise ValueError(
                    f"{key}={whole[key]!r:.100}: the sweep has {', '.join(map(str, values))}; "
                    "for other values, use measure_now"
                )
            # 3 and 3.0 become the same value.
            whole[key] = values[values.index(whole[key])]
        f = self.about["factories"].index(whole["factory"])
        kind = self.effort(whole["factory"])
        if kind != "nprobe":
            whole["nprobe"] = 1
        whole["ef_search"] = max(whole["ef_search"], self.axes["ef_search"][1]) if kind == "ef_search" else 0
        if np.isnan(self.quality[f, 1:, 0]).all():
            whole["alpha"] = 0.0
        return {key: whole[key] for key in KEYS}

    def effort(self, factory: str) -> str | None:
        """The setting of its search that an index has: "nprobe" with cells, "ef_search" with a graph, or None."""
        if factory in self.about["graphs"]:
            return "ef_search"
        return "nprobe" if self.nlist[self.about["factories"].index(factory)] else None

    def searches(self, factory: str) -> list[dict[str, int]]:
        """The searches that an index was measured with: dicts of nprobe and ef_search."""
        kind, one = self.effort(factory), {"nprobe": 1, "ef_search": 0}
        return [one | {kind: value} for value in self.about[SEARCHES[kind]]] if kind else [one]

    def _place(self, setting: dict) -> tuple[int, int, int, int]:
        about, kind = self.about, self.effort(setting["factory"]) or "nprobe"
        return (
            about["factories"].index(setting["factory"]),
            about["references"].index(setting["references"]),
            about[SEARCHES[kind]].index(setting[kind]),
            self._release(setting["alpha"], setting["steps"]),
        )

    def _release(self, alpha: float, steps: int) -> int:
        # At alpha 0 nothing is activated, whatever the number of steps.
        return 0 if alpha == 0 else self.about["releases"].index([alpha, steps])

    def found(self, setting: dict) -> np.ndarray:
        """The share of each original's copies that are found: (originals,) float64. Mean: k / 14; one edit: 0 or 1."""
        setting = self.settled(setting)
        return self._shares(self.hits[self._place(setting)], setting["edit"])

    def _shares(self, hits: np.ndarray, edit: str) -> np.ndarray:
        bits = np.unpackbits(hits, axis=-1, bitorder="little", count=self.about["originals"])
        if edit == MEAN:
            return bits[..., [self.about["edits"].index(e) for e in EDITS], :].mean(-2)
        return bits[..., self.about["edits"].index(edit), :].astype(float)

    def measured(self, setting: dict) -> dict[str, float]:
        """What the setting reaches.

        A dict r1, low, high (95 % bootstrap interval over originals), uap, uap_low, uap_high (micro-AP of the Random
        copies, whatever the edit), psnr (dB, infinite where nothing changed), ssim, ms (per query), bytes (per
        vector).
        """
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

    def gain(self, a: dict, b: dict) -> tuple[float, float, float]:
        """R@1 of b minus R@1 of a on the same originals: (difference, low, high) with a paired bootstrap interval."""
        difference = self.found(b) - self.found(a)
        (low,), (high,) = intervals(difference[:, None], np.random.default_rng(0), RESAMPLES)
        return float(difference.mean()), float(low), float(high)

    def table(self, edit: str = MEAN) -> pd.DataFrame:
        """Every measured setting under one edit (or their Mean), one row each: KEYS, then the columns of `measured`."""
        self.settled({"edit": edit})
        f, n, p, r = np.nonzero(np.isfinite(self.uap[..., 0]))
        shares = self._shares(self.hits[f, n, p, r], edit)
        low, high = intervals(shares.T, np.random.default_rng(0), RESAMPLES)
        about, releases = self.about, np.array(self.about["releases"])
        walks = np.isin(about["factories"], about["graphs"])[f]
        return pd.DataFrame(
            {
                "factory": np.array(about["factories"])[f],
                "references": np.array(about["references"])[n],
                "nprobe": np.where(walks, 1, np.array(about["nprobes"])[p]),
                "ef_search": np.where(walks, np.array(about["ef_searches"] or [0] * (p.max() + 1))[p], 0),
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

    def cheapest(
        self,
        r1: float,
        psnr: float = 0.0,
        *,
        edit: str = MEAN,
        references: int | None = None,
        most_bytes: float = np.inf,
    ) -> dict | None:
        """The setting with the shortest search time among those that reach R@1 r1 and PSNR psnr (dB), or None.

        edit: whose R@1 counts; references: the number of references (None: the largest); most_bytes: limit of the
        bytes per vector. Of equal times, fewer bytes win, then the higher PSNR, then the higher R@1. Stored times
        have two digits.
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


def unbeaten(ms: np.ndarray, r1: np.ndarray) -> np.ndarray:
    """Which settings no other one beats: (n,) bool. ms, r1: (n,), their milliseconds and R@1.

    One beats another if it is at least as quick and finds at least as much, and is better in one of the two.
    """
    ms, r1 = np.asarray(ms), np.asarray(r1)
    no_worse = (ms <= ms[:, None]) & (r1 >= r1[:, None])
    return ~(no_worse & ((ms < ms[:, None]) | (r1 > r1[:, None]))).any(1)


def finding(sweep: Sweep, a: dict, b: dict) -> str:
    """One sentence on what changes from setting a to setting b."""
    old, new = sweep.measured(a), sweep.measured(b)
    said = f"A finds {two(old['r1'])} of the copies first, B {two(new['r1'])}: {_gain(*sweep.gain(a, b))}"
    said += f", {_time(new['ms'] / old['ms'])}"
    if new["bytes"] != old["bytes"]:
        said += f", with {new['bytes']:g} instead of {old['bytes']:g} bytes per vector"
    # Unchanged pictures have an infinite PSNR; targets of another index move it by a tenth.
    if new["psnr"] != old["psnr"] and abs(new["psnr"] - old["psnr"]) > SAME_PSNR:
        said += f", {_quality(new['psnr'])} instead of {_quality(old['psnr'])}"
    return f"{said}."


def _gain(gain: float, low: float, high: float) -> str:
    """A difference of R@1 in words."""
    span = f"95 % interval {two(low)} to {two(high)}"
    if low > 1e-9 or high < -1e-9:
        return f"{two(abs(gain))} {'more' if gain > 0 else 'fewer'} ({span})"
    return "the same" if low == high else f"no clear difference ({span})"


def _time(ratio: float) -> str:
    """A ratio of two times in words."""
    if 1 / 1.2 < ratio < 1.2:
        return "in about the same time"
    if ratio > 1:
        return f"in {ratio:.2g} times the time"
    return f"in {two(ratio)} of the time"


def _quality(psnr: float) -> str:
    return f"{psnr:.1f} dB" if np.isfinite(psnr) else "unchanged pictures"


def two(x: float) -> str:
    """A number with two decimals, halves rounded away from 0, as the page writes it."""
    return f"{x + np.copysign(1e-9, x):.2f}".replace("-0.00", "0.00")


def load_sweep(path: str | Path | None = None) -> Sweep:
    """Open a sweep that `whatif_build.build_sweep` wrote (None: the one in the package, which is opened only once)."""
    return _ready() if path is None else _opened(path)


@cache
def _ready() -> Sweep:
    return _opened(DATA / FILE)


def _opened(path: str | Path) -> Sweep:
    with np.load(Path(str(path)), allow_pickle=False) as stored:
        numbers = (stored[name].astype(float).round(4) for name in ("uap", "ms", "quality"))
        # Sweeps made before graphs were measured say nothing of them.
        about = {"graphs": [], "ef_searches": [], **json.loads(str(stored["about"]))}
        return Sweep(about, stored["hits"], *numbers, stored["nlist"], stored["bytes"])

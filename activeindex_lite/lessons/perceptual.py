"""Notebook 07: what a change costs the eye and gains in the index, as bounds at equal PSNR, schedules, and nprobe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite import activation
from activeindex_lite.activation.defaults import ALPHA, SCHEDULES
from activeindex_lite.activation.equal_psnr import at_psnr, completed
from activeindex_lite.pictures import rgb_picture
from activeindex_lite.support.checks import whole_number

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.activation import Activation
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex


def masking(picture: Image.Image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far the perceptual model lets each pixel of a PIL picture change, in grey levels, and why.

    Returns three (H, W) float32 arrays: luminance masking LA, contrast masking CM, and the map
    H = max(LA + CM - 0.3 min(LA, CM), 5) that activation uses (activation.jnd).
    """
    import torch

    tensor = torch.from_numpy(np.array(rgb_picture(picture))).permute(2, 0, 1)[None].float() / 255
    luminance, contrast = activation.jnd_parts(tensor)
    return luminance[0, 0].numpy(), contrast[0, 0].numpy(), 255 * activation.jnd(tensor)[0, 0].numpy()


def flattest_box(room: np.ndarray, side: int = 64) -> tuple[int, int, int, int]:
    """The square of a picture where a change is most visible: (left, top, right, bottom) in pixels, for PIL's crop.

    room: (H, W), such as the map H of `masking`. The square with the smallest mean of room, with sides of at most
    `side`.
    """
    from scipy.ndimage import uniform_filter

    side = min(side, *room.shape)
    # uniform_filter's window around i begins at i - side // 2: take only the windows inside the picture.
    half = side // 2
    means = uniform_filter(np.asarray(room, float), side)[
        half : half + room.shape[0] - side + 1, half : half + room.shape[1] - side + 1
    ]
    top, left = np.unravel_index(means.argmin(), means.shape)
    return int(left), int(top), int(left) + side, int(top) + side


def compare_bounds(
    pictures: Sequence[Image.Image],
    index: ActiveIndex,
    extractor: Extractor,
    *,
    epsilon: int = 3,
    tolerance: float = 0.1,
    **settings,
) -> dict[str, tuple[float, Activation]]:
    """Activate under two bounds at equal mean PSNR: at most epsilon grey levels per pixel, or the perceptual model.

    epsilon: a whole number of grey levels, as in every saved picture; `at_psnr` finds the alpha of the perceptual
    model (JND) that gives the same PSNR to within tolerance (dB). The other arguments are those of `activate`, alpha
    and bound apart. Returns a dict "L-infinity", "JND" -> (alpha or epsilon, Activation), for `runs_table`.
    """
    whole_number(epsilon, "epsilon", 255, "grey levels; a saved picture changes by whole ones")
    settings.setdefault("features", extractor(pictures))
    flat = completed(pictures, index, extractor, alpha=epsilon, bound="linf", **settings)
    return {
        "L-infinity": (epsilon, flat),
        "JND": at_psnr(pictures, index, extractor, flat.psnr.mean(), tolerance=tolerance, bound="jnd", **settings),
    }


def compare_schedules(
    pictures: Sequence[Image.Image],
    index: ActiveIndex,
    extractor: Extractor,
    *,
    alpha: float = ALPHA,
    schedules: dict[str, dict] | None = None,
    **settings,
) -> dict[str, tuple[float, Activation]]:
    """Activate with each schedule (None: SCHEDULES): a dict name -> (alpha, Activation), for `runs_table`.

    schedules: dict from a name to the steps and lr of `activate`; the other arguments are those of `activate`.
    """
    schedules = SCHEDULES if schedules is None else schedules
    settings.setdefault("features", extractor(pictures))
    # The first pass through a network is slower than later ones: without this one, the first schedule would look slow.
    completed(pictures[:1], index, extractor, **{**settings, "features": settings["features"][:1]}, steps=1)
    return {
        name: (alpha, completed(pictures, index, extractor, alpha=alpha, **schedule, **settings))
        for name, schedule in schedules.items()
    }


def runs_table(runs: dict[str, tuple[float, Activation]]) -> pd.DataFrame:
    """One row per run and picture: a DataFrame run, alpha, picture, psnr, ssim, linf, before, after, ms.

    runs: dict from a name to (alpha, Activation) of the same pictures. psnr in dB, linf in grey levels; before,
    after: L_f of the original and of the saved picture (the squared distance to the code; for LSH the loss on its
    signs); ms: of the activation, an equal share of the batch for each picture.
    """
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "run": name,
                    "alpha": alpha,
                    "picture": np.arange(len(run)),
                    "psnr": run.psnr,
                    "ssim": run.ssim,
                    "linf": run.linf,
                    "before": run.loss[0],
                    "after": run.loss[-1],
                    "ms": 1000 * run.seconds,
                }
            )
            for name, (alpha, run) in runs.items()
        ],
        ignore_index=True,
    )


def nprobe_to_match(grid: pd.DataFrame, index: str = "IVF-PQ", nprobe: int = 16) -> pd.DataFrame:
    """The nprobe at which activated copies are found as often as passive ones at `nprobe`; one row per alpha.

    grid: `load_grid()`; index: a name in it. Columns of the DataFrame: alpha, psnr (dB), r1 (R@1 at nprobe 1), low,
    high (its 95 % interval), passive (R@1 of passive copies at nprobe), needed (smallest nprobe of the grid whose R@1
    is at least passive; NA if there is none). ValueError for an index or nprobe that the grid does not have.
    """
    table = grid[grid["index"] == index]
    mark = table[(table.alpha == 0) & (table.nprobe == nprobe)]
    if not len(mark):
        names, values = ", ".join(grid["index"].unique()), ", ".join(map(str, sorted(grid.nprobe.unique())))
        raise ValueError(
            f"index={index!r:.100}, nprobe={nprobe!r:.100}: the grid has the indexes {names} and nprobe {values}"
        )
    passive = mark.r1.iloc[0]
    rows = []
    for alpha, own in table.groupby("alpha"):
        one = own[own.nprobe == 1].iloc[0]
        enough = own.nprobe[own.r1 >= passive]
        rows.append(
            dict(
                alpha=alpha,
                psnr=one.psnr,
                r1=one.r1,
                low=one.low,
                high=one.high,
                passive=passive,
                needed=enough.min() if len(enough) else pd.NA,
            )
        )
    return pd.DataFrame(rows)

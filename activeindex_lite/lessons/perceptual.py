"""What a change of a picture costs the eye and buys in the index: bounds compared at equal PSNR, steps against learning rate."""

import numpy as np

from activeindex_lite.activation.defaults import ALPHA, SCHEDULES
from activeindex_lite.activation.equal_psnr import at_psnr, completed
from activeindex_lite.pictures import rgb_picture
from activeindex_lite.support.checks import whole_number


def masking(picture):
    """How far the perceptual model lets each pixel of a PIL RGB picture move, in grey levels, and why.

    Returns three (H, W) float32 arrays: luminance masking LA, contrast masking CM, and the map
    H = max(LA + CM - 0.3 min(LA, CM), 5) that activation uses (activation.jnd).
    """
    import torch

    from activeindex_lite.activation import jnd, jnd_parts

    tensor = torch.from_numpy(np.array(rgb_picture(picture))).permute(2, 0, 1)[None].float() / 255
    luminance, contrast = jnd_parts(tensor)
    return luminance[0, 0].numpy(), contrast[0, 0].numpy(), 255 * jnd(tensor)[0, 0].numpy()


def flattest_box(room, side=64):
    """The square of a picture where the eye forgives least: (left, top, right, bottom) in pixels, for PIL's crop.

    room: (H, W), such as the map H of `masking`; the square with the smallest mean is taken, its side at most `side`.
    """
    from scipy.ndimage import uniform_filter

    side = min(side, *room.shape)
    # uniform_filter's window around i begins at i - side // 2: only windows that lie in the picture are asked for.
    half = side // 2
    means = uniform_filter(np.asarray(room, float), side)[
        half : half + room.shape[0] - side + 1, half : half + room.shape[1] - side + 1
    ]
    top, left = np.unravel_index(means.argmin(), means.shape)
    return int(left), int(top), int(left) + side, int(top) + side


def compare_bounds(pictures, index, extractor, *, epsilon=3, tolerance=0.1, **settings):
    """Activate under two bounds at equal mean PSNR: every pixel by at most epsilon grey levels, or the perceptual model.

    epsilon: whole grey levels, as L-infinity bounds of saved pictures are; the alpha of the perceptual model (JND) is the
    one that is searched for, `at_psnr`. The other arguments are those of `activate`, alpha and bound apart.
    Returns a dict "L-infinity", "JND" -> (alpha or epsilon, Activation), for `runs_table`.
    """
    whole_number(epsilon, "epsilon", 255, "grey levels: between two of them saved pictures change by the nearer one")
    settings.setdefault("features", extractor(pictures))
    flat = completed(pictures, index, extractor, alpha=epsilon, bound="linf", **settings)
    return {
        "L-infinity": (epsilon, flat),
        "JND": at_psnr(pictures, index, extractor, flat.psnr.mean(), tolerance=tolerance, bound="jnd", **settings),
    }


def compare_schedules(pictures, index, extractor, *, alpha=ALPHA, schedules=None, **settings):
    """Activate with each schedule (None: SCHEDULES): a dict name -> (alpha, Activation), for `runs_table`.

    schedules: dict from a name to the steps and lr of `activate`; the other arguments are those of `activate`.
    """
    schedules = SCHEDULES if schedules is None else schedules
    settings.setdefault("features", extractor(pictures))
    # The first pass through a network is slower than those that follow, and the times are to be compared.
    completed(pictures[:1], index, extractor, **{**settings, "features": settings["features"][:1]}, steps=1)
    return {
        name: (alpha, completed(pictures, index, extractor, alpha=alpha, **schedule, **settings))
        for name, schedule in schedules.items()
    }


def runs_table(runs):
    """One row a run and picture: a DataFrame run, alpha, picture, psnr, ssim, linf, before, after, ms.

    runs: dict from a name to (alpha, Activation) of the same pictures. psnr in dB, linf in grey levels; before, after: L_f
    of the original and of the saved picture (the squared distance to the code; the signs' loss for LSH); ms: of the
    activation, an equal share of the batch for each picture.
    """
    import pandas as pd

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


def probes_to_match(grid, index="IVF-PQ", nprobe=16):
    """How many cells an activated copy needs to be found as often as a passive one with nprobe: a DataFrame, a row an alpha.

    grid: `load_grid()`; index: a name in it. Columns: alpha, psnr (dB), r1 (R@1 with one cell), low, high (its 95 %
    interval), passive (R@1 of passive copies at nprobe), needed (fewest cells of the grid with an R@1 not below it).
    """
    import pandas as pd

    table = grid[grid["index"] == index]
    mark = table[(table.alpha == 0) & (table.nprobe == nprobe)]
    if not len(mark):
        raise ValueError(
            f"index={index!r}, nprobe={nprobe!r}: the grid has {', '.join(grid['index'].unique())}, and nprobe "
            f"{', '.join(map(str, sorted(grid.nprobe.unique())))}"
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

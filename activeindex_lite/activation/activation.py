"""Activation: change pictures a little, before release, so that features move toward the codes that an index stores."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np
import torch
from tqdm import tqdm

from activeindex_lite.activation.batch import activate_batch, start
from activeindex_lite.activation.defaults import ALPHA, LR, STEPS
from activeindex_lite.activation.descent import Settings
from activeindex_lite.activation.gradient import check_gradient
from activeindex_lite.activation.memory import check_memory, pictures_at_once, workers_for
from activeindex_lite.activation.methods import Method, method_of
from activeindex_lite.activation.objective import BOUNDS
from activeindex_lite.pictures.given import rgb_pictures
from activeindex_lite.support.checks import features_array, real_number, whole_number
from activeindex_lite.support.parallel import in_threads

if TYPE_CHECKING:
    import pandas
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")


@dataclass
class Activation:
    """What activation made of N pictures; every array is in the order of the given pictures.

    pictures: N activated 8-bit PIL pictures; path: (steps + 1, N, d) float32, the feature before each step and, last,
    that of the saved 8-bit picture; loss: (steps + 1, N) float32, L_f at the same points (of the random view, if a step
    looks at one); psnr (dB), ssim, linf (grey levels), seconds (share of the batch's time): (N,) float64, on the 8-bit
    pictures, against the originals.
    complete: False after an interruption; then N counts the finished pictures.
    """

    pictures: list[Image.Image] = field(default_factory=list)
    path: np.ndarray | None = None
    loss: np.ndarray | None = None
    psnr: np.ndarray | None = None
    ssim: np.ndarray | None = None
    linf: np.ndarray | None = None
    seconds: np.ndarray | None = None
    complete: bool = True

    def __len__(self):
        return len(self.pictures)

    @property
    def features(self) -> np.ndarray:
        """Features of the saved pictures, (N, d) float32."""
        return self.path[-1]

    @property
    def quality(self) -> pandas.DataFrame:
        """One row per picture: psnr, ssim, linf, as a pandas DataFrame."""
        return pd.DataFrame({"psnr": self.psnr, "ssim": self.ssim, "linf": self.linf})


def activate(
    pictures: Iterable[Image.Image],
    index: ActiveIndex,
    extractor: Extractor,
    *,
    method: str | Method = "published",
    alpha: float = ALPHA,
    steps: int | None = None,
    lr: float | None = None,
    lambda_i: float = 1.0,
    bound: str = "jnd",
    weights: tuple[float, float, float] | None = None,
    loss: Callable | None = None,
    features: np.ndarray | None = None,
    batch_size: int = 8,
    generator: torch.Generator | None = None,
    progress: bool = False,
) -> Activation:
    """Activate pictures for an index, by default with the published method (Active Image Indexing, ICLR 2023).

    Adam minimises L_f(f(I), target) + lambda_i MSE(I, I_o) over delta, with I = I_o + alpha * std * w * H_JND(I_o) *
    tanh(delta), at each picture's own resolution; at the end I is clipped and rounded to 8 bits (arXiv 2210.10620).

    pictures: list of PIL pictures of any sizes. index: a built ActiveIndex; the target of a picture is the code of its
    ORIGINAL feature, which the index already stores. extractor: an Extractor through which a gradient flows.
    method: "published"; "margin", which keeps the feature on its own side of the borders of the index (`margin_loss`),
    also for random views of the picture, and gains more at the same PSNR in more time; "quick", two steps of it without
    views, which still gain more than the published ten; or a `Method` of your own.
    alpha: strength on the paper's scale (3 is the published point, about 43 dB; greater is stronger and more visible);
    with bound="linf" the largest change in grey levels instead. steps, lr: of the optimiser; in the paper 10 and 1, or
    1 and 10 (a one-step sign attack). lambda_i: weight of the picture term (paper 1). weights: channel factors (R, G,
    B). steps, lr, weights: None for the method's own ("published" 10, 1 and blue-heavy; "margin" 10, .08 and equal;
    "quick" 2, .25 and equal).
    loss: a function of features (B, d), a tensor with gradient, and their `Targets` that returns (B,), instead of the
    method's. features: (N, d) of the originals, if they are known. batch_size: pictures of one size that are activated
    together; large pictures go in smaller batches. generator: torch Generator of the starting noise and the views.
    Returns an Activation. Ctrl-C ends early and keeps the finished pictures (complete=False, with a warning). Works
    under a caller's torch.no_grad() too.
    Raises ValueError for an alpha, steps, bound or method out of range, for an extractor without gradient and for
    pictures too large for the free memory; NothingToActivate for an index that stores vectors exactly (Flat).
    """
    pictures = rgb_pictures(pictures)
    settings = checked_parts(index, extractor, generator, method, loss, alpha, steps, lr, lambda_i, bound, weights)
    whole_number(batch_size, "batch_size")
    check_memory(pictures)
    features = checked_features(pictures, features, index, extractor)
    generator = generator or torch.Generator().manual_seed(0)
    workers = workers_for(pictures, extractor)
    batches = list(_batches(pictures, batch_size, workers))

    def work(item):
        rows, *rest = item
        return rows, activate_batch([pictures[i] for i in rows], index, features[rows], extractor, *rest, settings)

    done, complete = {}, True
    with tqdm(total=len(pictures), desc="activation", unit="picture", disable=not progress) as bar:
        try:
            starts = ((rows, *start([pictures[i] for i in rows], generator, settings)) for rows in batches)
            for rows, made in in_threads(work, starts, min(workers, len(batches))):
                done.update(zip(rows, made, strict=True))
                bar.update(len(rows))
        except KeyboardInterrupt:
            complete = False
            warnings.warn(f"interrupted: {len(done)} of {len(pictures)} pictures are activated and kept", stacklevel=2)
    return _collect(done, complete)


def check_settings(
    alpha: float = ALPHA,
    steps: int = STEPS,
    lr: float = LR,
    bound: str = "jnd",
    lambda_i: float = 1.0,
    weights: tuple[float, float, float] = (1, 1, 1),
) -> None:
    """ValueError for settings that `activate` would refuse, for callers with long work before it."""
    real_number(alpha, "alpha", 0, 255, "0 changes nothing, the paper uses 3")
    whole_number(steps, "steps", why="the paper uses 10")
    real_number(lr, "lr", 1e-9, 1e9, "a learning rate; the paper uses 1 (10 steps) or 10 (1 step)")
    real_number(lambda_i, "lambda_i", 0, 1e9, "the weight of the picture term; the paper uses 1")
    if not hasattr(weights, "__len__") or len(weights) != 3:
        raise ValueError(f"weights={weights!r:.100}: expected three numbers, for red, green and blue")
    for weight in weights:
        real_number(weight, "a weight of a channel", 0, 1000, "the published ones are 0.24, 0.12 and 0.63")
    if not isinstance(bound, str) or bound not in BOUNDS:
        raise ValueError(f"bound={bound!r:.100}: choose one of {', '.join(BOUNDS)}")


def checked_parts(
    index: ActiveIndex,
    extractor: Extractor,
    generator: torch.Generator | None,
    method: str | Method,
    loss: Callable | None,
    alpha: float,
    steps: int | None,
    lr: float | None,
    lambda_i: float,
    bound: str,
    weights: tuple[float, float, float] | None,
) -> Settings:
    """The Settings of these arguments of `activate`; ValueError for one of the wrong kind or out of range."""
    if not hasattr(index, "targets") or not hasattr(extractor, "forward"):
        raise ValueError(
            f"activate(pictures, index, extractor) takes an ActiveIndex and an Extractor, got {type(index).__name__} "
            f"and {type(extractor).__name__}: see build_index and load_extractor"
        )
    if generator is not None and not isinstance(generator, torch.Generator):
        raise ValueError(
            f"generator={generator!r:.100}: expected a torch Generator, such as torch.Generator().manual_seed(0)"
        )
    method = method_of(method, loss)
    lr, weights = method.lr if lr is None else lr, method.weights if weights is None else weights
    steps = method.steps if steps is None else steps
    check_settings(alpha, steps, lr, bound, lambda_i, weights)
    return Settings(method, alpha, steps, lr, lambda_i, bound, weights)


def checked_features(
    pictures: list[Image.Image], features: np.ndarray | None, index: ActiveIndex, extractor: Extractor
) -> np.ndarray:
    """Features (N, d) of the pictures, extracted where None are given.

    NothingToActivate for an index that stores vectors exactly, ValueError for other features or an extractor that gives
    no gradient.
    """
    features = features_array(extractor(pictures) if features is None else features, index.d)
    if len(features) != len(pictures):
        raise ValueError(
            f"features has {len(features)} rows for {len(pictures)} pictures: expected one row per original, in order"
        )
    index.targets(features[:1])
    check_gradient(extractor, pictures[0])
    return features


def _batches(pictures, batch_size, workers) -> Iterator[np.ndarray]:
    """Positions grouped by picture size, at most batch_size each: only pictures of one size share a tensor."""
    by_size = {}
    for i, picture in enumerate(pictures):
        by_size.setdefault(picture.size, []).append(i)
    for size, rows in by_size.items():
        at_once = min(batch_size, pictures_at_once(size, workers), -(-len(rows) // workers))
        for first in range(0, len(rows), at_once):
            yield np.array(rows[first : first + at_once])


def _collect(done, complete):
    """The Activation of the finished pictures: done maps their positions to what `activate_batch` made."""
    rows = [done[i] for i in sorted(done)]
    if not rows:
        return Activation(complete=complete)
    pictures, path, loss, psnr, ssim, linf, seconds = map(list, zip(*rows, strict=True))
    measures = (np.array(values, float) for values in (psnr, ssim, linf))
    return Activation(pictures, np.stack(path, 1), np.stack(loss, 1), *measures, np.array(seconds), complete)

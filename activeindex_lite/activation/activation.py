"""Activation: change pictures a little, before release, so that their features move toward the codes an index stores."""

import time
import warnings
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch.optim.adam import adam
from tqdm import tqdm

from activeindex_lite.activation import quality
from activeindex_lite.activation.defaults import ALPHA, LR, STEPS
from activeindex_lite.activation.methods import method_of, picture_share, whole_picture_step
from activeindex_lite.activation.objective import BOUNDS, amplitude, objective
from activeindex_lite.pictures.given import rgb_pictures
from activeindex_lite.support.checks import features_array, real_number, whole_number


@dataclass
class Activation:
    """What activation made of N pictures; every array is in the order of the pictures given.

    pictures: N activated 8-bit PIL pictures; path: (steps + 1, N, d) float32, the feature before each step and, last,
    that of the saved 8-bit picture; loss: (steps + 1, N) float32, L_f at the same points (of the random view, where a step
    looks at one); psnr (dB), ssim, linf (grey levels), seconds (share of the batch's time): (N,) float64, against the
    originals, on the 8-bit pictures.
    complete: False after an interruption; then N counts the pictures that were finished.
    """

    pictures: list = field(default_factory=list)
    path: np.ndarray = None
    loss: np.ndarray = None
    psnr: np.ndarray = None
    ssim: np.ndarray = None
    linf: np.ndarray = None
    seconds: np.ndarray = None
    complete: bool = True

    def __len__(self):
        return len(self.pictures)

    @property
    def features(self):
        """Features of the saved pictures, (N, d) float32."""
        return self.path[-1]

    @property
    def quality(self):
        """One row a picture: psnr, ssim, linf, as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame({"psnr": self.psnr, "ssim": self.ssim, "linf": self.linf})


def activate(
    pictures,
    index,
    extractor,
    *,
    method="published",
    alpha=ALPHA,
    steps=STEPS,
    lr=None,
    lambda_i=1.0,
    bound="jnd",
    weights=None,
    loss=None,
    features=None,
    batch_size=8,
    generator=None,
    progress=False,
):
    """Activate pictures for an index, by default with the published method (Active Image Indexing, ICLR 2023, arXiv 2210.10620).

    Adam minimises L_f(f(I), target) + lambda_i MSE(I, I_o) over delta, with I = I_o + alpha * std * w * H_JND(I_o) *
    tanh(delta), at each picture's own resolution; at the end I is clipped and rounded to 8 bits.

    pictures: list of PIL pictures, sizes may differ. index: a built ActiveIndex; the target of a picture is the code of
    its ORIGINAL feature, which the index already stores. extractor: an Extractor.
    method: "published"; "margin", which keeps the feature on its own side of the borders of the index (`margin_loss`), also
    for random views of the picture, and finds more at the same PSNR, for some more time; or a `Method` of your own.
    alpha: strength on the paper's scale (3 is the published point, about 43 dB; greater is stronger and more visible);
    with bound="linf" the largest change in grey levels instead. steps, lr: 10 and 1, or 1 and 10 (a one-step sign attack).
    lambda_i: weight of the picture term (paper 1). weights: channel factors (R, G, B). lr, weights: None for the method's own
    ("published" 1 and blue-heavy, "margin" .08 and equal).
    loss: a function of features (B, d), a tensor with gradient, and their `Targets` that returns (B,), in place of the method's.
    features: (N, d) of the originals, where they are at hand. generator: torch Generator of the starting noise and the views.
    Returns an Activation. Ctrl-C ends early and keeps the pictures that are finished (complete=False, with a warning).
    Raises ValueError for an alpha, steps, bound or method out of range, and the index's own error where there is
    nothing to activate (Flat).
    """
    pictures = rgb_pictures(pictures)
    _check_parts(index, extractor, generator, batch_size)
    method = method_of(method, loss)
    lr, weights = method.lr if lr is None else lr, method.weights if weights is None else weights
    check_settings(alpha, steps, lr, bound, lambda_i, weights)
    features = features_array(extractor(pictures) if features is None else features, index.d)
    if len(features) != len(pictures):
        raise ValueError(
            f"features has {len(features)} rows for {len(pictures)} pictures: one of each original is expected, in order"
        )
    index.targets(features[:1])  # says at once where there is nothing to activate
    generator = generator or torch.Generator().manual_seed(0)
    settings = dict(method=method, alpha=alpha, steps=steps, lr=lr, lambda_i=lambda_i, bound=bound, weights=weights)
    done, complete = {}, True
    with tqdm(total=len(pictures), desc="activation", unit="picture", disable=not progress) as bar:
        try:
            for rows in _batches(pictures, batch_size):
                originals = [pictures[i] for i in rows]
                done.update(
                    zip(rows, _activate_batch(originals, index, features[rows], extractor, generator, **settings))
                )
                bar.update(len(rows))
        except KeyboardInterrupt:
            complete = False
            warnings.warn(f"interrupted: {len(done)} of {len(pictures)} pictures are activated and kept", stacklevel=2)
    return _collect(done, complete)


def check_settings(alpha=ALPHA, steps=STEPS, lr=LR, bound="jnd", lambda_i=1.0, weights=(1, 1, 1)):
    """ValueError for settings that `activate` would refuse, to be asked before long work begins."""
    real_number(alpha, "alpha", 0, 255, "0 changes nothing, the paper uses 3")
    whole_number(steps, "steps", why="the paper uses 10")
    real_number(lr, "lr", 1e-9, 1e9, "a learning rate; the paper uses 1 (10 steps) or 10 (1 step)")
    real_number(lambda_i, "lambda_i", 0, 1e9, "the weight of the picture term; the paper uses 1")
    if np.shape(weights) != (3,):
        raise ValueError(f"weights={weights!r}: three numbers are expected, for red, green and blue")
    for weight in weights:
        real_number(weight, "a weight of a channel", 0, 1000, "the published ones are 0.24, 0.12 and 0.63")
    if bound not in BOUNDS:
        raise ValueError(f"bound={bound!r}: choose one of {', '.join(BOUNDS)}")


def _check_parts(index, extractor, generator, batch_size):
    """ValueError for arguments that are something else than what they stand for."""
    if not hasattr(index, "targets") or not hasattr(extractor, "forward"):
        raise ValueError(
            f"activate(pictures, index, extractor) takes an ActiveIndex and an Extractor, got {type(index).__name__} and "
            f"{type(extractor).__name__}: see build_index and load_extractor"
        )
    if generator is not None and not isinstance(generator, torch.Generator):
        raise ValueError(
            f"generator={generator!r}: a torch Generator is expected, such as torch.Generator().manual_seed(0)"
        )
    whole_number(batch_size, "batch_size")


def _batches(pictures, batch_size):
    """Positions grouped by picture size, at most batch_size each: only pictures of one size share a tensor."""
    by_size = {}
    for i, picture in enumerate(pictures):
        by_size.setdefault(picture.size, []).append(i)
    for rows in by_size.values():
        for start in range(0, len(rows), batch_size):
            yield np.array(rows[start : start + batch_size])


def _activate_batch(
    originals, index, features, extractor, generator, *, method, alpha, steps, lr, lambda_i, bound, weights
):
    """Activate pictures of one size; returns a tuple of what Activation holds for each of them."""
    begun = time.perf_counter()
    targets = method.targets(index, features)
    arrays = np.stack([np.asarray(p) for p in originals])
    tensor = torch.from_numpy(arrays).to(extractor.device).permute(0, 3, 1, 2).float() / 255
    largest = amplitude(tensor, alpha, bound, weights)
    delta = (1e-6 * torch.randn(tensor.shape, generator=generator)).to(tensor).requires_grad_()
    count, first, second = torch.zeros((), device=extractor.device), torch.zeros_like(delta), torch.zeros_like(delta)
    if method.whole_picture:
        share, second = picture_share(largest), second[:, :1, :1, :1]
    path, losses = [], []
    for step in range(steps):
        forward, loss = method.looks(step, targets, extractor, generator)
        # A sum over pictures: each picture's steps are its own, whatever else is in the batch.
        total, loss_f, seen = objective(delta, tensor, largest, forward, targets, lambda_i, loss)
        (gradient,) = torch.autograd.grad(total.sum(), delta)
        if method.whole_picture:
            whole_picture_step(delta, gradient, share, (first, second), count, lr)
        else:
            _adam_step(delta, gradient, (first, second), count, lr)
        path.append(seen[: len(tensor)].detach().cpu().numpy())
        losses.append(loss_f.detach().cpu().numpy())
    if not torch.isfinite(delta).all():
        raise ValueError(
            "the loss or its gradient is not finite, so the pictures would be lost: mend the loss, or take a smaller lr"
        )
    with torch.no_grad():
        final = ((tensor + largest * torch.tanh(delta)).clamp(0, 1) * 255).round().to(torch.uint8)
    saved = [Image.fromarray(a) for a in final.permute(0, 2, 3, 1).cpu().numpy()]
    seconds = (time.perf_counter() - begun) / len(originals)
    path.append(extractor(saved))
    losses.append(method.loss(torch.from_numpy(path[-1]), targets).numpy())
    measures = [
        [measure(a, b) for measure in (quality.psnr, _ssim_or_nan, quality.linf)] for a, b in zip(originals, saved)
    ]
    path, losses = np.stack(path, 1), np.stack(losses, 1)
    return [(s, p, x, *m, seconds) for s, p, x, m in zip(saved, path, losses, measures)]


@torch.no_grad()
def _adam_step(delta, gradient, moments, count, lr):
    # torch's own Adam in its functional form: the Optimizer class loads torch's compiler, 150 MB and three seconds.
    adam(
        [delta],
        [gradient],
        [moments[0]],
        [moments[1]],
        [],
        [count],
        foreach=False,
        fused=True,
        amsgrad=False,
        maximize=False,
        beta1=0.9,
        beta2=0.999,
        lr=lr,
        weight_decay=0.0,
        eps=1e-8,
    )


def _ssim_or_nan(original, changed):
    # SSIM is not defined below its window's size; the other measures of such a picture still are.
    return quality.ssim(original, changed) if min(original.size) >= 11 else float("nan")


def _collect(done, complete):
    rows = [done[i] for i in sorted(done)]
    if not rows:
        return Activation(complete=complete)
    pictures, path, loss, *measures, seconds = map(list, zip(*rows))
    psnr, ssim, linf = (np.array(m, float) for m in measures)
    return Activation(pictures, np.stack(path, 1), np.stack(loss, 1), psnr, ssim, linf, np.array(seconds), complete)

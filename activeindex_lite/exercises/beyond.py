"""Checks of the exercises beyond the paper (notebook 11)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict


def _points(seed: int, K: int = 6, d: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=d), rng.normal(size=d), rng.normal(size=(K, d))


@verdict
def margin(answer: Callable) -> str:
    """f(x, own, other), three vectors -> distance of x to the border between the two points, negative beyond it."""
    for seed in range(3):
        x, own, others = _points(seed)
        near, far, apart = ((x - own) ** 2).sum(), ((x - others[0]) ** 2).sum(), np.linalg.norm(own - others[0])
        expected = (far - near) / (2 * apart)
        compare(
            one_number(call(answer, x, own, others[0]), "the margin"),
            expected,
            "the margin",
            hints=[
                (-expected, "The sign is turned over: inside the own cell the margin is positive."),
                (
                    far - near,
                    "That is the difference of the squared distances; divide by 2 |own - other| to get a length.",
                ),
                (2 * expected, "The 2 in 2 |own - other| is missing."),
                (
                    (far - near) / 2 * apart,
                    "Divide by |own - other| too: a / 2 * b multiplies by b, a / (2 * b) divides.",
                ),
                ((far - near) / (2 * apart**2), "Divide by the length |own - other|, not by its square."),
                (np.sqrt(far) - np.sqrt(near), "The formula has the squared distances."),
            ],
        )
    return "On the border the margin is 0. An edit that moves a feature by less than its margin leaves it in its cell."


@verdict
def border_loss(answer: Callable) -> str:
    """f(x, own, others, tau): vectors (d,), (d,), (K, d), a number -> log(1 + sum exp(-gap / tau))."""
    for seed, tau in ((0, 0.5), (1, 2.0)):
        x, own, others = _points(seed)
        gaps = np.square(others - x).sum(1) - np.square(own - x).sum()
        expected = np.log1p(np.exp(-gaps / tau).sum())
        compare(
            one_number(call(answer, x, own, others, tau), "the loss", expected),
            expected,
            "the loss",
            hints=[
                (
                    np.log(np.exp(-gaps / tau).sum()),
                    "The 1 is missing: it is the term of the own point, whose gap is 0.",
                ),
                (
                    np.log1p(np.exp(gaps / tau).sum()),
                    "The sign in the exponent is turned over: a distant rival must count little.",
                ),
                (
                    np.log1p(np.exp(-(np.square(others - x).sum() - np.square(own - x).sum()) / tau)),
                    "Compute one distance per rival: sum over the last axis only, .sum(1).",
                ),
                (np.log1p(np.exp(-gaps / tau)).sum(), "Take one logarithm of the whole sum, not a sum of logarithms."),
                (np.log1p(np.exp(-gaps * tau).sum()), "Divide by tau."),
                (np.log1p(np.exp(-gaps / tau).mean()), "Sum over the rivals, not mean."),
            ],
        )
    return "The nearest rival counts most, and one that no copy would reach counts almost nothing."


@verdict
def loss(answer: Callable) -> str:
    """f(features, targets): a (B, d) tensor with gradient, targets with points, cells and codes -> (B,) to minimise."""
    import torch

    from activeindex_lite.index.rivals import Rivals
    from activeindex_lite.index.targets import Targets

    rng = np.random.default_rng(0)
    own, cells, codes = (rng.normal(size=shape).astype(np.float32) for shape in ((3, 8), (3, 5, 8), (3, 4, 8)))
    targets = Targets("point", points=own, cells=Rivals(own + 0.1, cells), codes=Rivals(own, codes))
    x = torch.from_numpy(rng.normal(size=(3, 8)).astype(np.float32)).requires_grad_()
    found = call(answer, x, targets)
    if not isinstance(found, torch.Tensor) or found.shape != (3,):
        kind = f"a tensor of shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        raise WrongAnswer(
            f"A torch tensor of shape (B,) is expected, here (3,): one number per picture. This is {kind}."
        )
    if not found.requires_grad or not found.dtype.is_floating_point:
        raise WrongAnswer(
            "The result has no gradient with respect to the features: compute with torch from features on, without "
            "numpy, .detach() or counting."
        )
    try:
        (gradient,) = torch.autograd.grad(found.sum(), x, allow_unused=True)
    except RuntimeError:
        raise WrongAnswer("The gradient cannot be computed: leave out .backward() and operations in place.") from None
    if gradient is None or not torch.isfinite(gradient).all() or not torch.isfinite(found).all():
        raise WrongAnswer("The loss or its gradient is not finite, or does not depend on the features.")
    if float(gradient.abs().max()) < 1e-12:
        raise WrongAnswer("The gradient is 0: activation would not know where to go.")
    if (gradient * (torch.from_numpy(own) - x)).sum() > 0:
        raise WrongAnswer("The loss grows on the way to the own code: activation minimises, so turn the sign over.")
    return "It can take part. The comparison will show how good a loss it is."

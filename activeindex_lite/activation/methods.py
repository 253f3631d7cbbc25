"""The methods of activation by name: what each minimises, how it steps, and how it shares the change among channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from activeindex_lite.activation.defaults import LR, STEPS
from activeindex_lite.activation.margin import margin_loss, with_rivals
from activeindex_lite.activation.objective import BLUE_HEAVY, target_loss
from activeindex_lite.activation.views import random_views

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex, Targets

# Equal factors for red, green and blue, chosen so that one alpha gives about the same PSNR as with the published
# method.
EQUAL = (1.3, 1.3, 1.3)


@dataclass(frozen=True)
class Method:
    """How activation is carried out.

    loss: (features (B, d) with gradient, Targets) to (B,), L_f; lr, weights, steps: the defaults of `activate`; rivals:
    whether Targets hold cells and codes; views: whether steps look at random views, see `looks`; whole_picture: whether
    the steps are those of `whole_picture_step` (False: Adam's own).
    """

    loss: Callable
    lr: float
    weights: tuple[float, float, float]
    rivals: bool = False
    views: bool = False
    whole_picture: bool = False
    steps: int = STEPS

    @property
    def passes(self) -> float:
        """Passes of the network, forward and gradient, per step and picture; with views one and a half, see `looks`."""
        return 1.5 if self.views else 1.0

    def targets(self, index: ActiveIndex, features: np.ndarray) -> Targets:
        """The targets of a batch of features (B, d), with their rivals if the method uses them."""
        found = index.targets(features)
        return with_rivals(found, index, features) if self.rivals else found

    def looks(
        self, step: int, targets: Targets, extractor: Extractor, generator: torch.Generator
    ) -> tuple[Callable, Callable]:
        """What a step, counted from 0, looks at: (forward, loss) of the B pictures of targets, squeezed (B, 3, S, S).

        With views: every third step the pictures as they are, otherwise a random view of each; and always a second view
        of every other picture, which adds half to the work of the network. forward then returns B features and, after
        them, those of the second views.
        """
        if not self.views:
            return extractor.forward, self.loss
        n, more = len(targets), torch.arange(step % 2, len(targets), 2)

        def forward(small):
            seen = [small if step % 3 == 0 else random_views(small, generator)]
            seen += [random_views(small[more], generator)] if len(more) else []
            return extractor.forward(torch.cat(seen))

        def loss(features, targets):
            losses = self.loss(features, targets[np.concatenate([np.arange(n), more.numpy()])])
            return losses[:n].index_add(0, more.to(losses.device), losses[n:])

        return forward, loss


METHODS = {
    "published": Method(target_loss, LR, BLUE_HEAVY),
    "margin": Method(margin_loss, 0.08, EQUAL, rivals=True, views=True, whole_picture=True),
    # Notebook 11 and docs/results.md: two passes of the network gain more than ten of the published method.
    "quick": Method(margin_loss, 0.25, EQUAL, rivals=True, whole_picture=True, steps=2),
}


def method_of(method: str | Method, loss: Callable | None = None) -> Method:
    """The Method of a name, or a Method itself; with another loss if one is given. ValueError for an unknown name."""
    if not isinstance(method, Method):
        if not isinstance(method, str) or method not in METHODS:
            raise ValueError(f"method={method!r:.100}: choose one of {', '.join(METHODS)}")
        method = METHODS[method]
    if loss is not None and not callable(loss):
        raise ValueError(f"loss={loss!r:.100}: expected a function of (features (B, d), targets) that returns (B,)")
    return method if loss is None else replace(method, loss=loss)


def picture_share(bound: torch.Tensor) -> torch.Tensor:
    """The bound of each pixel over its root mean square in the picture, (B, 3, H, W), for `whole_picture_step`."""
    return bound.clamp(min=1e-12) / bound.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)


@torch.no_grad()
def whole_picture_step(
    delta: torch.Tensor,
    gradient: torch.Tensor,
    share: torch.Tensor,
    moments: tuple[torch.Tensor, torch.Tensor],
    count: torch.Tensor,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
) -> None:
    """A step of Adam on delta (B, 3, H, W), in place, that changes pixels in proportion to the picture's own gradient.

    Adam's own step is nearly a sign: a pixel that matters little moves as far as one that matters much, at the same
    cost in dB. Here the second moment is one number per picture, not per pixel, and the step is taken in the picture
    itself: delta's gradient is divided by the bound twice, so that the bound limits a change but does not shape it.
    This gains most for a given sum of squares. share: `picture_share` of the bound; moments: tensors (B, 3, H, W) and
    (B, 1, 1, 1); count: a scalar tensor.
    """
    first, second = moments
    count += 1
    gradient = gradient / share
    first.lerp_(gradient, 1 - beta1)
    second.lerp_(gradient.square().mean((1, 2, 3), keepdim=True), 1 - beta2)
    size = (second / (1 - beta2**count)).sqrt().clamp(min=1e-20)
    delta.addcdiv_(first / size, share, value=-lr / (1 - beta1 ** float(count)))

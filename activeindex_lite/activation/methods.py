"""The methods of activation by name: what each minimises, how it takes its steps, and how it shares the change among colours."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from activeindex_lite.activation.defaults import LR
from activeindex_lite.activation.margin import margin_loss, with_rivals
from activeindex_lite.activation.objective import BLUE_HEAVY, target_loss
from activeindex_lite.activation.views import random_views, shrink

# The same for red, green and blue, of the size at which one alpha gives about the PSNR that it gives with the published method.
EQUAL = (1.3, 1.3, 1.3)


@dataclass(frozen=True)
class Method:
    """How activation is carried out.

    loss: (features (B, d) with gradient, Targets) to (B,), L_f; lr, weights: where `activate` is not told otherwise; rivals:
    whether Targets hold cells and codes; views: whether steps look at random views, see `looks`; whole_picture: which kind of step, see
    `whole_picture_step` (False: Adam's own).
    """

    loss: Callable
    lr: float
    weights: tuple
    rivals: bool = False
    views: bool = False
    whole_picture: bool = False

    def targets(self, index, features):
        """What a batch of features (B, d) is to come close to, and if the method asks for them, away from."""
        found = index.targets(features)
        return with_rivals(found, index, features) if self.rivals else found

    def looks(self, step, targets, extractor, generator):
        """What a step, counted from 0, looks at: (forward, loss) for `objective`, of the B pictures of targets.

        With views: every third step the pictures as they are, else a random view of each, and one view more of every other picture
        (half as much again for the network). forward then returns B features and, behind them, those of the views more.
        """
        if not self.views:
            return extractor.forward, self.loss
        n, more = len(targets), torch.arange(step % 2, len(targets), 2)

        def forward(tensor):
            small = shrink(tensor, extractor.size)
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
}


def method_of(method, loss=None):
    """The Method of a name, or a Method itself; with another loss if one is given. ValueError for an unknown name."""
    if not isinstance(method, Method):
        if method not in METHODS:
            raise ValueError(f"method={method!r}: choose one of {', '.join(METHODS)}")
        method = METHODS[method]
    if loss is not None and not callable(loss):
        raise ValueError(f"loss={loss!r}: a function of (features (B, d), targets) that returns (B,) is expected")
    return method if loss is None else replace(method, loss=loss)


def picture_share(bound):
    """What `whole_picture_step` divides by: the bound of each pixel over its root mean square in the picture, (B, 3, H, W)."""
    return bound.clamp(min=1e-12) / bound.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-12)


@torch.no_grad()
def whole_picture_step(delta, gradient, share, moments, count, lr, beta1=0.9, beta2=0.999):
    """A step of Adam on delta (B, 3, H, W), in place, that changes pixels in proportion to the picture's own gradient.

    Adam's own step is nearly a sign: a pixel that matters little moves as far as one that matters much, and both cost the same
    dB. Here one second moment is kept for a picture, not one for a pixel, and the step is taken in the picture itself:
    delta's gradient is divided by the bound twice, so that the bound caps a change but does not shape it. For a given sum
    of squares this buys most. share: `picture_share` of the bound; moments: tensors (B, 3, H, W) and (B, 1, 1, 1); count: a
    scalar tensor.
    """
    first, second = moments
    count += 1
    gradient = gradient / share
    first.lerp_(gradient, 1 - beta1)
    second.lerp_(gradient.square().mean((1, 2, 3), keepdim=True), 1 - beta2)
    size = (second / (1 - beta2**count)).sqrt().clamp(min=1e-20)
    delta.addcdiv_(first / size, share, value=-lr / (1 - beta1 ** float(count)))

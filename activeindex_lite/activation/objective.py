"""What activation minimises, and the bound it keeps: the loss toward a target, and the largest change allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from activeindex_lite.activation.perceptual import jnd
from activeindex_lite.extractor.extractor import IMAGENET_STD
from activeindex_lite.pictures.luma import LUMA

if TYPE_CHECKING:
    from activeindex_lite.index import Targets

# Most of the change goes to blue, which the eye sees least.
BLUE_HEAVY = tuple(0.072 / luma for luma in LUMA)
BOUNDS = ("jnd", "linf")


def amplitude(
    tensor: torch.Tensor, alpha: float, bound: str = "jnd", weights: tuple[float, float, float] = BLUE_HEAVY
) -> torch.Tensor:
    """Largest change of each pixel and channel, in [0, 1] units: the factor of tanh(delta).

    tensor: originals (B, 3, H, W) in [0, 1].
    "jnd": alpha * std_c * w_c * H_JND(I), (B, 3, H, W); alpha on the paper's scale, where 3 is the published point
    (about 43 dB), not a factor in grey levels. "linf": alpha grey levels for every pixel and channel, (1, 1, 1, 1).
    """
    if bound == "linf":
        return tensor.new_full((1, 1, 1, 1), alpha / 255)
    # The paper's network normalises with this std, and adds its perturbation after that.
    scale = tensor.new_tensor(IMAGENET_STD) * tensor.new_tensor(weights)
    return alpha * scale.view(1, 3, 1, 1) * jnd(tensor)


def target_loss(features: torch.Tensor, targets: Targets) -> torch.Tensor:
    """L_f for each picture, (B,): features (B, d) with gradient against an index's Targets of the same B pictures.

    "point" targets (IVF, PQ, IVF-PQ, OPQ): squared L2 distance to the quantized code. "signs" (LSH): the mean over bits
    of -sign(b_j) (w_j x + o_j), which pushes each projection away from 0 on its own side.
    """
    if targets.kind == "point":
        return (features - torch.as_tensor(targets.points).to(features)).square().sum(1)
    return -signed_projections(features, targets).mean(1)


def signed_projections(features: torch.Tensor, targets: Targets) -> torch.Tensor:
    """sign(b_j) (w_j x + o_j) of features (B, d) for LSH Targets, (B, nbits): negative where a bit has flipped."""
    projections, offsets, signs = (
        torch.as_tensor(t).to(features) for t in (targets.projections, targets.offsets, targets.signs)
    )
    return signs * (features @ projections.T + offsets)

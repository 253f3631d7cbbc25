"""What activation minimises, and the bound it keeps: the loss toward each index's target, and the largest change allowed."""

import torch

from activeindex_lite.activation.perceptual import jnd
from activeindex_lite.extractor.extractor import IMAGENET_STD
from activeindex_lite.pictures.luma import LUMA

# Most of the change goes to blue, which the eye sees least.
BLUE_HEAVY = tuple(0.072 / luma for luma in LUMA)
BOUNDS = ("jnd", "linf")


def amplitude(tensor, alpha, bound="jnd", weights=BLUE_HEAVY):
    """Largest change of each pixel and channel, in [0, 1] units: the factor of tanh(delta).

    tensor: originals (B, 3, H, W) in [0, 1].
    "jnd": alpha * std_c * w_c * H_JND(I), (B, 3, H, W); alpha on the paper's scale, where 3 is the published point
    (about 43 dB): not a factor in grey levels. "linf": alpha grey levels for every pixel and channel, a plain bound.
    """
    if bound == "linf":
        return tensor.new_full((1, 1, 1, 1), alpha / 255)
    # The paper's network normalises with this std, and adds its perturbation after that.
    scale = tensor.new_tensor(IMAGENET_STD) * tensor.new_tensor(weights)
    return alpha * scale.view(1, 3, 1, 1) * jnd(tensor)


def target_loss(features, targets):
    """L_f for each picture, (B,): features (B, d) with gradient against an index's Targets of the same B pictures.

    "point" targets (IVF, PQ, IVF-PQ, OPQ): squared L2 distance to the quantized code. "signs" (LSH): the mean over bits of
    -sign(b_j) (w_j x + o_j), which pushes each projection away from 0 on its own side.
    """
    if targets.kind == "point":
        return (features - torch.as_tensor(targets.points).to(features)).square().sum(1)
    return -signed_projections(features, targets).mean(1)


def signed_projections(features, targets):
    """sign(b_j) (w_j x + o_j) of features (B, d) for LSH Targets, (B, nbits): negative where a bit has flipped."""
    projections, offsets, signs = (
        torch.as_tensor(t).to(features) for t in (targets.projections, targets.offsets, targets.signs)
    )
    return signs * (features @ projections.T + offsets)


def objective(delta, tensor, bound, forward, targets, lambda_i, loss=target_loss):
    """The activation objective of each picture, L_f + lambda_i MSE(I, I_o), with I = I_o + bound * tanh(delta).

    delta, tensor: (B, 3, H, W); bound: from `amplitude`; forward: pictures to (B, d) features with gradient; loss: L_f.
    Returns (objective (B,), L_f (B,), features (B, d)). Clipping and rounding come after the last step, as in the paper.
    """
    change = bound * torch.tanh(delta)
    features = forward(tensor + change)
    loss_f = loss(features, targets)
    if getattr(loss_f, "shape", None) != (len(tensor),):
        raise ValueError(
            f"the loss has the shape {tuple(getattr(loss_f, 'shape', ()))}: one number a picture is expected, ({len(tensor)},)"
        )
    return loss_f + lambda_i * change.square().mean((1, 2, 3)), loss_f, features

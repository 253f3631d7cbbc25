"""The margin objective: keep a feature on its own side of the borders that an index draws around what it stored.

A query finds its original if its feature lies nearer to the own centroid than to any other (the cell is visited) and
nearer to the own code than to any other (it comes first). Notebook 11 holds the measurements behind these losses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from activeindex_lite.activation.objective import signed_projections, target_loss
from activeindex_lite.index.rivals import cell_rivals, code_rivals

if TYPE_CHECKING:
    import numpy as np

    from activeindex_lite.index import ActiveIndex, Targets
    from activeindex_lite.index.rivals import Rivals

# How far a copy strays, as a share of the mean squared distance between the own point and its rivals. Results hardly
# change from .1 to .4.
TAU = 0.2
# The same for LSH, in distance to a hyperplane.
BIT_TAU = 0.05


def margins(features: torch.Tensor, rivals: Rivals) -> torch.Tensor:
    """Distance of features to the border between their own point and each rival, negative beyond it: (B, K).

    m_j = (|x - p_j|^2 - |x - p_i|^2) / (2 |p_i - p_j|), p_i own and p_j other. features: (B, d) with gradient; rivals:
    Rivals of the same B pictures.
    """
    own, others = (torch.as_tensor(points).to(features) for points in (rivals.own, rivals.others))
    return _gaps(features, own, others, rivals.beyond) / (2 * (own[:, None] - others).norm(dim=2)).clamp(min=1e-12)


def _gaps(x, own, others, beyond):
    """|x - p_j|^2 - |x - p_i|^2, (B, K), linear in x; for estimates (RaBitQ), what lies beyond these distances too."""
    ways = own[:, None] - others
    gaps = others.square().sum(2) - own.square().sum(1)[:, None] + 2 * torch.einsum("bd,bkd->bk", x, ways)
    return gaps if beyond is None else gaps + torch.as_tensor(beyond).to(gaps)


def border_loss(features: torch.Tensor, rivals: Rivals, tau: float = TAU) -> torch.Tensor:
    """How likely a stray copy crosses a border: log(1 + sum_j exp(-(|x - p_j|^2 - |x - p_i|^2) / T)) per picture, (B,).

    This is the cross-entropy of a soft assignment, softmax over points of -|x - p|^2 / T. The exponent is
    2 |p_i - p_j| m_j / T, so the loss is a softplus of the negative margins, in which the nearest border counts most.
    T = tau * mean_j |p_i - p_j|^2 for each picture, since extractors differ in how close together their features lie.
    """
    own, others = (torch.as_tensor(points).to(features) for points in (rivals.own, rivals.others))
    spread = (own[:, None] - others).square().sum(2).mean(1, keepdim=True).clamp(min=1e-12)
    gaps = _gaps(features, own, others, rivals.beyond) / (tau * spread)
    return torch.logsumexp(F.pad(-gaps, (1, 0)), 1)


def bit_margins(features: torch.Tensor, targets: Targets) -> torch.Tensor:
    """Distance of features (B, d) to each LSH hyperplane, (B, nbits): s_j (w_j x + o_j) / |w_j|.

    Positive on the side of the stored bit, negative if the bit has flipped.
    """
    lengths = torch.as_tensor(targets.projections).to(features).norm(dim=1)
    return signed_projections(features, targets) / lengths


def margin_loss(features: torch.Tensor, targets: Targets, tau: float = TAU, bit_tau: float = BIT_TAU) -> torch.Tensor:
    """The margin objective of each picture, (B,): features (B, d) with gradient, Targets of the same B pictures.

    IVF: `border_loss` among cells. IVF-PQ and other codes in cells: that, plus `border_loss` among the stored codes.
    PQ, OPQ, additive codes: among the stored codes. LSH: mean_j softplus(-m_j / bit_tau) of the `bit_margins`, so that
    bits already safe count little. Without any rival (an empty index without cells): the distance to the code.
    """
    if targets.kind == "signs":
        return F.softplus(-bit_margins(features, targets) / bit_tau).mean(1)
    borders = [border_loss(features, rivals, tau) for rivals in (targets.cells, targets.codes) if rivals is not None]
    return sum(borders) if borders else target_loss(features, targets)


def with_rivals(targets: Targets, index: ActiveIndex, features: np.ndarray) -> Targets:
    """Targets of features (N, d) with their rivals in an ActiveIndex: cells and codes, each None if there are none.

    Signs (LSH) have no rivals: `margin_loss` needs their hyperplanes alone.
    """
    if targets.kind == "signs":
        return targets
    return replace(targets, cells=cell_rivals(index, features), codes=code_rivals(index, features))

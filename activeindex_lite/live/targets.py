"""The losses of activation as the compute core takes them: groups of linear forms of the feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.activation.margin import BIT_TAU, TAU

if TYPE_CHECKING:
    from activeindex_lite.index import Targets
    from activeindex_lite.index.rivals import Rivals


def loss_forms(targets: Targets, is_margin: bool) -> list[tuple[str, np.ndarray]]:
    """The loss of the first of some Targets: groups (kind, forms (n, d + 1) float32), as add_loss in descent.c.

    is_margin: `margin_loss`, otherwise `target_loss`. The same for the page: liveTargets in search.js.
    """
    if targets.kind == "signs":
        signs = targets.signs[0][:, None] * np.column_stack([targets.projections, targets.offsets])
        lengths = np.linalg.norm(targets.projections, axis=1)[:, None]
        group = ("soft", signs / lengths / BIT_TAU) if is_margin else ("push", signs)
        return [(group[0], group[1].astype(np.float32))]
    rivals = [rivals for rivals in (targets.cells, targets.codes) if rivals is not None]
    if is_margin and rivals:
        return [("borders", border_forms(each)) for each in rivals]
    return [("distance", np.append(targets.points[0], 0)[None].astype(np.float32))]


def border_forms(rivals: Rivals, tau: float = TAU) -> np.ndarray:
    """(|x - p_j|^2 - |x - p_i|^2) / T of the first of some Rivals as forms of x, (K, d + 1): see `border_loss`."""
    own, others = rivals.own[0].astype(float), rivals.others[0].astype(float)
    ways = own - others
    spread = tau * max(np.square(ways).sum(1).mean(), 1e-12)
    constants = np.square(others).sum(1) - np.square(own).sum()
    if rivals.beyond is not None:
        constants = constants + rivals.beyond[0]
    return (np.column_stack([2 * ways, constants]) / spread).astype(np.float32)

"""Activating one picture step by step, for whoever shows it on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from activeindex_lite.activation.activation import checked_features, checked_parts
from activeindex_lite.activation.batch import descent_of, saved_pictures, start
from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.activation.memory import check_memory
from activeindex_lite.activation.methods import Method
from activeindex_lite.pictures.given import rgb_pictures

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex


@dataclass(frozen=True)
class Step:
    """One step of an activation.

    number: 1 for the first; of: how many there will be; picture: 8-bit PIL, what would be released now; path: (number,
    d) float32, the feature before each step so far (the first is the original's); loss: (number,) float32, L_f at the
    same points (of the random view, if a step looks at one).
    """

    number: int
    of: int
    picture: Image.Image
    path: np.ndarray
    loss: np.ndarray


def activate_steps(
    picture: Image.Image,
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
    generator: torch.Generator | None = None,
) -> Iterator[Step]:
    """Activate a picture and yield a Step after each step: whoever has seen enough stops asking.

    The last picture is the one that `activate` makes of [picture] with the same settings, which are explained there.
    features: (1, d) of the original, if it is known. The errors are those of `activate`, raised at the first step.
    """
    pictures = rgb_pictures([picture])
    settings = checked_parts(index, extractor, generator, method, loss, alpha, steps, lr, lambda_i, bound, weights)
    check_memory(pictures)
    features = checked_features(pictures, features, index, extractor)
    generator = generator or torch.Generator().manual_seed(0)
    descent = descent_of(pictures, index, features, extractor, *start(pictures, generator, settings), settings)
    path, losses = [], []
    for number in range(1, settings.steps + 1):
        feature, loss_f = descent.step()
        path.append(feature[0])
        losses.append(loss_f[0])
        yield Step(number, settings.steps, saved_pictures(descent)[0], np.stack(path), np.array(losses))

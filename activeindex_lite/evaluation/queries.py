"""The queries of an evaluation: features of edited pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from activeindex_lite.edits import EDITS
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.parallel import in_threads

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor


def edit_stream(seed: int, i: int) -> np.random.Generator:
    """The stream of picture i's Random edit, which does not depend on the other pictures."""
    return np.random.default_rng([seed, i])


def edited_features(
    pictures: Sequence[Image.Image],
    extractor: Extractor,
    *,
    seed: int = 0,
    edits: Sequence[str] = tuple(EDITS),
    first: int = 0,
    batch_size: int = 32,
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """Features of every picture under every edit: dict from the name of an edit to (N, d) float32.

    pictures: list of N PIL pictures. seed: of the Random edit; picture i draws from a stream of its own, (seed, first +
    i), so a passive and an activated picture at the same position get exactly the same edit. first: position of the
    list's first picture in a longer list. batch_size: pictures per call of the extractor. Edits are shared out among
    the cores, see `support.parallel`. ValueError for an unknown edit.
    """
    for name in edits:
        if name not in EDITS:
            raise ValueError(f"no edit {str(name)[:60]!r}: choose one of {', '.join(EDITS)}")
    whole_number(seed, "seed", least=0)

    def under(name: str) -> np.ndarray:
        edited = (EDITS[name](picture, edit_stream(seed, i)) for i, picture in enumerate(pictures, first))
        return extractor(edited, batch_size)

    workers = None if getattr(extractor, "reentrant", True) else 1
    made = tqdm(in_threads(under, edits, workers), "edits", len(edits), unit="edit", leave=False, disable=not progress)
    return dict(zip(edits, made, strict=True))

"""Options that several commands share, so that one name means one thing in all of them."""

from __future__ import annotations

import os
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from activeindex_lite.activation.defaults import ALPHA

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor

EXTRACTORS = (
    "lite; gradients; sscd_disc_mixup; a torchvision model such as resnet50; or the path of a TorchScript file or of "
    "SSCD's weights. @SIZE sets the side of its input in pixels, as in lite@96"
)


def add_originals(
    parser: ArgumentParser, default: int | None = 100, what: str = "originals to activate (default 100)"
) -> None:
    """Add --originals N. --queries N, its older name, keeps working and is not shown. what: N of what, in words."""
    parser.add_argument("--originals", type=int, default=default, metavar="N", help=f"number of {what}")
    parser.add_argument("--queries", dest="originals", type=int, default=SUPPRESS, help=SUPPRESS)


def add_seed(parser: ArgumentParser, draws: str) -> None:
    """Add --seed S. draws: what the seed decides in this command."""
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="S",
        help=f"seed of {draws}; the same seed gives the same tables, times aside (default 0)",
    )


def add_alpha(parser: ArgumentParser) -> None:
    """Add --alpha A."""
    parser.add_argument(
        "--alpha",
        type=float,
        default=ALPHA,
        metavar="A",
        help=f"strength of activation on the paper's scale (default {ALPHA:g}, the published value)",
    )


def add_pictures(parser: ArgumentParser, otherwise: str) -> None:
    """Add --pictures FOLDER. otherwise: what the command uses without it."""
    parser.add_argument("--pictures", metavar="FOLDER", help=f"folder of your own photographs (default: {otherwise})")


def add_out(parser: ArgumentParser, default: str | None, holds: str) -> None:
    """Add --out DIR. default: None where the text of holds states it; holds: what the command writes there."""
    shown = "" if default is None else f" (default {default})"
    parser.add_argument("--out", default=default, metavar="DIR", help=f"folder for {holds}{shown}")


def extractor_of(text: str, device: str = "cpu") -> Extractor:
    """The extractor that NAME[@SIZE] names; ValueError where SIZE is no number."""
    from activeindex_lite.extractor import load_extractor  # loads torch

    which, size = name_and_size(text)
    return load_extractor(which, size=size, device=device)


def name_and_size(text: str) -> tuple[str, int | None]:
    """NAME[@SIZE] as (NAME, SIZE or None). An @ inside a path belongs to the path: me@home/w.pt has no size."""
    name, at, size = text.rpartition("@")
    if not at or _is_path(size) or (Path(text).is_file() and not Path(name).is_file()):
        return text, None
    if not (size.isdecimal() and size.isascii()):
        raise ValueError(f"{text[:200]!r}: expected the side of the input in pixels after @, as in lite@96")
    return name, int(size)


def _is_path(text: str) -> bool:
    return os.sep in text or "/" in text or Path(text).suffix != ""

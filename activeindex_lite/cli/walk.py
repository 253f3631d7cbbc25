"""The command walk: one picture activated step by step, as an animated picture for slides and pages."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.lessons.one_picture import OnePicture
    from activeindex_lite.lessons.walk import Walk

# A landscape of the ready world whose copy is lost while it is passive, and found once it is activated.
PICTURE, EDIT = 30331, "Contrast 2"


def add_walk(commands) -> None:
    """Add walk to the commands of the parser."""
    parser = commands.add_parser(
        "walk",
        help="animate one activation: the picture, its feature, the search (half a minute)",
        description="Activate one picture step by step, search for its edited copy before and after, and write an "
        "animated WebP: the picture, its feature among the borders of the index, and both first results.",
    )
    parser.add_argument("--out", default="walk.webp", metavar="FILE", help="the animated WebP (default walk.webp)")
    parser.add_argument(
        "--picture",
        default=str(PICTURE),
        metavar="FILE",
        help=f"your own picture, or the number of a reference of the ready world (default {PICTURE})",
    )
    parser.add_argument("--edit", default=EDIT, metavar="EDIT", help=f'edit that makes the copy (default "{EDIT}")')
    parser.add_argument(
        "--index", default="IVF1536,PQ4x8", metavar="FACTORY", help="faiss factory (default IVF1536,PQ4x8)"
    )
    parser.add_argument("--nprobe", type=int, default=1, metavar="N", help="nprobe of the search (default 1)")
    parser.set_defaults(run=run)


def run(options: Namespace) -> None:
    """Carry out the command; the file appears whole, and an existing one is kept."""
    from activeindex_lite.edits import EDITS  # these load torch and matplotlib
    from activeindex_lite.figures.walk import animation
    from activeindex_lite.lessons.walk import walk
    from activeindex_lite.support.files import whole_file

    out = Path(options.out)
    if out.exists():
        raise FileExistsError(f"{out} exists: name another file with --out, or move this one away")
    if options.edit not in EDITS:
        raise ValueError(f"--edit {options.edit!r}: expected one of {', '.join(EDITS)}")
    one, picture_of = _one(options.picture, options.index)
    seen = walk(one, options.edit, nprobe=options.nprobe)
    with whole_file(out) as temporary:
        temporary.write_bytes(animation(seen, picture_of))
    print(_finding(seen))
    print(f"open {out}")


def _one(picture: str, factory: str) -> tuple[OnePicture, Callable[[int], Image.Image]]:
    """The OnePicture of a reference's number or a file, and a function from an id to its picture."""
    from activeindex_lite import load_extractor, load_world, ready_index
    from activeindex_lite.lessons.one_picture import OnePicture, joined
    from activeindex_lite.pictures import open_pictures
    from activeindex_lite.support.checks import whole_number

    world, extractor = load_world(), load_extractor("lite")
    index, references = ready_index(factory), len(world.references)
    if picture.isdecimal() and not Path(picture).exists():
        truth = whole_number(int(picture), "--picture", references - 1, "the references of the ready world", least=0)
        original = world.pictures([truth])[0]
    else:
        original, truth = open_pictures([picture], max_side=world.size)[0], references
        index = joined(index, extractor([original]))
    return OnePicture(original, index, extractor, truth), lambda i: original if i == truth else world.pictures([i])[0]


def _finding(seen: Walk) -> str:
    """What the walk shows, in a sentence."""
    begun, ended = ("found" if found.first[0] else "lost" for found in (seen.before, seen.after))
    return (
        f"copy ({seen.edit}): {begun} if the picture is released as it is, {ended} if it is activated at alpha "
        f"{seen.alpha:g} ({seen.psnr[-1]:.1f} dB); {seen.measured} {seen.measure[0]:.2f} -> {seen.measure[-1]:.2f}"
    )

"""The command demo: its options, and what it prints."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import numpy as np
from tqdm import tqdm

from activeindex_lite.cli.options import add_alpha, add_originals, add_out, add_pictures, add_seed
from activeindex_lite.support.files import is_free
from activeindex_lite.support.names import counted

SEED = "the originals, the Random edits, the training of the indexes and the intervals"


def add_demo(commands) -> None:
    """Add demo to the commands of the parser."""
    parser = commands.add_parser(
        "demo",
        help="activate pictures, edit them, search for the copies, and write a report (1 minute)",
        description="Measure R@1 of five indexes for edited copies of passive and of activated pictures, and print "
        "each row as soon as it is measured. Writes retrieval.csv, quality.csv, timing.csv and report.html.",
    )
    add_out(parser, None, "the tables and report.html (default: the first free one of demo, demo-2, ...)")
    add_originals(parser)
    add_alpha(parser)
    add_pictures(parser, "the synthetic pictures of the ready world")
    add_seed(parser, SEED)
    parser.set_defaults(run=_demo)


def _demo(options: Namespace) -> None:
    from activeindex_lite.demo import DemoSettings, check_demo, run_demo  # loads torch
    from activeindex_lite.report import results_folder, write_report

    settings = DemoSettings(options.originals, options.seed, options.pictures, options.alpha)
    check_demo(settings)  # before a folder is made
    with results_folder(options.out or _free_folder("demo")) as folder:
        _show(_HEAD)
        demo = run_demo(settings, tell=lambda row: _show(_line(row)))
        page = write_report(demo, folder, _course(folder))
    print(_summary(demo))
    print(f"open {page}")


_HEAD = (
    "R@1 as it is measured, mean over the 14 edits: first copies of passive pictures, then of activated ones\n"
    "index     nprobe  passive  activated    gain [95 %]"
)


def _show(text: str) -> None:
    """Print above the progress bars, at once: a pipe, as in a notebook, would keep it until the end."""
    tqdm.write(text)
    sys.stdout.flush()


def _line(row: Mapping) -> str:
    """A row of `Measured.figures` under _HEAD."""
    line = f"{row['index']:<9} {row['nprobe']:>6} {row['passive']:8.3f}"
    if "activated" not in row:
        return line
    return line + f" {row['activated']:10.3f}  {row['gain']:+6.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"


def _summary(demo) -> str:
    from activeindex_lite.evaluation.tables import mean_table

    about, quality = demo.about, demo.quality[["psnr", "ssim", "linf"]].mean()
    psnr = "infinite (some pictures did not change)" if np.isinf(quality.psnr) else f"{quality.psnr:.1f} dB"
    return (
        f"\nR@1, mean over the 14 edits, {counted(about['queries'], 'original')} among {about['references']:,} "
        "references\n"
        + mean_table(demo).round(3).to_string(index=False, na_rep="")
        + f"\n\nreleased pictures, mean: PSNR {psnr}, SSIM {quality.ssim:.3f}, "
        f"largest change {quality.linf:.1f} grey levels\n"
        f"paper: one million photographs, SSCD features. The run took {about['seconds']:.0f} s."
    )


def _course(folder: Path) -> str | None:
    """The address of the course as seen from a folder: its pages, if they are made, or its first notebook."""
    from activeindex_lite.course.notebooks import FIRST, find_notebooks

    try:
        notebooks = find_notebooks()
    except ValueError:
        return None
    places = (Path("pages", "index.html"), notebooks.parent / "pages" / "index.html", notebooks / FIRST)
    place = next(place for place in places if place.is_file())
    return quote(Path(os.path.relpath(place.resolve(), folder.resolve())).as_posix())


def _free_folder(name: str) -> Path:
    """name, or the first of name-2, name-3, ... that holds nothing yet."""
    folder, n = Path(name), 1
    while not is_free(folder):
        n += 1
        folder = Path(f"{name}-{n}")
    return folder

"""The command demo: its options, and what it prints."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np

from activeindex_lite.cli.options import add_alpha, add_originals, add_out, add_pictures, add_seed
from activeindex_lite.support.files import is_free

SEED = "the originals, the Random edits, the training of the indexes and the intervals"


def add_demo(commands) -> None:
    """Add demo to the commands of the parser."""
    parser = commands.add_parser(
        "demo",
        help="activate pictures, edit them, search for the copies, and write a report (2 minutes)",
        description="Measure R@1 of five indexes for edited copies of passive and of activated pictures. Writes "
        "retrieval.csv, quality.csv, timing.csv and report.html.",
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
        demo = run_demo(settings)
        page = write_report(demo, folder)
    print(_summary(demo))
    print(f"open {page}")


def _summary(demo) -> str:
    from activeindex_lite.evaluation.tables import mean_table

    about, quality = demo.about, demo.quality[["psnr", "ssim", "linf"]].mean()
    psnr = "infinite (some pictures did not change)" if np.isinf(quality.psnr) else f"{quality.psnr:.1f} dB"
    return (
        f"\nR@1, mean over the 14 edits, {about['queries']} originals among {about['references']:,} references\n"
        + mean_table(demo).round(3).to_string(index=False, na_rep="")
        + f"\n\nreleased pictures, mean: PSNR {psnr}, SSIM {quality.ssim:.3f}, "
        f"largest change {quality.linf:.1f} grey levels\n"
        f"paper: one million photographs, SSCD features. The run took {about['seconds']:.0f} s."
    )


def _free_folder(name: str) -> Path:
    """name, or the first of name-2, name-3, ... that holds nothing yet."""
    folder, n = Path(name), 1
    while not is_free(folder):
        n += 1
        folder = Path(f"{name}-{n}")
    return folder

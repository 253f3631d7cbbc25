"""The command compare: its options, and the tables it writes and prints."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from activeindex_lite.cli.options import add_originals, add_out, add_pictures, add_seed
from activeindex_lite.support.files import whole_file
from activeindex_lite.support.names import counted

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.comparison import Comparison

SEED = "the originals, the Random edits, the training of the indexes and the intervals"
SHOWN = ["target", "method", "alpha", "psnr", "ssim", "ms", "nprobe"]
SHOWN += ["r1", "gain", "low", "high", "ratio", "ratio_low", "ratio_high"]
BESIDE = ["target", "method", "nprobe", "bytes", "ms", "r1", "best_baseline", "best_index", "best_search"]
BESIDE += ["best_bytes", "best_ms", "best_r1", "over", "over_low", "over_high"]
TABLES = ("methods", "baselines", "equal_cost")


def add_comparison(commands) -> None:
    """Add compare to the commands of the parser."""
    parser = commands.add_parser(
        "compare",
        help="compare methods of activation at equal PSNR, and passive indexes at equal cost",
        description="Compare methods of activation, each at the alpha that gives the released pictures the same mean "
        "PSNR, and what helps without activation: larger nprobe, fewer cells, other and longer codes, a second "
        "stage, a graph, features of several views. Names for each method the best passive index of at most its bytes "
        "and its time per search. Writes methods.csv, baselines.csv and equal_cost.csv.",
    )
    add_out(parser, "comparison", "methods.csv, baselines.csv and equal_cost.csv")
    add_originals(parser)
    parser.add_argument(
        "--psnr",
        type=float,
        nargs="+",
        default=[43.0],
        metavar="DB",
        help="mean PSNR in dB at which the methods are compared (default 43)",
    )
    parser.add_argument(
        "--index", default="IVF1536,PQ4x8", metavar="FACTORY", help="faiss factory string (default IVF1536,PQ4x8)"
    )
    parser.add_argument(
        "--nprobe",
        type=int,
        nargs="+",
        default=[1, 16],
        metavar="N",
        help="number of cells that a search visits (default 1 16)",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["margin"],
        metavar="METHOD",
        help='methods beside the published one: quick, margin, "margin, flat bound" or "published, equal channels" '
        "(default margin)",
    )
    add_pictures(parser, "the synthetic pictures of the ready world")
    add_seed(parser, SEED)
    parser.set_defaults(run=_compare)


def _compare(options: Namespace) -> None:
    from activeindex_lite.comparison import COMPARED, run_comparison  # loads torch
    from activeindex_lite.evaluation.originals import check_originals, originals_of
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.report import results_folder

    check_originals(options.originals, options.seed, options.pictures)
    _check(options, COMPARED)
    with results_folder(options.out) as folder:
        extractor = load_extractor("lite")
        originals = originals_of(options.originals, options.seed, options.pictures, extractor)
        found = run_comparison(
            originals,
            extractor,
            options.index,
            methods={name: COMPARED[name] for name in options.methods},
            psnrs=options.psnr,
            nprobes=options.nprobe,
            seed=options.seed,
            progress=True,
        )
        write_comparison(found, folder)
    print(_summary(found, options.index))
    print(f"\ntables: {options.out}")


def _check(options: Namespace, compared: dict) -> None:
    """ValueError for options that the comparison would refuse later."""
    from activeindex_lite.extractor.network import D
    from activeindex_lite.index import ActiveIndex
    from activeindex_lite.support.checks import real_number, whole_number

    for name in options.methods:
        if name not in compared:
            raise ValueError(f"--methods {name[:100]!r}: choose from {', '.join(map(repr, compared))}")
    for psnr in options.psnr:
        real_number(psnr, "--psnr", 20, 80, "in dB; the paper's pictures have 43")
    nlist = ActiveIndex(options.index, D).nlist
    for nprobe in options.nprobe:
        whole_number(nprobe, "--nprobe", nlist, f"the cells of {options.index} to visit")


def _summary(found: Comparison, factory: str) -> str:
    about = found.about
    text = (
        f"\nR@1, mean over the 14 edits, {counted(about['pictures'], 'original')} among {about['references']:,} "
        f"references, {factory}; ratio: the gain of a method divided by the gain of the published one\n"
    ) + found.methods[SHOWN].round(3).to_string(index=False, na_rep="")
    text += "\n\nwithout activation; bytes: per vector; ms: of one search\n" + _printed(found.baselines)
    for factory, reason in found.left_out.items():
        text += f"\nleft out: {factory}: {reason}"
    text += "\n\nover: R@1 of a method minus that of the best passive index of at most its bytes and its ms\n"
    return text + _printed(found.equal_cost[BESIDE])


def _printed(table: pd.DataFrame) -> str:
    return table.round(3).to_string(index=False)


def write_comparison(comparison: Comparison, folder: str | Path) -> None:
    """Write the TABLES of a Comparison into a prepared folder as CSV files, each whole or not at all."""
    for name in TABLES:
        table = getattr(comparison, name)
        if len(table):
            with whole_file(Path(folder) / f"{name}.csv") as temporary:
                table.to_csv(temporary, index=False)

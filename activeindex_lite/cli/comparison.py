"""The command `activeindex-lite compare`: its options, and the tables it writes and shows."""

from pathlib import Path

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.support.files import whole_file


def add_comparison(commands):
    """Add compare to the commands of the parser."""
    parser = commands.add_parser(
        "compare", help="methods of activation at equal PSNR, and what a passive index reaches at equal cost"
    )
    parser.add_argument(
        "--out",
        default="comparison",
        metavar="DIR",
        help="folder for methods.csv and baselines.csv (default comparison)",
    )
    parser.add_argument("--queries", type=int, default=100, metavar="N", help="pictures to activate (default 100)")
    parser.add_argument(
        "--psnr",
        type=float,
        nargs="+",
        default=[43.0],
        metavar="DB",
        help="mean PSNR at which methods are compared (default 43)",
    )
    parser.add_argument(
        "--index", default="IVF1536,PQ4x8", metavar="FACTORY", help="faiss factory string (default IVF1536,PQ4x8)"
    )
    parser.add_argument(
        "--nprobe", type=int, nargs="+", default=[1, 16], metavar="N", help="cells to visit (default 1 16)"
    )
    parser.add_argument(
        "--methods", nargs="+", default=["margin"], metavar="METHOD", help="beside the published one (default margin)"
    )
    parser.add_argument("--pictures", metavar="FOLDER", help="your own photographs instead of the synthetic pictures")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="same seed, same tables, times aside (default 0)"
    )
    parser.set_defaults(run=run)


def run(options):
    """Carry out the command; its tables are written whole, and printed."""
    from activeindex_lite.comparison import COMPARED, run_comparison
    from activeindex_lite.demo import check_demo
    from activeindex_lite.evaluation.originals import photo_originals, synthetic_originals
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.extractor.network import D
    from activeindex_lite.index import ActiveIndex
    from activeindex_lite.report import prepare_folder
    from activeindex_lite.support.checks import real_number, whole_number

    unknown = [name for name in options.methods if name not in COMPARED]
    if unknown:
        raise ValueError(f"--methods {unknown[0]!r}: choose from {', '.join(map(repr, COMPARED))}")
    check_demo(options.queries, options.seed, options.pictures, ALPHA)
    for psnr in options.psnr:
        real_number(psnr, "--psnr", 20, 80, "in dB; 43 is what the paper's pictures have")
    nlist = ActiveIndex(options.index, D).nlist
    for nprobe in options.nprobe:
        whole_number(nprobe, "--nprobe", nlist, f"cells of {options.index} to visit")
    folder, extractor = prepare_folder(options.out), load_extractor("lite")
    originals = (
        photo_originals(options.pictures, options.queries, extractor)
        if options.pictures
        else synthetic_originals(options.queries, options.seed)
    )
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
    shown = [
        "target",
        "method",
        "alpha",
        "psnr",
        "ssim",
        "ms",
        "nprobe",
        "r1",
        "gain",
        "low",
        "high",
        "ratio",
        "ratio_low",
        "ratio_high",
    ]
    print(
        f"\nmean R@1 over the 14 edits, {found.about['pictures']} originals among {found.about['references']:,} references, {options.index}; "
        "ratio: gain over the passive pictures divided by the published method's"
    )
    print(found.methods[shown].round(3).to_string(index=False, na_rep=""))
    if len(found.baselines):
        print("\nwithout activation; ms: of a search")
        print(found.baselines.round(3).to_string(index=False))
    print(f"\ntables: {folder}")


def write_comparison(comparison, folder):
    """Write methods.csv and baselines.csv of a Comparison into a prepared folder; each file appears whole or not at all."""
    for name in ("methods", "baselines"):
        table, path = getattr(comparison, name), Path(folder) / f"{name}.csv"
        if len(table):
            with whole_file(path) as temporary:
                table.to_csv(temporary, index=False)

"""The command line: activeindex-lite demo, evaluate, score, pages, assignment and the rest."""

import argparse
import sys
import warnings
from pathlib import Path

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.cli.comparison import add_comparison
from activeindex_lite.cli.course import add_course
from activeindex_lite.cli.evaluation import add_evaluation, extractor_of
from activeindex_lite.cli.walk import add_walk
from activeindex_lite.support.files import is_free

DATA = Path(__file__).parent.parent / "data"


def main(arguments=None):
    """Run one command; returns the exit status: 0, 1 for work done in part, 2 for an error of the user, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    warnings.formatwarning = lambda message, *_: f"note: {message}\n"
    try:
        status = options.run(options)
    except (ValueError, OSError) as error:
        print(f"activeindex-lite: {_sentence(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print(
            "activeindex-lite: this needs more memory than there is: ask for fewer pictures, or close other programs",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("activeindex-lite: interrupted", file=sys.stderr)
        return 130
    return status or 0


def _sentence(error):
    """An error in words: of what the system says, the file and the reason, without its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror


def _parser():
    parser = argparse.ArgumentParser(
        prog="activeindex-lite", description="Active image indexing to see, run and teach."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="activate, edit, search, and show what activation wins back (2 minutes)")
    demo.add_argument(
        "--out",
        metavar="DIR",
        help="folder for the tables and report.html (default: the first free one of demo, demo-2, ...)",
    )
    demo.add_argument("--queries", type=int, default=100, metavar="N", help="pictures to activate (default 100)")
    demo.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same tables (default 0)")
    demo.add_argument("--alpha", type=float, default=ALPHA, help=f"strength on the paper's scale (default {ALPHA:g})")
    demo.add_argument("--pictures", metavar="FOLDER", help="your own photographs instead of the synthetic pictures")
    demo.set_defaults(run=_demo)

    add_evaluation(commands)
    add_walk(commands)

    add_comparison(commands)
    add_course(commands)
    train = commands.add_parser("train", help="train the lite extractor again (hours; goes on after an interruption)")
    train.add_argument("--work", default="training", metavar="DIR", help="pictures and checkpoint (default training)")
    train.add_argument("--out", default="training/lite.safetensors", metavar="FILE", help="where the weights go")
    train.add_argument("--pictures", type=int, default=36_000, metavar="N", help="originals to train on")
    train.add_argument("--copies", type=int, default=3, metavar="N", help="exactly edited copies of each")
    train.add_argument("--steps", type=int, default=7_000, metavar="N", help="steps of 96 originals and 192 copies")
    train.add_argument("--seed", type=int, default=0, metavar="S")
    train.add_argument("--device", default="cpu", help="cpu or cuda")
    train.set_defaults(run=_train)

    world = commands.add_parser(
        "world", help="make the features and trained indexes of the ready world again (minutes)"
    )
    world.add_argument(
        "--out",
        default="world",
        metavar="DIR",
        help="folder for train.npy, references.npy, queries.npy and the trained indexes",
    )
    world.set_defaults(run=_world)

    sweep = commands.add_parser(
        "sweep",
        help="measure R@1 over alpha, nprobe and strengths of edits (30 minutes; goes on after an interruption)",
    )
    sweep.add_argument("--out", default="sweep", metavar="DIR", help="folder for the three tables (default sweep)")
    sweep.add_argument(
        "--what",
        choices=("curves", "whatif"),
        default="curves",
        help="curves: what explorers and notebooks show; whatif: "
        "the what-if lab's sweep (a quarter of an hour of one core)",
    )
    sweep.add_argument(
        "--queries", type=int, default=200, metavar="N", help="pictures to activate for the curves, at most 200"
    )
    sweep.set_defaults(run=_sweep)

    check = commands.add_parser(
        "check-extractor", help="brute-force R@1 of an extractor under the 14 edits, and its speed"
    )
    check.add_argument(
        "extractors",
        nargs="*",
        default=["lite"],
        metavar="EXTRACTOR",
        help="lite, gradients, sscd_disc_mixup, a file (TorchScript or SSCD's weights), or a torchvision model, each with "
        "@SIZE if you like",
    )
    check.add_argument(
        "--pictures",
        metavar="FOLDER",
        help="photographs as references, the first --queries as queries "
        "(default: fresh synthetic pictures; for lite against the ready world)",
    )
    check.add_argument("--queries", type=int, default=200, metavar="N")
    check.add_argument("--seed", type=int, default=0, metavar="S")
    check.set_defaults(run=_check_extractor)
    return parser


def _demo(options):
    from activeindex_lite.demo import check_demo, run_demo
    from activeindex_lite.evaluation.tables import mean_table
    from activeindex_lite.report import prepare_folder, write_report

    check_demo(options.queries, options.seed, options.pictures, options.alpha)  # before a folder is made
    folder = prepare_folder(options.out or _free_folder("demo"))
    demo = run_demo(options.queries, options.seed, options.pictures, options.alpha)
    print(
        f"\nR@1, mean over the 14 edits, {demo.about['queries']} originals among {demo.about['references']:,} references"
    )
    print(mean_table(demo).round(3).to_string(index=False, na_rep=""))
    quality = demo.quality[["psnr", "ssim", "linf"]].mean()
    print(
        f"\nsaved pictures: PSNR {quality.psnr:.1f} dB, SSIM {quality.ssim:.3f}, largest change {quality.linf:.1f} grey "
        "levels (means)"
    )
    print(f"paper: one million photographs, SSCD features. The run took {demo.about['seconds']:.0f} s.")
    print(f"open {write_report(demo, folder)}")


def _free_folder(name):
    """name, or the first of name-2, name-3, ... that holds nothing yet."""
    folder, n = Path(name), 1
    while not is_free(folder):
        n += 1
        folder = Path(f"{name}-{n}")
    return folder


def _train(options):
    from safetensors.torch import save_file

    from activeindex_lite.training import Trainer, copies, originals, train

    out = Path(options.out)
    if out.exists():
        raise FileExistsError(f"{out} exists: name another file with --out, or move this one away")
    pictures = originals(options.work, options.pictures)
    edited = copies(options.work, options.pictures, options.copies, options.seed)
    trainer = Trainer(pictures, edited, options.steps, seed=options.seed, device=options.device)
    network = train(trainer, Path(options.work) / "checkpoint.pt")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = {name: str(getattr(options, name)) for name in ("pictures", "copies", "steps", "seed")}
    save_file({name: t.contiguous().cpu() for name, t in network.state_dict().items()}, out, metadata=made)
    print(f"weights: {out}")


def _world(options):
    from activeindex_lite.evaluation.stored_queries import FILE, build_queries
    from activeindex_lite.index.ready import build_trained
    from activeindex_lite.world.build import SETS, build_world

    folder = Path(options.out)
    if not all((folder / f"{name}.npy").exists() for name in SETS):
        build_world(folder)
    if not (folder / FILE).exists():
        build_queries(folder)
    build_trained(folder)
    print(f"features and trained indexes: {folder}; to use them, copy them to {DATA}")


def _whatif_sweep(folder):
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.sweeps import whatif, whatif_build
    from activeindex_lite.world import load_world

    folder.mkdir(parents=True, exist_ok=True)
    whatif_build.build_sweep(folder / whatif.FILE, load_world(), load_extractor("lite"))
    print(f"sweep: {folder / whatif.FILE}; to use it in the lab, copy it to {DATA}")


def _sweep(options):
    if options.what == "whatif":
        _whatif_sweep(Path(options.out))
        return
    from activeindex_lite.evaluation.stored_queries import load_queries
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index
    from activeindex_lite.support.checks import whole_number
    from activeindex_lite.sweeps import alpha, nprobe, strengths

    queries, folder = load_queries(), Path(options.out)
    n = whole_number(options.queries, "queries", len(queries.ids), "the stored queries")
    world, ids = queries.world, queries.ids[:n]
    if (folder / alpha.FILE).exists():
        raise FileExistsError(f"{folder / alpha.FILE} exists: name another folder, or delete it first")
    folder.mkdir(parents=True, exist_ok=True)
    indexes = {
        name: ready_index(factory) for name, factory in {**alpha.INDEXES, **nprobe.INDEXES, "No index": "Flat"}.items()
    }
    if not (folder / nprobe.FILE).exists():  # else it is there from before an interruption
        cut = {edit: features[:n] for edit, features in queries.features.items()}
        nprobe.build_curves(folder / nprobe.FILE, {name: indexes[name] for name in nprobe.INDEXES}, cut, ids)
    if not (folder / strengths.FILE).exists():
        first = ids[:100]
        strengths.build_strengths(
            folder / strengths.FILE,
            {name: indexes[name] for name in strengths.INDEXES},
            world.pictures(first),
            first,
            load_extractor("lite"),
        )
    active = {name: indexes[name] for name in alpha.INDEXES}
    alpha.build_grid(folder / alpha.FILE, active, world.pictures(ids), ids, load_extractor("lite"))
    print(f"tables: {folder}; to use them in the explorers, copy them to {DATA}")


def _check_extractor(options):
    from activeindex_lite.evaluation.extractors import check_extractor

    tables = []
    for name in options.extractors or ["lite"]:
        tables.append(check_extractor(extractor_of(name), options.pictures, options.queries, options.seed))
    import pandas as pd

    print(pd.concat(tables, axis=1).round(3).to_string())

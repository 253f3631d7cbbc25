"""The command line: activeindex-lite demo, evaluate, score, pages, assignment and the rest."""

import argparse
import sys
import warnings
from pathlib import Path

DATA = Path(__file__).parent / "data"


def main(arguments=None):
    """Run one command; returns the exit status: 0, 2 for what the user can mend, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    warnings.formatwarning = lambda message, *_: f"note: {message}\n"
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"activeindex-lite: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("activeindex-lite: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="activeindex-lite", description="Active image indexing to see, run and teach.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="activate, edit, search, and show what activation wins back (2 minutes)")
    demo.add_argument("--out", metavar="DIR", help="folder for the tables and report.html (default: the first free one of "
                      "demo, demo-2, ...)")
    demo.add_argument("--queries", type=int, default=100, metavar="N", help="pictures to activate (default 100)")
    demo.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same tables (default 0)")
    demo.add_argument("--alpha", type=float, default=3.0, help="strength on the paper's scale (default 3)")
    demo.add_argument("--pictures", metavar="FOLDER", help="your own photographs instead of the synthetic pictures")
    demo.set_defaults(run=_demo)

    _evaluate_parser(commands.add_parser("evaluate", help="R@1 under 14 edits and copy detection, passive and activated, on the ready "
                                         "world, a folder, or DISC21; goes on after an interruption"))
    score = commands.add_parser("score", help="micro-AP, recall at precision 90 and at ranks 1 and 10 of anybody's predictions, as JSON")
    score.add_argument("predictions", metavar="PREDICTIONS.csv", help="query_id,reference_id,score")
    score.add_argument("truth", metavar="TRUTH.csv", help="query_id,reference_id; the second empty for a query without an original")
    score.set_defaults(run=_score)

    _course_parsers(commands)
    train = commands.add_parser("train", help="train the lite extractor again (hours; goes on after an interruption)")
    train.add_argument("--work", default="training", metavar="DIR", help="pictures and checkpoint (default training)")
    train.add_argument("--out", default="training/lite.safetensors", metavar="FILE", help="where the weights go")
    train.add_argument("--pictures", type=int, default=36_000, metavar="N", help="originals to train on")
    train.add_argument("--copies", type=int, default=3, metavar="N", help="exactly edited copies of each")
    train.add_argument("--steps", type=int, default=7_000, metavar="N", help="steps of 96 originals and 192 copies")
    train.add_argument("--seed", type=int, default=0, metavar="S")
    train.add_argument("--device", default="cpu", help="cpu or cuda")
    train.set_defaults(run=_train)

    world = commands.add_parser("world", help="make the features of the ready world again (minutes)")
    world.add_argument("--out", default="world", metavar="DIR", help="folder for train.npy, references.npy and queries.npy")
    world.set_defaults(run=_world)

    sweep = commands.add_parser("sweep", help="measure R@1 over alpha, nprobe and strengths of edits (30 minutes; goes on after "
                                "an interruption)")
    sweep.add_argument("--out", default="sweep", metavar="DIR", help="folder for the three tables (default sweep)")
    sweep.add_argument("--queries", type=int, default=200, metavar="N", help="pictures to activate, at most 200")
    sweep.set_defaults(run=_sweep)

    check = commands.add_parser("check-extractor", help="brute-force R@1 of an extractor under the 14 edits, and its speed")
    check.add_argument("extractors", nargs="*", default=["lite"], metavar="EXTRACTOR",
                       help="lite, gradients, sscd_disc_mixup, a file (TorchScript or SSCD's weights), or a torchvision model, each with "
                       "@SIZE if you like")
    check.add_argument("--pictures", metavar="FOLDER", help="photographs as references, the first --queries as queries "
                       "(default: fresh synthetic pictures; for lite against the ready world)")
    check.add_argument("--queries", type=int, default=200, metavar="N")
    check.add_argument("--seed", type=int, default=0, metavar="S")
    check.set_defaults(run=_check_extractor)
    return parser


def _course_parsers(commands):
    environment = commands.add_parser("check-environment", help="what this computer lacks for the course, and how to mend it")
    environment.add_argument("--thorough", action="store_true", help="also run faiss, torch and torchvision")
    environment.set_defaults(run=_check_environment)
    pages = commands.add_parser("pages", help="the course as pages that open from a disk, explorers alive (minutes; goes on after an "
                                "interruption)")
    pages.add_argument("--notebooks", default="notebooks", metavar="DIR", help="folder of the notebooks (default notebooks)")
    pages.add_argument("--out", default="pages", metavar="DIR", help="folder for the pages (default pages); open index.html in it")
    pages.add_argument("--fresh", action="store_true", help="run every notebook again, changed or not")
    pages.set_defaults(run=_pages)
    assignment = commands.add_parser("assignment", help="copies of notebooks with marked solutions, for nbgrader or otter-grader")
    assignment.add_argument("notebooks", nargs="+", metavar="NOTEBOOK.ipynb")
    assignment.add_argument("--grader", choices=["nbgrader", "otter"], default="nbgrader", help="who marks (default nbgrader)")
    assignment.add_argument("--out", required=True, metavar="DIR", help="folder for the copies; nothing in it is overwritten")
    assignment.set_defaults(run=_assignment)


def _check_environment(options):
    from activeindex_lite.environment_check import check_environment

    for row in check_environment(options.thorough).fillna({"ok": False}).itertuples(index=False):
        print(f"{'good' if row.ok else 'MEND'}  {row.what}: {row.found} (needed: {row.needed})" + (f"\n      {row[4]}" if row[4] else ""))


def _pages(options):
    from activeindex_lite.pages import broken_links, build_pages

    print(build_pages(options.notebooks, options.out, options.fresh).round(1).to_string(index=False))
    for problem in broken_links(options.out):
        print(f"note: {problem}", file=sys.stderr)
    print(f"open {Path(options.out) / 'index.html'}")


def _assignment(options):
    from activeindex_lite.course import write_assignment

    for notebook in options.notebooks:
        print(write_assignment(notebook, options.out, options.grader))


def _evaluate_parser(parser):
    pictures = parser.add_mutually_exclusive_group()
    pictures.add_argument("--pictures", metavar="FOLDER", help="your own photographs (default: the ready world)")
    pictures.add_argument("--disc21", metavar="DIR", help="DISC21: a folder with references/, train/, queries/ and a ground truth CSV")
    parser.add_argument("--ground-truth", metavar="CSV", help="of --disc21 (default: the only CSV file in it)")
    parser.add_argument("--train", metavar="FOLDER", help="pictures that train the index, or synthetic:N (default: DIR/train, two "
                        "fifths of FOLDER, or the ready world's)")
    parser.add_argument("--distractors", metavar="FOLDER", help="further references, or synthetic:N")
    parser.add_argument("--extractor", default="lite", metavar="NAME[@SIZE]", help="as for check-extractor (default lite)")
    parser.add_argument("--index", nargs="+", metavar="FACTORY", help="faiss factory strings (default: the families of the paper's "
                        "tables, as large as the training pictures allow)")
    parser.add_argument("--nprobe", nargs="+", type=int, default=[1, 16], metavar="N", help="cells to visit, for --index (default 1 16)")
    parser.add_argument("--queries", type=int, default=100, metavar="N", help="originals to activate (default 100)")
    parser.add_argument("--strangers", type=int, metavar="N", help="queries without an original (default 4 an original)")
    parser.add_argument("--alpha", type=float, default=3.0, help="strength on the paper's scale (default 3)")
    parser.add_argument("--steps", type=int, default=10, metavar="N", help="of Adam (default 10)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same tables (default 0)")
    parser.add_argument("--out", default="evaluation", metavar="DIR", help="folder for tables and predictions (default evaluation)")
    parser.add_argument("--cache", metavar="DIR", help="folder for features and activated copies (default: cache in --out)")
    parser.add_argument("--keep-pictures", action="store_true", help="save the activated pictures as PNG files in the cache")
    parser.add_argument("--device", default="cpu", help="of the extractor: cpu or cuda")
    parser.set_defaults(run=_evaluate)


def _evaluate(options):
    from activeindex_lite.full_evaluation import checked_settings, run_evaluation
    from activeindex_lite.full_evaluation.command import collection_of, settings_of
    from activeindex_lite.full_evaluation.results import (
        begin_folder,
        is_finished,
        read_tables,
        summary,
        write_evaluation,
    )
    from activeindex_lite.report.evaluation_page import write_evaluation_page

    named = {name: value for name, value in vars(options).items() if name not in ("run", "out", "cache", "device")}
    if is_finished(options.out, named):
        print(f"{options.out} holds this evaluation already; its tables:")
    else:
        collection, extractor = collection_of(options), _extractor(options.extractor, options.device)
        settings = checked_settings(settings_of(options), collection, extractor)
        begin_folder(options.out, named)  # not before: a slip of the pen should leave nothing behind
        cache = options.cache or Path(options.out) / "cache"
        write_evaluation(run_evaluation(collection, extractor, cache, settings), options.out)
    page = write_evaluation_page(options.out)
    tables, about = read_tables(options.out)
    print(f"\n{about['collection']}: {about['queries']} originals among {about['references']:,} references, {about['strangers']} strangers, "
          f"features of {about['extractor']}")
    print(summary(tables).round(3).to_string(index=False, na_rep=""))
    if len(tables["skipped"]):
        print(f"\n{len(tables['skipped'])} pictures were left out: skipped.csv says which and why")
    print(f"\ntables: {options.out}; open {page}")


def _score(options):
    import json

    from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
    from activeindex_lite.evaluation.copy_detection import score_predictions

    print(json.dumps(score_predictions(read_predictions(options.predictions), read_truth(options.truth))))


def _extractor(text, device="cpu"):
    """The extractor that NAME[@SIZE] names."""
    from activeindex_lite.extractor import load_extractor

    which, _, size = text.partition("@")
    return load_extractor(which, size=int(size) if size else None, device=device)


def _demo(options):
    from activeindex_lite.demo import mean_table, run_demo
    from activeindex_lite.report import prepare_folder, write_report

    folder = prepare_folder(options.out or _free_folder("demo"))
    demo = run_demo(options.queries, options.seed, options.pictures, options.alpha)
    print(f"\nR@1, mean over the 14 edits, {demo.about['queries']} originals among {demo.about['references']:,} references")
    print(mean_table(demo).round(3).to_string(index=False, na_rep=""))
    quality = demo.quality[["psnr", "ssim", "linf"]].mean()
    print(f"\nsaved pictures: PSNR {quality.psnr:.1f} dB, SSIM {quality.ssim:.3f}, largest change {quality.linf:.1f} grey "
          "levels (means)")
    print(f"paper: one million photographs, SSCD features. The run took {demo.about['seconds']:.0f} s.")
    print(f"open {write_report(demo, folder)}")


def _free_folder(name):
    """name, or the first of name-2, name-3, ... that holds nothing yet."""
    folder, n = Path(name), 1
    while folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
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
    from activeindex_lite.evaluation.stored_queries import build_queries
    from activeindex_lite.world.build import SETS, build_world

    folder = Path(options.out)
    if not all((folder / f"{name}.npy").exists() for name in SETS):
        build_world(folder)
    build_queries(folder)
    print(f"features: {folder}/train.npy, references.npy and queries.npy; to use them, copy them to {DATA}")


def _sweep(options):
    from activeindex_lite.checks import whole_number
    from activeindex_lite.evaluation import grid, probes, strength
    from activeindex_lite.evaluation.stored_queries import load_queries
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import build_index

    queries, folder = load_queries(), Path(options.out)
    n = whole_number(options.queries, "queries", len(queries.ids), "the stored queries")
    world, ids = queries.world, queries.ids[:n]
    if (folder / grid.FILE).exists():
        raise FileExistsError(f"{folder / grid.FILE} exists: name another folder, or delete it first")
    folder.mkdir(parents=True, exist_ok=True)
    indexes = {name: build_index(factory, world.train, world.references)
               for name, factory in {**grid.INDEXES, **probes.INDEXES, "No index": "Flat"}.items()}
    if not (folder / probes.FILE).exists():  # else it is there from before an interruption
        cut = {edit: features[:n] for edit, features in queries.features.items()}
        probes.build_curves(folder / probes.FILE, {name: indexes[name] for name in probes.INDEXES}, cut, ids)
    if not (folder / strength.FILE).exists():
        first = ids[:100]
        strength.build_strengths(folder / strength.FILE, {name: indexes[name] for name in strength.INDEXES}, world.pictures(first), first,
                                 load_extractor("lite"))
    active = {name: indexes[name] for name in grid.INDEXES}
    grid.build_grid(folder / grid.FILE, active, world.pictures(ids), ids, load_extractor("lite"))
    print(f"tables: {folder}; to use them in the explorers, copy them to {DATA}")


def _check_extractor(options):
    from activeindex_lite.extractor_check import check_extractor

    tables = []
    for name in options.extractors or ["lite"]:
        tables.append(check_extractor(_extractor(name), options.pictures, options.queries, options.seed))
    import pandas as pd

    print(pd.concat(tables, axis=1).round(3).to_string())


if __name__ == "__main__":
    sys.exit(main())

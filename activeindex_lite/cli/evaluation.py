"""The command evaluate, and what it runs."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activeindex_lite.activation.defaults import STEPS
from activeindex_lite.cli.options import EXTRACTORS, add_alpha, add_originals, add_pictures, add_seed, extractor_of
from activeindex_lite.support.names import counted, readable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from distributed import Client


SEED = (
    "how FOLDER is divided, the originals, the Random edits and the intervals (indexes train with a seed of their own)"
)
# What the results do not depend on: where they are written, and what computes them.
NO_SETTINGS = ("run", "out", "cache", "device", "dask")


def add_evaluation(commands: _SubParsersAction) -> None:
    """Add evaluate to the commands of the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="measure R@1 under 14 edits and copy detection on the ready world, your own pictures or DISC21 "
        "(minutes to "
        "hours; resumes after an interruption)",
        description="Measure R@1 under the 14 edits and copy detection, passive and activated. Writes tables, "
        "predictions "
        "in the form of DISC21, and report.html. The same command resumes an interrupted evaluation.",
    )
    parser.set_defaults(run=_evaluate)
    add = parser.add_argument
    pictures = parser.add_mutually_exclusive_group()
    add_pictures(pictures, "the ready world")
    pictures.add_argument(
        "--disc21", metavar="DIR", help="DISC21: a folder with references/, train/, queries/ and a ground truth CSV"
    )
    add("--ground-truth", metavar="CSV", help="ground truth of --disc21 (default: the only CSV file in it)")
    add(
        "--train",
        metavar="FOLDER",
        help="folder of pictures that train the index, or synthetic:N for N synthetic ones (default: DIR/train with "
        "--disc21; with --pictures synthetic:60000 for lite, two fifths of FOLDER for another extractor)",
    )
    add(
        "--distractors",
        metavar="FOLDER",
        help="folder of further references, or synthetic:N (default with --pictures and lite: synthetic:50000)",
    )
    add("--keep-duplicates", action="store_true", help="index every duplicate of a picture (default: one of each)")
    add("--extractor", default="lite", metavar="NAME[@SIZE]", help=f"{EXTRACTORS} (default lite)")
    add(
        "--index",
        nargs="+",
        metavar="FACTORY",
        help="faiss factory strings (default: the families of the paper's tables, as large as the training pictures "
        "allow)",
    )
    add(
        "--nprobe",
        nargs="+",
        type=int,
        metavar="N",
        help="numbers of cells that a search visits, only together with --index (default 1 16, or all cells where "
        "there are fewer)",
    )
    add(
        "--ef-search",
        type=int,
        metavar="N",
        help="candidates that a search in a graph keeps, only together with --index HNSW... (default 16)",
    )
    add_originals(parser, None, "originals to activate (default 100, or all where there are fewer)")
    add(
        "--strangers",
        type=int,
        metavar="N",
        help="largest number of queries without an original (default 4 per original)",
    )
    add_alpha(parser)
    add(
        "--steps",
        type=int,
        default=STEPS,
        metavar="N",
        help=f"number of optimiser steps per activation (default {STEPS})",
    )
    add_seed(parser, SEED)
    add("--out", default="evaluation", metavar="DIR", help="folder for tables and predictions (default evaluation)")
    add("--cache", metavar="DIR", help="folder for features and activated copies (default: cache in --out)")
    add("--keep-pictures", action="store_true", help="save the activated pictures as PNG files in the cache")
    add("--device", default="cpu", help="device of the extractor: cpu or cuda (default cpu)")
    add(
        "--dask",
        metavar="ADDRESS",
        help="run on a Dask cluster: a scheduler's address, such as tcp://scheduler:8786, or local:N for N workers on "
        "this machine; same tables",
    )


def _evaluate(options: Namespace) -> int:
    """Run or show an evaluation; the exit status, 1 where an index could not be measured."""
    # These load torch, which other commands do without.
    from activeindex_lite.evaluate.command import check_options
    from activeindex_lite.evaluate.results import is_finished, read_tables
    from activeindex_lite.report.evaluation_page import write_evaluation_page

    check_options(options)
    named = {name: value for name, value in vars(options).items() if name not in NO_SETTINGS}
    if is_finished(options.out, named):
        print(f"{readable(options.out)} holds this evaluation already; its tables:")
    else:
        _run(options, named)
    page = write_evaluation_page(options.out)
    tables, about = read_tables(options.out)
    _print(tables, about)
    print(f"\ntables: {readable(options.out)}; open {readable(page)}")
    return 1 if len(tables["failed"]) else 0


def _run(options: Namespace, named: dict[str, Any]) -> None:
    """Run an evaluation and write its tables."""
    from activeindex_lite.evaluate.command import collection_of, settings_of
    from activeindex_lite.evaluate.results import begin_folder, write_evaluation
    from activeindex_lite.evaluate.run import run_evaluation

    collection, extractor = collection_of(options), extractor_of(options.extractor, options.device)
    settings = settings_of(options, extractor.d).fitted(collection, extractor)
    cache = options.cache or Path(options.out) / "cache"
    with _client(options.dask) as client:
        if client:
            print(f"Dask's dashboard: {client.dashboard_link}")
        begin_folder(options.out, named)  # not before, so that a slip leaves nothing behind
        write_evaluation(run_evaluation(collection, extractor, cache, settings, client=client), options.out)


def _print(tables: dict[str, Any], about: dict[str, Any]) -> None:
    """The summary of an evaluation, and what the reader should know about it."""
    from activeindex_lite.evaluate.results import summary

    print(
        f"\n{about['collection']}: {counted(about['queries'], 'original')} among "
        f"{about['references']:,} references, {counted(about['strangers'], 'stranger')}, features of "
        f"{about['extractor']}"
    )
    print(summary(tables).round(3).to_string(index=False, na_rep=""))
    for index, _, reason in tables["failed"].itertuples(index=False):
        print(f"\n{index} is not measured: {reason}")
    for note in about["notes"]:
        print(f"\nnote: {note}")
    if len(tables["skipped"]):
        left = counted(len(tables["skipped"]), "picture")
        print(f"\nleft out: {left}; skipped.csv says which and why")


def _client(address: str | None) -> AbstractContextManager[Client | None]:
    """A context manager around a Dask client, or around None without an address; only then is Dask loaded."""
    if address is None:
        return nullcontext()
    try:
        from activeindex_lite.evaluate.cluster import connected
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        raise ValueError('--dask needs Dask: pip install "activeindex-lite[dask]"') from None
    return connected(address)

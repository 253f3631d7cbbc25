"""The command vectors: indexes on vectors of your own, their recall against brute force, time and bytes."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

QUERIES = 200


def add_vectors(commands) -> None:
    """Add vectors to the commands of the parser."""
    parser = commands.add_parser(
        "vectors",
        help="try indexes on vectors of your own: recall against brute force, time and bytes",
        description="Build indexes on vectors of your own, of text, sound or products, and compare each with brute "
        "force: recall of the k nearest, share of vectors compared, milliseconds per search, bytes per vector. "
        "Distances are Euclidean; --unit divides vectors by their length first, for cosines.",
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="vectors: .npy or .npz with an array (N, d), .fvecs or .bvecs")
    add(
        "--queries",
        metavar="FILE",
        help=f"vectors to search for (default: {QUERIES} of FILE, which are not stored unless an index is a file)",
    )
    add(
        "--index",
        nargs="+",
        metavar="FACTORY",
        help="faiss factory strings, or files of indexes that store FILE (default: those of `which`, by N and d)",
    )
    add("--k", type=int, default=10, metavar="K", help="nearest neighbours to be found (default 10)")
    add(
        "--most", type=int, default=100_000, metavar="N", help="vectors to read at most, evenly spread (default 100000)"
    )
    add("--unit", action="store_true", help="divide every vector by its length")
    add("--csv", metavar="FILE", help="also write the table to a new CSV file")
    parser.set_defaults(run=_vectors)


def _vectors(options: Namespace) -> None:
    import pandas as pd

    from activeindex_lite.support.checks import whole_number
    from activeindex_lite.support.files import whole_file

    if options.csv and Path(options.csv).exists():
        raise ValueError(f"{options.csv} exists: give another name")
    x, queries = _read(options)
    k = whole_number(options.k, "--k", len(x), "the number of stored vectors")
    tables = [_measured(factory, x, queries, k) for factory in options.index or _by_rule(len(x), x.shape[1])]
    table = pd.concat(tables, ignore_index=True)
    if options.csv:
        with whole_file(Path(options.csv)) as temporary:
            table.to_csv(temporary, index=False)
    print(f"{len(x):,} vectors of d = {x.shape[1]}, {len(queries)} queries, recall of the {k} nearest")
    shown = {"recall": "{:.3f}".format, "compared": "{:.1%}".format, "ms": "{:.3g}".format}
    print(table.to_string(index=False, formatters=shown))


def _read(options):
    """The vectors to store (N, d) and those to search for (Q, d); without a file of queries, every so many of FILE."""
    import numpy as np

    from activeindex_lite.index.vectors import read_vectors

    x = read_vectors(options.file, options.most)
    if options.queries:
        queries = read_vectors(options.queries, 10 * QUERIES)
        if queries.shape[1] != x.shape[1]:
            raise ValueError(f"{options.queries} has d = {queries.shape[1]}, and {options.file} d = {x.shape[1]}")
    elif len(x) < 2:
        raise ValueError(f"{options.file} holds one vector: expected two or more, or another file with --queries")
    else:
        chosen = np.zeros(len(x), bool)
        chosen[np.linspace(0, len(x) - 1, min(QUERIES, max(1, len(x) // 10))).astype(int)] = True
        stored = any(Path(factory).is_file() for factory in options.index or ())
        queries, x = x[chosen], x if stored else x[~chosen]
    if options.unit:
        return tuple(each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-30) for each in (x, queries))
    return x, queries


def _by_rule(N: int, d: int) -> list[str]:
    from activeindex_lite.index.which_index import which_index

    return list(dict.fromkeys([*which_index(N, d).factory[:6], "Flat"]))


def _measured(factory, x, queries, k):
    import warnings

    from activeindex_lite.evaluation.inspection import inspect
    from activeindex_lite.index.from_disk import read_or_build

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*may miss most.*")  # the table says what it misses
        index = read_or_build(factory, x)
    if index.ntotal != len(x) or index.d != x.shape[1]:
        raise ValueError(
            f"{factory} stores {index.ntotal:,} vectors of d = {index.d}, and there are {len(x):,} of d = "
            f"{x.shape[1]}: expected the index of these very vectors"
        )
    # In the metric of the index, which in a file may be the inner product.
    seen = inspect(index, x, queries, k)
    return seen.table.assign(bytes=round(seen.bytes))

"""The command check-extractor: its options, and the table it prints."""

from __future__ import annotations

from argparse import Namespace

from activeindex_lite.cli.options import EXTRACTORS, add_originals, add_pictures, add_seed, extractor_of


def add_extractor(commands) -> None:
    """Add check-extractor to the commands of the parser."""
    parser = commands.add_parser(
        "check-extractor",
        help="measure an extractor: R@1 of brute force under the 14 edits, and its time per picture",
        description="Measure R@1 of brute force under the 14 edits, and the time of a forward pass, for each "
        "EXTRACTOR.",
    )
    parser.add_argument(
        "extractors", nargs="*", default=["lite"], metavar="EXTRACTOR", help=f"{EXTRACTORS} (default lite)"
    )
    add_pictures(
        parser,
        "fresh synthetic pictures; for lite they are searched among the ready world's references, "
        "for another extractor among 1,000 further synthetic pictures",
    )
    parser.add_argument(
        "--keep-duplicates",
        action="store_true",
        help="keep pictures that FOLDER holds more than once: each of them ties with its duplicate, and R@1 counts a "
        "tie as a miss",
    )
    add_originals(parser, 200, "pictures to edit and search, drawn by the seed (default 200)")
    add_seed(parser, "the drawn pictures, the Random edits and the intervals")
    parser.set_defaults(run=_check_extractor)


def _check_extractor(options: Namespace) -> None:
    import pandas as pd

    from activeindex_lite.evaluation.extractors import check_extractor  # loads torch

    tables = [
        check_extractor(
            extractor_of(name),
            options.pictures,
            options.originals,
            options.seed,
            keep_duplicates=options.keep_duplicates,
            progress=True,
        )
        for name in options.extractors or ["lite"]
    ]
    print(pd.concat(tables, axis=1).round(3).to_string())

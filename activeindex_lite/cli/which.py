"""The command which: its options, and the table it prints."""

from __future__ import annotations

from argparse import Namespace


def add_which(commands) -> None:
    """Add which to the commands of the parser."""
    parser = commands.add_parser(
        "which",
        help="which index to begin with, for your number of vectors, dimensions, memory and recall",
        description="Which index should I take? Indexes to begin with, the one to try first in the first line: factory "
        "string, a setting of its search, bytes per vector, memory, and the reason. These are rules, by faiss's "
        'guidelines ("Guidelines to choose an index" in its wiki); measure on your own vectors what they find.',
    )
    add = parser.add_argument
    add("--vectors", type=float, required=True, metavar="N", help="number of vectors, such as 1e6")
    add("--d", type=int, required=True, metavar="D", help="dimensions of each vector, such as 512")
    add("--gigabytes", type=float, metavar="GB", help="memory at most, in 10^9 bytes (default: any)")
    add("--recall", type=float, default=0.9, metavar="R", help="nearest neighbours to be found, 0 to 1 (default 0.9)")
    parser.set_defaults(run=_which)


def _which(options: Namespace) -> None:
    from activeindex_lite.index.which_index import which_index  # loads faiss

    table = which_index(options.vectors, options.d, options.gigabytes, options.recall)
    table["GB"] = table.pop("gigabytes").map("{:.3g}".format)
    table["bytes"] = table.bytes.round().astype(int)
    print(table[["factory", "setting", "bytes", "GB", "train", "why"]].to_string(index=False))

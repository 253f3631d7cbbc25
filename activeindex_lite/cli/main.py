"""The command line as a whole: its parser, and the exit status of each way in which a command can end."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from activeindex_lite import __version__
from activeindex_lite.cli.comparison import add_comparison
from activeindex_lite.cli.course import add_course
from activeindex_lite.cli.data import add_data
from activeindex_lite.cli.demo import add_demo
from activeindex_lite.cli.evaluation import add_evaluation
from activeindex_lite.cli.extractor import add_extractor
from activeindex_lite.cli.live import add_live
from activeindex_lite.cli.score import add_score
from activeindex_lite.cli.vectors import add_vectors
from activeindex_lite.cli.walk import add_walk
from activeindex_lite.cli.which import add_which


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status.

    0: done; 1: done in part; 2: an error that the user can fix; 130: interrupted by Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold what a terminal's encoding has not; notebooks and tests have streams of their own.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    usual, warnings.formatwarning = warnings.formatwarning, _note
    try:
        return options.run(options) or 0
    except (ValueError, OSError) as error:
        return _failed(_sentence(error))
    except MemoryError:
        return _failed("this needs more memory than this computer has: ask for fewer pictures, or close other programs")
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    finally:
        warnings.formatwarning = usual


def _note(message: Warning | str, *_: object) -> str:
    return f"note: {_printable(str(message))}\n"


def _failed(sentence: str, status: int = 2) -> int:
    print(f"activeindex-lite: {_printable(sentence)}", file=sys.stderr)
    return status


def _sentence(error: Exception) -> str:
    """An error in words: for an error of the system, the file and the reason, without its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror


def _printable(text: str) -> str:
    """The text with control characters escaped: a file's name may hold codes that change the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="activeindex-lite",
        description="Active image indexing: change a picture slightly before its release, so that a compact index "
        "finds edited copies of it. Run it, measure it, teach it.",
        epilog="activeindex-lite COMMAND --help lists the options of a command.",
    )
    parser.add_argument(
        "--version", action="version", help="show the version and exit", version=f"activeindex-lite {__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    work = (add_demo, add_evaluation, add_score, add_comparison, add_extractor)
    for add in (*work, add_walk, add_live, add_which, add_vectors, add_course, add_data):
        add(commands)
    return parser

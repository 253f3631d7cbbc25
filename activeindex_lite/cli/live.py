"""The command live: a page that activates, edits and searches by itself; or the compute core of such pages, built."""

from __future__ import annotations

from argparse import Namespace


def add_live(commands) -> None:
    """Add live to the commands of the parser."""
    parser = commands.add_parser(
        "live",
        help="write a page that activates pictures in the browser (a minute)",
        description="Write the alpha explorer as one HTML file that activates, edits and searches by itself: it needs "
        "neither a kernel nor a network, and a picture that its reader chooses never leaves the reader's computer.",
    )
    parser.add_argument("--out", default="live.html", metavar="FILE", help="the HTML file (default live.html)")
    parser.add_argument(
        "--build",
        action="store_true",
        help="instead build the compute core from its C source, which needs the package ziglang",
    )
    parser.set_defaults(run=run)


def run(options: Namespace) -> None:
    """Carry out the command; files appear whole, and an existing page is kept."""
    if options.build:
        from activeindex_lite.live.build import build

        for path in build():
            print(f"built {path}, {path.stat().st_size:,} bytes")
        return
    from activeindex_lite.widgets.alpha_live import write_live_page  # this loads torch

    path = write_live_page(options.out)
    print(f"open {path}, {path.stat().st_size / 1e6:.1f} MB")

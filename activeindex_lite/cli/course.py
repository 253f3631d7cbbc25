"""The commands for the course: check-environment, pages, assignment and badges."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from activeindex_lite.cli.options import add_out


def add_course(commands) -> None:
    """Add check-environment, pages, assignment and badges to the commands of the parser."""
    _add_environment(commands)
    _add_pages(commands)
    _add_assignment(commands)
    _add_badges(commands)


def _add_environment(commands) -> None:
    parser = commands.add_parser(
        "check-environment",
        help="check that this computer has what the course needs, and say how to fix what is missing",
        description="Check Python, packages, data, memory, cores and disk against what the course needs.",
    )
    parser.add_argument("--thorough", action="store_true", help="also run faiss, torch and torchvision (seconds)")
    parser.add_argument("--all", action="store_true", help="list all checks, not only those that are not good")
    parser.set_defaults(run=_check_environment)


def _add_pages(commands) -> None:
    parser = commands.add_parser(
        "pages",
        help="convert the notebooks to offline HTML pages with working explorers (minutes; resumes after an "
        "interruption)",
        description="Run the notebooks and convert them to HTML pages that work offline. Notebooks that have not "
        "changed since the last time are not run again.",
    )
    parser.add_argument(
        "--notebooks", default="notebooks", metavar="DIR", help="folder of the notebooks (default notebooks)"
    )
    add_out(parser, "pages", "the pages; open index.html in it")
    parser.add_argument("--fresh", action="store_true", help="run every notebook again, changed or not")
    parser.set_defaults(run=_pages)


def _add_assignment(commands) -> None:
    parser = commands.add_parser(
        "assignment",
        help="write copies of notebooks with marked solutions, for nbgrader or otter-grader",
        description="Write the instructor's copy of each notebook: the solutions filled in and marked, each check "
        "worth one point. nbgrader or otter-grader makes the students' version from it.",
    )
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK.ipynb", help="notebooks with exercises")
    parser.add_argument(
        "--grader", choices=["nbgrader", "otter"], default="nbgrader", help="the grader (default nbgrader)"
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="folder for the copies; existing files are never overwritten"
    )
    parser.set_defaults(run=_assignment)


def _add_badges(commands) -> None:
    parser = commands.add_parser(
        "badges",
        help="add links that open README and the notebooks on Binder, for your repository on GitHub",
        description="Write a Binder link into README.md and into each notebook, for a repository on GitHub.",
    )
    parser.add_argument(
        "repository",
        metavar="OWNER/NAME[@BRANCH]",
        help="your repository, such as mine/course@2027 (without @BRANCH, its default branch)",
    )
    parser.set_defaults(run=_badges)


def _check_environment(options: Namespace) -> None:
    from activeindex_lite.support.environment import show_environment

    found = show_environment(options.thorough)
    print(found.whole() if options.all else found)


def _pages(options: Namespace) -> None:
    from activeindex_lite.pages import broken_links, build_pages  # loads nbconvert

    print(build_pages(options.notebooks, options.out, options.fresh).round(1).to_string(index=False))
    for problem in broken_links(options.out):
        print(f"note: {problem}", file=sys.stderr)
    print(f"open {Path(options.out) / 'index.html'}")


def _assignment(options: Namespace) -> None:
    from activeindex_lite.course import write_assignment  # loads nbformat

    for notebook in options.notebooks:
        print(write_assignment(notebook, options.out, options.grader))


def _badges(options: Namespace) -> None:
    from activeindex_lite.course import write_badges  # loads nbformat

    print(f"wrote Binder links into {len(write_badges(options.repository))} files")

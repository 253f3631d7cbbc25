"""The commands check-environment, pages, assignment and badges, and what they run."""

import sys
from pathlib import Path


def add_course(commands):
    """Add check-environment, pages, assignment and badges to the commands of the parser."""
    environment = commands.add_parser(
        "check-environment", help="what this computer lacks for the course, and how to fix it"
    )
    environment.add_argument("--thorough", action="store_true", help="also run faiss, torch and torchvision")
    environment.set_defaults(run=_check_environment)
    pages = commands.add_parser(
        "pages",
        help="the course as pages that open from a disk, explorers alive (minutes; goes on after an interruption)",
    )
    pages.add_argument(
        "--notebooks", default="notebooks", metavar="DIR", help="folder of the notebooks (default notebooks)"
    )
    pages.add_argument(
        "--out", default="pages", metavar="DIR", help="folder for the pages (default pages); open index.html in it"
    )
    pages.add_argument("--fresh", action="store_true", help="run every notebook again, changed or not")
    pages.set_defaults(run=_pages)
    assignment = commands.add_parser(
        "assignment", help="copies of notebooks with marked solutions, for nbgrader or otter-grader"
    )
    assignment.add_argument("notebooks", nargs="+", metavar="NOTEBOOK.ipynb")
    assignment.add_argument(
        "--grader", choices=["nbgrader", "otter"], default="nbgrader", help="who marks (default nbgrader)"
    )
    assignment.add_argument(
        "--out", required=True, metavar="DIR", help="folder for the copies; nothing in it is overwritten"
    )
    assignment.set_defaults(run=_assignment)
    badges = commands.add_parser(
        "badges", help="links that open README's course and each notebook on Binder, for a repository on GitHub"
    )
    badges.add_argument("repository", metavar="OWNER/NAME[@BRANCH]")
    badges.set_defaults(run=_badges)


def _check_environment(options):
    from activeindex_lite.support.environment import needs

    for need in needs(options.thorough):
        print(f"{'good' if need.ok else 'FIX '}  {need.what}: {need.found} (needed: {need.needed})")
        if not need.ok and need.fix:
            print(f"      {need.fix}")


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


def _badges(options):
    from activeindex_lite.course import write_badges

    print(f"links to Binder in {len(write_badges(options.repository))} files")

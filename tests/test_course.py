"""The course around the notebooks: its map, copies for graders, the glossary and the instructor's timetables."""

import ast
import re
import shutil
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from activeindex_lite.course import glossary, read_course, write_assignment, write_badges
from activeindex_lite.course.notebooks import is_exercise, prerequisites
from activeindex_lite.exercises import Verdict
from activeindex_lite.figures import course_map

FOLDER = Path(__file__).parent.parent / "notebooks"
COURSE = read_course(FOLDER)
README = (FOLDER.parent / "README.md").read_text()
GLOSSARY, INSTRUCTORS = ((FOLDER / f"{name}.md").read_text() for name in ("GLOSSARY", "INSTRUCTORS"))


def each(f):
    return pytest.mark.parametrize("name", COURSE.name)(f)


def test_needs_and_helps_are_told_apart():
    text = "[Notebook 02](02_ivf.ipynb); [03](03_pq.ipynb) and [04](04_lsh.ipynb) help. "
    text += "Not [the text](x.md). [01](01_a.ipynb) helps too."
    assert prerequisites(text) == {"02": "needs", "03": "helps", "04": "helps", "01": "helps"}


def test_prerequisites_come_earlier():
    for row in COURSE.itertuples():
        assert all(n < row.number for n in [*row.needs, *row.helps]), row.name


def test_the_map_leads_to_every_notebook():
    drawn = course_map.CourseMap(COURSE)
    shown = BeautifulSoup(drawn._repr_html_(), "html.parser")
    links = {link["href"]: link.get_text(" ") for link in shown("a")}
    assert list(links) == [f"{name}.ipynb" for name in COURSE.name]
    for row in COURSE.itertuples():
        said = links[f"{row.name}.ipynb"]
        assert row.number in said and f"{row.minutes} min" in said and course_map.IDEAS[row.number] in said
        assert f"{row.number} {row.title}" in drawn.alt
    assert "01_x.html" in course_map.CourseMap(COURSE.assign(name="01_x"), ".html")._repr_html_()


def test_the_map_has_no_needless_arrow():
    # 06 needs 02 and 02 needs 01: no arrow from 01 to 06, even if it says so.
    more = COURSE.assign(needs=[["01", "02"] if n == "06" else needs for n, needs in zip(COURSE.number, COURSE.needs)])
    assert course_map.direct(more, "06") == ["02"]
    wanted = sum(len(course_map.direct(COURSE, row.number)) + len(row.helps) for row in COURSE.itertuples())
    assert len(list(course_map.arrows(COURSE, course_map.places(COURSE)))) == wanted


def test_no_arrow_of_the_map_runs_behind_a_card_or_over_a_head():
    where = course_map.places(COURSE)
    assert len(set(where.values())) == len(COURSE)
    for points, _ in course_map.arrows(COURSE, where):
        for (x0, y0), (x1, y1) in pairwise(points):
            assert x0 == x1 or y0 == y1, "lines are horizontal or vertical"
            assert min(y0, y1) > course_map.HEAD
            for place in where.values():
                left, top = course_map.corner(place)
                across = min(x0, x1) < left + course_map.WIDE and max(x0, x1) > left
                down = min(y0, y1) < top + course_map.HIGH and max(y0, y1) > top
                assert not (across and down), (points, place)


def test_the_readme_lists_the_course_as_it_is():
    rows = re.findall(r"^\| \[(\d\d) ([^\]]*)\]\(notebooks/([^)]*)\) \| (.*?) \| (\d+) \|$", README, re.MULTILINE)
    assert rows == [
        (row.number, row.title, f"{row.name}.ipynb", course_map.IDEAS[row.number], str(row.minutes))
        for row in COURSE.itertuples()
    ]


def test_a_folder_without_notebooks_is_named(tmp_path):
    with pytest.raises(ValueError, match="01_something"):
        read_course(tmp_path)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# No minutes")]), tmp_path / "01_x.ipynb"
    )
    with pytest.raises(ValueError, match="How long"):
        read_course(tmp_path)


def test_the_course_is_found_from_any_folder(tmp_path, monkeypatch):
    """Notebook 00 reads the course wherever its kernel runs."""
    monkeypatch.chdir(tmp_path)
    assert read_course().equals(COURSE), "from the checkout of this package"
    mine = tmp_path / "mine" / "notebooks"
    mine.mkdir(parents=True)
    shutil.copy(FOLDER / "00_start_here.ipynb", mine)
    (tmp_path / "mine" / "deep" / "er").mkdir(parents=True)
    for place in (mine, mine.parent, mine.parent / "deep", mine.parent / "deep" / "er"):
        monkeypatch.chdir(place)
        assert list(read_course().name) == ["00_start_here"], place
    # Another package beside: no checkout.
    monkeypatch.setattr("activeindex_lite.course.notebooks.__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"holds no notebook such as 00_start_here.*read_course\('"):
        read_course()
    shutil.copy(FOLDER / "02_ivf.ipynb", tmp_path)
    assert list(read_course().name) == ["02_ivf"], "a course of one's own"


# Copies for graders. What nbgrader's schema 3 asks of each cell, and what it puts in the place of a solution, as its
# documentation says.
NBGRADER = {"schema_version": int, "grade": bool, "locked": bool, "solution": bool, "task": bool, "grade_id": str}


def given(name):
    """The names that the notebook's imports make."""
    first = next(
        cell
        for cell in nbformat.read(FOLDER / f"{name}.ipynb", 4).cells
        if cell.cell_type == "code" and "exercises" in cell.source
    )
    space = {}
    exec("\n".join(re.findall(r"^(?:import|from) .*", first.source, re.MULTILINE)), space)  # noqa: S102 - the lesson code of this repository
    return space


@pytest.fixture
def without_trial(monkeypatch):
    """Copies are written without running them: the test runs them itself."""
    monkeypatch.setattr("activeindex_lite.course.assignments.first_failure", lambda *_: "")


@each
def test_nbgrader_copy(name, tmp_path, without_trial):
    path = write_assignment(FOLDER / f"{name}.ipynb", tmp_path)
    copy = nbformat.read(path, as_version=4)
    nbformat.validate(copy)
    graded = [cell for cell in copy.cells if "nbgrader" in cell.metadata]
    exercises = COURSE.set_index("name").exercises[name]
    assert len(graded) == 2 * exercises and len({cell.metadata.nbgrader.grade_id for cell in graded}) == len(graded)
    assert not any(map(is_exercise, copy.cells))
    for solution, check in zip(graded[::2], graded[1::2]):
        for cell in (solution, check):
            assert {key: type(value) for key, value in cell.metadata.nbgrader.items() if key != "points"} == NBGRADER
            assert (
                re.fullmatch(r"[\w-]+", cell.metadata.nbgrader.grade_id) and cell.metadata.nbgrader.schema_version == 3
            )
        assert solution.metadata.nbgrader.solution and not solution.metadata.nbgrader.grade
        assert check.metadata.nbgrader.grade and check.metadata.nbgrader.locked and check.metadata.nbgrader.points == 1
        stub = re.sub(
            r"( *)### BEGIN SOLUTION.*### END SOLUTION",
            r"\1# YOUR CODE HERE\n\1raise NotImplementedError()",
            solution.source,
            flags=re.DOTALL,
        )
        assert "NotImplementedError" in stub
        space = given(name)
        exec(solution.source + "\n" + check.source, space)  # noqa: S102
        with pytest.raises(AssertionError, match=r"\w{3}"):
            exec(stub + "\n" + check.source, given(name))  # noqa: S102


@each
def test_otter_copy(name, tmp_path, without_trial):
    copy = nbformat.read(write_assignment(FOLDER / f"{name}.ipynb", tmp_path, "otter"), as_version=4)
    kinds = [cell.source.split("\n")[0] for cell in copy.cells if cell.cell_type == "raw"]
    question = [
        "# BEGIN QUESTION",
        "# BEGIN SOLUTION",
        "# END SOLUTION",
        "# BEGIN TESTS",
        "# END TESTS",
        "# END QUESTION",
    ]
    assert kinds == ["# ASSIGNMENT CONFIG", *(question * COURSE.set_index("name").exercises[name])]
    for solution, test in zip(inside(copy, "SOLUTION"), inside(copy, "TESTS")):
        stub = re.sub(r"( *)# BEGIN SOLUTION.*# END SOLUTION", r"\1...", solution.source, flags=re.DOTALL)
        (function,) = ast.parse(test.source).body
        call = f"{function.name}({', '.join(argument.arg for argument in function.args.args)})"
        exec(f"{solution.source}\n{test.source}\n{call}", given(name))  # noqa: S102
        with pytest.raises(AssertionError, match=r"\w{3}"):
            exec(f"{stub}\n{test.source}\n{call}", given(name))  # noqa: S102


def inside(copy, kind):
    """The cells that stand between # BEGIN kind and # END kind."""
    return [
        copy.cells[i + 1]
        for i, cell in enumerate(copy.cells)
        if cell.cell_type == "raw" and cell.source == f"# BEGIN {kind}"
    ]


def test_copies_never_overwrite_and_errors_say_the_way_out(tmp_path, without_trial):
    source = FOLDER / "00_start_here.ipynb"
    path = write_assignment(source, tmp_path / "new")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="another folder"):
        write_assignment(source, tmp_path / "new", "otter")
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == [path.name]
    with pytest.raises(ValueError, match="nbgrader, otter"):
        write_assignment(source, tmp_path, "moodle")
    with pytest.raises(ValueError, match="one function per exercise"):
        write_assignment(source, tmp_path, solutions=FOLDER / "solutions" / "02_ivf.py")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "empty.ipynb")
    with pytest.raises(ValueError, match="no exercise"):
        write_assignment(tmp_path / "empty.ipynb", tmp_path)


def test_the_given_imports_hold_verdicts():
    check = given("00_start_here")["check"]
    assert isinstance(check.share_found(lambda first, truth: (first == truth).sum()), Verdict)
    assert "share, from 0 to 1" in check.share_found(lambda first, truth: (first == truth).sum()).message


# The glossary: each word that a notebook sets in bold, and each letter of the field in backticks.
LEAD = re.compile(r"(Predict|Try|Explain|What you will do|What you will learn|What you need|How long)\.?|✗.*")
# Bold for another reason than being a word of the field.
OTHER = {
    "play",
    "Active indexing",
    "M parts",
    "it hurts",
    "is it a copy at all?",
    "For teachers.",
    "borders of both",
    "extract",
    "activate and edit",
    "search",
    "Pictures",
    "Results",
    "Versions",
    "Memory",
    "A graph",
    "Cells and codes",
}
LETTERS = {"nlist", "nprobe", "alpha", "nbits"}


def test_every_bold_word_of_the_notebooks_is_in_the_glossary():
    terms = re.findall(r"^### (.+)$", GLOSSARY, re.MULTILINE)
    assert len(terms) == len(set(terms))
    known = {term.lower() for term in terms}
    for name in COURSE.name:
        text = "\n".join(
            cell.source for cell in nbformat.read(FOLDER / f"{name}.ipynb", 4).cells if cell.cell_type == "markdown"
        )
        bold = {word for word in re.findall(r"\*\*([^*\n]{1,40})\*\*", text) if not LEAD.fullmatch(word)} - OTHER
        used = {word for word in re.findall(r"`([^`\n]+)`", text) if word in LETTERS}
        missing = {word for word in bold | used if not {word.lower(), word.lower().removesuffix("s")} & known}
        assert not missing, f"{name} sets {missing} in bold; explain it in GLOSSARY.md, or name it in OTHER above"


def test_glossary_entries_are_short_and_say_where():
    for term, text in re.findall(r"^### (.+)\n(.+)$", GLOSSARY, re.MULTILINE):
        found = re.search(r"\(((?:\d\d(?:, )?)+)\)$", text)
        assert found, f"{term}: the entry ends with the numbers of notebooks in brackets"
        assert set(found[1].split(", ")) <= {f"{n:02d}" for n in range(13)}
        assert len(re.findall(r"[.:;?] ", text)) <= 4 and len(text) < 260, f"{term}: one or two sentences"


def table(heading):
    """The rows of the first table under a heading of the instructor's guide."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", INSTRUCTORS, re.MULTILINE | re.DOTALL)[1]
    return [
        [entry.strip() for entry in line.strip("|").split("|")]
        for line in section.splitlines()
        if re.match(r"\| \"?\w", line)
    ][1:]


def test_goals_and_minutes_are_those_of_the_notebooks():
    rows = {number: (int(minutes), goal) for number, minutes, goal in table("Learning goals and minutes")}
    assert list(rows) == [f"{n:02d}" for n in range(13)] and all(len(goal) > 30 for _, goal in rows.values())
    for row in COURSE.itertuples():
        assert rows[row.number][0] == row.minutes, (
            f"{row.name}: the guide says {rows[row.number][0]} minutes, the notebook {row.minutes}"
        )


@pytest.mark.parametrize(("heading", "minutes"), [("90 minutes", 90), ("Half a day", 240)])
def test_timetables_add_up(heading, minutes):
    rows = table(heading)
    assert sum(int(row[0]) for row in rows) == minutes
    assert [row[2] for row in rows if row[2]] == sorted(row[2] for row in rows if row[2]), (
        "in the order of the notebooks"
    )


def test_misconceptions_have_answers():
    rows = table("What students get wrong")
    assert len(rows) >= 8 and all(len(row) == 2 and len(row[1]) > 40 for row in rows)


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for source in (FOLDER.parent / "README.md", *FOLDER.glob("*.ipynb")):
        shutil.copy(source, tmp_path / source.relative_to(FOLDER.parent))
    return tmp_path


def test_badges_open_the_right_files_and_leave_the_rest(checkout):
    before = {path: path.read_text() for path in (checkout / "notebooks").glob("*.ipynb")}
    for repository, owner, branch in (
        ("octo/old@week/2", "octo/old", "week%2F2"),
        ("octo-cat/vector.course", "octo-cat/vector.course", "HEAD"),
    ):
        written = write_badges(repository, checkout)
        assert written == [checkout / "README.md", *sorted(before)]
        for path in written:
            links = re.findall(
                r"https://mybinder\.org/v2/gh/([^/]+/[^/]+)/([^/?]+)\?urlpath=lab/tree/([^)\s\"\\]+)", path.read_text()
            )
            assert [link[:2] for link in links] == [(owner, branch)], "one link, and none to the repository before"
            assert (checkout / links[0][2]).exists() and links[0][2].endswith(("00_start_here.ipynb", path.name))
    for path, text in before.items():
        old, new = (nbformat.reads(t, as_version=4) for t in (text, path.read_text()))
        nbformat.validate(new)
        assert new.cells[1:] == old.cells[1:] and new.metadata == old.metadata
        assert new.cells[0].source.split("\n\n")[2:] == old.cells[0].source.split("\n\n")[1:]
    assert read_course(checkout / "notebooks").equals(COURSE)


@pytest.mark.parametrize(
    "repository", ["course", "https://github.com/octo/course", "octo/course/more", "octo/course@", "octo/cou rse", ""]
)
def test_a_repository_of_another_form_is_refused_and_nothing_written(checkout, repository):
    before = (checkout / "README.md").read_text()
    with pytest.raises(ValueError, match="OWNER/NAME"):
        write_badges(repository, checkout)
    assert (checkout / "README.md").read_text() == before
    with pytest.raises(FileNotFoundError, match="checkout"):
        write_badges("octo/course", checkout / "notebooks")


def test_the_glossary_is_read_as_terms_and_lines(tmp_path, monkeypatch):
    terms = glossary(FOLDER)
    assert set(terms) == set(re.findall(r"^### (.+)$", GLOSSARY, re.MULTILINE))
    assert all(line.endswith((".", "?")) and "(0" not in line and "`" not in line for line in terms.values())
    assert glossary(tmp_path) == {}
    monkeypatch.chdir(FOLDER)
    assert glossary() == terms

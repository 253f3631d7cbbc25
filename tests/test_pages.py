"""The pages for readers without a kernel: built from a small course here, and the real one's links."""

import base64
import io
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from activeindex_lite.course.predictions import Predictions
from activeindex_lite.pages import NotebookFailed, broken_links, build_pages
from activeindex_lite.pages.build import first_picture, lighter
from activeindex_lite.pages.convert import link_words, markdown_soup, notebook_soup
from activeindex_lite.pages.mathml import mathml
from activeindex_lite.pictures.uris import data_uri
from benchmarks.lab import watched

REAL = Path(__file__).parent.parent / "notebooks"
OPENING = "# {}\n\n**What you will do.** Look at *one* figure.\n\n**What you need.** {}\n\n**How long.** 3 minutes."
FIGURE = """from activeindex_lite.figures.style import Described, new_figure
figure, axes = new_figure(3, 2)
Described(figure, "An empty figure, of no other use than to be found again.")"""
EXPLORER = """from activeindex_lite import build_index, load_world
from activeindex_lite.widgets import NprobeExplorer
world = load_world()
NprobeExplorer(indexes={"cells": build_index("IVF40,Flat", world.train[:4000], world.references)})"""
EXERCISE = """def share_found(first, truth):
    ...  # your code


from activeindex_lite.exercises import start
start.share_found(share_found)"""


def notebook(*cells):
    """A notebook: strings that begin with # are Markdown, a tuple is an exercise."""
    made = [
        nbformat.v4.new_code_cell(cell[0], metadata={"tags": ["exercise"]})
        if isinstance(cell, tuple)
        else nbformat.v4.new_markdown_cell(cell)
        if cell.startswith("#")
        else nbformat.v4.new_code_cell(cell)
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "notebooks"
    folder.mkdir()
    (folder / "GLOSSARY.md").write_text("# Glossary\n\n### centroid\nA point. (00)\n")
    first = notebook(
        OPENING.format("First", "Nothing."),
        FIGURE,
        "## Then\n\nThe **centroids**. See [next](01_second.ipynb#then), [a word]"
        "(GLOSSARY.md#centroid), [code](solutions/x.py).\n\n### Exercise 0.1: a share",
        (EXERCISE,),
        "import ipywidgets; ipywidgets.IntSlider()",
    )
    second = notebook(OPENING.format("Second", "[00](00_first.ipynb)"), EXPLORER, "## Then\n\nThe end.")
    nbformat.write(first, folder / "00_first.ipynb")
    nbformat.write(second, folder / "01_second.ipynb")
    return folder


@pytest.fixture(scope="module")
def built(course, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "pages"
    return out, build_pages(course, out)


@pytest.mark.slow
def test_pages_hold_results_and_hang_together(built):
    out, table = built
    assert list(table.page) == ["00_first.html", "01_second.html"] and (table.seconds > 0).all()
    assert broken_links(out) == []
    first = (out / "00_first.html").read_text()
    assert 'aria-label="An empty figure, of no other use than to be found again."' in first
    assert (
        '<strong><a href="GLOSSARY.html#centroid" title="A point.">centroids</a></strong>' in first
        and 'href="01_second.html#then"' in first
    )
    assert "solutions" not in first and "code" in first
    assert "Not yet" not in first and "your code" in first
    assert "running notebook only" in first
    assert '(<a href="00_first.html">00</a>)' in (out / "GLOSSARY.html").read_text()
    index = (out / "index.html").read_text()
    assert 'src="pictures/00_first.svg"' in index and "Map of the course" in index
    cards = BeautifulSoup(index, "html.parser").select(".cards li")
    assert [card.a["href"] for card in cards] == ["00_first.html", "01_second.html"]
    assert all("3 minutes" in card.get_text() for card in cards)
    assert all((out / card.select_one("a[download]")["href"]).is_file() for card in cards)
    # The front page opens with the live explorer, and the lessons follow.
    frame = 'src="explorers/live.html"'
    assert index.index('class="lead"') < index.index(frame) < index.index('class="cards"')


@pytest.mark.slow
def test_what_was_run_is_not_run_again_unless_it_changed(built, course):
    out, _ = built
    assert (build_pages(course, out).seconds == 0).all()
    (course / "00_first.ipynb").touch()
    assert list(build_pages(course, out).seconds > 0) == [True, False]


@pytest.mark.slow
def test_a_cell_that_fails_ends_the_run_and_keeps_what_was_done(course, tmp_path):
    folder = tmp_path / "notebooks"
    shutil.copytree(course, folder)
    nbformat.write(notebook(OPENING.format("Second", "[00](00_first.ipynb)"), "1 / 0"), folder / "01_second.ipynb")
    with pytest.raises(NotebookFailed, match="01_second.ipynb stops with ZeroDivisionError"):
        build_pages(folder, tmp_path / "pages")
    assert (tmp_path / "pages" / "00_first.html").exists() and not (tmp_path / "pages" / "01_second.html").exists()
    nbformat.write(
        notebook(OPENING.format("Second", "[00](00_first.ipynb)"), "1 / 1\n", "## Then"), folder / "01_second.ipynb"
    )
    assert list(build_pages(folder, tmp_path / "pages").seconds > 0) == [False, True]


def test_a_folder_with_other_things_is_refused(course, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="another folder"):
        build_pages(course, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_real_course_has_no_broken_links(tmp_path):
    build_pages(REAL, tmp_path / "pages", execute=False)
    assert broken_links(tmp_path / "pages") == []
    assert len(list((tmp_path / "pages").glob("[0-9]*.html"))) == len(list(REAL.glob("*.ipynb")))


def test_a_bar_in_the_code_of_a_table_has_no_backslash():
    assert "<code>a | b</code>" in str(markdown_soup("| x |\n|---|\n| `a \\| b` |\n"))


@pytest.mark.parametrize("path", sorted(REAL.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_formula_of_the_notebooks_is_set(path):
    soup = notebook_soup(nbformat.read(path, as_version=4))
    left = [text for text in soup.find_all(string=re.compile(r"\$|\\[a-z]")) if not text.find_parent(["code", "pre"])]
    assert not left, "a formula that pages would show as TeX"


def test_a_formula_is_mathml():
    found = mathml(r"\log_{10} \frac{a_i^2}{\sqrt{x} < 1,536} - \sum_j \text{a & b}", block=True)
    root = ElementTree.fromstring(found)
    assert root.tag == "math" and root.attrib["display"] == "block" and r"\frac" in root.attrib["alttext"]
    tags = " ".join(part.tag for part in root.iter() if part.tag != "mrow")
    assert tags == "math mspace msub mi mn mspace mfrac msubsup mi mi mn msqrt mi mo mn mo munder mo mi mtext"
    assert "".join(root.itertext()) == "log10ai2x<1,536−∑ja & b"


@pytest.mark.parametrize("wrong", [r"\unknown", "{a", "a}", r"\frac{a}", "a^"])
def test_a_formula_of_another_form_is_named(wrong):
    with pytest.raises(ValueError, match="the formula"):
        mathml(wrong)


def test_formulas_stand_in_text_and_not_in_code():
    text = "# A\n\n$a < b$ and `$c$`\n\n<details><summary>Hint</summary>$d_i$ <code>$e$</code></details>\n\n$$f = g$$"
    soup = notebook_soup(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]))
    assert [math["alttext"] for math in soup("math")] == ["a < b", "d_i", "f = g"]
    assert [code.get_text() for code in soup("code")] == ["$c$", "$e$"]
    assert soup("math")[2]["display"] == "block"


def test_each_kind_of_broken_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a><a href="https://x.org">4</a>'
        '<img src="data:image/png;base64,x" alt="fine"><img src="none.png" alt="words"><img src="data:,">'
        '<script src="https://cdn.org/x.js"></script><a href="#nowhere">5</a><iframe src="b.html"></iframe>'
    )
    (tmp_path / "b.html").write_text('<h2 id="here">b</h2>')
    found = broken_links(tmp_path)
    assert len(found) == 6
    for said in (
        "b.html#there, but",
        "c.html, which",
        "none.png",
        "no text alternative",
        "cdn.org/x.js from the network",
        "#nowhere, but",
    ):
        assert sum(said in line for line in found) == 1, said


@pytest.mark.slow
def test_the_front_page_shows_a_stored_result_and_then_computes(built, browser):
    page = watched(browser.new_context(offline=True, viewport={"width": 390, "height": 844}).new_page())
    page.goto((built[0] / "index.html").as_uri())
    frame = page.frame_locator("iframe.explorer")
    # The picture is there before the core is.
    frame.locator(".ai-alpha[data-shown='alpha 3, step 10 of 10, done'] img").first.wait_for()
    frame.locator("html[data-core]").wait_for()
    slider = frame.get_by_role("slider", name="alpha")
    slider.focus()
    page.keyboard.press("ArrowRight")
    frame.locator(".ai-alpha[data-shown='alpha 3.25, step 10 of 10, done']").wait_for()
    assert frame.locator(".ai-problem").inner_text() == ""
    # Nothing has to be scrolled sideways on a phone.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.frames[1].evaluate("document.documentElement.scrollWidth") <= 390
    assert page.problems == []


@pytest.mark.slow
def test_the_front_page_and_all_in_it_take_less_than_8_mb(built):
    out, _ = built
    soup = BeautifulSoup((out / "index.html").read_text(), "html.parser")
    files = {out / "index.html", *(out / node["src"] for node in soup.select("[src]"))}
    assert out / "explorers" / "live.html" in files
    # The pictures of the real course's cards take 0.1 MB.
    assert sum(path.stat().st_size for path in files) < 7.9e6


def test_pictures_in_the_figure_of_a_card_are_small():
    uri = data_uri(Image.effect_noise((600, 300), 90).convert("RGB"), "PNG")
    svg = f'<svg><image width="60" height="30" xlink:href="{uri}"/></svg>'
    made = lighter(svg)
    assert len(made) < len(svg) / 10 and made.startswith('<svg><image width="60"') and made.endswith('"/></svg>')
    kept = Image.open(io.BytesIO(base64.b64decode(made.split("base64,")[1].split('"')[0])))
    assert kept.size == (160, 80)


def test_a_card_shows_the_first_figure_of_few_bytes(tmp_path):
    def picture_of(*figures):
        shown = [
            nbformat.v4.new_output("display_data", {"text/html": f'<svg role="img" aria-label="{name}">{body}</svg>'})
            for name, body in figures
        ]
        return first_picture(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=shown)]), "02", tmp_path)

    course, large, small = ("Map of the course", "<g/>"), ("large", "<g/>" * 20_000), ("few &amp; small", "<g/>")
    assert picture_of(course, large, small) == {"02": ("pictures/02.svg", "few & small")}
    assert (tmp_path / "pictures" / "02.svg").read_text().count("<g/>") == 1
    assert picture_of(("first", "<g/>"), small)["02"][1] == "first"
    assert picture_of(course, large) == {} == picture_of()


@pytest.mark.slow
def test_an_explorer_moves_in_its_frame_without_a_network(built, browser):
    expect = pytest.importorskip("playwright.sync_api").expect
    page = watched(browser.new_context(offline=True).new_page())
    page.goto((built[0] / "01_second.html").as_uri())
    frame = page.frame_locator("iframe.explorer")
    slider = frame.get_by_role("slider", name="nprobe")
    before = frame.locator(".ai-share").inner_text()
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "40 cells")
    assert frame.locator(".ai-share").inner_text() != before
    # The frame is as tall as the page in it, so that nothing has to be scrolled twice.
    inside = page.frames[1].evaluate("document.documentElement.scrollHeight")
    assert page.locator("iframe.explorer").bounding_box()["height"] >= inside
    assert page.problems == []


def test_the_first_occurrence_of_a_word_of_the_field_shows_its_line_in_each_section():
    text = "## One\n\nPosting lists and a posting list, `nprobe`, nprobes; a cell.\n\n## Two\n\nEach posting list."
    soup = notebook_soup(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]))
    link_words(soup, {"posting list": "Ids.", "nprobe": "Cells visited.", "cell": "A region."}, "G.html")
    assert [(a.get_text(), a["href"], a["title"]) for a in soup("a")] == [
        ("Posting lists", "G.html#posting-list", "Ids."),
        ("nprobes", "G.html#nprobe", "Cells visited."),
        ("posting list", "G.html#posting-list", "Ids."),
    ]


def test_a_truth_is_folded_where_nobody_can_predict():
    predict = Predictions()
    predict.number("a", "How many?")
    cell = nbformat.v4.new_code_cell('predict.reveal("a", 3)', metadata={"tags": ["predict"]})
    cell.outputs = [
        nbformat.v4.new_output("execute_result", {"text/html": predict.reveal("a", 3)._repr_html_()}, execution_count=1)
    ]
    soup = notebook_soup(nbformat.v4.new_notebook(cells=[cell]))
    assert "predict.reveal" not in soup.get_text() and "You made no" not in soup.get_text()
    (folded,) = soup("details")
    assert folded.summary.get_text() == "The measured answer" and "Measured: 3." in folded.get_text()
    assert not folded.has_attr("open")

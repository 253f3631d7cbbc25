"""Predictions and questions: what a reader commits to, the truth beside it, the table of a class, and their source."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import traitlets

from activeindex_lite.course import ask
from activeindex_lite.course.lesson_questions import FOLDER, lesson, read_lesson
from activeindex_lite.course.predictions import COLUMNS, Predictions
from activeindex_lite.course.quiz import inline
from activeindex_lite.widgets.module import read
from benchmarks import lab

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NUMBERS = sorted(path.stem for path in FOLDER.glob("*.md"))
FOLDED = r"<details><summary><b>Explain</b></summary>\n\n.+?\n\n</details>"


@pytest.fixture
def predict():
    return Predictions()


# ---- the source of predictions and questions ---------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_each_lesson_has_three_questions_with_an_explanation_for_each_answer(number):
    asked = lesson(number)
    assert len(asked.questions) == 3 and asked.title
    for question in asked.questions:
        assert 3 <= len(question.answers) <= 4 and question.text.endswith(("?", "."))
        assert sum(answer.right for answer in question.answers) == 1
        assert len({answer.text for answer in question.answers}) == len(question.answers)
        for answer in question.answers:
            assert len(answer.why) > 40, f"{number}: {answer.text!r} lacks an explanation"
    for name, prediction in asked.predictions.items():
        assert re.fullmatch(r"[a-z0-9-]+", name) and prediction.text.endswith((".", "?")), name


def test_the_right_answer_has_no_favourite_place_and_no_favourite_length():
    questions = [question for number in NUMBERS for question in lesson(number).questions]
    places = [[answer.right for answer in question.answers].index(True) for question in questions]
    assert max(places.count(place) for place in range(4)) <= 0.5 * len(questions), places
    longest = [max(question.answers, key=lambda answer: len(answer.text)).right for question in questions]
    assert np.mean(longest) <= 0.6, "who chooses the longest answer is right too often"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_reveals_what_it_asks_and_ends_in_its_questions(path):
    number = path.stem[:2]
    source = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    asked, revealed = (re.findall(rf'predict{call}\("([^"]+)"', source) for call in ("", r"\.reveal"))
    if number not in NUMBERS:
        assert not asked
        return
    assert asked == revealed == [f"{number}-{name}" for name in lesson(number).predictions]
    assert source.count(f'ask("{number}")') == 1
    assert source.index("import ask, predict") < source.index('predict("')


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_explanations_are_folded(path):
    explained = 0
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            # Without the blank lines, what is folded would not be read as Markdown.
            explained += len(re.findall(FOLDED, cell.source, re.DOTALL))
            assert cell.source.count("<details>") == cell.source.count("</details>")
            assert "**Explain.**" not in cell.source
    assert explained > 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n\n## Else\nx", "x.md, 'Else': expected"),
        ("# T\n\n## Question\nWhat?\n- [ ] a\n  no\n- [ ] b\n  no", "x.md, question 1: .* one is right"),
        ("# T\n\n## Question\nWhat?\n- [x] a\n  yes\n- [x] b\n  yes", "one is right"),
        ("# T\n\n## Predict: a\nWhat?", "x.md, 'Predict: a': expected a text and two or more"),
        ("# T\n\n## Predict: a\nWhat?\n> numbr", "two or more"),
    ],
)
def test_a_source_of_another_form_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        read_lesson(text, "x.md")


def test_the_three_kinds_of_predictions_are_read():
    text = "# T\n\n## Predict: a\nHow\nmany?\n> number, 0 to 1.5, % of all, in all\n\n## Predict: b\nDraw.\n"
    text += "> curve, nprobe: 1 2 4, R@1: 0 to 1\n\n## Predict: c\nWhich?\n- one\n  thing\n- two\n"
    text += "## Predict: d\nX?\n> number"
    made = read_lesson(text, "x.md").predictions
    assert made["a"].text == "How many?" and made["a"].form == {"low": 0.0, "high": 1.5, "unit": "% of all, in all"}
    assert made["b"].form == {"across": "nprobe", "at": ["1", "2", "4"], "up": "R@1", "low": 0.0, "high": 1.0}
    assert made["c"].form == {"options": ["one thing", "two"]} and made["d"].form["low"] is None


def test_unknown_names_are_refused(predict):
    with pytest.raises(ValueError, match=r"'02-bordr' is not among .*02-border"):
        predict("02-bordr")
    with pytest.raises(ValueError, match="expected the number of a notebook"):
        ask("99")
    with pytest.raises(ValueError, match="run its predict cell first. Asked: none so far"):
        predict.reveal("02-border", "nprobe 2")


# ---- predictions -------------------------------------------------------------------------------------------------


def test_run_all_without_a_prediction_shows_the_truth(predict):
    predict.choice("a", "Which?", ["one", "two"])
    predict.number("b", "How many?", "cells")
    card = predict.curve("c", "Draw.", "nprobe", [1, 2], "R@1")
    assert repr(predict.reveal("a", "two")) == "You made no prediction. Measured: “two”."
    assert repr(predict.reveal("b", np.int64(1536))) == "You made no prediction. Measured: 1,536 cells."
    shown = predict.reveal("c", pd.Series([0.25, 0.5]))._repr_html_()
    assert "You drew no curve" in shown and "measured: 0.25 at 1, 0.5 at 2" in shown and shown.count("<polyline") == 1
    assert card.truth == [0.25, 0.5] and predict.table().prediction.isna().all()


@pytest.mark.parametrize(
    ("value", "truth", "said"),
    [
        (50, 389, "You predicted 50 cells. Measured: 389 cells. You were 339 too low, a factor of 7.78."),
        (0.5, 0.25, "You were 0.25 too high, a factor of 2."),
        (500, 389, "You were 111 too high."),
        (0, 3, "You were 3 too low."),
        (389, 389, "Exactly."),
    ],
)
def test_a_number_says_how_far_off_it_is(predict, value, truth, said):
    predict.number("a", "How many?", "cells").value = value
    assert said in repr(predict.reveal("a", truth))


def test_a_curve_says_where_it_is_farthest_off(predict):
    predict.curve("a", "Draw.", "nprobe", [1, 4], "R@1").value = [0.5, 0.9]
    shown = predict.reveal("a", np.array([0.4, 0.5]))
    assert "off by 0.25 on average, most at nprobe 4: 0.9 instead of 0.5" in repr(shown)
    assert shown._repr_html_().count("<polyline") == 2


def test_a_choice_is_right_or_wrong(predict):
    card = predict.choice("a", "Which?", ["one", "two"])
    card.value = "one"
    assert "✗ You predicted “one”" in repr(predict.reveal("a", "two"))
    assert "✓" in repr(predict.reveal("a", np.str_("one"))) and "✗" in repr(predict.reveal("a", np.int64(1)))


@pytest.mark.parametrize(
    "value", ["three", 3, True, float("nan"), [1, 2], [0.1, "x"], np.array([[1, 2]]), {}], ids=repr
)
def test_another_form_of_prediction_or_truth_is_refused(predict, value):
    cards = [predict.choice("a", "Which?", ["one", "two"]), predict.curve("c", "Draw.", "n", [1, 2, 3], "R")]
    cards += [] if isinstance(value, int) and value == 3 else [predict.number("b", "How many?")]
    for card in cards:
        with pytest.raises(traitlets.TraitError, match="expected"):
            card.value = value
        assert card.value is None
        with pytest.raises(ValueError, match=f"the truth of '{card.name}'"):
            predict.reveal(card.name, value)


def test_a_second_run_of_the_cell_keeps_the_prediction_and_a_late_one_is_marked(predict):
    predict.number("a", "How many?").value = 3
    first = predict.table().time[0]
    again = predict.number("a", "How many?")
    assert again.value == 3 and again.time == first and predict.table().in_time[0]
    predict.reveal("a", 4)
    assert predict.number("a", "How many?").truth == 4
    assert predict.number("a", "Something else?", "cm").value is None
    predict.reveal("a", 4)
    predict._asked["a"].value = 4
    assert not predict.table().in_time[0], "made after the truth was shown"


def test_the_predictions_of_a_class_share_a_file_and_nothing_is_overwritten(predict, tmp_path):
    path = tmp_path / "class.csv"
    predict.number("a", "How, many?").value = 3
    predict.choice("never", "Which?", ["one", "two"])
    assert predict.save(path, "Ada") == 1 and predict.save(path, "Ada") == 0 and predict.save(path, "Bo") == 1
    predict.reveal("a", 4)
    assert predict.save(path, "Ada") == 1
    table = pd.read_csv(path)
    assert tuple(table.columns) == COLUMNS and list(table.who) == ["Ada", "Bo", "Ada"]
    assert list(table.question) == ["How, many?"] * 3 and table.truth.isna().tolist() == [True, True, False]
    other = tmp_path / "thesis.csv"
    other.write_text("years of work\n1\n")
    with pytest.raises(ValueError, match="stays as it is"):
        predict.save(other)
    assert other.read_text() == "years of work\n1\n"
    with pytest.raises(OSError, match="its folder does not exist"):
        predict.save(tmp_path / "none" / "class.csv")


def test_without_a_widget_the_question_is_text(predict, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    predict.choice("a", "Which <b>?", ["one", "two"])._ipython_display_()
    widget, text = shown
    assert "application/vnd.jupyter.widget-view+json" in widget and widget["text/html"] == ""
    assert "Which &lt;b&gt;?" in text["text/html"] and "<li>two</li>" in text["text/html"]
    assert text["text/plain"] == "Your prediction\nWhich <b>?\n- one\n- two"


# ---- questions ---------------------------------------------------------------------------------------------------


def test_questions_are_text_and_html_without_a_script():
    quiz = ask("02")
    shown, text = quiz._repr_html_(), repr(quiz)
    answers = [answer for question in quiz.questions for answer in question.answers]
    assert shown.count("<details") == len(answers) and "<script" not in shown
    assert shown.count("✓ Right.") == text.count("✓ Right.") == 3
    for answer in answers:
        assert answer.text in text and inline(answer.why) in shown
    assert inline("a < `b` *c* 2 * 3") == "a &lt; <code>b</code> <em>c</em> 2 * 3"


# ---- in a browser ------------------------------------------------------------------------------------------------


def as_page(card, path):
    """A page without a kernel with one prediction in it; its model is `window.model`."""
    state = {name: getattr(card, name) for name in ("kind", "question", "form", "value", "truth", "_verdict")}
    module = card._esm.replace("export default", "const explorer =")
    script = f"{module}\nconst state = {json.dumps(state)};\n{read('page.js')}\nwindow.model = model;"
    style = f"<style>{read('page.css')}{card._css}</style>"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title>{style}<main><h1>x</h1>'
        f'<div id="explorer"></div></main><script type="module">{script}</script>'
    )
    return path.as_uri()


def test_a_prediction_is_made_by_keyboard_and_seen_beside_the_truth(predict, open_page, tmp_path):
    made = {
        "choice": predict.choice("a", "Which?", ["one", "two"]),
        "number": predict.number("b", "How many?", "%", 0, 100),
        "curve": predict.curve("c", "Draw.", "nprobe", [1, 2], "R@1"),
    }
    keys = {"choice": "Space", "number": "ArrowRight", "curve": "End"}
    values = {"choice": "one", "number": 51, "curve": [1, 0.5]}
    for kind, card in made.items():
        page = open_page(as_page(card, tmp_path / f"{kind}.html"), ".ai-predict")
        commit = page.get_by_role("button", name="Commit")
        assert commit.is_disabled(), "nothing is chosen yet"
        page.keyboard.press("Tab")
        page.keyboard.press(keys[kind])
        commit.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("model.get('value')") == values[kind]
        assert "Committed" in page.locator(".ai-predict p").inner_text()
        page.get_by_role("button", name="Change").click()
        commit.click()
        card.value = values[kind]
        card.reveal({"choice": "two", "number": 60, "curve": [0.5, 0.5]}[kind])
        page.evaluate(
            "([verdict, truth]) => { model.set('_verdict', verdict); model.set('truth', truth); }",
            [card._verdict, card.truth],
        )
        assert page.locator(".ai-predict p").inner_text() == f"{card.sign()} {card.verdict()}".strip()
        assert page.get_by_role("button").count() == 0, "who has seen the truth changes nothing"


def test_a_curve_is_drawn_in_one_stroke(predict, open_page, tmp_path):
    page = open_page(as_page(predict.curve("c", "Draw.", "n", [1, 2, 4, 8], "R@1"), tmp_path / "a.html"), ".ai-predict")
    box = page.locator("svg").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"], steps=20)
    page.mouse.up()
    page.get_by_role("button", name="Commit").click()
    drawn = page.evaluate("model.get('value')")
    assert drawn == sorted(drawn) and drawn[0] < 0.2 and drawn[-1] > 0.9


@pytest.mark.slow
def test_predictions_and_questions_have_no_serious_violation(predict, browser, tmp_path):
    axe = (
        Path(pytest.importorskip("axe_playwright_python").__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    )
    cards = [predict("02-border"), predict("02-recall"), predict("02-fullest")]
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()
        for number, card in enumerate(cards):
            page.goto(as_page(card, tmp_path / f"{number}.html"))
            page.wait_for_selector(".ai-predict")
            page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", shown(card))
            for answer in page.locator("summary").all():
                answer.click()
            page.evaluate(axe)
            found = page.evaluate("axe.run()")["violations"]
            assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
        page.context.close()


def shown(card):
    """What a prediction and the questions of its lesson show without a widget."""
    return card._html() + ask("02")._repr_html_()


NOTEBOOK = (
    ("markdown", "# Title\n\nA **posting list**."),
    ("code", "from activeindex_lite.course import predict\npredict.choice('a', 'Which?', ['one', 'two'])"),
    ("code", "x = 1"),
    ("code", "predict.reveal('a', x)"),
    ("markdown", "<details><summary><b>Explain</b></summary>\n\nWhy *two*, and $a^2$.\n\n</details>"),
)


@pytest.mark.slow
def test_in_jupyterlab_a_commitment_is_revealed_and_the_explanation_unfolds(browser, tmp_path):
    cells = [getattr(nbformat.v4, f"new_{kind}_cell")(source) for kind, source in NOTEBOOK]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    (tmp_path / "GLOSSARY.md").write_text((NOTEBOOKS[0].parent / "GLOSSARY.md").read_text())
    (tmp_path / "00_start_here.ipynb").write_text(NOTEBOOKS[0].read_text())  # so that the course is found here
    with lab.jupyter_lab(tmp_path) as (address, token):
        page = lab.watched(browser.new_page(viewport={"width": 1366, "height": 768}))
        lab.run_all(page, address, token, "a.ipynb", only="predict.choice")
        page.locator(".ai-predict input").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Commit").focus()
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.ai-predict p').textContent.includes('Committed')")
        assert not page.locator(".jp-RenderedMarkdown details").evaluate("details => details.open")
        for source in ("x = 1", "predict.reveal"):
            page.evaluate(lab.RUN, source)
        page.wait_for_function("document.querySelector('.jp-RenderedMarkdown details').open")
        expect = pytest.importorskip("playwright.sync_api").expect
        expect(page.locator(".ai-revealed")).to_contain_text("✓ You predicted “two”")
        expect(page.locator(".ai-still")).to_be_hidden()
        expect(page.locator("details mjx-container")).to_be_visible()
        term = page.locator(".jp-RenderedMarkdown strong", has_text="posting list")
        term.hover()
        expect(term).to_have_attribute("title", re.compile("vectors in one cell"))
        assert page.problems == []

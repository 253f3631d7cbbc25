"""Figures in the colours of their page: readable text in both themes, and nothing that reaches into the page."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from activeindex_lite.figures import style
from activeindex_lite.figures.ink import MANY_POINTS, ON_LIGHT, mixed_contrast, themed
from activeindex_lite.figures.style import INK, Described, new_figure, note

TEXTS = [style.PASSIVE, style.ACTIVATED, style.TARGET, style.WRONG, style.QUERY, style.VISITED]
TEXTS += [colour for colour, _, _ in style.SERIES]


@pytest.fixture(scope="module")
def shown():
    figure, axes = new_figure(6, 4)
    axes.plot([0, 1], [0.5, 0.25], "o-", color=style.PASSIVE, mec="white", label="a <line>")
    note(axes, "passive", (0, 0.5), color=style.PASSIVE)
    note(axes, "wrong", (0, 0.25), color=style.WRONG_TEXT)
    note(axes, "0.123456", (1, 0.5), color=INK)
    axes.bar([0.5], [0.1], color=style.FAINT, hatch="//", ec="white")
    axes.set_title("the title")
    return Described(figure, 'It "falls" from .50 to .25 & stays.')._repr_html_()


@pytest.mark.parametrize(
    ("colour", "share", "contrasts"),
    [("#767676", 100, (4.54, 4.16)), ("#ffffff", 100, (1.0, 18.88)), ("#000000", 0, (15.91, 14.37))],
)
def test_contrast_is_that_of_the_guidelines(colour, share, contrasts):
    # 4.54 is the published contrast of #767676 on white, 15.91 that of #222222.
    assert mixed_contrast(colour, share) == pytest.approx(contrasts, abs=0.12)


@pytest.mark.parametrize("colour", [colour.lower() for colour in TEXTS])
def test_coloured_text_is_readable_in_both_themes_and_marks_keep_their_colour(colour):
    said = themed(colour, True)
    share = int(re.search(r"(\d+)%", said)[1]) if "%" in said else 100
    assert min(mixed_contrast(colour, share)) >= 4.5
    if len({colour[1:3], colour[3:5], colour[5:]}) > 1:
        assert themed(colour, False) == colour and colour in said


def test_greys_follow_the_theme_except_where_they_must_not():
    assert themed("#222222", False) == themed("#000000", True) == "currentColor"
    assert themed("#ffffff", False) == "var(--paper)" and themed("#ffffff", True) == "#ffffff"
    assert "currentColor 15%" in themed("#dddddd", False) and themed(ON_LIGHT, True) == ON_LIGHT


def test_text_is_text_and_the_alternative_is_the_label(shown):
    svg = ET.fromstring(shown.removeprefix('<figure style="margin:0">').removesuffix("</figure>"))
    assert svg.get("role") == "img" and svg.get("aria-label") == 'It "falls" from .50 to .25 & stays.'
    words = ["".join(text.itertext()).strip() for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"passive", "0.123456", "the title"} <= set(words)


def test_no_ground_is_left_that_a_dark_page_would_not_turn(shown):
    assert "#dddddd" not in shown and "#ffffff" not in shown and "#222222" not in shown


def test_nothing_reaches_into_the_page(shown):
    assert "<style" not in shown and "<?xml" not in shown and "<!DOCTYPE" not in shown
    names = re.findall(r' id="([^"]*)"', shown)
    assert len(names) == len(set(names)) and not any("_" in name for name in names)
    other = Described(new_figure(6, 4)[0], "Another figure.")._repr_html_()
    assert not set(names) & set(re.findall(r' id="([^"]*)"', other))


def test_many_points_become_a_picture():
    figure, axes = new_figure(4, 3)
    axes.plot(np.zeros(MANY_POINTS + 1), np.arange(MANY_POINTS + 1), "o")
    drawn = Described(figure, "Many points.")
    assert drawn._repr_html_().count("<image") == 1 and len(drawn._repr_html_()) < 60_000


@pytest.mark.slow
@pytest.mark.parametrize(("ink", "ground"), [("rgb(34, 34, 34)", "#fff"), ("rgb(224, 224, 224)", "#111")])
def test_a_browser_draws_text_in_the_ink_of_the_page(shown, browser, ink, ground):
    page = browser.new_page()
    page.set_content(f'<body style="color:{ink};background:{ground};--jp-layout-color0:{ground}">{shown}</body>')
    fill = "(node) => getComputedStyle(node).fill"
    assert page.locator("text", has_text="the title").evaluate(fill) == ink
    mixed = page.locator("text", has_text="passive").evaluate(fill)
    levels = [round(255 * float(part)) for part in re.findall(r"[01]?\.[0-9]+|[01](?= )", mixed)[:3]]
    named = "#" + "".join(f"{level:02x}" for level in levels)
    # Mixed already, so none of the ink is left to add.
    assert mixed_contrast(named, 100)[ground == "#111"] >= 4.5
    page.close()

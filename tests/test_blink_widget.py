"""The blink explorer: what it shows, refuses and computes, alone and in a page without a kernel."""

import numpy as np
import pytest
import traitlets
from PIL import Image

from activeindex_lite.lessons.one_picture import amplified_difference
from activeindex_lite.widgets import BlinkExplorer, write_page

BOX = (8, 4, 24, 20)


@pytest.fixture(scope="module")
def pair():
    """Two pictures of 48 x 40 pixels; the second is brighter in one corner, by up to 9 grey levels."""
    levels = np.random.default_rng(0).integers(40, 200, (40, 48, 3)).astype(np.uint8)
    other = levels.copy()
    other[4:10, 8:20] += np.arange(1, 10, 4, dtype=np.uint8)
    return {"original": Image.fromarray(levels), "released": Image.fromarray(other)}


def test_the_loupe_stays_inside_the_picture(pair):
    blink = BlinkExplorer(pair, box=BOX)
    assert blink.box == BOX and blink.shown == "original"
    blink.x, blink.y = 48, 0
    assert blink.box == (32, 0, 48, 16)
    assert BlinkExplorer(pair).box == (8, 4, 40, 36)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("shown", "relased", "did you mean 'released'"),
        ("x", 49, "from 0 to 48"),
        ("y", -1, "from 0 to 40"),
        ("side", 41, "from 8 to 40"),
        ("side", 8.5, "whole number"),
    ],
)
def test_a_place_that_is_not_there_is_refused(pair, name, value, said):
    blink = BlinkExplorer(pair, box=BOX)
    before = getattr(blink, name)
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(blink, name, value)
    assert getattr(blink, name) == before


def test_what_cannot_be_compared_is_refused(pair):
    with pytest.raises(ValueError, match="dict of two or more"):
        BlinkExplorer({"one": pair["original"]})
    with pytest.raises(ValueError, match=r"different sizes \(a 48 x 40, b 40 x 48\)"):
        BlinkExplorer({"a": pair["original"], "b": pair["released"].transpose(Image.Transpose.ROTATE_90)})


def test_the_still_shows_the_part_and_says_how_large_the_change_is(pair):
    drawn = BlinkExplorer(pair, box=BOX).still()
    enlarged = drawn.figure.axes[4].images[0].get_array()
    np.testing.assert_array_equal(enlarged, np.asarray(pair["released"])[4:20, 8:24])
    assert "largest change is 9 grey levels" in drawn.alt and "8, 4, 24, 20" in drawn.alt
    three = BlinkExplorer({**pair, "third": pair["released"]}, side=16)
    assert len(three.still().figure.axes) == 10
    assert three._views[-1] == "third: difference × 10"


@pytest.fixture
def page(pair, browser, tmp_path):
    """A page without a kernel of the pair, at 1366 x 768."""
    opened = browser.new_page(viewport={"width": 1366, "height": 768})
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(write_page(BlinkExplorer(pair, box=BOX), tmp_path / "blink.html").as_uri())
    opened.wait_for_function("document.querySelector('.ai-finding').textContent.length > 20")
    yield opened
    assert errors == []
    opened.close()


# The levels of the first canvas in the middle of the picture's pixel (x, y).
LEVELS = """([x, y]) => {
  const node = document.querySelector(".ai-stage canvas");
  const scale = node.width / 48;
  return [...node.getContext("2d").getImageData((x + 0.5) * scale, (y + 0.5) * scale, 1, 1).data].slice(0, 3);
}"""


@pytest.mark.slow
def test_the_page_blinks_while_mouse_or_key_hold_the_button(page, pair):
    note = page.locator(".ai-blink .ai-note")
    hold = page.get_by_role("button", name="Hold to blink")
    hold.hover()
    page.mouse.down()
    assert note.text_content() == "You see: released"
    page.mouse.up()
    assert note.text_content() == "You see: original"
    hold.focus()
    page.keyboard.down("Space")
    assert note.text_content() == "You see: released"
    page.keyboard.up("Space")
    assert note.text_content() == "You see: original"
    itself = page.get_by_role("button", name="Blink by itself")
    itself.click()
    page.wait_for_function("document.querySelector('.ai-blink .ai-note').textContent.endsWith('released')")
    itself.click()
    assert note.text_content() == "You see: original" and itself.get_attribute("aria-pressed") == "false"


@pytest.mark.slow
def test_the_page_draws_the_difference_that_python_draws(page, pair):
    page.get_by_role("button", name="difference × 10", exact=True).click()
    page.wait_for_function("document.querySelector('.ai-blink .ai-note').textContent.endsWith('10')")
    expected = np.asarray(amplified_difference(*pair.values()))
    for x, y in ((30, 30), (44, 8)):
        np.testing.assert_allclose(page.evaluate(LEVELS, [x, y]), expected[y, x], atol=2)
    inside = np.asarray(pair["released"], int) - np.asarray(pair["original"], int)
    red, green, blue = inside[4:20, 8:24].mean((0, 1))
    said = page.locator(".ai-finding").text_content()
    assert f"up to 9 grey levels; mean: red {red:.1f}, green {green:.1f}, blue {blue:.1f}" in said


@pytest.mark.slow
def test_the_loupe_moves_by_mouse_and_arrow_keys(page):
    area = page.locator(".ai-stage canvas")
    box = area.bounding_box()
    area.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.5})
    loupe = page.locator(".ai-handle")
    page.wait_for_function("document.querySelector('.ai-handle').ariaLabel.includes('middle 36 from the left')")
    assert loupe.evaluate("node => document.activeElement === node")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function("!document.querySelector('.ai-handle').ariaLabel.includes('middle 36 from the left')")


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 647, 911, 1366, 1920])
def test_nothing_overlaps_or_is_cut(page, width):
    page.set_viewport_size({"width": width, "height": 768})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [node.bounding_box() for node in page.locator(".ai-blink canvas, .ai-blink .ai-button").all()]
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 1
                or other["y"] + other["height"] <= one["y"] + 1
            )
            assert apart, (one, other)
    if width >= 1366:
        top = page.locator(".ai-bar").bounding_box()["y"]
        assert max(box["y"] + box["height"] for box in boxes) - top < 647

"""What explorers are built of, in a page of its own: a picture of one's own, points to drag, marks to step through,
labels that keep off marks.
"""

import io

import numpy as np
import pytest
from PIL import Image

from activeindex_lite.widgets.module import SHARED, read
from benchmarks.lab import watched

PAGE = """<!doctype html><html lang="en"><title>kit</title><style>{css}</style>
<body><div id="place" class="ai-explorer" style="width: 400px"></div><script>{kit}
const area = document.getElementById("place");
window.taken = []; window.said = [];
const chooser = pictureChooser({{ area, longest: 288, shortest: 16,
  onPicture: (bytes, name) => window.taken.push([name, [...new Uint8Array(bytes)]]),
  onProblem: (text) => window.said.push(text) }});
const box = stage(canvas("a plane", 200));
let at = [100, 100];
const point = handle(box, {{ label: "the query", onMove: (place) => {{ at = place; point.set(at, `at ${{at}}`); }} }});
area.append(chooser.node, box);
point.set(at, "in the middle");
window.picked = [];
const marks = [[20, 20], [60, 20], [100, 20]];
const picks = pickable(box, {{ label: "marks", count: () => 3, place: (i) => marks[i], text: (i) => `mark ${{i}}`,
  find: ([x, y]) => marks.findIndex(([a, b]) => Math.hypot(a - x, b - y) < 8), onPick: (i) => window.picked.push(i) }});
box.prepend(picks.node);
</script></body></html>"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("kit") / "kit.html"
    kit = "\n".join(read(f"{part}.js") for part in (*SHARED, "chooser"))
    path.write_text(PAGE.format(css=read("explorer.css"), kit=kit), encoding="utf-8")
    page = watched(browser.new_page())
    page.goto(path.as_uri())
    yield page
    assert page.problems == []
    page.close()


def file_of(picture, form="PNG", **settings):
    buffer = io.BytesIO()
    picture.save(buffer, form, **settings)
    return buffer.getvalue()


def chosen(page, name, data, kind="image/png"):
    """(the picture that would be sent, or None; what the reader is told) for a file that is chosen."""
    page.evaluate("window.taken = []; window.said = []")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": kind, "buffer": data})
    page.wait_for_function("window.said.length")
    taken, (said,) = page.evaluate("[window.taken, window.said]")
    return (Image.open(io.BytesIO(bytes(taken[0][1]))) if taken else None), said


def test_a_picture_is_shrunk_as_the_kernel_would_shrink_it(page):
    ramp = np.linspace(0, 255, 1200 * 800 * 3).reshape(800, 1200, 3).astype(np.uint8)
    ramp[::50] = 255 - ramp[::50]
    large = Image.fromarray(ramp)
    sent, said = chosen(page, "large.png", file_of(large))
    large.thumbnail((288, 288))
    assert sent.size == large.size == (288, 192) and said == ""
    assert np.abs(np.asarray(sent.convert("RGB"), float) - np.asarray(large, float)).mean() < 4


def test_a_small_picture_stays_as_it_is(page):
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    sent, _ = chosen(page, "small.png", file_of(small))
    assert np.array_equal(np.asarray(sent.convert("RGB")), np.asarray(small))


def test_a_photograph_that_lies_on_its_side_is_put_upright(page):
    photo = Image.new("RGB", (400, 200), "red")
    photo.paste("blue", (0, 0, 100, 200))
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned clockwise by 90 degrees
    sent, _ = chosen(page, "photo.jpg", file_of(photo, "JPEG", exif=turned), "image/jpeg")
    assert sent.size == (144, 288)
    top, bottom = (sent.convert("RGB").getpixel((72, y)) for y in (20, 260))
    assert top[2] > 200 > 50 > top[0] and bottom[0] > 200 > 50 > bottom[2]


def test_a_picture_of_30_megabytes_arrives_small(page):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (2500, 4000, 3), np.uint8))
    data = file_of(noise, compress_level=0)
    assert len(data) > 29e6
    sent, said = chosen(page, "noise.png", data)
    assert sent.size == (288, 180) and said == "" and len(file_of(sent)) < 200_000


def test_what_is_too_narrow_is_refused_in_words(page):
    sent, said = chosen(page, "panorama.png", file_of(Image.new("RGB", (3000, 60), "green")))
    assert sent is None
    assert said == (
        "panorama.png was not used: 3000 x 60 pixels become 288 x 6: expected at least 16 on the shorter side; "
        "crop it, or take another"
    )


def test_what_the_browser_cannot_open_goes_to_the_kernel_or_is_refused(page):
    page.evaluate("window.taken = []; window.said = []")
    scan = file_of(Image.new("L", (30, 30)), "TIFF")
    sent, said = chosen(page, "scan.tif", scan, "image/tiff")
    assert sent.format == "TIFF" and said == ""
    for name, data, reason in (
        ("empty.png", b"", "it is empty"),
        ("huge.raw", bytes(11_000_000), "11 MB are too many"),
    ):
        sent, said = chosen(page, name, data)
        assert sent is None and reason in said


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_picture_can_be_dropped_and_pasted(event, page):
    page.evaluate("window.taken = []; window.said = []")
    page.evaluate(
        """async ([event, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "mine.png", { type: "image/png" }));
          const given = event === "drop" ? { dataTransfer: data } : { clipboardData: data };
          const Kind = event === "drop" ? DragEvent : ClipboardEvent;
          document.querySelector(".ai-explorer").dispatchEvent(new Kind(event, { ...given, bubbles: true }));
        }""",
        [event, list(file_of(Image.new("RGB", (60, 40), "orange")))],
    )
    page.wait_for_function("window.taken.length === 1")
    assert page.evaluate("[window.taken[0][0], window.said]") == ["mine.png", [""]]


def test_a_point_is_dragged_by_mouse_and_keys(page):
    point = page.get_by_role("button", name="the query")
    box = page.locator(".ai-stage").bounding_box()
    page.evaluate("point.set(at = [100, 100], '')")
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 120)
    page.mouse.move(box["x"] + 150, box["y"] + 900)
    page.mouse.up()
    assert page.evaluate("at") == [150, 200], "the point stays inside"
    point.press("ArrowLeft")
    point.press("Shift+ArrowUp")
    assert page.evaluate("at") == [146, 160]
    assert page.evaluate("point.node.getAttribute('aria-label')") == "the query: at 146,160"


def test_marks_are_hovered_clicked_and_stepped_through(page):
    marks, tip = page.get_by_role("slider", name="marks"), page.locator(".ai-tip")
    page.evaluate("window.picked = []")
    box = marks.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    assert tip.inner_text() == "mark 1"
    page.mouse.click(box["x"] + 62, box["y"] + 22)
    page.mouse.click(box["x"] + 62, box["y"] + 60)
    assert page.evaluate("window.picked") == [1]
    assert not tip.is_visible()
    marks.press("ArrowRight")
    assert marks.get_attribute("aria-valuetext") == "mark 2"
    for key in ("ArrowRight", "Enter", "Home", " "):
        marks.press(key)
    assert page.evaluate("window.picked") == [1, 2, 0]


def test_labels_keep_off_marks_and_edges(page):
    boxes, marks, size = page.evaluate("""() => {
      const sheet = startDrawing(box.querySelector("canvas"));
      const marks = [[30, 30], [60, 30], [195, 100], [390, 100], [5, 190]].map((at) => ({ at, radius: 6 }));
      const labels = marks.map((mark, i) => ({ ...mark, text: `label number ${i}` }));
      return [drawLabels(sheet, labels, marks), marks, [sheet.width, sheet.height]];
    }""")

    def meet(a, b):
        wide = min(a["right"], b["right"]) - max(a["left"], b["left"])
        return wide > 0 and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 0

    for i, label in enumerate(boxes):
        assert label["left"] >= 0 and label["right"] <= size[0] and label["top"] >= 0 and label["bottom"] <= size[1]
        assert not any(meet(label, other) for other in boxes[:i])
        for mark in marks:
            (x, y), radius = mark["at"], mark["radius"]
            sides = {"left": x - radius, "right": x + radius, "top": y - radius, "bottom": y + radius}
            assert not meet(label, sides)

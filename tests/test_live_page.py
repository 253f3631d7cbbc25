"""A page that activates, edits and searches by itself, in Chromium, from a file."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from activeindex_lite import load_world
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.activation.quality import psnr
from activeindex_lite.edits import DIALS, EDITS
from activeindex_lite.live.build import FOLDER
from activeindex_lite.live.material import LIVE_EDITS, LIVE_METHODS, script
from activeindex_lite.widgets import AlphaExplorer
from activeindex_lite.widgets.alpha_live import LiveExplorer, write_live_page

CHROMIUM = shutil.which("chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
FLAGS += " --enable-precise-memory-info"
READY = "document.documentElement.dataset.core"
MOVE = """([label, value]) => {
  const named = [...document.querySelectorAll(".ai-alpha .ai-control")];
  const control = named.find((node) => node.textContent.trim().startsWith(label)).querySelector("input, select");
  control.value = value;
  control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
}"""

# The worker's script also keeps the core's memory, as its global `memory`.
MEMORY = """const Whole = Blob;
const kept = `const made = WebAssembly.instantiate;
WebAssembly.instantiate = async (...given) => {
  const core = await made(...given);
  self.memory = core.instance.exports.memory;
  return core;
};
`;
window.Blob = function (parts, options) {
  return new Whole(options?.type === "text/javascript" ? [kept, ...parts] : parts, options);
};"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page, written once."""
    return write_live_page(tmp_path_factory.mktemp("live") / "live.html")


@pytest.fixture(scope="module")
def browser():
    """Chromium without a network."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A new page that notes its errors and requests."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(60_000)
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def wait_shown(page, text):
    page.wait_for_function("(text) => document.querySelector('.ai-alpha').dataset.shown === text", arg=text)


@pytest.mark.slow
def test_a_page_activates_by_itself(path, page):
    assert path.stat().st_size < 8e6
    page.goto(path.as_uri())
    wait_shown(page, "alpha 3, step 10 of 10, done")
    page.wait_for_function(READY)
    # An alpha that is not stored, and moves that are cut short by the next.
    for place in (4, 30, 20):
        page.evaluate(MOVE, ["alpha", place])
    wait_shown(page, "alpha 5, step 10 of 10, done")
    # The released picture without loss takes the place of the one that is there sooner.
    released = page.locator(".ai-alpha img[alt^='released']")
    page.wait_for_function("(image) => image.src.startsWith('data:image/png')", arg=released.element_handle())
    page.evaluate(MOVE, ["method", "quick"])
    wait_shown(page, f"alpha 5, step {METHODS['quick'].steps} of {METHODS['quick'].steps}, done")
    page.evaluate(MOVE, ["index", "PCA+LSH"])
    page.wait_for_function("document.querySelector('.ai-finding').textContent.includes('Comparing all codes')")
    assert page.locator(".ai-problem").inner_text() == "" and not page.errors
    assert all(url.startswith(("file:", "blob:", "data:")) for url in page.asked)


@pytest.mark.slow
def test_memory_stays_flat_over_500_moves_and_the_last_counts(path, page):
    page.add_init_script(MEMORY)
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    (worker,), devtools = page.workers, page.context.new_cdp_session(page)
    rng, heaps, cores = np.random.default_rng(3), [], []
    choices = {"alpha": range(33), "any edit": LIVE_EDITS, "index": ["IVF-PQ", "PCA+LSH"], "method": LIVE_METHODS}
    for _ in range(5):
        for _ in range(100):
            label = str(rng.choice(list(choices)))
            page.evaluate(MOVE, [label, str(rng.choice(choices[label]))])
            page.wait_for_timeout(int(rng.integers(120)))
        for label, value in {"method": "published", "alpha": 7}.items():
            page.evaluate(MOVE, [label, value])
        page.evaluate(MOVE, ["alpha", 28])
        wait_shown(page, "alpha 7, step 10 of 10, done")
        page.wait_for_timeout(500)
        devtools.send("HeapProfiler.collectGarbage")
        heaps.append(page.evaluate("performance.memory.usedJSHeapSize"))
        cores.append(worker.evaluate("memory.buffer.byteLength"))
    assert max(heaps[1:]) < heaps[0] + 5e6, heaps
    assert len(set(cores)) == 1, cores
    assert page.locator(".ai-problem").inner_text() == "" and not page.errors


@pytest.mark.slow
def test_a_picture_of_ones_own_is_activated(path, page, tmp_path):
    own = load_world().pictures(77)[0].resize((700, 500), Image.Resampling.BICUBIC)
    own.save(tmp_path / "own.png")
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    page.locator(".ai-chooser input").set_input_files(tmp_path / "own.png")
    page.wait_for_function("document.querySelector('.ai-alpha img').naturalWidth === 288")
    page.evaluate(MOVE, ["alpha", 32])
    wait_shown(page, "alpha 8, step 10 of 10, done")
    assert "PSNR" in page.locator(".ai-finding").inner_text()
    assert page.locator(".ai-problem").inner_text() == "" and not page.errors
    assert all(url.startswith(("file:", "blob:", "data:")) for url in page.asked)


@pytest.mark.slow
def test_a_browser_without_simd_shows_the_stored_grid(path, page):
    page.add_init_script("WebAssembly.validate = () => false;")
    page.goto(path.as_uri())
    wait_shown(page, "alpha 3, step 10 of 10, done")
    page.evaluate(MOVE, ["alpha", 0])
    wait_shown(page, "alpha 0, step 10 of 10, done")
    assert "lacks WebAssembly with SIMD" in page.locator(".ai-problem").inner_text()
    assert not page.errors


def test_the_introduction_does_not_repeat_the_opening():
    text = (FOLDER.parent / "widgets" / "alpha_words.js").read_text(encoding="utf-8")
    words = text.split("function openingPart")[1].split("\n}")[0].replace('"', " ").split()
    runs = {" ".join(words[i : i + 4]) for i in range(len(words))}
    for explorer in (AlphaExplorer, LiveExplorer):
        said = explorer.intro.split()
        assert len(said) < 30
        assert not runs & {" ".join(said[i : i + 4]) for i in range(len(said) - 3)}


def test_the_edits_of_pages_are_those_of_the_table():
    assert set(LIVE_EDITS) == set(EDITS) - {"Random"}
    listed = script("edits").split("const FAMILIES = {")[1].split("};")[0]
    assert {line.split(":")[0].strip() for line in listed.splitlines() if ":" in line} == set(DIALS)
    assert LIVE_METHODS == ("published", "quick")


def test_jpeg_of_the_browser_is_close_to_that_of_pillow(page):
    """Chromium's encoder is libjpeg's, with the same tables; its decoder may round otherwise."""
    picture = load_world().pictures(100)[0]
    pixels = list(np.asarray(picture.convert("RGBA")).ravel().tolist())
    page.goto("about:blank")
    body = f"async (given) => {{ {script('core')}\n{script('edits')}\nconst made = await jpeg(given, 50);"
    found = page.evaluate(body + " return [...made.pixels]; }", {"width": 224, "height": 224, "pixels": pixels})
    made = Image.fromarray(np.array(found, np.uint8).reshape(224, 224, 4)[..., :3].copy())
    assert psnr(EDITS["JPEG 50"](picture), made) > 40


@pytest.mark.parametrize("word", ["alpha", "index", "squared distance", "nprobe"])
def test_a_tip_lies_beside_its_word(word, path, page):
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    named = page.locator(".aa-term").filter(has_text=re.compile(f"^{word}$", re.IGNORECASE)).first
    named.hover()
    tip = page.locator(".aa-tip")
    tip.wait_for(state="visible")
    at, of = tip.bounding_box(), named.bounding_box()
    gap = max(of["y"] - at["y"] - at["height"], at["y"] - of["y"] - of["height"])
    assert -5 < gap < 40 and abs(at["x"] - of["x"]) < 300 and at["y"] >= 0


@pytest.mark.slow
def test_an_unchanged_picture_is_called_unchanged_and_all_steps_have_their_picture(path, page):
    page.goto(path.as_uri())
    page.wait_for_function(READY)
    captions = page.locator(".aa-pictures figcaption")
    for step in (2, 4, 7):
        page.wait_for_timeout(500)
        page.evaluate(MOVE, ["step", step])
        page.wait_for_function("document.querySelectorAll('.aa-pictures figcaption')[2].textContent.endsWith('10')")
        assert captions.all_inner_texts() == ["original", "released", "difference × 10"]
    page.evaluate(MOVE, ["alpha", 0])
    wait_shown(page, "alpha 0, step 10 of 10, done")
    assert "Nothing changed" in page.locator(".ai-finding").inner_text()
    assert page.locator(".aa-numbers strong").first.inner_text() == "\u2013"

"""A page without a kernel in Firefox: from a file and from a server, by keys and mouse, with an own picture."""

import shutil
import time

import pytest

from activeindex_lite import load_world
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.widgets.alpha_live import write_live_page
from benchmarks.live_page import served

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
STEPS = METHODS["quick"].steps
ASKED = "return performance.getEntriesByType('resource').map((entry) => entry.name)"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page, written once, in a folder of its own."""
    return write_live_page(tmp_path_factory.mktemp("live") / "live.html")


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    """A session of Firefox without a window, in a home of its own."""
    if not FIREFOX:
        pytest.skip("Firefox is not installed")
    driver = pytest.importorskip("marionette_driver.marionette", reason="marionette_driver is not installed")
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("MOZ_HEADLESS_WIDTH", "1366")
        patch.setenv("MOZ_HEADLESS_HEIGHT", "768")
        firefox = driver.Marionette(
            bin=FIREFOX, headless=True, startup_timeout=120, gecko_log=str(home / "log"), workspace=str(home)
        )
        firefox.start_session()
        yield firefox
        firefox.quit()
        firefox.cleanup()


def wait(look, wanted, seconds=60):
    """Wait until wanted(look()) holds."""
    until = time.monotonic() + seconds
    while not wanted(seen := look()):
        assert time.monotonic() < until, f"after {seconds} s: {seen}"
        time.sleep(0.05)


def shown(firefox, text):
    """Wait until the explorer says that it shows `text`."""
    script = "return document.querySelector('.ai-alpha')?.dataset.shown"
    wait(lambda: firefox.execute_script(script), lambda seen: seen == text)


def found(firefox, text):
    """Wait until the explorer's finding speaks of `text`."""
    wait(lambda: said(firefox, ".ai-finding"), lambda seen: text in seen)


def opened(firefox, address):
    """Open the page and wait for its core."""
    firefox.navigate(address)
    shown(firefox, "alpha 3, step 10 of 10, done")
    wait(lambda: firefox.execute_script("return document.documentElement.dataset.core"), bool)


def set_control(firefox, label, value):
    """Set a control by the start of its label, as its reader's move would."""
    script = """const [label, value] = arguments;
    const named = [...document.querySelectorAll(".ai-alpha .ai-control")];
    const control = named.find((node) => node.textContent.trim().startsWith(label)).querySelector("input, select");
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));"""
    firefox.execute_script(script, script_args=[label, value])


def said(firefox, selector):
    return firefox.execute_script("return document.querySelector(arguments[0]).textContent", script_args=[selector])


def nothing_failed_and_nothing_was_asked(firefox, address):
    asked = [name for name in firefox.execute_script(ASKED) if not name.startswith(("blob:", "data:", "file:"))]
    # A browser asks a server for its icon.
    assert [name for name in asked if name != address and not name.endswith("favicon.ico")] == []
    assert said(firefox, ".ai-problem") == ""


def test_it_activates_edits_and_searches_from_a_file(path, firefox):
    opened(firefox, path.as_uri())
    set_control(firefox, "method", "quick")
    shown(firefox, f"alpha 3, step {STEPS} of {STEPS}, done")
    for edit in ("Rotation 25", "JPEG 50", "Meme"):
        set_control(firefox, "any edit", edit)
        found(firefox, f"({edit})")
    set_control(firefox, "index", "PCA+LSH")
    found(firefox, "Comparing all codes")
    nothing_failed_and_nothing_was_asked(firefox, path.as_uri())


def test_it_answers_keys_and_mouse_from_a_server(path, firefox):
    from marionette_driver.by import By
    from marionette_driver.keys import Keys

    with served(path.parent) as address:
        opened(firefox, f"{address}/{path.name}")
        alpha = firefox.find_element(By.CSS_SELECTOR, ".ai-alpha input[type=range]")
        alpha.send_keys(Keys.ARROW_RIGHT)
        shown(firefox, "alpha 3.25, step 10 of 10, done")
        firefox.find_element(By.CSS_SELECTOR, ".ai-alpha button[value='Crop 0.5']").click()
        found(firefox, "(Crop 0.5)")
        nothing_failed_and_nothing_was_asked(firefox, f"{address}/{path.name}")


def test_a_picture_of_ones_own_is_activated(path, firefox, tmp_path):
    from marionette_driver.by import By

    load_world().pictures(77)[0].resize((400, 300)).save(tmp_path / "own.png")
    opened(firefox, path.as_uri())
    firefox.find_element(By.CSS_SELECTOR, ".aa-more summary").click()
    firefox.find_element(By.CSS_SELECTOR, ".ai-chooser input").send_keys(str(tmp_path / "own.png"))
    script = "return document.querySelector('.ai-alpha img').naturalWidth"
    wait(lambda: firefox.execute_script(script), lambda width: width == 288)
    set_control(firefox, "alpha", 32)
    shown(firefox, "alpha 8, step 10 of 10, done")
    assert "PSNR" in said(firefox, ".ai-finding")
    nothing_failed_and_nothing_was_asked(firefox, path.as_uri())

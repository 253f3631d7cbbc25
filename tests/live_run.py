"""Runs JavaScript of live/ on data: in Node where it is installed, else in Chromium."""

import base64
import functools
import json
import shutil
import subprocess

import numpy as np
import pytest

from activeindex_lite.live.build import FOLDER

NODE, CHROMIUM = shutil.which("node"), shutil.which("chromium")
RELAXED = "--experimental-wasm-relaxed-simd"
DECODED = """
const numbersOf = (Kind, text) => new Kind(bytesOf(text).buffer);
const textOf = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
};
const pictureOf = ({ width, height, pixels }) => ({ width, height, pixels: bytesOf(pixels) });
"""


def text_of(array):
    """The bytes of an array as base64, the form in which it reaches JavaScript."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def numbers_of(text, dtype=np.float32):
    """What textOf made of a typed array."""
    return np.frombuffer(base64.b64decode(text), dtype)


def picture_of(picture):
    """A PIL picture as the compute core takes it."""
    return {"width": picture.width, "height": picture.height, "pixels": text_of(np.asarray(picture.convert("RGBA")))}


def run_js(files, body, data, tmp_path):
    """What `body`, the inside of an async function of `data`, returns, as JSON."""
    if not (NODE or CHROMIUM):
        pytest.skip("neither Node nor Chromium is installed")
    sources = "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in files)
    code = f"async (data) => {{ {sources}\n{DECODED}\n{body} }}"
    return _in_node(code, data, tmp_path) if NODE else _in_chromium(code, data)


@functools.cache
def _node():
    """The command of Node, which before version 21 runs relaxed SIMD only when asked to."""
    asked = [NODE, RELAXED, "-e", "0"]
    return asked[:2] if subprocess.run(asked, capture_output=True, check=False).returncode == 0 else [NODE]


def _in_node(code, data, tmp_path):
    (tmp_path / "data.json").write_text(json.dumps(data))
    script = tmp_path / "run.mjs"
    script.write_text(
        'import { readFileSync } from "node:fs";\n'
        'const data = JSON.parse(readFileSync(new URL("data.json", import.meta.url)));\n'
        f"process.stdout.write(JSON.stringify(await ({code})(data)));"
    )
    made = subprocess.run([*_node(), str(script)], capture_output=True, text=True, timeout=240, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return json.loads(made.stdout)


def _in_chromium(code, data):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            return browser.new_page().evaluate(code, data)
        finally:
            browser.close()

"""A strip of frames of the alpha explorer in JupyterLab after one move of alpha, with the time of each.

    python -m benchmarks.frames FILE [alpha]

Run it on a quiet machine from the repository's root; see benchmarks.latency.
"""

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.lab import chromium, jupyter_lab, run_all
from benchmarks.latency import notebook_of

SECONDS, SHOWN, WIDTH = 1.5, 8, 480
# Moves the first slider to an alpha and says when, in seconds since 1970, as the browser's frames do.
MOVE = """(alpha) => {
  const slider = document.querySelector(".ai-explorer input[type=range]");
  slider.value = Math.round(4 * alpha);
  slider.dispatchEvent(new Event("input"));
  return Date.now() / 1000;
}"""


def frames_after(page, alpha):
    """[(seconds since the move, PIL picture of the explorer), ...] of the frames that the browser draws."""
    explorer = page.locator(".aa-view")
    explorer.scroll_into_view_if_needed()
    box, drawn = explorer.bounding_box(), []
    session = page.context.new_cdp_session(page)

    def keep(frame):
        drawn.append((frame["metadata"]["timestamp"], frame["data"]))
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", keep)
    session.send("Page.startScreencast", {"format": "png"})
    page.wait_for_timeout(300)
    begun = page.evaluate(MOVE, alpha)
    page.wait_for_timeout(1000 * SECONDS)
    session.send("Page.stopScreencast")
    left, top = round(box["x"]), round(box["y"])
    area = (left, top, left + round(box["width"]), top + round(box["height"]))
    pictures = [(at - begun, Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")) for at, data in drawn]
    before = [row for row in pictures if row[0] <= 0][-1:]
    return [(at, picture.crop(area)) for at, picture in before + [row for row in pictures if row[0] > 0]]


def changed(frames):
    """The frames that differ from the one before."""
    kept = frames[:1]
    for at, picture in frames[1:]:
        if picture.tobytes() != kept[-1][1].tobytes():
            kept.append((at, picture))
    return kept


def strip(frames, columns=2):
    """The first frame, the last, and others between them, with their times, as one PIL picture."""
    last = len(frames) - 1
    shown = [frames[round(i * last / (SHOWN - 1))] for i in range(SHOWN)] if last >= SHOWN else frames
    font, tiles = ImageFont.load_default(18), []
    for at, picture in shown:
        height = round(picture.height * WIDTH / picture.width)
        tile = Image.new("RGB", (WIDTH, height + 28), "white")
        tile.paste(picture.resize((WIDTH, height), Image.Resampling.LANCZOS), (0, 28))
        said = "before the move" if at <= 0 else f"{1000 * at:.0f} ms"
        ImageDraw.Draw(tile).text((6, 3), said, fill="black", font=font)
        tiles.append(tile)
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * WIDTH, rows * tiles[0].height), "white")
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % columns * WIDTH, place // columns * tile.height))
    return sheet


def main(path, alpha=6.0):
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        source = "from activeindex_lite.widgets import AlphaExplorer\nAlphaExplorer(alpha=1.0)"
        nbformat.write(notebook_of(source), Path(folder) / "explorer.ipynb")
        with jupyter_lab(folder) as (address, token), chromium() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
            run_all(page, address, token, "explorer.ipynb")
            page.wait_for_function("document.querySelector('.ai-explorer')?.dataset.shown", timeout=60_000)
            page.wait_for_timeout(2000)
            frames = changed(frames_after(page, alpha))
    strip(frames).save(path)


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:3]))

"""The edits of pages without a kernel are those of Python, on ten pictures of the ready world."""

import numpy as np
import pytest
from live_run import numbers_of, picture_of, run_js
from PIL import Image

from activeindex_lite import load_world
from activeindex_lite.activation.quality import psnr
from activeindex_lite.edits import DIALS, EDITS, edit_named
from activeindex_lite.live.export import caption
from activeindex_lite.live.material import CAPTIONS

# Encoders and decoders of JPEG differ, and Node has none: test_live_page.py edits by JPEG in Chromium.
OF_THE_BROWSER = {"JPEG 50"}
MANY = """
const captions = data.captions.map(pictureOf);
const all = {};
for (const edit of data.edits) {
  all[edit] = [];
  for (const given of data.pictures) {
    const { width, height, pixels } = await edited(edit, pictureOf(given), { captions });
    all[edit].push({ width, height, pixels: textOf(new Uint8Array(pixels)) });
  }
}
return all;
"""


@pytest.fixture(scope="module")
def pictures():
    """Ten references, one of them not square."""
    ten = load_world().pictures(range(100, 110))
    ten[3] = ten[3].crop((0, 0, 201, 150))
    return ten


def shown(told):
    pixels = numbers_of(told["pixels"], np.uint8).reshape(told["height"], told["width"], 4)
    return Image.fromarray(pixels[..., :3].copy())


def test_edits_are_those_of_python(pictures, tmp_path):
    edits = [edit for edit in EDITS if edit not in OF_THE_BROWSER and edit != "Random"]
    data = {
        "edits": edits,
        "pictures": [picture_of(p) for p in pictures],
        "captions": [picture_of(caption(*sides)) for sides in CAPTIONS],
    }
    found = run_js(["core", "edits"], MANY, data, tmp_path)
    for edit in edits:
        expected = [EDITS[edit](picture) for picture in pictures]
        made = [shown(told) for told in found[edit]]
        assert [p.size for p in made] == [p.size for p in expected], edit
        quality = np.array([psnr(a, b) for a, b in zip(expected, made, strict=True)])
        if edit == "Meme":
            # The caption above a picture of another size is scaled.
            assert np.isinf(np.delete(quality, 3)).all() and quality[3] > 25, quality
        else:
            assert np.isinf(quality).all(), f"{edit}: {quality}"


def test_each_strength_of_a_slider_is_that_of_python(pictures, tmp_path):
    two = [pictures[0].resize((41, 30)), pictures[3].resize((32, 37))]
    names = [dial.edit(value).name for dial in DIALS.values() if dial.family != "JPEG" for value in dial.values]
    # Between the values of sliders too.
    names += ["Blur 3", "Blur 1.25", "Rotation 12.5", "Hue 0.123", "Crop 0.37", "Contrast 1.234"]
    data = {"edits": names, "pictures": [picture_of(p) for p in two], "captions": []}
    found = run_js(["core", "edits"], MANY, data, tmp_path)
    for name in names:
        expected, made = [edit_named(name)(picture) for picture in two], [shown(told) for told in found[name]]
        assert [p.size for p in made] == [p.size for p in expected], name
        assert [psnr(a, b) for a, b in zip(expected, made, strict=True)] == [np.inf, np.inf], name

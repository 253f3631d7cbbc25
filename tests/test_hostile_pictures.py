"""What a class gives as pictures, beside the files of test_pictures_folder.py: odd shapes and kinds, through the whole
chain.
"""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from activeindex_lite import EDITS, activate, load_extractor, open_pictures, psnr, random_edit, ssim, synthetic_pictures
from activeindex_lite.evaluate import folder_collection
from activeindex_lite.evaluate.release import kept_name
from activeindex_lite.evaluate.sources import files_of
from activeindex_lite.pictures import NoPictures
from activeindex_lite.pictures.given import rgb_picture
from activeindex_lite.widgets.alpha_state import AlphaState

MODES = ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "LA", "PA", "RGBX", "RGBa", "I;16")
RED = Image.new("RGB", (40, 30), (200, 30, 60))


def of_mode(mode, size=(40, 30)):
    return Image.new(mode, size) if mode == "I;16" else Image.new("RGB", size, (200, 30, 60)).convert(mode)


@pytest.fixture(scope="module")
def index(small_indexes):
    return small_indexes["IVF64,PQ8x6"]


# --- any PIL mode, any size -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pil_is_taken(mode, index, extractor):
    picture = of_mode(mode)
    assert np.array_equal(extractor([picture]), extractor([rgb_picture(picture)]))
    if mode in ("I", "F", "I;16"):  # spread over 0 .. 255 as in a file, where one value all over is black
        assert not np.asarray(rgb_picture(picture)).any()
    else:
        off = np.asarray(rgb_picture(picture)).astype(int) - np.asarray(picture.convert("RGB"))
        assert np.abs(off).max() <= 1
    (released,) = activate([picture], index, extractor, steps=1).pictures
    assert released.mode == "RGB" and released.size == picture.size
    if mode != "RGB":
        with pytest.raises(ValueError, match=rf"got mode {mode}: activeindex_lite.pictures.rgb_picture makes one"):
            EDITS["Blur 2"](picture)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (1, 300), (300, 1), (10, 11), (20_000, 10), (10, 20_000)])
def test_every_size_goes_through_the_chain(size, index, extractor):
    (made,) = [run := activate([of_mode("RGB", size)], index, extractor, steps=1)]
    assert made.pictures[0].size == size and np.isfinite(run.features).all()
    assert np.isnan(run.ssim[0]) == (min(size) < 11), "SSIM is not defined below its window"
    for name in ("Crop 0.5", "Resize 0.5", "Rotation 25", "Meme"):
        assert min(EDITS[name](run.pictures[0]).size) >= 1


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from(list(EDITS)))
@settings(max_examples=60, deadline=None)
def test_an_edit_of_noise_is_a_picture(width, height, seed, name):
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    before = picture.tobytes()
    edited = EDITS[name](picture, rng)
    assert edited.mode == "RGB" and min(edited.size) >= 1 and picture.tobytes() == before


@given(st.sampled_from(MODES), st.integers(1, 50), st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_any_mode_and_size_is_a_unit_vector(mode, width, height):
    (feature,) = load_extractor("gradients")([of_mode(mode, (width, height))])
    assert np.isfinite(feature).all() and (np.isclose(np.linalg.norm(feature), 1, atol=1e-5) or not feature.any())


# --- what is no picture ---------------------------------------------------------------------------

NO_PICTURES = {
    "nothing": (None, "not a NoneType"),
    "a number": (3, "not a int"),
    "a path": ("a.jpg", "not a str"),
    "one picture": (RED, r"written \[picture\]"),
    "an empty list": ([], "one or more"),
    "a path in a list": (["a.jpg"], r"pictures\[0\] is the path 'a.jpg': open_pictures"),
    "nothing in a list": ([RED, None], r"pictures\[1\] is a NoneType"),
    "a list in a list": ([[RED]], r"pictures\[0\] is a list"),
    "a dict": ({1: RED}, r"pictures\[0\] is a int"),
    "no pixels": ([Image.new("RGB", (0, 5))], "0 x 5 pixels: leave it out"),
    "floats": (np.zeros((2, 9, 9, 3)), "array of float64"),
    "grey rows": (np.zeros((9, 9, 3), np.uint8), "array of uint8 and shape"),
    "a mode PIL cannot convert": ([Image.new("La", (5, 5))], "mode La"),
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_what_is_no_list_of_pictures_is_named(kind, index, extractor):
    given_, said = NO_PICTURES[kind]
    with pytest.raises(ValueError, match=said):
        activate(given_, index, extractor, steps=1)
    if kind != "an empty list":  # which has no features
        with pytest.raises(ValueError, match=r"picture|extractor\(\["):
            extractor(given_)
    assert kind != "an empty list" or extractor(given_).shape == (0, 128)


def test_arrays_of_8_bits_are_pictures(extractor, index):
    array = np.asarray(RED)[None]
    assert np.array_equal(extractor(array), extractor([RED])) and len(activate(array, index, extractor, steps=1)) == 1
    assert rgb_picture(RED) is RED


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (torch.full((1, 3, 9, 9), 255.0), "divide 8-bit ones by 255"),
        (torch.full((1, 3, 9, 9), float("nan")), r"lie in \[0, 1\]"),
        (torch.zeros(1, 3, 9, 9, dtype=torch.uint8), "float"),
        (torch.zeros(1, 9, 9, 3), r"\(3, H, W\)"),
        (torch.zeros(1, 1, 9, 9), r"\(3, H, W\)"),
        (torch.zeros(3, 9, 9), r"\(3, H, W\)"),
        (torch.zeros(1, 3, 0, 9), r"\(3, H, W\)"),
        ([torch.zeros(3, 9, 9), torch.zeros(3, 8, 9)], "differ in size"),
    ],
)
def test_tensors_that_are_no_pictures(tensor, said, extractor):
    with pytest.raises(ValueError, match=said):
        extractor(tensor)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: psnr("a", "b"), "original"),
        (lambda: psnr(RED, RED.resize((9, 9))), "differ in size"),
        (lambda: ssim(RED.resize((3, 3)), RED.resize((3, 3))), "window of 11"),
        (lambda: EDITS["Random"](RED, 0), "default_rng"),
        (lambda: random_edit(RED, 3), "rng=3: expected a numpy Generator"),
        (lambda: random_edit([RED], np.random.default_rng(0)), "got list"),
        (lambda: synthetic_pictures("a"), "seeds='a'"),
        (lambda: synthetic_pictures(-1), "seeds=-1"),
        (lambda: synthetic_pictures(10**9), "from 1 to 100,000"),
        (lambda: synthetic_pictures(["1"]), "seed='1'"),
        (lambda: synthetic_pictures([float("nan")]), "seed=nan"),
        (lambda: synthetic_pictures([1], "big"), "size='big'"),
        (lambda: synthetic_pictures([1], 10**6), "96 to 512"),
    ],
)
def test_calls_that_cannot_be(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_an_edit_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(KeyError, match="no edit 'Blur': choose one of Identity.*Blur 2"):
        EDITS["Blur"]
    assert EDITS.get("Blur") is None and "Blur" not in EDITS


@pytest.mark.parametrize("ids", ["a", 2.5, None, [1, "a"], -1, 50_000, [0, -3]])
def test_ids_that_the_world_has_not(ids, world):
    with pytest.raises(ValueError, match="0 to 49999"):
        world.pictures(ids)
    assert world.pictures([]) == []


# --- folders --------------------------------------------------------------------------------------

FOLDERS = {
    "gone": (FileNotFoundError, "no such folder"),
    "a file": (NotADirectoryError, "is a file"),
    "empty": (NoPictures, "no picture in"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_that_are_none(name, tmp_path):
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "empty").mkdir()
    error, said = FOLDERS[name]
    for call in (open_pictures, files_of, folder_collection):
        with pytest.raises(error, match=said):
            call(tmp_path / name)


def test_ten_pictures_of_which_most_are_broken_are_still_evaluated(tmp_path, extractor):
    from activeindex_lite.evaluate.features import cached_features

    for i, picture in enumerate(synthetic_pictures(range(12), 96)):
        picture.save(tmp_path / f"{i}.png")
    for i in range(0, 12, 2):
        (tmp_path / f"{i}.png").write_bytes((tmp_path / f"{i}.png").read_bytes()[: 40 * i])
    found = cached_features(files_of(tmp_path), extractor, tmp_path / "cache", title="t", progress=False)
    assert found.names == [f"{i}.png" for i in range(1, 12, 2)] and [name for name, _ in found.skipped] == [
        f"{i}.png" for i in range(0, 12, 2)
    ]
    assert all(reason for _, reason in found.skipped)


def test_equal_pictures_under_two_names_are_two_references(tmp_path, extractor):
    (picture,) = synthetic_pictures([5], 96)
    for name in ("a.png", "b.png"):
        picture.save(tmp_path / name)
    features = extractor(open_pictures(tmp_path))
    assert np.array_equal(features[0], features[1])


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>.png", "x" * 240 + ".png", "пейзаж 🏔.png", "..png", "a\tb.png"]
)
def test_strange_names_keep_their_pictures_apart(name):
    kept = kept_name(name)
    assert "/" not in kept and len(kept.encode()) <= 255 and kept_name(f"sub/{name}") != kept


def test_names_that_differ_only_in_their_folders_are_kept_apart():
    assert len({kept_name(name) for name in ("a/b.png", "a__b.png", "a/b__c.png", "a__b/c.png", "a/b/c.png")}) == 5


# --- uploads --------------------------------------------------------------------------------------


def test_a_picture_that_cannot_be_leaves_the_old_one(small_indexes, extractor, tmp_path):
    state = AlphaState(7, {"IVF": small_indexes["IVF64,Flat"]}, extractor)
    before = state.original
    (tmp_path / "bomb.png").write_bytes(bomb())
    (tmp_path / "text.png").write_text("no picture")
    for bad in (tmp_path / "bomb.png", tmp_path / "text.png", tmp_path / "gone.png", tmp_path, 50_000, -1):
        with pytest.raises((ValueError, OSError)):
            state.choose(bad)
        assert state.original == before and state.place == 7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state.choose(of_mode("CMYK", (2000, 30)))
    assert max(state.picture.size) == 288


def bomb():
    """A PNG of a few hundred bytes that asks for 10.8 GB."""
    import struct
    import zlib

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )

"""Pictures of every mode, depth and metadata: a file and the same picture given as PIL come out alike, and right."""

import io
import re
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, PngImagePlugin

from activeindex_lite import EDITS, activate, linf, load_extractor, psnr, ssim, synthetic_pictures
from activeindex_lite.evaluate.collection import Collection
from activeindex_lite.evaluate.features import Workplace
from activeindex_lite.evaluate.material import gather
from activeindex_lite.evaluate.settings import Settings
from activeindex_lite.evaluate.sources import SyntheticPictures, files_of
from activeindex_lite.evaluation.originals import photo_originals
from activeindex_lite.pictures import BlankPictures, UnreadablePicture, is_blank, open_pictures, rgb_picture
from activeindex_lite.support.chunks import Loop
from activeindex_lite.widgets.alpha_state import AlphaState

W, H = 20, 18
RAMP = np.linspace(0, 1, W)[None].repeat(H, 0)
CHECKS = settings(max_examples=150, deadline=None)


def png_bytes(depth, colour, rows, *chunks, size=(W, H)):
    """A PNG by hand: rows of bytes; chunks (name, data) before the pixels."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)),
        *chunks,
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes().removeprefix(b"Exif\0\0")


def packed(values, depth):
    """Rows of values (H, N) as bytes with depth bits per value."""
    for row in values:
        bits = "".join(format(int(value), f"0{depth}b") for value in row)
        bits += "0" * (-len(bits) % 8)
        yield int(bits, 2).to_bytes(len(bits) // 8, "big")


def tiff_bytes(data, bits, photometric, sample_format, order):
    """A grey TIFF by hand, W x H."""
    at = 8 + 2 + 12 * 10 + 4
    tags = [(256, W), (257, H), (258, bits), (259, 1), (262, photometric)]
    tags += [(273, at), (277, 1), (278, H), (279, len(data)), (339, sample_format)]
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)
    # Short values, as writers use them, for all but the offset and the lengths.
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    return start + entries + struct.pack(order + "I", 0) + data


def upright(stored, orientation):
    """Rows and columns as the EXIF standard (tag 0x0112) means them."""
    turned = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }
    return turned.get(orientation, lambda a: a)(stored)


def read(data, folder):
    """The file as open_pictures reads it, after the check that Image.open gives the same."""
    path = folder / "picture"
    path.write_bytes(data)
    picture = open_pictures([path])[0]
    assert picture.mode == "RGB" and not picture.info
    with Image.open(path) as opened:
        again = rgb_picture(opened)
    assert np.array_equal(again, picture), "given as PIL it is another picture"
    return np.asarray(picture).astype(int)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rgb")


# --- PNG: depth x colour x transparent colour x orientation ---------------------------------------


@st.composite
def pngs(draw):
    """(bytes of a PNG, the RGB pixels that it means)."""
    colour, depth = draw(
        st.sampled_from([(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)])
    )
    channels, orientation = {0: 1, 2: 3, 4: 2, 6: 4}[colour], draw(st.integers(0, 8))
    top = 2**depth - 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Few levels, so that a transparent colour meets some pixels and not all.
    levels = np.unique(rng.integers(0, top, 3, endpoint=True))
    values = rng.choice(levels, (H, W, channels))
    chunks, eight = [], values >> 8 if depth == 16 else values * (255 // top)
    alpha = eight[..., -1] / 255 if channels in (2, 4) else np.ones((H, W))
    if colour in (0, 2) and draw(st.booleans()):
        key = values[tuple(draw(st.tuples(st.integers(0, H - 1), st.integers(0, W - 1))))]
        chunks.append((b"tRNS", struct.pack(f">{len(key)}H", *key.tolist())))
        same = values == key if colour == 0 or depth == 8 else values >> 8 == key >> 8
        alpha = np.where(same.all(2), 0.0, 1.0)
    if orientation:
        chunks.append((b"eXIf", exif(orientation)))
    colours = eight[..., :3] if channels > 2 else eight[..., :1].repeat(3, 2)
    if not alpha.any() and np.ptp(colours.reshape(-1, 3), 0).any():
        alpha = np.ones((H, W))  # transparent all over, by mistake
    meant = 255 + (colours - 255) * alpha[..., None]
    data = png_bytes(depth, colour, packed(values.reshape(H, -1), depth), *chunks)
    return data, upright(meant, orientation)


@given(pngs())
@CHECKS
def test_any_png_is_what_its_file_says(folder, made):
    data, meant = made
    assert np.abs(read(data, folder) - meant).max() <= 1


# --- TIFF: depth x sign x white is zero x byte order ----------------------------------------------

GREYS = {"u1": 1, "u2": 1, "u4": 1, "i1": 2, "i2": 2, "i4": 2, "f4": 3, "12": 1}


@st.composite
def tiffs(draw):
    """(bytes of a grey TIFF, the grey levels 0 .. 255 that it means)."""
    kind, photometric, order = draw(st.sampled_from(list(GREYS))), draw(st.integers(0, 1)), draw(st.sampled_from("<>"))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if kind == "12":
        values = rng.integers(0, 4095, (H, W), endpoint=True)
        data, bits, grey = b"".join(packed(values, 12)), 12, values >> 4
    else:
        dtype = np.dtype(order + kind)
        if kind == "f4":
            values = rng.normal(draw(st.sampled_from([0, 1e6])), 7, (H, W)).astype(dtype)
        else:
            info = np.iinfo(dtype)
            values = rng.integers(info.min, info.max, (H, W), endpoint=True).astype(dtype)
        data, bits = values.tobytes(), 8 * dtype.itemsize
        wide = values.astype(float)
        grey = np.rint((wide - wide.min()) * (255 / np.ptp(wide)))
        grey = values >> 8 if kind == "u2" else values if kind == "u1" else grey
    meant = 255 - grey.astype(int) if photometric == 0 else grey.astype(int)
    return kind, tiff_bytes(data, bits, photometric, GREYS[kind], order), meant


@given(tiffs())
@CHECKS
def test_any_deep_tiff_is_right_or_refused(folder, made):
    kind, data, meant = made
    try:
        got = read(data, folder)
    except UnreadablePicture as error:
        refused = error.reason
    else:
        refused = ""
        assert np.abs(got - meant[..., None]).max() <= 1
    assert not refused or ("PIL cannot read here" in refused and kind not in ("u1", "f4"))


@pytest.mark.parametrize(
    ("kind", "photometric"), [("u2", 0), ("f4", 0), ("u4", 1), ("i1", 1), ("12", 1), ("u2", 1), ("i2", 1), ("i4", 1)]
)
def test_a_deep_ramp_stays_a_ramp(folder, kind, photometric):
    low, high = {"f4": (-2.5, 7.5), "12": (0, 4095)}.get(kind) or (np.iinfo(kind).min, np.iinfo(kind).max)
    values = low + (RAMP if photometric else 1 - RAMP) * (high - low)
    data = b"".join(packed(values.astype(int), 12)) if kind == "12" else values.astype(f"<{kind}").tobytes()
    bits = 12 if kind == "12" else 8 * np.dtype(kind).itemsize
    got = read(tiff_bytes(data, bits, photometric, GREYS[kind], "<"), folder)
    assert np.abs(got - 255 * RAMP[..., None]).max() <= 1


# --- in memory and in a file ----------------------------------------------------------------------


@st.composite
def pictures_in_memory(draw):
    """(PIL picture, settings with which its PNG says the same)."""
    mode = draw(st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    channels = {"LA": 2, "RGB": 3, "RGBA": 4}.get(mode, 1)
    levels = rng.integers(0, 2**16 if mode == "I;16" else 256, 4)
    values = rng.choice(levels, (H, W, channels)).astype(np.uint16 if mode == "I;16" else np.uint8)
    picture = Image.fromarray(values[..., 0] if channels == 1 else values)
    if mode in ("1", "P"):
        picture = picture.convert(mode)
    settings_ = {}
    if mode in ("L", "P", "RGB", "I;16") and draw(st.booleans()):
        key = picture.getpixel((0, 0))
        settings_["transparency"] = picture.info["transparency"] = key
    orientation = draw(st.integers(0, 8))
    if orientation:
        block = Image.Exif()
        block[0x0112] = orientation
        settings_["exif"] = picture.info["exif"] = block.tobytes()
    return picture, settings_


@given(pictures_in_memory())
@CHECKS
def test_a_picture_in_memory_is_treated_like_its_file(folder, made):
    picture, settings_ = made
    before = picture.tobytes()
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **settings_)
    assert np.array_equal(np.asarray(rgb_picture(picture)), read(buffer.getvalue(), folder))
    assert picture.tobytes() == before


# --- given as PIL ---------------------------------------------------------------------------------


def strokes(columns):
    """Black strokes on transparency."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, columns, 3] = 255
    return Image.fromarray(pixels)


def test_two_drawings_on_transparency_are_two_pictures(extractor):
    a, b = extractor([strokes(slice(0, 9)), strokes(slice(40, 64))])
    assert np.linalg.norm(a - b) > 0.3
    assert np.asarray(rgb_picture(strokes(slice(0, 9))))[0, [0, 30]].tolist() == [[0] * 3, [255] * 3]


def test_sixteen_bits_of_grey_given_as_pil():
    ramp = Image.fromarray((RAMP * 65535).astype(np.uint16))
    assert np.abs(np.asarray(rgb_picture(ramp)).astype(int) - 255 * RAMP[..., None]).max() <= 1
    again = rgb_picture(Image.fromarray((RAMP * 1e6).astype(np.int32)))
    assert np.abs(np.asarray(again).astype(int) - 255 * RAMP[..., None]).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_orientation_of_a_given_picture(tmp_path, suffix, orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    pixels = np.dstack([RAMP, RAMP[::-1, ::-1] ** 2, np.linspace(0, 1, H)[:, None].repeat(W, 1)])
    path = tmp_path / f"a.{suffix}"
    Image.fromarray((255 * pixels).astype(np.uint8)).save(path, exif=block)
    want = open_pictures([path])[0]
    for opened in (Image.open(path), Image.open(path).convert("RGBA"), Image.open(path).convert("RGB")):
        if suffix != "tif" or opened.format:  # a converted TIFF is upright already
            assert np.array_equal(rgb_picture(opened), want)
    assert want.size == ((H, W) if orientation > 4 else (W, H))


def test_the_given_picture_is_not_changed():
    given_ = strokes(slice(0, 9))
    before = given_.tobytes(), given_.mode, dict(given_.info)
    rgb_picture(given_)
    assert (given_.tobytes(), given_.mode, given_.info) == before
    plain = Image.new("RGB", (20, 20), "red")
    assert rgb_picture(plain) is plain


def test_activation_and_explorer_take_them_too(small_indexes, extractor, tmp_path):
    block = Image.Exif()
    block[0x0112] = 6
    Image.fromarray((RAMP * 65535).astype(np.uint16)).save(tmp_path / "deep.png", exif=block)
    want = open_pictures([tmp_path / "deep.png"])[0]
    index = small_indexes["IVF64,PQ8x6"]
    for alpha, same in ((0, True), (3, False)):
        (released,) = activate([Image.open(tmp_path / "deep.png")], index, extractor, steps=1, alpha=alpha).pictures
        assert released.size == want.size == (H, W) and np.array_equal(released, want) == same
    for mine in (strokes(slice(0, 9)), Image.open(tmp_path / "deep.png")):
        state = AlphaState(mine, {"IVF": small_indexes["IVF64,Flat"]}, extractor)
        assert np.array_equal(state.picture, rgb_picture(mine))


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_edits_and_measures_take_the_upright_picture(tmp_path, orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    pixels = np.dstack([RAMP, RAMP[::-1] ** 2, RAMP**3])
    Image.fromarray((255 * pixels).astype(np.uint8)).save(tmp_path / "a.png", exif=block)
    want = open_pictures([tmp_path / "a.png"])[0]
    for opened in (Image.open(tmp_path / "a.png"), Image.open(tmp_path / "a.png").copy()):
        for name in ("Identity", "Rotation 90", "Blur 2", "Random"):
            edited = [EDITS[name](picture, np.random.default_rng(0)) for picture in (opened, want)]
            assert np.array_equal(*edited), name
        assert (psnr(opened, want), ssim(want, opened), linf(opened, want)) == (np.inf, 1, 0)


def test_a_given_file_that_is_cut_short_is_named(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:9000])
    with pytest.raises(ValueError, match=r"pictures\[3\] cannot be read: .*truncated"):
        rgb_picture(Image.open(tmp_path / "a.png"), "pictures[3]")


@given(st.sampled_from(["L", "I;16", "F", "I"]), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_different_greys_give_different_features(mode, seed):
    rng = np.random.default_rng(seed)
    dtype = {"L": np.uint8, "I;16": np.uint16, "F": np.float32, "I": np.int32}[mode]
    top = 1 if mode == "F" else np.iinfo(dtype).max
    pictures = [Image.fromarray((rng.random((40, 40)) * top).astype(dtype)) for _ in range(2)]
    a, b = load_extractor("gradients")(pictures)
    assert np.linalg.norm(a - b) > 0.05


# --- transparency that nobody meant ---------------------------------------------------------------


def bmp(alpha, header):
    """A 32-bit BMP with a V4 (108) or V5 (124) header."""
    pixels = np.zeros((H, W, 4), np.uint8)
    pixels[..., :3] = (255 * RAMP[..., None]).astype(np.uint8)
    pixels[..., 3] = alpha
    head = struct.pack("<IiiHHIIiiII", header, W, H, 1, 32, 3, pixels.nbytes, 2835, 2835, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = head.ljust(header, b"\0")
    start = struct.pack("<IHHI", 14 + header + pixels.nbytes, 0, 0, 14 + header)
    return b"BM" + start + head + pixels.tobytes()


@pytest.mark.parametrize("header", [108, 124])
@pytest.mark.parametrize("alpha", [0, 255])
def test_a_bmp_without_a_meant_transparency(folder, header, alpha):
    assert np.abs(read(bmp(alpha, header), folder) - 255 * RAMP[..., None]).max() <= 1


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_colours_under_a_transparency_all_over_are_shown(folder, form):
    pixels = np.dstack([(255 * RAMP).astype(np.uint8)] * 3 + [np.zeros((H, W), np.uint8)])
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **({"lossless": True, "exact": True} if form == "WEBP" else {}))
    assert np.abs(read(buffer.getvalue(), folder) - 255 * RAMP[..., None]).max() <= 1


def test_a_transparency_that_is_meant_stays(folder):
    half = np.where(np.arange(W) < 5, 0, 255).astype(np.uint8)
    got = read(bmp(half, 108), folder)
    assert (got[:, :5] == 255).all() and np.abs(got[:, 5:] - 255 * RAMP[:, 5:, None]).max() <= 1


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("empty", [1, 3])
def test_empty_first_frames_are_passed_over(folder, form, empty):
    stripes = np.where(np.arange(W) % 8 < 4, 0, 255)[None].repeat(H, 0).astype(np.uint8)
    full = np.dstack([stripes] * 3 + [np.full_like(stripes, 255)])
    frames = [Image.new("RGBA", (W, H))] * empty + [Image.fromarray(full), Image.new("RGBA", (W, H), "red")]
    options = {"GIF": {"disposal": 2}, "PNG": {}, "WEBP": {"lossless": True}}[form]
    # Different durations, so that PIL keeps frames that look alike.
    options["duration"] = [100 + i for i in range(len(frames))]
    buffer = io.BytesIO()
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:], **options)
    with Image.open(buffer) as opened:
        assert opened.convert("RGBA").getextrema()[3] == (0, 0), "the first frame is not empty"
    got = read(buffer.getvalue(), folder)
    assert np.abs(got - full[..., :3]).max() <= 2 and not is_blank(Image.fromarray(got.astype(np.uint8)))


def test_pictures_of_one_colour_are_blank(folder):
    for size, colour in (((20, 20), "white"), ((17, 30), (1, 2, 3))):
        assert is_blank(Image.new("RGB", size, colour))
    almost = Image.new("RGB", (20, 20), "white")
    almost.putpixel((3, 4), (255, 255, 254))
    assert not is_blank(almost)
    assert is_blank(rgb_picture(Image.new("RGBA", (20, 20))))


@pytest.mark.parametrize("empty", ["white.bmp", "black.png", "transparent.png"])
def test_blank_originals_are_counted_and_said(tmp_path, empty):
    for i, picture in enumerate(synthetic_pictures(range(11), 96)):
        picture.save(tmp_path / f"{i}.png")
    colour = {"white.bmp": "white", "black.png": "black", "transparent.png": (0, 0, 0, 0)}[empty]
    Image.new("RGBA" if empty == "transparent.png" else "RGB", (40, 40), colour).save(tmp_path / empty)
    extractor, said = load_extractor("gradients"), rf"1 of \d+ originals has one colour all over \({empty}\)"
    with pytest.warns(BlankPictures, match=said):
        photo_originals(tmp_path, 12, load_extractor("lite"))
    found = files_of(tmp_path)
    collection = Collection("twelve", found, (found,), np.arange(12), SyntheticPictures(0, 8))
    work = Workplace(extractor, tmp_path / "cache", Loop(), False)
    with pytest.warns(UserWarning, match=said):
        material = gather(collection, Settings({}, originals=12, strangers=8), work)
    assert re.search(said, " ".join(material.remarks.notes))


# --- PNG with much text ---------------------------------------------------------------------------


def text_chunks(**texts):
    info = PngImagePlugin.PngInfo()
    for name, (text, zipped) in texts.items():
        if name.startswith("i"):
            info.add_itxt(name, text, zip=zipped)
        else:
            info.add_text(name, text, zip=zipped)
    return {"pnginfo": info}


MUCH = "x" * 3_000_000
TEXTS = {
    "compressed text": text_chunks(t=(MUCH, True)),
    "compressed international text": text_chunks(i=(MUCH, True)),
    "eighty texts": text_chunks(**{f"t{i}": (MUCH[:1_000_000], True) for i in range(80)}),
    "a profile": {"icc_profile": bytes(3_000_000)},
    "text as it is": text_chunks(t=(MUCH, False)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_png_with_much_text_keeps_its_pixels(tmp_path, name):
    pixels = (255 * RAMP[..., None].repeat(3, 2)).astype(np.uint8)
    block = Image.Exif()
    block[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=block, **TEXTS[name])
    assert np.array_equal(open_pictures(tmp_path)[0], upright(pixels, 6))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: whole.index(b"IDAT") + 30])
    with pytest.raises(UnreadablePicture, match="truncated"):
        open_pictures(tmp_path)[0]


# --- PIL's settings belong to the caller ----------------------------------------------------------


def test_pils_own_limit_is_named_where_it_holds(tmp_path, monkeypatch):
    for suffix in ("png", "tif", "bmp"):
        Image.new("RGB", (40, 40), "red").save(tmp_path / f"a.{suffix}")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 700)
    for suffix in ("png", "bmp"):
        assert open_pictures([tmp_path / f"a.{suffix}"])[0].size == (40, 40)
    try:
        assert open_pictures([tmp_path / "a.tif"])[0].size == (40, 40)  # with a PIL that checks once alone
    except UnreadablePicture as error:
        refused = error.reason
    else:
        refused = ""
    assert refused in ("", "more pixels than twice PIL's own limit (Image.MAX_IMAGE_PIXELS, now 700)")


@pytest.mark.parametrize("fills_up", [False, True])
def test_eight_threads_leave_pils_settings_alone(tmp_path, monkeypatch, fills_up):
    pixels = np.random.default_rng(0).integers(0, 255, (120, 120, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).save(tmp_path / "b.jpg")
    for name in ("a.png", "b.jpg"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / f"cut {name}").write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", fills_up)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # a caller's own limit holds for the caller
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "mine")
        before, faults = list(warnings.filters), []

        def work():
            for _ in range(12):
                for name, good in (("a.png", True), ("b.jpg", True), ("cut a.png", False), ("cut b.jpg", False)):
                    try:
                        open_pictures([tmp_path / name])[0]
                        faults.append(name) if not good else None
                    except UnreadablePicture as error:
                        faults.append(str(error)) if good else None

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == [] and list(warnings.filters) == before
    assert ImageFile.LOAD_TRUNCATED_IMAGES is fills_up and Image.MAX_IMAGE_PIXELS == 1000

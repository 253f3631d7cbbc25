"""Folders of real pictures: every kind of file is loaded right or skipped aloud, never a crash half-way."""

import os
import pickle
import struct
import subprocess
import sys
import textwrap
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from activeindex_lite.pictures import NoPictures, NotRead, SkippedPicture, UnreadablePicture, open_pictures
from activeindex_lite.pictures import decode as module
from activeindex_lite.support.files import MARK, mark_as_output

RAMP = np.linspace(0, 1, 64)[None].repeat(32, 0)


def scene(width=60, height=40):
    """A smooth picture without any symmetry: uint8 (height, width, 3)."""
    y, x = np.mgrid[:height, :width]
    bands = x / width, y / height, (x + 2 * y) / (width + 2 * height)
    return (255 * np.stack(bands, 2)).astype(np.uint8)


def save(path, values=None, mode=None, **options):
    im = Image.fromarray(scene() if values is None else values)
    (im.convert(mode) if mode else im).save(path, **options)
    return path


def png(path, width, height, depth, colour, rows, *extra):
    """A PNG by hand: rows as bytes, each with its filter byte; extra chunks as (name, data)."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
        *extra,
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )
    )
    return path


def load(path, **options):
    (picture,) = open_pictures([path], **options)
    assert picture.mode == "RGB" and type(picture) is Image.Image and not picture.info
    return np.asarray(picture).astype(int)


def on_white(rgb, alpha):
    return 255 + (np.asarray(rgb, float) - 255) * alpha[..., None]


# --- loaded right ---------------------------------------------------------------------------------

GREY = np.asarray(Image.fromarray(scene()).convert("L")).repeat(3).reshape(40, 60, 3)
ALPHA = (np.arange(40 * 60).reshape(40, 60) % 256).astype(np.uint8)
RGBA = np.dstack([scene(), ALPHA])
STRIPES = (np.arange(60) // 20)[None].repeat(40, 0).astype(np.uint8)
COLOURS = np.array([[200, 30, 60], [10, 120, 240], [90, 200, 20]], np.uint8)


def palette(path, **options):
    im = Image.fromarray(STRIPES)
    im.putpalette(COLOURS.tobytes())
    im.save(path, **options)


def cmyk(path, **options):
    inks = np.zeros((40, 60, 4), np.uint8)
    for i, ink in enumerate([(255, 0, 0, 0), (0, 255, 255, 0), (0, 0, 0, 128)]):
        inks[:, 20 * i : 20 * i + 20] = ink
    Image.fromarray(inks, "CMYK").save(path, **options)


BITS = 255 * (STRIPES[..., None] == 1)
INKS = np.array([[0, 255, 255], [255, 0, 0], [127, 127, 127]])[STRIPES]
WHITE_STRIPE = np.array([[200, 30, 60], [255, 255, 255], [90, 200, 20]])[STRIPES]
HALF_STRIPES = on_white(COLOURS[STRIPES], np.array([1, 0, 128 / 255])[STRIPES])

MODES = {
    "rgb.png": (save, {}, scene(), 0),
    "rgb.JPG": (save, {"quality": 95}, scene(), 8),
    "progressive.jpeg": (save, {"quality": 95, "progressive": True}, scene(), 8),
    "rgb.bmp": (save, {}, scene(), 0),
    "rgb.ppm": (save, {}, scene(), 0),
    "lossless.webp": (save, {"lossless": True}, scene(), 0),
    "lossless.jp2": (save, {}, scene(), 0),
    "lzw.tif": (save, {"compression": "tiff_lzw"}, scene(), 0),
    "jpeg.tiff": (save, {"compression": "jpeg", "quality": 95}, scene(), 8),
    "grey.png": (save, {"mode": "L"}, GREY, 0),
    "grey.jpg": (save, {"mode": "L", "quality": 95}, GREY, 8),
    "grey.gif": (save, {"mode": "L"}, GREY, 0),
    "bits.png": (lambda p: Image.fromarray(STRIPES == 1).save(p), {}, BITS, 0),
    "bits transparent.png": (lambda p: Image.fromarray(STRIPES == 1).save(p, transparency=0), {}, 255, 0),
    "bits.tif": (lambda p: Image.fromarray(STRIPES == 1).save(p, compression="group4"), {}, BITS, 0),
    "palette.png": (palette, {}, COLOURS[STRIPES], 0),
    "palette.gif": (palette, {}, COLOURS[STRIPES], 0),
    "palette transparent.png": (palette, {"transparency": bytes([255, 0, 128])}, HALF_STRIPES, 1),
    "palette transparent.gif": (palette, {"transparency": 1}, WHITE_STRIPE, 0),
    "key.png": (save, {"values": COLOURS[STRIPES], "transparency": (10, 120, 240)}, WHITE_STRIPE, 0),
    "grey key.png": (
        save,
        {"values": STRIPES * np.uint8(100), "transparency": 100},
        np.array([0, 255, 200])[STRIPES][..., None],
        0,
    ),
    "rgba.png": (save, {"values": RGBA}, on_white(scene(), ALPHA / 255), 1),
    "rgba.tif": (save, {"values": RGBA}, on_white(scene(), ALPHA / 255), 1),
    "grey alpha.png": (save, {"values": RGBA, "mode": "LA"}, on_white(GREY, ALPHA / 255), 1),
    "inks.tif": (cmyk, {}, INKS, 1),
    "inks.jpg": (cmyk, {"quality": 95}, INKS, 6),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_becomes_the_same_colours(tmp_path, name):
    write, options, expected, tolerance = MODES[name]
    write(tmp_path / name, **options)
    (picture,) = open_pictures(tmp_path)
    got = np.asarray(picture, float)
    assert picture.mode == "RGB" and got.shape == (40, 60, 3)
    off = np.abs(got - expected)
    if "jp" in name:  # JPEG blurs where stripes meet
        off = off[:, [*range(17), *range(23, 37), *range(43, 60)]]
    assert off.max() <= tolerance


@pytest.mark.skipif(".avif" not in Image.registered_extensions(), reason="this PIL reads no AVIF")
def test_avif(tmp_path):
    assert np.abs(load(save(tmp_path / "a.avif", quality=95)) - scene()).mean() < 3


DEEP = {
    "ramp.png": (RAMP * 65535).astype(np.uint16),
    "ramp.tif": (RAMP * 65535).astype(np.uint16),
    "big endian.tif": (RAMP * 65535).astype(">u2"),
    "ramp.pgm": (RAMP * 65535).astype(np.int32),
    "ramp.jp2": (RAMP * 65535).astype(np.uint16),
    "int32.tif": (RAMP * 3e6 - 1e6).astype(np.int32),
    "float.tif": (RAMP * 7 - 2).astype(np.float32),
}


@pytest.mark.parametrize("name", DEEP)
def test_a_deep_grey_ramp_stays_a_ramp(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(DEEP[name]).save(path)
    slack = 0.51 if name in ("int32.tif", "float.tif") else 1
    assert np.abs(load(path) - 255 * RAMP[..., None]).max() <= slack
    small = load(path, max_side=32)
    assert small.shape == (16, 32, 3) and (np.diff(small[8, :, 0]) > 0).all() and np.ptp(small) > 245


@pytest.mark.parametrize("name", ["ramp.png", "ramp.tif", "ramp.pgm"])
def test_a_dark_sixteen_bit_grey_stays_dark(tmp_path, name):
    Image.fromarray(DEEP[name] // 4).save(tmp_path / name)
    assert np.abs(load(tmp_path / name) - 255 / 4 * RAMP[..., None]).max() <= 1


@pytest.mark.parametrize("mode", ["1", "P"])
def test_fine_patterns_are_averaged_when_shrunk(tmp_path, mode):
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    got = load(save(tmp_path / "a.png", board, mode=mode), max_side=16)
    assert got.shape == (16, 16, 3) and np.abs(got - 127.5).max() < 8


def test_sixteen_bits_of_grey_and_of_colour_agree(tmp_path):
    values = (np.random.default_rng(0).random((32, 32)) * 65535).astype(">u2")
    png(tmp_path / "grey.png", 32, 32, 16, 0, b"".join(b"\0" + row.tobytes() for row in values))
    png(tmp_path / "rgb.png", 32, 32, 16, 2, b"".join(b"\0" + row.repeat(3).tobytes() for row in values))
    grey, rgb = map(np.asarray, open_pictures(tmp_path))
    assert np.array_equal(grey, rgb) and np.abs(grey[..., 0] - values / 257.0).max() <= 1


def test_float_without_a_number(tmp_path):
    values = (RAMP * 7).astype(np.float32)
    values[3, :4] = np.nan, np.inf, -np.inf, 1e-30
    Image.fromarray(values).save(tmp_path / "some.tif")
    got = load(tmp_path / "some.tif")
    assert np.abs(got[4:] - 255 * RAMP[4:, :, None]).max() <= 1 and got[3, :3, 0].tolist() == [0, 255, 0]
    Image.fromarray(values * np.nan).save(tmp_path / "none.tif")
    with pytest.raises(UnreadablePicture, match="none.tif.*no finite value"):
        open_pictures(tmp_path)[0]


# Rows and columns of the stored picture by the EXIF standard (tag 0x0112), from the upright one.
STORED = {
    1: lambda u: u,
    2: lambda u: u[:, ::-1],
    3: lambda u: u[::-1, ::-1],
    4: lambda u: u[::-1],
    5: lambda u: u.swapaxes(0, 1),
    6: lambda u: u[:, ::-1].swapaxes(0, 1),
    7: lambda u: u[::-1, ::-1].swapaxes(0, 1),
    8: lambda u: u[::-1].swapaxes(0, 1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_exif_orientation(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95}}.get(suffix, {})
    stored = np.ascontiguousarray(STORED[orientation](scene()))
    path = save(tmp_path / f"a.{suffix}", stored, exif=exif, **options)
    assert np.abs(load(path) - scene()).max() <= (8 if suffix == "jpg" else 0)
    assert load(path, max_side=30).shape == (20, 30, 3)


def test_exif_orientation_of_a_deep_grey(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    ramp = np.ascontiguousarray(STORED[6](DEEP["ramp.png"]))
    Image.fromarray(ramp).save(tmp_path / "a.png", exif=exif)
    assert np.abs(load(tmp_path / "a.png") - 255 * RAMP[..., None]).max() <= 1


def test_damaged_exif_does_not_lose_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x0131] = 6, "name of the program"
    block = exif.tobytes()
    order = "<" if b"II*" in block else ">"
    at = block.index(struct.pack(order + "HH", 0x0131, 2))
    a_fraction = struct.pack(order + "HI", 5, 1)  # where the standard wants text
    damaged = block[: at + 2] + a_fraction + block[at + 8 :]
    stored = np.ascontiguousarray(STORED[6](scene()))
    assert np.array_equal(load(save(tmp_path / "field.webp", stored, lossless=True, exif=damaged)), scene())
    for rest in (b"", b"II*\0\xff\xff\xff\x7f", b"nonsense " * 9):
        got = load(save(tmp_path / "block.webp", stored, lossless=True, exif=b"Exif\0\0" + rest))
        assert np.array_equal(got, stored)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif", "mpo"])
def test_first_frame_of_several(tmp_path, suffix):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:2], **options)
    with Image.open(tmp_path / f"a.{suffix}") as opened:
        assert opened.n_frames == 2
    got = load(tmp_path / f"a.{suffix}")
    assert np.abs(got - [255, 0, 0]).max() <= 2


def test_profiles_are_ignored_and_not_passed_on(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(load(save(tmp_path / "a.png", icc_profile=profile)), scene())


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((60, 40), 60, (60, 40)),
        ((60, 40), 59, (59, 39)),
        ((40, 60), 30, (20, 30)),
        ((1999, 17), 100, (100, 1)),
        ((17, 1999), 100, (1, 100)),
        ((333, 222), 1, (1, 1)),
        ((17, 17), 1024, (17, 17)),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif"])
def test_larger_pictures_are_shrunk_and_others_are_not(tmp_path, suffix, size, max_side, expected):
    got = load(save(tmp_path / f"a.{suffix}", scene(*size)), max_side=max_side)
    assert got.shape == (*expected[::-1], 3)


def test_a_huge_photograph_is_decoded_small(tmp_path, monkeypatch):
    large = scene(1600, 1200)
    save(tmp_path / "a.jpg", large, quality=90)
    decoded, prepare = [], ImageFile.ImageFile.load_prepare

    def noted(im):
        decoded.append(im.size)
        prepare(im)

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", noted)
    got = load(tmp_path / "a.jpg", max_side=80)
    assert got.shape == (60, 80, 3) and len(decoded) == 1 and max(decoded[0]) <= 400
    expected = np.asarray(Image.fromarray(large).resize((80, 60), Image.Resampling.BICUBIC), int)
    assert np.abs(got - expected).mean() < 2


def test_small_pictures_are_skipped_by_their_shorter_side(tmp_path):
    for width, height in [(1, 1), (15, 300), (16, 16)]:
        save(tmp_path / f"{width}.png", scene(width, height))
    opened = open_pictures(tmp_path)
    with pytest.warns(SkippedPicture) as caught:
        assert [p.size for p in opened] == [(16, 16)]
    assert len(caught) == 2 and "15 x 300 pixels: expected at least 16 on each side" in str(caught[1].message)
    assert [p.size for p in open_pictures(tmp_path, min_side=1)] == [(1, 1), (15, 300), (16, 16)]


# --- skipped aloud --------------------------------------------------------------------------------


def cut(name, share=0.6, **options):
    def write(path):
        whole = save(path.parent / f"whole.{name}", scene(300, 200), **options).read_bytes()
        (path.parent / f"whole.{name}").unlink()
        path.write_bytes(whole[: int(len(whole) * share)])

    return write


def wrong_checksum(path):
    whole = bytearray(save(path).read_bytes())
    whole[whole.index(b"IDAT") + 20] ^= 255
    path.write_bytes(whole)


def header_of_a_bomb(suffix):
    def write(path):
        whole = bytearray(save(path, mode="L").read_bytes())
        if suffix == "gif":
            whole[6:10] = struct.pack("<HH", 60_000, 60_000)
        else:
            whole[18:26] = struct.pack("<ii", 60_000, 60_000)
        path.write_bytes(whole)

    return write


def pipe(path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(path)


BROKEN = {
    "cut.jpg": (cut("jpg"), "truncated"),
    "cut almost whole.jpg": (cut("jpg", 0.98), "truncated"),
    "cut in header.jpg": (cut("jpg", 0.02), "."),
    "cut progressive.jpg": (cut("jpg", progressive=True), "truncated"),
    "cut.png": (cut("png"), "truncated"),
    "cut.gif": (cut("gif"), "truncated"),
    "cut.bmp": (cut("bmp"), "truncated"),
    "cut.tif": (cut("tif"), "."),
    "cut lzw.tif": (cut("tif", compression="tiff_lzw"), "."),
    "cut.webp": (cut("webp"), "."),
    "cut.jp2": (cut("jp2"), "."),
    "cut.ppm": (cut("ppm"), "."),
    "checksum.png": (wrong_checksum, "."),
    "empty.jpg": (lambda path: path.touch(), r"empty file \(0 bytes\)"),
    "text.jpg": (lambda path: path.write_text("dear diary\n" * 99), "not a picture"),
    "zeros.png": (lambda path: path.write_bytes(bytes(9999)), "not a picture"),
    "photo.heic": (lambda path: path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(999)), "cannot read here"),
    "program.eps.jpg": (lambda path: save(path, format="EPS"), "not a picture, or of a format"),
    "bomb.png": (lambda path: png(path, 60_000, 60_000, 8, 2, bytes(999)), "3,600,000,000 .*200,000,000.*MAX_PIX"),
    "bomb.gif": (header_of_a_bomb("gif"), "3,600,000,000 pixels"),
    "bomb.bmp": (header_of_a_bomb("bmp"), "3,600,000,000 pixels"),
    "link to nothing.png": (lambda path: path.symlink_to("nothing"), "No such file"),
    "link to itself.png": (lambda path: path.symlink_to(path), "[Ll]evels of symbolic links|No such file"),
    "pipe.jpg": (pipe, "not a regular file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_skipped_and_named(tmp_path, name):
    write, reason = BROKEN[name]
    write(tmp_path / name)
    save(tmp_path / "zz good.png")
    opened = open_pictures(tmp_path)
    assert [p.name for p in opened.paths] == [name, "zz good.png"] and len(opened) == 2
    with pytest.warns(SkippedPicture) as caught:
        found = list(opened.items())
    assert [path.name for path, _ in found] == ["zz good.png"]
    assert len(caught) == 1 and str(tmp_path / name) in str(caught[0].message)
    assert list(opened.skipped) == [tmp_path / name]
    with pytest.raises(UnreadablePicture, match=reason) as refused:
        opened[0]
    assert refused.value.path == tmp_path / name and refused.value.reason in str(caught[0].message)


def test_a_cut_photograph_is_refused_at_every_scale_of_decoding_and_setting_of_pil(tmp_path, monkeypatch):
    whole = save(tmp_path / "a.jpg", scene(1600, 1200)).read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for max_side in (50, 100, 200, 400, 5000):
        with pytest.raises(UnreadablePicture, match="truncated"):
            open_pictures(tmp_path, max_side=max_side)[0]
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True and Image.MAX_IMAGE_PIXELS == 89_478_485  # given back


def test_damage_gives_a_picture_or_a_reason_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_PIXELS", 100_000)
    rng = np.random.default_rng(0)
    outcomes = set()
    suffixes = ["jpg", "png", "gif", "webp", "tif", "bmp", "jp2", "ppm"]
    if ".avif" in Image.registered_extensions():
        suffixes.append("avif")
    for suffix in suffixes:
        path = tmp_path / f"a.{suffix}"
        whole = np.frombuffer(save(path).read_bytes(), np.uint8)
        for _ in range(40):
            hurt = whole.copy()
            hurt[rng.integers(len(hurt) if rng.random() < 0.5 else 100, size=4)] = rng.integers(256, size=4)
            path.write_bytes(hurt.tobytes())
            try:
                outcomes.add(open_pictures([path])[0].mode)
            except UnreadablePicture as error:
                outcomes.add("refused" if error.reason and error.path == path else "without a reason")
    assert outcomes == {"RGB", "refused"}


@pytest.mark.skipif(sys.platform == "win32", reason="limits on memory are set by Unix's resource module")
def test_a_bomb_takes_no_memory(tmp_path):
    png(tmp_path / "a bomb.png", 60_000, 60_000, 1, 0, bytes(999))
    save(tmp_path / "b.png")
    program = textwrap.dedent("""
        import resource, sys, warnings
        from PIL import Image
        from activeindex_lite.pictures.folder import open_pictures
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
        warnings.simplefilter("ignore")
        print(len(list(open_pictures(sys.argv[1:]))))
        try:
            Image.new("1", (60_000, 60_000))
        except MemoryError:
            print("the limit works")
    """)
    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc to read the memory in use from")
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "b.png", tmp_path / "a bomb.png"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.splitlines() == ["1", "the limit works"], run.stderr


def test_the_limit_on_pixels_can_be_moved(tmp_path, monkeypatch):
    save(tmp_path / "a.png", scene(300, 200))
    monkeypatch.setattr(module, "MAX_PIXELS", 60_000)
    assert open_pictures(tmp_path)[0].size == (300, 200)
    monkeypatch.setattr(module, "MAX_PIXELS", 59_999)
    with pytest.raises(UnreadablePicture, match="60,000 pixels.*59,999"):
        open_pictures(tmp_path)[0]


def test_no_warnings_but_ours(tmp_path, monkeypatch):
    save(tmp_path / "a.png", scene(300, 200))
    monkeypatch.setattr(module, "MAX_PIXELS", 60_000)  # PIL itself would warn from half of it on
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(open_pictures(tmp_path))) == 1


def test_permission_denied_simulated(tmp_path, monkeypatch):
    def guarded(path, *rest):
        if Path(path).name == "b.png":
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, *rest)

    for name in "abc":
        save(tmp_path / f"{name}.png")
    monkeypatch.setattr(module, "open", guarded, raising=False)
    with pytest.warns(SkippedPicture, match="b.png: Permission denied") as caught:
        assert len(list(open_pictures(tmp_path))) == 2
    assert len(caught) == 1


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_permission_denied(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png").chmod(0)
    (tmp_path / "c").mkdir(mode=0)
    with pytest.warns(SkippedPicture, match="folder .*c: Permission denied"):
        opened = open_pictures(tmp_path)
    with pytest.warns(SkippedPicture, match="b.png: Permission denied"):
        assert len(list(opened)) == 1
    (tmp_path / "c").chmod(0o700)


def test_a_subfolder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    scandir = os.scandir

    def guarded(path):
        if Path(path).name in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "1.png")
    monkeypatch.setattr(os, "scandir", guarded)
    closed = {"a"}
    with pytest.warns(SkippedPicture, match="skipped the folder .*a: Permission denied"):
        assert [p.parent.name for p in open_pictures(tmp_path).paths] == ["b"]
    closed = {tmp_path.name}
    with pytest.raises(PermissionError):
        open_pictures(tmp_path)


def test_vanished_and_come_back(tmp_path):
    for name in "ab":
        save(tmp_path / f"{name}.png")
    opened = open_pictures(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.warns(SkippedPicture, match="a.png: No such file"):
        assert len(list(opened)) == 1
    save(tmp_path / "a.png")
    assert len(list(opened)) == 2 and opened.skipped == {}


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ZeroDivisionError])
def test_what_is_no_fault_of_the_file_gets_through(tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    save(tmp_path / "a.png")
    opened = open_pictures(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_opened", fail)
        with pytest.raises(error):
            next(iter(opened))
    assert opened.skipped == {} and len(list(opened)) == 1
    monkeypatch.setattr(module, "to_rgb", lambda im, max_side: im.no_such_method())
    with pytest.raises(AttributeError):
        next(iter(opened))


# --- which files, in which order ------------------------------------------------------------------


def names(opened, root):
    return [path.relative_to(root).as_posix() for path in opened.paths]


def test_natural_order_and_suffixes(tmp_path):
    wanted = [
        "1.png",
        "2.PNG",
        "10.JpEg",
        "010.png",
        "a.webp",
        "B.tif",
        "b2/1.png",
        "b2/x.jpg/1.gif",
        "b10/1.bmp",
        "c.tiff",
        "é.png",
        "e\u0301b.png",
        "图.png",
    ]
    ignored = [".hidden.png", ".hidden/1.png", "notes.txt", "png", "data.h5", "a.eps", "a.mpg", "b2/.store"]
    for name in np.random.default_rng(0).permutation(wanted + ignored):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    opened = open_pictures(str(tmp_path))
    assert names(opened, tmp_path) == wanted and all(isinstance(path, Path) for path in opened.paths)
    flat = open_pictures(tmp_path, recursive=False)
    assert names(flat, tmp_path) == [name for name in wanted if "/" not in name]


@pytest.mark.parametrize(
    "name",
    [
        "x" * 251 + ".png",
        "9" * 250 + ".png",
        "пейзаж 🏔.png",
        "e\u0301.png",
        "²③.png",
        " leading.png",
        "new\nline.png",
        "-rf.png",
        "percent%20s{}.png",
        "a.b.c.png",
    ],
)
def test_strange_names(tmp_path, name):
    save(tmp_path / name, format="PNG")
    (tmp_path / "zz.png").touch()
    opened = open_pictures(tmp_path)
    with pytest.warns(SkippedPicture, match="zz.png"):
        ((path, picture),) = opened.items()
    assert path == tmp_path / name and picture.size == (60, 40)


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not Unicode need Linux")
def test_a_name_that_is_not_unicode_can_be_reported(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png")).touch()
    save(tmp_path / "a.png")
    with pytest.warns(SkippedPicture, match="0 bytes") as caught:
        assert len(list(open_pictures(tmp_path))) == 1
    assert str(caught[0].message).encode("utf-8", "backslashreplace")


def test_links_to_folders_are_followed_once(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "a" / "deep", elsewhere):
        folder.mkdir(parents=True)
        save(folder / "1.png")
    (root / "a" / "deep" / "up").symlink_to(root, target_is_directory=True)
    (root / "a" / "self").symlink_to(root / "a" / "self")
    (root / "b").symlink_to(elsewhere, target_is_directory=True)
    (root / "c").symlink_to(elsewhere, target_is_directory=True)
    assert names(open_pictures(root), root) == ["a/deep/1.png", "b/1.png"]


@pytest.mark.parametrize("output", ["evaluation", "a/b/cache/activated-01/pictures", "demo"])
def test_folders_that_this_package_made_are_not_read(tmp_path, output):
    save(tmp_path / "mine.png")
    mark_as_output(tmp_path / output)
    (tmp_path / output / "deep").mkdir()
    save(tmp_path / output / "deep" / "1.png")
    with pytest.warns(NotRead, match=f"the folder {tmp_path / output} was not read: activeindex-lite made it") as said:
        assert names(open_pictures(tmp_path), tmp_path) == ["mine.png"]
    assert len(said) == 1
    # A folder that is named itself is read; without the mark, any is.
    assert names(open_pictures(tmp_path / output), tmp_path) == [f"{output}/deep/1.png"]
    (tmp_path / output / MARK).unlink()
    assert len(open_pictures(tmp_path)) == 2


def test_folders_of_the_system_are_not_entered(tmp_path):
    for name in (
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        "__MACOSX",
        "lost+found",
        "@Recycle",
    ):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "old.png")
        (tmp_path / "sub" / name).mkdir(parents=True)
        save(tmp_path / "sub" / name / "SYNOPHOTO_THUMB_XL.jpg")
    save(tmp_path / "#1.png")
    (tmp_path / "recycle").mkdir()
    save(tmp_path / "recycle" / "mine.png")
    assert names(open_pictures(tmp_path), tmp_path) == ["#1.png", "recycle/mine.png"]


@pytest.mark.parametrize("suffix", [".HIF", ".heics", ".heifs", ".HEIC", ".avifs", ".jxl"])
def test_pictures_of_a_kind_that_pil_may_not_read_are_named(tmp_path, suffix):
    save(tmp_path / "a.png")
    (tmp_path / f"b{suffix}").write_bytes(b"\0\0\0\x18ftypheic" + bytes(999))
    with pytest.warns(SkippedPicture, match=f"b{suffix}: not a picture, or of a format that PIL cannot read here"):
        assert len(list(open_pictures(tmp_path))) == 1


def test_files_of_other_kinds_are_summed_up_in_one_line(tmp_path):
    for name in ("a.CR2", "b.cr2", "c.NEF", "sub/d.psd", "e.mp4", "notes", ".hidden.dng", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    save(tmp_path / "a.png")
    with pytest.warns(NotRead) as said:
        assert names(open_pictures(tmp_path), tmp_path) == ["a.png"]
    assert len(said) == 1
    text = str(said[0].message)
    assert text.startswith(f"{tmp_path}: 6 files of other kinds were not read (2 .cr2, ")
    assert all(kind in text for kind in ("1 .nef", "1 .psd", "1 .mp4", "1 without suffix"))
    for i in range(9):
        (tmp_path / f"x.kind{i}").touch()
    with pytest.warns(NotRead, match=r"15 files of other kinds were not read \(2 \.cr2, .*, \.\.\.\)"):
        open_pictures(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(open_pictures([tmp_path / "a.png"])) == 1


def test_a_list_is_taken_as_it_stands(tmp_path):
    first, second = save(tmp_path / "z.png"), save(tmp_path / "a.data", format="PNG")
    (tmp_path / "x.jpg").mkdir()
    opened = open_pictures(path for path in (first, str(second), tmp_path / "x.jpg", first))
    assert opened.paths == [first, second, tmp_path / "x.jpg", first]
    with pytest.warns(SkippedPicture, match="x.jpg: a folder, not a file"):
        assert len(list(opened)) == 3


def test_a_folder_named_like_a_picture(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    save(tmp_path / "x.jpg" / "1.png")
    save(tmp_path / "y.png")
    assert names(open_pictures(tmp_path), tmp_path) == ["x.jpg/1.png", "y.png"]
    with pytest.warns(SkippedPicture, match="x.jpg: a folder, not a file"):
        assert len(list(open_pictures(tmp_path, recursive=False))) == 1


# --- iterating ------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path):
    """0.png to 9.png, each of its own width; 0, 3, 4 and 9 are broken."""
    for i in range(10):
        save(tmp_path / f"{i}.png", scene(20 + i, 20))
    for i in (0, 3, 4, 9):
        (tmp_path / f"{i}.png").write_text("no")
    return tmp_path


def widths(opened):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkippedPicture)
        return [picture.width - 20 for picture in opened]


@pytest.mark.parametrize(
    ("limit", "good", "length", "skipped"),
    [
        (None, [1, 2, 5, 6, 7, 8], 10, 4),
        (1, [1], 1, 1),
        (2, [1, 2], 2, 1),
        (np.int64(3), [1, 2, 5], 3, 3),
        (6, [1, 2, 5, 6, 7, 8], 6, 3),
        (99, [1, 2, 5, 6, 7, 8], 10, 4),
    ],
)
def test_limit_counts_good_pictures(mixed, limit, good, length, skipped):
    opened = open_pictures(mixed, limit=limit)
    assert len(opened) == length and len(opened.paths) == 10
    assert widths(opened) == good and len(opened.skipped) == skipped
    before = dict(opened.skipped)
    assert widths(opened) == good and opened.skipped == before


def test_nothing_is_decoded_before_it_is_asked_for(mixed, monkeypatch):
    opened, read, decode = open_pictures(mixed), [], module._decode

    def noted(path, *rest):
        read.append(path.name)
        return decode(path, *rest)

    monkeypatch.setattr(module, "_decode", noted)
    pictures = iter(opened[5:])
    assert read == []
    next(pictures)
    assert read == ["5.png"]


def test_work_goes_on_from_a_position(mixed):
    opened = open_pictures(mixed, limit=4)
    assert opened[7].width == 27 and opened[np.int64(-2)].width == 28
    assert widths(opened[5:]) == [5, 6, 7, 8] and widths(opened[6:8]) == [6, 7]
    assert widths(opened[9:]) == [] and widths(opened[10:]) == [] and len(opened[10:]) == 0
    assert [path.name for path in opened[8:].paths] == ["8.png", "9.png"]
    with pytest.raises(UnreadablePicture, match="3.png: not a picture"):
        opened[3]
    with pytest.raises(IndexError):
        opened[10]


def test_goes_to_another_process_and_back(mixed):
    opened = pickle.loads(pickle.dumps(open_pictures(mixed, limit=2)))
    assert widths(opened) == [1, 2]
    error = pickle.loads(pickle.dumps(UnreadablePicture(Path("a.png"), "broken")))
    assert (error.path, error.reason, str(error)) == (Path("a.png"), "broken", "a.png: broken")


# --- errors at once -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["limit", "max_side", "min_side"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3"])
def test_bad_numbers(mixed, name, value):
    with pytest.raises(ValueError, match=f"{name}={value!r}: expected a whole number of at least 1"):
        open_pictures(mixed, **{name: value})


def test_bad_sources(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone: no such folder"):
        open_pictures(tmp_path / "gone")
    path = save(tmp_path / "a.png")
    with pytest.raises(NotADirectoryError, match=r"a\.png is a file: give a folder, or a list: \['.*png'\]"):
        open_pictures(path)
    for source in (None, 3, [3], [None], [Image.new("RGB", (20, 20))]):
        with pytest.raises(ValueError, match="source=.*give a folder or a list of file paths"):
            open_pictures(source)
    with pytest.raises(NoPictures, match="list of files is empty"):
        open_pictures([])


def test_folders_without_pictures(tmp_path):
    with pytest.raises(NoPictures, match=r"no picture in .* 0 other files \(nothing\); .* read are .*\.jpg"):
        open_pictures(tmp_path)
    for name in ("a.txt", "b.txt", "c.csv", "README"):
        (tmp_path / name).touch()
    with pytest.raises(NoPictures, match=r"4 other files \(2 \.txt, 1 \.?[a-z ]+, 1 \.?[a-z ]+\)"):
        open_pictures(tmp_path)
    (tmp_path / "sub").mkdir()
    save(tmp_path / "sub" / "a.png")
    assert len(open_pictures(tmp_path)) == 1
    with pytest.raises(NoPictures, match="recursive=False"):
        open_pictures(tmp_path, recursive=False)


def test_all_skipped_ends_in_an_error(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.jpg").touch()
    opened = open_pictures(tmp_path)
    for _ in range(2):
        with (
            pytest.warns(SkippedPicture) as caught,
            pytest.raises(NoPictures, match="none of 2 files .*a.jpg: an empty"),
        ):
            list(opened)
        assert len(caught) == 2
    assert widths(opened[1:]) == []

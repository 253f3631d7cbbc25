"""The edits against torchvision, SciPy and Pillow; the mixture's frequencies and order; any size of picture."""

import io
import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torchvision.transforms.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import chisquare

from activeindex_lite.edits import (
    EDITS,
    STRENGTHS,
    apply_edit,
    apply_recipe,
    describe_recipe,
    draw_random_edit,
    random_edit,
)
from activeindex_lite.edits.basic import kernel_sigma
from activeindex_lite.edits.destructive import palette, perspective, pixelate, shuffle
from activeindex_lite.edits.emoji import DRAWINGS, emoji
from activeindex_lite.edits.mixture import FAMILIES, PHRASES, STEPS
from activeindex_lite.edits.screenshot import ACCENTS, LAYOUTS, THEMES, screenshot
from activeindex_lite.edits.text import overlay_text

NAMES = [
    "Identity", "Contrast 0.5", "Contrast 2", "Brightness 0.5", "Brightness 2", "Hue 0.2", "Blur 2", "JPEG 50",
    "Rotation 25", "Rotation 90", "Crop 0.5", "Resize 0.5", "Meme", "Random",
]  # fmt: skip
FAMILY_OF = {name: family for family, steps in FAMILIES.items() for name in steps}
EXTREMES = [(1, 1), (1, 300), (300, 1), (2000, 3)]
sizes = st.tuples(st.integers(1, 70), st.integers(1, 70))


def noise(width, height, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def smooth(width=224, height=160, seed=0):
    """A picture with large soft shapes in many colours and a little grain, as photographs have."""
    rng = np.random.default_rng(seed)
    coarse = noise(7, 5, seed).resize((width, height), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 3, (height, width, 3))
    return Image.fromarray((np.asarray(coarse) + grain).clip(0, 255).astype(np.uint8))


def array(picture):
    return np.asarray(picture).astype(int)


def difference(a, b):
    assert a.size == b.size
    return np.abs(array(a) - array(b))


def tensor_edit(function, picture, *args, **kwargs):
    """torchvision's own arithmetic on float tensors, which shares no code with Pillow's."""
    return F.to_pil_image(function(F.to_tensor(picture), *args, **kwargs).clamp(0, 1))


def recipes(n, seed=0):
    rng = np.random.default_rng(seed)
    return [draw_random_edit(rng) for _ in range(n)]


def test_the_table_holds_the_published_edits_in_order():
    assert list(EDITS) == NAMES
    assert [edit.name for edit in EDITS.values()] == NAMES
    assert [name for name, edit in EDITS.items() if edit.needs_rng] == ["Random"]


@pytest.mark.parametrize(
    ("name", "function", "strength"),
    [
        ("Contrast 0.5", F.adjust_contrast, 0.5),
        ("Contrast 2", F.adjust_contrast, 2),
        ("Brightness 0.5", F.adjust_brightness, 0.5),
        ("Brightness 2", F.adjust_brightness, 2),
    ],
)
def test_contrast_and_brightness_agree_with_torchvision_to_one_grey_level(name, function, strength):
    picture = smooth()
    assert difference(EDITS[name](picture), tensor_edit(function, picture, strength)).max() <= 1


def test_saturation_agrees_with_torchvision_to_two_grey_levels():
    picture = smooth()
    edited = apply_recipe(picture, [("saturation", {"factor": 2.5})])
    assert difference(edited, tensor_edit(F.adjust_saturation, picture, 2.5)).max() <= 2


@pytest.mark.parametrize("shift", STRENGTHS["Hue"].values)
def test_hue_agrees_with_torchvision_within_its_255_steps(shift):
    picture = smooth()
    moved = difference(STRENGTHS["Hue"](picture, shift), tensor_edit(F.adjust_hue, picture, shift))
    # Half a step of the circle is up to 3 grey levels, once for the stored hue and once for the shift.
    assert moved.max() <= 12 and moved.mean() < 1.2


def test_hue_turns_by_a_fifth_of_the_circle():
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    assert EDITS["Hue 0.2"](red).getpixel((0, 0)) == (204, 255, 0)


def test_blur_is_torchvisions_gaussian_with_kernel_11_and_sigma_2():
    for picture in (smooth(), noise(60, 41)):
        assert difference(EDITS["Blur 2"](picture), F.gaussian_blur(picture, [11, 11], [2.0, 2.0])).max() <= 1


@pytest.mark.parametrize("kernel", STRENGTHS["Blur"].values)
def test_every_blur_kernel_has_torchvisions_default_sigma(kernel):
    picture = noise(80, 61)
    assert difference(STRENGTHS["Blur"](picture, kernel), F.gaussian_blur(picture, [kernel, kernel])).max() <= 1


def test_kernel_11_is_sigma_2():
    assert kernel_sigma(11) == pytest.approx(2.0)
    assert (EDITS["Blur 2"](noise(40, 40)).tobytes()) == STRENGTHS["Blur"](noise(40, 40), 11).tobytes()


def test_jpeg_is_a_pillow_round_trip_at_quality_50():
    picture = smooth()
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=50)
    assert difference(EDITS["JPEG 50"](picture), Image.open(buffer)).max() == 0
    assert difference(EDITS["JPEG 50"](picture), picture).max() > 0


def test_rotation_by_25_degrees_agrees_with_torchvision_inside():
    picture = smooth()
    edited = EDITS["Rotation 25"](picture)
    other = tensor_edit(F.rotate, picture, 25, F.InterpolationMode.BILINEAR, expand=True)
    moved = difference(edited, other).max(axis=2)
    assert (moved <= 1).mean() > 0.98
    centre = moved[80:-80, 80:-80]
    assert centre.size > 5000 and centre.max() <= 1
    assert edited.getpixel((0, 0)) == (0, 0, 0)


def test_rotation_by_90_degrees_moves_pixels_and_loses_none():
    picture = noise(31, 18)
    assert np.array_equal(array(EDITS["Rotation 90"](picture)), np.rot90(array(picture)))


def test_crop_keeps_half_the_area_about_the_centre():
    picture = noise(400, 300)
    edited = EDITS["Crop 0.5"](picture)
    assert edited.width * edited.height / (400 * 300) == pytest.approx(0.5, abs=0.005)
    assert edited.width / edited.height == pytest.approx(4 / 3, abs=0.01)
    assert difference(edited, F.center_crop(picture, [edited.height, edited.width])).max() == 0


def test_resize_keeps_half_the_area_and_all_of_the_picture():
    picture = smooth(400, 300)
    edited = EDITS["Resize 0.5"](picture)
    assert edited.width * edited.height / (400 * 300) == pytest.approx(0.5, abs=0.005)
    assert difference(edited, tensor_edit(F.resize, picture, [edited.height, edited.width], antialias=True)).max() <= 1


@pytest.mark.parametrize("family", ["Crop", "Resize"])
def test_area_sweeps_keep_the_share_they_name(family):
    for share in STRENGTHS[family].values:
        edited = STRENGTHS[family](noise(300, 200), share)
        assert edited.width * edited.height / 60_000 == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize("size", [(224, 224), (500, 300), (200, 600), (900, 120), (1600, 1200)])
def test_meme_puts_black_text_on_a_white_band_above_the_picture(size):
    picture = Image.new("RGB", size, (10, 200, 90))
    edited = EDITS["Meme"](picture)
    band = edited.height - picture.height
    assert edited.width == size[0] and 0.19 <= band / edited.height <= 0.25
    assert np.array_equal(array(edited)[band:], array(picture))
    ink = array(edited)[:band].max(axis=2) < 128
    assert 0.02 < ink.mean() < 0.4
    frame = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    assert not frame.any()


def test_strength_sweeps_are_the_published_ones():
    values = {name: sweep.values for name, sweep in STRENGTHS.items()}
    assert list(values) == ["Rotation", "Crop", "Resize", "Blur", "JPEG", "Contrast", "Brightness", "Hue"]
    assert values["Rotation"] == tuple(range(-90, 100, 10))
    assert values["Crop"] == values["Resize"] == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert values["Blur"] == (3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29)
    assert values["JPEG"] == (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
    assert values["Contrast"] == values["Brightness"] == pytest.approx(np.arange(0.5, 1.95, 0.1))
    assert values["Hue"] == pytest.approx(np.arange(-0.5, 0.55, 0.1))


@pytest.mark.parametrize("name", [name for name, sweep in STRENGTHS.items() if sweep.neutral is not None])
def test_the_neutral_strength_changes_nothing(name):
    picture, sweep = smooth(), STRENGTHS[name]
    # Pillow's HSV conversion is not exact both ways: grey levels may be off by a few even without a shift.
    assert sweep.neutral in sweep.values
    assert difference(sweep(picture, sweep.neutral), picture).max() <= (6 if name == "Hue" else 0)


def check_edited(edited, picture, before):
    assert type(edited) is Image.Image and edited.mode == "RGB" and min(edited.size) >= 1
    assert edited is not picture and picture.tobytes() == before


@settings(max_examples=10, deadline=None)
@given(size=sizes)
@example(EXTREMES[0])
@example(EXTREMES[1])
@example(EXTREMES[2])
@example(EXTREMES[3])
def test_every_edit_and_sweep_value_takes_any_size_and_leaves_its_input_alone(size):
    picture = noise(*size)
    before = picture.tobytes()
    for edit in EDITS.values():
        check_edited(edit(picture, np.random.default_rng(1)), picture, before)
    for sweep in STRENGTHS.values():
        for value in sweep.values:
            check_edited(sweep(picture, value), picture, before)


@settings(max_examples=200, deadline=None)
@given(size=sizes, seed=st.integers(0, 2**32))
def test_random_recipes_take_any_size(size, seed):
    picture = noise(*size)
    before = picture.tobytes()
    check_edited(random_edit(picture, np.random.default_rng(seed)), picture, before)


@pytest.mark.parametrize("size", EXTREMES)
def test_each_step_of_the_mixture_takes_extreme_sizes(size):
    picture, rng = noise(*size), np.random.default_rng(3)
    before = picture.tobytes()
    for name, step in STEPS.items():
        for _ in range(3):
            check_edited(apply_recipe(picture, [(name, step.draw(rng))]), picture, before)


def test_an_opened_file_is_edited_as_the_picture_it_holds(tmp_path):
    noise(30, 20).save(tmp_path / "a.png")
    for name in NAMES:
        a = EDITS[name](Image.open(tmp_path / "a.png"), np.random.default_rng(5))
        b = EDITS[name](noise(30, 20), np.random.default_rng(5))
        assert type(a) is Image.Image and a.tobytes() == b.tobytes()


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others():
    pictures = [smooth(60, 40, seed) for seed in range(12)]
    first, again, other = (apply_edit("Random", pictures, np.random.default_rng(s)) for s in (7, 7, 8))
    assert [p.tobytes() for p in first] == [p.tobytes() for p in again]
    assert sum(a.tobytes() != b.tobytes() for a, b in zip(first, other)) >= 10


def test_pictures_are_edited_from_the_generator_in_order():
    pictures = [smooth(60, 40, seed) for seed in range(4)]
    rng = np.random.default_rng(2)
    one_by_one = [apply_recipe(picture, draw_random_edit(rng)) for picture in pictures]
    together = apply_edit("Random", pictures, np.random.default_rng(2))
    assert [p.tobytes() for p in one_by_one] == [p.tobytes() for p in together]


def test_the_number_of_edits_is_drawn_with_the_published_probabilities():
    counts = Counter(len(recipe) for recipe in recipes(4000))
    assert set(counts) == {1, 2, 3, 4}
    assert chisquare([counts[n] for n in (1, 2, 3, 4)], [400, 800, 1200, 1600]).pvalue > 1e-3


def test_families_are_different_and_equally_likely_and_so_are_the_edits_of_one():
    drawn = [[name for name, _ in recipe] for recipe in recipes(4000)]
    families = Counter()
    for names in drawn:
        assert len({FAMILY_OF[name] for name in names}) == len(names)
        families.update(FAMILY_OF[name] for name in names)
    # A recipe holds 3 edits in the mean, so each of the four families is in three quarters of them.
    assert {family: n / 4000 for family, n in families.items()} == pytest.approx(
        dict.fromkeys(FAMILIES, 0.75), abs=0.03
    )
    edits = Counter(name for names in drawn for name in names)
    for family, steps in FAMILIES.items():
        assert chisquare([edits[name] for name in steps]).pvalue > 1e-3, family


def test_crop_goes_first_palette_last_and_the_others_in_any_order():
    orders = Counter()
    for recipe in recipes(3000):
        names = [name for name, _ in recipe]
        assert "crop" not in names[1:] and "palette" not in names[:-1]
        orders.update((a, b) for a, b in pairwise(names))
    assert orders["emoji", "rotate"] > 5 and orders["rotate", "emoji"] > 5


def test_parameters_lie_in_the_published_ranges():
    ranges = {
        ("brightness", "factor"): (0.1, 1.9), ("saturation", "factor"): (2, 5), ("emoji", "size"): (0.4, 0.8),
        ("emoji", "opacity"): (0.5, 1), ("text", "height"): (0.1, 0.3), ("blur", "radius"): (5, 10),
        ("palette", "colours"): (2, 16), ("JPEG", "quality"): (5, 25), ("pixelate", "ratio"): (0.2, 0.5),
        ("shuffle", "share"): (0.1, 0.3), ("crop", "width"): (0.3, 0.6), ("crop", "height"): (0.3, 0.6),
        ("aspect ratio", "ratio"): (0.5, 2), ("rotate", "angle"): (-90, 90),
    }  # fmt: skip
    rng = np.random.default_rng(0)
    for (name, parameter), (low, high) in ranges.items():
        seen = [STEPS[name].draw(rng)[parameter] for _ in range(400)]
        room = (high - low) * 0.05
        assert low <= min(seen) <= low + room and high - room <= max(seen) <= high, name
    assert all(5 <= len(phrase) <= 15 for phrase in PHRASES)


def test_recipes_survive_json_and_are_told_in_words():
    picture = smooth(80, 60)
    for recipe in recipes(60):
        again = json.loads(json.dumps(recipe))
        assert apply_recipe(picture, again).tobytes() == apply_recipe(picture, recipe).tobytes()
        assert all(name in describe_recipe(recipe) for name, _ in recipe)
    assert describe_recipe([("rotate", {"angle": -31.2}), ("flip", {})]) == "rotate (angle -31), flip"


def test_the_mixtures_blur_grows_with_the_picture():
    # The same scene at twice the size, blurred and shrunk again, must look like the small one blurred.
    small = smooth(150, 150).resize((150, 150))
    large = small.resize((600, 600), Image.Resampling.BICUBIC)
    recipe = [("blur", {"radius": 8.0})]
    shrunk = apply_recipe(large, recipe).resize((150, 150), Image.Resampling.BOX)
    assert difference(apply_recipe(small, recipe), shrunk).mean() < 1
    flat = apply_recipe(noise(100, 100), recipe)
    assert array(flat).std() < array(noise(100, 100)).std() / 3


def test_shuffle_permutes_the_share_of_pixels_it_names():
    values = np.arange(10_000)
    picture = Image.fromarray(
        np.stack([values % 256, values // 256, 0 * values], -1).astype(np.uint8).reshape(100, 100, 3)
    )
    shuffled = shuffle(picture, 0.2, seed=3)
    moved = (array(shuffled) != array(picture)).any(axis=2)
    assert moved.sum() == 2000
    assert Counter(map(tuple, array(shuffled).reshape(-1, 3))) == Counter(map(tuple, array(picture).reshape(-1, 3)))


@pytest.mark.parametrize("colours", [2, 7, 16])
def test_palette_is_as_close_as_pillows_median_cut_of_all_pixels(colours):
    def error(edited):
        return np.sqrt((difference(edited, picture) ** 2).mean())

    for picture in (smooth(200, 120), smooth(90, 200, seed=1)):
        edited = palette(picture, colours)
        assert len(edited.getcolors()) == colours
        assert error(edited) <= 1.05 * error(picture.quantize(colours, dither=Image.Dither.NONE).convert("RGB"))


def test_pixelate_makes_blocks():
    blocks = array(pixelate(noise(100, 100), 0.2)).reshape(20, 5, 20, 5, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()


def test_perspective_agrees_with_torchvision():
    picture = smooth(200, 200)
    corners = [(0.1, 0.05), (-0.05, 0.1), (0.05, -0.1), (0.02, -0.04)]
    start = [[0, 0], [200, 0], [200, 200], [0, 200]]
    end = [[x + dx * 200, y + dy * 200] for (x, y), (dx, dy) in zip(start, corners)]
    other = F.perspective(picture, start, [[round(x), round(y)] for x, y in end], F.InterpolationMode.BILINEAR)
    moved = difference(perspective(picture, corners), other)
    assert np.quantile(moved, 0.99) <= 1 and array(perspective(picture, corners))[0, 0].max() == 0


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_screenshot_holds_the_whole_picture(layout, theme):
    for size in [(224, 224), (300, 120), (100, 260)]:
        picture = noise(*size)
        shot = screenshot(picture, layout, theme, next(iter(ACCENTS)))
        found = [
            (x, y)
            for y in range(shot.height - size[1] + 1)
            for x in range(shot.width - size[0] + 1)
            if shot.getpixel((x, y)) == picture.getpixel((0, 0))
            and shot.crop((x, y, x + size[0], y + size[1])).tobytes() == picture.tobytes()
        ]
        assert len(found) == 1
        assert 0.25 < size[0] * size[1] / (shot.width * shot.height) < 0.8


@pytest.mark.parametrize("name", DRAWINGS)
def test_an_emoji_fills_its_square_and_is_clear_outside(name):
    drawn = np.asarray(emoji(name, 120))
    opaque = drawn[..., 3] > 200
    assert drawn.shape == (120, 120, 4) and 0.25 < opaque.mean() < 0.9
    rows, columns = (np.flatnonzero(opaque.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) > 100
    assert drawn[0, 0, 3] == drawn[-1, -1, 3] == 0


def test_overlaid_text_stays_inside_at_any_place():
    ground = (120, 120, 120)
    for text in PHRASES:
        for width, height, share in [(224, 224, 0.3), (120, 400, 0.3), (500, 100, 0.25)]:
            picture = Image.new("RGB", (width, height), ground)
            inked = []
            for place in (0, 0.5, 1):
                edited = overlay_text(picture, text, share, place, place, (255, 255, 255))
                inked.append((difference(edited, picture).max(axis=2) > 0).sum())
            # Whatever the place, no ink is lost over the border.
            assert inked[0] > 0 and max(inked) - min(inked) <= 0.02 * max(inked)


def test_letters_grow_with_the_height_asked_for():
    picture = Image.new("RGB", (900, 300), (120, 120, 120))
    for share in (0.1, 0.2, 0.3):
        edited = overlay_text(picture, "hello there", share, 0.5, 0.5, (255, 255, 255))
        rows = np.flatnonzero(difference(edited, picture).max(axis=(1, 2)))
        # The ink of "hello" (without descenders) is some 70-80 % of the font size, plus the outline.
        assert 0.6 < np.ptp(rows) / (share * 300) < 1.0


def test_errors_name_what_was_seen_and_what_is_allowed():
    picture = noise(8, 8)
    with pytest.raises(ValueError, match="Blur 3.*Identity.*Contrast 0.5.*Random"):
        apply_edit("Blur 3", [picture])
    with pytest.raises(ValueError, match="default_rng"):
        apply_edit("Random", [picture])
    with pytest.raises(ValueError, match="default_rng"):
        EDITS["Random"](picture, 42)
    with pytest.raises(ValueError, match="mode L"):
        EDITS["Identity"](picture.convert("L"))
    with pytest.raises(ValueError, match="ndarray"):
        STRENGTHS["Crop"](array(picture), 0.5)
    with pytest.raises(ValueError, match="sepia.*greyscale"):
        apply_recipe(picture, [("sepia", {})])
    for name, value in [("Blur", 4), ("Crop", 0), ("Resize", 1.5), ("JPEG", 0), ("Hue", 0.7), ("Contrast", -1)]:
        with pytest.raises(ValueError, match=str(value)):
            STRENGTHS[name](picture, value)

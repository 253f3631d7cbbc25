"""Figures of activation: that they show what they were given, from their artists and words."""

import numpy as np
import pytest

from activeindex_lite import activate
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.figures import activation as draw
from activeindex_lite.figures import perceptual
from activeindex_lite.lessons import activation as latent
from activeindex_lite.lessons import perceptual as tradeoff
from activeindex_lite.sweeps.alpha import load_grid

EDITS = ("Identity", "Contrast 2")


@pytest.fixture(scope="module")
def runs(world, extractor, small_indexes):
    pictures = world.pictures(range(5))
    x = extractor(pictures)
    return (
        pictures,
        x,
        {
            f: (small_indexes[f], activate(pictures, small_indexes[f], extractor, steps=2, features=x))
            for f in ("IVF64,Flat", "PQ8x6", "PCA64,LSH")
        },
    )


@pytest.fixture(scope="module")
def copies(runs, extractor):
    pictures, x, made = runs
    index, run = made["IVF64,Flat"]
    return index, x, *(edited_features(released, extractor, edits=EDITS) for released in (pictures, run.pictures))


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_walks_show_every_step_and_the_share_that_is_kept(runs):
    _, x, made = runs
    scenes = {f: latent.scene(index, x[2], run.path[1:, 2]) for f, (index, run) in made.items()}
    drawn = draw.walks(scenes)
    assert len(drawn.figure.axes) == 3
    for axes, (name, scene) in zip(drawn.figure.axes, scenes.items(), strict=True):
        assert name in axes.get_title(loc="left") and f"{scene.kept:.0%}" in axes.get_title(loc="left")
        assert f"{name}: the plane keeps {scene.kept:.0%}" in drawn.alt
        walk = next(line for line in axes.lines if len(line.get_xdata()) == 3)
        np.testing.assert_allclose(walk.get_xydata(), [scene.start, *scene.features])
    assert "more firmly\nthe same bits" in texts(drawn.figure.axes[2])
    assert drawn.png()


def test_copies_say_whether_they_stay(runs, copies, small_indexes):
    index, x, passive, active = copies
    run = runs[2]["IVF64,Flat"][1]
    i, edit = 0, "Contrast 2"
    scenes = {
        "as it is": latent.scene(index, x[i], passive[edit][i]),
        "activated": latent.scene(index, x[i], active[edit][i], start=run.features[i]),
    }
    drawn = draw.copies_and_borders(scenes, edit)
    for axes, features in zip(drawn.figure.axes, (passive, active), strict=True):
        stays = index.assign(features[edit][i : i + 1]) == index.assign(x[i : i + 1])
        assert ("✓" if stays else "✗") in axes.get_title(loc="left")
    assert edit in drawn.alt
    alone = draw.copies_and_borders({"as it is": scenes["as it is"]}, edit)
    assert len(alone.figure.axes) == 1 and alone.alt in drawn.alt.replace(";", ".")


def test_distances_show_both_means(copies):
    index, x, passive, active = copies
    table = latent.code_distances(index.targets(x).points, passive, active)
    drawn = draw.distances_to_code(table, EDITS)
    for axes, edit in zip(drawn.figure.axes, EDITS, strict=True):
        means = [table[(table.edit == edit) & (table.activated == a)].distance.mean() for a in (False, True)]
        assert texts(axes) == [f"{means[0]:.2f} → {means[1]:.2f}"]
        np.testing.assert_allclose(
            sorted(line.get_xdata()[0] for line in axes.lines if len(line.get_xdata())), sorted(means)
        )
        # All pictures are in the histograms.
        heights = [patch.get_xy()[:, 1].max() for patch in axes.patches]
        assert min(heights) >= 1


def test_terms_stand_end_to_end(copies):
    index, x, passive, active = copies
    table = latent.three_terms(index.targets(x).points, passive, active)
    drawn = draw.three_terms(table, ("Contrast 2",))
    axes = drawn.figure.axes[0]
    means = table[table.edit == "Contrast 2"].groupby("activated")[["shift", "code", "cross", "total"]].mean()
    widths = np.array([bar.get_width() for bar in axes.patches]).reshape(2, 3)
    np.testing.assert_allclose(widths, means[["code", "shift", "cross"]])
    np.testing.assert_allclose(widths.sum(1), means.total)
    assert f"= {means.total[True]:.2f}" in drawn.alt


def test_staying_draws_both_shares(copies):
    index, x, passive, active = copies
    table = latent.staying(index, x, passive, active)
    drawn = draw.staying(table)
    marks = [line for line in drawn.figure.axes[0].lines if len(line.get_xdata()) == 2]
    for line, activated in zip(marks, (False, True), strict=True):
        np.testing.assert_allclose(line.get_xdata(), table[table.activated == activated].share)
    assert "the smallest gain under Identity, where it stays at 1.00" in drawn.alt


def test_steps_draw_each_picture_and_the_mean(runs, extractor):
    pictures, x, made = runs
    table = latent.quality_by_steps(pictures[:3], made["IVF64,Flat"][0], extractor, steps=(1, 2), features=x[:3])
    left, right = draw.steps(table).figure.axes
    np.testing.assert_allclose(left.lines[-1].get_ydata(), table.groupby("steps").loss.mean())
    np.testing.assert_allclose(right.lines[-1].get_ydata(), table[table.steps > 0].groupby("steps").psnr.mean())
    assert len(left.lines) == len(right.lines) == 4


def test_room_names_what_decides(runs):
    picture = runs[0][0]
    luminance, contrast, room = tradeoff.masking(picture)
    drawn = perceptual.room_to_change(picture, luminance, contrast, room)
    assert f"{(contrast > luminance).mean():.0%}" in drawn.alt
    for axes, values in zip(drawn.figure.axes[1:4], (luminance, contrast, room), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), values)
        assert f"mean {values.mean():.1f}" in axes.get_title()
    # One scale for the three.
    assert len({axes.images[0].get_clim() for axes in drawn.figure.axes[1:4]}) == 1


def test_a_picture_by_itself_keeps_its_shape(runs):
    picture = runs[0][0].crop((0, 0, 120, 60))
    drawn = perceptual.one_picture(picture)
    np.testing.assert_array_equal(drawn.figure.axes[0].images[0].get_array(), np.asarray(picture))
    width, height = drawn.figure.get_size_inches()
    assert width == 2 * height and "120 x 60" in drawn.alt


def test_released_picture_and_its_enlargement(runs):
    picture, run = runs[0][1], runs[2]["IVF64,Flat"][1]
    drawn = perceptual.pictures_and_loupe({"original": picture, "released": run.pictures[1]}, (10, 20, 74, 84))
    shown = [axes.images[0].get_array() for axes in drawn.figure.axes]
    np.testing.assert_array_equal(shown[3], np.asarray(picture)[20:84, 10:74])
    np.testing.assert_array_equal(shown[4], np.asarray(run.pictures[1])[20:84, 10:74])
    assert f"largest change is {run.linf[1]:.0f} grey" in drawn.alt


def test_comparisons_show_means(runs):
    pictures, _, made = runs
    _, run = made["IVF64,Flat"]
    both = {"one": (3, run), "other": (3, run)}
    table = tradeoff.runs_table(both)
    for drawn, columns in (
        (perceptual.quality_distributions(table), ("psnr", "ssim", "linf")),
        (perceptual.bounds_and_code(table), ("psnr", "ssim", "after")),
        (perceptual.schedules(table), ("ms", "psnr", "after")),
    ):
        for axes, column in zip(drawn.figure.axes, columns, strict=True):
            dots = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == len(pictures)]
            np.testing.assert_allclose(dots, [table[table.run == "one"][column]] * 2)
        assert f"Means over {len(pictures)} pictures" in drawn.alt
    sheet = perceptual.bounds_side_by_side(pictures[0], both, 0, (0, 0, 64, 64))
    assert len(sheet.figure.axes) == 6 and f"{run.psnr[0]:.1f} dB" in sheet.alt


@pytest.mark.parametrize("draw_grid", [perceptual.pareto, perceptual.alpha_and_nprobe])
def test_the_grid_is_drawn_as_stored(draw_grid):
    grid = load_grid()
    of = grid[grid["index"] == "IVF-PQ"].set_index(["alpha", "nprobe"]).r1
    drawn = draw_grid(grid)
    assert f"{of[0.0, 1]:.2f}" in drawn.alt and f"{of[3.0, 1]:.2f}" in drawn.alt
    with pytest.raises(ValueError, match="no-such"):
        draw_grid(grid, index="no-such")

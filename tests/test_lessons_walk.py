"""The walk of one activation at growing alpha: what is exact in its plane, its sheets, its animation and its
command.
"""

import io

import numpy as np
import pytest
from matplotlib.path import Path as Polygon
from PIL import Image

from activeindex_lite.cli.main import main
from activeindex_lite.figures.walk import CHANGE_MS, FIRST_MS, LAST_MS, STEP_MS, animation, sheet
from activeindex_lite.lessons.one_picture import OnePicture, joined
from activeindex_lite.lessons.walk import walk, won_back


@pytest.fixture(scope="module")
def one(small_indexes, world, extractor):
    return OnePicture(world.pictures([7])[0], small_indexes["IVF64,Flat"], extractor, 7)


@pytest.fixture(scope="module")
def seen(one):
    return walk(one, "Rotation 90", alphas=(0, 1.5, 6), steps=2)


def test_walk_releases_at_each_alpha_and_searches_for_the_copy(one, seen):
    assert seen.pictures[0] == one.picture and np.isinf(seen.psnr[0])
    assert seen.psnr[1] > seen.psnr[2] > 25
    release = one.release(6, 2)
    assert release.picture == seen.pictures[2]
    assert seen.to_code == pytest.approx(np.square(one.extractor(seen.pictures) - one.q).sum(1), rel=1e-5)
    for picture, copy, first, found in zip(seen.pictures, seen.copies, seen.first, seen.ids, strict=True):
        again = one.search(picture, "Rotation 90")
        assert (copy, first, found) == (again.query, again.first[0], again.ids[0])


def test_the_plane_tells_truly_in_which_cell_the_first_and_last_copy_lie(one, seen):
    own = one.index.assign(one.x[None])
    for at in (0, 2):
        stays = one.index.assign(one.extractor([seen.copies[at]])) == own
        assert Polygon(seen.scene.own).contains_point(seen.copied[at]) == stays
    distances = np.linalg.norm(one.extractor([seen.copies[0], seen.copies[2]]) - one.x, axis=1)
    assert np.linalg.norm(seen.copied[[0, 2]] - seen.scene.start, axis=1) == pytest.approx(distances, rel=1e-4)


def test_alphas_begin_with_the_passive_picture(one):
    for alphas in ((), (0,), (1, 2)):
        with pytest.raises(ValueError, match="expected 0 and at least one more"):
            walk(one, "Meme", alphas)


def test_won_back_is_lost_before_and_found_after(one):
    edits = ("Identity", "Rotation 25", "Crop 0.5")
    won, active = set(won_back(one, edits, alpha=6)), one.release(6).picture
    for edit in edits:
        before, after = (one.search(picture, edit).first[0] for picture in (one.picture, active))
        assert (edit in won) == (not before and after)


def test_sheets_tell_what_was_measured(seen, world):
    for at, first in enumerate(seen.first):
        alt = sheet(seen, at, lambda i: world.pictures([i])[0]).alt
        assert f"alpha {seen.alphas[at]:g}" in alt and f"{seen.to_code[at]:.2f}" in alt
        assert ("the original comes first" if first else "another picture comes first") in alt


def test_animation_has_a_frame_for_each_alpha_and_stays_where_the_result_changes(seen, world):
    data = animation(seen, lambda i: world.pictures([i])[0], dpi=30)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.n_frames == 3 and picture.info["loop"] == 0
        picture.seek(1)
        picture.load()
        assert picture.info["duration"] == (STEP_MS if seen.first[0] == seen.first[1] else CHANGE_MS)
    assert FIRST_MS > STEP_MS < LAST_MS


def test_a_joined_picture_is_stored_and_the_index_is_not_changed(one, extractor):
    before = one.index.ntotal
    index = joined(one.index, extractor([one.picture]))
    assert index.ntotal == before + 1 and one.index.ntotal == before


def test_the_command_refuses_what_it_cannot_show_and_keeps_an_existing_file(tmp_path, capsys):
    kept = tmp_path / "walk.webp"
    kept.write_bytes(b"mine")
    for options, said in (
        (["--out", str(kept)], "exists: name another file"),
        (["--out", str(tmp_path / "w.webp"), "--edit", "Blurr"], "--edit 'Blurr': expected one of"),
        (["--out", str(tmp_path / "w.webp"), "--picture", "50000"], "from 0 to 49,999"),
        (["--out", str(tmp_path / "w.webp"), "--picture", str(tmp_path / "no.png")], "no.png"),
    ):
        assert main(["walk", *options]) == 2
        assert said in capsys.readouterr().err
    assert kept.read_bytes() == b"mine" and not (tmp_path / "w.webp").exists()


@pytest.mark.slow
def test_the_command_animates_an_own_picture_that_joins_the_references(tmp_path, world, capsys):
    world.pictures([4])[0].resize((150, 100)).save(tmp_path / "mine.png")
    out = tmp_path / "walk.webp"
    assert main(["walk", "--picture", str(tmp_path / "mine.png"), "--edit", "Meme", "--out", str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.n_frames == 13 and picture.format == "WEBP"
    assert "copy (Meme)" in capsys.readouterr().out

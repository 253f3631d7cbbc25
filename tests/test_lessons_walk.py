"""The walk of one activation step by step: what is exact in its plane, its sheets, its animation and its command."""

import io

import numpy as np
import pytest
from PIL import Image

from activeindex_lite.activation import activate
from activeindex_lite.activation.quality import psnr
from activeindex_lite.cli.main import main
from activeindex_lite.figures.walk import FLIGHT, FLY_MS, LAST_MS, animation, scenes, sheet
from activeindex_lite.lessons.one_picture import OnePicture, joined
from activeindex_lite.lessons.one_plane import one_plane, truly_inside
from activeindex_lite.lessons.walk import walk, won_back


@pytest.fixture(scope="module")
def one(small_indexes, world, extractor):
    return OnePicture(world.pictures([7])[0], small_indexes["IVF64,Flat"], extractor, 7)


@pytest.fixture(scope="module")
def seen(one):
    return walk(one, "Rotation 90", alpha=6, steps=3)


def test_walk_releases_after_each_step_and_searches_before_and_after(one, seen, extractor):
    assert seen.pictures[0] == one.picture and len(seen.pictures) == 4 and np.isinf(seen.psnr[0])
    run = activate([one.picture], one.index, extractor, alpha=6, steps=3)
    assert seen.pictures[-1] == run.pictures[0]
    assert seen.psnr[1:] == pytest.approx([psnr(one.picture, picture) for picture in seen.pictures[1:]])
    assert seen.measure == pytest.approx(np.square(extractor(seen.pictures) - one.q).sum(1), rel=1e-4)
    for picture, found in ((one.picture, seen.before), (seen.pictures[-1], seen.after)):
        again = one.search(picture, "Rotation 90")
        assert (found.query, found.ids[0], found.first[0]) == (again.query, again.ids[0], again.first[0])


def test_the_plane_tells_truly_in_which_cell_both_copies_lie(one, seen):
    for found, place in ((seen.before, seen.passive), (seen.after, seen.active)):
        assert seen.plane.inside(place)[0] == truly_inside(one, found.feature[None])[0]
        assert np.linalg.norm(place) == pytest.approx(np.linalg.norm(found.feature - one.x), rel=1e-4)
    assert seen.plane.inside([0, 0])[0] and np.allclose(seen.path[0], 0)


def test_regions_light_up_in_the_order_in_which_a_search_visits_cells(one, seen):
    plane = seen.plane
    order = one.index.probe(seen.before.feature[None], 64)[0]
    ranks = plane.ranks(order)
    assert len(ranks) == len(plane.scene.regions) and sorted(ranks) == sorted(set(ranks))
    assert all(order[rank - 1] == cell for rank, cell in zip(ranks, plane.own_cells))
    # Nearest first: the copy lies in the region of its first cell.
    assert ranks.min() == 1 and not plane.ranks(order[:0]).any()


def test_an_index_without_known_borders_has_a_plane_all_the_same(one, small_indexes, world, extractor):
    other = OnePicture(one.picture, small_indexes["SQ4"], extractor, 7)
    found = other.search(one.picture, "Meme")
    plane = one_plane(other, found.feature, other.x)
    assert plane.scene.kind == "none" and plane.inside([0, 0]) is None
    assert np.linalg.norm(plane.flat(found.feature)[0]) == pytest.approx(
        np.linalg.norm(found.feature - other.x), rel=1e-4
    )
    assert "Meme" in sheet(walk(other, "Meme", steps=1), lambda i: world.pictures([i])[0]).alt


def test_won_back_is_lost_before_and_found_after(one):
    edits = ("Identity", "Rotation 25", "Crop 0.5")
    won, active = set(won_back(one, edits, alpha=6)), one.release(6).picture
    for edit in edits:
        before, after = (one.search(picture, edit).first[0] for picture in (one.picture, active))
        assert (edit in won) == (not before and after)


@pytest.mark.parametrize("index", ["IVF64,Flat", "PQ8x6", "PCA64,LSH"])
def test_sheets_tell_what_was_measured(index, one, small_indexes, extractor, world):
    other = OnePicture(one.picture, small_indexes[index], extractor, 7)
    seen = walk(other, "Rotation 90", alpha=6, steps=2)
    for step in range(3):
        alt = sheet(seen, lambda i: world.pictures([i])[0], step).alt
        assert f"step {step} of 2" in alt and f"{seen.measure[step]:.2f}" in alt
        assert ("nprobe 1" in alt) == (index == "IVF64,Flat")
        for name, found in (("passive", seen.before), ("activated", seen.after)):
            first = "the original" if found.first[0] else "another picture"
            assert f"{name} copy finds {first} first" in alt


def test_a_result_is_shown_once_its_copy_has_arrived(seen, world):
    def texts(flown):
        figure = sheet(seen, lambda i: world.pictures([i])[0], 3, flown).figure
        return sum(text.get_text().startswith(("✓ finds", "✗ finds")) for text in figure.texts)

    assert [texts(flown) for flown in ((0, 0), (0.9, 0), (1, 0.5), (1, 1))] == [0, 0, 1, 2]


def test_the_animation_tells_the_edit_the_walk_and_the_edit_again(seen, world):
    shown = list(scenes(3))
    assert [step for step, *_ in shown] == sorted(step for step, *_ in shown)
    assert shown[0][1] == (0, 0) and shown[-1][:2] == (3, (1, 1)) and shown[-1][2] == LAST_MS
    data = animation(seen, lambda i: world.pictures([i])[0], dpi=30)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.n_frames == len(shown) and picture.info["loop"] == 0
        picture.seek(1)
        picture.load()
        assert picture.info["duration"] == FLY_MS and len(FLIGHT) > 2


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
        assert picture.n_frames == len(list(scenes(10))) and picture.format == "WEBP"
    assert "copy (Meme)" in capsys.readouterr().out

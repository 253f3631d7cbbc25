"""A folder of one's own pictures: duplicates are kept once, originals are drawn, and an @ may be part of a path."""

import re
import shutil
import warnings

import numpy as np
import pytest

from activeindex_lite import synthetic_pictures
from activeindex_lite.cli.main import main
from activeindex_lite.cli.options import name_and_size
from activeindex_lite.evaluation.extractors import check_extractor
from activeindex_lite.evaluation.originals import DuplicatePictures, drawn, originals_of, photo_originals, read_once
from activeindex_lite.support.files import mark_as_output

N = 12


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for i, picture in enumerate(synthetic_pictures(range(700, 700 + N), 128)):
        picture.save(folder / f"{i:02}.png")
    return folder


@pytest.fixture
def twice(photos, tmp_path):
    """Each picture three times: as it is, under another name, and saved in another format without loss."""
    from PIL import Image

    folder = tmp_path / "twice"
    shutil.copytree(photos, folder)
    for path in sorted(photos.iterdir()):
        shutil.copy(path, folder / f"copy of {path.name}")
        Image.open(path).save(folder / f"{path.stem}.bmp")
    return folder


def test_duplicates_are_counted_and_one_of_each_is_kept(photos, twice, extractor):
    with pytest.warns(
        DuplicatePictures, match=r"24 of 36 pictures are duplicates, such as .* of .*; one of each is kept"
    ):
        paths, features = read_once(twice, extractor, progress=False)
    alone = read_once(photos, extractor, progress=False)
    assert len(paths) == len(features) == len(alone[0]) == N
    np.testing.assert_allclose(np.sort(features, 0), np.sort(alone[1], 0), atol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_once(twice, extractor, keep_duplicates=True, progress=False)[0]) == 3 * N


@pytest.mark.slow
def test_check_extractor_gives_the_same_with_and_without_duplicates(photos, twice, extractor):
    want = check_extractor(extractor, photos, N, progress=False)["lite@128"]
    with pytest.warns(DuplicatePictures):
        got = check_extractor(extractor, twice, N, progress=False)["lite@128"]
    assert got.Identity == want.Identity == 1 and got.references == N and got.Mean == pytest.approx(want.Mean, abs=0.02)
    kept = check_extractor(extractor, twice, N, keep_duplicates=True, progress=False)["lite@128"]
    assert kept.Identity == 0 and kept.references == 3 * N  # every original ties with its duplicates


def test_originals_of_a_folder_with_duplicates_are_found(twice, extractor):
    with pytest.warns(DuplicatePictures):
        originals = photo_originals(twice, N, extractor)
    stored = originals.references[originals.truth]
    assert len(originals.references) == 50_000 + N
    near = stored @ originals.references.T
    assert (near.argmax(1) == originals.truth).all() and (np.sort(near, 1)[:, -2] < 1 - 1e-4).all()


def test_originals_are_drawn_and_not_the_first_of_a_sorted_folder(photos, extractor):
    truths = [originals_of(4, seed, photos, extractor).truth - 50_000 for seed in range(3)]
    assert all(len(truth) == 4 and (np.diff(truth) > 0).all() for truth in truths)
    assert len({tuple(truth) for truth in truths}) == 3 and max(map(max, truths)) > 5
    assert np.array_equal(originals_of(4, 1, photos, extractor).truth - 50_000, truths[1])
    assert drawn(3, 200, 0).tolist() == [0, 1, 2]


def test_check_extractor_draws_by_the_seed(photos, extractor, monkeypatch):
    from activeindex_lite.evaluation import extractors

    seen = []
    monkeypatch.setattr(
        extractors,
        "edited_features",
        lambda pictures, *_, **__: seen.append(pictures) or {"Identity": extractor(pictures)},
    )
    for seed in (0, 1, 1):
        check_extractor(extractor, photos, 3, seed, progress=False)
    names = [[picture.tobytes()[:3000] for picture in pictures] for pictures in seen]
    assert names[0] != names[1] and names[1] == names[2]


@pytest.mark.parametrize("inside", ["demo", "a/b/evaluation", "comparison"])
def test_folders_of_results_are_not_read_as_pictures(inside, photos, tmp_path, extractor):
    folder = tmp_path / "mine"
    shutil.copytree(photos, folder)
    mark_as_output(folder / inside)
    shutil.copytree(photos, folder / inside / "pictures")
    assert len(read_once(folder, extractor, progress=False)[0]) == N


def test_the_command_says_how_many_are_duplicates(twice, capsys):
    with pytest.warns(DuplicatePictures, match="24 of 36 pictures are duplicates"):
        assert main(["check-extractor", "lite", "--pictures", str(twice), "--originals", "3"]) == 0
    assert re.search(rf"references +{N}.0", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("text", "name", "size"),
    [
        ("lite", "lite", None),
        ("lite@96", "lite", 96),
        ("me@home/w.pt", "me@home/w.pt", None),
        ("me@home/w.pt@160", "me@home/w.pt", 160),
        ("/data/me@uni.edu/w.torchscript", "/data/me@uni.edu/w.torchscript", None),
        ("w@2.pt", "w@2.pt", None),
        ("a@b/resnet50", "a@b/resnet50", None),
    ],
)
def test_an_at_inside_a_path_belongs_to_the_path(text, name, size):
    assert name_and_size(text) == (name, size)


def test_an_at_in_the_name_of_a_file_that_exists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights@2024").write_bytes(b"")
    assert name_and_size("weights@2024") == ("weights@2024", None)
    for text in ("lite@x", "lite@", "lite@-3", "lite@²"):
        with pytest.raises(ValueError, match="expected the side of the input in pixels after @, as in lite@96"):
            name_and_size(text)

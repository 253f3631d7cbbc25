"""The lite extractor, other extractors, and the ready world they made."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from activeindex_lite import load_extractor, synthetic_pictures
from activeindex_lite.world.world import REFERENCE_SEED, TRAIN_SEED, read_packed, write_packed


def test_features_are_unit_vectors(extractor):
    pictures = synthetic_pictures(5, 130)
    features = extractor(pictures)
    assert features.shape == (5, 128) and features.dtype == np.float32 and extractor.d == 128
    assert np.linalg.norm(features, axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_every_form_of_picture_gives_the_same_feature(extractor):
    pictures = synthetic_pictures(3, 128)
    arrays = np.stack([np.asarray(p) for p in pictures])
    tensor = torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255
    expected = extractor(pictures)
    for form in (iter(pictures), arrays, tensor):
        assert np.allclose(extractor(form), expected, atol=1e-5)
    assert np.allclose(extractor.forward(tensor).numpy(), expected, atol=1e-5)


def test_resizing_with_gradient_agrees_with_resizing_of_pictures(extractor):
    pictures = [p.resize((300, 180)) for p in synthetic_pictures(6, 512)]
    tensor = torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        differentiable = extractor.forward(tensor).numpy()
    assert (differentiable * extractor(pictures)).sum(1).min() > 0.999


def test_batches_do_not_matter_and_none_is_fine(extractor):
    pictures = synthetic_pictures(7, 96)
    assert np.allclose(extractor(pictures, batch_size=2), extractor(pictures, batch_size=64), atol=1e-5)
    assert extractor([]).shape == (0, 128)


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_pictures_are_shared_out_among_cores_in_their_order(extractor, monkeypatch, cores):
    pictures, threads = synthetic_pictures(27, 96), set()
    expected = np.concatenate([extractor(pictures[i : i + 9]) for i in (0, 9, 18)])
    monkeypatch.setattr("activeindex_lite.extractor.extractor.cores", lambda: cores)
    monkeypatch.setattr(
        extractor,
        "_batch",
        lambda batch: threads.add(threading.get_ident()) or type(extractor)._batch(extractor, batch),
    )
    for given in (pictures, iter(pictures)):
        np.testing.assert_allclose(extractor(given, batch_size=9), expected, atol=1e-6)
    assert len(threads) <= 2 * cores and (threading.get_ident() in threads) == (cores == 1)
    with pytest.raises(ValueError, match="0 x 0 pixels"):
        extractor([*pictures, Image.new("RGB", (0, 0))])


def test_one_picture_without_a_list_is_explained(extractor):
    with pytest.raises(ValueError, match=r"extractor\(\[picture\]\)"):
        extractor(synthetic_pictures(1)[0])


def test_stored_features_agree_with_the_shipped_weights_and_generator(world, extractor):
    rng = np.random.default_rng(0)
    for stored, first in ((world.train, TRAIN_SEED), (world.references, REFERENCE_SEED)):
        ids = np.sort(rng.choice(len(stored), 24, replace=False))
        made = extractor(synthetic_pictures(first + ids, world.size))
        assert (made * stored[ids]).sum(1).min() > 0.999
    assert np.allclose(extractor(world.pictures([11])), world.references[11], atol=5e-3)


def test_world_is_as_stated(world):
    assert world.train.shape == (60_000, 128) and world.references.shape == (50_000, 128)
    assert world.train.dtype == world.references.dtype == np.float32
    assert np.abs(np.linalg.norm(world.references, axis=1) - 1).max() < 1e-5
    for ids in ([-1], [50_000]):
        with pytest.raises(ValueError, match="0 to 49999"):
            world.pictures(ids)


def test_world_opens_without_torch_and_faiss():
    code = (
        "import sys, activeindex_lite; activeindex_lite.load_world().pictures([0]);"
        "bad = {'torch', 'faiss', 'plotly', 'pandas'} & set(sys.modules); sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_public_names():
    import activeindex_lite

    for name in activeindex_lite.__all__:
        assert getattr(activeindex_lite, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = activeindex_lite.nothing


class Mean(torch.nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) + 3


def test_own_module():
    own = load_extractor(Mean(), size=32)
    assert own(synthetic_pictures(2, 96)).shape == (2, 3) and own.name == "Mean" and own.d == 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_torchscript_file(tmp_path):
    path = tmp_path / "mean.torchscript.pt"
    torch.jit.trace(Mean(), torch.zeros(1, 3, 8, 8)).save(str(path))
    with pytest.warns(UserWarning, match="trust"):
        loaded = load_extractor(str(path), size=64)
    assert np.allclose(loaded(synthetic_pictures(2, 96)), load_extractor(Mean(), size=64)(synthetic_pictures(2, 96)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*trust")
def test_what_is_no_extractor_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_extractor(tmp_path / "none.pt")
    text = tmp_path / "text.pt"
    text.write_text("not a network")
    with pytest.raises(ValueError, match="not a TorchScript file"):
        load_extractor(text)
    with pytest.raises(ValueError, match="resnet-fifty"):
        load_extractor("resnet-fifty")


def test_torchvision_model_without_its_head(monkeypatch):
    from torchvision import models

    def offline(name, weights):
        return models.resnet18(weights=None)

    monkeypatch.setattr(models, "get_model", offline)
    resnet = load_extractor("resnet18")
    assert resnet([Image.new("RGB", (64, 64))]).shape == (1, 512) and resnet.size == 224


def test_torchvision_offline_is_explained(monkeypatch):
    from urllib.error import URLError

    from torchvision import models

    def fails(name, weights):
        raise URLError("no network")

    monkeypatch.setattr(models, "get_model", fails)
    with pytest.raises(ConnectionError, match="lite"):
        load_extractor("resnet18")


def test_packed_features_come_back_bit_for_bit_and_are_smaller(world, tmp_path):
    halves = world.train[:3000].astype(np.float16)
    halves[0, :4] = 0.0, -0.0, np.inf, np.float16(6e-8)
    write_packed(tmp_path / "a.npz", halves)
    back = read_packed(tmp_path / "a.npz")
    assert back.dtype == np.float16 and np.array_equal(back.view(np.uint16), halves.view(np.uint16))
    assert (tmp_path / "a.npz").stat().st_size < 0.88 * halves.nbytes

"""Training: it learns, it resumes exactly where it stopped, and its material is drawn once."""

import numpy as np
import pytest
import torch

from activeindex_lite.training import Trainer, copies, originals, train
from activeindex_lite.training.trainer import copy_loss, rate_at, spread_loss
from activeindex_lite.training.views import edited_views


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("material")
    return originals(folder, 24), copies(folder, 24, 2, seed=0), folder


def test_material_is_drawn_once_and_not_mixed_up(material):
    (sources, clean), edited, folder = material
    assert (
        sources.shape == (24, 160, 160, 3) and clean.shape == (24, 128, 128, 3) and edited.shape == (24, 2, 128, 128, 3)
    )
    assert all(a.reshape(24, -1).std(1).min() > 0 for a in (sources, clean))
    before = (folder / "sources.npy").stat().st_mtime_ns
    again, _ = originals(folder, 24)
    assert np.array_equal(again, sources) and (folder / "sources.npy").stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="--work"):
        originals(folder, 25)


def test_views_are_pictures_and_repeatable(material):
    sources = torch.from_numpy(np.array(material[0][0][:16]))
    views = [edited_views(sources, 64, torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert views[0].shape == (16, 3, 64, 64)
    assert views[0].min() >= 0 and views[0].max() <= 1
    assert torch.equal(views[0], views[1]) and not torch.equal(views[0], views[2])


def test_losses_at_known_points():
    eye = torch.eye(4)
    perfect, confused = copy_loss(eye, [eye]), copy_loss(eye, [eye.roll(1, 0)])
    assert perfect < 1e-6 and confused > 10
    assert float(spread_loss(eye)) == pytest.approx(-np.log(np.sqrt(2)), abs=1e-5)


def test_rate_warms_up_stays_and_falls():
    rates = [rate_at(step, 10_000, 2e-3, 0.3) for step in (0, 249, 500, 6999, 8500, 9999)]
    assert rates[:4] == pytest.approx([4e-6, 1e-3, 2e-3, 2e-3])
    assert rates[4] == pytest.approx(1e-3) and rates[5] < 1e-6


def trainer(material, steps):
    return Trainer(material[0], material[1], steps, batch=8, seed=1)


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_end(material, tmp_path, monkeypatch):
    whole = train(trainer(material, 6), tmp_path / "whole.pt", every=3, progress=False)
    broken = trainer(material, 6)
    advance = broken.advance

    def stops():
        if broken.step == 4:
            raise KeyboardInterrupt
        return advance()

    monkeypatch.setattr(broken, "advance", stops)
    with pytest.raises(KeyboardInterrupt):
        train(broken, tmp_path / "broken.pt", every=3, progress=False)
    resumed = train(trainer(material, 6), tmp_path / "broken.pt", every=3, progress=False)
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values()):
        assert torch.allclose(a.float(), b.float(), atol=1e-6)


@pytest.mark.slow
def test_the_command_writes_weights_that_load(tmp_path, capsys):
    from activeindex_lite.cli.main import main
    from activeindex_lite.extractor.load import lite_network

    work, out = tmp_path / "work", tmp_path / "lite.safetensors"
    command = ["train", "--work", str(work), "--out", str(out), "--copies", "1", "--steps", "2"]
    assert main([*command, "--pictures", "20"]) == 2
    assert "20 training pictures" in capsys.readouterr().err
    assert main([*command, "--work", str(tmp_path / "more"), "--pictures", "100"]) == 0
    assert lite_network(out)(torch.zeros(1, 3, 64, 64)).shape == (1, 128)
    assert main([*command, "--pictures", "100"]) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.slow
def test_it_learns(material, tmp_path):
    run = Trainer(material[0], material[1], 40, batch=8, small_share=1.0, seed=0)
    run.network.train()
    losses = [float(run.advance()) for _ in range(40)]
    assert np.mean(losses[-8:]) < np.mean(losses[:8]) - 0.1

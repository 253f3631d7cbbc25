"""Activation: the gradient, the bound, the targets, and that features really come closer to what the index stores."""

import faiss
import numpy as np
import pytest
import torch
from PIL import Image

from activeindex_lite import activate, build_index, synthetic_pictures
from activeindex_lite.activation import activate_steps
from activeindex_lite.activation.descent import Descent, Settings
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.activation.objective import BLUE_HEAVY, amplitude, target_loss
from activeindex_lite.activation.perceptual import jnd
from activeindex_lite.activation.squeeze import Squeeze
from activeindex_lite.index import NothingToActivate


class TinyNet(torch.nn.Module):
    """A smooth network, so that finite differences mean something."""

    def __init__(self, d):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(3, 8, 5, 4)
        self.out = torch.nn.Linear(8, d)

    def forward(self, x):
        return self.out(torch.tanh(self.conv(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def originals(world):
    return world.pictures(range(6))


class Double:
    """An extractor in double precision, for finite differences."""

    def __init__(self, network, size):
        self.network, self.size, self.device = network.double(), size, torch.device("cpu")

    def forward(self, x):
        assert x.shape[-2:] == (self.size, self.size)
        return torch.nn.functional.normalize(self.network(x))


def descent_in_double(index, vectors, method, bound, size=(24, 20), generator=None):
    """A Descent of two random pictures, after some steps would have been taken; index: its factory string."""
    method = METHODS[method]
    pictures = torch.rand(2, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    targets = method.targets(build_index(index, vectors, vectors[:500]), vectors[:2])
    settings = Settings(method, 3.0, 10, method.lr, 1.0, bound, method.weights)
    descent = Descent(pictures, targets, Double(TinyNet(vectors.shape[1]), 16), pictures, generator, settings)
    descent.delta = torch.randn(pictures.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 0.5
    return descent


@pytest.mark.parametrize("factory", ["IVF4,Flat", "PCA4,LSH"])
@pytest.mark.parametrize(
    ("bound", "size"), [("jnd", (24, 20)), ("linf", (24, 20)), ("jnd", (9, 40)), ("jnd", (16, 16))]
)
def test_gradient_equals_finite_differences_of_the_formula(factory, bound, size):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(400, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    descent = descent_in_double(factory, vectors, "published", bound, size)
    pictures, bounds = descent.pictures, amplitude(descent.pictures, 3.0, bound, BLUE_HEAVY)

    def value(delta):
        change = bounds * torch.tanh(delta)
        small = torch.nn.functional.interpolate(pictures + change, (16, 16), mode="bilinear", antialias=True)
        loss_f = target_loss(descent.extractor.forward(small), descent.targets)
        return float((loss_f + change.square().mean((1, 2, 3))).sum().detach())

    features, losses, gradient = descent.look()
    assert features.shape == (2, 6) and losses.shape == (2,)
    step, (height, width) = 1e-4, size
    for place in [(0, 0, 3, 4), (0, 2, height // 2, 7), (1, 1, height - 1, width - 1), (1, 2, 0, 0), (0, 1, 5, 10)]:
        nudge = torch.zeros_like(pictures)
        nudge[place] = step
        slope = (value(descent.delta + nudge) - value(descent.delta - nudge)) / (2 * step)
        assert float(gradient[place]) == pytest.approx(slope, rel=1e-4, abs=2e-9)


@pytest.mark.parametrize("size", [(24, 20), (16, 16), (7, 300), (128, 16), (1, 1)])
def test_squeezing_is_torchs_resize_and_its_gradient(size):
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)).requires_grad_()
    given = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    wanted = torch.nn.functional.interpolate(pictures, (32, 32), mode="bilinear", antialias=True, align_corners=False)
    (gradient,) = torch.autograd.grad(wanted, pictures, given)
    squeeze = Squeeze(*size, 32, pictures)
    assert torch.allclose(squeeze(pictures.detach()), wanted, atol=1e-6)
    assert torch.allclose(squeeze.gradient(given), gradient, atol=2e-5)


def test_steps_one_by_one_end_where_activate_ends(small_indexes, originals, extractor):
    for index, method in ((small_indexes["IVF64,PQ8x6"], "published"), (small_indexes["PCA64,LSH"], "margin")):
        settings = dict(method=method, steps=4, alpha=2)
        whole = activate(originals[:1], index, extractor, **settings)
        steps = list(activate_steps(originals[0], index, extractor, **settings))
        assert [step.number for step in steps] == [1, 2, 3, 4] and {step.of for step in steps} == {4}
        assert np.array_equal(np.asarray(steps[-1].picture), np.asarray(whole.pictures[0]))
        assert np.allclose(steps[-1].path, whole.path[:-1, 0], atol=1e-6)
        assert np.allclose(steps[-1].loss, whole.loss[:-1, 0], atol=1e-5)
        # The first picture is what one step leaves.
        alone = activate(originals[:1], index, extractor, method=method, steps=1, alpha=2)
        assert np.array_equal(np.asarray(steps[0].picture), np.asarray(alone.pictures[0]))


def test_steps_are_taken_only_when_asked_for_and_errors_come_with_the_first(small_indexes, originals, extractor):
    index, begun = small_indexes["IVF64,PQ8x6"], []

    def loss(features, targets):
        begun.append(len(features))
        return target_loss(features, targets)

    steps = activate_steps(originals[0], index, extractor, loss=loss)
    assert next(steps).number == 1 and begun == [1]
    steps.close()
    with pytest.raises(ValueError, match="steps=0"):
        next(activate_steps(originals[0], index, extractor, steps=0))


@pytest.mark.parametrize("method", ["published", "margin"])
def test_the_number_of_cores_changes_no_more_than_rounding(method, small_indexes, originals, extractor, monkeypatch):
    runs = []
    for workers in (1, 2, 3):
        monkeypatch.setattr("activeindex_lite.activation.activation.workers_for", lambda *_, n=workers: n)
        runs.append(activate(originals, small_indexes["IVF64,PQ8x6"], extractor, method=method, batch_size=2, steps=3))
    for run in runs[1:]:
        assert np.allclose(run.path, runs[0].path, atol=1e-5)
        for one, other in zip(runs[0].pictures, run.pictures, strict=True):
            assert np.mean(np.asarray(one) != np.asarray(other)) < 1e-3


def test_amplitude_is_the_papers():
    tensor = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    ratio = amplitude(tensor, 3.0) / jnd(tensor)
    # method: with alpha 3 a pixel moves by (0.165, 0.082, 0.426) grey levels for each grey level of JND
    assert ratio[0, :, 0, 0].numpy() == pytest.approx([0.165, 0.082, 0.426], abs=6e-4)
    assert BLUE_HEAVY == pytest.approx((0.2408, 0.1227, 0.6316), abs=1e-4)
    assert float(amplitude(tensor, 4.0, "linf")) == pytest.approx(4 / 255)


def test_signs_loss_is_the_mean_over_bits():
    vectors = np.eye(8, dtype=np.float32)
    index = build_index("LSH", np.concatenate([vectors, -vectors]), vectors)
    targets = index.targets(vectors[:3])
    x = torch.from_numpy(vectors[:3]) * 0.5
    expected = -(targets.signs * (x.numpy() @ targets.projections.T + targets.offsets)).mean(1)
    assert target_loss(x, targets).numpy() == pytest.approx(expected)


@pytest.mark.parametrize("factory", ["IVF64,Flat", "IVF64,PQ8x6", "PQ8x6", "OPQ8,PQ8x6"])
def test_features_come_closer_to_the_code_faiss_stores(factory, small_indexes, originals, world, extractor):
    index = small_indexes[factory]
    features = world.references[:6]
    result = activate(originals, index, extractor, features=features)
    if factory == "IVF64,Flat":
        ivf = faiss.extract_index_ivf(index.faiss)
        cell = ivf.quantizer.search(features, 1)[1][:, 0]
        code = np.stack([ivf.quantizer.reconstruct(int(c)) for c in cell])
    else:
        code = (
            np.stack([index.faiss.reconstruct(i) for i in range(6)])
            if "IVF" not in factory
            else index.faiss.sa_decode(index.faiss.sa_encode(features))
        )
    before, after = (((x - code) ** 2).sum(1) for x in (features, result.features))
    assert (after < before).all()
    assert after.mean() < 0.85 * before.mean()
    assert result.loss[-1] == pytest.approx(after, abs=1e-4)


def test_lsh_projections_move_away_from_zero(small_indexes, originals, world, extractor):
    index = small_indexes["PCA64,LSH"]
    result = activate(originals, index, extractor, features=world.references[:6])
    targets = index.targets(world.references[:6])
    margins = [
        (targets.signs * (x @ targets.projections.T + targets.offsets)).mean(1)
        for x in (world.references[:6], result.features)
    ]
    assert (margins[1] > margins[0]).all()


def test_result_is_measured_on_the_saved_pictures(small_indexes, originals, world, extractor):
    from skimage.metrics import peak_signal_noise_ratio

    result = activate(originals, small_indexes["IVF64,PQ8x6"], extractor, features=world.references[:6], steps=4)
    assert result.path.shape == (5, 6, 128) and result.loss.shape == (5, 6) and result.complete
    assert np.allclose(np.linalg.norm(result.path, axis=2), 1, atol=1e-5)
    assert np.allclose(result.features, extractor(result.pictures), atol=1e-6)
    assert np.allclose(result.path[0], extractor(originals), atol=2e-2)
    for original, picture, psnr, linf in zip(originals, result.pictures, result.psnr, result.linf):
        assert picture.mode == "RGB" and picture.size == original.size
        a, b = np.asarray(original), np.asarray(picture)
        assert psnr == pytest.approx(peak_signal_noise_ratio(a, b))
        assert linf == np.abs(a.astype(int) - b).max()
    assert list(result.quality.columns) == ["psnr", "ssim", "linf"]
    assert result.psnr.mean() > 38


def test_the_bound_is_kept(small_indexes, originals, world, extractor):
    index, features = small_indexes["IVF64,Flat"], world.references[:6]
    plain = activate(originals, index, extractor, features=features, alpha=2, bound="linf")
    assert plain.linf.max() == 2
    shaped = activate(originals, index, extractor, features=features, alpha=3)
    for original, picture in zip(originals, shaped.pictures):
        tensor = torch.from_numpy(np.asarray(original).copy()).permute(2, 0, 1)[None].float() / 255
        change = np.abs(np.asarray(picture).astype(float) - np.asarray(original)).transpose(2, 0, 1)
        assert (change <= 255 * amplitude(tensor, 3.0)[0].numpy() + 0.51).all()


def test_alpha_zero_changes_nothing(small_indexes, originals, world, extractor):
    result = activate(originals[:2], small_indexes["IVF64,Flat"], extractor, alpha=0, steps=1)
    assert all(np.array_equal(a, b) for a, b in zip(originals, result.pictures))
    assert np.isinf(result.psnr).all()


def test_sizes_may_differ_and_order_is_kept(small_indexes, extractor):
    pictures = [
        p.resize(size) for p, size in zip(synthetic_pictures(4, 128), [(100, 60), (64, 64), (100, 60), (9, 300)])
    ]
    together = activate(pictures, small_indexes["IVF64,PQ8x6"], extractor, steps=2)
    assert [p.size for p in together.pictures] == [p.size for p in pictures]
    assert np.isnan(together.ssim).tolist() == [False, False, False, True]
    for i, picture in enumerate(pictures):
        alone = activate([picture], small_indexes["IVF64,PQ8x6"], extractor, steps=2)
        assert together.loss[:, i] == pytest.approx(alone.loss[:, 0], abs=2e-3)


def test_same_seed_same_bytes(small_indexes, originals, world, extractor):
    def once(seed):
        generator = torch.Generator().manual_seed(seed)
        result = activate(originals[:3], small_indexes["PQ8x6"], extractor, generator=generator)
        return np.stack([np.asarray(p) for p in result.pictures])

    assert np.array_equal(once(1), once(1))


def test_one_step_of_lr_10_saturates(small_indexes, originals, world, extractor):
    features = world.references[:6]
    result = activate(originals, small_indexes["IVF64,PQ8x6"], extractor, features=features, steps=1, lr=10)
    assert (result.loss[-1] < result.loss[0]).all()
    tensor = torch.from_numpy(np.asarray(originals[0]).copy()).permute(2, 0, 1)[None].float() / 255
    change = np.asarray(result.pictures[0]).astype(float) - np.asarray(originals[0])
    bound = 255 * amplitude(tensor, 3.0)[0].permute(1, 2, 0).numpy()
    inside = (np.asarray(originals[0]) > 30) & (np.asarray(originals[0]) < 225)
    assert (np.abs(np.abs(change) - bound)[inside] <= 0.51).mean() > 0.97


def test_interruption_keeps_what_is_done(small_indexes, originals, world, extractor, monkeypatch):
    calls, forward = [], extractor.forward

    def interrupted(tensor):
        calls.append(len(tensor))
        if len(calls) > 2 * 3 + 1:
            raise KeyboardInterrupt
        return forward(tensor)

    monkeypatch.setattr(extractor, "forward", interrupted)
    with pytest.warns(UserWarning, match="4 of 6"):
        result = activate(
            originals, small_indexes["IVF64,Flat"], extractor, features=world.references[:6], steps=2, batch_size=2
        )
    assert len(result) == 4 and not result.complete and len(result.pictures) == len(result.psnr) == 4


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        (dict(alpha=-1), "alpha=-1"),
        (dict(alpha=float("nan")), "alpha=nan"),
        (dict(steps=0), "steps=0"),
        (dict(steps=1.5), "steps=1.5"),
        (dict(lr=0), "lr=0"),
        (dict(bound="l2"), "bound='l2'"),
        (dict(bound=["jnd"]), r"bound=\['jnd'\]"),
        (dict(bound=np.zeros(100_000)), "bound=array"),
        (dict(method=["margin"]), "method="),
        (dict(weights=[[1], [1, 2]]), "weights="),
        (dict(weights=np.ones(100_000)), "weights=array"),
    ],
)
def test_bad_settings_are_named(setting, named, small_indexes, originals, extractor):
    with pytest.raises(ValueError, match=named) as refused:
        activate(originals, small_indexes["IVF64,Flat"], extractor, **setting)
    assert len(str(refused.value)) < 300


def test_nothing_to_activate_and_no_pictures(world, originals, extractor):
    flat = build_index("Flat", world.train[:100], world.references[:100])
    with pytest.raises(NothingToActivate):
        activate(originals, flat, extractor)
    for pictures in ([], originals[0]):
        with pytest.raises(ValueError, match="a list"):
            activate(pictures, flat, extractor)


def test_greyscale_pictures_are_accepted(small_indexes, extractor):
    picture = Image.new("L", (64, 48), 120)
    assert activate([picture], small_indexes["IVF64,Flat"], extractor, steps=1).pictures[0].mode == "RGB"


def test_steps_are_those_of_torchs_optimizer():
    from activeindex_lite.activation.descent import _adam_step

    generator = torch.Generator().manual_seed(0)
    start, gradients = torch.randn(5, generator=generator), torch.randn(4, 5, generator=generator)
    reference = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([reference], lr=0.7)
    ours, moments, count = start.clone(), (torch.zeros(5), torch.zeros(5)), torch.zeros(())
    for gradient in gradients:
        reference.grad = gradient.clone()
        optimiser.step()
        _adam_step(ours, gradient, moments, count, 0.7)
    assert torch.allclose(ours, reference, atol=1e-6)

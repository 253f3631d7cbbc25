"""Extractors and losses without gradient are refused, and a caller's torch.no_grad() changes nothing."""

import warnings

import numpy as np
import pytest
import torch

from activeindex_lite import activate, build_index, load_extractor, synthetic_pictures
from activeindex_lite.extractor import Extractor

PICTURES = synthetic_pictures(2, 96)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(3, 8, 5, 2)

    def forward(self, x):
        return torch.tanh(self.conv(x)).mean((2, 3))


class NoGrad(Net):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class Inference(Net):
    @torch.inference_mode()
    def forward(self, x):
        return super().forward(x).clone()


class Detached(Net):
    def forward(self, x):
        return super().forward(x).detach()


class DetachedInput(Net):
    def forward(self, x):
        return super().forward(x.detach())


class Numpy(Net):
    def forward(self, x):
        return torch.from_numpy(super().forward(x).detach().numpy())


class Rounded(Net):
    def forward(self, x):
        return torch.round(super().forward(x) * 100) / 100 + 1e-3


class EightBit(Net):
    def forward(self, x):
        return super().forward((x * 255).round() / 255)


class Signs(Net):
    def forward(self, x):
        return torch.sign(super().forward(x))


class WeightsAlone(Net):
    """Features that require a gradient, but not that of the pixels."""

    def forward(self, x):
        return super().forward(x.detach()) + torch.ones(8, requires_grad=True) * 0.1


class NoGradExtractor(Extractor):
    @torch.no_grad()
    def forward(self, tensor):
        return super().forward(tensor)


@pytest.fixture(scope="module")
def index():
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    return build_index("IVF4,PQ4x4", vectors, vectors)


@pytest.mark.parametrize("method", ["published", "margin"])
@pytest.mark.parametrize(
    "network", [NoGrad, Inference, Detached, DetachedInput, Numpy, Rounded, EightBit, Signs, WeightsAlone]
)
def test_an_extractor_without_gradient_is_refused(network, method, index):
    with pytest.raises(ValueError, match=f"{network.__name__}: no gradient reaches the pixels.*no_grad") as refused:
        activate(PICTURES, index, load_extractor(network(), size=32), method=method, steps=2)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


def test_an_extractor_of_ones_own_without_gradient_is_refused(index):
    with pytest.raises(ValueError, match="no gradient reaches"):
        activate(PICTURES, index, NoGradExtractor(Net(), 32), steps=2)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("method", ["published", "margin"])
def test_a_caller_without_gradients_gets_the_same(mode, method, index):
    def once():
        run = activate(PICTURES, index, load_extractor(Net(), size=32), method=method, steps=3)
        return np.stack([np.asarray(picture) for picture in run.pictures])

    expected = once()
    assert (expected != np.stack([np.asarray(picture) for picture in PICTURES])).any()
    with mode():
        assert np.array_equal(once(), expected)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize(
    "loss",
    [
        lambda f, t: torch.zeros(len(f)),
        lambda f, t: (f.detach() ** 2).sum(1),
        lambda f, t: torch.from_numpy(np.square(f.detach().numpy() - t.points).sum(1)),
    ],
    ids=["constant", "detached", "numpy"],
)
def test_a_loss_without_gradient_is_refused(loss, index):
    with pytest.raises(ValueError, match="the loss has no gradient"):
        activate(PICTURES, index, load_extractor(Net(), size=32), loss=loss, steps=2)


def test_the_gradient_is_tested_once(index, monkeypatch):
    extractor = load_extractor(Net(), size=32)
    calls, forward = [], extractor.forward
    monkeypatch.setattr(extractor, "forward", lambda tensor: calls.append(len(tensor)) or forward(tensor))
    features = extractor(PICTURES)
    for expected in (1 + 1 + 2 + 1, 2 + 1):  # the first call, the test, two steps, the saved pictures
        activate(PICTURES, index, extractor, features=features, steps=2)
        assert len(calls) == expected
        calls.clear()


@pytest.mark.parametrize("name", ["lite", "gradients"])
def test_extractors_of_the_package_pass_on_any_picture(name, small_indexes):
    from PIL import Image

    flat = [Image.new("RGB", (40, 40), colour) for colour in ("black", "white", "red")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert activate(flat, small_indexes["IVF64,Flat"], load_extractor(name), steps=1).complete

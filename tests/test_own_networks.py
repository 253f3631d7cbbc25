"""Networks of other people as extractors: number formats, forms of output, fixed batches, and what stays as it was."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from activeindex_lite import activate, build_index, load_extractor, synthetic_pictures
from activeindex_lite.activation.memory import workers_for
from activeindex_lite.cli.main import main
from activeindex_lite.evaluation import edited_features
from activeindex_lite.extractor import Extractor, LiteNet
from activeindex_lite.extractor.load import lite_network

PICTURES = synthetic_pictures(3, 96)
FORMATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
# Ways to return the features (B, d), and ways that do not say which tensor they are.
KNOWN = {
    "tensor": lambda t: t,
    "(B, d, 1, 1)": lambda t: t[:, :, None, None],
    "dict": lambda t: {"features": t},
    "tuple": lambda t: (t,),
    "list": lambda t: [t],
    "tuple with None": lambda t: (t, None),
}
REFUSED = {
    "two tensors": (lambda t: {"pooled": t, "logits": t[:, :2]}, r"dict with 2 tensors \(pooled \(\d, 8\), logits"),
    "tuple of two": (lambda t: (t, t), "tuple with 2 tensors.*wrap the network"),
    "empty": (lambda t: [], "list with 0 tensors"),
    "map": (lambda t: t[:, :, None, None].expand(-1, -1, 2, 2), r"shape \(\d, 8, 2, 2\).*expected"),
    "vector": (lambda t: t[0], "expected real numbers"),
    "numpy": (lambda t: t.detach().float().numpy(), "a ndarray: expected a torch tensor"),
    "nothing": (lambda t: None, "a NoneType: expected a torch tensor"),
    "complex": (lambda t: t.float() + 1j, "expected real numbers"),
    "one row": (lambda t: t[:1], "1 rows for 3 pictures.*fixed batch"),
}


class Net(torch.nn.Module):
    def __init__(self, form=KNOWN["tensor"]):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.norm = torch.nn.Conv2d(3, 8, 5, 2), torch.nn.BatchNorm2d(8)
        self.form = form

    def forward(self, x):
        return self.form(torch.tanh(self.norm(self.conv(x))).mean((2, 3)))


@settings(deadline=None, max_examples=40)
@given(form=st.sampled_from(sorted(KNOWN)), number=st.sampled_from(FORMATS), default=st.sampled_from(FORMATS[:2]))
def test_every_form_and_number_format_gives_the_same_features(form, number, default):
    expected = load_extractor(Net(), size=32)(PICTURES)
    network = Net(KNOWN[form]).to(number)
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        extractor = load_extractor(network, size=32)
        features = extractor(PICTURES)
        assert extractor.d == 8
    finally:
        torch.set_default_dtype(before)
    assert features.dtype == np.float32 and features.shape == (3, 8)
    assert np.abs(features - expected).max() < (1e-5 if number in FORMATS[:2] else 0.02)


@settings(deadline=None, max_examples=30)
@given(form=st.sampled_from(sorted(REFUSED)), number=st.sampled_from(FORMATS))
def test_an_output_without_clear_features_is_refused_in_one_sentence(form, number):
    output, named = REFUSED[form]
    with pytest.raises(ValueError, match=named) as refused:
        load_extractor(Net(output).to(number), size=32)(PICTURES)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize("default", [torch.float64, torch.bfloat16])
def test_the_default_number_format_changes_nothing(default, small_indexes):
    index, pictures = small_indexes["IVF64,Flat"], PICTURES[:2]

    def once():
        extractor = load_extractor("lite")
        run = activate(pictures, index, extractor, steps=2, method="margin")
        return extractor(pictures), np.stack([np.asarray(picture) for picture in run.pictures])

    expected = once()
    torch.set_default_dtype(default)
    try:
        found = once()
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(map(np.array_equal, found, expected))


def test_a_network_that_casts_by_itself_keeps_its_format():
    class Casts(Net):
        def forward(self, x):
            return super().forward(x.half())

    assert load_extractor(Casts().half(), size=32)(PICTURES).shape == (3, 8)
    traced = torch.jit.trace(Net().half().eval(), torch.zeros(1, 3, 32, 32, dtype=torch.half))
    assert load_extractor(traced, size=32)(PICTURES).shape == (3, 8)


@pytest.mark.parametrize("make", [lambda n: load_extractor(n, size=32), lambda n: Extractor(n, 32)])
@pytest.mark.parametrize("training", [True, False])
def test_the_callers_network_stays_as_it_was(make, training):
    network = Net().train(training).half()
    network.conv.bias.requires_grad_(False)
    flags = [parameter.requires_grad for parameter in network.parameters()]
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    extractor = make(network)
    assert extractor(PICTURES).shape == (3, 8) and extractor.d == 8
    assert network.training is training and network.norm.training is training
    assert [parameter.requires_grad for parameter in network.parameters()] == flags
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert network.conv.weight.dtype == torch.float16


class Forgetful(Net):
    """Keeps its input for the rest of a call: two calls at once mix."""

    def forward(self, x):
        self.seen = x
        time.sleep(0.002)
        return super().forward(self.seen)


def test_a_network_that_keeps_something_of_a_call_is_called_by_one_thread_at_a_time(monkeypatch):
    for module in ("activeindex_lite.support.parallel", "activeindex_lite.extractor.extractor"):
        monkeypatch.setattr(f"{module}.cores", lambda: 2)
    pictures, extractor = synthetic_pictures(24, 96), load_extractor(Forgetful(), size=32)
    assert not extractor.reentrant and load_extractor("lite").reentrant and load_extractor("gradients").reentrant
    expected = np.concatenate([extractor(pictures[i : i + 1]) for i in range(24)])
    np.testing.assert_allclose(extractor(pictures, batch_size=8), expected, atol=1e-5)
    np.testing.assert_allclose(edited_features(pictures, extractor)["Identity"], expected, atol=1e-5)
    assert workers_for(pictures, extractor) == 1


class Fixed(Net):
    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def forward(self, x):
        return super().forward(x).view(self.batch, 8)


@pytest.mark.parametrize(
    ("batch", "named"),
    [(1, "one picture at a time, not a batch of 3.*batch_size=1"), (2, "batches of 2 pictures"), (8, "batches of 8")],
)
def test_a_fixed_batch_is_named(batch, named):
    traced = torch.jit.trace(Fixed(batch).eval(), torch.zeros(batch, 3, 32, 32), check_trace=False)
    extractor = load_extractor(traced, size=32)
    with pytest.raises(ValueError, match=f"{named}.*variable size" if batch > 1 else named):
        extractor(PICTURES)
    if batch == 1:
        assert extractor(PICTURES, batch_size=1).shape == (3, 8)


def test_a_wrong_size_is_still_named():
    with pytest.raises(ValueError, match="cannot take pictures of 2 x 2 pixels: give another size"):
        load_extractor(Net(), size=2)(PICTURES)


@pytest.mark.parametrize(
    ("which", "named"),
    [
        (Net().state_dict(), "dict with 7 entries is no extractor.*'conv.weight'.*load_state_dict"),
        (lite_network().state_dict(), "state dict needs its network"),
        ({}, "dict with 0 entries"),
        (Net, "the class Net is no extractor"),
        (None, "a NoneType is no extractor"),
        (len, "is no extractor"),
        ("x" * 100_000, "is not an extractor"),
    ],
    ids=["state dict", "lite", "empty", "class", "None", "function", "long"],
)
def test_what_is_no_extractor_is_named_briefly(which, named):
    with pytest.raises(ValueError, match=named) as refused:
        load_extractor(which)
    assert len(str(refused.value)) < 300


def test_a_path_too_long_for_a_file():
    with pytest.raises(FileNotFoundError, match="no such file") as refused:
        load_extractor("x/" * 10_000)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("form", ["tuple of two", "two tensors", "map"])
def test_the_command_says_what_a_file_returns(form, tmp_path, capsys, recwarn):
    traced = torch.jit.trace(Net(REFUSED[form][0]).eval(), torch.zeros(2, 3, 32, 32), strict=False)
    traced.save(str(tmp_path / "net.pt"))
    code = main(["check-extractor", f"{tmp_path / 'net.pt'}@32", "--queries", "2"])
    said = capsys.readouterr().err
    assert code != 0 and "Traceback" not in said and "returns" in said


@pytest.mark.parametrize("place", ["a file", "no folder"])
@pytest.mark.parametrize("name", ["resnet18", "sscd_disc_mixup"])
def test_a_folder_that_cannot_be_written_is_the_cause(place, name, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("TORCH_HOME", str(blocked) if place == "a file" else "/proc/nothing")
    with pytest.raises(OSError, match="cannot be written.*TORCH_HOME") as refused:
        load_extractor(name)
    assert "online" not in str(refused.value)


def test_an_extractor_made_in_inference_mode_gives_gradients():
    with torch.inference_mode():
        made = [load_extractor(Net(), size=32), load_extractor("lite"), Extractor(LiteNet(), 32)]
    index = build_index("IVF4,Flat", np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32))
    for extractor in made:
        pixels = torch.rand(1, 3, 40, 40, requires_grad=True)
        (gradient,) = torch.autograd.grad(extractor.forward(pixels).sum(), pixels)
        assert gradient.abs().max() > 0
    assert activate(PICTURES, index, made[0], alpha=8, steps=2).linf.min() > 0

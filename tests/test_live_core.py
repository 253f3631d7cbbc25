"""The compute core of pages without a kernel computes what torch computes, and its binaries are those of its source."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from live_run import numbers_of, picture_of, run_js, text_of
from PIL import Image

from activeindex_lite import load_extractor, load_world, ready_index
from activeindex_lite.activation import activate
from activeindex_lite.activation.batch import descent_of
from activeindex_lite.activation.descent import Settings
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.extractor.load import lite_network
from activeindex_lite.live import build
from activeindex_lite.live.export import binaries, half_weights, network_data
from activeindex_lite.live.network import CONVOLUTION, HEAD, MEAN_POOL, exported, table
from activeindex_lite.live.targets import loss_forms

KINDS = ("simd", "relaxed")
START = """
const weights = numbersOf(Float32Array, data.weights);
const core = await startCore(bytesOf(data.binary), { ...data.network, weights });
"""


@pytest.fixture(scope="module")
def network():
    """The network in float32 and the binaries, as data of a page."""
    _, weights = exported(lite_network())
    return {"network": network_data(), "weights": text_of(weights)}


@pytest.fixture(scope="module")
def picture():
    """A picture of the ready world, taller than wide."""
    return load_world().pictures(9228)[0].resize((200, 232), Image.Resampling.BICUBIC)


def in_core(kind, network, body, tmp_path, **data):
    data |= {**network, "binary": binaries()[kind]}
    return run_js(["core"], START + body, data, tmp_path)


def listed(layers, weights, x):
    """The list of layers, carried out by torch alone."""
    maps, at = {0: x}, 0
    for layer in layers:
        source = maps[layer.source]
        if layer.kind == MEAN_POOL:
            maps[layer.target] = F.avg_pool2d(source, layer.stride)
            continue
        size = layer.cin * layer.kernel**2 * layer.cout
        w, b = weights[at : at + size], weights[at + size : at + size + layer.cout]
        at += size + layer.cout
        if layer.kind == HEAD:
            pooled = source.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)
            return F.normalize(F.linear(pooled, w.view(layer.cout, -1), b)), at
        assert layer.kind == CONVOLUTION
        y = F.conv2d(source, w.view(layer.cout, layer.cin, layer.kernel, -1), b, layer.stride, layer.padding)
        y = y if layer.plus < 0 else y + maps[layer.plus]
        maps[layer.target] = y.relu() if layer.relu else y
    raise AssertionError("no head")


def test_the_list_of_layers_is_the_network():
    net, x = lite_network(), torch.randn(2, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    layers, weights = exported(net)
    with torch.no_grad():
        features, used = listed(layers, torch.from_numpy(weights), x)
        torch.testing.assert_close(features, net(x), atol=1e-5, rtol=0)
    assert used == len(weights) and table(layers).shape == (len(layers), 10)


def test_a_network_that_the_core_does_not_know_is_refused():
    net = lite_network()
    net.pool.p = 4.0
    with pytest.raises(ValueError, match="p=4"):
        exported(net)


@pytest.mark.parametrize("kind", KINDS)
# Pillow 13 squeezes the columns of some tall pictures first, which rounds a quarter of the pixels otherwise, by one.
@pytest.mark.parametrize(
    ("size", "most"), [((128, 128), 1e-5), ((150, 96), 1e-5), ((288, 217), 1e-5), ((96, 150), 3e-3)]
)
def test_features_are_those_of_the_extractor(kind, size, most, network, picture, tmp_path):
    given = picture.resize(size, Image.Resampling.BICUBIC)
    body = "return textOf(core.featureOf(pictureOf(data.picture)));"
    found = in_core(kind, network, body, tmp_path, picture=picture_of(given))
    np.testing.assert_allclose(numbers_of(found), load_extractor("lite")([given])[0], atol=most)


BEGIN = """
const noise = numbersOf(Float32Array, data.noise);
const picture = pictureOf(data.picture);
const losses = data.losses.map(({ kind, forms }) => ({ kind, forms: numbersOf(Float32Array, forms) }));
core.begin({ picture, alpha: data.alpha, shares: data.shares, losses, noise });
"""
STEPS = """
const path = [];
const losses_ = [];
for (let i = 0; i < data.steps; i++) {
  const { feature, loss } = core.step({ lr: data.lr, isWhole: data.isWhole });
  path.push(...feature);
  losses_.push(loss);
}
const { picture: released, mse } = core.release(picture);
return { path: textOf(Float32Array.from(path)), losses: losses_, released: textOf(released.pixels), mse };
"""


def descent(factory, name, picture, alpha=3.0):
    """A Descent of torch and the same for the core: (descent, data). Noise as activation draws it, but larger."""
    index, extractor, method = ready_index(factory), load_extractor("lite"), METHODS[name]
    noise = 1e5 * torch.randn((1, 3, picture.height, picture.width), generator=torch.Generator().manual_seed(2))
    settings = Settings(replace(method, views=False), alpha, method.steps, method.lr, 1.0, "jnd", method.weights)
    feature = extractor([picture])
    made = descent_of([picture], index, feature, extractor, noise, torch.Generator(), settings)
    forms = loss_forms(made.targets, name != "published")
    data = {
        "picture": picture_of(picture),
        "noise": text_of(noise[0].permute(1, 2, 0).numpy()),
        "alpha": alpha,
        "shares": method.weights,
        "losses": [{"kind": kind, "forms": text_of(values)} for kind, values in forms],
        "steps": method.steps,
        "lr": method.lr,
        "isWhole": method.whole_picture,
    }
    return made, data


CASES = [
    (factory, name) for factory in ("IVF1536,PQ4x8", "OPQ8_64,PQ8x8", "PCA64,LSH") for name in ("published", "quick")
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("factory", "name"), CASES)
def test_the_gradient_is_that_of_torch(kind, factory, name, network, picture, tmp_path):
    made, data = descent(factory, name, picture)
    features, losses, gradient = made.look()
    body = BEGIN + "const at = core.look(noise.length);"
    body += "return { feature: textOf(at.feature), loss: at.loss, gradient: textOf(at.gradient) };"
    found = in_core(kind, network, body, tmp_path, **data)
    np.testing.assert_allclose(numbers_of(found["feature"]), features[0], atol=1e-5)
    assert found["loss"] == pytest.approx(losses.item(), abs=1e-4)
    expected = gradient[0].permute(1, 2, 0).numpy().ravel()
    assert np.abs(numbers_of(found["gradient"]) - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("factory", "name"), CASES)
def test_the_released_picture_is_that_of_torch(kind, factory, name, network, picture, tmp_path):
    made, data = descent(factory, name, picture)
    path = np.concatenate([made.step()[0] for _ in range(data["steps"])])
    expected = made.released()[0].permute(1, 2, 0).numpy().astype(int)
    found = in_core(kind, network, BEGIN + STEPS, tmp_path, **data)
    released = numbers_of(found["released"], np.uint8).reshape(picture.height, picture.width, 4)[..., :3].astype(int)
    assert np.abs(released - expected).max() <= 1 and (released != expected).mean() < 1e-3
    np.testing.assert_allclose(numbers_of(found["path"]).reshape(path.shape), path, atol=1e-3)
    assert found["mse"] == pytest.approx(np.square(released - np.asarray(picture, int)).mean(), rel=1e-6)


@pytest.mark.slow
def test_the_binaries_are_those_of_the_source(network, picture, tmp_path):
    if not build.has_compiler():
        pytest.skip("ziglang, the compiler of the compute core, is not installed")
    for path in build.build(tmp_path):
        kind, data = path.stem, {"picture": picture_of(picture)}
        body = START + "return textOf(core.featureOf(pictureOf(data.picture)));"
        shipped, built = (
            run_js(["core"], body, {**network, **data, "binary": binary}, tmp_path)
            for binary in (binaries()[kind], text_of(np.frombuffer(path.read_bytes(), np.uint8)))
        )
        assert shipped == built


def test_c_that_does_not_compile_is_refused_and_the_old_file_stays(tmp_path, monkeypatch):
    if not build.has_compiler():
        pytest.skip("ziglang, the compiler of the compute core, is not installed")
    (tmp_path / "simd.wasm").write_bytes(b"old")
    refused = subprocess.CompletedProcess([], 1, "", "error: expected ';'")
    monkeypatch.setattr(build.subprocess, "run", lambda *args, **settings: refused)
    with pytest.raises(ValueError, match=r"simd\.wasm was not built: error: expected ';'"):
        build.build(tmp_path)
    assert (tmp_path / "simd.wasm").read_bytes() == b"old"


def test_half_precision_changes_little(network, tmp_path):
    """What the page holds, weights in half precision and noise of its own, releases pictures of the same quality."""
    index, extractor = ready_index("IVF1536,PQ4x8"), load_extractor("lite")
    pictures = load_world().pictures(range(40, 46))
    expected = activate(pictures, index, extractor)
    cases = [descent("IVF1536,PQ4x8", "published", picture)[1] for picture in pictures]
    steps = BEGIN.replace("data.", "one.") + STEPS.replace("data.", "one.")
    start = START.replace("numbersOf(Float32Array, data.weights)", "halves(bytesOf(data.half))")
    body = f"{start} const work = async (one) => {{ {steps} }};\nconst all = [];\n"
    body += (
        "for (const one of data.cases) { const { mse, losses } = await work(one); all.push([mse, losses.at(-1)]); }\n"
    )
    body += "return all;"
    data = {**network, "binary": binaries()["simd"], "half": half_weights(), "cases": cases}
    found = np.array(run_js(["core"], body, data, tmp_path))
    np.testing.assert_allclose(10 * np.log10(255**2 / found[:, 0]), expected.psnr, atol=0.1)
    np.testing.assert_allclose(found[:, 1], expected.loss[-2], rtol=0.05)

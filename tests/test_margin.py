"""The margin method: margins against brute force, gradients against finite differences, views, steps, and every
family.
"""

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest
import torch
from torchvision.transforms.functional import adjust_brightness

from activeindex_lite import activate, build_index
from activeindex_lite.activation.margin import bit_margins, border_loss, margin_loss, margins, with_rivals
from activeindex_lite.activation.methods import METHODS, Method, method_of, picture_share, whole_picture_step
from activeindex_lite.activation.objective import amplitude, target_loss
from activeindex_lite.activation.views import random_views
from activeindex_lite.index.anatomy import anatomy, backward
from activeindex_lite.index.rivals import Rivals, cell_rivals, code_rivals
from activeindex_lite.index.stored import stored_near


@pytest.fixture(scope="module")
def vectors():
    x = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def originals(world):
    return world.pictures(range(6))


def known(index, x):
    return with_rivals(index.targets(x), index, x)


# Rivals


@pytest.mark.parametrize(
    "factory", ["IVF40,Flat", "IVF40,PQ4x4", "RR16,IVF40,Flat", "IVF40_HNSW8,Flat", "OPQ4,IVF40,PQ4x4"]
)
def test_cells_are_those_faiss_finds(factory, vectors):
    index, x = build_index(factory, vectors, vectors[:500]), vectors[:20]
    rivals = cell_rivals(index, x, k=7)
    # faiss's own walk: the transforms, then the coarse quantizer.
    core, y = index.faiss, x
    if isinstance(core, faiss.IndexPreTransform):
        y, core = core.chain.at(0).apply(x), core.index
    ivf = faiss.extract_index_ivf(core)
    distances, cells = ivf.quantizer.search(y, 8)
    points = np.concatenate([rivals.own[:, None], rivals.others], 1)
    assert np.square(points - x[:, None]).sum(2) == pytest.approx(distances, abs=1e-4)
    assert (index.assign(rivals.own) == cells[:, 0]).all()


def test_all_other_cells_if_there_are_few(vectors):
    index = build_index("IVF8,Flat", vectors, vectors[:100])
    assert cell_rivals(index, vectors[:3]).others.shape == (3, 7, 16)
    assert cell_rivals(build_index("PQ4x4", vectors), vectors[:3]) is None
    assert cell_rivals(build_index("IVF1,PQ4x4", vectors), vectors[:3]) is None


@pytest.mark.parametrize(
    ("factory", "exact"),
    [("PQ4x4", True), ("IVF8,PQ4x4", True), ("OPQ4,PQ4x4", True), ("RQ3x4", True), ("IVF8,PQ4x4,RFlat", True)],
)
def test_codes_are_the_nearest_that_the_index_stores(factory, exact, vectors):
    index, x = build_index(factory, vectors, vectors[:400]), vectors[:15]
    rivals = code_rivals(index, x, k=9, nprobe=8)
    stored, own = index.quantize(vectors[:400]), index.quantize(x)
    assert rivals.own == pytest.approx(own, abs=1e-5)
    for i in range(len(x)):
        other = stored[np.square(stored - own[i]).sum(1) > 1e-6]
        brute = np.sort(np.square(other - x[i]).sum(1))[:9]
        assert np.square(rivals.others[i] - x[i]).sum(1) == pytest.approx(brute, abs=1e-4)


def test_a_search_for_rivals_leaves_nprobe_alone(vectors):
    index = build_index("IVF8,PQ4x4", vectors, vectors[:400], nprobe=3)
    code_rivals(index, vectors[:2])
    assert index.nprobe == 3


def test_no_codes_to_know(vectors):
    assert code_rivals(build_index("IVF8,Flat", vectors, vectors[:100]), vectors[:2]) is None
    assert code_rivals(build_index("PQ4x4", vectors), vectors[:2]) is None
    same = np.repeat(vectors[:1], 20, axis=0)
    assert code_rivals(build_index("PQ4x4", vectors, same), vectors[:1]) is None


@pytest.mark.parametrize("factory", ["IVF8,PQ4x4fs", "IVF8,PQ4x4fsr", "OPQ4,IVF8,PQ4x4fsr", "IVF8,PQ4x4fs,RFlat"])
def test_codes_of_interleaved_lists_are_decoded_by_their_place(vectors, factory):
    index = build_index(factory, vectors, vectors[:400])
    core = anatomy(index.faiss)[1]
    distances, ids, points = stored_near(index.faiss, vectors[:20], 9, 5)
    chain = anatomy(index.faiss)[0]
    core.make_direct_map()
    for row, found in zip(ids, points, strict=True):
        expected = backward(chain, np.stack([core.reconstruct(int(i)) for i in row if i >= 0]))
        np.testing.assert_allclose(found[row >= 0], expected, atol=1e-5)
    assert (ids >= 0).mean() > 0.9 and core.nprobe == 1
    # The tables of a fast scan hold 8 bits.
    met = ids >= 0
    np.testing.assert_allclose(np.square(points - vectors[:20, None]).sum(2)[met], distances[met], atol=0.03, rtol=0.03)


@pytest.mark.parametrize("factory", ["RaBitQ", "IVF8,RaBitQ", "RaBitQfs"])
def test_borders_of_rabitq_are_those_of_its_estimates(vectors, factory):
    """What a margin says of a copy agrees with which code faiss ranks first; distances to decoded points do not."""
    x, rng = vectors[:30], np.random.default_rng(4)
    index = build_index(factory, vectors, vectors[:200], nprobe=8 if "IVF" in factory else 1)
    rivals = code_rivals(index, x, k=150, nprobe=8)
    errors = {True: [], False: []}
    for i in range(30):
        copy = (x[i] + 0.4 * rng.normal(size=x.shape[1]) / np.sqrt(x.shape[1])).astype(np.float32)[None]
        estimates, _, points = stored_near(index.faiss, copy, 200, 8)
        estimates, points = estimates[0], points[0]
        own = np.square(points - rivals.own[i]).sum(1).argmin()
        places = np.square(points[:, None] - rivals.others[i]).sum(2).argmin(0)
        true = estimates[places] - estimates[own]
        for weighed in (True, False):
            one = Rivals(rivals.own[[i]], rivals.others[[i]], rivals.beyond[[i]] if weighed else None)
            gaps = 2 * margins(torch.from_numpy(copy), one)[0].numpy() * np.linalg.norm(one.own - one.others[0], axis=1)
            errors[weighed].append(np.abs(gaps - true).mean())
    assert np.mean(errors[True]) < 0.6 * np.mean(errors[False])


@pytest.mark.parametrize(
    "factory",
    [
        "IVF64,RaBitQ",
        "RR16,IVF64,PQ4x4",
        "IVF64,PQ4x4fs",
        pytest.param("IVF64,RQ2x4fs_32_Nrq2x4", marks=pytest.mark.filterwarnings("ignore")),
    ],
)
def test_threads_that_visit_other_numbers_of_cells_leave_each_other_alone(vectors, factory):
    index, x = build_index(factory, vectors, vectors), np.tile(vectors[:50], (4, 1))
    nprobes = [1, 16, 64] * 40
    alone = {nprobe: stored_near(index.faiss, x, 4, nprobe)[1] for nprobe in nprobes[:3]}
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(lambda nprobe: stored_near(index.faiss, x, 4, nprobe)[1], nprobes))
    assert all((ids == alone[nprobe]).all() for nprobe, ids in zip(nprobes, beside, strict=True))
    assert index.nprobe == 1


def test_fewer_rivals_than_asked_for_repeat_the_last(vectors):
    index = build_index("PQ4x4", vectors, vectors[:3])
    rivals = code_rivals(index, vectors[:1], k=128)
    assert 1 <= rivals.others.shape[1] <= 3
    assert np.isfinite(rivals.others).all() and not (np.square(rivals.others - rivals.own[:, None]).sum(2) < 1e-6).any()


def test_rivals_go_with_their_rows(vectors):
    index = build_index("IVF8,PQ4x4", vectors, vectors[:400])
    all_of_them, one = known(index, vectors[:5]), known(index, vectors[:5])[3]
    assert (one.cells.others == all_of_them.cells.others[3:4]).all() and len(one.codes) == len(one) == 1


# Margins and losses


def test_margins_equal_brute_force(vectors):
    rng = np.random.default_rng(1)
    own, others = rng.normal(size=(4, 16)), rng.normal(size=(4, 9, 16))
    x = torch.from_numpy(vectors[:4].astype(float))
    found = margins(x, Rivals(own, others)).numpy()
    for i in range(4):
        for j in range(9):
            # The distance of x to the plane halfway between the points, along the line that joins them.
            way = own[i] - others[i, j]
            expected = (x[i].numpy() - (own[i] + others[i, j]) / 2) @ way / np.linalg.norm(way)
            assert found[i, j] == pytest.approx(expected)


def test_margins_say_which_cell_a_feature_is_in(vectors):
    index = build_index("IVF40,Flat", vectors, vectors[:100])
    rivals, strayed = cell_rivals(index, vectors[:50]), vectors[50:100]
    inside = (margins(torch.from_numpy(strayed), rivals) > 0).all(1).numpy()
    assert (inside == (index.assign(strayed) == index.assign(vectors[:50]))).all()


def test_border_loss_is_a_cross_entropy(vectors):
    index = build_index("IVF40,Flat", vectors, vectors[:100])
    x, cells = torch.from_numpy(vectors[:6]).double(), torch.from_numpy(index.assign(vectors[:6]))
    centroids = torch.from_numpy(index.centroids).double()
    spread = torch.cdist(centroids, centroids).square()[cells].sum(1, keepdim=True) / 39
    logits = -torch.cdist(x, centroids).square() / (0.2 * spread)
    expected = torch.nn.functional.cross_entropy(logits, cells, reduction="none")
    assert border_loss(x, cell_rivals(index, vectors[:6]), 0.2).numpy() == pytest.approx(expected.numpy(), rel=1e-4)


def test_bit_margins_are_distances_to_hyperplanes(vectors):
    index = build_index("PCA8,LSH", vectors, vectors[:100])
    targets, x = index.targets(vectors[:5]), vectors[5:10]
    found = bit_margins(torch.from_numpy(x), targets).numpy()
    # Behind a PCA, bits are the signs of its coordinates.
    coordinates = index.faiss.chain.at(0).apply(x)
    assert np.abs(found) == pytest.approx(np.abs(coordinates), abs=1e-5)
    assert ((found > 0) == (targets.signs == index.targets(x).signs)).all()


class TinyNet(torch.nn.Module):
    """A smooth network, so that finite differences mean something."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(3, 8, 5, 4)
        self.out = torch.nn.Linear(8, 16)

    def forward(self, x):
        return torch.nn.functional.normalize(self.out(torch.tanh(self.conv(x)).mean((2, 3))))


@pytest.mark.parametrize("factory", ["IVF40,Flat", "IVF40,PQ4x4", "PQ4x4", "PCA8,LSH"])
def test_gradient_equals_finite_differences(factory, vectors):
    targets = known(build_index(factory, vectors, vectors[:500]), vectors[:2])
    network = TinyNet().double()
    tensor = torch.rand(2, 3, 24, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    bound, delta = (
        amplitude(tensor, 3.0),
        torch.zeros_like(tensor).uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(2)),
    )
    delta.requires_grad_()

    def value(at):
        change = bound * torch.tanh(at)
        small = torch.nn.functional.interpolate(tensor + change, (16, 16), mode="bilinear", antialias=True)
        # The same random view at every call.
        features = network(random_views(small, torch.Generator().manual_seed(5)))
        return (margin_loss(features, targets) + change.square().mean((1, 2, 3))).sum()

    (gradient,) = torch.autograd.grad(value(delta), delta)
    assert gradient.abs().amax((1, 2, 3)).min() > 0
    step = 1e-4
    for place in [(0, 0, 13, 9), (0, 2, 11, 7), (1, 1, 12, 12), (1, 2, 10, 8), (0, 1, 12, 10)]:
        nudge = torch.zeros_like(delta)
        nudge[place] = step
        with torch.no_grad():
            slope = float(value(delta + nudge) - value(delta - nudge)) / (2 * step)
        assert float(gradient[place]) == pytest.approx(slope, rel=1e-3, abs=1e-8)


# Views


def test_views_are_turned_and_recoloured_as_torchvision_does():
    generator, seen = torch.Generator().manual_seed(0), set()
    tensor = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 0.45
    smooth = torch.nn.functional.avg_pool2d(tensor, 5, 1, 2)
    quarters = [torch.rot90(smooth, k, (2, 3)) for k in range(4)]
    for _ in range(200):
        view = random_views(smooth, generator)
        assert view.shape == smooth.shape and view.min() >= 0 and view.max() <= 1
        for k in (1, 2, 3):
            if torch.allclose(view, quarters[k], atol=1e-4):
                seen.add("quarter turn")
        factor = float(view.sum() / smooth.sum())
        if not torch.allclose(view, smooth, atol=1e-3) and torch.allclose(
            view, adjust_brightness(smooth, factor), atol=1e-4
        ):
            seen.add("brightness")
    assert seen == {"quarter turn", "brightness"}


def test_hue_turns_leave_grey_pictures_alone():
    grey = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(3)).expand(1, 3, 24, 24)
    views = torch.cat([random_views(grey, torch.Generator().manual_seed(s)) for s in range(60)])
    # Every view of a grey picture is grey, whatever was done to it; some were turned in hue alone and are the picture
    # itself.
    assert torch.allclose(views, views.mean(1, keepdim=True).expand_as(views), atol=1e-4)
    assert 0 < torch.isclose(views, grey, atol=1e-4).flatten(1).all(1).sum() < 30


def test_views_come_from_the_generator_alone():
    tensor = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    one, two = (random_views(tensor, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(one, two) and not torch.equal(one, random_views(tensor, torch.Generator().manual_seed(8)))


# Steps


def test_a_first_step_is_proportional_to_the_pictures_gradient():
    generator = torch.Generator().manual_seed(0)
    picture_gradient, bound = (
        torch.randn(2, 3, 5, 4, generator=generator),
        torch.rand(2, 3, 5, 4, generator=generator) + 0.1,
    )
    delta, moments = torch.zeros(2, 3, 5, 4), (torch.zeros(2, 3, 5, 4), torch.zeros(2, 1, 1, 1))
    # With I = bound * delta, delta's gradient is bound times that of the picture.
    whole_picture_step(delta, bound * picture_gradient, picture_share(bound), moments, torch.zeros(()), 0.3)
    change = (bound * delta).flatten(1)
    against = torch.nn.functional.cosine_similarity(change, -picture_gradient.flatten(1))
    assert against.numpy() == pytest.approx(1, abs=1e-5)
    # Adam's learning rate, as the root mean square over a picture.
    size = change.square().mean(1).sqrt() / bound.flatten(1).square().mean(1).sqrt()
    assert size.numpy() == pytest.approx(0.3, rel=1e-4)


def test_whole_picture_steps_follow_torchs_adam_where_all_pixels_agree():
    gradients = torch.randn(4, generator=torch.Generator().manual_seed(0))
    reference = torch.zeros((), requires_grad=True)
    optimiser = torch.optim.Adam([reference], lr=0.7)
    ours, moments, count = torch.zeros(1, 3, 2, 2), (torch.zeros(1, 3, 2, 2), torch.zeros(1, 1, 1, 1)), torch.zeros(())
    for gradient in gradients:
        reference.grad = gradient.clone()
        optimiser.step()
        whole_picture_step(ours, gradient.expand(1, 3, 2, 2), torch.ones(1, 3, 2, 2), moments, count, 0.7)
    assert torch.allclose(ours, reference.detach().expand(1, 3, 2, 2), atol=1e-5)


# The whole method

FAMILIES = ["IVF64,Flat", "IVF64,PQ8x6", "PQ8x6", "OPQ8,PQ8x6", "PCA64,LSH"]
NEWER = [
    "IVF64_HNSW16,PQ8x6",
    "IVF64,RaBitQ",
    "RaBitQ",
    "RQ4x6",
    "IVF64,RQ4x6",
    "LSQ4x4",
    "IVF64,PQ8x4fs",
    "IVF64,PQ16x4fs",
]


@pytest.mark.parametrize("factory", FAMILIES)
def test_features_move_away_from_the_borders(factory, small_indexes, originals, world, extractor):
    index, x = small_indexes[factory], world.references[:6]
    result = activate(originals, index, extractor, method="margin", features=x, batch_size=6)
    targets = known(index, x)
    before, after = (margin_loss(torch.from_numpy(f.copy()), targets).numpy() for f in (x, result.features))
    assert (after < before).all()
    assert result.loss[-1] == pytest.approx(after, rel=1e-3, abs=1e-4)
    assert result.psnr.mean() > 38


@pytest.mark.parametrize("factory", NEWER)
def test_newer_indexes_are_activated_too(factory, originals, world, extractor):
    index = build_index(factory, world.train[:5000], world.references[:1500])
    x = world.references[:2]
    targets = known(index, x)
    code = targets.points
    assert targets.codes is not None
    published, *others = (
        activate(originals[:2], index, extractor, method=m, features=x, steps=4, alpha=4) for m in METHODS
    )
    assert (np.square(published.features - code).sum(1) < np.square(x - code).sum(1)).all()
    for run in others:
        before, after = (margin_loss(torch.from_numpy(f.copy()), targets).numpy() for f in (x, run.features))
        assert (after < before).all()


def test_methods_bring_their_number_of_steps(small_indexes, originals, extractor):
    for name, method in METHODS.items():
        run = activate(originals[:1], small_indexes["IVF64,PQ8x6"], extractor, method=name)
        assert len(run.path) == method.steps + 1


def test_the_published_method_is_the_default_and_unchanged(small_indexes, originals, world, extractor):
    index, x = small_indexes["IVF64,PQ8x6"], world.references[:2]
    plain = activate(originals[:2], index, extractor, features=x, steps=3)
    named = activate(originals[:2], index, extractor, features=x, steps=3, method="published", lr=1.0, loss=target_loss)
    assert np.array_equal(plain.path, named.path) and np.array_equal(plain.psnr, named.psnr)


def test_a_loss_of_ones_own(small_indexes, originals, world, extractor):
    index, x = small_indexes["IVF64,PQ8x6"], world.references[:3]
    same = activate(originals[:3], index, extractor, method="margin", features=x, steps=3, loss=margin_loss)
    assert np.array_equal(
        same.path, activate(originals[:3], index, extractor, method="margin", features=x, steps=3).path
    )
    seen = []

    def my_loss(features, targets):
        seen.append((tuple(features.shape), targets.kind, targets.cells.others.shape[0], targets.codes.own.shape))
        return target_loss(features, targets)

    mine = activate(originals[:3], index, extractor, method="margin", features=x, steps=2, loss=my_loss)
    # The pictures and, behind them, a view more of the first and the third.
    assert seen[0] == ((5, 128), "point", 5, (5, 128))
    assert mine.loss[-1] == pytest.approx(np.square(mine.features - index.quantize(x)).sum(1), abs=1e-5)


def test_same_seed_same_bytes(small_indexes, originals, extractor):
    def once(seed):
        result = activate(
            originals[:2],
            small_indexes["IVF64,Flat"],
            extractor,
            method="margin",
            steps=4,
            generator=torch.Generator().manual_seed(seed),
        )
        return np.stack([np.asarray(p) for p in result.pictures])

    assert np.array_equal(once(1), once(1)) and not np.array_equal(once(1), once(2))


def test_pictures_of_any_size_and_alpha_zero(small_indexes, extractor, originals):
    pictures = [originals[0].resize(size) for size in ((100, 60), (9, 300))]
    result = activate(pictures, small_indexes["IVF64,PQ8x6"], extractor, method="margin", steps=2)
    assert [p.size for p in result.pictures] == [(100, 60), (9, 300)]
    still = activate(pictures, small_indexes["IVF64,PQ8x6"], extractor, method="margin", steps=2, alpha=0)
    assert np.isinf(still.psnr).all()


def test_methods_by_name_and_errors(small_indexes, originals, extractor):
    assert method_of("margin").lr == 0.08 and isinstance(method_of(Method(target_loss, 1.0, (1, 1, 1))), Method)
    for setting, named in ((dict(method="best"), "method='best'.*published, margin"), (dict(loss="l2"), "loss='l2'")):
        with pytest.raises(ValueError, match=named):
            activate(originals[:1], small_indexes["IVF64,Flat"], extractor, **setting)


def test_an_index_that_is_still_empty_falls_back_on_the_code(world, originals, extractor):
    index = build_index("PQ8x6", world.train[:4000])
    x = world.references[:2]
    targets = known(index, x)
    assert targets.codes is None and targets.cells is None
    assert torch.equal(
        margin_loss(torch.from_numpy(x.copy()), targets), target_loss(torch.from_numpy(x.copy()), targets)
    )

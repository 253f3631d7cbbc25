"""The comparison: equal PSNR, the published method first and exact, intervals against numpy, passive baselines."""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import activate, build_index
from activeindex_lite.activation.equal_psnr import at_psnr
from activeindex_lite.comparison import Bench, gain_ratio, passive_baselines, rivals, run_comparison
from activeindex_lite.comparison.baselines import mean_of_views
from activeindex_lite.comparison.bench import ALPHAS
from activeindex_lite.comparison.rivals import build_rival, fewer_cells, longer_code, rivals_of
from activeindex_lite.evaluation import cost, hit_table
from activeindex_lite.evaluation.originals import Originals
from activeindex_lite.index import ActiveIndex

FACTORY = "IVF64,PQ4x6"


@pytest.fixture(scope="module")
def originals(world):
    ids = np.arange(3)
    return Originals(world.pictures(ids), ids, world.train[:4000], world.references[:2000], None, "three pictures")


@pytest.fixture(scope="module")
def compared(originals, extractor):
    methods = {
        "margin": dict(method="margin", steps=3),
        "of my own": dict(method="margin", steps=2, loss=lambda x, t: -x.sum(1)),
    }
    with pytest.MonkeyPatch.context() as patch:
        quick_training(patch)
        return run_comparison(originals, extractor, FACTORY, methods=methods, psnrs=(42.0,), nprobes=(1, 4))


def quick_training(patch):
    """Fewer vectors for the codes that train slowly."""
    patch.setattr(rivals, "TRAINED_ON", {"RQ": 500, "LSQ": 500})
    patch.setattr(rivals, "ROTATED_ON", 300)


def test_the_published_method_comes_first_and_is_exact(compared, originals, extractor):
    assert list(dict.fromkeys(compared.methods.method)) == ["published", "margin", "of my own"]
    first = compared.methods.iloc[0]
    index = build_index(FACTORY, originals.train, originals.references)
    plain = activate(originals.pictures, index, extractor, alpha=first.alpha, features=originals.references[:3])
    assert plain.psnr.mean() == first.psnr and np.mean(plain.ssim) == first.ssim


def test_all_stand_at_the_psnr_asked_for(compared):
    assert (compared.methods.psnr - 42).abs().max() <= 0.05
    assert compared.methods.groupby("method").alpha.nunique().eq(1).all() and compared.methods.alpha.nunique() == 3


def test_rows_agree_with_the_hits(compared):
    for row in compared.methods.itertuples():
        hits = {
            name: compared.benches[42.0].hits[name, row.nprobe].mean(axis=1).mean()
            for name in ("passive", "published", row.method)
        }
        assert row.r1 == pytest.approx(hits[row.method])
        assert row.gain == pytest.approx(row.r1 - hits["passive"])
        assert row.over == pytest.approx(row.r1 - hits["published"])
        assert row.low <= row.gain <= row.high
    published = compared.methods[compared.methods.method == "published"]
    assert published.over.eq(0).all() and np.nan_to_num(published.ratio, nan=1) == pytest.approx(1)


def test_ratio_and_its_interval_against_numpy():
    rng = np.random.default_rng(0)
    passive, published, better = (pd.DataFrame(rng.random((60, 14)) < p) for p in (0.4, 0.6, 0.8))
    ratio, low, high = gain_ratio(passive, published, better, np.random.default_rng(1))
    a, b, c = (t.to_numpy().mean(1) for t in (passive, published, better))
    assert ratio == pytest.approx((c.mean() - a.mean()) / (b.mean() - a.mean()))
    # The same bootstrap, drawn picture by picture.
    rows = np.random.default_rng(2).integers(0, 60, (4000, 60))
    expected = np.quantile((c - a)[rows].mean(1) / (b - a)[rows].mean(1), [0.025, 0.975])
    assert (low, high) == pytest.approx(expected, abs=0.08)
    assert np.isnan(gain_ratio(passive, passive, better, np.random.default_rng(0))).all()


def test_a_psnr_out_of_reach_is_named(originals, extractor):
    index = build_index(FACTORY, originals.train, originals.references)
    with pytest.raises(ValueError, match=r"psnr=120.*choose a value between"):
        at_psnr(originals.pictures[:1], index, extractor, 120.0, steps=1, ends=ALPHAS)


def test_passive_baselines(compared, originals):
    table = compared.baselines
    assert table.gain[table.baseline == "as it is"].tolist() == [0]
    probes = table[table.baseline.isin(["as it is", "more probes"])].sort_values("nprobe")
    assert probes.nprobe.tolist() == [1, 2, 4, 8, 16, 32]
    assert probes.scanned.is_monotonic_increasing and probes.r1.is_monotonic_increasing
    larger = table[table["index"] == "IVF64,PQ8x6"]
    assert sorted(larger.nprobe) == [1, 4] and (larger.bytes == 6).all() and (probes.bytes == 3).all()
    assert (table.baseline == "mean feature of views stored").sum() == 2
    assert table.bytes.is_monotonic_increasing and table.groupby("bytes").ms.is_monotonic_increasing.all()
    # Codes in the same cells meet the same vectors, and what is ranked again was ranked before.
    at_4 = table[table["index"].str.startswith("IVF64") & (table.nprobe == 4)]
    assert at_4.scanned.nunique() == 1 and len(at_4) > 6
    again = table[table["index"] == "IVF64,PQ4x6,Refine(SQ8)"]
    assert set(again.search) == {f"nprobe {n}, k_factor {k}" for n in (1, 4) for k in (4, 16)}


def test_passive_rows_are_what_faiss_finds(compared, originals):
    """Two rows again, with faiss alone."""
    bench, table = compared.benches[42.0], compared.baselines.set_index("search")
    queries = bench.releases["passive"].values()

    def r1(index):
        results = [index.search(features, 2) for features in queries]
        return np.mean([(ids[:, 0] == originals.truth) & (d[:, 0] < d[:, 1]) for d, ids in results])

    graph = faiss.index_factory(128, "HNSW32,PQ4x6")
    codec = faiss.downcast_index(graph.storage)
    codec.pq.cp.seed, codec.do_polysemous_training = bench.index.seed, False
    graph.train(originals.train)
    graph.add(originals.references)
    graph.hnsw.efSearch = 64
    assert table.r1["ef_search 64"] == pytest.approx(r1(graph))
    refined = faiss.index_factory(128, "IVF64,PQ4x6,Refine(SQ8)")
    ivf = faiss.downcast_index(refined.base_index)
    ivf.quantizer.add(bench.index.centroids)
    ivf.nprobe, refined.k_factor = 4, 4
    ivf.pq.cp.seed, ivf.do_polysemous_training = bench.index.seed, False
    refined.train(originals.train)
    refined.add(originals.references)
    row = compared.baselines[
        (compared.baselines["index"] == "IVF64,PQ4x6,Refine(SQ8)")
        & (compared.baselines.search == "nprobe 4, k_factor 4")
    ]
    assert row.r1.item() == pytest.approx(r1(refined))


@pytest.mark.parametrize("factory", ["IVF64,PQ4x6", "PQ8x8", "OPQ8_64,PQ8x8", "PCA64,LSH", "IVF64,PQ4x4fs", "PQ8"])
def test_rivals_are_indexes_that_faiss_makes_and_those_of_equal_bytes_are(factory):
    index = ActiveIndex(factory, 128)
    found = {rival.name: [] for rival in rivals_of(index)}
    for rival in rivals_of(index):
        made = faiss.index_factory(128, rival.factory)
        found[rival.name].append((made.storage if rival.factory.startswith("HNSW") else made).sa_code_size())
    own = faiss.index_factory(128, factory).sa_code_size()
    for name, sizes in found.items():
        same = name in ("additive codes, RQ", "additive codes, LSQ", "rotated codes", "fewer cells", "product codes")
        # sa_code_size counts an IVF's bytes of the number of the cell: as many for 64 cells as for 16.
        assert all(size == own if same else size >= 3 for size in sizes), (name, sizes)
    assert ("fewer cells" in found) == ("IVF" in factory)


def test_rivals_of_an_exact_index_are_few():
    assert [rival.factory for rival in rivals_of(ActiveIndex("IVF64,Flat", 128))] == ["IVF16,Flat"]
    assert rivals_of(ActiveIndex("Flat", 128)) == [] and fewer_cells("IVF4,Flat") is None
    assert fewer_cells("OPQ4,IVF64_HNSW8,PQ4x6") == "OPQ4,IVF16_HNSW8,PQ4x6"


def test_a_rival_takes_the_cells_that_it_can_have(originals, small_indexes):
    index = small_indexes["IVF64,PQ8x6"]
    codes = build_rival("IVF64,PQ4x4", index, originals.train, originals.references)
    assert np.array_equal(codes.centroids, index.centroids) and codes.ntotal == len(originals.references)
    fewer = build_rival("IVF16,PQ4x4", index, originals.train, originals.references)
    assert fewer.nlist == 16 and fewer.centroids.shape == (16, 128)
    with pytest.raises(ValueError, match="RQ32x8 trains for many minutes"):
        build_rival("IVF64,RQ32x8", index, originals.train, originals.references)


def test_a_rival_that_cannot_be_built_is_left_out_with_a_word(compared, monkeypatch):
    bench = compared.benches[42.0]
    refused = [rival for rival in rivals_of(bench.index) if rival.name.startswith("additive")]
    monkeypatch.setattr(rivals, "MOST_CENTROIDS", 1)
    monkeypatch.setattr("activeindex_lite.comparison.baselines.rivals_of", lambda *_: refused)
    passive = passive_baselines(bench)
    assert (
        list(passive.left_out) == ["IVF64,RQ4x6", "IVF64,LSQ4x6"] and "many minutes" in passive.left_out["IVF64,RQ4x6"]
    )
    assert set(passive.table["index"]) == {FACTORY} and len(passive.hits) == len(passive.table)


def test_bytes_of_a_graph_count_its_links_and_a_walk_what_it_compares(originals):
    graph = build_index("HNSW32,PQ4x6", originals.train, originals.references, ef_search=16)
    # What faiss writes holds, besides codes and links, two numbers per vector: its level and where its links begin.
    written = len(faiss.serialize_index(graph.faiss)) / graph.ntotal
    codebooks = 4 * 64 * 128 * 4 / graph.ntotal / 4
    assert cost.stored_bytes(graph) == pytest.approx(written - codebooks - 12, abs=2)
    some = originals.references[:50]
    walks = [cost.mean_compared(graph, some, dict(ef_search=ef)) for ef in (8, 64, 512)]
    assert 8 < walks[0] < walks[1] < walks[2] < 1.1 * graph.ntotal
    flat = build_index("PQ4x6", originals.train, originals.references)
    assert cost.stored_bytes(flat) == 3 and cost.mean_compared(flat, some, {}) == 2000


def test_the_time_of_a_search_is_the_median_of_the_shortest(originals, small_indexes, monkeypatch):
    index, seconds = small_indexes["IVF64,PQ8x6"], iter([0.3, 0.1, 0.2, 0.9, 0.7, 1.8, 0.5, 0.4, 0.1, 0.1])
    monkeypatch.setattr(cost, "_seconds", lambda *_: next(seconds))
    both = [(index, dict(nprobe=1)), (index, dict(nprobe=2))]
    # Of the first: .3, .1, .1 are the shortest of two turns. The second took longer than LONGEST in its first turn.
    assert cost.side_by_side(both, originals.references[:3], turns=2, timed=3) == pytest.approx([100, 900])
    assert next(seconds) == 0.1


def test_settings_of_a_search_reach_the_hits(originals, compared):
    graph = build_index("HNSW16,Flat", originals.train, originals.references)
    queries = compared.benches[42.0].releases["passive"]
    found = hit_table(graph, queries, originals.truth, ef_search=300)
    assert graph.ef_search != 300
    graph.ef_search = 300
    pd.testing.assert_frame_equal(found, hit_table(graph, queries, originals.truth))
    with pytest.raises(ValueError, match="k_factor"):
        hit_table(graph, queries, originals.truth, k_factor=4)


def test_the_best_passive_index_costs_no_more(compared):
    table, bench = compared.equal_cost, compared.benches[42.0]
    assert table.method.tolist() == [m for m in ("published", "margin", "of my own") for _ in (1, 4)]
    for row in table.itertuples():
        affordable = compared.baselines[
            (compared.baselines.bytes <= row.bytes) & (compared.baselines.ms <= 1.1 * row.ms)
        ]
        assert row.best_r1 == affordable.r1.max() and row.best_ms <= 1.1 * row.ms and row.best_bytes <= row.bytes
        assert row.r1 == pytest.approx(bench.hits[row.method, row.nprobe].to_numpy().mean())
        assert row.over == pytest.approx(row.r1 - row.best_r1) and row.over_low <= row.over <= row.over_high


def test_longer_codes_are_those_faiss_reads():
    for factory, longer in (
        ("IVF64,PQ4x8", "IVF64,PQ8x8"),
        ("PQ8", "PQ16"),
        ("OPQ8_64,PQ8x8", "OPQ8_64,PQ16x8"),
        ("IVF64,Flat", None),
        ("OPQ8,Flat", None),
        ("IVF64,PQ4x4fs", "IVF64,PQ8x4fs"),
    ):
        assert longer_code(factory) == longer
        if longer:
            short, long = (faiss.index_factory(128, f) for f in (factory, longer))
            assert long.sa_code_size() > short.sa_code_size()


def test_mean_of_views_is_a_unit_vector_between_them(originals, extractor):
    mean = mean_of_views(originals.pictures, extractor, views=8)
    assert np.linalg.norm(mean, axis=1) == pytest.approx(1, abs=1e-5)
    # Nearer to its own picture than to the others.
    assert ((mean @ originals.references[:3].T).argmax(1) == np.arange(3)).all()
    assert np.array_equal(mean, mean_of_views(originals.pictures, extractor, views=8))


def test_an_index_without_cells_has_one_row_per_method(originals, extractor, monkeypatch):
    quick_training(monkeypatch)
    found = run_comparison(originals, extractor, "PQ4x6", methods={}, psnrs=(42.0,))
    assert found.methods.nprobe.tolist() == found.equal_cost.nprobe.tolist() == [1]
    same = found.baselines[found.baselines.bytes == 3]
    assert {"PQ4x6", "RQ4x6", "LSQ4x6", "OPQ4,PQ4x6"} == set(same["index"]) and not found.left_out
    assert set(same.search) == {"all codes"} and (same.scanned == 2000).all()


def test_baselines_may_be_left_out(originals, extractor):
    found = run_comparison(originals, extractor, "IVF64,PQ4x6", methods={}, psnrs=(42.0,), baselines=False)
    assert found.baselines.empty and found.equal_cost.empty and len(found.methods) == 2


def test_a_method_may_be_measured_later_and_again(compared):
    bench = compared.benches[42.0]
    before = bench.methods
    again = bench.measure("margin", method="margin", steps=3)
    pd.testing.assert_frame_equal(
        again.sort_values(["method", "nprobe"]).drop(columns="ms").reset_index(drop=True),
        before.sort_values(["method", "nprobe"]).drop(columns="ms").reset_index(drop=True),
    )
    assert set(bench.releases) == set(bench.pictures) == {"passive", "published", "margin", "of my own"}
    for name, settings in (("passive", {}), ("published", dict(steps=3))):
        with pytest.raises(ValueError, match="choose another one"):
            bench.measure(name, **settings)
    assert isinstance(bench, Bench)


@pytest.mark.slow
def test_the_command_writes_both_tables(originals, monkeypatch, tmp_path, capsys):
    from activeindex_lite.cli.main import main

    quick_training(monkeypatch)
    monkeypatch.setattr("activeindex_lite.evaluation.originals.synthetic_originals", lambda queries, seed: originals)
    command = ["compare", "--out", str(tmp_path / "out"), "--index", FACTORY, "--nprobe", "1", "--psnr", "41"]
    command += ["--queries", "3"]
    assert main(command) == 0
    methods, baselines, beside = (
        pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("methods", "baselines", "equal_cost")
    )
    assert methods.method.tolist() == ["published", "margin"] and (methods.psnr - 41).abs().max() <= 0.05
    own = baselines[baselines.baseline.isin(["as it is", "more probes"])]
    assert sorted(own.nprobe) == [1, 2, 4, 8, 16, 32] and beside.method.tolist() == ["published", "margin"]
    printed = capsys.readouterr().out
    assert "published" in printed and "3 originals among 2,000 references" in printed
    assert "IVF64,RQ4x6" in printed and "best passive index" in printed
    assert main(command) == 2 and "not empty" in capsys.readouterr().err
    assert main(["compare", "--methods", "magic"]) == 2 and "'magic'" in capsys.readouterr().err


# Limits and figures


def test_fates_add_up_and_follow_faiss(compared, originals):
    from activeindex_lite.lessons import beyond as limits

    bench = compared.benches[42.0]
    table = limits.fates(bench.index, bench.features, bench.releases, originals.truth, nprobes=(1, 64))
    assert table[list(limits.FATES)].sum(1).to_numpy() == pytest.approx(1)
    # All cells visited: nothing is lost for want of a visit.
    assert (table[table.nprobe == 64]["cell not visited"] == 0).all()
    row = table[(table.release == "passive") & (table.nprobe == 1)].iloc[0]
    assert row.found == pytest.approx(bench.hits["passive", 1].to_numpy().mean())
    ivf = faiss.extract_index_ivf(bench.index.faiss)
    cells = ivf.quantizer.search(bench.features, 1)[1][:, 0]
    left = [(ivf.quantizer.search(f, 1)[1][:, 0] != cells).mean() for f in bench.releases["passive"].values()]
    assert row["cell not visited"] == pytest.approx(np.mean(left))


def test_limits_measure_what_they_say(compared, originals, extractor):
    from activeindex_lite.lessons import beyond as limits

    bench = compared.benches[42.0]
    table = limits.r1_elsewhere({"own": bench.index}, bench.releases, originals.truth)
    for row in table.itertuples():
        assert row.r1 == pytest.approx(bench.hits[row.release, 1].to_numpy().mean())
    blurred = limits.under_blur(
        {"passive": originals.pictures}, bench.index, extractor, originals.truth, kernels=(1, 11)
    )
    assert blurred.r1.tolist() == [bench.hits["passive", 1][edit].mean() for edit in ("Identity", "Blur 2")]
    small = limits.small_index(extractor, originals.pictures, "IVF2,Flat", n=80, distractors=5)
    copies = limits.copies({"passive": originals.pictures}, extractor, edits=("Identity",))
    assert small.ntotal == 8 and limits.r1_elsewhere({"small": small}, copies, range(3)).r1[0] == 1


def test_figures_tell_their_finding(compared, originals):
    from activeindex_lite.figures import beyond as draw
    from activeindex_lite.lessons import beyond as limits

    bench = compared.benches[42.0]
    fates = draw.where_copies_go(limits.fates(bench.index, bench.features, bench.releases, originals.truth))
    gains = draw.gains_at_equal_psnr(bench.methods)
    elsewhere = draw.elsewhere(
        limits.r1_elsewhere({"own": bench.index, "again": bench.index}, bench.releases, originals.truth)
    )
    blurred = draw.blurred(
        pd.DataFrame({"release": ["a", "a", "b", "b"], "kernel": [1, 5] * 2, "r1": [1, 0.5, 1, 0.75]})
    )
    for figure, told in (
        (fates, "cell not visited"),
        (gains, f"{bench.methods.gain.iloc[0]:+.3f}"),
        (elsewhere, "again, margin"),
        (blurred, "b: falls from 1.00 to 0.75"),
    ):
        assert told in figure.alt and len(figure.png()) > 5000
        assert figure.figure.axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("check", "wrong", "said"),
    [
        ("margin", lambda x, a, b: np.square(x - b).sum() - np.square(x - a).sum(), "to get a length"),
        (
            "margin",
            lambda x, a, b: (np.square(x - a).sum() - np.square(x - b).sum()) / (2 * np.linalg.norm(a - b)),
            "sign is turned",
        ),
        (
            "border_loss",
            lambda x, a, b, t: np.log(np.exp(-(np.square(b - x).sum(1) - np.square(a - x).sum()) / t).sum()),
            "1 is missing",
        ),
        ("loss", lambda x, t: x.sum(1).detach(), "no gradient"),
        ("loss", lambda x, t: x.sum(), r"shape \(\)"),
        ("loss", lambda x, t: -(x - x.new_tensor(t.points)).square().sum(1), "turn the sign"),
        ("loss", lambda x, t: 0 * x.sum(1), "gradient is 0"),
        ("loss", lambda x, t: 3, "This is int"),
    ],
)
def test_mistakes_in_the_exercises_are_named(check, wrong, said):
    import re

    from activeindex_lite.exercises import beyond

    verdict = getattr(beyond, check)(wrong)
    assert not verdict.passed and re.search(said, verdict.message), verdict.message


def test_a_loss_that_may_enter():
    from activeindex_lite.activation.margin import margin_loss
    from activeindex_lite.activation.objective import target_loss
    from activeindex_lite.exercises import beyond

    assert beyond.loss(margin_loss).passed and beyond.loss(target_loss).passed


def test_a_search_for_a_psnr_measures_no_alpha_twice_and_few_in_all(originals, extractor, small_indexes, monkeypatch):
    from activeindex_lite.activation import equal_psnr

    index, tried = small_indexes["IVF64,PQ8x6"], []
    run = equal_psnr.completed

    def counted(*given, alpha, **settings):
        tried.append(alpha)
        return run(*given, alpha=alpha, **settings)

    monkeypatch.setattr(equal_psnr, "completed", counted)
    for psnr, tolerance in ((43.0, 0.1), (38.0, 0.05), (45.5, 0.02)):
        tried.clear()
        alpha, result = at_psnr(originals.pictures[:2], index, extractor, psnr, tolerance=tolerance, steps=3)
        assert abs(result.psnr.mean() - psnr) <= tolerance and alpha in [pytest.approx(a) for a in tried]
        assert len(set(tried)) == len(tried) <= 6

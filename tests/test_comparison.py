"""The comparison: equal PSNR, the published method first and exact, intervals against numpy, passive baselines."""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import activate, build_index
from activeindex_lite.activation.equal_psnr import at_psnr
from activeindex_lite.comparison import Bench, gain_ratio, run_comparison
from activeindex_lite.comparison.baselines import longer_code, mean_of_views
from activeindex_lite.comparison.bench import ALPHAS
from activeindex_lite.evaluation.originals import Originals

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
    return run_comparison(originals, extractor, FACTORY, methods=methods, psnrs=(42.0,), nprobes=(1, 4))


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
    assert table.baseline.iloc[0] == "as it is" and table.gain.iloc[0] == 0
    probes = table[table.baseline.isin(["as it is", "more probes"])]
    assert probes.nprobe.tolist() == [1, 2, 4, 8, 16, 32]
    assert probes.scanned.is_monotonic_increasing and probes.r1.is_monotonic_increasing
    larger = table[table.baseline == "larger code: IVF64,PQ8x6"]
    assert larger.nprobe.tolist() == [1, 4] and (larger.bytes == 6).all() and (probes.bytes == 3).all()
    assert (table.baseline == "mean feature of views stored").sum() == 2


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


def test_an_index_without_cells_has_one_row_a_method(originals, extractor):
    found = run_comparison(originals, extractor, "PQ4x6", methods={}, psnrs=(42.0,))
    assert found.methods.nprobe.tolist() == [1] and found.baselines.empty


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

    monkeypatch.setattr("activeindex_lite.evaluation.originals.synthetic_originals", lambda queries, seed: originals)
    command = ["compare", "--out", str(tmp_path / "out"), "--index", FACTORY, "--nprobe", "1", "--psnr", "41"]
    command += ["--queries", "3"]
    assert main(command) == 0
    methods, baselines = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("methods", "baselines"))
    assert methods.method.tolist() == ["published", "margin"] and (methods.psnr - 41).abs().max() <= 0.05
    assert baselines.nprobe.tolist() == [1, 2, 4, 8, 16, 32, 1, 1]
    printed = capsys.readouterr().out
    assert "published" in printed and "3 originals among 2,000 references" in printed
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

"""The demonstration and the command line: the effect is there, the files are as promised, nothing is overwritten."""

import re

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from activeindex_lite import synthetic_pictures
from activeindex_lite.cli.main import main
from activeindex_lite.demo import INDEXES, DemoSettings, run_demo
from activeindex_lite.evaluation import PUBLISHED
from activeindex_lite.evaluation.tables import mean_table
from activeindex_lite.support import parallel

QUERIES = 24


@pytest.fixture(scope="module")
def told():
    """The rows that `demo` tells while it runs."""
    return []


@pytest.fixture(scope="module")
def demo(told):
    return run_demo(DemoSettings(QUERIES), progress=False, tell=told.append)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "out"
    assert main(["demo", "--out", str(folder), "--queries", str(QUERIES)]) == 0
    return folder


@pytest.mark.slow
def test_an_index_loses_copies_and_activation_wins_many_back(demo):
    table = mean_table(demo).set_index(["index", "nprobe"])
    assert table.passive["No index", 1] > 0.9
    assert 0.25 < table.passive["IVF-PQ", 1] < 0.75
    assert table.gain["IVF-PQ", 1] > 0.1
    for row in (("IVF", 1), ("PCA+LSH", 1), ("OPQ", 1), ("IVF-PQ", 16)):
        assert table.activated[row] > table.passive[row]
    assert demo.quality.psnr.mean() >= 40


@pytest.mark.slow
def test_rows_are_told_while_it_runs_and_are_those_of_the_table(demo, told):
    table = mean_table(demo).set_index(["index", "nprobe"])
    passive = [(row["index"], row["nprobe"]) for row in told if "activated" not in row]
    assert passive == list(table.index), "first a row of passive copies of each index"
    assert [set(row) >= {"activated", "gain"} for row in told] == [False] * 6 + [True] * 5
    for row in told:
        known = table.loc[(row["index"], row["nprobe"])]
        assert all(known[name] == row[name] for name in row if name not in ("index", "nprobe"))


@pytest.mark.slow
def test_same_tables_on_one_core_and_on_two(monkeypatch):
    tables = []
    for n in (1, 2):
        monkeypatch.setattr(parallel, "cores", lambda n=n: 1 if parallel._here.__dict__.get("inside") else n)
        with threadpool_limits(1):
            tables.append(run_demo(DemoSettings(9, seed=0), progress=False))
    one, two = tables
    pd.testing.assert_frame_equal(one.retrieval, two.retrieval, check_exact=True)
    pd.testing.assert_frame_equal(one.quality, two.quality, check_exact=True)


@pytest.mark.slow
def test_same_seed_same_files(demo, out):
    for name in ("retrieval", "quality"):
        pd.testing.assert_frame_equal(pd.read_csv(out / f"{name}.csv"), getattr(demo, name), rtol=1e-9)


@pytest.mark.slow
def test_tables_have_the_promised_form(out):
    retrieval = pd.read_csv(out / "retrieval.csv")
    assert list(retrieval) == ["index", "nprobe", "activated", "edit", "r1", "low", "high", "queries"]
    assert len(retrieval) == 11 * 15 and (retrieval.queries == QUERIES).all()
    order = list(dict.fromkeys(zip(retrieval["index"], retrieval.activated)))
    assert order == sorted(order, key=lambda key: (list(INDEXES).index(key[0]), key[1]))
    assert ((retrieval.low <= retrieval.r1) & (retrieval.r1 <= retrieval.high)).all()
    keys = set(zip(retrieval["index"], retrieval.nprobe, retrieval.activated))
    assert ("No index", 1, True) not in keys and ("IVF-PQ", 16, True) in keys
    quality = pd.read_csv(out / "quality.csv")
    assert {"psnr", "ssim", "linf"} <= set(quality) and len(quality) == 4 * QUERIES
    assert quality.psnr.between(30, 60).all() and quality.ssim.between(0.5, 1).all()
    timing = pd.read_csv(out / "timing.csv").set_index(["what", "index"])
    assert (timing.ms > 0).all()
    assert timing.bytes["search", "No index"].item() == 512 and timing.bytes["search", "OPQ"].item() == 8
    settings = timing[timing.index.get_level_values("what").str.startswith("settings")]
    assert len(settings) == 2 and (settings.distance_after < settings.distance_before).all()


@pytest.mark.slow
def test_report_is_one_file_with_described_pictures(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'src="(?!data:)', text) and "<link" not in text
    # The one link leads to the course, seen from the report's folder.
    (course,) = re.findall(r'<a href="([^"]*)"', text)
    assert (out / course).is_file()
    images = re.findall(r"<img [^>]*>", text)
    assert len(images) > 15 and all(re.search(r'alt="[^"]+"', image) for image in images)
    assert text.count('<svg role="img" aria-label="') == 2
    assert "won back" in text
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr.*?</tr>", text)]
    for (name, nprobe, activated), published in PUBLISHED.items():
        row = next(row for row in rows if row[:2] == [name, str(nprobe)] and len(row) == 7)
        assert row[6 if activated else 5] == f"{published['Mean']:.2f}"
    assert ["paper, 10,000 photographs", "43.8 ± 2.2", "0.98 ± 0.01", "14.5 ± 1.2"] in rows


@pytest.mark.slow
def test_nothing_is_overwritten(out, capsys):
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["demo", "--out", str(out)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.slow
def test_own_photographs(tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, picture in enumerate(synthetic_pictures(range(900, 906), 160)):
        picture.resize((200, 150 + i)).save(folder / f"{i}.jpg", quality=95)
    (folder / "broken.jpg").write_bytes(b"not a picture")
    out = tmp_path / "out"
    with pytest.warns(UserWarning, match="broken.jpg"):
        assert main(["demo", "--out", str(out), "--pictures", str(folder), "--queries", "4"]) == 0
    retrieval = pd.read_csv(out / "retrieval.csv")
    assert (retrieval.queries == 4).all()
    identity = retrieval[(retrieval["index"] == "No index") & (retrieval.edit == "Identity")]
    assert identity.r1.item() == 1
    assert "50,006 references" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["demo", "--queries", "1"], "originals=1"),
        (["demo", "--queries", "-5", "--pictures", "."], "originals=-5"),
        (["check-extractor", "--queries", "0"], "originals=0"),
        (["demo", "--pictures", "/no/such/folder"], "/no/such/folder"),
        (["demo", "--alpha", "nan"], "alpha=nan"),
        (["check-extractor", "no-such-model"], "no-such-model"),
    ],
)
def test_errors_are_sentences(arguments, named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert named in capsys.readouterr().err


def test_check_extractor_measures_brute_force(tmp_path, capsys):
    for i, picture in enumerate(synthetic_pictures(range(20), 128)):
        picture.save(tmp_path / f"{i}.png")
    assert main(["check-extractor", "lite", "lite@96", "--pictures", str(tmp_path), "--queries", "8"]) == 0
    printed = capsys.readouterr().out
    assert "lite@128" in printed and "lite@96" in printed
    mean = [float(x) for x in re.search(r"Mean +([\d.]+) +([\d.]+)", printed).groups()]
    assert all(0.8 < x <= 1 for x in mean)


@pytest.mark.slow
def test_result_rows_are_paired(demo):
    """The gain table is the difference of the means, and its interval covers it."""
    for _, row in demo.gains.iterrows():
        assert row.gain == pytest.approx(row.activated - row.passive)
        assert row.low <= row.gain <= row.high
    assert np.isfinite(demo.gains.gain).all()

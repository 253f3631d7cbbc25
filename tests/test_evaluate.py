"""The command evaluate: a folder of DISC21's shape end to end, killed and resumed, stale caches, the ready world, a
folder.
"""

import csv
import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from activeindex_lite import build_index, load_world
from activeindex_lite.cli.main import main
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluate import (
    Settings,
    default_indexes,
    disc21_collection,
    folder_collection,
    ready_collection,
    run_evaluation,
)
from activeindex_lite.evaluate.features import Workplace, cached_features
from activeindex_lite.evaluate.release import chosen, release_activated, release_passive
from activeindex_lite.evaluate.results import read_tables, summary
from activeindex_lite.evaluate.sources import SyntheticPictures, files_of, source_of
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
from activeindex_lite.evaluation.copy_detection import score_predictions
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.support.chunks import Loop, make_chunks, read_arrays
from activeindex_lite.support.files import whole_file

SETTINGS = ["--index", "Flat", "IVF8,PQ8x4", "PCA32,LSH", "--nprobe", "1", "4", "--queries", "20", "--strangers", "30"]
# Killed while the second index is activated for: features, passive copies and the first index are behind.
TIMED = ("timing.csv",)


@pytest.fixture(scope="session")
def disc21(tmp_path_factory):
    """60 references, 200 training pictures and 60 queries, 40 of them copies; one query corrupt, one missing, as one
    reference.
    """
    root = tmp_path_factory.mktemp("disc")
    for name, first, n in (("references", 9_000_000, 60), ("train", 9_100_000, 200), ("queries", 0, 0)):
        (root / name).mkdir()
        for i, picture in enumerate(synthetic_pictures(range(first, first + n), 96)):
            picture.save(root / name / f"{name[0].upper()}{i:06}.jpg", quality=92)
    rows = []
    for i in range(60):
        seed, copy = (9_000_000 + i, i < 40) if i < 40 else (9_200_000 + i, False)
        picture = synthetic_pictures([seed], 96)[0]
        (picture.crop((8, 8, 90, 88)) if copy else picture).save(root / "queries" / f"Q{i:05}.jpg", quality=70)
        rows.append((f"Q{i:05}", f"R{i:06}" if copy else ""))
    (root / "queries" / "Q00003.jpg").write_bytes(
        (root / "queries" / "Q00003.jpg").read_bytes()[:900]
    )  # corrupt: a copy
    (root / "queries" / "Q00050.jpg").unlink()  # missing: a stranger
    rows.append(("Q99999", "R999999"))  # named in the truth alone
    with open(root / "truth.csv", "w", newline="") as file:
        csv.writer(file).writerows([("query_id", "reference_id"), *rows])
    return root


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*.csv")
        if path.name not in TIMED
    }


@pytest.fixture(scope="session")
def evaluated(disc21, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(["evaluate", "--disc21", str(disc21), *SETTINGS, "--out", str(out)]) == 0
    return out


def test_disc21_end_to_end(evaluated):
    tables, about = read_tables(evaluated)
    assert about["references"] == 60 and about["train"] == 200 and about["queries"] == 20 and about["strangers"] == 19
    retrieval = tables["retrieval"].set_index(["index", "nprobe", "activated", "edit"]).r1
    assert retrieval["Flat", 1, False, "Identity"] == 1 and retrieval["Flat", 1, False, "Mean"] > 0.8
    assert set(tables["retrieval"][["index", "nprobe"]].itertuples(index=False, name=None)) == {
        ("Flat", 1),
        ("IVF8,PQ8x4", 1),
        ("IVF8,PQ8x4", 4),
        ("PCA32,LSH", 1),
    }
    assert set(tables["gains"]["index"]) == {"IVF8,PQ8x4", "PCA32,LSH"}, "there is nothing to activate for Flat"
    gains = tables["gains"].set_index(["index", "nprobe"])
    assert gains.gain["IVF8,PQ8x4", 1] > 0.05
    assert (gains.low <= gains.gain).all() and (gains.gain <= gains.high).all()
    quality = tables["quality"]
    assert quality.psnr.between(30, 60).all() and (quality.after < quality.before).all() and len(quality) == 40
    skipped = tables["skipped"].set_index("picture")
    assert set(skipped.index) == {"Q00003", "Q00050", "Q99999", "R999999"}
    assert skipped["where"]["R999999"] == "references" and "not in the folder" in skipped.reason["Q00050"]
    assert tables["timing"].ms.gt(0).all() and tables["timing"].activation_ms.notna().sum() == 3


def test_page_shows_what_the_tables_say(evaluated):
    page = (evaluated / "report.html").read_text(encoding="utf-8")
    tables, _ = read_tables(evaluated)
    mean = tables["gains"].iloc[0]
    assert f"{mean.passive:.3f} → {mean.activated:.3f}" in page and f"{mean.gain:+.3f}" in page
    assert page.count('role="img" aria-label="') == page.count("<svg") == 3
    assert "4 pictures left out" in page and "R999999" in page and "<script" not in page


def test_predictions_score_as_the_tables_say(evaluated):
    tables, _ = read_tables(evaluated)
    table = tables["copy_detection"].set_index(["index", "nprobe", "activated", "normalised", "queries"])
    for which, found, key in (
        ("own", "IVF8-PQ8x4-nprobe4-activated-normalised-own", ("IVF8,PQ8x4", 4, True, True, "own")),
        ("benchmark", "Flat-nprobe1-passive-benchmark", ("Flat", 1, False, False, "benchmark")),
    ):
        truth = read_truth(evaluated / "predictions" / f"truth-{which}.csv")
        scores = score_predictions(read_predictions(evaluated / "predictions" / f"{found}.csv"), truth)
        assert {name: table[name][key] for name in scores} == pytest.approx(
            {k: np.nan if v is None else v for k, v in scores.items()}, abs=1e-6, nan_ok=True
        )
    benchmark = table.loc["Flat", 1, False, False, "benchmark"]
    # 41 copies are named; the corrupt and the missing one can't be found and still count.
    assert 0.8 < benchmark.recall_at_10 <= 39 / 41
    assert len(table.xs("benchmark", level="queries")) == 8, "the benchmark's own queries are of passive pictures alone"


@pytest.mark.slow
def test_killed_and_resumed_gives_the_same_tables(disc21, evaluated, tmp_path):
    command = [
        sys.executable,
        "-m",
        "activeindex_lite.cli",
        "evaluate",
        "--disc21",
        str(disc21),
        *SETTINGS,
        "--out",
        str(tmp_path / "out"),
    ]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list((tmp_path / "out").glob("cache/activated-*/*.npz")):
        assert running.poll() is None and time.monotonic() < deadline, "ended before it could be killed"
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (tmp_path / "out" / "retrieval.csv").exists()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cache").rglob("*.np?")}
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.count("IVF8,PQ8x4") == 2
    assert all(path.stat().st_mtime_ns == then for path, then in made.items()), "what was there was made again"
    whole, resumed = files(evaluated), files(tmp_path / "out")
    assert whole.keys() == resumed.keys() and len(whole) > 20
    for name in whole:
        assert whole[name] == resumed[name], name


def test_a_finished_evaluation_is_shown_again_and_another_is_refused(disc21, evaluated, capsys):
    before = files(evaluated)
    command = ["evaluate", "--disc21", str(disc21), *SETTINGS, "--out", str(evaluated)]
    assert main(command) == 0
    assert "holds this evaluation already" in capsys.readouterr().out
    assert main([*command, "--alpha", "2"]) == 2
    message = capsys.readouterr().err
    assert "alpha (3.0, now 2.0)" in message and "--out" in message and "--cache" in message
    assert files(evaluated) == before


def test_a_folder_with_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("mine")
    assert main(["evaluate", "--out", str(tmp_path)]) == 2
    assert "something else" in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_another_setting_or_picture_is_another_cache(disc21, extractor, tmp_path):
    from activeindex_lite import load_extractor

    calls = []

    class Counting:
        def __getattr__(self, name):
            return getattr(extractor, name)

        def __call__(self, pictures):
            calls.append(len(list(pictures)))
            return extractor(pictures)

    source, counting = files_of(disc21 / "references"), Counting()

    def features(source, extractor=counting, seed=None):
        calls.clear()
        return cached_features(source, extractor, tmp_path, title="t", seed=seed, progress=False), sum(calls)

    first, n = features(source)
    assert n == 60 and first.features.shape == (60, 128) and isinstance(first.features, np.memmap)
    again, n = features(files_of(disc21 / "references"))
    assert n == 0 and (again.features == first.features).all() and again.names == first.names
    assert features(source, seed=1)[1] == 60 and features(source, seed=2)[1] == 60 and features(source, seed=1)[1] == 0
    assert features(source.part(range(59)))[1] == 59
    assert (
        cached_features(source, load_extractor("lite", size=96), tmp_path, title="t", progress=False).features[0]
        @ first.features[0]
        < 0.999
    )
    path = source.paths[7]
    old = path.stat()
    synthetic_pictures([1], 96)[0].save(path)
    try:
        changed, n = features(files_of(disc21 / "references"))
        assert n == 60 and changed.features[7] @ first.features[7] < 0.9
    finally:
        synthetic_pictures([9_000_007], 96)[0].save(path, quality=92)
        import os

        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))


def test_folder_of_photographs(disc21, extractor, tmp_path):
    collection = folder_collection(disc21 / "train", seed=3)
    parts = [set(collection.train.names), set(collection.references[0].names), set(collection.strangers.names)]
    assert list(map(len, parts)) == [80, 80, 40] and len(set.union(*parts)) == 200
    assert (
        collection.train.names
        == folder_collection(disc21 / "train", seed=3).train.names
        != folder_collection(disc21 / "train", seed=4).train.names
    )
    more = folder_collection(disc21 / "train", train="synthetic:500", distractors="synthetic:300")
    result = run_evaluation(
        more, extractor, tmp_path, Settings({"IVF": ("IVF12,Flat", (1, 3))}, originals=8), progress=False
    )
    assert result.about["references"] == 160 + 300 and result.about["train"] == 500 and result.about["strangers"] == 32
    assert result.retrieval.groupby(["nprobe", "activated"]).size().tolist() == [15] * 4
    assert (result.copy_detection.low <= result.copy_detection.high).all()


def test_ready_world_uses_what_is_stored(extractor, tmp_path):
    result = run_evaluation(
        ready_collection(),
        extractor,
        tmp_path,
        Settings({"Flat": ("Flat", (1,))}, originals=3, strangers=5),
        progress=False,
    )
    assert result.about["references"] == 50_000 and result.about["train"] == 60_000
    assert result.retrieval.set_index("edit").r1["Identity"] == 1
    assert not len(result.gains) and not len(result.quality), "there is nothing to activate for Flat"
    own = result.copy_detection
    assert own.normalised.tolist() == [False, True] and own.micro_ap.between(0, 1).all()


def test_kept_pictures_are_those_that_were_measured(disc21, extractor, tmp_path):
    from PIL import Image

    from activeindex_lite import psnr

    collection = folder_collection(disc21 / "references", train=disc21 / "train", seed=1)
    settings = Settings({"IVF": ("IVF4,Flat", (1,))}, originals=3, strangers=2, keep_pictures=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = run_evaluation(collection, extractor, tmp_path, settings, progress=False)
    folder = Path(result.about["pictures"]["IVF"])
    for _, row in result.quality.iterrows():
        original = collection.references[0][collection.references[0].names.index(row.picture)]
        assert psnr(original, Image.open(folder / f"{row.picture}.png")) == pytest.approx(row.psnr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--extractor", "gradients"], "--pictures FOLDER"),
        (["--ground-truth", "t.csv"], "belongs to --disc21"),
        (["--train", "x"], "go with --pictures"),
        (["--queries", "0"], "originals=0"),
        (["--originals", "0"], "originals=0"),
        (["--strangers", "0"], "strangers=0"),
        (["--pictures", "nowhere"], "no such folder"),
        (["--index", "IVF0,Flat"], "a number in it is 0"),
        (["--index", "Flat", "--nprobe", "0", "--queries", "2", "--strangers", "2"], "--nprobe=0"),
        (["--index", "IVF8,Flat", "--nprobe", "9", "--queries", "2", "--strangers", "2"], "nprobe=9"),
        (["--alpha", "nan", "--index", "IVF8,Flat"], "alpha=nan"),
    ],
)
def test_errors_are_sentences(arguments, said, tmp_path, capsys):
    status = main(["evaluate", *arguments, "--out", str(tmp_path / "out")])
    assert status == (2 if said else 0)
    assert (said or "") in capsys.readouterr().err
    assert said is None or not (tmp_path / "out").exists(), "a slip of the pen left something behind"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda root: (root / "truth.csv").unlink(), "holds no CSV file: name the ground truth"),
        (lambda root: (root / "truth.csv").write_text("Q00000,X1\nQ00001,\n"), "belong together"),
        (lambda root: (root / "truth.csv").write_text("Q0,R0\n"), "every query is a copy"),
        (lambda root: (root / "truth.csv").write_text("a,b,c\n"), "3 fields"),
        (lambda root: (root / "train" / "T0.jpg").rename(root / "train.jpg"), "no picture in"),
    ],
)
def test_a_disc21_folder_that_is_not_one_is_explained(broken, said, tmp_path):
    for name in ("references", "train", "queries"):
        (tmp_path / name).mkdir()
        synthetic_pictures([1], 96)[0].save(tmp_path / name / f"{name[0].upper()}0.jpg")
    (tmp_path / "truth.csv").write_text("Q0,\nQ1,R0\n")
    assert disc21_collection(tmp_path).missing == [("queries", "Q1", "named in the ground truth, not in the folder")]
    broken(tmp_path)
    with pytest.raises(ValueError, match=said):
        disc21_collection(tmp_path)


def test_sources():
    synthetic = source_of("synthetic:5", 7_000_000)
    assert len(synthetic) == 5 and synthetic.names[1] == "seed-7000001"
    assert synthetic.fingerprint != SyntheticPictures(7_000_000, 6).fingerprint
    for text in ("synthetic:0", "synthetic:many", "synthetic:-3", "synthetic:"):
        with pytest.raises(ValueError, match="synthetic:N with N from 1"):
            source_of(text, 0)


def test_two_pictures_of_one_name_are_an_error(tmp_path):
    for name in ("a/R1.png", "b/R1.png"):
        (tmp_path / name).parent.mkdir()
        synthetic_pictures([1], 96)[0].save(tmp_path / name)
    assert files_of(tmp_path).names == ["a/R1.png", "b/R1.png"]
    with pytest.raises(ValueError, match="two pictures are called R1"):
        files_of(tmp_path, stems=True)


def test_chunks_are_whole_or_not_there(tmp_path):
    def fail_late(start, stop):
        if start:
            raise OSError(28, "No space left on device")
        return {"x": np.arange(start, stop)}

    with pytest.raises(OSError, match="No space"):
        make_chunks(tmp_path, 5, 2, fail_late, title="t", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["00000000.npz"]
    calls = []
    paths = make_chunks(
        tmp_path, 5, 2, lambda a, b: calls.append(a) or {"x": np.arange(a, b)}, title="t", progress=False
    )
    assert sorted(calls) == [2, 4]
    assert np.concatenate([read_arrays(path)["x"] for path in paths]).tolist() == [0, 1, 2, 3, 4]
    paths[1].write_bytes(paths[1].read_bytes()[:50])
    with pytest.raises(ValueError, match="damaged.*delete it"):
        read_arrays(paths[1])
    with pytest.raises(RuntimeError), whole_file(paths[0]) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_arrays(paths[0])["x"].tolist() == [0, 1] and len(list(tmp_path.iterdir())) == 3


def test_chunks_are_the_same_bytes_whether_one_or_two_are_made_at_a_time(tmp_path, extractor):
    source = SyntheticPictures(9_300_000, 20)
    index = build_index("IVF4,PQ8x4", load_world().train[:1000])
    settings = Settings({}, originals=20)
    made = []
    for workers in (1, 2):
        work = Workplace(extractor, tmp_path / str(workers), Loop(workers=workers), False)
        found = work.features(source, "pictures", seed=3)
        originals = chosen(source, found, np.arange(20))
        passive = release_passive(originals, settings, work)
        made.append((found, passive, release_activated(originals, index, {}, settings, work)))
    (found, passive, active), others = made[0], made[1]
    assert (found.features == others[0].features).all()
    for one, other in ((passive, others[1]), (active, others[2])):
        assert all((one.queries[edit] == other.queries[edit]).all() for edit in EDITS)
    assert all((active.quality[name] == others[2].quality[name]).all() for name in ("psnr", "ssim", "linf", "after"))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_one_of_two_chunks_at_a_time_ends_the_work_and_keeps_what_is_done(tmp_path, error):
    calls = []

    def work(start, stop):
        calls.append(start)
        if start == 4:
            raise error("chunk 4")
        return {"x": np.arange(start, stop)}

    with pytest.raises(error, match="chunk 4"):
        make_chunks(tmp_path, 100, 2, work, runner=Loop(workers=2), title="t", progress=False)
    assert {"00000000.npz", "00000002.npz"} <= {path.name for path in tmp_path.iterdir()} and len(calls) < 10
    make_chunks(
        tmp_path, 100, 2, lambda a, b: {"x": np.arange(a, b)}, runner=Loop(workers=2), title="t", progress=False
    )
    assert len(list(tmp_path.iterdir())) == 50


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_an_evaluation_soon_and_the_same_command_goes_on(disc21, tmp_path):
    command = [sys.executable, "-m", "activeindex_lite.cli", "evaluate", "--disc21", str(disc21), *SETTINGS]
    command += ["--out", str(tmp_path / "out")]
    # A suite that runs in the background of a shell ignores Ctrl+C, and its children with it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 300
    while not list((tmp_path / "out").glob("cache/activated-*/settings.json")):
        assert running.poll() is None and time.monotonic() < deadline, "ended before it could be interrupted"
        time.sleep(0.002)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=100) != 0
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "cache").rglob("*.np?")}
    assert made and not (tmp_path / "out" / "retrieval.csv").exists()


def test_default_indexes_are_those_of_the_demonstration_and_of_the_paper():
    from activeindex_lite.demo import INDEXES

    assert default_indexes(128, 60_000) == INDEXES
    assert default_indexes(512, 1_000_000)["IVF-PQ"] == ("IVF4096,PQ8x8", (1, 16))
    assert default_indexes(512, 400)["IVF-PQ"] == ("IVF8,PQ8x8", (1, 8))


def test_summary_puts_passive_beside_activated(evaluated):
    tables, _ = read_tables(evaluated)
    table = summary(tables)
    assert table.columns.tolist() == [
        "index",
        "nprobe",
        "R@1 passive",
        "R@1 activated",
        "gain",
        "95 %",
        "uAP passive",
        "uAP activated",
        "normalised: passive",
        "activated",
    ]
    flat = table[table["index"] == "Flat"].iloc[0]
    assert np.isnan(flat["R@1 activated"]) and flat["95 %"] == "" and flat["R@1 passive"] > 0.8
    own = tables["copy_detection"].query("queries == 'own' and index == 'PCA32,LSH' and activated")
    row = table[table["index"] == "PCA32,LSH"].iloc[0]
    assert [row["uAP activated"], row["activated"]] == own.sort_values("normalised").micro_ap.tolist()
    assert isinstance(json.loads((evaluated / "about.json").read_text())["d"], int)
    assert isinstance(tables["retrieval"], pd.DataFrame)

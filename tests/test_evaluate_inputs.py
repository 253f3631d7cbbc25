"""What people's own folders, names, indexes and habits do to `evaluate`: the right tables, or one sentence."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from activeindex_lite.cli.main import main
from activeindex_lite.evaluate import Settings, default_indexes, disc21_collection, folder_collection, run_evaluation
from activeindex_lite.evaluate.results import read_tables
from activeindex_lite.index import build_index
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.support.names import unquoted

TRAIN = ["--train", "synthetic:300", "--distractors", "synthetic:40"]
SMALL = ["--index", "IVF4,Flat", "--nprobe", "1", "--originals", "4", "--strangers", "4"]


@pytest.fixture(scope="module")
def drawn():
    """12 small pictures."""
    return synthetic_pictures(range(9_700_000, 9_700_012), 96)


def saved(pictures, folder, name="{:03}.png"):
    """The folder, with the pictures as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(pictures):
        picture.save(folder / name.format(i))
    return folder


def evaluate(*arguments, status=0):
    """Run the command, quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(["evaluate", *map(str, arguments)]) == status


def tables_of(folder):
    """{name: bytes} of all tables, times and the list of skipped pictures apart."""
    apart = ("timing.csv", "skipped.csv")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.csv") if p.name not in apart}


@pytest.fixture(scope="module")
def plain(drawn, tmp_path_factory):
    """Tables of the 12 pictures and nothing else."""
    root = tmp_path_factory.mktemp("plain")
    evaluate("--pictures", saved(drawn, root / "photos"), *TRAIN, *SMALL, "--out", root / "out")
    return tables_of(root / "out")


# --- duplicates -------------------------------------------------------------------------------------------------------


def copied(photos, drawn):
    for path in sorted(photos.glob("*.png")):
        (photos / f"x{path.name}").write_bytes(path.read_bytes())


def saved_again(photos, drawn):
    saved(drawn, photos, "x{:03}.bmp")


def in_a_subfolder(photos, drawn):
    (photos / "more").mkdir()
    for path in sorted(photos.glob("*.png")):
        os.link(path, photos / "more" / path.name)


@pytest.mark.parametrize("twice", [copied, in_a_subfolder])
def test_files_that_are_there_twice_change_no_table(twice, drawn, plain, tmp_path, capsys):
    twice(saved(drawn, tmp_path / "photos"), drawn)
    evaluate("--pictures", tmp_path / "photos", *TRAIN, *SMALL, "--out", tmp_path / "out")
    assert tables_of(tmp_path / "out") == plain
    assert "12 of the 24 files" in capsys.readouterr().out
    skipped = read_tables(tmp_path / "out")[0]["skipped"]
    assert len(skipped) == 12 and skipped.reason.str.startswith("a duplicate of").all()


def r1(folder):
    table = read_tables(folder)[0]["retrieval"].set_index(["activated", "edit"]).r1
    return table[False, "Identity"]


def test_pictures_that_are_there_twice_in_other_files_are_one_reference(drawn, tmp_path, capsys):
    saved_again(saved(drawn, tmp_path / "photos"), drawn)
    evaluate("--pictures", tmp_path / "photos", *TRAIN, *SMALL, "--out", tmp_path / "out")
    assert r1(tmp_path / "out") == 1
    said = capsys.readouterr().out
    tables, about = read_tables(tmp_path / "out")
    assert "references are duplicates of another picture" in said
    assert about["references"] == 40 + 19 - (tables["skipped"]["where"] == "references").sum()
    # A stranger whose twin is indexed would be a copy that the truth denies.
    left = set(tables["skipped"].picture[tables["skipped"]["where"] == "strangers"])
    stems = {Path(name).stem.lstrip("x") for name in left}
    assert about["strangers"] + len(left) == 4 and ("strangers are duplicates" in said) == bool(left)
    truth = pd.read_csv(tmp_path / "out" / "predictions" / "truth-own.csv", keep_default_na=False)
    strangers = {
        Path(q).stem.lstrip("x") for q in truth.query_id[truth.reference_id == ""].str.removeprefix("stranger-")
    }
    assert not strangers & stems


def test_distractors_that_are_the_originals_are_left_out(drawn, tmp_path, capsys):
    photos, more = saved(drawn, tmp_path / "photos"), saved(drawn[:8], tmp_path / "more", "{:03}.bmp")
    command = ["--pictures", photos, "--train", "synthetic:300", *SMALL, "--distractors"]
    evaluate(*command, more, "--out", tmp_path / "out")
    assert r1(tmp_path / "out") == 1 and "duplicates of another picture" in capsys.readouterr().out
    evaluate(*command, photos, "--out", tmp_path / "all")
    # Of the 12 pictures 10 are references already, and 2 are strangers, which must not be indexed.
    tables, about = read_tables(tmp_path / "all")
    assert r1(tmp_path / "all") == 1 and about["references"] == 10 and about["strangers"] == 2
    assert "12 of 22 references are duplicates of another picture" in capsys.readouterr().out
    assert len(tables["skipped"]) == 12


def test_training_pictures_that_are_references_are_said(drawn, tmp_path, capsys):
    photos = saved(drawn, tmp_path / "photos")
    evaluate(
        "--pictures", photos, "--train", photos, "--index", "IVF4,Flat", "--originals", 4, "--out", tmp_path / "out"
    )
    assert "10 of 12 training pictures are references too" in capsys.readouterr().out


def test_duplicates_are_kept_on_demand_and_said(drawn, tmp_path, capsys):
    copied(saved(drawn, tmp_path / "photos"), drawn)
    out = tmp_path / "out"
    evaluate("--pictures", tmp_path / "photos", *TRAIN, *SMALL, "--out", out, "--keep-duplicates")
    said = capsys.readouterr().out
    assert "all are indexed, and a tie for the first place counts against R@1" in said
    assert read_tables(out)[1]["references"] == 40 + 19


# --- folders that the tool made ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stopped", [True, False])
@pytest.mark.parametrize("cache", [[], ["--cache", "photos/kept"]])
def test_an_output_folder_among_the_pictures_is_not_read(stopped, cache, drawn, plain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos = saved(drawn, Path("photos"))
    command = ["--pictures", photos, *TRAIN, *SMALL, *cache, "--keep-pictures", "--out"]
    evaluate(*command, photos / "one")
    assert list(photos.rglob("activated-*/pictures/*.png"))
    if stopped:
        (photos / "one" / "about.json").unlink()
        evaluate(*command, photos / "one")
    evaluate(*command, photos / "two")
    assert tables_of(photos / "one") == plain and tables_of(photos / "two") == plain


# --- names of files ---------------------------------------------------------------------------------------------------

NAMES = (
    b"caf\xe9.png",
    b"a\rb.png",
    b" 1.png",
    b"1.png",
    b"a,b.png",
    b'"q".png',
    b"NA.png",
    b"50%2C.png",
    b"l\xff/in.png",
)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_no_text_come_back_from_every_table(drawn, tmp_path, capsys):
    root = os.fsencode(tmp_path) + b"/ph\xf6tos"
    os.makedirs(root + b"/l\xff")
    for picture, name in zip(drawn, (*NAMES, b"x.png", b"y.png", b"z.png"), strict=True):
        with open(root + b"/" + name, "wb") as file:
            picture.save(file, "PNG")
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xf6ut")
    evaluate("--pictures", os.fsdecode(root), *TRAIN, *SMALL[:-4], "--strangers", 2, "--out", out, "--keep-pictures")
    assert "tables: " in capsys.readouterr().out
    tables, about = read_tables(out)
    assert len(tables["skipped"]) == 0 and about["queries"] == 10
    for name in tables["quality"].picture:
        assert os.path.isfile(os.path.join(root, os.fsencode(unquoted(name)))), name
    truth = (Path(out) / "predictions" / "truth-own.csv").read_text(encoding="utf-8").splitlines()
    assert len(truth) == 1 + 10 + 2 and all(line.count(",") == 1 and '"' not in line for line in truth)


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pictures", ""], "--pictures is empty"),
        (["--disc21", " "], "--disc21 is empty"),
        (["--train", "", "--pictures", "."], "--train is empty"),
        (["--cache", ""], "--cache is empty"),
        (["--out", ""], "--out is empty"),
        (["--extractor", ""], "--extractor is empty"),
        (["--dask", ""], "--dask : give a scheduler's address"),
        (["--nprobe", "4"], "--nprobe goes with --index"),
        (["--nprobe", "0"], "--nprobe=0"),
        (["--index", "Flat", "--nprobe", "0"], "--nprobe=0"),
        (["--index", "Flat", "PQ4x4", "--nprobe", "4"], "has no cells, so leave the option out"),
        (["--index", "IVF3,Flat", "--nprobe", "16"], "nprobe=16"),
        (["--ef-search", "32"], "--ef-search goes with --index and a graph"),
        (["--index", "IVF3,Flat", "--ef-search", "32"], "--ef-search goes with --index and a graph"),
        (["--index", "HNSW8,Flat", "--ef-search", "0"], "--ef-search=0"),
        (["--keep-duplicates"], "--keep-duplicates goes with --pictures"),
        (["--distractors", "synthetic:5"], "--train and --distractors go with"),
        (["--originals", "50001", "--index", "Flat"], "originals=50001: the ready world has 50000"),
    ],
)
def test_options_that_are_empty_or_have_no_effect_are_refused(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    evaluate(*arguments, status=2)
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_queries_is_another_name_for_originals(drawn, plain, tmp_path):
    photos = saved(drawn, tmp_path / "photos")
    arguments = [a if a != "--originals" else "--queries" for a in SMALL]
    evaluate("--pictures", photos, *TRAIN, *arguments, "--out", tmp_path / "out")
    assert tables_of(tmp_path / "out") == plain


# --- indexes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["PQ4x8", "RQ4x8", "PCAW16,PQ4x4", "IVF512,Flat"])
def test_one_index_that_cannot_be_measured_does_not_cost_the_others(bad, drawn, tmp_path, capsys):
    photos = saved(drawn, tmp_path / "photos")
    train = ["--train", "synthetic:200", "--distractors", "synthetic:40"]
    command = [
        "--pictures",
        photos,
        *train,
        "--index",
        bad,
        "IVF4,Flat",
        "Flat",
        "--originals",
        4,
        "--out",
        tmp_path / "out",
    ]
    evaluate(*command, status=1)
    said = capsys.readouterr().out
    assert f"{bad} is not measured: " in said
    tables, _ = read_tables(tmp_path / "out")
    assert set(tables["retrieval"]["index"]) == {"IVF4,Flat", "Flat"}
    failed = tables["failed"].set_index("index")
    assert failed.index.tolist() == [bad] and failed.reason[bad] in said
    assert f"<td>{bad}</td>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    evaluate(*command, status=1)  # shown again
    assert "holds this evaluation already" in capsys.readouterr().out


def test_where_no_index_can_be_measured_the_first_reason_is_given(drawn, tmp_path, capsys):
    photos = saved(drawn, tmp_path / "photos")
    evaluate(
        "--pictures",
        photos,
        "--index",
        "PQ4x8",
        "--originals",
        4,
        "--train",
        "synthetic:50",
        "--distractors",
        "synthetic:9",
        "--out",
        tmp_path / "out",
        status=2,
    )
    assert "no index could be measured; PQ4x8: 50 training vectors" in capsys.readouterr().err


@hypothesis_settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 700), d=st.sampled_from([6, 20, 60, 126, 128, 384, 512]))
def test_default_indexes_can_be_trained_on_as_many_vectors_as_there_are(n, d):
    features = np.random.default_rng(n).standard_normal((n, d)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    indexes = default_indexes(d, n)
    for name in ("IVF-PQ", "IVF", "PCA+LSH"):
        factory, nprobes = indexes[name]
        if n == 1 and name == "IVF-PQ":
            continue  # one vector is no codebook
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            index = build_index(factory, features, features)
        assert max(nprobes) <= (index.nlist or 1) and len(set(nprobes)) == len(nprobes)
    assert ("OPQ" in indexes) == (n >= 256 and d >= 8)


@pytest.mark.parametrize("factory", ["IVF3,Flat", "IVF3,PQ4x2", "IMI2x1,Flat"])
def test_the_default_nprobe_is_clipped_to_the_cells_of_an_own_index(factory, drawn, tmp_path):
    photos = saved(drawn, tmp_path / "photos")
    evaluate("--pictures", photos, *TRAIN, "--index", factory, "--originals", 4, "--out", tmp_path / "out")
    nprobes = read_tables(tmp_path / "out")[0]["timing"].nprobe.tolist()
    assert nprobes == [1, 4 if factory.startswith("IMI") else 3]


def test_candidates_of_a_graph_are_those_asked_for(drawn, tmp_path):
    photos, factories = saved(drawn, tmp_path / "photos"), ["HNSW8,Flat", "PQ4x4", "IVF3_HNSW4,Flat"]
    evaluate(
        "--pictures",
        photos,
        *TRAIN,
        "--index",
        *factories,
        "--ef-search",
        33,
        "--originals",
        4,
        "--out",
        tmp_path / "out",
    )
    timing = read_tables(tmp_path / "out")[0]["timing"].drop_duplicates("index").set_index("index")
    assert timing.ef_search.loc[["HNSW8,Flat", "IVF3_HNSW4,Flat"]].tolist() == [33, 33]
    assert np.isnan(timing.ef_search["PQ4x4"])


def test_ten_pictures_are_evaluated_without_an_option(drawn, extractor, tmp_path):
    collection = folder_collection(saved(drawn[:10], tmp_path / "photos"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = run_evaluation(collection, extractor, tmp_path / "cache", Settings(), progress=False)
    assert set(result.timing["index"]) == {"No index", "IVF-PQ", "IVF", "PCA+LSH"} and not len(result.failed)
    assert result.about["queries"] == 4, "all four references are activated"


@pytest.mark.slow
def test_a_4_bit_index_runs_a_second_time(drawn, tmp_path):
    photos = saved(drawn, tmp_path / "photos")
    for out in ("a", "b"):
        command = ["--pictures", photos, *TRAIN, "--index", "IVF2,PQ4x4fs", "--nprobe", "1", "--originals", "2"]
        command += ["--out", tmp_path / out]
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "activeindex_lite.cli",
                "evaluate",
                *map(str, command),
                "--cache",
                tmp_path / "cache",
            ],
            capture_output=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr[-2000:]
    assert tables_of(tmp_path / "a") == tables_of(tmp_path / "b")


# --- blank pictures ---------------------------------------------------------------------------------------------------


def test_blank_originals_are_counted(drawn, tmp_path, capsys):
    photos = saved(drawn[:6], tmp_path / "photos")
    for colour in ("white", "black", "red", "green", "blue", "grey"):
        Image.new("RGB", (96, 96), colour).save(photos / f"{colour}.png")
    evaluate("--pictures", photos, *TRAIN, *SMALL[:-4], "--strangers", "2", "--out", tmp_path / "out")
    blank = sum(name[0].isalpha() for name in read_tables(tmp_path / "out")[0]["quality"].picture)
    assert blank and f"{blank} of 10 originals have one colour all over" in capsys.readouterr().out


# --- DISC21 as people have it -----------------------------------------------------------------------------------------


def disc21(root, drawn, layout):
    """A folder in the layout of DISC21: 6 references, 4 training pictures, 2 copies and 2 strangers in each split."""
    names = dict(
        owners=("references_0", "references_1", "train_0", "dev_queries_50k_0", "test_queries_50k_0"),
        mirror=(
            "references_0/images/references",
            "references_1/images/references",
            "train_0/images/train",
            "dev_queries/images/queries",
            "final_queries/images/final_queries",
        ),
        one=("references", "references/more", "train", "queries", "queries"),
    )[layout]
    for folder in names:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(drawn[:6]):
        picture.save(root / names[i // 3] / f"R{i:06}.png")
    for i, picture in enumerate(drawn[6:10]):
        picture.save(root / names[2] / f"T{i:06}.png")
    for split, first in ((3, 0), (4, 50_000)):
        for i in range(4):
            query = drawn[i + split - 3] if i < 2 else drawn[8 + i].rotate(90 * (split - 3))
            query.crop((4, 4, 90, 92)).save(root / names[split] / f"Q{first + i:05}.png")
    return root


def truth(path, first, strangers=True):
    rows = [f"Q{first + i:05},R{i + (first > 0):06}" for i in range(2)]
    path.write_text("\n".join(rows + [f"Q{first + i:05}," for i in (2, 3)] * strangers) + "\n")
    return path


ATTRIBUTIONS = "filename,author,licence\nR000000,somebody,by\n"


@pytest.mark.parametrize("strangers", [True, False], ids=["all queries", "matches alone"])
@pytest.mark.parametrize(
    ("layout", "second", "files"),
    [
        ("owners", "test", ("dev_queries_groundtruth.csv", "test_queries_groundtruth.csv")),
        ("mirror", "final", ("dev_ground_truth.csv", "final_ground_truth.csv")),
    ],
)
def test_disc21_as_it_is_downloaded(layout, second, files, strangers, drawn, tmp_path):
    root = disc21(tmp_path / "disc", drawn, layout)
    (root / "disc21_yfcc_attributions.csv").write_text(ATTRIBUTIONS)
    (root / "._dev_queries_groundtruth.csv").write_bytes(b"\x00\x05\x16\x07")
    paths = [truth(root / name, first, strangers) for name, first in zip(files, (0, 50_000), strict=True)]
    with pytest.raises(ValueError, match=f"{files[0]}, {files[1]}: name the ground truth with --ground-truth"):
        disc21_collection(root)
    for path, first in zip(paths, (0, 50_000), strict=True):
        found = disc21_collection(root, path)
        assert found.references[0].names == [f"R{i:06}" for i in range(6)] and len(found.train) == 4
        assert found.queries.names == [f"Q{first + i:05}" for i in range(4)]
        assert found.strangers.names == [f"Q{first + i:05}" for i in (2, 3)] and found.missing == []
        assert found.truth.reference_id.tolist()[2:] == ["", ""] and bool(found.notes) != strangers


@pytest.mark.parametrize(
    "name", ["GT.CSV", "groundtruth.csv", "ground-truth.csv", "my_gt.csv", "Truth.Csv", "other.csv"]
)
def test_the_ground_truth_is_found_beside_other_files(name, drawn, tmp_path):
    root = disc21(tmp_path / "disc", drawn, "one")
    (root / "._gt.csv").write_bytes(b"\x00\x05\x16\x07")
    if name != "other.csv":
        (root / "attributions.csv").write_text(ATTRIBUTIONS)
    truth(root / name, 0)
    assert disc21_collection(root).queries.names == [f"Q{i:05}" for i in range(4)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: (root / "gt.csv").unlink(), "holds no CSV file: name the ground truth"),
        (
            lambda root: (root / "queries").rename(root / "pictures"),
            r"has no folder queries/. DISC21 is one folder with",
        ),
        (
            lambda root: (root / "references").rename(root / "refs"),
            r"has no folder references/. DISC21 is one folder with",
        ),
        (lambda root: (root / "train").rename(root / "training"), r"has no folder train/. DISC21 is one folder with"),
        (lambda root: truth(root / "truth.csv", 0), "gt.csv, truth.csv: name the ground truth with --ground-truth"),
        (
            lambda root: ((root / "queries").rename(root / "dev_queries"), (root / "test_queries").mkdir()),
            "queries of several splits",
        ),
    ],
)
def test_what_is_missing_in_a_disc21_folder_is_said(change, said, drawn, tmp_path):
    root = disc21(tmp_path / "disc", drawn, "one")
    truth(root / "gt.csv", 0)
    change(root)
    with pytest.raises(ValueError, match=said):
        disc21_collection(root)


def test_matches_alone_are_evaluated(drawn, tmp_path, capsys):
    root = disc21(tmp_path / "disc", drawn, "owners")
    path = truth(root / "dev_queries_groundtruth.csv", 0, strangers=False)
    evaluate(
        "--disc21",
        root,
        "--ground-truth",
        path,
        "--train",
        "synthetic:300",
        "--index",
        "Flat",
        "IVF4,Flat",
        "--originals",
        2,
        "--out",
        tmp_path / "out",
    )
    assert "the 2 queries that it does not name are taken as strangers" in capsys.readouterr().out
    tables, about = read_tables(tmp_path / "out")
    assert about["strangers"] == 2 and (tables["copy_detection"].queries == "benchmark").sum() == 6


def test_a_comma_in_a_name_of_the_benchmark(drawn, tmp_path):
    root = disc21(tmp_path / "disc", drawn, "one")
    (root / "references" / "R000000.png").rename(root / "references" / "a,b.png")
    (root / "gt.csv").write_text('query_id,reference_id\nQ00000,"a,b"\nQ00002,\n')
    found = disc21_collection(root)
    assert found.missing == [] and found.truth.reference_id.tolist() == ["a%2Cb", ""]
    assert [found.references[0].names[i] for i in found.candidates] == ["a%2Cb"]


# --- Dask -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tls://", "give a scheduler's address"),
        ("tls://scheduler:8786", "tls needs certificates"),
        ("tcp://", "give a scheduler's address"),
        ("tcp://a:b", "give a scheduler's address"),
        ("tcp://127.0.0.1:999999", "give a scheduler's address"),
        ("inproc://", "give a scheduler's address"),
        ("foo://a:1", "give a scheduler's address"),
        ("tcp://[::1", "give a scheduler's address"),
        ("local:99999999999", "N from 1 to 1024"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers there"),
    ],
)
def test_addresses_of_no_scheduler_are_one_sentence(address, said, tmp_path, capsys):
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'activeindex-lite[dask]'")
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        evaluate("--dask", address, "--index", "Flat", "--out", tmp_path / "out", status=2)
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told and not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["a file/below", "/proc/nowhere", "a file"])
def test_a_temporary_folder_that_cannot_be_is_named(folder, tmp_path, capsys):
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'activeindex-lite[dask]'")
    (tmp_path / "a file").write_text("mine")
    with dask.config.set({"temporary-directory": str(tmp_path / folder)}):
        evaluate("--dask", "local:1", "--index", "Flat", "--out", tmp_path / "out", status=2)
    told = capsys.readouterr().err
    assert "Dask's workers cannot keep temporary files there" in told and not (tmp_path / "out").exists()


def test_settings_are_checked_when_they_are_made():
    for wrong, said in (
        (dict(alpha=-1), "alpha=-1"),
        (dict(originals=0), "originals=0"),
        (dict(strangers=0), "strangers=0"),
        (dict(steps=0), "steps=0"),
        (dict(seed=-1), "seed=-1"),
    ):
        with pytest.raises(ValueError, match=said):
            Settings(**wrong)
    assert json.dumps(Settings().seed) == "0"

"""Nothing from outside is run: no pickle, no program unasked, no path out of a folder, no markup from a name; uploads
have bounds.
"""

import ast
import io
import json
import pickle
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

import activeindex_lite
from activeindex_lite import load_extractor, open_pictures
from activeindex_lite.evaluate.results import predictions_file
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
from activeindex_lite.evaluation.copy_detection import score_predictions
from activeindex_lite.index import ActiveIndex
from activeindex_lite.pages.layout import anchor, page, thumbnail
from activeindex_lite.pictures import SkippedPicture
from activeindex_lite.report.evaluation_page import _skipped
from activeindex_lite.report.html import document, table
from activeindex_lite.support.chunks import read_arrays
from activeindex_lite.widgets.alpha import LARGEST_UPLOAD, AlphaExplorer
from activeindex_lite.widgets.page import write_page

ROOT = Path(activeindex_lite.__file__).parent
SOURCES = [*ROOT.rglob("*.py"), *(ROOT.parent / "benchmarks").glob("*.py")]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Trap:
    """An object whose pickle makes a file when it is opened."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


# --- what the source may not hold -----------------------------------------------------------------


def calls(source):
    """(dotted name, the call) of every call in a file."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def literal(node, name):
    """The constant that a call gives to a keyword; None where it gives none."""
    return next(
        (
            keyword.value.value
            for keyword in node.keywords
            if keyword.arg == name and isinstance(keyword.value, ast.Constant)
        ),
        None,
    )


# Dask carries pickles from the client to its own workers, which run what the client tells them anyway; these files read
# none.
CARRIERS = {
    ROOT / "support" / "pickled.py": {"pickle.loads"},
    ROOT / "evaluate" / "cluster.py": {"pickle.loads", "torch.jit.load"},
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT.parent)))
def test_no_call_that_runs_what_it_reads(source):
    for name, node in calls(source):
        if name in CARRIERS.get(source, ()):
            continue
        assert name not in (
            "eval",
            "exec",
            "os.system",
            "os.popen",
            "pickle.load",
            "pickle.loads",
            "yaml.load",
            "joblib.load",
            "pd.read_pickle",
            "shelve.open",
            "marshal.loads",
        ), name
        # numpy's own default is False since 1.16.3.
        assert not (name == "np.load" and literal(node, "allow_pickle")), "np.load that opens pickles"
        assert name != "torch.load" or literal(node, "weights_only") is True, "torch.load without weights_only=True"
        assert not literal(node, "shell"), "a shell"
        assert not name.endswith((".extractall", ".unpack_archive")), "an archive is unpacked, which may write anywhere"
        if name == "torch.jit.load":
            assert source.name == "load.py", "TorchScript is opened in one place, which warns"


@pytest.mark.parametrize("source", CARRIERS, ids=lambda path: path.name)
def test_what_carries_pickles_opens_no_file(source):
    assert not {name for name, _ in calls(source)} & {"open", "np.load", "torch.load", "Path"}


def test_the_search_for_calls_finds_some():
    found = {name for source in SOURCES for name, _ in calls(source)}
    assert {"np.load", "torch.load", "torch.jit.load"} <= found


# --- files that hold programs ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pickle", "npy", "npz", "torch", "zip"])
def test_a_file_with_a_program_is_refused_and_not_run(kind, tmp_path):
    path, sprung = tmp_path / "file.pt", tmp_path / "sprung"
    trap = Trap(sprung)
    array = np.array([trap, trap], dtype=object)
    with open(path, "wb") as file:
        {
            "pickle": lambda: pickle.dump(trap, file),
            "npy": lambda: np.save(file, array, allow_pickle=True),
            "npz": lambda: np.savez(file, faiss=array, about=array, features=array),
            "torch": lambda: torch.save({"weights": trap}, file),
            "zip": lambda: zipfile.ZipFile(file, "w").writestr("../../sprung", "out of the folder"),
        }[kind]()
    for reader in (ActiveIndex.load, read_arrays, load_extractor, read_predictions, read_truth):
        with pytest.raises(ValueError, match=re.escape(str(path))):
            reader(path)
    assert not sprung.exists() and [p.name for p in tmp_path.iterdir()] == ["file.pt"]


def test_a_program_is_opened_by_wish_alone_and_with_a_warning(tmp_path):
    torch.jit.script(torch.nn.Flatten()).save(str(tmp_path / "net.pt"))
    with pytest.warns(UserWarning, match="a program that runs on this machine: open only files you trust"):
        load_extractor(str(tmp_path / "net.pt"), size=8)
    with pytest.raises(ValueError, match="not downloaded by name"):
        load_extractor("sscd_disc_large")


# --- names that lead out of a folder --------------------------------------------------------------

PATHS = ["../../x", "/etc/passwd", "..\\..\\x", "~/x", "a\0b", "con", "https://x/y"]


@pytest.mark.parametrize("name", PATHS)
def test_names_in_benchmark_files_are_names_and_no_paths(name, tmp_path):
    (tmp_path / "p.csv").write_text(f"Q0,{name},.5\n{name},R1,.4\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text(f"Q0,{name}\n{name},\n", encoding="utf-8")
    before = sorted(tmp_path.parent.iterdir())
    if "\0" in name and sys.version_info < (3, 11):  # whose csv takes no NUL
        for read, file in ((read_predictions, "p.csv"), (read_truth, "t.csv")):
            with pytest.raises(ValueError, match="cannot be read as CSV"):
                read(tmp_path / file)
    else:
        predictions, truth = read_predictions(tmp_path / "p.csv"), read_truth(tmp_path / "t.csv")
        assert score_predictions(predictions, truth)["micro_ap"] == 1
    assert sorted(tmp_path.parent.iterdir()) == before and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", [*PATHS, EVIL, "IVF16,PQ4x4"])
def test_files_named_after_an_index_stay_in_their_folder(name):
    made = predictions_file(name, 1, True, False, "own")
    assert re.fullmatch(r"[\w+-]+\.csv", made) and Path(made).name == made


def test_a_disc21_folder_looks_names_up_and_opens_no_path(tmp_path):
    from activeindex_lite.evaluate import disc21_collection

    (tmp_path / "secret.jpg").write_text("not for you")
    for name in ("references", "train", "queries"):
        (tmp_path / "disc" / name).mkdir(parents=True)
        Image.new("RGB", (96, 96)).save(tmp_path / "disc" / name / f"{name[0].upper()}0.jpg")
    (tmp_path / "disc" / "truth.csv").write_text("Q0,\nQ1,R0\n../../secret,../../secret\n")
    found = disc21_collection(tmp_path / "disc")
    assert ("references", "../../secret", "named in the ground truth, not in the folder") in found.missing
    for source in (*found.references, found.strangers, found.queries, found.train):
        assert all(path.resolve().is_relative_to(tmp_path / "disc") for path in source.paths)


# --- markup in names ------------------------------------------------------------------------------


def harmless(text):
    """Whether a page holds no element or attribute that runs something, apart from the package's own scripts."""
    soup = BeautifulSoup(text, "html.parser")
    own = [script for script in soup("script") if "alert" not in script.get_text()]
    return (
        len(own) == len(soup("script"))
        and not soup("img", src="x")
        and not [t for t in soup(True) for a in t.attrs if a.startswith("on")]
    )


def test_the_judge_of_pages_sees_what_is_not_escaped():
    assert (
        not harmless(f"<p>{EVIL}</p>")
        and not harmless('<img src="a" onerror="alert(1)">')
        and harmless("<p>&lt;script&gt;</p>")
    )


def test_names_in_reports_and_pages_are_text():
    skipped = pd.DataFrame([(EVIL, EVIL, EVIL)], columns=["where", "picture", "reason"])
    texts = [
        document(EVIL, table((EVIL,), [((EVIL,), True)], EVIL)),
        document("t", _skipped({"skipped": skipped})),
        page(EVIL, anchor(EVIL, EVIL) + thumbnail((EVIL, EVIL)), [(EVIL, EVIL)], (EVIL, EVIL), (EVIL, EVIL)),
    ]
    for text in texts:
        assert harmless(text) and "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("text", [EVIL, "</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028"])
def test_an_explorers_page_keeps_its_data_as_data(text, tmp_path):
    class Fake:
        keys, page_traits, title, intro, _css, _esm = ["a"], ("a",), EVIL, EVIL, "", "export default {};"
        a = text

        def stored(self):
            return text

    made = write_page(Fake(), tmp_path / "e.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(made, "html.parser")
    assert len(soup("script")) == 1 and not soup("img") and soup.title.get_text() == soup.h1.get_text() == EVIL
    assert "<!--" not in made and made.count("<script") == made.count("</script>") == 1
    state = json.loads(re.search(r"^const state = (.*);$", made, re.MULTILINE)[1])
    assert state == {"a": text, "_stored": text}


def test_browsers_halves_write_text_and_no_markup():
    for source in (ROOT / "widgets").glob("*.js"):
        code = source.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|import\(", code
        ), source.name


def test_a_picture_with_markup_in_its_name_is_reported_as_it_is_called(tmp_path):
    path = tmp_path / "<script>alert(1)<" / "script>.png"
    path.parent.mkdir()
    path.write_text("no picture")
    Image.new("RGB", (32, 32)).save(tmp_path / "good.png")
    opened = open_pictures(tmp_path)
    with pytest.warns(SkippedPicture, match="<script>alert"):
        assert len(list(opened)) == 1
    assert harmless(
        document("t", _skipped({"skipped": pd.DataFrame([("references", str(path), opened.skipped[path])])}))
    )


# --- uploads --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explorer(small_indexes, extractor):
    return AlphaExplorer(7, indexes={"IVF": small_indexes["IVF64,Flat"]}, extractor=extractor, steps=1)


def png_that_declares(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    import zlib

    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("buffers", "said"),
    [
        ([], "the message held no file"),
        ([bytes(LARGEST_UPLOAD + 1)], "more than 20 MB"),
        ([png_that_declares(60_000, 60_000)], "3,600,000,000 pixels"),
        ([png_that_declares(2**31 - 1, 2**31 - 1)], "picture|pixels"),
        ([b""], "empty file"),
        ([pickle.dumps(Trap("sprung"))], "not a picture"),
        ([b"<svg onload='alert(1)'/>"], "not a picture"),
        ([memoryview(np.zeros((4, 4)))], "not a picture"),
    ],
)
def test_uploads_have_bounds(explorer, buffers, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = explorer.state.original
    explorer._received(None, {"kind": "picture", "name": EVIL * 99}, buffers)
    assert re.search(said, explorer._error) and explorer.state.original == before
    assert len(explorer._error) < 400 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [{}, {"kind": "other"}, "text", None, [1]])
def test_other_messages_are_no_uploads(explorer, content):
    before = explorer._view
    explorer._received(None, content, [b"x"])
    assert explorer._view is before


# --- servers --------------------------------------------------------------------------------------


def test_the_servers_of_the_benchmarks_listen_here_alone_and_ask_for_a_token():
    text = (ROOT.parent / "benchmarks" / "lab.py").read_text(encoding="utf-8")
    assert "--ip=127.0.0.1" in text and "--IdentityProvider.token={token}" in text and "secrets.token_hex(16)" in text
    told = [*SOURCES, ROOT.parent / "README.md", *(ROOT.parent / "notebooks").glob("*.md")]
    everywhere = "\n".join(path.read_text(encoding="utf-8") for path in told)
    assert not re.search(r"0\.0\.0\.0|token=['\"]{2}|password=['\"]{2}|disable_check_xsrf", everywhere)

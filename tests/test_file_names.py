"""Names of files that CSV files or terminals cannot carry: bytes that are not UTF-8, ends of lines, spaces, commas."""

import csv
import io
import os
import sys

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from activeindex_lite.evaluation.benchmark_files import read_predictions, write_benchmark_file
from activeindex_lite.support.names import quoted, readable, unquoted

NAMES = {
    "plain.png": "plain.png",
    "пейзаж 🏔.png": "пейзаж 🏔.png",
    "100%.png": "100%.png",
    "with space.png": "with space.png",
    "caf\udce9.png": "caf%E9.png",
    "a\rb.png": "a%0Db.png",
    "a\nb.png": "a%0Ab.png",
    "a\u2028b.png": "a%E2%80%A8b.png",
    " 1.png": "%201.png",
    "1.png ": "1.png%20",
    "a,b.png": "a%2Cb.png",
    'say "a".png': "say %22a%22.png",
    "a%20b.png": "a%2520b.png",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_written_in_one_line_of_text_and_read_back(name):
    assert quoted(name) == NAMES[name] and unquoted(quoted(name)) == name


@given(st.binary(min_size=1, max_size=40).map(lambda raw: raw.replace(b"\0", b"0")))
@example(b"\xc3")
@example(b"\xe2\x80")
@example(b"%C3\xa9")
@example(b"\xc2\x85%2")
def test_every_name_of_a_file_comes_back(raw):
    name = raw.decode("utf-8", "surrogateescape")
    text = quoted(name)
    assert unquoted(text) == name
    assert text == text.strip() and text.encode("utf-8").decode("utf-8").splitlines() == [text]
    assert next(csv.reader(io.StringIO(text))) == [text] == text.split(",")


@given(st.lists(st.binary(min_size=1, max_size=3), unique=True, max_size=30))
def test_different_names_give_different_texts(raws):
    names = {raw.decode("utf-8", "surrogateescape") for raw in raws}
    assert len({quoted(name) for name in names}) == len(names)


def test_benchmark_files_hold_them(tmp_path):
    ids = [quoted(name) for name in (*NAMES, "1.png")]
    write_benchmark_file(tmp_path / "p.csv", pd.DataFrame({"query_id": ids, "reference_id": ids, "score": 1.0}))
    found = read_predictions(tmp_path / "p.csv")
    assert found.query_id.tolist() == [*NAMES, "1.png"] and found.reference_id.is_unique


def test_a_path_for_messages_is_text():
    for path, said in (("caf\udce9/a.png", "caf\\xe9/a.png"), ("café/a.png", "café/a.png")):
        assert readable(path) == said == readable(os.path.join(path)) and said.encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not Unicode need Linux")
def test_the_folder_of_an_evaluation_names_its_pictures_in_text(tmp_path):
    from PIL import Image

    from activeindex_lite.evaluate.sources import files_of
    from activeindex_lite.support.names import unquoted

    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    for name in ("caf\udce9.png", "a\rb.png", " 1.png", "1.png", "a,b.png"):
        Image.new("RGB", (20, 20)).save(folder / name)
    source = files_of(folder)
    assert sorted(source.names) == sorted(["caf%E9.png", "a%0Db.png", "%201.png", "1.png", "a%2Cb.png"])
    assert all((folder / unquoted(name)).is_file() for name in source.names)
    "\n".join(source.names).encode("utf-8")

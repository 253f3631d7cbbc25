"""What a class types after activeindex-lite: every slip prints one sentence, has status 2 and leaves nothing behind."""

import os
import warnings

import pytest

from activeindex_lite.cli.main import main

FILES = {
    "afile": b"mine",
    "empty.csv": b"",
    "p.csv": b"Q0,R0,0.9\n",
    "t.csv": b"Q0,R0\n",
    "binary.csv": b"\xff\xfe\x00",
    "nan.csv": b"Q0,R0,nan\n",
    "words.csv": b"Q0,R0,high\n",
    "twice.csv": b"Q0,R0,1\nQ0,R0,2\n",
    "none.csv": b"Q0,\n",
    "notebook.ipynb": b"{",
    "empty.ipynb": b"",
    "list.ipynb": b"[1]",
    "nb/01_a.ipynb": b"{}",
    "x/a.jpg": b"no picture",
}

SLIPS = {
    "demo --out afile": "afile exists",
    "demo --originals 0": "originals=0",
    "demo --queries 0": "originals=0",
    "demo --queries -3": "originals=-3",
    "demo --queries 99999999": "originals=99999999",
    "demo --alpha nan": "alpha=nan",
    "demo --alpha -1": "alpha=-1",
    "demo --alpha inf": "alpha=inf",
    "demo --seed -1": "seed",
    "demo --pictures gone": "gone: no such folder",
    "demo --pictures afile": "afile is a file",
    "demo --pictures emptyd": "no picture in emptyd",
    "demo --out afile/below": "afile/below: Not a directory",
    "evaluate --out afile": "afile exists",
    "evaluate --extractor nope --pictures emptyd": "no picture",
    "evaluate --extractor lite@x": "lite@x",
    "evaluate --disc21 gone": "gone: no such folder",
    "evaluate --disc21 emptyd": "emptyd holds no CSV file",
    "evaluate --pictures x": "at least 10",
    "evaluate --index HNSW1,Flat": "1 links per vector",
    "evaluate --index ivf8,flat": "in capitals",
    "evaluate --steps 0": "steps=0",
    "evaluate --seed -1": "seed",
    "evaluate --device gpu": "device='gpu'",
    "evaluate --alpha 1e9": "alpha=1000000000.0",
    "score gone.csv t.csv": "gone.csv: No such file",
    "score empty.csv t.csv": "holds no row",
    "score p.csv empty.csv": "holds no row",
    "score binary.csv t.csv": "CSV text in UTF-8",
    "score p.csv binary.csv": "CSV text in UTF-8",
    "score nan.csv t.csv": "is nan: expected a finite number",
    "score words.csv t.csv": "'high': expected a number",
    "score twice.csv t.csv": "more than once",
    "score p.csv none.csv": "no original",
    "score emptyd t.csv": "emptyd: Is a directory",
    "score t.csv p.csv": "fields",
    "compare --out afile": "afile exists",
    "compare --psnr nan": "--psnr=nan",
    "compare --psnr -5": "--psnr=-5",
    "compare --queries 0": "originals=0",
    "compare --methods x": "--methods 'x'",
    "compare --index IVF0,Flat": "number in it is 0",
    "compare --nprobe 0": "--nprobe=0",
    "compare --nprobe 5000": "--nprobe=5000: expected a whole number from 1 to 1,536",
    "check-extractor nope": "'nope' is not an extractor",
    "check-extractor lite@0": "size=0",
    "check-extractor lite@x": "after @",
    "check-extractor me@home/w.pt": "me@home/w.pt: no such file",
    "sweep --seed 1": "--seed belongs to --what scale",
    "sweep --what whatif --queries 3": "--originals has no effect",
    "sweep --what scale --largest 500 --first 900 --out s": "sizes",
    "compare --index Flat --originals 2": "stores every vector exactly",
    "check-extractor lite --queries 0": "originals=0",
    "check-extractor lite --pictures emptyd": "no picture in",
    "check-extractor gone.pt": "no such file",
    "check-extractor afile.pt@9": "no such file",
    "train --out afile": "afile exists",
    "world --out afile": "afile",
    "sweep --out afile": "afile",
    "sweep --queries 0": "originals=0",
    "sweep --queries 201": "originals=201",
    "pages --notebooks gone": "gone",
    "pages --notebooks emptyd": "emptyd",
    "assignment afile --out a": "afile is not a notebook",
    "assignment binary.csv --out a": "binary.csv is not a notebook",
    "assignment empty.ipynb --out a": "empty.ipynb is not a notebook",
    "assignment list.ipynb --out a": "list.ipynb is not a notebook",
    "pages --notebooks nb": "nb/01_a.ipynb is not a notebook",
    "assignment gone.ipynb --out a": "gone.ipynb",
    "assignment emptyd --out a": "emptyd",
    "assignment notebook.ipynb --out a": "notebook.ipynb",
}
# What argparse answers itself, with its usage.
USAGE = (
    "",
    "nothing",
    "demo --queries x",
    "demo --alpha",
    "evaluate --index",
    "score p.csv",
    "sweep --what else",
    "assignment --out a",
    "demo extra",
    "evaluate --pictures a --disc21 b",
)


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A folder with files that are not what they seem; the current one."""
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "emptyd").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_is_answered_with_a_sentence_and_leaves_nothing(line, room, capsys):
    before = everything(room)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(line.split()) == 2
    said = capsys.readouterr().err
    assert SLIPS[line] in said and "Traceback" not in said and "[Errno" not in said
    assert everything(room) == before


@pytest.mark.parametrize("line", USAGE)
def test_usage(line, room, capsys):
    before = everything(room)
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2 and "usage: activeindex-lite" in capsys.readouterr().err and everything(room) == before


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (MemoryError(), 2, "more memory than this computer has"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "a.csv"), 2, "a.csv: No space"),
        (
            OSError(28, "a.csv could not be written: the disk is full"),
            2,
            "activeindex-lite: a.csv could not be written",
        ),
        (OSError("words"), 2, "words"),
    ],
)
def test_what_no_check_foresees(error, status, said, room, capsys, monkeypatch):
    from activeindex_lite.evaluation import benchmark_files

    monkeypatch.setattr(benchmark_files, "read_predictions", lambda path: (_ for _ in ()).throw(error))
    assert main(["score", "p.csv", "t.csv"]) == status
    assert said in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="no /proc, where even root may not write")
def test_a_place_where_nobody_may_write(capsys):
    assert main(["demo", "--out", "/proc/nobody"]) == 2
    assert "/proc/nobody: " in capsys.readouterr().err

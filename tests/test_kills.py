"""Writers killed at any moment, starved of disk, or at work on one cache together: old or new files, never half
ones.
"""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from activeindex_lite.support.chunks import write_arrays
from activeindex_lite.support.files import whole_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="killing and starving a process are Unix's")
SCRIPT = Path(__file__).with_name("writers_to_kill.py")


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """What writers_to_kill.py saw, in a process of its own: here torch's threads would make forks unsafe."""
    run = subprocess.run(
        [sys.executable, SCRIPT, tmp_path_factory.mktemp("trials")], capture_output=True, text=True, check=False
    )
    assert not run.returncode, run.stderr
    return json.loads(run.stdout)


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(trials):
    # That each version is whole, and the last one finished or the one after, the trial itself asserts after every kill.
    assert set(trials["kill"]["kills"].values()) == {8} and len(trials["kill"]["kills"]) == 7


@pytest.mark.slow
def test_long_work_that_is_killed_again_and_again_ends_with_the_same_result(trials):
    assert all(trials["resume"]["right"].values()) and len(trials["resume"]["right"]) == 3
    assert min(trials["resume"]["kills"].values()) >= 2, "it ended before it could be killed"


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_told_and_keeps_what_was_there(trials):
    starved = trials["starve"]
    assert set(starved["stands"].values()) == {1} and starved["temporary files left"] == 0
    for name, said in starved["said"].items():
        assert "could not be written" in said and "what was there before is as it was" in said, name


@pytest.mark.slow
def test_two_runs_on_one_cache_do_not_disturb_each_other(trials):
    assert trials["together"]["features"] == [0] * 10 and trials["together"]["right"]
    # A table in parts has one writer: the second is told so, the first ends well.
    assert trials["together"]["table"] == [0, 1]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "disk is full: free some space"),
        (errno.EROFS, "read-only: name another folder"),
        (errno.EACCES, "may not write there"),
        (errno.EDQUOT, "quota"),
    ],
)
def test_what_the_disk_refuses_is_said_with_a_way_out(tmp_path, monkeypatch, number, said):
    path = tmp_path / "a.npz"
    write_arrays(path, a=np.ones(3))
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda *_, **__: (_ for _ in ()).throw(OSError(number, os.strerror(number))))
    with pytest.raises(OSError, match=said) as refused:
        write_arrays(path, a=np.zeros(3))
    assert refused.value.errno == number and str(path) in str(refused.value)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_an_array_that_a_full_disk_takes_in_part(tmp_path):
    # numpy's own words, without a number: ndarray.tofile.
    with pytest.raises(OSError, match="a.npy could not be written: the disk is full"), whole_file(tmp_path / "a.npy"):
        raise OSError("1000 requested and 0 written")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_device_that_is_always_full(tmp_path):
    with pytest.raises(OSError, match="b.txt could not be written: the disk is full"), whole_file(tmp_path / "b.txt"):
        Path("/dev/full").write_text("a")


@pytest.mark.parametrize("place", ["a file/x.npz", "nowhere/x.npz", "a folder"])
def test_places_where_nothing_can_be_written_are_named(tmp_path, place):
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(OSError, match=f"{place} could not be written: .*(folder|name)"):
        write_arrays(tmp_path / place, a=np.ones(3))
    assert (tmp_path / "a file").read_text() == "mine" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", ["x" * 251 + ".csv", "图" * 83 + ".csv", "a.csv"])
def test_names_as_long_as_file_systems_allow(tmp_path, name):
    with whole_file(tmp_path / name) as temporary:
        temporary.write_text("all")
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "all"


def test_an_error_of_the_users_own_passes_unchanged(tmp_path):
    with pytest.raises(KeyError, match="mine"), whole_file(tmp_path / "a"):
        raise KeyError("mine")
    with pytest.raises(OSError, match="^picture is truncated$"), whole_file(tmp_path / "a"):
        raise OSError("picture is truncated")
    assert not list(tmp_path.iterdir())

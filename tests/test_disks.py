"""Disks that cannot do everything, such as network homes: without hard links, without locks, or with another's lock."""

import errno
import fcntl
import os
import platform
import subprocess
import sys
import threading

import pytest

from activeindex_lite import load_extractor
from activeindex_lite.evaluate.features import cached_features
from activeindex_lite.evaluate.sources import SyntheticPictures
from activeindex_lite.extractor import download
from activeindex_lite.support import files, locks
from activeindex_lite.support.files import MARK, is_free, is_output, mark_as_output, whole_file
from activeindex_lite.support.locks import InUse, alone
from activeindex_lite.sweeps.table_file import build_table, load_table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks and links")
LINKS_REFUSED = ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"]
LOCKS_REFUSED = ["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]


def refusing(name):
    """A system call that answers with the error of that name."""
    number = getattr(errno, name)

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse


# --- hard links -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LINKS_REFUSED)
def test_a_new_file_on_a_disk_without_hard_links(tmp_path, monkeypatch, name):
    monkeypatch.setattr(os, "link", refusing(name))
    with whole_file(tmp_path / "a.txt", new=True) as temporary:
        temporary.write_text("mine")
    assert (tmp_path / "a.txt").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1
    with (
        pytest.raises(FileExistsError, match=r"a\.txt exists: name another file"),
        whole_file(tmp_path / "a.txt", new=True) as temporary,
    ):
        pytest.fail("the block runs although the file exists")


@pytest.mark.parametrize("link", [os.link, refusing("EPERM")])
def test_a_file_that_another_process_makes_meanwhile_is_kept(tmp_path, monkeypatch, link):
    monkeypatch.setattr(os, "link", link)
    with pytest.raises(FileExistsError, match="exists"), whole_file(tmp_path / "a.txt", new=True) as temporary:
        temporary.write_text("mine")
        (tmp_path / "a.txt").write_text("theirs")
    assert (tmp_path / "a.txt").read_text() == "theirs" and len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_named_for_a_new_file_too(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", refusing("ENOSPC"))
    with pytest.raises(OSError, match="the disk is full"), whole_file(tmp_path / "a.txt", new=True) as temporary:
        temporary.write_text("mine")
    assert not list(tmp_path.iterdir())


# --- locks ----------------------------------------------------------------------------------------


@pytest.fixture(params=["locks", *LOCKS_REFUSED])
def disk(request, monkeypatch):
    """A disk with locks, or one that refuses them with some error."""
    if request.param != "locks":
        monkeypatch.setattr(fcntl, "flock", refusing(request.param))
    return request.param


def test_the_lock_keeps_others_out_and_is_given_back(disk, tmp_path):
    path = tmp_path / "a.lock"
    for _ in range(2):
        with alone(path, wait=False), pytest.raises(InUse, match="wait until"), alone(path, wait=False):
            pytest.fail("two at a time")
    assert not (tmp_path / "a.lock.held").exists()
    with pytest.raises(KeyError), alone(path):
        raise KeyError
    with alone(path, wait=False):
        pass


def test_waiting_is_announced_and_ends(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "PAUSE", 0.01)
    path, entered, order = tmp_path / "a.lock", threading.Event(), []

    def first():
        with alone(path):
            entered.set()
            waited.wait(10)
            order.append("first")

    waited = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    threading.Timer(0.05, waited.set).start()
    with pytest.warns(UserWarning, match="waiting for it"), alone(path, waiting="waiting for it"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_a_table_is_measured_and_resumed_on_any_disk(disk, tmp_path):
    def rows_of(job):
        if job == 2 and not (tmp_path / "again").exists():
            raise KeyboardInterrupt
        return [{"n": job}]

    settings = ({"jobs": 4}, range(4), rows_of)
    with pytest.raises(KeyboardInterrupt):
        build_table(tmp_path / "t.csv", *settings, title="t", unit="job", progress=False)
    (tmp_path / "again").touch()
    with (
        alone(tmp_path / "t.lock"),
        pytest.raises(ValueError, match=r"another process is writing .*t\.part.*wait until"),
    ):
        build_table(tmp_path / "t.csv", *settings, title="t", unit="job", progress=False)
    build_table(tmp_path / "t.csv", *settings, title="t", unit="job", progress=False)
    assert load_table(tmp_path / "t.csv").n.tolist() == [0, 1, 2, 3]
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "again"}


def test_features_are_made_and_gathered_on_any_disk(disk, tmp_path):
    found = cached_features(
        SyntheticPictures(0, 3), load_extractor("gradients"), tmp_path / "cache", title="t", progress=False
    )
    assert len(found) == 3 and not list(tmp_path.glob("**/*.held"))


def test_a_file_is_downloaded_on_any_disk(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "weights.pt").write_bytes(b"weights")
    path = download.fetch((tmp_path / "weights.pt").as_uri(), progress=False)
    assert (
        path.read_bytes() == b"weights" and path.parent == tmp_path / "cache" and not list(path.parent.glob("*.held"))
    )


def test_a_lock_of_a_killed_process_does_not_last(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refusing("ENOLCK"))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    held = tmp_path / "a.lock.held"
    held.write_text(f"{platform.node()} {gone.pid}")
    with alone(tmp_path / "a.lock", wait=False):
        assert held.read_text() == f"{platform.node()} {os.getpid()}"
    for owner in (f"elsewhere {gone.pid}", f"{platform.node()} {os.getppid()}", ""):
        held.write_text(owner)
        with (
            pytest.raises(InUse, match=r"a\.lock\.held exists: .*if it was killed, delete that file"),
            alone(tmp_path / "a.lock", wait=False),
        ):
            pytest.fail("taken from its owner")


def test_other_errors_of_a_disk_are_not_taken_for_missing_locks(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refusing("EIO"))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)), alone(tmp_path / "a.lock"):
        pytest.fail("no lock")


# --- marked folders -------------------------------------------------------------------------------


def test_a_marked_folder_is_free_until_something_else_is_in_it(tmp_path):
    folder = tmp_path / "a" / "out"
    assert is_free(folder) and not is_output(folder)
    for _ in range(2):
        mark_as_output(folder)
        assert is_output(folder) and is_free(folder) and [path.name for path in folder.iterdir()] == [MARK]
    (folder / "mine.txt").write_text("mine")
    assert not is_free(folder) and not is_free(folder / "mine.txt") and is_output(folder)
    assert files.MARK_TEXT == (folder / MARK).read_text()

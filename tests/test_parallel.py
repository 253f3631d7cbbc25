"""Pieces of work in threads: results in order, one core per worker, errors and early ends leave nothing running."""

import threading
import time

import pytest

from activeindex_lite.support.parallel import cores, in_threads, one_core

torch, faiss = pytest.importorskip("torch"), pytest.importorskip("faiss")


def limits(_):
    return torch.get_num_threads(), faiss.omp_get_max_threads(), cores()


def test_results_come_in_order_whatever_ends_first():
    assert list(in_threads(lambda i: time.sleep(0.02 * (i % 3 == 0)) or i, range(20), workers=3)) == list(range(20))


def test_workers_use_one_core_each_and_the_caller_keeps_its_own():
    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    assert set(in_threads(limits, range(6), workers=2)) == {(1, 1, 1)}
    assert (torch.get_num_threads(), faiss.omp_get_max_threads()) == before
    seen = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start(), thread.join()
    assert seen == [before[0]]  # and so does a thread that torch meets later


def test_one_core_inside_a_with_block_alone(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(RuntimeError), one_core():
            assert torch.get_num_threads() == 1
            with one_core():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
            raise RuntimeError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_piece_that_splits_again_stays_in_its_thread():
    def names(_):
        return set(in_threads(lambda _: threading.current_thread().name, range(3))) == {threading.current_thread().name}

    assert list(in_threads(names, range(4), workers=2)) == [True] * 4


@pytest.mark.parametrize("workers", [1, 2])
def test_items_are_read_in_the_callers_thread_and_only_a_few_ahead(workers):
    read, caller = [], threading.current_thread().name

    def items():
        for i in range(100):
            read.append(threading.current_thread().name)
            yield i

    results = in_threads(lambda i: i, items(), workers)
    assert next(results) == 0
    assert len(read) <= workers + 1 and set(read) == {caller}
    results.close()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_an_error_of_a_piece_reaches_the_caller_and_ends_the_rest(workers, error):
    done = []

    def fail(i):
        if i == 3:
            raise error("piece 3")
        done.append(i)
        return i

    with pytest.raises(error, match="piece 3"):
        list(in_threads(fail, range(1000), workers))
    assert len(done) < 20
    assert torch.get_num_threads() >= 1 and not [t for t in threading.enumerate() if "ThreadPool" in t.name]


def test_cores_follow_what_a_user_allows(monkeypatch):
    monkeypatch.setattr("activeindex_lite.support.parallel.cpu_quota", lambda: 64)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert cores() == 16
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cores() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")  # OpenMP's list of levels: torch has read it
    assert cores() == 16

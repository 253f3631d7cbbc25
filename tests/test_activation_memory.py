"""Large pictures: batches bounded in pixels, and a sentence before the work where memory is short."""

import pytest
from PIL import Image

from activeindex_lite import activate
from activeindex_lite.activation import activation, memory


@pytest.mark.parametrize(
    ("size", "most"), [((224, 224), 83), ((512, 512), 16), ((800, 600), 8), ((2000, 1500), 1), ((6000, 4000), 1)]
)
def test_a_batch_is_bounded_in_pixels(size, most):
    assert memory.pictures_at_once(size) == most
    assert most == 1 or most * size[0] * size[1] <= memory.PIXELS_AT_ONCE


def test_batches_of_common_sizes_stay_and_larger_ones_split():
    pictures = [Image.new("RGB", size) for size in [(224, 224)] * 20 + [(1600, 1200)] * 5]
    sizes = [len(rows) for rows in activation._batches(pictures, 8, 1)]
    assert sizes == [8, 8, 4, 2, 2, 1]


@pytest.mark.parametrize("size", [(4000, 3000), (12_000, 1000), (3000, 3000)])
def test_too_large_for_the_free_memory_is_said_before_the_work(size, monkeypatch, small_indexes, extractor):
    monkeypatch.setattr(memory, "free_memory", lambda: 1e9)
    monkeypatch.setattr(activation, "activate_batch", None)
    pictures = [Image.new("RGB", (64, 64)), Image.new("RGB", size)]
    named = rf"pictures\[1\] has {size[0]:,} x {size[1]:,} pixels: .* GB.*1.0 GB of memory are free; make it smaller"
    with pytest.raises(ValueError, match=named):
        activate(pictures, small_indexes["IVF64,Flat"], extractor)


@pytest.mark.parametrize("free", [None, 1e12])
def test_nothing_is_said_where_memory_suffices_or_is_not_known(free, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: free)
    memory.check_memory([Image.new("RGB", (4000, 3000))])


def test_small_pictures_are_never_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 0)
    memory.check_memory([Image.new("RGB", (2000, 2000))])

"""The demonstration's page says what was measured, whatever it was, and its folder is left clean."""

import re

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.evaluation.tables import Demo
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.report import page, results_folder

SEARCHES = [("IVF-PQ", 1), ("IVF-PQ", 16), ("IVF", 1), ("PCA+LSH", 1), ("OPQ", 1)]


def demo_of(gains, change=6, finds=()):
    """A Demo whose searches gain these (gain, low, high); change: of every blue value of the released pictures."""
    rows = [dict(index="No index", nprobe=1, activated=False, edit=edit, r1=1.0) for edit in [*EDITS, MEAN]]
    for (name, nprobe), (gain, _, _) in zip(SEARCHES, gains, strict=True):
        for activated in (False, True):
            common = dict(index=name, nprobe=nprobe, activated=activated, r1=0.5 + activated * gain)
            rows += [{**common, "edit": edit} for edit in [*EDITS, MEAN]]
    retrieval = pd.DataFrame(rows).assign(low=lambda t: t.r1, high=lambda t: t.r1, queries=3)
    table = pd.DataFrame(
        [
            dict(index=name, nprobe=nprobe, passive=0.5, activated=0.5 + gain, gain=gain, low=low, high=high)
            for (name, nprobe), (gain, low, high) in zip(SEARCHES, gains, strict=True)
        ]
    )
    pictures = synthetic_pictures(range(3), 96)
    activated = [changed(picture, change) for picture in pictures]
    quality = pd.DataFrame(
        {"index": "IVF-PQ", "picture": range(3), "psnr": 40.0 if change else np.inf, "ssim": 0.98, "linf": 6.0}
    )
    times = [dict(what="search", index=name, nprobe=nprobe, ms=0.1, bytes=4) for name, nprobe in SEARCHES]
    times += [
        dict(
            what="settings: 10 steps, learning rate 1",
            index="IVF-PQ",
            ms=9,
            psnr=40,
            distance_before=0.5,
            distance_after=0.3,
        )
    ]
    demo = Demo(retrieval, table, quality, pd.DataFrame(times))
    demo.strips = [(a, b, 40.0, 0.98) for a, b in zip(pictures, activated, strict=True)]
    demo.finds = [
        dict(outcome=outcome, edit="Random", original=pictures[0], query=pictures[1], before=before, after=pictures[2])
        for outcome, before in finds
    ]
    demo.about = dict(queries=3, references=50, source="three pictures", seed=0, alpha=3, seconds=1)
    return demo


def changed(picture, blue):
    from PIL import Image

    values = np.asarray(picture).astype(int)
    values[..., 2] += np.where(values[..., 2] > 127, -blue, blue)
    return Image.fromarray(values.astype(np.uint8))


@pytest.mark.parametrize(
    ("gains", "heading"),
    [
        ([(0.2, 0.1, 0.3)] * 5, "Every index gains"),
        ([(0.0, 0.0, 0.0)] * 5, "No index gains or loses beyond its interval"),
        ([(0.1, -0.1, 0.3)] * 5, "No index gains or loses beyond its interval"),
        ([(0.2, 0.1, 0.3)] * 3 + [(0.0, 0.0, 0.0)] * 2, "3 of 5 searches gain"),
        ([(-0.2, -0.3, -0.1)] * 2 + [(0.2, 0.1, 0.3)] * 3, "3 of 5 searches gain, 2 of 5 lose"),
        ([(-0.2, -0.3, -0.1)] * 5, "0 of 5 searches gain, 5 of 5 lose"),
    ],
)
def test_the_heading_says_what_the_gains_say(gains, heading):
    text = page(demo_of(gains))
    assert [h for h in re.findall("<h2>(.*?)</h2>", text) if "gain" in h] == [heading]


def test_the_page_begins_with_the_sentence_and_the_pictures_and_leads_to_the_course():
    picture = synthetic_pictures([9], 96)[0]
    text = page(demo_of([(0.2, 0.1, 0.3)] * 5, finds=[("won back", picture)]), "../pages/a%20b.html")
    body = text[text.index("<body>") :]
    places = [body.index(part) for part in ("class=lead", "<img", "<svg", "a%20b.html", "<table")]
    assert places == sorted(places)
    assert '<a href="../pages/a%20b.html">The course</a>' in text and "prefers-color-scheme: dark" in text
    assert "<a " not in page(demo_of([(0.2, 0.1, 0.3)] * 5))


def test_pictures_that_did_not_change_are_said_so():
    nothing = page(demo_of([(0.0, 0.0, 0.0)] * 5, change=0))
    assert "Nothing changed in these pictures" in nothing and "no change in some pictures" in nothing
    assert "100% is blue" in page(demo_of([(0.2, 0.1, 0.3)] * 5))


def test_searches_are_counted_as_they_came_out():
    gains = [(0.2, 0.1, 0.3)] * 5
    assert "pictures. There is none." in page(demo_of(gains))
    picture = synthetic_pictures([9], 96)[0]
    some = page(demo_of(gains, finds=[("won back", picture), ("still lost", None)]))
    assert "1 won back and 1 still lost" in some and "before: ✗ nothing" in some
    assert "on the same 3 pictures" in some


def test_a_block_that_fails_leaves_no_empty_folder(tmp_path):
    for folder in (tmp_path / "new", tmp_path / "deep" / "new"):
        with pytest.raises(KeyboardInterrupt), results_folder(folder):
            raise KeyboardInterrupt
        assert not folder.exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match="no"), results_folder(tmp_path / "mine"):
        raise ValueError("no")
    assert not any((tmp_path / "mine").iterdir())
    with pytest.raises(ValueError, match="no"), results_folder(tmp_path / "half") as half:
        (half / "methods.csv").write_text("a")
        raise ValueError("no")
    assert (tmp_path / "half" / "methods.csv").exists()

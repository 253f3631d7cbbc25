"""Figures of an evaluation: that they show what they were given, from their artists and words."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.evaluation import MEAN, PUBLISHED
from activeindex_lite.figures import evaluation as draw


def rows(**columns):
    return pd.DataFrame(columns)


@pytest.fixture
def retrieval():
    keys = [
        ("No index", 1, False),
        ("IVF-PQ", 1, False),
        ("IVF-PQ", 1, True),
        ("PCA+LSH", 1, False),
        ("PCA+LSH", 1, True),
    ]
    edits = ["Identity", "Crop 0.5", MEAN]
    return pd.DataFrame(
        [
            dict(index=name, nprobe=n, activated=a, edit=edit, r1=round(0.1 + 0.11 * i + 0.2 * j, 3))
            for i, (name, n, a) in enumerate(keys)
            for j, edit in enumerate(edits)
        ]
    )


def test_the_big_table_writes_ours_and_the_papers(retrieval):
    drawn = draw.big_table(retrieval)
    axes = drawn.figure.axes[0]
    told = {(round(t.get_position()[0]), round(t.get_position()[1])): [] for t in axes.texts}
    for text in axes.texts:
        told[round(text.get_position()[0]), round(text.get_position()[1])].append(text.get_text())
    assert told[1, 2] == [".52", f"{PUBLISHED['IVF-PQ', 1, True]['Crop 0.5']:.2f}".lstrip("0")]
    # Of LSH the paper gives the mean alone.
    assert told[1, 4] == [".74"] and told[2, 4] == [".94", ".86"] and told[0, 0] == [".10", "1"]
    np.testing.assert_allclose(axes.images[0].get_array()[2], [0.32, 0.52, 0.72])
    assert [label.get_text() for label in axes.get_yticklabels()][:3] == [
        "No index",
        "IVF-PQ, nprobe 1\npassive",
        "IVF-PQ, nprobe 1\nactivated",
    ]
    assert "IVF-PQ, nprobe 1 activated 0.72 (paper 0.75)" in drawn.alt and drawn.png()


def test_flattery_names_every_gain():
    table = rows(way=["fair", "few references"], r1=[0.5, 0.6], low=[0.4, 0.5], high=[0.6, 0.7], gain=[0.0, 0.1])
    drawn = draw.ways_to_flatter(table)
    assert [text.get_text() for text in drawn.figure.axes[0].texts] == ["0.50", "0.60  (+0.10)"]
    assert "fairly, R@1 is 0.50" in drawn.alt and "few references 0.60 (+0.10)" in drawn.alt and drawn.png()


def test_few_and_many_shows_every_draw():
    table = rows(
        pictures=[5, 5, 50, 50],
        draw=[0, 1, 0, 1],
        r1=[0.2, 0.9, 0.5, 0.6],
        low=[0.1, 0.8, 0.4, 0.5],
        high=[0.4, 1.0, 0.6, 0.7],
    )
    drawn = draw.few_and_many(table, 0.55)
    dots = [line for line in drawn.figure.axes[0].lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in dots] == [[0.2, 0.9], [0.5, 0.6]]
    assert "5 pictures: 0.20 to 0.90" in drawn.alt and drawn.png()


def test_strength_curves_have_a_style_each():
    keys = list(draw.CURVES)
    table = pd.concat(
        [
            rows(
                sweep=name,
                value=[0.2, 1.0],
                index=index,
                nprobe=nprobe,
                activated=activated,
                r1=[0.1 * i, 0.2 + 0.1 * i],
                low=[0.0, 0.1],
                high=[0.5, 0.9],
                queries=4,
            )
            for name in ("Crop", "Resize", "JPEG")
            for i, (index, nprobe, activated) in enumerate(keys)
        ]
    )
    drawn = draw.strengths(table)
    shown = [axes for axes in drawn.figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["Crop", "Resize", "JPEG"]
    lines = [line for line in shown[0].lines if line.get_label() in {label for label, *_ in draw.CURVES.values()}]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(keys)
    by_label = {line.get_label(): line for line in lines}
    np.testing.assert_allclose(by_label[draw.CURVES["IVF-PQ", 1, True][0]].get_ydata(), [0.2, 0.4])
    # Only the curves at nprobe 1 carry bands.
    assert len(shown[0].collections) == 2
    assert "Crop: no strength gains, and the smallest loss is at 1 (0.50 to 0.40)" in drawn.alt and drawn.png()


def test_why_lost_sorts_edits_by_how_far_they_move():
    table = rows(
        edit=["A", "B"] * 2,
        activated=[False, False, True, True],
        moved=[0.9, 0.2, 0.8, 0.2],
        code=[1.0, 0.6, 0.9, 0.3],
        rival=[0.7, 0.7, 0.7, 0.7],
        stays=[0.1, 0.5, 0.2, 1.0],
        r1=[0.1, 0.4, 0.2, 1.0],
        r1_all=[0.3, 0.8, 0.5, 1.0],
    )
    drawn = draw.why_lost(table)
    first = drawn.figure.axes[0]
    assert [label.get_text() for label in first.get_yticklabels()] == ["B", "A"]
    passive = next(line for line in drawn.figure.axes[2].lines if line.get_label() == "passive")
    assert list(passive.get_xdata()) == [0.4, 0.1]
    assert (
        "B moves 0.20, distance to its code 0.60 to 0.30, R@1 0.40 to 1.00 (all cells visited: 0.80 to 1.00)"
        in drawn.alt
        and drawn.png()
    )

"""Figures of copy detection: that they show what they were given, from their artists and words."""

import numpy as np
import pandas as pd
import pytest

from activeindex_lite.evaluation.copy_detection import precision_recall
from activeindex_lite.figures import copy_detection as draw
from activeindex_lite.lessons import copy_detection as moderation

TRUTH = pd.DataFrame({"query_id": [f"u{i}" for i in range(8)], "reference_id": ["0", "1", "2", "3", "", "", "", ""]})


def found(scores, answers="0 1 9 9 7 7 7 7"):
    return pd.DataFrame({"query_id": TRUTH.query_id, "reference_id": answers.split(), "score": scores})


PLAIN, BETTER = found([0.9, 0.2, 0.3, 0.25, 0.5, 0.1, 0.15, 0.05]), found([0.9, 0.8, 0.3, 0.25, 0.5, 0.1, 0.15, 0.05])


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_distributions_count_the_three_groups_and_what_passes():
    drawn = draw.score_distributions(
        {"as they are": moderation.judge(PLAIN, TRUTH), "normalised": moderation.judge(BETTER, TRUTH, 0.5)}
    )
    first, second = drawn.figure.axes
    labels = first.get_legend_handles_labels()[1]
    assert [label.rpartition("(")[2] for label in labels] == ["2)", "2)", "4)"]
    assert texts(first) == [] and texts(second) == ["threshold 0.50: 2 right\nand 1 wrong answers pass"]
    assert "at 0.50, 2 right answers pass and 1 wrong" in drawn.alt and "strangers: median 0.12" in drawn.alt
    assert second.get_xlabel() == "normalised"
    assert drawn.png()


def test_curves_are_drawn_as_given_with_their_recall_at_precision_90():
    curves = {
        name: (precision_recall(f, TRUTH), a, a - 0.1, a + 0.1)
        for name, f, a in (("passive", PLAIN, 0.3), ("activated", BETTER, 0.5))
    }
    drawn = draw.precision_recall_curves(curves)
    axes = drawn.figure.axes[0]
    lines = dict(zip(axes.get_legend_handles_labels()[1], axes.get_legend_handles_labels()[0]))
    assert list(lines) == ["passive: µAP 0.30 [0.20, 0.40]", "activated: µAP 0.50 [0.40, 0.60]"]
    for line, (table, *_) in zip(lines.values(), curves.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), table[["recall", "precision"]])
    assert len({(line.get_color(), line.get_linestyle()) for line in lines.values()}) == 2
    marks = [line.get_xydata().tolist() for line in axes.lines if line.get_marker() not in ("None", None)]
    assert marks == [[[0.25, 1]], [[0.5, 1]]]
    assert "activated: micro-AP 0.50 (from 0.40 to 0.60), recall 0.50 at a precision of 90%" in drawn.alt
    with pytest.raises(ValueError, match="8 curves"):
        draw.precision_recall_curves({str(i): curves["passive"] for i in range(8)})


def test_a_curve_that_is_never_precise_has_no_mark():
    table = precision_recall(found([0.1, 0.2, 0.3, 0.25, 0.5, 0.1, 0.15, 0.05]), TRUTH)
    drawn = draw.precision_recall_curves({"passive": (table, 0.1, 0, 0.2)})
    assert all(line.get_marker() == "None" for line in drawn.figure.axes[0].lines) and "recall 0.00 at" in drawn.alt


def test_normalisation_joins_before_and_after():
    plain = pd.DataFrame({"what": ["a", "b"], "micro_ap": [0.1, 0.4], "recall_at_p90": [np.nan, 0.2]})
    better = plain.assign(micro_ap=[0.3, 0.5], recall_at_p90=[0.25, 0.6])
    drawn = draw.normalisation(plain, better)
    left, right = drawn.figure.axes
    np.testing.assert_array_equal([line.get_xdata() for line in left.lines[:2]], [[0.1, 0.4], [0.3, 0.5]])
    np.testing.assert_array_equal([line.get_xdata() for line in right.lines[:2]], [[0, 0.2], [0.25, 0.6]])
    assert "+0.25" in texts(right) and "a: micro-AP 0.10 to 0.30, recall at precision 90 % 0.00 to 0.25" in drawn.alt
    with pytest.raises(ValueError, match="rows differ"):
        draw.normalisation(plain, better.iloc[::-1])


def test_actions_are_bars_end_to_end():
    table = moderation.actions(
        {"passive": moderation.judge(PLAIN, TRUTH, 0.4), "activated": moderation.judge(BETTER, TRUTH, 0.4)}
    )
    drawn = draw.actions(table)
    for axes, outcomes in zip(drawn.figure.axes, (moderation.OF_COPIES, moderation.OF_STRANGERS), strict=True):
        widths = np.array([bar.get_width() for bar in axes.patches]).reshape(len(outcomes), 2)
        np.testing.assert_array_equal(widths.T, table[list(outcomes)])
        ends = np.array([bar.get_x() + bar.get_width() for bar in axes.patches]).reshape(len(outcomes), 2)
        np.testing.assert_array_equal(ends[-1], [4, 4])
    assert "passive: 1 caught, 0 blocked as another picture, 3 missed, 1 blocked by mistake, 3 left alone" in drawn.alt


def test_decisions_show_upload_answer_and_verdict(world, extractor):
    ids = np.array([7, 3])
    pictures = world.pictures(ids)
    uploads = moderation.upload({"passive": pictures, "activated": pictures}, ids, extractor, copies=1, strangers=1)
    answers = pd.DataFrame({"query_id": uploads.names[:2], "reference_id": ["7", "44"], "score": [0.5, 0.25]})
    judged = {
        release: moderation.judge(answers, uploads.truth, t) for release, t in (("passive", 0.6), ("activated", 0.2))
    }
    drawn = draw.decisions(uploads, world, judged, [0, 1, 2])
    axes = np.array(drawn.figure.axes).reshape(3, 4)
    said = [[a.get_title() for a in row] for row in axes]
    assert said[0] == ["a copy, passive", "✗ missed\n0.500 < 0.600", "a copy, activated", "✓ caught\n0.500 ≥ 0.200"]
    assert said[1][3] == "✗ blocked as another picture\n0.250 ≥ 0.200"
    assert said[2] == ["a stranger", "✓ left alone\nno answer"] * 2
    np.testing.assert_array_equal(axes[1, 3].images[0].get_array(), np.asarray(world.pictures(44)[0]))
    np.testing.assert_array_equal(axes[0, 0].images[0].get_array(), np.asarray(uploads.picture(0, "passive")))
    # An error is framed in another way than by its colour alone.
    assert axes[0, 1].spines["left"].get_linestyle() != axes[0, 3].spines["left"].get_linestyle()
    assert "a copy (passive: missed, score 0.500, threshold 0.600; activated: caught" in drawn.alt


def test_transfer_map_has_numbers_gains_and_signs():
    rows = [
        ("no", "A", 0.4, 0.3, 0.5, 0, 0, 0),
        ("no", "B", 0.5, 0.4, 0.6, 0, 0, 0),
        ("for A", "A", 0.7, 0.6, 0.8, 0.3, 0.2, 0.4),
        ("for A", "B", 0.4, 0.3, 0.5, -0.1, -0.2, -0.05),
    ]
    table = pd.DataFrame(rows, columns=["released", "place", "r1", "low", "high", "gain", "gain_low", "gain_high"])
    drawn = draw.transfer(table)
    axes = drawn.figure.axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[0, 0], [0.3, -0.1]])
    low, high = axes.images[0].get_clim()
    assert low == -high
    assert texts(axes) == [
        "0.40",
        "[0.30, 0.50]",
        "0.50",
        "[0.40, 0.60]",
        "0.70",
        "▲+0.30\n[+0.20, +0.40]",
        "0.40",
        "▼−0.10\n[−0.20, −0.05]",
    ]
    assert "for A in A: 0.70 (+0.30); for A in B: 0.40 (-0.10)" in drawn.alt

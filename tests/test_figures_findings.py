"""Text alternatives and titles state what the data show, also where the data contradict the usual finding."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.figures import activation, beyond, evaluation, ivf, pq, retrieval, similarity, style
from activeindex_lite.figures.style import extremes, goes
from activeindex_lite.lessons.activation import Scene
from activeindex_lite.lessons.borders import Plane

SHARES = st.floats(0, 1, allow_nan=False).map(lambda share: round(share, 2))


@given(SHARES, SHARES)
def test_a_change_is_named_by_its_direction(before, after):
    said = goes(before, after)
    word = "rises" if after > before else "falls" if after < before else "stays"
    assert said.startswith(word) and said.endswith(f"{after:.2f}")


@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=6))
def test_a_gain_is_only_said_where_one_was_measured(pairs):
    before, after = (pd.Series(values, dtype=float) for values in zip(*pairs, strict=True))
    said, gain = extremes(before, after), after - before
    assert ("largest gain" in said) == (gain.max() >= 0 and gain.idxmax() != gain.idxmin())
    assert ("largest loss" in said) == (gain.min() < 0 and gain.idxmax() != gain.idxmin())
    assert ("rises" in said) == (gain.max() > 1e-9)


def test_steps_whose_loss_rises():
    table = pd.DataFrame({"picture": 0, "steps": [0, 1, 5], "loss": [0.5, 0.6, 0.9], "psnr": [np.inf, 40.0, 44.0]})
    alt = activation.steps(table).alt
    assert "the mean loss rises from 0.50 to 0.90; after 1 step it is 0.60" in alt
    assert "the mean PSNR rises from 40.0 dB to 44.0 dB" in alt and "falls" not in alt


def test_a_walk_that_leads_away_from_the_code():
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    plane = Plane(np.zeros(2), np.eye(2))
    scene = Scene(
        plane, 1.0, np.zeros(2), np.array([0.5, 0]), np.array([[-0.5, 0.0]]), square, "cells", [square], [0], square
    )
    alt = activation.walks({"IVF": scene}).alt
    assert "its distance to the code rises from 0.50 to 1.00" in alt and "toward" not in alt


def test_activation_that_makes_copies_leave_their_cell():
    table = pd.DataFrame(
        {
            "edit": ["A", "B"] * 2,
            "activated": [False, False, True, True],
            "share": [0.8, 0.5, 0.3, 0.4],
            "low": 0.0,
            "high": 1.0,
        }
    )
    alt = activation.staying(table).alt
    assert "the smallest loss is under B, where it falls from 0.50 to 0.40" in alt
    assert "the largest loss under A, where it falls from 0.80 to 0.30" in alt and "gain" not in alt


def edit_effects(moved, code, r1):
    """A table as lessons.evaluation.edit_effects returns it; each argument: values of A, B passive, then activated."""
    return pd.DataFrame(
        {
            "edit": ["A", "B"] * 2,
            "activated": [False, False, True, True],
            "moved": moved,
            "code": code,
            "rival": 0.7,
            "stays": 0.5,
            "r1": r1,
            "r1_all": r1,
        }
    )


def test_effects_of_edits_when_activation_moves_features_away():
    alt = evaluation.why_lost(edit_effects([0.2, 0.3, 0.6, 0.7], [0.5, 0.5, 0.9, 0.9], [0.8, 0.6, 0.4, 0.2])).alt
    assert "the mean movement rises from 0.25 to 0.65" in alt
    assert "the mean distance to the code rises from 0.50 to 0.90" in alt and "R@1 falls from 0.70 to 0.30" in alt
    assert "shrinks" not in alt and "same" not in alt


def test_strengths_at_which_nothing_is_gained():
    table = pd.DataFrame(
        [
            dict(sweep="Crop", value=v, index="IVF-PQ", nprobe=1, activated=a, r1=r1, low=0, high=1, queries=4)
            for a, values in ((False, (0.6, 0.8)), (True, (0.5, 0.4)))
            for v, r1 in zip((0.2, 1.0), values, strict=True)
        ]
    )
    alt = evaluation.strengths(table).alt
    assert "Crop: no strength gains, and the smallest loss is at 0.2 (0.60 to 0.50)" in alt


def test_recall_that_falls_with_nprobe():
    table = pd.DataFrame(
        {
            "nprobe": [1, 2, 4],
            "r1": [0.9, 0.9, 0.7],
            "low": 0.5,
            "high": 1.0,
            "scanned": [10.0, 20.0, 40.0],
            "share": [0.1, 0.2, 0.4],
        }
    )
    alt = ivf.recall_against_nprobe(table).alt
    assert "R@1 falls from 0.90 to 0.70, and the share of vectors compared rises from 10.00% to 40.00%" in alt
    assert "within 2 % of the highest R@1 is 1: 0.90" in alt


@pytest.mark.parametrize(("scale", "word"), [(0.5, "shorter"), (1, "as long"), (2, "longer")])
def test_residuals_of_any_length(scale, word):
    vectors = np.random.default_rng(0).normal(size=(50, 4))
    vectors -= vectors.mean(0)
    drawn = pq.residual_lengths(vectors, scale * vectors, {"PQ": 0.1})
    assert f"which are {word}" in drawn.alt


def test_opq_whose_error_rises():
    alt = pq.balance_of_parts(np.array([1.0, 2]), np.array([1.0, 3]), [0.2, 0.3], 0.25).alt
    assert "the error of OPQ rises from 0.200 to 0.300" in alt


@pytest.mark.parametrize(
    ("copy", "said"),
    [
        ([0.9, 0.8, 0.7], "Every copy scores higher than all others"),
        ([0.9, 0.2, 0.5], "67% of the copies score no higher than the highest of the others"),
    ],
)
def test_similarities_that_do_or_do_not_overlap(copy, said):
    alt = similarity.similarity_histogram(copy, [0.1, 0.3, 0.5]).alt
    assert said in alt


def retrieval_table(passive, active):
    edits = [f"edit {i}" for i in range(len(passive))]
    rows = []
    for activated, values in ((False, passive), (True, active)):
        for edit, r1 in [*zip(edits, values, strict=True), (MEAN, np.mean(values))]:
            rows.append(dict(index="IVF", nprobe=1, activated=activated, edit=edit, r1=r1, low=r1, high=r1))
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("passive", "active", "said"),
    [
        ([0.5, 0.6, 0.7], [0.4, 0.3, 0.1], "3 edits and their mean. From passive to activated, mean R@1 falls"),
        ([0.5, 0.6], [0.5, 0.6], "mean R@1 stays at 0.55"),
        ([0.5, 0.6], [0.9, 0.2], "the largest loss under edit 1, where it falls from 0.60 to 0.20"),
    ],
)
def test_an_index_in_which_activation_does_not_help(passive, active, said):
    alt = retrieval.passive_against_activated(retrieval_table(passive, active), "IVF").alt
    assert said in alt
    if said.startswith("3 edits"):
        assert "the smallest loss is under edit 0, where it falls from 0.50 to 0.40" in alt and "gain" not in alt


def test_a_release_that_a_blur_does_not_hurt():
    table = pd.DataFrame({"release": ["a", "a", "b", "b"], "kernel": [1, 9] * 2, "r1": [0.4, 0.4, 0.2, 0.5]})
    alt = beyond.blurred(table).alt
    assert "a: stays at 0.40; b: rises from 0.20 to 0.50" in alt


def test_a_copy_that_leaves_or_stays_decides_the_title():
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    plane, own = Plane(np.zeros(2), np.eye(2)), 0.2 * square
    for copy, sign, word in (([0.1, 0.1], "✓", "stays inside"), ([0.9, 0.9], "✗", "leaves")):
        scene = Scene(plane, 1.0, np.zeros(2), np.zeros(2), np.array([copy]), square, "cells", [own], [0], own)
        drawn = activation.copies_and_borders({"as it is": scene}, "Blur 2")
        assert sign in drawn.figure.axes[0].get_title(loc="left") and word in drawn.alt


def test_nearest_that_is_missed_at_every_nprobe():
    vectors = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    wrong = SimpleNamespace(
        d=2,
        nlist=3,
        centroids=vectors,
        vectors=vectors,
        candidates=lambda query, nprobe: np.array([2]),
        search=lambda query, k, nprobe: (np.zeros((1, 1)), np.array([[2]])),
        probe=lambda query, nprobe: np.array([[2]]),
    )
    drawn = ivf.probing_in_2d(wrong, np.array([0.1, 0.0]), (1, 2))
    assert all("✗ the nearest is missed" in axes.get_title() for axes in drawn.figure.axes)
    assert "finds" not in drawn.alt


def test_every_colour_with_a_meaning_comes_from_one_place():
    """Greys apart, a module of figures has no colour of its own, and no two meanings share one."""
    for path in Path(style.__file__).parent.glob("*.py"):
        if path.stem in ("style", "ink"):
            continue
        for colour in re.findall(r'"#([0-9A-Fa-f]{6})"', path.read_text(encoding="utf-8")):
            levels = [int(colour[i : i + 2], 16) for i in (0, 2, 4)]
            assert max(levels) - min(levels) < 3, f"#{colour} in figures/{path.name}: take one of figures/style.py"
    meanings = [style.PASSIVE, style.ACTIVATED, style.TARGET, style.WRONG, style.QUERY, style.VISITED]
    assert len({*meanings, *(colour for colour, _, _ in style.SERIES)}) == len(meanings) + len(style.SERIES)
    # A second cue for each.
    assert len({marker for _, marker, _ in style.SERIES}) == len(style.SERIES)
    assert style.RIGHT_LINE != style.WRONG_LINE and style.PASSIVE_MARKER != style.ACTIVATED_MARKER

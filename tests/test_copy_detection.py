"""Copy detection: the benchmark's published values, scikit-learn's curve, ties, duplicates, files, normalisation."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activeindex_lite.cli.main import main
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth, write_benchmark_file
from activeindex_lite.evaluation.copy_detection import (
    micro_ap,
    micro_ap_resampled,
    precision_recall,
    recall_at_rank,
    score_predictions,
)
from activeindex_lite.evaluation.predictions import predict, typical_distances


def table(*rows):
    return pd.DataFrame(rows, columns=["query_id", "reference_id", "score"])


def pairs(*rows):
    return pd.DataFrame(rows, columns=["query_id", "reference_id"])


FOUR = pairs(*((f"Q{i}", f"R{i}") for i in range(4)))


def test_first_published_example():
    scores = score_predictions(
        table(("Q0", "R0", 0.9), ("Q0", "R9", 0.9), ("Q1", "R1", 0.9), ("Q2", "R2", 0.5), ("Q5", "R7", 0.4)), FOUR
    )
    assert scores["micro_ap"] == pytest.approx(0.4791666667, abs=1e-9)
    assert scores["recall_at_p90"] is None and scores["threshold_at_p90"] is None
    assert scores["recall_at_1"] == 0.5 and scores["recall_at_10"] == 0.75


def test_second_published_example_all_scores_equal():
    scores = score_predictions(table(("Q0", "R0", 1), ("Q1", "R1", 1), ("Q0", "R5", 1), ("Q1", "R6", 1)), FOUR[:2])
    assert scores["micro_ap"] == pytest.approx(0.4166666667, abs=1e-9)
    assert scores["recall_at_1"] == 0 and scores["recall_at_10"] == 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.booleans())
@settings(deadline=None, max_examples=60)
def test_micro_ap_is_scikit_learns_average_precision_where_no_scores_are_equal(seed, n, with_strangers):
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(seed)
    correct = rng.random(n) < 0.4
    correct[rng.integers(n)] = True
    found = table(*((f"Q{i}", f"R{i}" if correct[i] else "R-wrong", s) for i, s in enumerate(rng.permutation(n))))
    truth = pairs(*((f"Q{i}", f"R{i}") for i in np.flatnonzero(correct)), *[("S", "")] * with_strangers)
    assert micro_ap(found, truth) == pytest.approx(average_precision_score(correct, found.score), abs=1e-12)
    # Originals that nobody found lower the recall in proportion.
    lost = pairs(*truth.itertuples(index=False), *((f"L{i}", f"R{i}") for i in range(3)))
    assert micro_ap(found, lost) == pytest.approx(micro_ap(found, truth) * correct.sum() / (correct.sum() + 3))


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)),
        min_size=1,
        max_size=25,
        unique_by=lambda t: t[:2],
    )
)
@settings(deadline=None)
@pytest.mark.filterwarnings("ignore::activeindex_lite.evaluation.ids.IdsDoNotMatch")
def test_by_the_definition_with_ties(rows):
    found = table(*((f"Q{q}", f"R{r}", s) for q, r, s in rows))
    scores, total = score_predictions(found, FOUR), 4
    order = sorted(rows, key=lambda t: (-t[2], t[0] == t[1] and t[0] < 4))
    hits = [q == r and q < 4 for q, r, _ in order]
    points = [(sum(hits[: i + 1]) / (i + 1), sum(hits[: i + 1]) / total) for i in range(len(hits))]
    before, area = 0, 0
    for precision, recall in points:
        area, before = area + (recall - before) * precision, recall
    assert scores["micro_ap"] == pytest.approx(area, abs=1e-12)
    good = [recall for precision, recall in points if precision >= 0.9 and recall > 0]
    assert scores["recall_at_p90"] == (pytest.approx(max(good)) if good else None)
    for k in (1, 10):
        inside = sum(sum(q2 == q and s2 >= s for q2, _, s2 in rows) - 1 < k for q, r, s in rows if q == r and q < 4)
        assert scores[f"recall_at_{k}"] == inside / total


def test_threshold_is_the_score_of_the_last_accepted_copy():
    found = table(*((f"Q{i}", f"R{i}", 1 - i / 100) for i in range(20)), ("S1", "R3", 0.8), ("S2", "R4", 0.1))
    truth = pairs(*((f"Q{i}", f"R{i}") for i in range(25)), ("S1", ""), ("S2", np.nan))
    scores = score_predictions(found, truth)
    assert scores["recall_at_p90"] == 20 / 25 and scores["threshold_at_p90"] == pytest.approx(0.81)


def test_curve_has_a_row_a_prediction():
    curve = precision_recall(table(("Q0", "R0", 3), ("Q1", "R9", 2), ("Q1", "R1", 1)), FOUR[:2])
    assert curve.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3]) and curve.recall.tolist() == [0.5, 0.5, 1]


@pytest.mark.parametrize(
    ("found", "truth", "said"),
    [
        (table(("Q0", "R0", 1), ("Q0", "R0", 2)), FOUR, "predictions hold the pair Q0, R0 more than once"),
        (table(("Q0", "R0", 1)), pairs(("Q0", "R0"), ("Q0", "R0")), "the truth hold the pair"),
        (table(("Q0", "R0", np.nan)), FOUR, "score of Q0, R0 is nan"),
        (table(("Q0", "R0", np.inf)), FOUR, "finite"),
        (table(("Q0", "R0", 1)), pairs(("Q0", ""), ("Q1", "")), "no original"),
        (pairs(("Q0", "R0")), FOUR, "lack the column score"),
    ],
)
def test_what_cannot_be_scored_is_named(found, truth, said):
    with pytest.raises(ValueError, match=said):
        score_predictions(found, truth)


def test_resampling_agrees_with_scoring_a_resample_by_hand():
    rng = np.random.default_rng(3)
    found = table(*((f"Q{q}", f"R{r}", rng.random()) for q in range(30) for r in rng.permutation(30)[:5]))
    truth = pairs(*((f"Q{i}", f"R{i}" if i % 2 else "") for i in range(30)))
    got = micro_ap_resampled(found, truth, np.random.default_rng(0), resamples=3)
    names, rng = np.unique(np.array(truth.query_id, str)), np.random.default_rng(0)
    for value in got:
        weight = dict(zip(names, rng.multinomial(30, np.full(30, 1 / 30))))
        # The same sample spelled out: a query drawn w times is w queries of other names.
        many = pd.concat(
            [found[found.query_id == q].assign(query_id=f"{q}-{c}") for q in names for c in range(weight[q])]
        )
        true = pd.concat(
            [truth[truth.query_id == q].assign(query_id=f"{q}-{c}") for q in names for c in range(weight[q])]
        )
        # There the copies of a query tie with each other, wrong and right apart, so each right one is counted in its
        # turn.
        assert value == pytest.approx(micro_ap(many, true), abs=0.02)
    assert np.std(micro_ap_resampled(found, truth, np.random.default_rng(0), resamples=50)) > 0


def test_files_round_trip_and_header_is_optional(tmp_path):
    found = table(("Q0", "R0", np.float32(1 / 3)), ("Q1", "R,1", np.float32(-2e-8)))
    write_benchmark_file(tmp_path / "p.csv", found)
    again = read_predictions(tmp_path / "p.csv")
    assert again.query_id.tolist() == ["Q0", "Q1"] and again.reference_id.tolist() == ["R0", "R,1"]
    assert (again.score.to_numpy(np.float32) == found.score.to_numpy(np.float32)).all()
    (tmp_path / "with.csv").write_text("\ufeffquery_id,reference_id\nQ0,R0\nQ1,\n\n")
    (tmp_path / "without.csv").write_text("Q0, R0\nQ1,\n")
    for name in ("with", "without"):
        assert read_truth(tmp_path / f"{name}.csv").to_numpy().tolist() == [["Q0", "R0"], ["Q1", ""]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Q0,R0\n", "line 1: 'Q0,R0' has 2 fields, expected query_id,reference_id,score"),
        ("query_id,reference_id,score\nQ0,R0,high\n", "score of prediction 1"),
        ("Q0,,1\n", "names no reference"),
        (",R0,1\n", "with a query_id"),
        ("", "holds no row"),
    ],
)
def test_bad_predictions_are_named(tmp_path, text, said):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_predictions(tmp_path / "p.csv")


def test_binary_file_is_no_csv(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    with pytest.raises(ValueError, match="cannot be read as CSV"):
        read_truth(tmp_path / "p.csv")


def test_score_command_prints_one_json_object(tmp_path, capsys):
    write_benchmark_file(tmp_path / "p.csv", table(("Q0", "R0", 0.9), ("Q1", "R9", 0.8)))
    write_benchmark_file(tmp_path / "t.csv", pairs(("Q0", "R0"), ("Q1", "")))
    assert main(["score", str(tmp_path / "p.csv"), str(tmp_path / "t.csv")]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "micro_ap": 1.0,
        "recall_at_p90": 1.0,
        "threshold_at_p90": 0.9,
        "recall_at_1": 1.0,
        "recall_at_10": 1.0,
    }
    assert main(["score", str(tmp_path / "no.csv"), str(tmp_path / "t.csv")]) == 2
    assert "no.csv" in capsys.readouterr().err


def test_predictions_of_an_index(small_indexes, world):
    index = small_indexes["IVF64,PQ8x6"]
    queries = world.references[[5, 17]]
    found = predict(index, queries, ["a", "b"], [f"R{i}" for i in range(4000)], k=3, nprobe=64)
    distances, ids = index.search(queries, 3, nprobe=64)
    assert found.query_id.tolist() == ["a"] * 3 + ["b"] * 3
    assert found.reference_id.tolist() == [f"R{i}" for i in ids.ravel()]
    np.testing.assert_array_equal(found.score, -distances.ravel())
    typical = typical_distances(index, queries, nprobe=64)
    np.testing.assert_allclose(typical, distances.mean(1), rtol=1e-6)
    shifted = predict(index, queries, ["a", "b"], k=3, nprobe=64, typical=typical)
    np.testing.assert_allclose(shifted.score, found.score + np.repeat(typical, 3), rtol=1e-6)


def test_normalisation_helps_where_some_queries_are_near_to_everything():
    # Two dimensions on a circle: strangers fall where training pictures are dense, copies where they are sparse.
    from activeindex_lite import build_index

    def circle(degrees):
        return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], 1).astype(np.float32)

    dense, sparse = np.linspace(0, 60, 40), np.linspace(100, 340, 9)
    index = build_index("Flat", circle(dense), circle(np.concatenate([dense + 0.7, sparse])))
    queries = circle(np.concatenate([dense + 0.3, sparse + 3]))
    names = [f"Q{i}" for i in range(49)]
    truth = pairs(*((n, "" if i < 40 else str(i)) for i, n in enumerate(names)))
    background = build_index("Flat", circle(dense), circle(dense))
    plain, normalised = (
        predict(index, queries, names, [str(i) for i in range(49)], k=1, typical=t)
        for t in (None, typical_distances(background, queries))
    )
    assert micro_ap(plain, truth) < 0.3
    assert micro_ap(normalised, truth) > 0.99


def test_empty_cells_are_no_reason_to_believe(world):
    from activeindex_lite import build_index

    index = build_index("IVF64,Flat", world.train[:3000], world.train[:5])
    typical = typical_distances(index, world.references[:40], nprobe=1)
    ids = index.search(world.references[:40], 3, nprobe=1)[1]
    nothing = (ids < 0).all(1)
    assert nothing.any() and not nothing.all()
    assert (typical[nothing] == typical[~nothing].max()).all()


def test_recall_at_rank_counts_ties_against():
    found = table(("Q0", "R0", 1), ("Q0", "R1", 1), ("Q1", "R1", 2), ("Q1", "R3", 1))
    assert recall_at_rank(found, FOUR[:2], 1) == 0.5 and recall_at_rank(found, FOUR[:2], 2) == 1

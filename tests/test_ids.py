"""Ids of predictions and truth: types, missing values, spellings of the header, and ids that do not fit together."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activeindex_lite.cli.main import main
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth, write_benchmark_file
from activeindex_lite.evaluation.copy_detection import (
    check_ids,
    micro_ap,
    micro_ap_resampled,
    precision_recall,
    recall_at_rank,
    score_predictions,
)
from activeindex_lite.evaluation.ids import IdsDoNotMatch, id_texts

# Ways in which one column of whole numbers reaches a table.
TYPES = {
    "int": lambda ids: pd.Series(ids, dtype="int64"),
    "int32": lambda ids: pd.Series(ids, dtype="int32"),
    "float": lambda ids: pd.Series(ids, dtype="float64"),
    "text": lambda ids: pd.Series(ids).astype(str),
    "bytes": lambda ids: pd.Series([str(i).encode() for i in ids], dtype=object),
    "category": lambda ids: pd.Series(ids).astype(str).astype("category"),
    "nullable": lambda ids: pd.Series(ids, dtype="Int64"),
    "string": lambda ids: pd.Series(ids).astype(str).astype("string"),
    "mixed": lambda ids: pd.Series([i if i % 2 else str(i) for i in ids], dtype=object),
}
SCORES = {
    "float": lambda scores: pd.Series(scores, dtype=float),
    "float32": lambda scores: pd.Series(scores, dtype="float32"),
    "text": lambda scores: pd.Series(scores).astype(str),
    "int": lambda scores: pd.Series(scores, dtype="int64"),
    "nullable": lambda scores: pd.Series(scores, dtype="Int64"),
}
MISSING = [None, np.nan, "", "nan", "None", "NaN", -1, "-1", pd.NA, -1.0, "<NA>", "null"]


def tables(rows, originals, kinds, score):
    """Predictions from (query, reference, score) and a truth from {query: reference or None}, ids of these kinds."""
    found = pd.DataFrame(
        {
            "query_id": TYPES[kinds[0]]([q for q, _, _ in rows]),
            "reference_id": TYPES[kinds[1]]([r for _, r, _ in rows]),
            "score": SCORES[score]([s for _, _, s in rows]),
        }
    )
    truth = pd.DataFrame({"query_id": TYPES[kinds[2]](list(originals))})
    references = TYPES[kinds[3]]([r if r is not None else 0 for r in originals.values()]).astype(object)
    return found, truth.assign(reference_id=references)


@pytest.mark.filterwarnings(
    "ignore:.*read as queries without an original", "ignore::activeindex_lite.evaluation.ids.IdsDoNotMatch"
)
@settings(deadline=None, max_examples=120)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 120)),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[:2],
    ),
    kinds=st.tuples(*[st.sampled_from(sorted(TYPES))] * 4),
    score=st.sampled_from(sorted(SCORES)),
    missing=st.lists(st.tuples(st.integers(7, 12), st.sampled_from(MISSING)), max_size=3, unique_by=lambda row: row[0]),
)
def test_one_score_whatever_the_types_of_ids_scores_and_missing_values(rows, kinds, score, missing):
    originals = {q: q for q in range(5)}
    plain, plain_truth = tables(rows, originals, ("text",) * 4, "float")
    found, truth = tables(rows, originals, kinds, score)
    strangers = pd.DataFrame(
        {
            "query_id": TYPES[kinds[2]]([q for q, _ in missing]),
            "reference_id": pd.Series([m for _, m in missing], dtype=object),
        }
    )
    truth = pd.concat([truth.astype(object), strangers.astype(object)], ignore_index=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=IdsDoNotMatch)
        warnings.filterwarnings("ignore", message=".*read as queries without an original")
        assert score_predictions(found, truth) == score_predictions(plain, plain_truth)
        values = micro_ap_resampled(found, truth, np.random.default_rng(0), resamples=20)
    assert 0 <= micro_ap(found, truth) <= 1 and ((values >= 0) & (values <= 1) | np.isnan(values)).all()
    curve = precision_recall(found, truth)
    assert curve.recall.between(0, 1).all() and curve.precision.between(0, 1).all()


def test_ids_of_a_column_with_a_missing_value_are_those_of_whole_numbers():
    # pandas reads 1, 2, and nothing as 1.0, 2.0, NaN; as text these would be other ids, and resamples went above 1.
    found = pd.DataFrame({"query_id": [1.0, 2.0, 3.0], "reference_id": [5, 6, 9], "score": [3, 2, 1]})
    truth = pd.DataFrame({"query_id": ["1", "2", "3"], "reference_id": ["5", "6", None]})
    assert micro_ap(found, truth) == 1 and recall_at_rank(found, truth, 1) == 1
    assert np.nanmax(micro_ap_resampled(found, truth, np.random.default_rng(0), 200)) <= 1
    assert id_texts([1.0, np.nan, "x"], "ids").tolist() == ["1", "", "x"]


def test_scores_as_text_are_numbers():
    found = pd.DataFrame({"query_id": ["a", "b"], "reference_id": ["A", "Z"], "score": ["10", "9"]})
    truth = pd.DataFrame({"query_id": ["a", "b"], "reference_id": ["A", "B"]})
    assert precision_recall(found, truth).correct.tolist() == [True, False] and micro_ap(found, truth) == 0.5


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("query_id", 1.5, "query_id of the predictions holds 1.5"),
        ("query_id", None, "row 1 of the predictions has no query_id"),
        ("reference_id", [1], r"reference_id of the predictions holds \[1\]"),
        ("reference_id", np.nan, "names no reference"),
        ("reference_id", -1, "names no reference"),
        ("score", "high", "is high: expected a finite number"),
        ("score", pd.NA, "is <NA>: expected a finite number"),
        ("score", True, None),
    ],
)
def test_what_is_no_id_and_no_score_is_named(column, value, said):
    found = pd.DataFrame({"query_id": ["a"], "reference_id": ["A"], "score": [1.0]}).astype(object)
    found.at[0, column] = value
    truth = pd.DataFrame({"query_id": ["a"], "reference_id": ["A"]})
    if said is None:
        assert micro_ap(found, truth) == 1
        return
    with pytest.raises(ValueError, match=said) as error:
        micro_ap(found, truth)
    assert len(str(error.value)) < 300


def test_units_must_name_every_query():
    found = pd.DataFrame({"query_id": [1, 2], "reference_id": [5, 6], "score": [3, 2]})
    truth = pd.DataFrame({"query_id": [1, 2], "reference_id": [5, 6]})
    assert (micro_ap_resampled(found, truth, np.random.default_rng(0), 5, {1: "x", 2.0: "x"}) == 1).all()
    with pytest.raises(ValueError, match="units lacks the query '2'"):
        micro_ap_resampled(found, truth, np.random.default_rng(0), 5, {1: "x"})


@pytest.mark.parametrize("missing", ["nan", "None", "-1", "NaN", "<NA>", "null", "nan "])
def test_a_truth_written_by_pandas(missing, tmp_path):
    (tmp_path / "t.csv").write_text(f"query_id,reference_id\nQ0,R0\nQ1,R1\nQ2,{missing}\nQ3,\n")
    with pytest.warns(UserWarning, match=r"1 rows have .* as reference_id: read as queries without an original"):
        truth = read_truth(tmp_path / "t.csv")
    assert truth.reference_id.tolist() == ["R0", "R1", "", ""]
    found = pd.DataFrame({"query_id": ["Q0", "Q1"], "reference_id": ["R0", "R1"], "score": [2.0, 1.0]})
    assert micro_ap(found, truth) == 1
    frame = truth.assign(reference_id=["R0", "R1", missing, None])
    with pytest.warns(UserWarning, match="read as queries without an original"):
        assert micro_ap(found, frame) == 1


HEADERS = [
    "query_id,reference_id",
    "Query_ID,Reference_ID",
    "query_image_id,db_image_id",
    "# query_id,reference_id",
    "QueryId, ReferenceId",
    '"query","reference"',
    "query_id,ref_id",
    "query,database_id",
]


@pytest.mark.parametrize("header", HEADERS)
def test_spellings_of_the_header(header, tmp_path, capsys):
    (tmp_path / "t.csv").write_text(f"{header}\nQ0,R0\nQ1,R1\n")
    (tmp_path / "p.csv").write_text(f"{header},Score\nQ0,R0,.9\nQ1,R1,.8\n")
    assert main(["score", str(tmp_path / "p.csv"), str(tmp_path / "t.csv")]) == 0
    assert json.loads(capsys.readouterr().out)["micro_ap"] == 1


def test_a_header_in_another_order(tmp_path):
    (tmp_path / "t.csv").write_text("reference_id,query_id\nR0,Q0\n,Q1\n")
    assert read_truth(tmp_path / "t.csv").to_numpy().tolist() == [["Q0", "R0"], ["Q1", ""]]
    (tmp_path / "p.csv").write_text("score,query_id,reference_id\n.5,Q0,R0\n")
    assert read_predictions(tmp_path / "p.csv").to_numpy().tolist() == [["Q0", "R0", 0.5]]


@pytest.mark.parametrize("first", ["left,right", "copy image,original image", "img_q,img_r", "Bild,Vorlage", "id1,id2"])
def test_a_first_line_that_may_be_a_header_is_refused(first, tmp_path):
    (tmp_path / "t.csv").write_text(f"{first}\nQ00,R00\nQ01,R01\nQ02,\n")
    with pytest.raises(ValueError, match="line 1: .* may be a header or the first row: make it query_id,reference_id"):
        read_truth(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "rows", ["Q0,R0\nQ1,R1\n", "beach.jpg,sea.jpg\ncat.jpg,dog.jpg\na1.png,b2.png\n", "7,12\n8,13\n9,\n"]
)
def test_a_file_without_a_header_keeps_its_first_line(rows, tmp_path):
    (tmp_path / "t.csv").write_text(rows)
    assert len(read_truth(tmp_path / "t.csv")) == rows.count("\n")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("query_id,reference_id,distance", "falls for surer copies"),
        ("query_id,reference_id,rank", "falls for surer copies"),
        ("query_id,reference_id,query", "may be a header"),
    ],
)
def test_a_header_that_names_something_else(header, said, tmp_path):
    (tmp_path / "p.csv").write_text(f"{header}\nQ0,R0,1\n")
    with pytest.raises(ValueError, match=said):
        read_predictions(tmp_path / "p.csv")


N = 12
# What a truth looks like beside predictions of Q0 .. Q11 and R0 .. R11, and what must be said.
UNLIKE = {
    "suffixes": (lambda i: (f"Q{i}.jpg", f"R{i}.jpg"), r"0 of 12 query ids .*'Q0.jpg'.*'Q0'; remove the suffix"),
    "suffixes of references": (lambda i: (f"Q{i}", f"R{i}.JPEG"), r"0 of 12 reference ids .*remove the suffix"),
    "zeros": (lambda i: (f"Q{i:05}", f"R{i:06}"), r"'Q00000'.*'Q0'; write numbers with the same leading zeros"),
    "another set of queries": (
        lambda i: (f"Q{i + 100}", f"R{i + 100}"),
        "0 of 12 query ids .* belong to the same pictures",
    ),
    "swapped": (lambda i: (f"R{i}", f"Q{i}"), "columns of the truth seem to be swapped"),
    "capitals": (lambda i: (f"q{i}", f"r{i}"), "capitals and small letters"),
    "folders": (lambda i: (f"queries/Q{i}", f"references/R{i}"), "remove the folders"),
    "numbers alone": (lambda i: (f"{i}", f"{i}"), "letters in front of the numbers"),
    "floats": (lambda i: (f"Q{i}.0", f"R{i}.0"), r"without \.0"),
}


@pytest.mark.parametrize("kind", UNLIKE)
def test_ids_that_are_written_differently_are_refused_by_the_command(kind, tmp_path, capsys):
    names, said = UNLIKE[kind]
    found = pd.DataFrame(
        [(f"Q{i}", f"R{i}", float(i)) for i in range(N)], columns=["query_id", "reference_id", "score"]
    )
    truth = pd.DataFrame([names(i) for i in range(N)], columns=["query_id", "reference_id"])
    write_benchmark_file(tmp_path / "p.csv", found)
    write_benchmark_file(tmp_path / "t.csv", truth)
    assert main(["score", str(tmp_path / "p.csv"), str(tmp_path / "t.csv")]) == 2
    seen = capsys.readouterr()
    assert not seen.out and len(seen.err) < 400
    with pytest.raises(ValueError, match=said):
        check_ids(found, truth)
    with pytest.warns(IdsDoNotMatch, match=said):
        score_predictions(found, truth)


def test_some_ids_that_are_written_differently_are_told():
    found = pd.DataFrame(
        [(f"Q{i}", f"R{i}", float(i)) for i in range(40)], columns=["query_id", "reference_id", "score"]
    )
    half = pd.DataFrame(
        [(f"Q{i}" + ".jpg" * (i % 2), f"R{i}") for i in range(40)], columns=["query_id", "reference_id"]
    )
    with pytest.warns(IdsDoNotMatch, match="20 of 40 query ids .* remove the suffix"):
        assert score_predictions(found, half)["recall_at_1"] == 0.5
    few = pd.DataFrame([(f"Q{i + 38}", f"R{i + 38}") for i in range(40)], columns=["query_id", "reference_id"])
    with pytest.warns(IdsDoNotMatch, match="2 of 40 query ids"):
        score_predictions(found, few)
    check_ids(found, half)


def test_ids_that_fit_are_not_mentioned(recwarn):
    rng = np.random.default_rng(0)
    found = pd.DataFrame(
        [(f"Q{q}", f"R{r}", rng.random()) for q in range(30) for r in rng.permutation(200)[:10]],
        columns=["query_id", "reference_id", "score"],
    )
    truth = pd.DataFrame([(f"Q{i}", f"R{i}") for i in range(30)], columns=["query_id", "reference_id"])
    score_predictions(found, truth)
    check_ids(found, truth)
    # An index that finds no original: ids of one source are right all the same.
    score_predictions(found, truth.assign(reference_id=[f"R{i + 500}" for i in range(30)]), compare_ids=False)
    assert not [w for w in recwarn if issubclass(w.category, IdsDoNotMatch)]


@pytest.mark.parametrize("name", ["a,b.jpg", 'say "x".png', "line\nend", " first.jpg", "100%.png", "plain"])
def test_files_can_be_read_by_splitting_at_commas(name, tmp_path):
    found = pd.DataFrame({"query_id": [name, "Q1"], "reference_id": ["R0", name], "score": [0.5, 0.25]})
    write_benchmark_file(tmp_path / "p.csv", found)
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert [len(line.split(",")) for line in lines] == [3] * 3 and '"' not in "".join(lines)
    assert read_predictions(tmp_path / "p.csv").to_numpy().tolist() == found.to_numpy().tolist()
    write_benchmark_file(tmp_path / "t.csv", found[["query_id", "reference_id"]])
    assert micro_ap(found, read_truth(tmp_path / "t.csv")) == 1


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_judge_compares_ids_by_value(kind):
    from activeindex_lite.lessons.copy_detection import CAUGHT, LEFT, MISTAKEN, judge

    found = pd.DataFrame({"query_id": TYPES[kind]([1, 2, 3]), "reference_id": TYPES[kind]([5, 9, 7]), "score": 1.0})
    truth = pd.DataFrame({"query_id": ["1", "2", "4"], "reference_id": ["5", "6", None]})
    assert judge(found, truth, 0.5).outcome.tolist() == [CAUGHT, MISTAKEN, LEFT]

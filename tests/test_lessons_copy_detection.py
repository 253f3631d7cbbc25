"""Uploads, answers and what is done with them; activation in indexes and for extractors that it was not made for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix

from activeindex_lite import EDITS, build_index, load_extractor, synthetic_pictures
from activeindex_lite.evaluation import evaluate_retrieval
from activeindex_lite.evaluation.copy_detection import micro_ap_resampled
from activeindex_lite.evaluation.originals import stored_anew
from activeindex_lite.evaluation.predictions import predict
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.index.ready import cells_alone
from activeindex_lite.lessons import copy_detection as moderation
from activeindex_lite.lessons import transfer

IDS = np.array([7, 3, 11])


@pytest.fixture(scope="module")
def pictures(world):
    return world.pictures(IDS)


@pytest.fixture(scope="module")
def uploads(pictures, extractor):
    darker = [EDITS["Brightness 0.5"](p) for p in pictures]
    return moderation.upload({"as it is": pictures, "darker": darker}, IDS, extractor, copies=2, strangers=4, seed=5)


def test_uploads_are_copies_then_strangers_with_one_edit_in_every_release(uploads, pictures, extractor):
    assert uploads.truth.reference_id.tolist() == ["7", "3", "11", "7", "3", "11", "", "", "", ""]
    assert uploads.truth.query_id.tolist() == uploads.names and len(set(uploads.names)) == 10
    # Each number of upload has an edit of its own, and the features are those of the pictures shown.
    expected = EDITS["Random"](pictures[1], np.random.default_rng([5, 4]))
    assert np.array_equal(uploads.picture(4, "as it is"), expected)
    stranger = EDITS["Random"](synthetic_pictures([4_000_001])[0], np.random.default_rng([5, 7]))
    for release in uploads.released:
        assert np.array_equal(uploads.picture(7, release), stranger)
        shown = extractor([uploads.picture(q, release) for q in range(10)])
        np.testing.assert_allclose(shown, uploads.features[release], atol=1e-4)
    assert uploads.picture(4, "darker").size == expected.size and not np.array_equal(
        uploads.picture(4, "darker"), expected
    )
    with pytest.raises(ValueError, match="2 pictures but 3 ids"):
        moderation.upload({"one": pictures[:2]}, IDS, extractor)


def test_answers_by_brute_force_are_those_of_a_flat_index(uploads, world):
    flat = build_index("Flat", world.train[:100], world.references[:2000])
    exact = moderation.Exact(world.references[:2000])
    assert exact.ntotal == 2000
    for background in (None, "itself"):
        one, other = (moderation.answers(i, uploads, "as it is", background=background and i) for i in (flat, exact))
        assert one.query_id.tolist() == uploads.names and one.reference_id.tolist() == other.reference_id.tolist()
        np.testing.assert_allclose(one.score, other.score, atol=1e-5)


def test_normalised_answers_are_the_same_with_other_scores(uploads, small_indexes, world):
    index = small_indexes["IVF64,PQ8x6"]
    background = index.refilled(world.train[:3000])
    assert (index.ntotal, background.ntotal) == (4000, 3000)
    np.testing.assert_array_equal(index.quantize(world.train[:50]), background.quantize(world.train[:50]))
    plain, normed = (moderation.answers(index, uploads, "darker", 8, b) for b in (None, background))
    assert plain.reference_id.tolist() == normed.reference_id.tolist()
    distances, _ = background.search(uploads.features["darker"], 3, nprobe=8)
    np.testing.assert_allclose(normed.score - plain.score, distances.mean(1), rtol=1e-4)


def truth_and_answers(rng, copies=40, strangers=60):
    """Pictures of three copies each, and one answer an upload with scores that are all different."""
    references = [str(i // 3) for i in range(copies)] + [""] * strangers
    truth = pd.DataFrame({"query_id": [f"u{i}" for i in range(copies + strangers)], "reference_id": references})
    right = rng.random(len(truth)) < 0.6
    answer = np.where(right & (truth.reference_id != ""), truth.reference_id, "other")
    return truth, pd.DataFrame(
        {"query_id": truth.query_id, "reference_id": answer, "score": rng.permutation(len(truth)) / 10}
    )


def test_outcomes_are_a_confusion_matrix():
    truth, found = truth_and_answers(np.random.default_rng(0))
    judged = moderation.judge(found.iloc[::-1], truth, 4.0)
    table = moderation.actions({"a": judged}).loc["a"]
    right = (found.reference_id == truth.reference_id).to_numpy()
    blocked = (found.score >= 4).to_numpy()
    (_, false_positive), (_, true_positive) = confusion_matrix(right, blocked)
    assert table[moderation.CAUGHT] == true_positive
    assert table[moderation.BLOCKED] + table[moderation.MISTAKEN] == false_positive
    assert table[list(moderation.OF_COPIES)].sum() == 40 and table[list(moderation.OF_STRANGERS)].sum() == 60
    assert table.precision == pytest.approx(true_positive / (true_positive + false_positive))
    assert table.recall == pytest.approx(true_positive / 40)
    assert judged.query_id.tolist() == truth.query_id.tolist() and (judged.right == right).all()


def test_no_threshold_blocks_nothing_and_a_query_without_answer_is_missed():
    truth, found = truth_and_answers(np.random.default_rng(1))
    table = moderation.actions({"a": moderation.judge(found, truth)}).loc["a"]
    assert table[[moderation.MISSED, moderation.LEFT]].tolist() == [40, 60] and np.isnan(table.precision)
    judged = moderation.judge(found.iloc[1:], truth, -1)
    assert judged.outcome[0] == moderation.MISSED and pd.isna(judged.answer[0])
    with pytest.raises(ValueError, match="u3 has several predictions"):
        moderation.judge(pd.concat([found, found.iloc[[3]].assign(reference_id="x")]), truth)


def test_score_table_agrees_with_scikit_learn(uploads):
    truth, found = truth_and_answers(np.random.default_rng(2))
    fake = moderation.Uploads({}, IDS, {}, truth.query_id.tolist(), truth, 3, 0)
    right = (found.reference_id == truth.reference_id).to_numpy()
    row = moderation.score_table({"a": found}, fake).iloc[0]
    assert row.micro_ap == pytest.approx(average_precision_score(right, found.score) * right.sum() / 40)
    assert row.low < row.micro_ap < row.high
    curve, area, low, high = moderation.curves({"a": found}, fake, moderation.score_table({"a": found}, fake))["a"]
    assert (area, low, high) == (row.micro_ap, row.low, row.high) and len(curve) == 100


def test_copies_of_a_picture_are_drawn_together():
    truth, _ = truth_and_answers(np.random.default_rng(3), 42, 0)
    # All three copies of a picture are found, or none of them: 14 independent facts, not 42.
    answer = np.where(truth.reference_id.astype(int) < 7, truth.reference_id, "other")
    found = pd.DataFrame(
        {"query_id": truth.query_id, "reference_id": answer, "score": np.where(answer == "other", 0.0, 1.0)}
    )
    units = dict(zip(truth.query_id, truth.reference_id))
    each, whole = (micro_ap_resampled(found, truth, np.random.default_rng(0), 4000, u) for u in (None, units))
    # Micro-AP is here the share that is found: of a binomial of 42, of one of 14.
    assert np.std(each) == pytest.approx(np.sqrt(0.25 / 42), rel=0.06)
    assert np.std(whole) == pytest.approx(np.sqrt(0.25 / 14), rel=0.06)


def test_telling_uploads_show_each_pair_once():
    before = pd.DataFrame({"outcome": [moderation.MISSED] * 3 + [moderation.LEFT], "score": [0.1, 0.2, np.nan, 0.3]})
    after = pd.DataFrame(
        {
            "outcome": [moderation.CAUGHT, moderation.CAUGHT, moderation.MISSED, moderation.LEFT],
            "score": [0.5, 0.6, np.nan, 0.3],
        }
    )
    assert moderation.telling(before, after).tolist() == [1, 2, 3]
    assert moderation.telling(before, after, 1).tolist() == [1]


def test_cells_alone_are_what_k_means_gives(world):
    whole = build_index("IVF16,PQ4x4", world.train[:2000])
    cells = cells_alone(whole)
    apart = build_index("IVF16,Flat", world.train[:2000])
    np.testing.assert_allclose(cells.centroids, apart.centroids, atol=1e-5)
    np.testing.assert_allclose(
        cells.targets(world.references[:9]).points, apart.targets(world.references[:9]).points, atol=1e-5
    )


def test_table_is_r1_of_each_release_in_each_place(pictures, extractor, small_indexes):
    blurred = [EDITS["Blur 2"](EDITS["Contrast 2"](p)) for p in pictures]
    places = {name: (small_indexes[f], extractor, IDS) for name, f in (("cells", "IVF64,PQ8x6"), ("bits", "PCA64,LSH"))}
    edits = ("Contrast 2", "Crop 0.5")
    table = transfer.transfer_table({"as it is": pictures, "blurred": blurred}, places, edits).set_index(
        ["released", "place"]
    )
    for release, shown in (("as it is", pictures), ("blurred", blurred)):
        for place, (index, _, ids) in places.items():
            row = table.loc[release, place]
            assert row.r1 == pytest.approx(
                evaluate_retrieval(index, edited_features(shown, extractor, edits=edits), ids).r1.iloc[-1]
            )
            assert row.gain == pytest.approx(row.r1 - table.loc["as it is", place].r1)
            assert row.low <= row.r1 <= row.high and row.gain_low <= row.gain <= row.gain_high
    assert (table.loc["as it is"][["gain", "gain_low", "gain_high"]] == 0).all(axis=None)


def test_index_of_another_extractor_stores_the_pictures_first(pictures):
    gradients = load_extractor("gradients")
    index, used, ids = transfer.index_of_another("IVF4,Flat", gradients, IDS, train=200, references=30)
    assert used is gradients and index.ntotal == 33 and ids.tolist() == [0, 1, 2]
    distances, found = index.search(gradients(pictures), 1)
    assert found[:, 0].tolist() == [0, 1, 2] and distances.max() < 1e-5


def test_stored_anew_changes_these_references_alone(world):
    index = build_index("IVF8,Flat", world.train[:1000], world.references[:3000])
    new = world.train[[40, 50]]
    again = stored_anew(index, world.references[:3000], [2999, 5], new)
    distances, ids = again.search(np.concatenate([new, world.references[[6, 2998]]]), 1, nprobe=8)
    assert ids[:, 0].tolist() == [2999, 5, 6, 2998] and distances.max() < 1e-5
    assert index.search(world.references[[5]], 1)[1].item() == 5 and again.ntotal == index.ntotal == 3000


def test_brute_force_of_the_notebook_is_searched_like_an_index_and_has_no_target():
    stored = np.eye(4, dtype=np.float32)
    brute = moderation.Exact(stored)
    found = predict(brute, stored[[2, 0]], ["a", "b"], k=1)
    assert found.reference_id.tolist() == [2, 0] and found.score.tolist() == [0, 0]
    with pytest.raises(ValueError, match="no target"):
        brute.targets(stored)


def test_scores_are_parted_by_the_answer():
    truth = pd.DataFrame({"query_id": ["a", "b", "c", "d"], "reference_id": ["1", "2", "", "3"]})
    predictions = pd.DataFrame({"query_id": ["a", "b", "c"], "reference_id": ["1", "9", "1"], "score": [0.5, 0.4, 0.3]})
    right, wrong = moderation.right_and_wrong(predictions, truth)
    # The copy without an answer has no score; the stranger's answer is wrong.
    assert right.tolist() == [0.5] and wrong.tolist() == [0.4, 0.3]
    judged = moderation.judge_releases(
        {"passive, nprobe 1": predictions, "activated, nprobe 1": predictions},
        truth,
        {"passive, nprobe 1": 0.45, "activated, nprobe 1": 0.35},
    )
    assert moderation.actions(judged)[moderation.MISTAKEN].tolist() == [0, 1]

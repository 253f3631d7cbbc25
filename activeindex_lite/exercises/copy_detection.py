"""Checks of the exercises on copy detection (notebook 09)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict

MEAN_PRECISION = (
    "That is the mean precision over all places of the list. Add it up at the places of right answers alone, and "
    "divide by the number of copies."
)
ADDED = "The distance is added here. A small distance must give a high score: subtract it from the usual distance."
DIVIDED = "That is a ratio of the two distances; the exercise takes their difference."


def _answers(rng: np.random.Generator, n: int, lost: int, digits: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores with ties, whether each answer is right, and the number of copies, some of which have no right answer."""
    correct = rng.random(n) < 0.4
    scores = (rng.normal(size=n) + 1.2 * correct).round(digits)
    return scores, correct, int(correct.sum()) + lost


@verdict
def precision_and_recall(answer: Callable) -> str:
    """f(scores (Q,), correct (Q,) bool, copies, threshold) -> (precision, recall) at the threshold."""
    rng = np.random.default_rng(0)
    for lost, threshold in ((7, 0.5), (20, 1.0), (0, 0.0)):
        scores, correct, copies = _answers(rng, 60, lost, 1)
        passed, above = scores >= threshold, scores > threshold
        right = (passed & correct).sum()
        compare(
            call(answer, scores, correct, copies, threshold),
            np.array([right / passed.sum(), right / copies]),
            "precision and recall",
            hints=[
                (right / passed.sum(), "That is the precision alone; return precision and recall."),
                (right / copies, "That is the recall alone; return precision and recall."),
                (np.array([right / copies, right / passed.sum()]), "The two are exchanged: precision first."),
                (
                    np.array([right / passed.sum(), right / correct.sum()]),
                    "Recall is a share of all copies, and some got no right answer at any score.",
                ),
                (
                    np.array([(above & correct).sum() / above.sum(), (above & correct).sum() / copies]),
                    "A score that equals the threshold passes too.",
                ),
                (
                    np.array([right / len(scores), right / copies]),
                    "Precision is a share of the alarms, not of all uploads.",
                ),
                (
                    np.array([(passed == correct).mean(), right / copies]),
                    "That is accuracy; precision counts the alarms alone.",
                ),
            ],
        )
    return "Precision is a share of the alarms, recall of the copies. Strangers that are left alone count in neither."


@verdict
def micro_ap(answer: Callable) -> str:
    """f(scores (Q,), correct (Q,) bool, copies) -> the area under the precision-recall curve, ties against."""
    rng = np.random.default_rng(1)
    for n, lost, digits in ((12, 3, 6), (40, 9, 0), (80, 0, 1)):
        scores, correct, copies = _answers(rng, n, lost, digits)
        against, kind = np.lexsort((correct, -scores)), np.lexsort((~correct, -scores))

        def area(order: np.ndarray, total: int = copies, correct: np.ndarray = correct) -> float:
            right = correct[order]
            return (right * np.cumsum(right) / np.arange(1, len(right) + 1)).sum() / total

        compare(
            one_number(call(answer, scores, correct, copies), "the micro-AP", area(against)),
            area(against),
            "the micro-AP",
            tolerance=1e-6,
            hints=[
                (
                    area(kind),
                    "Of equal scores you take the right ones first, which flatters; take the wrong ones first.",
                ),
                (
                    area(np.argsort(-scores, kind="stable")),
                    "Equal scores are in the order of the file; take the wrong ones first.",
                ),
                (
                    correct.sum() / len(scores),
                    "That is the share of right answers, which ignores the order of the scores.",
                ),
                (
                    (np.cumsum(correct[against]) / np.arange(1, n + 1)).sum() / copies,
                    "Precision counts only at the places of right answers, where the recall grows.",
                ),
                *(
                    ((np.cumsum(correct[order]) / np.arange(1, n + 1)).mean(), MEAN_PRECISION)
                    for order in (against, kind, np.argsort(-scores, kind="stable"))
                ),
                (area(np.argsort(scores, kind="stable")), "Take the highest score first."),
                (area(against, correct.sum()), "Recall counts all copies, also those without a right answer."),
                (area(against) * copies, "A step of recall is 1 / copies."),
            ],
        )
    return "Every right answer adds the precision at its place. The order within a tie must not depend on luck."


@verdict
def normalised(answer: Callable) -> str:
    """f(distances (Q,), background (Q, n)) -> normalised scores (Q,): typical distance minus distance."""
    rng = np.random.default_rng(2)
    for Q, n in ((9, 20), (1, 4)):
        distances, background = rng.uniform(0.1, 1.2, Q), rng.uniform(0.5, 1.8, (Q, n))
        nearest = np.sort(background, axis=1)[:, :3]
        typical = nearest.mean(1)
        compare(
            call(answer, distances, background),
            typical - distances,
            "the normalised scores",
            hints=[
                (
                    distances - typical,
                    "The sign is turned over: a copy is near, so a small distance must give a high score.",
                ),
                (
                    -distances - typical,
                    "An upload that is near to everything must get a lower score: add the typical distance.",
                ),
                *((usual + distances, ADDED) for usual in (typical, background.mean(1), nearest[:, 0])),
                *((ratio, DIVIDED) for ratio in (typical / distances, distances / typical, -distances / typical)),
                (-distances, "These scores are not normalised."),
                (background.mean(1) - distances, "Take the 3 nearest of the background, not all of it."),
                (background[:, :3].mean(1) - distances, "The first 3 columns are not the 3 nearest: sort each row."),
                (nearest.sum(1) - distances, "Take the mean of the 3, not their sum."),
                (nearest[:, 0] - distances, "Take the mean of 3 neighbours, not the nearest alone."),
                (np.sort(background, axis=1)[:, -3:].mean(1) - distances, "These are the 3 furthest."),
            ],
        )
    return "How much nearer the answer is than pictures that cannot be originals."


@verdict
def threshold(answer: Callable) -> str:
    """f(right (P,), wrong (N,), precision, flood) -> the lowest precise threshold; wrong ones count flood times."""
    rng = np.random.default_rng(3)
    for P, N, precision, flood in ((60, 200, 0.9, 1), (60, 200, 0.9, 10), (150, 90, 0.5, 25), (40, 300, 0.99, 3)):
        right, wrong = rng.normal(0.45, 0.2, P).round(4), rng.normal(0, 0.1, N).round(4)
        given = one_number(call(answer, right, wrong, precision, flood), "the threshold")

        def at(t: float, right=right, wrong=wrong, flood=flood) -> tuple[int, int, float]:
            passed, false = (right >= t).sum(), flood * (wrong >= t).sum()
            return passed, false, passed / max(passed + false, 1)

        passed, false, got = at(given)
        best = max((t for t in right if at(t)[2] >= precision), key=lambda t: at(t)[0], default=np.inf)
        if not passed + false:
            raise WrongAnswer(f"At {given:.4f} nothing passes; the highest right answer scores {right.max():.4f}.")
        if got < precision:
            more = "" if at(given, flood=1)[2] < precision or flood == 1 else f" Each wrong answer comes {flood} times."
            raise WrongAnswer(
                f"At {given:.4f}, {passed} right and {flood} x {false // flood} wrong answers pass: the precision is "
                f"{got:.3f}, expected at least {precision}. The threshold is too low.{more}"
            )
        if passed < at(best)[0]:
            raise WrongAnswer(
                f"At {given:.4f}, {passed} right answers pass with a precision of {got:.3f}; {at(best)[0]} pass at "
                f"{best:.4f}, which is precise enough too."
            )
    return "The rarer copies are among all uploads, the higher the threshold for the same precision."

"""Checks of the exercises: typical mistakes are recognised by their result, and said how far off."""

import re

import numpy as np
import pytest

from activeindex_lite.exercises import (
    activation,
    beyond,
    copy_detection,
    evaluation,
    ivf,
    lsh,
    perceptual,
    pq,
    similarity,
    start,
    whatif,
)


def average(right, copies):
    return (right * np.cumsum(right) / np.arange(1, len(right) + 1)).sum() / copies


def similarity_threshold(right, wrong, precision):
    return next(
        t for t in np.sort(right) if (right >= t).sum() >= precision * ((right >= t).sum() + (wrong >= t).sum())
    )


def middle(means):
    return np.quantile(list(means), [0.025, 0.975])


@pytest.mark.parametrize(
    ("check", "wrong", "said"),
    [
        (similarity.squared_distances, lambda a, b: np.sqrt(((a[:, None] - b) ** 2).sum(2)), "return their squares"),
        (similarity.squared_distances, lambda a, b: 2 - 2 * a @ b.T, "unit vectors only"),
        (similarity.top_k, lambda d, k: np.sort(d)[:k], "return their positions"),
        (similarity.top_k, lambda d, k: np.argsort(d)[::-1][:k], "largest"),
        (similarity.top_k, lambda d, k: np.argsort(d), r"shape is \(50,\), expected \(5,\)"),
        (similarity.threshold, lambda c, o, p: -1.0, "too low"),
        (similarity.threshold, lambda c, o, p: max(c), "lower threshold"),
        (similarity.threshold, lambda c, o, p: np.array([1, 2]), "one number"),
        (similarity.threshold, lambda c, o, p: 56, "nothing passes"),
        (similarity.top_k, lambda d, k: np.argpartition(d, k - 1)[:k], "of 900 differ"),
        (similarity.brute_force, lambda q, x: (q @ x.T).argmax(1), "same length"),
        (ivf.nearest_cell, lambda x, c: ((x[:, None] - c) ** 2).sum(2).min(1), "argmin"),
        (ivf.nearest_cell, lambda x, c: ((x[:, None] - c) ** 2).sum(2).argmax(1), "furthest away"),
        (ivf.nearest_cell, lambda x, c: x[:, 99], "IndexError"),
        (ivf.posting_lists, lambda cells, n: [np.flatnonzero(cells == c) for c in np.unique(cells)], "empty list"),
        (ivf.posting_lists, lambda cells, n: 7, "int"),
        (ivf.posting_lists, lambda cells, n: [int((cells == c).sum()) for c in range(n)], "how many there are"),
        (ivf.posting_lists, lambda cells, n: [np.where(cells == c) for c in range(n)], "tuple"),
        (ivf.posting_lists, lambda cells, n: [cells == c for c in range(n)], "positions of True"),
        (ivf.posting_lists, lambda cells, n: [{1.5, "a"} for c in range(n)], "numbers are expected"),
        (ivf.search, lambda q, c, lists, x, n: ((x - q) ** 2).sum(1).argmin(), "exact nearest"),
        (ivf.cheapest_nlist, lambda N, nprobe: np.sqrt(N), "for nprobe 1"),
        (ivf.cheapest_nlist, lambda N, nprobe: 0, "above 0"),
        (pq.split, lambda x, M: x.reshape(M, -1), r"shape is \(4, 15\)"),
        (pq.encode, lambda x, books: np.zeros((len(x), len(books)), int), "of 160 differ"),
        (pq.decode, lambda codes, books: np.stack([b[codes[:, m]] for m, b in enumerate(books)], 1), "side by side"),
        (pq.decode, lambda codes, books: books[0][codes].reshape(len(codes), -1), "its own"),
        (pq.look_up, lambda table, codes: table[np.arange(len(table)), codes].mean(1), "mean over the parts"),
        (pq.bytes_of_index, lambda N, M, nbits, d: N * M * nbits / 8, "codebooks are missing"),
        (lsh.bits, lambda x, h: x @ h.T > 0, "on the hyperplane"),
        (lsh.bits, lambda x, h: x @ h.T, "return their sides"),
        (lsh.hamming, lambda a, b: (a == b).sum(1), "agree"),
        (
            lsh.expected_distance,
            lambda a, b, n: n * (1 - np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) / np.pi),
            "agree",
        ),
        (
            lsh.bits_needed,
            lambda p, q: ((np.sqrt(p * (1 - p)) + np.sqrt(q * (1 - q))) / (q - p)) ** 2,
            "one standard deviation",
        ),
        (activation.target, lambda x, c: ((x[:, None] - c) ** 2).sum(2).argmin(1), "their centroids"),
        (activation.target, lambda x, c: x, "nowhere to go"),
        (activation.change, lambda delta, bound: np.clip(delta, -bound, bound), "gradient is 0"),
        (activation.change, lambda delta, bound: bound * delta, "without limit"),
        (activation.change, lambda delta, bound: bound * delta / (1 + abs(delta)), "would work too"),
        (lsh.expected_distance, lambda a, b, n: n * np.arccos(1 + abs(a @ b)) / np.pi, "Divide a·b by both norms"),
        (activation.bits_loss, lambda x, s, w: (s * (w @ x)).mean(), "turned over"),
        (activation.bits_loss, lambda x, s, w: (np.sign(w @ x) != s).mean(), "staircase"),
        (
            activation.three_terms,
            lambda f, x, q: [((f - x) ** 2).sum(), ((x - q) ** 2).sum(), (f - x) @ (x - q)],
            "comes twice",
        ),
        (
            activation.stays,
            lambda x, f, c: (
                ((x[:, None] - c) ** 2).sum(2).argmin(1) != ((f[:, None] - c) ** 2).sum(2).argmin(1)
            ).mean(),
            "p_f, the share that leaves",
        ),
        (perceptual.psnr, lambda a, b: 10 * np.log10(255**2 / np.square(a - b).mean()), "wraps round"),
        (perceptual.psnr, lambda a, b: np.square(a.astype(float) - b).mean(), "mean squared error"),
        (perceptual.luminance_masking, lambda B: 17 * (1 - np.sqrt(B / 127 + 1e-3)) + 3, "above 127"),
        (perceptual.room, lambda LA, CM: LA + CM - 0.3 * np.minimum(LA, CM), "At least 5"),
        (perceptual.room, lambda LA, CM: np.maximum(LA + CM, 5), "0.3 of the smaller"),
        (perceptual.alpha_for, lambda psnr_of, target: 3.0, "instead of 41.3 dB"),
        (
            perceptual.alpha_for,
            lambda psnr_of, target: min(np.linspace(0.5, 16, 400), key=lambda a: abs(psnr_of(a) - target)),
            "more than 40 times",
        ),
        (perceptual.alpha_for, lambda psnr_of, target: 99, "not between"),
        (
            copy_detection.precision_and_recall,
            lambda s, c, n, t: ((s >= t) & c).sum() / np.array([n, (s >= t).sum()]),
            "exchanged",
        ),
        (
            copy_detection.precision_and_recall,
            lambda s, c, n, t: ((s >= t) & c).sum() / np.array([(s >= t).sum(), c.sum()]),
            "got no right answer",
        ),
        (
            copy_detection.precision_and_recall,
            lambda s, c, n, t: ((s > t) & c).sum() / np.array([(s > t).sum(), n]),
            "passes too",
        ),
        (copy_detection.micro_ap, lambda s, c, n: average(c[np.lexsort((~c, -s))], n), "flatters"),
        (copy_detection.micro_ap, lambda s, c, n: average(c[np.argsort(s)], n), "highest score"),
        (copy_detection.micro_ap, lambda s, c, n: average(c[np.lexsort((c, -s))], c.sum()), "counts all copies"),
        (copy_detection.normalised, lambda d, b: d - np.sort(b)[:, :3].mean(1), "turned over"),
        (copy_detection.normalised, lambda d, b: b[:, :3].mean(1) - d, "not the 3 nearest"),
        (copy_detection.normalised, lambda d, b: b.min(1) - d, "not the nearest alone"),
        (copy_detection.threshold, lambda r, w, p, flood: similarity_threshold(r, w, p), "comes 10 times"),
        (copy_detection.threshold, lambda r, w, p, flood: max(w.max(), r.min()) + 1, "nothing passes"),
        (copy_detection.threshold, lambda r, w, p, flood: -9, "too low"),
        (evaluation.recall_at_1, lambda d, i, t: (i[:, 0] == t).mean(), "as they happen to be ordered"),
        (
            evaluation.recall_at_1,
            lambda d, i, t: ((i == t[:, None]) & (d == d[:, :1])).any(1).mean(),
            "counts in favour",
        ),
        (
            evaluation.interval,
            lambda h, r: middle(r.choice(h.ravel(), h.size).mean() for _ in range(500)),
            "one by one",
        ),
        (
            evaluation.interval,
            lambda h, r: (h.mean() - h.mean(1).std() / len(h) ** 0.5, h.mean() + h.mean(1).std() / len(h) ** 0.5),
            "one standard deviation",
        ),
        (evaluation.interval, lambda h, r: (0.9, 0.1), "low must be below"),
        (evaluation.pictures_needed, lambda p, width: np.ceil(p * (1 - p) * (1.96 / width) ** 2), "from end to end"),
        (evaluation.pictures_needed, lambda p, width: p * (1 - p) * (3.92 / width) ** 2, "round up"),
        (evaluation.paired_gain, lambda b, a, r: ((b - a).mean(), -1, 1), "after minus before"),
        (
            evaluation.paired_gain,
            lambda b, a, r: (
                a.mean() - b.mean(),
                *middle(r.choice(a.mean(1), len(a)).mean() - r.choice(b.mean(1), len(b)).mean() for _ in range(500)),
            ),
            "drawn apart",
        ),
        (whatif.smallest_nprobe, lambda n, r1, wanted: n[abs(r1 - wanted).argmin()], "not below"),
        (whatif.smallest_nprobe, lambda n, r1, wanted: n[r1 >= wanted].max(), "largest nprobe"),
        (whatif.smallest_nprobe, lambda n, r1, wanted: n[r1 >= wanted].min(), "None is expected"),
        (
            whatif.front,
            lambda ms, r1: ((ms[:, None] >= ms) & (r1[:, None] <= r1)).any(1),
            "turn it over|as quick as itself|values differ",
        ),
        (whatif.front, lambda ms, r1: ~((ms[:, None] > ms) & (r1[:, None] < r1)).any(1), "finds as much"),
        (whatif.front, lambda ms, r1: np.flatnonzero(r1 > 0.5), "values True and False"),
        (whatif.cheapest, lambda table, r1, psnr: table[table.r1 >= r1].ms.idxmin(), "dB or more"),
        (
            whatif.cheapest,
            lambda table, r1, psnr: table[(table.r1 >= r1) & (table.psnr >= psnr)].r1.idxmax(),
            "would do",
        ),
        (whatif.cheapest, lambda table, r1, psnr: -1, "not a label"),
        (whatif.paired_interval, lambda a, b, draws: np.percentile((a - b)[draws].mean(1), [2.5, 97.5]), "turned over"),
        (whatif.paired_interval, lambda a, b, draws: np.percentile((b - a)[draws].mean(1), [5, 95]), "90 %"),
        (
            whatif.paired_interval,
            lambda a, b, draws: (
                np.percentile(b[draws].mean(1), [2.5, 97.5]) - np.percentile(a[draws].mean(1), [2.5, 97.5])
            ),
            "difference of intervals",
        ),
    ],
)
def test_mistakes_are_named(check, wrong, said):
    verdict = check(wrong)
    assert not verdict.passed
    assert re.search(said, verdict.message), verdict.message


def nearest(x, centroids):
    return ((x[:, None] - centroids) ** 2).sum(2).argmin(1)


def decoded(codes, books):
    return np.concatenate([book[codes[:, m]] for m, book in enumerate(books)], axis=1)


def lengths_one(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def precisions(s, c, order):
    return np.cumsum(c[order]) / np.arange(1, len(s) + 1)


def no_return(first, truth):
    share = (first == truth).mean()  # noqa: F841 - the mistake


def no_return_after_a_loop(cells, nlist):
    lists = []
    for cell in range(nlist):
        lists.append(np.flatnonzero(cells == cell))


def prints(a, b):
    print((a != b).sum(1))  # noqa: T201 - the mistake


# Each kind of mistake in three exercises or three forms.
@pytest.mark.parametrize(
    ("check", "wrong", "said"),
    [
        (start.share_found, no_return, r"has code, but returns nothing. End it with return: return share\."),
        (ivf.posting_lists, no_return_after_a_loop, "End it with return and your result"),
        (lsh.hamming, prints, "prints, but returns nothing"),
        (start.share_found, lambda first, truth: None, r"Replace the \.\.\. by your code"),
        (start.share_found, lambda first, truth: 100 * (first == truth).mean(), "in percent; return a share"),
        (activation.stays, lambda x, f, c: 100 * (nearest(x, c) == nearest(f, c)).mean(), "in percent; return a share"),
        (
            copy_detection.precision_and_recall,
            lambda s, c, n, t: 100 * ((s >= t) & c).sum() / np.array([(s >= t).sum(), n]),
            "in percent; return a share",
        ),
        (evaluation.interval, lambda h, r: (100 * h.mean() - 5, 100 * h.mean() + 5), "in percent; return shares"),
        (activation.target, lambda x, c: lengths_one(c[nearest(x, c)]), "divided by their lengths"),
        (pq.decode, lambda codes, books: lengths_one(decoded(codes, books)), "divided by their lengths"),
        (pq.split, lambda x, M: lengths_one(x.reshape(len(x), M, -1) + 1e-9), "divided by their lengths"),
        (similarity.squared_distances, lambda a, b: (a[:, None] - b) ** 2, "sum over the last axis"),
        (
            pq.look_up,
            lambda table, codes: np.stack([table[m][codes[:, m]] for m in range(len(table))], 1),
            "the sum along axis 1",
        ),
        (lsh.hamming, lambda a, b: a != b, "the sum along axis 1"),
        (copy_detection.micro_ap, lambda s, c, n: c[o := np.lexsort((c, -s))] * precisions(s, c, o) / n, "the sum"),
        (activation.bits_loss, lambda x, signs, w: -signs * (w @ x), "the mean"),
        (evaluation.recall_at_1, lambda d, i, t: (i[:, 0] == t) & (d[:, 0] < d[:, 1]), "the mean"),
        *(
            (copy_detection.micro_ap, lambda s, c, n, by=by: precisions(s, c, by(s, c)).mean(), "mean precision")
            for by in (
                lambda s, c: np.lexsort((c, -s)),
                lambda s, c: np.lexsort((~c, -s)),
                lambda s, c: np.argsort(-s, kind="stable"),
            )
        ),
        (copy_detection.normalised, lambda d, b: d + np.sort(b)[:, :3].mean(1), "added here"),
        (copy_detection.normalised, lambda d, b: d + b.mean(1), "added here"),
        (copy_detection.normalised, lambda d, b: d + b.min(1), "added here"),
        (copy_detection.normalised, lambda d, b: np.sort(b)[:, :3].mean(1) / d, "a ratio"),
        (
            ivf.nearest_cell,
            lambda x, c: np.roll(nearest(x, c), 1),
            r"the cells: \d+ of 60 differ; the first is at \[\d+\]: \d instead of \d\.",
        ),
        (similarity.top_k, lambda d, k: np.argsort(d)[::-1][-k:], "the first is at"),
        (similarity.brute_force, lambda q, x: np.arange(len(q)), r"the ids: \d+ of 20 differ; the first is at \[0\]"),
        (
            pq.encode,
            lambda x, books: np.zeros((len(x), len(books)), int),
            r"the codes: \d+ of 160 differ; the first is at \[\d, \d\]",
        ),
    ],
)
def test_kinds_of_mistakes_are_named_in_any_exercise(check, wrong, said):
    verdict = check(wrong)
    assert not verdict.passed
    assert re.search(said, verdict.message), verdict.message
    assert "furthest off" not in verdict.message or "id" not in verdict.message.partition(":")[0]


@pytest.mark.parametrize(
    "module",
    [start, similarity, ivf, pq, lsh, activation, perceptual, copy_detection, evaluation, whatif, beyond],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_no_check_raises_whatever_it_is_given(module):
    checks = [
        getattr(module, name)
        for name, thing in vars(module).items()
        if callable(thing) and (thing.__doc__ or "").startswith("f(")
    ]
    assert len(checks) >= (1 if module is start else 3)
    for check in checks:
        for answer in (
            None,
            3,
            lambda *a: None,
            lambda *a: ...,
            lambda *a: "text",
            lambda *a: [[1], [2, 3]],
            lambda *a: np.nan,
            lambda *a: 1 / 0,
            lambda: 1,
            lambda *a: np.zeros((2, 2), complex),
            lambda *a: list(range(5)),
            lambda *a: [None] * 5,
            lambda *a: ({}, {1}),
            lambda *a: [np.zeros(3), np.ones(2)],
            lambda *a: np.array(["a"]),
        ):
            verdict = check(answer)
            assert not verdict.passed and len(verdict.message) > 15, (check, verdict)


def test_brute_force_is_recognised_as_right():
    assert similarity.brute_force(lambda q, x: ((q[:, None] - x) ** 2).sum(2).argmin(1)).passed

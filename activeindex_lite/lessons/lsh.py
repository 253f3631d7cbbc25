"""Notebook 04: what bits keep of an angle, as Hamming distances against theory, R@1 by number of bits, and ties."""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
import pandas as pd

from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.scratch import LSH


def differing_bits(nbits: int, angle: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the number of differing bits of two vectors at an angle (radians), in theory.

    Each of nbits random hyperplanes separates the vectors with probability p = angle / pi (Goemans and Williamson,
    1995; Charikar, 2002), independently of the others: nbits p and sqrt(nbits p (1 - p)).
    """
    p = np.asarray(angle) / np.pi
    return nbits * p, np.sqrt(nbits * p * (1 - p))


def hamming_by_angle(lsh: LSH, a: np.ndarray, b: np.ndarray) -> pd.DataFrame:
    """Angle and differing bits of the pairs a[i], b[i], both (N, d): a DataFrame angle (radians), differing."""
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return pd.DataFrame({"angle": np.arccos(cosine.clip(-1, 1)), "differing": (lsh.bits(a) != lsh.bits(b)).sum(1)})


def recall_by_bits(
    train: np.ndarray,
    references: np.ndarray,
    queries: np.ndarray,
    truth: Sequence[int],
    nbits: Sequence[int] = (16, 32, 64, 128),
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """R@1 of random and of PCA hyperplanes by number of bits: a DataFrame kind, nbits, bytes, r1, tied.

    train (T, d): PCA learns its directions from it; references (N, d), queries (Q, d), truth (Q,) ids. rng draws the
    random hyperplanes. In r1 a tie for the first place counts as a miss; tied: share of queries that end in such a
    tie.
    """
    rng, rows = rng or np.random.default_rng(0), []
    d = references.shape[1]
    for kind, make in (("random", lambda n: LSH.random(d, n, rng)), ("PCA", lambda n: LSH.pca(train, n))):
        for n in nbits:
            if kind == "PCA" and n > d:
                continue
            lsh = make(n)
            index = faiss.IndexBinaryFlat(8 * lsh.codes.shape[1])
            index.add(lsh.encode(references))
            distances, ids = index.search(lsh.encode(queries), 2)
            rows.append(
                {
                    "kind": kind,
                    "nbits": n,
                    "bytes": lsh.codes.shape[1],
                    "r1": strictly_first(distances, ids, truth).mean(),
                    "tied": (distances[:, 0] == distances[:, 1]).mean(),
                }
            )
    return pd.DataFrame(rows)

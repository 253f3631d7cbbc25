"""Notebook 04: what bits keep of an angle, as Hamming distances against theory, R@1 by number of bits, and directions
of the plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import pandas as pd

from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.scratch import LSH, kmeans


def differing_bits(nbits: int, angle: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the number of differing bits of two vectors at an angle (radians), in theory.

    Each of nbits random hyperplanes separates the vectors with probability p = angle / pi (Goemans and Williamson,
    1995; Charikar, 2002), independently of the others: nbits p and sqrt(nbits p (1 - p)).
    """
    p = np.asarray(angle) / np.pi
    return nbits * p, np.sqrt(nbits * p * (1 - p))


def angles_to(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angles in degrees between a unit vector x (d,) and others (N, d), unit vectors too: (N,), from 0 to 180."""
    return np.degrees(np.arccos((others @ x).clip(-1, 1)))


def directions(degrees: Sequence[float]) -> np.ndarray:
    """Unit vectors (N, 2) of the plane in the given directions, 0 to the right and 90 up."""
    turned = np.radians(np.asarray(degrees, float))
    return np.stack([np.cos(turned), np.sin(turned)], axis=1)


def room_around(lsh: LSH, x: np.ndarray) -> np.ndarray:
    """Angles in degrees from x (d,) to each hyperplane through the origin, (nbits,): what an edit may turn x by."""
    length = np.linalg.norm(x) * np.linalg.norm(lsh.hyperplanes, axis=1)
    return np.degrees(np.arcsin(np.abs(lsh.hyperplanes @ x / length).clip(0, 1)))


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
            # Part by part: encoding all at once takes more memory than the references.
            for part in np.array_split(references, 10):
                index.add(lsh.encode(part))
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


@dataclass(frozen=True)
class SphereExample:
    """Unit vectors of three dimensions, their codes, and the way of activation for one of them.

    x: (N, 3) unit vectors; codes: (N, 3), the centroid of the cell of each; chosen: the vector farthest from its code;
    path: (T, 3) unit vectors from the chosen one toward its code; hyperplanes: (3, 3) normals.
    """

    x: np.ndarray
    codes: np.ndarray
    chosen: int
    path: np.ndarray
    hyperplanes: np.ndarray


def sphere_example(N: int = 300, cells: int = 6, seed: int = 5) -> SphereExample:
    """A SphereExample with N vectors in `cells` cells; the seed draws all of it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 3)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    found = kmeans(x, cells, rng)
    codes = found.centroids[found.labels]
    chosen = int(np.square(x - codes).sum(1).argmax())
    return SphereExample(x, codes, chosen, toward_code(x[chosen], codes[chosen]), LSH.random(3, 3, rng).hyperplanes)


def toward_code(x: np.ndarray, code: np.ndarray, steps: int = 8, share: float = 0.7) -> np.ndarray:
    """The features (steps + 1, d) on the shortest way along the unit sphere from x (d,) toward code (d,).

    The way ends after a share of the angle: the picture limits how far activation moves its feature.
    """
    aim = code / np.linalg.norm(code)
    angle = np.arccos(np.clip(x @ aim, -1, 1))
    across = aim - (x @ aim) * x
    across = across / max(np.linalg.norm(across), np.finfo(float).tiny)
    turned = np.linspace(0, share * angle, steps + 1)[:, None]
    return np.cos(turned) * x + np.sin(turned) * across

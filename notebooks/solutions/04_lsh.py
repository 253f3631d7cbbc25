"""Solutions of the exercises in 04_lsh.ipynb."""

import numpy as np


def bits(x, hyperplanes):
    return x @ hyperplanes.T >= 0


def hamming(a, b):
    return (a != b).sum(1)


def expected_distance(a, b, nbits):
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return nbits * np.arccos(np.clip(cosine, -1, 1)) / np.pi


def bits_needed(p, q):
    # Solve nbits (q - p) >= 2 sqrt(nbits) (sqrt(p (1 - p)) + sqrt(q (1 - q))) for nbits.
    return np.ceil((2 * (np.sqrt(p * (1 - p)) + np.sqrt(q * (1 - q))) / (q - p)) ** 2)

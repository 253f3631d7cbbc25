"""Checks of the exercises on product quantization (notebook 03)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, call, compare, one_number, verdict
from activeindex_lite.scratch import PQ


def _example(N: int = 40, M: int = 4, nbits: int = 3, width: int = 3, seed: int = 0) -> tuple[PQ, np.ndarray]:
    rng = np.random.default_rng(seed)
    return PQ(rng.normal(size=(M, 2**nbits, width))), rng.normal(size=(N, M * width)).astype(np.float32)


@verdict
def split(answer: Callable) -> str:
    """f(x (N, d), M) -> (N, M, d/M)."""
    for N, M, width in ((5, 4, 3), (1, 2, 6), (3, 1, 4)):
        x = np.arange(N * M * width, dtype=np.float32).reshape(N, -1)
        expected = x.reshape(N, M, width)
        compare(
            call(answer, x, M),
            expected,
            "the parts",
            hints=[
                (expected.transpose(1, 0, 2), "The parts come first here; the vectors must come first."),
                (x.reshape(N, width, M), "These are d/M parts of M numbers; return M parts of d/M numbers."),
            ],
        )
    return "M parts of d/M neighbouring numbers each."


@verdict
def encode(answer: Callable) -> str:
    """f(x (N, d), codebooks (M, K, d/M)) -> codes (N, M)."""
    for N, M in ((40, 4), (1, 2)):
        pq, x = _example(N, M)
        expected = pq.encode(x)
        tables = pq.distance_tables(x)
        compare(
            call(answer, x, pq.codebooks),
            expected,
            "the codes",
            are_ids=True,
            hints=[
                (tables.min(2), "These are the distances; return the number of the nearest codeword: argmin."),
                (tables.argmax(2), "These are the codewords furthest away."),
                (expected.T, "The shape is (M, N) here, expected (N, M)."),
            ],
        )
    return "Each part has the number of its nearest codeword."


@verdict
def decode(answer: Callable) -> str:
    """f(codes (N, M), codebooks (M, K, d/M)) -> (N, d)."""
    for N, M in ((20, 4), (1, 2)):
        pq, x = _example(N, M)
        codes = pq.encode(x)
        expected = pq.decode(codes)
        compare(
            call(answer, codes, pq.codebooks),
            expected,
            "the reconstructions",
            hints=[
                (expected.reshape(N, M, -1), "The parts are right; put them side by side: reshape to (N, d)."),
                (
                    pq.codebooks[0][codes].reshape(N, -1),
                    "All parts were looked up in the first codebook; part m has its own.",
                ),
            ],
        )
    return "The codewords side by side are the reconstruction of the vector."


@verdict
def look_up(answer: Callable) -> str:
    """f(table (M, K), codes (N, M)) -> squared distances (N,)."""
    for N, M in ((40, 4), (3, 1)):
        pq, x = _example(N, M)
        codes, table = pq.encode(x), pq.distance_tables(x[:1])[0]
        expected = pq.look_up(table, codes)
        compare(
            call(answer, table, codes),
            expected,
            "the distances",
            hints=[
                (expected / M, "This is the mean over the parts; the distance is their sum."),
                (np.sqrt(expected), "These are distances; return their squares."),
                (table[0][codes].sum(1), "All parts were looked up in the first row; part m has row m."),
            ],
        )
    return "M look-ups and additions per stored vector, without the vectors themselves."


@verdict
def bytes_of_index(answer: Callable) -> str:
    """f(N, M, nbits, d) -> bytes of N codes and the codebooks."""
    for N, M, nbits, d in ((1_000_000, 8, 8, 512), (50_000, 4, 6, 128)):
        codes, books = N * M * nbits / 8, 2**nbits * d * 4
        given = one_number(call(answer, N, M, nbits, d), "the bytes")
        if not np.isclose(given, codes + books, rtol=1e-6):
            hints = [
                (codes, "These are the codes; the codebooks are missing."),
                (8 * codes + books, "A byte has 8 bits."),
                (codes + books / M, "That is one codebook; there are M of them."),
                (N * M + books, "A code of nbits bits takes nbits / 8 bytes."),
                (codes + M * books, "Each codeword has d/M numbers, not d."),
                (codes + books / 4, "A float32 number has 4 bytes."),
            ]
            hint = next((" " + said for value, said in hints if np.isclose(given, value, rtol=1e-6)), "")
            raise WrongAnswer(
                f"N = {N:,}, M = {M}, nbits = {nbits}, d = {d}: {given:,.0f} instead of {codes + books:,.0f} bytes."
                f"{hint}"
            )
    return "The codebooks are a small constant; a million codes of 8 bytes take 8 MB."


@verdict
def estimate(answer: Callable) -> str:
    """f(query (d,), signs (N, d) of -1 and 1, lengths (N,), cosines (N,)) -> estimated squared distances (N,)."""
    rng = np.random.default_rng(6)
    for N, d in ((40, 16), (1, 8)):
        r, query = rng.normal(size=(N, d)), rng.normal(size=d)
        signs, lengths = np.where(r > 0, 1.0, -1.0), np.linalg.norm(r, axis=1)
        cosines = np.abs(r).sum(1) / lengths / np.sqrt(d)
        inner = signs @ query / np.sqrt(d)
        right = query @ query + lengths**2 - 2 * lengths * inner / cosines
        compare(
            call(answer, query, signs, lengths, cosines),
            right,
            "the distances",
            hints=[
                (query @ query + lengths**2 - 2 * lengths * inner, "Divide b · q by the cosine: b is not o."),
                (
                    query @ query + lengths**2 - 2 * lengths * inner * cosines,
                    "Divide by the cosine; times the cosine gives the distance to another point.",
                ),
                (
                    query @ query + lengths**2 - 2 * lengths * (signs @ query) / cosines,
                    "b = signs / sqrt(d) has length 1.",
                ),
                (query @ query + lengths**2 - lengths * inner / cosines, "The product counts twice: - 2 |r| o · q."),
                (np.sqrt(np.maximum(right, 0)), "Take no root: distances are squared here."),
            ],
        )
    return "The estimate is right on average over all rotations, and needs one product with signs per vector."

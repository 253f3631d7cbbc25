"""Duplicates: pictures that a collection holds more than once, found by the bytes of their files or by their features.

A search cannot tell a reference from its duplicate, and R@1 counts a tie against the original: with every picture
stored twice it would be near 0. So duplicates are counted, reported, and by default one of each is kept.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import numpy as np

# Features nearer than this are those of one picture: batches of another size change the last digits of a feature by
# less, and saving a picture as JPEG again moves it a thousand times as far.
SAME = 1e-5
TAIL = 4096


def first_with_feature(*parts: np.ndarray) -> np.ndarray:
    """For each feature, the position of the first one that is the same, (N,) int64; its own where none is earlier.

    parts: arrays (n, d) float32 of unit vectors, n >= 0, N in all, which may be mapped from disk: positions count
    through them. Two features are the same where their distance is at most 1e-5.
    """
    first = _first_equal(parts)
    for earlier, later in _near_pairs(parts, np.flatnonzero(first == np.arange(len(first)))):
        first[later] = min(first[later], first[earlier])
    return first[first]


def _first_equal(parts: Sequence[np.ndarray]) -> np.ndarray:
    """As `first_with_feature`, for features that are equal to the last bit."""
    seen: dict[bytes, int] = {}
    digests = (hashlib.blake2b(row.tobytes(), digest_size=16).digest() for part in parts for row in part)
    return np.array([seen.setdefault(digest, row) for row, digest in enumerate(digests)], np.int64)


def _near_pairs(parts: Sequence[np.ndarray], rows: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of these rows whose features are the same, in the order of the later one.

    Features that are near each other have near projections on any line. So the rows are sorted along one line, and only
    neighbours on it are compared.
    """
    if len(rows) < 2:
        return []
    lines = np.random.default_rng(0).standard_normal((2, parts[0].shape[1])).astype(np.float32)
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    places = np.concatenate([part @ lines.T for part in parts])[rows]
    order = np.argsort(places[:, 0], kind="stable")
    rows, places = rows[order], places[order]
    pairs, shift = [], 1
    while shift < len(rows):
        near = places[shift:, 0] - places[:-shift, 0] <= SAME
        if not near.any():
            break
        near &= np.abs(places[shift:, 1] - places[:-shift, 1]) <= SAME
        for i in np.flatnonzero(near):
            a, b = sorted((int(rows[i]), int(rows[i + shift])))
            if np.linalg.norm(_row(parts, a) - _row(parts, b)) <= SAME:
                pairs.append((a, b))
        shift += 1
    return sorted(pairs, key=lambda pair: pair[1])


def _row(parts: Sequence[np.ndarray], position: int) -> np.ndarray:
    """The feature at a position that counts through the parts."""
    for part in parts:
        if position < len(part):
            return part[position]
        position -= len(part)
    raise IndexError(position)


def first_with_bytes(paths: Sequence[Path]) -> np.ndarray:
    """For each file, the position of the first one with the same bytes, (N,) int64; its own where none is earlier.

    A file that cannot be read is the same as no other. A file is read as a whole only where another one has its length
    and its last bytes.
    """
    first = np.arange(len(paths), dtype=np.int64)
    groups = [list(range(len(paths)))]
    for mark in (_length, _tail, _digest):
        groups = [part for group in groups for part in _parted(paths, group, mark)]
    for group in groups:
        first[group] = group[0]
    return first


def _parted(paths: Sequence[Path], group: list[int], mark: Callable[[Path], Hashable]) -> list[list[int]]:
    """The positions of a group, parted by what mark says of their files; parts of one position are left out."""
    parts = defaultdict(list)
    for position in group:
        try:
            parts[mark(paths[position])].append(position)
        except OSError:
            continue
    parts.pop(None, None)
    return [part for part in parts.values() if len(part) > 1]


def _length(path: Path) -> int | None:
    """Bytes of a regular file; None for an empty one, which is no picture, and for a pipe, which never ends."""
    return path.stat().st_size or None if path.is_file() else None


def _tail(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read()


def _digest(path: Path) -> bytes:
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.digest()

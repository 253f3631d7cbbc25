"""Lists of pictures with names, decoded or drawn one at a time: files of a folder, or synthetic pictures by seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING, Protocol

import numpy as np

from activeindex_lite.extractor.load import LITE_SIZE
from activeindex_lite.pictures import UnreadablePicture, open_pictures, synthetic_pictures
from activeindex_lite.support.names import quoted
from activeindex_lite.world import load_world
from activeindex_lite.world.world import REFERENCE_SEED, SIZE, TRAIN_SEED

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor.extractor import Extractor

MOST_SYNTHETIC = 1_000_000


class Source(Protocol):
    """A list of pictures: source[i] is the picture at position i, or raises UnreadablePicture.

    names: one text per picture, all different; drawn: whether pictures are synthetic; fingerprint: another text for
    other pictures.
    """

    names: list[str]
    drawn: bool
    fingerprint: str

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> Image.Image: ...

    def part(self, positions: Iterable[int]) -> Source:
        """The pictures at these positions, in this order."""

    def head(self, n: int) -> Source:
        """The first n pictures, or all where there are fewer."""

    def stored(self, extractor: Extractor) -> np.ndarray | None:
        """Features (N, d) float32 that need not be computed, or None."""


class PictureFiles:
    """Files of pictures: source[i] is the picture at position i, or raises UnreadablePicture.

    paths: list of Path; names: as many texts, all different. fingerprint: changes when a file is added, removed,
    renamed or written again (by size and time), so that nothing made from other files is taken for theirs.
    """

    drawn = False

    def __init__(self, paths: Sequence[Path], names: Sequence[str]):
        self._folder, self.names = open_pictures(paths) if len(paths) else [], list(names)
        seen = {}
        for path, name in zip(paths, self.names, strict=True):
            if seen.setdefault(name, path) != path:
                raise ValueError(
                    f"two pictures are called {name}: {seen[name]} and {path}; give one of them another name"
                )

    def __len__(self) -> int:
        return len(self._folder)

    def __getitem__(self, i: int) -> Image.Image:
        try:
            return self._folder[int(i)]
        except UnreadablePicture as error:
            if error.path.parent.is_dir():
                raise
            raise FileNotFoundError(
                f"{error.path.parent}: no such folder on {node()}. Was a disk taken away? On a cluster every worker "
                "must see the pictures under the same path"
            ) from None

    def __reduce__(self):
        # Elsewhere the current folder is another one.
        return PictureFiles, ([path.absolute() for path in self.paths], self.names)

    @property
    def paths(self) -> list[Path]:
        """Where the pictures are."""
        return self._folder.paths if len(self) else []

    def part(self, positions: Iterable[int]) -> PictureFiles:
        """The pictures at these positions, in this order."""
        positions = list(positions)
        return PictureFiles([self.paths[i] for i in positions], [self.names[i] for i in positions])

    def head(self, n: int) -> PictureFiles:
        """The first n pictures, or all where there are fewer."""
        return self.part(range(min(n, len(self))))

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path, name in zip(self.paths, self.names, strict=True):
            try:
                info = os.stat(path)
                state = f"{info.st_size} {info.st_mtime_ns}"
            except OSError:
                state = "missing"
            digest.update(f"{path}\0{name}\0{state}\n".encode(errors="surrogateescape"))
        return f"{len(self)} files {digest.hexdigest()}"

    def stored(self, extractor: Extractor) -> None:
        """Features that need not be computed: none."""


class Drawn:
    """Synthetic pictures of a list of seeds, drawn when asked for."""

    def __init__(self, seeds: Sequence[int]):
        self.seeds = seeds

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, i: int) -> Image.Image:
        return synthetic_pictures([self.seeds[i]], SIZE)[0]


class SyntheticPictures:
    """Synthetic pictures of the seeds first .. first + n - 1, drawn when asked for; `names` are the seeds."""

    drawn = True

    def __init__(self, first: int, n: int):
        self.first, self.n = first, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Image.Image:
        return self.part([i])[0]

    def part(self, positions: Iterable[int]) -> Drawn:
        """The pictures at these positions, in this order."""
        return Drawn([self.first + int(i) for i in positions])

    @property
    def names(self) -> list[str]:
        return [f"seed-{seed}" for seed in range(self.first, self.first + self.n)]

    def head(self, n: int) -> SyntheticPictures:
        """The first n pictures, or all where there are fewer."""
        return SyntheticPictures(self.first, min(n, self.n))

    @property
    def fingerprint(self) -> str:
        return f"synthetic {self.first} {self.n} {SIZE}"

    def stored(self, extractor: Extractor) -> np.ndarray | None:
        """The ready world's features of these pictures, (n, d) float32, where it has them for this extractor."""
        if extractor.name != "lite" or extractor.size != LITE_SIZE:
            return None
        world = load_world()
        features = {TRAIN_SEED: world.train, REFERENCE_SEED: world.references}.get(self.first, np.empty((0, 0)))
        return features[: self.n] if self.n <= len(features) else None


def files_of(folder: str | Path, *, stems: bool = False) -> PictureFiles:
    """PictureFiles of a folder and its subfolders, in natural order, named by relative path, or by the file's stem.

    Names are `quoted`: what a CSV file cannot carry is written as %XX.
    """
    return files_in([Path(folder)], stems=stems)


def files_in(folders: Sequence[Path], *, stems: bool = False) -> PictureFiles:
    """As `files_of`, of several folders, one after the other."""
    paths, names = [], []
    for folder in folders:
        found = open_pictures(folder).paths
        paths += found
        names += [quoted(path.stem if stems else path.relative_to(folder).as_posix()) for path in found]
    return PictureFiles(paths, names)


def source_of(text: str | Path, first_seed: int) -> Source:
    """A source from the text of an option: a folder, or synthetic:N for N synthetic pictures from first_seed on."""
    kind, _, number = str(text).partition(":")
    if kind != "synthetic" or Path(text).exists():
        return files_of(text)
    if not (number.isdecimal() and len(number) <= 9 and 0 < int(number) <= MOST_SYNTHETIC):
        raise ValueError(
            f"{str(text)!r:.60}: write synthetic:N with N from 1 to {MOST_SYNTHETIC}, or the path of a folder of "
            "pictures"
        )
    return SyntheticPictures(first_seed, int(number))

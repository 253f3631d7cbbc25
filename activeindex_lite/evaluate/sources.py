"""Lists of pictures with names, decoded or drawn one at a time: the files of a folder, or synthetic pictures by seed."""

import hashlib
import os
from functools import cached_property
from pathlib import Path
from platform import node

import numpy as np

from activeindex_lite.extractor.load import LITE_SIZE
from activeindex_lite.pictures import UnreadablePicture, open_pictures, synthetic_pictures
from activeindex_lite.world import load_world
from activeindex_lite.world.world import REFERENCE_SEED, SIZE, TRAIN_SEED


class PictureFiles:
    """Files of pictures: source[i] is the picture at position i, or raises UnreadablePicture.

    paths: list of Path; names: as many texts, all different. fingerprint: changes when a file is added, removed, renamed or
    written again (by size and time), so that nothing made from other files is taken for theirs.
    """

    def __init__(self, paths, names):
        self._folder, self.names = open_pictures(paths) if len(paths) else [], list(names)
        seen = {}
        for path, name in zip(paths, self.names, strict=True):
            if seen.setdefault(name, path) != path:
                raise ValueError(
                    f"two pictures are called {name}: {seen[name]} and {path}; give one of them another name"
                )

    def __len__(self):
        return len(self._folder)

    def __getitem__(self, i):
        try:
            return self._folder[int(i)]
        except UnreadablePicture as error:
            if error.path.parent.is_dir():
                raise
            raise FileNotFoundError(
                f"{error.path.parent}: there is no such folder on {node()}. A disk that was taken away? On a cluster every "
                "worker must see the pictures under the same path"
            ) from None

    def __reduce__(self):
        # Elsewhere the current folder is another one.
        return PictureFiles, ([path.absolute() for path in self.paths], self.names)

    @property
    def paths(self):
        """Where the pictures are, list of Path."""
        return self._folder.paths if len(self) else []

    def part(self, positions):
        """The pictures at these positions, in this order."""
        return PictureFiles([self.paths[i] for i in positions], [self.names[i] for i in positions])

    def head(self, n):
        """The first n pictures, or all where there are fewer."""
        return self.part(range(min(n, len(self))))

    @cached_property
    def fingerprint(self):
        digest = hashlib.sha256()
        for path, name in zip(self.paths, self.names, strict=True):
            try:
                info = os.stat(path)
                state = f"{info.st_size} {info.st_mtime_ns}"
            except OSError:
                state = "missing"
            digest.update(f"{path}\0{name}\0{state}\n".encode(errors="surrogateescape"))
        return f"{len(self)} files {digest.hexdigest()}"

    def stored(self, extractor):
        """Features that need not be computed: none."""


class Drawn:
    """Synthetic pictures of a list of seeds, drawn when asked for."""

    def __init__(self, seeds):
        self.seeds = seeds

    def __len__(self):
        return len(self.seeds)

    def __getitem__(self, i):
        return synthetic_pictures([self.seeds[i]], SIZE)[0]


class SyntheticPictures:
    """Synthetic pictures of the seeds first .. first + n - 1; source[i] is drawn when asked for. `names` are the seeds."""

    def __init__(self, first, n):
        self.first, self.n = first, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.part([i])[0]

    def part(self, positions):
        """The pictures at these positions, in this order."""
        return Drawn([self.first + int(i) for i in positions])

    @property
    def names(self):
        return [f"seed-{seed}" for seed in range(self.first, self.first + self.n)]

    def head(self, n):
        """The first n pictures, or all where there are fewer."""
        return SyntheticPictures(self.first, min(n, self.n))

    @property
    def fingerprint(self):
        return f"synthetic {self.first} {self.n} {SIZE}"

    def stored(self, extractor):
        """The ready world's features of these pictures, (n, d) float32, where it has them and the extractor is its own."""
        if extractor.name != "lite" or extractor.size != LITE_SIZE:
            return None
        world = load_world()
        features = {TRAIN_SEED: world.train, REFERENCE_SEED: world.references}.get(self.first, np.empty((0, 0)))
        return features[: self.n] if self.n <= len(features) else None


def files_of(folder, *, stems=False):
    """PictureFiles of a folder and its subfolders, in natural order, named by relative path, or by the file's stem."""
    paths = open_pictures(folder).paths
    return PictureFiles(paths, [path.stem if stems else path.relative_to(folder).as_posix() for path in paths])


def source_of(text, first_seed):
    """A source from the text of an option: a folder, or synthetic:N for N synthetic pictures from first_seed on."""
    kind, _, number = str(text).partition(":")
    if kind == "synthetic" and not Path(text).exists():
        if not number.isdecimal() or not 0 < int(number) <= 1_000_000:
            raise ValueError(
                f"{text!r}: write synthetic:N with N from 1 to 1000000, or the path of a folder of pictures"
            )
        return SyntheticPictures(first_seed, int(number))
    return files_of(text)

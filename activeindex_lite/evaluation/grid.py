"""R@1 and PSNR over a grid of alpha and nprobe, for several indexes: measured once by a command, stored, read by widgets."""

import datetime
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, evaluate_retrieval
from activeindex_lite.files import whole_file
from activeindex_lite.world.world import DATA

FILE = "alpha_nprobe.csv"
# Name in the paper's tables -> faiss factory string: one of each family that activation treats in its own way.
INDEXES = {"IVF-PQ": "IVF1536,PQ4x8", "IVF": "IVF1536,Flat", "PCA+LSH": "PCA64,LSH"}
ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
NPROBES = (1, 2, 4, 8, 16, 32, 64, 128)


def grid_rows(pictures, truth, index, extractor, alpha, nprobes=NPROBES, *, steps=10, seed=0, features=None):
    """One alpha on one index, at every nprobe: a list of dicts alpha, nprobe, psnr, r1, low, high, queries.

    pictures: N PIL pictures that the index stores under the ids truth (N,); alpha 0: released as they are, psnr infinite.
    r1 is the mean over the 14 edits with its 95 % bootstrap interval over pictures. nprobes beyond the index's cells are
    left out; an index without cells gives one row, nprobe 1. features: (N, d) of the originals, where they are at hand.
    """
    from activeindex_lite.activation import activate

    released, psnr = pictures, np.inf
    if alpha:
        run = activate(pictures, index, extractor, alpha=alpha, steps=steps, features=features)
        released, psnr = run.pictures, run.psnr.mean()
    queries = edited_features(released, extractor, seed=seed)
    rows = []
    for nprobe in [n for n in nprobes if n <= (index.nlist or 1)]:
        table = evaluate_retrieval(index, queries, truth, nprobe=nprobe, rng=np.random.default_rng(seed))
        mean = table.set_index("edit").loc[MEAN]
        rows.append(dict(alpha=alpha, nprobe=nprobe, psnr=psnr, r1=mean.r1, low=mean.low, high=mean.high,
                         queries=int(mean.queries)))
    return rows


def build_grid(path, indexes, pictures, truth, extractor, *, alphas=ALPHAS, steps=10, seed=0, progress=True):
    """Measure grid_rows for every index and alpha into a CSV file; goes on where an interrupted call stopped.

    indexes: dict name -> ActiveIndex that stores the pictures under the ids truth. A first line that begins with # says
    what made the file. FileExistsError for a file that is finished; ValueError for one begun with other settings.
    """
    import pandas as pd

    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists: name another file, or delete it first")
    settings = dict(indexes={name: index.factory for name, index in indexes.items()}, alphas=list(alphas), steps=steps,
                    seed=seed, queries=len(pictures), references=next(iter(indexes.values())).ntotal)
    part = path.with_suffix(".part")
    rows = _begun(part, settings)
    done = {(row["index"], row["alpha"]) for row in rows}
    wanted = [(name, alpha) for name in indexes for alpha in alphas if (name, alpha) not in done]
    features = extractor(pictures)
    with open(part, "a", encoding="utf-8") as file:
        for name, alpha in tqdm(wanted, desc="alpha x nprobe", unit="alpha", disable=not progress):
            new = grid_rows(pictures, truth, indexes[name], extractor, alpha, steps=steps, seed=seed, features=features)
            rows += [dict(index=name, **row) for row in new]
            file.write(json.dumps([dict(index=name, **row) for row in new]) + "\n")
            file.flush()
    about = json.dumps({"made": datetime.date.today().isoformat(), **settings})
    with whole_file(path) as temporary:
        temporary.write_text(f"# {about}\n" + pd.DataFrame(rows).to_csv(index=False, float_format="%.5g"), encoding="utf-8")
    part.unlink()


def _begun(part, settings):
    """Rows of an interrupted run with the same settings; begins the file where there is none."""
    if not part.exists():
        part.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        return []
    # A run that was killed may have left half a line at the end, which is cut off and measured again.
    lines = part.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    if whole != lines:
        part.write_text("".join(whole), encoding="utf-8")
    if not whole or json.loads(whole[0]) != settings:
        raise ValueError(f"{part} was begun with other settings: delete it, or go on with the ones in its first line")
    return [row for line in whole[1:] for row in json.loads(line)]


def load_grid(path=DATA / FILE):
    """The stored grid: a DataFrame index, alpha, nprobe, psnr, r1, low, high, queries; .attrs says what made it."""
    import pandas as pd

    with path.open(encoding="utf-8") as file:
        about = json.loads(file.readline().lstrip("# "))
        table = pd.read_csv(file)
    table.attrs.update(about)
    return table

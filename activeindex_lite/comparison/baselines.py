"""What helps copies without changing a picture: more probes, a larger code, the mean feature of views stored."""

import numpy as np
import pandas as pd
import torch

from activeindex_lite.activation.views import random_views
from activeindex_lite.evaluation import hit_table, median_milliseconds, paired_gain
from activeindex_lite.evaluation.cells import mean_scanned
from activeindex_lite.evaluation.originals import stored_anew
from activeindex_lite.index import build_index

MORE_PROBES = (2, 4, 8, 16, 32)
VIEWS = 16


def passive_baselines(bench):
    """What is won without changing a picture: a DataFrame baseline, nprobe, bytes, scanned, ms, r1, gain, low, high.

    More probes; a code of twice the length; the index storing, for the pictures in question, the mean feature of the
    original and random views of it. gain: over one probe of the index as it is. bytes: of code a vector; scanned: mean
    number of vectors compared; ms: median of a search on one thread.
    """
    index, factory, truth = bench.index, bench.index.factory, bench.originals.truth
    first = min(bench.nprobes)
    rows = [
        _row(bench, "as it is", index, first),
        *(_row(bench, "more probes", index, n) for n in MORE_PROBES if n <= index.nlist),
    ]
    if (longer := longer_code(factory)) is not None:
        larger = build_index(longer, bench.originals.train, bench.originals.references, seed=index.seed)
        rows += [_row(bench, f"larger code: {longer}", larger, n) for n in bench.nprobes]
    mean = mean_of_views(bench.originals.pictures, bench.extractor, seed=bench.seed)
    stored = stored_anew(index, bench.originals.references, truth, mean)
    rows += [_row(bench, "mean feature of views stored", stored, n) for n in bench.nprobes]
    return pd.DataFrame(rows)


def _row(bench, name, index, nprobe):
    truth, queries = bench.originals.truth, bench.releases["passive"]
    stacked = np.concatenate(list(queries.values()))
    gain = paired_gain(
        hit_table(bench.index, queries, truth, min(bench.nprobes)),
        hit_table(index, queries, truth, nprobe),
        np.random.default_rng(bench.seed),
    )
    return dict(
        baseline=name,
        nprobe=nprobe,
        bytes=index.bytes_per_vector,
        scanned=mean_scanned(index, stacked)[nprobe - 1],
        ms=median_milliseconds(index, queries, nprobe),
        r1=gain["activated"],
        **{key: gain[key] for key in ("gain", "low", "high")},
    )


def longer_code(factory):
    """The factory string with twice as many sub-spaces in its PQ, or None where there is no PQ: IVF64,PQ4x8 -> IVF64,PQ8x8."""
    before, found, after = factory.rpartition("PQ")
    number = after.split("x")[0]
    return (
        f"{before}PQ{2 * int(number)}{after[len(number) :]}"
        if found and number.isdecimal() and not before.endswith("O")
        else None
    )


def mean_of_views(pictures, extractor, views=VIEWS, seed=0):
    """Unit mean of the features of each picture and so many random views of it (activation.views), (N, d) float32."""
    generator, rows = torch.Generator().manual_seed(seed), []
    for picture in pictures:
        squeezed = torch.from_numpy(extractor.squeeze(picture).copy()).permute(2, 0, 1)[None].float() / 255
        several = torch.cat([squeezed, random_views(squeezed.expand(views, -1, -1, -1), generator)])
        rows.append(extractor(several).mean(0))
    mean = np.stack(rows)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)

"""What a page holds so that it can activate and search without a kernel, as JSON: binaries, network, indexes."""

from __future__ import annotations

import base64
from typing import Any

import faiss
import numpy as np
from faiss.contrib.inspect_tools import get_invlist
from PIL import Image

from activeindex_lite.edits import EDITS
from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD
from activeindex_lite.extractor.load import lite_network
from activeindex_lite.index import ready_index
from activeindex_lite.index.anatomy import anatomy
from activeindex_lite.live.build import FOLDER
from activeindex_lite.live.network import exported, table
from activeindex_lite.pictures.luma import LUMA


def text_of(array: np.ndarray) -> str:
    """The bytes of an array as base64, little-endian."""
    array = np.ascontiguousarray(array)
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()


def binaries() -> dict[str, str]:
    """Both builds of the compute core as base64, by name."""
    return {kind: base64.b64encode((FOLDER / f"{kind}.wasm").read_bytes()).decode() for kind in ("simd", "relaxed")}


def network_data() -> dict[str, Any]:
    """All that startCore in core.js takes of the lite extractor except its weights."""
    layers, _ = exported(lite_network())
    normalised = {"mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}
    return {"layers": table(layers).ravel().tolist(), **normalised, "luma": list(LUMA)}


def half_weights() -> str:
    """The lite extractor's weights in half precision, as base64: 4 MB."""
    return text_of(exported(lite_network())[1].astype(np.float16))


def index_data(factory: str) -> dict[str, Any]:
    """An index of the ready world with its 50,000 references as search.js opens it, arrays as base64.

    factory: one with cells and product quantization, such as IVF1536,PQ4x8 (32-bit floats: half precision would find
    other ids), or one with signs, such as PCA64,LSH. ValueError for others.
    """
    index = ready_index(factory)
    core = anatomy(index.faiss)[1]
    if isinstance(core, faiss.IndexLSH) and core.nbits % 32 == 0:
        targets = index.targets(np.zeros((1, index.d), np.float32))
        codes = faiss.vector_to_array(core.codes).view("<u4")
        told = {"projections": targets.projections, "offsets": targets.offsets, "codes": codes}
        return {"kind": "bits", "factory": factory, **{name: text_of(array) for name, array in told.items()}}
    if not isinstance(core, faiss.IndexIVFPQ) or not core.by_residual or core.pq.nbits != 8:
        raise ValueError(f"{factory}: pages search in IVF with PQ of 8 bits, such as IVF1536,PQ4x8, or in PCA64,LSH")
    lists = [get_invlist(core.invlists, cell) for cell in range(core.nlist)]
    told = {
        "centroids": index.centroids,
        "books": faiss.vector_to_array(core.pq.centroids),
        "sizes": np.array([len(ids) for ids, _ in lists], np.uint16),
        "ids": np.concatenate([ids for ids, _ in lists]).astype(np.uint16),
        "codes": np.concatenate([codes.reshape(-1, core.pq.M) for _, codes in lists]),
    }
    return {"kind": "cells", "factory": factory, **{name: text_of(array) for name, array in told.items()}}


def caption(width: int, height: int) -> Image.Image:
    """The band of a meme above a picture of that size."""
    edited = EDITS["Meme"](Image.new("RGB", (width, height)))
    return edited.crop((0, 0, width, edited.height - height))

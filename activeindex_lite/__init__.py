"""Active image indexing to see, run and teach: pictures, extractor, index, activation, edits, evaluation.

Importing this package is quick: each public name loads its stage (and torch, faiss or pandas with it) when first used.
"""

from importlib import import_module

__version__ = "0.1.0"

_STAGES = {
    "load_world": "world",
    "synthetic_pictures": "pictures",
    "open_pictures": "pictures",
    "load_extractor": "extractor",
    "build_index": "index",
    "activate": "activation",
    "psnr": "activation",
    "ssim": "activation",
    "linf": "activation",
    "EDITS": "edits",
    "random_edit": "edits",
    "evaluate_retrieval": "evaluation",
}

__all__ = list(_STAGES)


def __getattr__(name):
    if name not in _STAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_STAGES[name]}"), name)


def __dir__():
    return [*globals(), *__all__]

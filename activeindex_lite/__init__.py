"""Active image indexing to see, run and teach: pictures, extractor, index, activation, edits, evaluation.

Importing this package is quick: each public name loads its stage (and torch, faiss or pandas with it) when first used.
"""

from activeindex_lite.support.threads import limit_threads

__version__ = "0.1.0"

# Room -> the names that the package itself gives.
NAMES = {
    "pictures": ["synthetic_pictures", "open_pictures"],
    "extractor": ["load_extractor"],
    "world": ["load_world"],
    "index": ["build_index", "ready_index"],
    "activation": ["activate", "psnr", "ssim", "linf"],
    "edits": ["EDITS", "random_edit"],
    "evaluation": ["evaluate_retrieval", "load_queries"],
}
try:
    import lazy_loader
except ModuleNotFoundError:  # a broken installation, in which support.environment still says what is missing
    pass
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=NAMES)

# Here, since it has no effect once torch or faiss is loaded.
limit_threads()

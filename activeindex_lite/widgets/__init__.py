"""Explorers: small anywidgets that also run in a page without a kernel; each loads when first used."""

import lazy_loader

# Lazily: NprobeExplorer does without torch, AlphaExplorer needs it.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alpha": ["AlphaExplorer"],
        "ivf_plane": ["CellsExplorer"],
        "blink": ["BlinkExplorer"],
        "graph_plane": ["GraphExplorer"],
        "lsh_plane": ["HyperplanesExplorer"],
        "pq_plane": ["CodewordsExplorer"],
        "swap": ["CodeSwapExplorer"],
        "threshold": ["ThresholdExplorer"],
        "vectors": ["VectorsExplorer"],
        "neighbours": ["NeighboursExplorer"],
        "nprobe": ["NprobeExplorer"],
        "page": ["write_page"],
        "results": ["ResultsExplorer"],
        "strength": ["StrengthExplorer"],
        "whatif": ["WhatIfExplorer"],
    },
)

"""The paper's own R@1, to compare ours with: Active Image Indexing (ICLR 2023, arXiv 2210.10620), 1M references."""

_EDITS = (
    "Identity",
    "Contrast 0.5",
    "Contrast 2",
    "Brightness 0.5",
    "Brightness 2",
    "Hue 0.2",
    "Blur 2",
    "JPEG 50",
    "Rotation 25",
    "Rotation 90",
    "Crop 0.5",
    "Resize 0.5",
    "Meme",
    "Random",
    "Mean",
)


def _row(*values: float) -> dict[str, float]:
    return dict(zip(_EDITS, values, strict=True))


# (index, nprobe, activated) -> R@1 by edit; only the mean where the paper gives no more.
PUBLISHED = {
    ("No index", 1, False): _row(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.90, 0.99),
    ("IVF-PQ", 1, False): _row(1, 0.73, 0.39, 0.73, 0.28, 0.62, 0.48, 0.72, 0.07, 0.14, 0.14, 0.72, 0.14, 0.13, 0.45),
    ("IVF-PQ", 1, True): _row(1, 1, 0.96, 1, 0.92, 1, 0.96, 0.99, 0.10, 0.50, 0.29, 1, 0.43, 0.32, 0.75),
    ("IVF-PQ", 16, False): _row(1, 1, 0.90, 1, 0.78, 0.99, 0.95, 0.99, 0.35, 0.57, 0.57, 1, 0.56, 0.39, 0.79),
    ("IVF-PQ", 16, True): _row(1, 1, 1, 1, 0.98, 1, 1, 1, 0.43, 0.88, 0.75, 1, 0.84, 0.50, 0.88),
    ("IVF", 1, False): {"Mean": 0.66},
    ("IVF", 1, True): {"Mean": 0.89},
    ("PCA+LSH", 1, False): {"Mean": 0.78},
    ("PCA+LSH", 1, True): {"Mean": 0.86},
    ("OPQ", 1, False): {"Mean": 0.92},
    ("OPQ", 1, True): {"Mean": 0.94},
}

# The talk's slide on cost: a million vectors of 512 dimensions, exact search and IVF4096,PQ8x8 (bytes: of codes alone).
TALK = {
    "brute force": dict(N=1_000_000, d=512, ms=250, bytes=2e9, said=dict(ms="1/4 s", bytes="2 GB")),
    "IVF-PQ": dict(N=1_000_000, d=512, ms=1, bytes=8e6, said=dict(ms="under 1 ms", bytes="8 MB")),
}

"""Where pictures come from: drawn from a seed, or read from a folder."""

from activeindex_lite.pictures.folder import NoPictures, PictureFolder, SkippedPicture, UnreadablePicture, open_pictures
from activeindex_lite.pictures.synthetic import draw, synthetic_pictures

__all__ = [
    "NoPictures",
    "PictureFolder",
    "SkippedPicture",
    "UnreadablePicture",
    "draw",
    "open_pictures",
    "synthetic_pictures",
]

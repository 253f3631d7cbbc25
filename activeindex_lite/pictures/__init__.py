"""Where pictures come from: drawn from a seed, or read from a folder."""

from activeindex_lite.pictures.blank import BlankPictures, blank_note, is_blank, report_blank
from activeindex_lite.pictures.decode import UnreadablePicture
from activeindex_lite.pictures.folder import NoPictures, NotRead, PictureFolder, SkippedPicture, open_pictures
from activeindex_lite.pictures.given import rgb_picture, rgb_pictures
from activeindex_lite.pictures.synthetic import draw, synthetic_pictures

__all__ = [
    "BlankPictures",
    "NoPictures",
    "NotRead",
    "PictureFolder",
    "SkippedPicture",
    "UnreadablePicture",
    "blank_note",
    "draw",
    "is_blank",
    "open_pictures",
    "report_blank",
    "rgb_picture",
    "rgb_pictures",
    "synthetic_pictures",
]

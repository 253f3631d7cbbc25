"""From pictures to features: the lite network, and one wrapper for every other."""

from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD, Extractor
from activeindex_lite.extractor.load import load_extractor
from activeindex_lite.extractor.network import LiteNet

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "Extractor", "LiteNet", "load_extractor"]

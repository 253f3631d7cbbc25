"""An extractor without weights: the histogram of oriented gradients (Dalal and Triggs 2005)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from activeindex_lite.pictures.luma import LUMA

SIZE = 64


class Gradients(nn.Module):
    """How strongly edges run in each direction, in each cell of a grid: (B, 3, H, W) in [0, 1] to (B, cells^2 orientations).

    orientations: directions from 0 to 180 degrees, an upright and a level edge in the middle of theirs; cells: the grid's
    side. The histogram of each cell has unit length, so contrast counts for nothing. The gradient with respect to the
    picture runs through the strength of an edge; its direction falls into a bin as a whole. The steps are those of
    skimage.feature.hog with cells_per_block=(1, 1) and block_norm="L2", whose bins begin where ours have their middle.
    """

    def __init__(self, orientations=8, cells=4):
        super().__init__()
        self.orientations, self.cells = orientations, cells

    def extra_repr(self):
        return f"orientations={self.orientations}, cells={self.cells}"

    def forward(self, x):
        grey = torch.tensordot(x, x.new_tensor(LUMA), ([1], [0]))
        # Central differences, none at the border.
        gy = F.pad(grey[:, 2:] - grey[:, :-2], (0, 0, 1, 1))
        gx = F.pad(grey[:, :, 2:] - grey[:, :, :-2], (1, 1))
        strength = (gx.square() + gy.square() + 1e-16).sqrt()  # a root of nothing has no derivative
        turn = torch.atan2(gy, gx).detach() / math.pi % 1
        bins = (turn * self.orientations).round().long() % self.orientations
        one_hot = F.one_hot(bins, self.orientations).permute(0, 3, 1, 2).to(x.dtype)
        histograms = F.adaptive_avg_pool2d(one_hot * strength[:, None], self.cells)
        lengths = (histograms.square().sum(1, keepdim=True) + 1e-10).sqrt()
        return (histograms / lengths).permute(0, 2, 3, 1).flatten(1)

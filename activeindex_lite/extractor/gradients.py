"""An extractor without weights: the histogram of oriented gradients (Dalal and Triggs 2005)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from activeindex_lite.pictures.luma import LUMA

SIZE = 64


class Gradients(nn.Module):
    """The strength of edges by direction and cell of a grid: (B, 3, H, W) in [0, 1] to (B, cells^2 orientations).

    orientations: number of bins from 0 to 180 degrees; a vertical and a horizontal edge lie in the middle of their
    bins. cells: side of the grid. The histogram of each cell has unit length, so contrast does not matter. The gradient
    with respect to the picture goes through the strength of an edge, not through its direction. The steps are those of
    skimage.feature.hog with cells_per_block=(1, 1) and block_norm="L2", whose bins begin where these have their middle.
    """

    def __init__(self, orientations=8, cells=4):
        super().__init__()
        self.orientations, self.cells = orientations, cells

    def extra_repr(self) -> str:
        return f"orientations={self.orientations}, cells={self.cells}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        grey = torch.tensordot(x, x.new_tensor(LUMA), ([1], [0]))
        # Central differences, none at the border.
        gy = F.pad(grey[:, 2:] - grey[:, :-2], (0, 0, 1, 1))
        gx = F.pad(grey[:, :, 2:] - grey[:, :, :-2], (1, 1))
        strength = (gx.square() + gy.square() + 1e-16).sqrt()  # the root of 0 has no derivative
        turn = torch.atan2(gy, gx).detach() / math.pi % 1
        bins = (turn * self.orientations).round().long() % self.orientations
        one_hot = F.one_hot(bins, self.orientations).permute(0, 3, 1, 2).to(x.dtype)
        histograms = F.adaptive_avg_pool2d(one_hot * strength[:, None], self.cells)
        lengths = (histograms.square().sum(1, keepdim=True) + 1e-10).sqrt()
        return (histograms / lengths).permute(0, 2, 3, 1).flatten(1)

"""Random differentiable views of pictures, so that activation sees its own change turned, cropped and recoloured."""

import math

import torch
import torch.nn.functional as F

from activeindex_lite.activation.jnd import LUMA

# A rotation about the grey axis through this generator turns the hue and stays linear in R, G, B (Rodrigues' formula).
TURN = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)


def shrink(tensor, size):
    """Pictures (B, 3, H, W) at an extractor's input size, (B, 3, size, size), as its forward pass would make them."""
    if tensor.shape[-2:] == (size, size):
        return tensor
    return F.interpolate(tensor, (size, size), mode="bilinear", antialias=True, align_corners=False)


def random_views(tensor, generator):
    """One random view of each picture: (B, 3, S, S) in [0, 1] to the same shape, differentiable.

    Each picture is turned (3 in 10: any angle to 90 degrees, or a multiple of 90; the canvas grows, black outside), cropped
    (2 in 10: to .4-.9 of its area), given a band above or to the side (1 in 10), or recoloured (4 in 10: brightness or
    contrast by 1/2 to 2, or the hue turned by up to a quarter). These are the families of the edits that copies go
    through, drawn at random: no edit of the evaluation is repeated. generator: torch Generator (on the CPU).
    """
    draw = _Draw(len(tensor), generator)
    kind = draw.uniform(0, 1)
    grid = F.affine_grid(_placing(draw, kind).to(tensor), list(tensor.shape), align_corners=False)
    return _recolour(F.grid_sample(tensor, grid, align_corners=False), draw, kind >= 0.6)


class _Draw:
    """Random numbers for a batch, from one torch Generator."""

    def __init__(self, n, generator):
        self.n, self.generator = n, generator

    def uniform(self, low, high):
        return low + (high - low) * torch.rand(self.n, generator=self.generator)


def _placing(draw, kind):
    """(B, 2, 3) affine maps from places in the view to places in the picture, both in [-1, 1]."""
    one, zero = torch.ones(draw.n), torch.zeros(draw.n)
    quarter = torch.floor(draw.uniform(1, 4)) * 90
    angle = torch.where(draw.uniform(0, 1) < 0.3, quarter, draw.uniform(-90, 90))
    angle = torch.where(kind < 0.3, torch.deg2rad(angle), zero)
    crop, band = (kind >= 0.3) & (kind < 0.5), (kind >= 0.5) & (kind < 0.6)
    zoom, room = torch.where(crop, draw.uniform(0.4, 0.9).sqrt(), one), torch.where(band, draw.uniform(1, 1.5), one)
    x, y = torch.where(crop, (1 - zoom) * draw.uniform(-1, 1), zero), torch.where(crop, (1 - zoom) * draw.uniform(-1, 1), zero)
    cos, sin = angle.cos(), angle.sin()
    # The canvas of a turned picture grows until no corner is lost; the room for a band is above the picture.
    scale = zoom * (cos.abs() + sin.abs())
    top = torch.stack([scale * cos, -scale * sin, x], 1)
    return torch.stack([top, torch.stack([scale * room * sin, scale * room * cos, y - (room - 1)], 1)], 1)


def _recolour(views, draw, chosen):
    """Brightness, hue and contrast of the chosen ones (B,) bool, one of the three each; clipped as a saved picture would be."""
    one, which = torch.ones(draw.n), draw.uniform(0, 1)
    factor = torch.exp2(draw.uniform(-1, 1))
    bright = torch.where(chosen & (which < 0.35), factor, one).to(views).view(-1, 1, 1)
    contrast = torch.where(chosen & (which >= 0.35) & (which < 0.65), factor, one).to(views).view(-1, 1, 1)
    turn = torch.where(chosen & (which >= 0.65), draw.uniform(-math.pi / 2, math.pi / 2), torch.zeros(draw.n)).to(views).view(-1, 1, 1)
    matrix = turn.cos() * torch.eye(3).to(views) + turn.sin() * TURN.to(views) + (1 - turn.cos()) / 3
    flat = ((matrix * bright) @ views.flatten(2)).clamp(0, 1)
    grey = (views.new_tensor(LUMA) @ flat.mean(2).T).view(-1, 1, 1)
    return (grey + (flat - grey) * contrast).clamp(0, 1).view_as(views)

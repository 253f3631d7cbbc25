"""Random differentiable views of pictures, so that activation sees its own change rotated, cropped and recoloured."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from activeindex_lite.pictures.luma import LUMA

# A rotation about the grey axis through this generator turns the hue and stays linear in R, G, B (Rodrigues' formula).
TURN = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)


def random_views(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One random view of each picture: (B, 3, S, S) in [0, 1] to the same shape, differentiable.

    Each picture is rotated (3 in 10: by any angle up to 90 degrees, or a multiple of 90; the canvas grows, black
    outside), cropped (2 in 10: to .4-.9 of its area), given a band above (1 in 10), or recoloured (4 in 10: brightness
    or contrast by 1/2 to 2, or the hue by up to a quarter turn). These are the families of the edits of copies, at
    random strengths: no edit of the evaluation is repeated. generator: torch Generator (on the CPU).
    """
    draw = _Draw(len(tensor), generator)
    kind = draw.uniform(0, 1)
    placing, colours = _placing(draw, kind), _colours(draw)
    moved, recoloured = torch.nonzero(kind < 0.6)[:, 0], torch.nonzero(kind >= 0.6)[:, 0]
    views = []
    if len(moved):
        grid = F.affine_grid(placing[moved].to(tensor), [len(moved), *tensor.shape[1:]], align_corners=False)
        views.append(F.grid_sample(tensor[moved], grid, align_corners=False).clamp(0, 1))
    if len(recoloured):
        views.append(_recolour(tensor[recoloured], *(numbers[recoloured].to(tensor) for numbers in colours)))
    return torch.cat(views)[torch.argsort(torch.cat([moved, recoloured]))]


class _Draw:
    """Random numbers for a batch, from one torch Generator."""

    def __init__(self, n, generator):
        self.n, self.generator = n, generator

    def uniform(self, low, high):
        return low + (high - low) * torch.rand(self.n, generator=self.generator, dtype=torch.float32)


def _placing(draw, kind):
    """(B, 2, 3) affine maps from places in the view to places in the picture, both in [-1, 1]."""
    one = torch.ones(draw.n, dtype=torch.float32)
    zero = torch.zeros_like(one)
    quarter = torch.floor(draw.uniform(1, 4)) * 90
    angle = torch.where(draw.uniform(0, 1) < 0.3, quarter, draw.uniform(-90, 90))
    angle = torch.where(kind < 0.3, torch.deg2rad(angle), zero)
    crop, band = (kind >= 0.3) & (kind < 0.5), (kind >= 0.5) & (kind < 0.6)
    zoom, room = torch.where(crop, draw.uniform(0.4, 0.9).sqrt(), one), torch.where(band, draw.uniform(1, 1.5), one)
    x, y = (
        torch.where(crop, (1 - zoom) * draw.uniform(-1, 1), zero),
        torch.where(crop, (1 - zoom) * draw.uniform(-1, 1), zero),
    )
    cos, sin = angle.cos(), angle.sin()
    # The canvas of a rotated picture grows until it holds every corner; the band is above the picture.
    scale = zoom * (cos.abs() + sin.abs())
    top = torch.stack([scale * cos, -scale * sin, x], 1)
    return torch.stack([top, torch.stack([scale * room * sin, scale * room * cos, y - (room - 1)], 1)], 1)


def _colours(draw):
    """Factors of brightness and contrast, and turns of the hue in radians, three (B,): one of them has an effect."""
    one, which = torch.ones(draw.n, dtype=torch.float32), draw.uniform(0, 1)
    factor = torch.exp2(draw.uniform(-1, 1))
    bright, contrast = (
        torch.where(which < 0.35, factor, one),
        torch.where((which >= 0.35) & (which < 0.65), factor, one),
    )
    return bright, contrast, torch.where(which >= 0.65, draw.uniform(-math.pi / 2, math.pi / 2), torch.zeros_like(one))


def _recolour(tensor, bright, contrast, turn):
    """Brightness, hue and contrast of pictures (B, 3, S, S), numbers (B,) each; clipped as a saved picture is."""
    bright, contrast, turn = (number.view(-1, 1, 1) for number in (bright, contrast, turn))
    matrix = turn.cos() * torch.eye(3).to(tensor) + turn.sin() * TURN.to(tensor) + (1 - turn.cos()) / 3
    flat = ((matrix * bright) @ tensor.flatten(2)).clamp(0, 1)
    grey = (tensor.new_tensor(LUMA) @ flat.mean(2).T).view(-1, 1, 1)
    return (grey + (flat - grey) * contrast).clamp(0, 1).view_as(tensor)

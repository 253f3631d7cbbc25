"""Edited views made on the fly for training: geometry, colour, blur, overlays and noise on whole batches of tensors.

These are training's own augmentations, drawn afresh at every step. The edits of the evaluation (PIL pictures, exact)
are in `activeindex_lite.edits`; training mixes both.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torchvision.transforms.functional import gaussian_blur

from activeindex_lite.pictures.luma import LUMA

GREY = torch.tensor(LUMA)


class Draw:
    """Batches of random numbers from one torch Generator."""

    def __init__(self, n: int, generator: torch.Generator):
        self.n, self.generator = n, generator

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> torch.Tensor:
        """Uniform numbers in [low, high), (n, *shape)."""
        return low + (high - low) * torch.rand(self.n, *shape, generator=self.generator)

    def where(self, p: float, value: torch.Tensor, otherwise: torch.Tensor | float) -> torch.Tensor:
        """value with probability p for each of the batch, else otherwise (both (n,))."""
        return torch.where(torch.rand(self.n, generator=self.generator) < p, value, torch.as_tensor(otherwise))

    def some(self, p: float) -> torch.Tensor:
        """The positions in the batch that are chosen, each with probability p, (m,) int64."""
        return torch.nonzero(torch.rand(self.n, generator=self.generator) < p)[:, 0]

    def one(self) -> float:
        """A single uniform number in [0, 1)."""
        return float(torch.rand((), generator=self.generator))


def edited_views(sources: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Edited views of a batch: uint8 pictures (B, H, W, 3) to float32 (B, 3, size, size) in [0, 1]."""
    draw = Draw(len(sources), generator)
    pictures = sources.permute(0, 3, 1, 2).contiguous().float().div_(255)
    views = geometry(pictures, size, draw)
    views = colour(views, draw)
    for p in (0.3, 0.15):
        chosen = draw.some(p)
        views[chosen] = overlay(views[chosen], views[chosen - 1], Draw(len(chosen), generator))
    views = soften(views, draw)
    chosen = draw.some(0.3)
    views[chosen] = grain(views[chosen], Draw(len(chosen), generator))
    return views


def homographies(draw: Draw) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, 3, 3) maps from output to source coordinates, both in [-1, 1], and (B,) by how much each shrinks the
    source.
    """
    n = draw.n
    zoom = draw.where(0.3, draw.uniform(1.0, 1.9), draw.where(0.6, draw.uniform(0.2, 1.0).sqrt(), 1.0))
    free = (1 - zoom).abs()
    shift_x, shift_y = free * draw.uniform(-1, 1), free * draw.uniform(-1, 1)
    quarter = torch.floor(draw.uniform(1, 4)) * 90
    angle = torch.deg2rad(draw.where(0.5, draw.where(0.25, quarter, draw.uniform(-90, 90)), 0.0))
    c, s = angle.cos(), angle.sin()
    # The canvas of a rotated picture grows so that no corner is lost, as rotation by the edits does.
    grow = c.abs() + s.abs()
    flip = draw.where(0.25, -torch.ones(n), 1.0)
    zero, one = torch.zeros(n), torch.ones(n)
    px, py = (draw.where(0.15, draw.uniform(-0.3, 0.3), 0.0) for _ in range(2))

    def matrix(*rows):
        return torch.stack([torch.stack(r, -1) for r in rows], -2)

    crop = matrix(
        (zoom, zero, shift_x), (zero, zoom * draw.where(0.3, draw.uniform(0.7, 1.3), 1.0), shift_y), (zero, zero, one)
    )
    turn = matrix((flip * c * grow, -flip * s * grow, zero), (s * grow, c * grow, zero), (zero, zero, one))
    tilt = matrix((one, zero, zero), (zero, one, zero), (px, py, one))
    return tilt @ crop @ turn, zoom * grow


def geometry(pictures: torch.Tensor, size: int, draw: Draw) -> torch.Tensor:
    """Crop, zoom out, rotate, flip and tilt; what lies outside the picture is black, white or a colour."""
    maps, scale = homographies(draw)
    at = (torch.arange(size) + 0.5) * 2 / size - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3) @ maps.transpose(1, 2)
    grid = (points[..., :2] / points[..., 2:].clamp(min=0.2)).view(-1, size, size, 2)
    kind = draw.uniform()[:, None]
    surround = torch.where(kind < 0.55, torch.zeros(3), torch.where(kind < 0.75, torch.ones(3), draw.uniform(0, 1, 3)))
    surround = surround[:, :, None, None]
    centred = pictures - surround
    views = torch.empty(len(pictures), 3, size, size)
    coarse = scale * pictures.shape[-1] / size > 1.6
    # A view that shrinks its source much is taken from a halved source: bilinear sampling alone would alias.
    for chosen, source in ((~coarse, centred), (coarse, F.avg_pool2d(centred, 2))):
        if chosen.any():
            views[chosen] = F.grid_sample(source[chosen], grid[chosen], align_corners=False)
    return views + surround


def colour(views: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Brightness, contrast, saturation, greyscale and hue as one colour matrix per picture; then clipped."""
    n = draw.n
    bright = draw.where(0.4, torch.exp(draw.uniform(-1.2, 0.8)), 1.0)
    contrast = draw.where(0.4, torch.exp(draw.uniform(-1.0, 0.9)), 1.0)
    saturation = draw.where(0.15, torch.zeros(n), draw.where(0.35, torch.exp(draw.uniform(-1.2, 1.4)), 1.0))
    turn = draw.where(0.35, draw.uniform(-math.pi, math.pi), 0.0)
    eye = torch.eye(3)
    grey = GREY.expand(3, 3)
    # Rotation about the grey axis (Rodrigues' formula): a hue shift that is linear in RGB.
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    c, s = turn.cos().view(-1, 1, 1), turn.sin().view(-1, 1, 1)
    hue = c * eye + s * cross + (1 - c) / 3
    matrix = (saturation.view(-1, 1, 1) * eye + (1 - saturation.view(-1, 1, 1)) * grey) @ hue
    matrix = matrix * bright.view(-1, 1, 1)
    flat = matrix @ views.flatten(2)
    flat.clamp_(0, 1)
    mean = (GREY @ flat.mean(2).T).view(-1, 1, 1)
    flat = mean + (flat - mean) * contrast.view(-1, 1, 1)
    return flat.clamp_(0, 1).view_as(views)


def overlay(views: torch.Tensor, others: torch.Tensor, draw: Draw) -> torch.Tensor:
    """A box, a disc or a band of a colour or of another picture, laid over with an opacity."""
    size = views.shape[-1]
    at = (torch.arange(size) + 0.5) / size
    x, y = at.view(1, 1, -1), at.view(1, -1, 1)
    cx, cy, w, h = (
        draw.uniform(low, high).view(-1, 1, 1) for low, high in ((0, 1), (0, 1), (0.05, 0.45), (0.05, 0.35))
    )
    kind = draw.uniform().view(-1, 1, 1)
    dx, dy = (x - cx) / torch.where(kind < 0.25, torch.full_like(w, 3.0), w), (y - cy) / h
    box, disc = (dx.abs() < 1) & (dy.abs() < 1), dx * dx + dy * dy < 1
    inside = torch.where(kind > 0.7, disc, box) * draw.uniform(0.5, 1).view(-1, 1, 1)
    paint = draw.uniform(0, 1, 3)[:, :, None, None]
    paint = torch.where((draw.uniform() < 0.4).view(-1, 1, 1, 1), others, paint)
    return views + (paint - views) * inside[:, None]


def grain(views: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Uniform noise of up to 5 % of the range, clipped."""
    strength = draw.uniform(0, 0.1).view(-1, 1, 1, 1)
    noise = torch.rand(views.shape, generator=draw.generator) - 0.5
    return noise.mul_(strength).add_(views).clamp_(0, 1)


def soften(views: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Blur an eighth of the batch, pixelate another: one strength for each group, drawn afresh at every call."""
    eighth = max(len(views) // 8, 1)
    sigma = 0.4 + 3.0 * draw.one()
    kernel = 2 * math.ceil(2 * sigma) + 1
    views[:eighth] = gaussian_blur(views[:eighth], [kernel, kernel], [sigma, sigma])
    size = views.shape[-1]
    small = F.interpolate(views[-eighth:], scale_factor=0.2 + 0.4 * draw.one(), mode="area")
    views[-eighth:] = F.interpolate(small, (size, size), mode="nearest")
    return views

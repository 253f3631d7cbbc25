"""LiteNet: the small convolutional copy-detection network whose weights come with the package."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

WIDTHS = (48, 96, 192, 256)
D = 128


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut; stride halves the map (average pooling on the shortcut)."""

    def __init__(self, width_in, width_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width_out)
        self.conv2 = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width_out)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        same = width_in == width_out and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(width_in, width_out, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(self.pool(x)))


class GeM(nn.Module):
    """Generalised-mean pooling (Radenovic et al. 2018), (B, C, H, W) -> (B, C), with p = 3 as SSCD uses it."""

    def __init__(self, p=3.0, smallest=1e-6):
        super().__init__()
        self.p, self.smallest = p, smallest

    def extra_repr(self) -> str:
        return f"p={self.p}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().clamp(min=self.smallest).pow(self.p).mean((2, 3)).pow(1 / self.p)


class LiteNet(nn.Module):
    """A 7x7 stem of stride 4, four residual blocks (widths 48, 96, 192, 256 at strides 1, 2, 2, 1), GeM, linear to d.

    Input: float pictures (B, 3, H, W), normalised with ImageNet's mean and std; trained at 128 x 128.
    Output: float32 (B, 128) vectors of unit L2 norm.
    """

    def __init__(self, widths=WIDTHS, d=D):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 7, 4, 3, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        inputs = (widths[0], *widths[:-1])
        self.blocks = nn.Sequential(*map(ResidualBlock, inputs, widths, (1, 2, 2, 1)))
        self.pool = GeM()
        self.project = nn.Linear(widths[-1], d)
        # Convolutions on a CPU are 1.4 times faster with the channels last.
        self.to(memory_format=torch.channels_last)

    def fuse(self) -> LiteNet:
        """Fold every batch normalisation into the convolution before it: same output, less time."""
        self.stem[0], self.stem[1] = fuse_conv_bn_eval(self.stem[0].eval(), self.stem[1].eval()), nn.Identity()
        for block in self.blocks.eval():
            block.conv1, block.norm1 = fuse_conv_bn_eval(block.conv1, block.norm1), nn.Identity()
            block.conv2, block.norm2 = fuse_conv_bn_eval(block.conv2, block.norm2), nn.Identity()
        return self.to(memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.blocks(self.stem(x)))
        return F.normalize(self.project(x).float())

"""Squeezing pictures to an extractor's input as matrix products: quicker than torch's resize, with a known gradient.

Bilinear resizing with antialiasing is linear: small = A picture B^T, with A and B banded, since an output pixel looks
at its neighbourhood alone. Its gradient is the product with the transposes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

# Outputs per block of a band: wide enough for quick matrix products, narrow enough to leave out most zeros.
BLOCK = 16


class Squeeze:
    """Squeezes pictures of one size (H, W) to (size, size), as `torch.nn.functional.interpolate` does with antialias.

    like: a tensor whose dtype and device are used.
    """

    def __init__(self, height: int, width: int, size: int, like: torch.Tensor) -> None:
        down, across = _weights(height, size, like), _weights(width, size, like)
        self.same = (height, width) == (size, size)
        self._down, self._across = Band(down), Band(across)
        self._up, self._along = Band(down.T), Band(across.T)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, H, W) to (B, 3, size, size)."""
        return pictures if self.same else self._down.columns(self._across.rows(pictures))

    def gradient(self, gradient: torch.Tensor) -> torch.Tensor:
        """The gradient with respect to the pictures, (B, 3, H, W), from that with respect to the squeezed ones."""
        return gradient if self.same else self._along.rows(self._up.columns(gradient))


class Band:
    """A banded matrix (N, M) in blocks of its columns: each block keeps only the rows in which it is not zero."""

    def __init__(self, matrix: torch.Tensor) -> None:
        self.width, self._blocks = matrix.shape[1], []
        for start in range(0, self.width, BLOCK):
            block = matrix[:, start : start + BLOCK]
            used = torch.nonzero(block.any(1))[:, 0]
            low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
            values = block[low:high].contiguous()
            self._blocks.append((slice(low, high), slice(start, start + block.shape[1]), values, values.T.contiguous()))

    def rows(self, x: torch.Tensor) -> torch.Tensor:
        """x (..., N) times the matrix: (..., M)."""
        out = x.new_empty(*x.shape[:-1], self.width)
        flat, result = x.reshape(-1, x.shape[-1]), out.view(-1, self.width)
        for taken, made, values, _ in self._blocks:
            torch.mm(flat[:, taken], values, out=result[:, made])
        return out

    def columns(self, x: torch.Tensor) -> torch.Tensor:
        """The transposed matrix times x (..., N, K): (..., M, K)."""
        out = x.new_empty(*x.shape[:-2], self.width, x.shape[-1])
        flat, result = x.reshape(-1, *x.shape[-2:]), out.view(-1, self.width, x.shape[-1])
        for taken, made, _, transposed in self._blocks:
            result[:, made] = transposed @ flat[:, taken]
        return out


def _weights(length: int, size: int, like: torch.Tensor) -> torch.Tensor:
    """The (length, size) matrix of torch's own resize along one side: what it makes of the identity."""
    identity = torch.eye(length, dtype=torch.float32)[None, None]
    resized = F.interpolate(identity, (length, size), mode="bilinear", antialias=True, align_corners=False)
    return resized[0, 0].to(like)

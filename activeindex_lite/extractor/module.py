"""Running someone's network: a copy of it, its number format, the one tensor of features, and why it fails."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from itertools import chain

import torch
from torch import nn

# Batches that are tried when a network refuses one, to find out whether its batch is fixed.
BATCHES = (1, 2, 4, 8, 16, 32)
VARIABLE = "export it with a batch of variable size"


def private_copy(module: nn.Module, name: str) -> nn.Module:
    """A copy of a module in evaluation mode whose parameters need no gradient; the module itself stays as it is."""
    try:
        with torch.no_grad():
            module = copy.deepcopy(module)
    except (RuntimeError, TypeError, NotImplementedError):
        warnings.warn(
            f"{name} cannot be copied, so it is used itself: in evaluation mode, its weights without gradients",
            stacklevel=3,
        )
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return module.eval()


def number_format(module: nn.Module) -> torch.dtype:
    """The dtype of a module's first floating-point parameter or buffer; float32 if it has none."""
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def in_float32(module: nn.Module, size: int, device: torch.device) -> nn.Module:
    """A half or bfloat16 module in float32, so that small gradients are not rounded to 0.

    Any other module is returned as it is, and so is one whose own code insists on its number format.
    """
    if number_format(module).itemsize >= 4:
        return module
    try:
        converted = copy.deepcopy(module).float()
        with torch.no_grad():
            converted(torch.zeros(1, 3, size, size, device=device, dtype=torch.float32))
    except Exception:  # noqa: BLE001 - code of others can fail in any way
        return module
    return converted


def features_of(output: object, n: int, name: str) -> torch.Tensor:
    """The features (n, d) in what a network returned for n pictures; ValueError if they cannot be found.

    output: a tensor (n, d) or (n, d, 1, 1), or a dict, tuple or list that holds one such tensor.
    """
    if isinstance(output, Mapping | tuple | list):
        output = _only_tensor(output, name)
    if not isinstance(output, torch.Tensor):
        raise ValueError(f"{name} returns a {type(output).__name__}: expected a torch tensor (B, d)")
    while output.ndim > 2 and output.shape[-1] == 1:
        output = output.squeeze(-1)
    if output.ndim != 2 or output.is_complex():
        raise ValueError(
            f"{name} returns an array of shape {tuple(output.shape)} and type {output.dtype} for {n} pictures: "
            f"expected real numbers ({n}, d)"
        )
    if len(output) != n:
        raise ValueError(
            f"{name} returns {len(output)} rows for {n} pictures: expected one row per picture. If it was "
            f"exported for a fixed batch, {VARIABLE}"
        )
    return output


def _only_tensor(output, name):
    """The one tensor in a container that a network returned."""
    items = output.items() if isinstance(output, Mapping) else enumerate(output)
    tensors = {key: value for key, value in items if isinstance(value, torch.Tensor)}
    if len(tensors) == 1:
        return next(iter(tensors.values()))
    found = ", ".join(f"{str(key)[:20]} {tuple(tensor.shape)}" for key, tensor in list(tensors.items())[:4])
    raise ValueError(
        f"{name} returns a {type(output).__name__} with {len(tensors)} tensors ({found or 'none'}): expected one "
        "tensor (B, d); wrap the network in a module that returns the features alone"
    )


def reason_of_failure(module: nn.Module, tensor: torch.Tensor, name: str) -> str:
    """Why a network failed on a batch (B, 3, size, size), in one sentence, found by trying batches of other sizes."""
    n, size = len(tensor), tensor.shape[-1]
    taken = [batch for batch in BATCHES if batch != n and _takes(module, tensor[:1].expand(batch, -1, -1, -1))]
    if taken == [1]:
        return f"{name} takes one picture at a time, not a batch of {n}: {VARIABLE}, or give batch_size=1"
    if taken:
        return f"{name} takes batches of {taken[0]} pictures, not of {n}: {VARIABLE}"
    told = "" if tensor.dtype == torch.float32 else f" in {tensor.dtype}; module.float() brings it to float32"
    return f"{name} cannot take pictures of {size} x {size} pixels{told}: give another size, or another network"


def _takes(module, tensor):
    """Whether a network accepts a batch and returns a row per picture."""
    try:
        with torch.no_grad():
            features_of(module(tensor.contiguous()), len(tensor), "")
    except Exception:  # noqa: BLE001 - code of others can fail in any way
        return False
    return True

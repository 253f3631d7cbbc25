"""Getting an extractor: the lite one of the package, one's own module, a TorchScript file, or a torchvision model."""

import os
import warnings
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError

import torch
from torch import nn

from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD, Extractor
from activeindex_lite.extractor.network import LiteNet

LITE_WEIGHTS = files("activeindex_lite") / "data" / "lite.safetensors"
LITE_SIZE = 128


def load_extractor(which="lite", *, size=None, mean=IMAGENET_MEAN, std=IMAGENET_STD, device="cpu"):
    """An Extractor: called on pictures it returns (N, d) float32 unit vectors; `.forward` is differentiable.

    which: "lite" (128-d, input 128 x 128, in the package); a torch nn.Module that maps normalised (B, 3, size, size) to
    (B, d); the path of a TorchScript file of the same contract, such as SSCD's; or the name of a torchvision model
    (ImageNet weights, downloaded by torchvision on first use), whose classification head is taken off.
    size: side of the input in pixels (lite 128, TorchScript 288 as SSCD, others 224); mean, std: normalisation.
    A TorchScript file is a program: open only files you trust (a warning says so).
    """
    if isinstance(which, nn.Module):
        return Extractor(which, size or 224, mean, std, type(which).__name__, device)
    if which == "lite":
        return Extractor(lite_network(), size or LITE_SIZE, mean, std, "lite", device)
    if Path(which).suffix in (".pt", ".pth", ".ts", ".torchscript") or os.sep in str(which):
        return Extractor(_torchscript(Path(which), device), size or 288, mean, std, Path(which).stem, device)
    return Extractor(_torchvision(str(which)), size or 224, mean, std, str(which), device)


def lite_network(path=LITE_WEIGHTS):
    """LiteNet for use: the weights of a safetensors file (the package's own by default), normalisations folded in."""
    from safetensors.torch import load_file

    network = LiteNet()
    network.load_state_dict(load_file(str(path)))
    return network.fuse()


def _torchscript(path, device):
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the path of a TorchScript file, \"lite\", or the name of a "
                                "torchvision model")
    warnings.warn(f"{path.name} is TorchScript, a program that runs on this machine: open only files you trust",
                  stacklevel=3)
    try:
        return torch.jit.load(str(path), map_location=device)
    except RuntimeError as error:
        raise ValueError(f"{path} is not a TorchScript file: {str(error).splitlines()[0]} (a state dict must be loaded "
                         "into its module first; give the module)") from None


def _torchvision(name):
    from torchvision import models

    if name not in models.list_models(module=models):
        raise ValueError(f"{name!r} is not an extractor: give \"lite\", a torch module, the path of a TorchScript file, or "
                         "one of torchvision.models.list_models(), such as \"resnet50\"")
    try:
        model = models.get_model(name, weights="DEFAULT")
    except (URLError, OSError) as error:
        raise ConnectionError(f"the weights of {name} are not on this machine and could not be downloaded ({error}); go "
                              "online once, or use \"lite\", which needs no download") from error
    for head in ("fc", "classifier", "head", "heads"):
        if hasattr(model, head):
            setattr(model, head, nn.Identity())
            return model
    raise ValueError(f"{name}: no classification head was found to take off; give a module of your own instead")

"""Getting an extractor by name (lite, gradients, SSCD, torchvision's models), from a file, or around one's own module."""

import os
import warnings
import zipfile
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError

import torch
from torch import nn

from activeindex_lite.extractor.download import sha256
from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD, Extractor, checked_device
from activeindex_lite.extractor.gradients import SIZE as GRADIENTS_SIZE
from activeindex_lite.extractor.gradients import Gradients
from activeindex_lite.extractor.network import LiteNet
from activeindex_lite.extractor.published import SSCD, SSCD_AS_PROGRAM, SSCD_SIZE, network_from_file, published_network

LITE_WEIGHTS = files("activeindex_lite") / "data" / "lite.safetensors"
LITE_SIZE = 128
SUFFIXES = (".pt", ".pth", ".ts", ".torchscript")
NAMES = f'"lite", "gradients", {SSCD[0]} (and {len(SSCD) - 1} more of SSCD), a torchvision model such as "resnet50"'


def load_extractor(which="lite", *, size=None, mean=None, std=None, device="cpu"):
    """An Extractor: called on pictures it returns (N, d) float32 unit vectors; `.forward` is differentiable.

    which: one of
        "lite": 128-d, input 128 x 128, in the package;
        "gradients": 128-d, 64 x 64, without weights (histogram of oriented gradients);
        "sscd_disc_mixup" and the other names in `published.SSCD`: 512-d, 288 x 288, downloaded on first use;
        the path of a file: weights as published for SSCD (NAME.torchvision.pt), opened so that no code in them runs, or a
        TorchScript file that maps normalised (B, 3, size, size) to (B, d). TorchScript is a program: open only files you
        trust (a warning says so);
        the name of a torchvision model (224 x 224; ImageNet weights, downloaded by torchvision on first use), whose
        classification head is taken off;
        a torch nn.Module of the same contract (224 x 224 unless size says otherwise).
    size: side of the input in pixels; mean, std: normalisation per channel (default ImageNet's; none for "gradients").
    """
    module, usual, name, digest = _open(which, checked_device(device))
    usual_mean, usual_std = ((0, 0, 0), (1, 1, 1)) if isinstance(module, Gradients) else (IMAGENET_MEAN, IMAGENET_STD)
    return Extractor(
        module,
        usual if size is None else size,
        usual_mean if mean is None else mean,
        usual_std if std is None else std,
        name,
        device,
        digest,
    )


def _open(which, device):
    """(module, usual size of its input, name, digest of the file where the module alone does not tell all)."""
    if isinstance(which, nn.Module):
        return which, 224, type(which).__name__, ""
    name = str(which)
    if name == "lite":
        return lite_network(), LITE_SIZE, name, ""
    if name == "gradients":
        return Gradients(), GRADIENTS_SIZE, name, ""
    if Path(name).suffix in SUFFIXES or os.sep in name or "/" in name:
        return _from_file(Path(name), device)
    if name in SSCD or name == SSCD_AS_PROGRAM:
        return published_network(name), SSCD_SIZE, name, ""
    return _torchvision(name), 224, name, ""


def lite_network(path=LITE_WEIGHTS):
    """LiteNet for use: the weights of a safetensors file (the package's own by default), normalisations folded in."""
    from safetensors.torch import load_file

    network = LiteNet()
    network.load_state_dict(load_file(str(path)))
    return network.fuse()


def _from_file(path, device):
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file. Give {NAMES}, the path of a TorchScript file or of SSCD's weights, "
            "or a torch module"
        )
    name = path.stem.removesuffix(".torchvision")
    if not _is_torchscript(path):
        return network_from_file(path), SSCD_SIZE, name, ""
    warnings.warn(
        f"{path.name} is TorchScript, a program that runs on this machine: open only files you trust", stacklevel=4
    )
    try:
        return torch.jit.load(str(path), map_location=device), SSCD_SIZE, path.stem, sha256(path)
    except RuntimeError as error:
        raise ValueError(
            f"{path} is not a TorchScript file: {str(error).splitlines()[0]}; it may be damaged, then fetch it again"
        ) from None


def _is_torchscript(path):
    """Whether a file is laid out as TorchScript, found out without opening it as such."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):  # what a damaged archive leads to
        return False


def _torchvision(name):
    from torchvision import models

    if name not in models.list_models(module=models):
        raise ValueError(f"{name!r} is not an extractor: give {NAMES}, the path of a file, or a torch module")
    try:
        model = models.get_model(name, weights="DEFAULT")
    except (URLError, OSError) as error:
        raise ConnectionError(
            f"the weights of {name} are not on this machine and could not be downloaded ({error}); go "
            'online once, or use "lite", which needs no download'
        ) from error
    for head in ("fc", "classifier", "head", "heads"):
        if hasattr(model, head):
            setattr(model, head, nn.Identity())
            return model
    raise ValueError(f"{name}: no classification head was found to take off; give a module of your own instead")

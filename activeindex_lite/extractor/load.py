"""Extractors by name (lite, gradients, SSCD, torchvision's models), from a file, or around one's own module."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import torch as safetensors_torch
from torch import nn

from activeindex_lite.extractor.download import NETWORK_ERRORS, cache_folder, sha256, unwritable
from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD, Extractor, checked_device
from activeindex_lite.extractor.gradients import SIZE as GRADIENTS_SIZE
from activeindex_lite.extractor.gradients import Gradients
from activeindex_lite.extractor.network import LiteNet
from activeindex_lite.extractor.published import SSCD, SSCD_AS_PROGRAM, SSCD_SIZE, network_from_file, published_network

LITE_WEIGHTS = files("activeindex_lite") / "data" / "lite.safetensors"
LITE_SIZE = 128
SUFFIXES = (".pt", ".pth", ".ts", ".torchscript")
NAMES = f'"lite", "gradients", {SSCD[0]} (and {len(SSCD) - 1} more of SSCD), a torchvision model such as "resnet50"'


def load_extractor(
    which: str | Path | nn.Module = "lite",
    *,
    size: int | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    device: str | torch.device = "cpu",
) -> Extractor:
    """An Extractor: called on pictures it returns (N, d) float32 unit vectors; `.forward` is differentiable.

    which: one of
        "lite": 128-d, input 128 x 128, in the package; "gradients": 128-d, 64 x 64, without weights (histogram of
        oriented gradients); "sscd_disc_mixup" and the other names in `published.SSCD`: 512-d, 288 x 288, downloaded on
        first use; the path of a file: weights as published for SSCD (NAME.torchvision.pt), opened so that no code in
        them runs, or a TorchScript file that maps normalised (B, 3, size, size) to (B, d). TorchScript is a program:
        open only files you trust (a warning says so); the name of a torchvision model (224 x 224; ImageNet weights,
        downloaded by torchvision on first use), whose classification head is taken off; a torch nn.Module of the same
        contract (224 x 224 unless size says otherwise), of which the extractor makes a copy.
    size: side of the input in pixels; mean, std: normalisation per channel (default ImageNet's; none for "gradients").
    ValueError for an unknown name, an unreadable file or something else than these; FileNotFoundError for a missing
    file; ConnectionError if a download fails, OSError if its folder cannot be written.
    """
    with torch.inference_mode(False):
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
    _check_name(which)
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


def _check_name(which):
    """ValueError unless it can be the name of an extractor or of a file."""
    if isinstance(which, Mapping):
        first = str(next(iter(which), "none"))[:60]
        raise ValueError(
            f"a dict with {len(which):,} entries is no extractor (the first is {first!r}): a state dict needs its "
            "network, so give network.load_state_dict(weights) and then load_extractor(network)"
        )
    if not isinstance(which, str | os.PathLike):
        named = f"the class {which.__name__}" if isinstance(which, type) else f"a {type(which).__name__}"
        raise ValueError(f"{named} is no extractor: give {NAMES}, the path of a file, or a torch module")


def lite_network(path: str | Path = LITE_WEIGHTS) -> LiteNet:
    """LiteNet for use: the weights of a safetensors file (the package's own by default), normalisations folded in."""
    # In float32 whatever torch's default number format is.
    network = LiteNet().float()
    network.load_state_dict(safetensors_torch.load_file(str(path)))
    return network.fuse()


def _from_file(path, device):
    # Unlike path.is_file(), False for a name that no file can have.
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"{str(path)[:200]}: no such file. Give {NAMES}, the path of a TorchScript file or of SSCD's weights, "
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
            f"{path} is laid out as TorchScript but torch cannot read it: it is damaged, or made for another version "
            "of torch; fetch it again"
        ) from error


def _is_torchscript(path):
    """Whether a file is laid out as TorchScript; the program in it is not run."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def _torchvision(name):
    from torchvision import models

    if name not in models.list_models(module=models):
        shown = repr(name) if len(name) <= 60 else f"{name[:60]!r}..."
        raise ValueError(f"{shown} is not an extractor: give {NAMES}, the path of a file, or a torch module")
    try:
        model = models.get_model(name, weights="DEFAULT")
    except NETWORK_ERRORS as error:
        raise ConnectionError(
            f"the weights of {name} are not on this machine and could not be downloaded ({error}): go "
            'online once, or use "lite", which needs no download'
        ) from error
    except OSError as error:
        raise unwritable(cache_folder(), error) from error
    except RuntimeError as error:
        raise ValueError(
            f"the weights of {name} in {cache_folder()} are damaged: delete the file there, and they are fetched again"
        ) from error
    for head in ("fc", "classifier", "head", "heads"):
        if hasattr(model, head):
            setattr(model, head, nn.Identity())
            return model
    raise ValueError(f"{name}: has no classification head to take off: give a module of your own instead")

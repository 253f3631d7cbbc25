"""Published copy-detection networks by name: SSCD (Pizzi et al. 2022), as plain weights for torchvision's ResNet-50."""

from __future__ import annotations

import tarfile
from pathlib import Path

import torch
from torch import nn

from activeindex_lite.extractor.download import fetch, note_sum
from activeindex_lite.extractor.network import GeM

ADDRESS = "https://dl.fbaipublicfiles.com/sscd-copy-detection/"
# The networks whose weights are published for torchvision's ResNet-50, 512-d; the paper uses sscd_disc_mixup.
SSCD = (
    "sscd_disc_mixup",
    "sscd_disc_advanced",
    "sscd_disc_blur",
    "sscd_imagenet_mixup",
    "sscd_imagenet_advanced",
    "sscd_imagenet_blur",
)
# ResNeXt-101 32x4d, which torchvision lacks: published as TorchScript, or for another library.
SSCD_AS_PROGRAM = "sscd_disc_large"
SSCD_SIZE = 288


def published_network(name: str) -> nn.Module:
    """The network of one of SSCD, its weights downloaded on first use (about 98 MB; see download.fetch)."""
    if name == SSCD_AS_PROGRAM:
        raise ValueError(
            f"{name} is published as TorchScript alone, a program, which is not downloaded by name: fetch "
            f"{ADDRESS}{name}.torchscript.pt yourself and give its path, or take one of {', '.join(SSCD)}"
        )
    path = fetch(f"{ADDRESS}{name}.torchvision.pt")
    network = network_from_file(path)
    note_sum(path)  # only now: an unreadable file is no reference for later
    return network


def network_from_file(path: Path) -> nn.Module:
    """The network of a file of weights in SSCD's layout; ValueError for a damaged file, a program or other weights."""
    weights = read_weights(path)
    if not isinstance(weights, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in weights.values()):
        raise ValueError(
            f"{path} holds {type(weights).__name__}, not a state dict (a dict from names to tensors): save "
            "module.state_dict(), or load it into its module and give the module"
        )
    return sscd_network(weights, path)


def read_weights(path: Path) -> object:
    """What torch.save wrote, read by an unpickler that knows tensors and containers alone and runs nothing."""
    refused = (
        f"{path} is not a TorchScript file and not a file of weights: it is damaged (then delete it and fetch it "
        "again), or it holds more than tensors, and such a file is a program, of which nothing was run"
    )
    # torch before 2.6 reads this oldest of formats without the restriction.
    if tarfile.is_tarfile(path):
        raise ValueError(f"{refused} (a tar archive)")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # on a damaged file an unpickler can fail in any way
        raise ValueError(f"{refused} ({type(error).__name__})") from error


def sscd_network(weights: dict[str, torch.Tensor], source: str | Path = "the weights") -> nn.Module:
    """ResNet-50 with GeM (p = 3) before a linear layer to d, from a state dict whose names begin with "backbone.".

    The network maps (B, 3, H, W), normalised with ImageNet's mean and std, to (B, d); the extractor scales that to unit
    norm. weights: they determine d (512 in the published files). ValueError for missing or unexpected tensors and wrong
    shapes.
    """
    from torchvision.models import resnet50

    last = weights.get("backbone.fc.weight")
    network = resnet50(weights=None, num_classes=512 if last is None else len(last))
    network.avgpool = GeM()
    whole = nn.ModuleDict({"backbone": network})
    _check_names(weights, whole.state_dict(), source)
    whole.load_state_dict(weights, strict=False)
    return network.to(memory_format=torch.channels_last)


def _check_names(weights, wanted, source):
    """ValueError unless names and shapes agree (a count of batches, which only training needs, may be missing)."""
    missing = [name for name in wanted if name not in weights and not name.endswith("num_batches_tracked")]
    unexpected = [name for name in weights if name not in wanted]
    shapes = [
        f"{name} {tuple(weights[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in wanted
        if name in weights and weights[name].shape != wanted[name].shape
    ]
    problems = {"missing": missing, "unexpected": unexpected, "of another shape": shapes}
    wrong = "; ".join(f"{len(names)} {what} ({_first(names)})" for what, names in problems.items() if names)
    if wrong:
        raise ValueError(
            f"{source}: these weights are not SSCD's for torchvision's ResNet-50, as in {SSCD[0]}.torchvision.pt: "
            f"{wrong}. Load weights of another network into its module and give the module"
        )


def _first(names, n=3):
    """The first few names, in a length that a message can hold."""
    shown = [name if len(name) <= 60 else f"{name[:57]}..." for name in map(str, names[:n])]
    return ", ".join([*shown, "..."] if len(names) > n else shown)

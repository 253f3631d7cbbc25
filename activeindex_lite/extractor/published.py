"""Published copy-detection networks by name: SSCD (Pizzi et al. 2022), as plain weights for torchvision's ResNet-50."""

import tarfile

import torch
from torch import nn

from activeindex_lite.extractor.download import fetch, note_sum
from activeindex_lite.extractor.network import GeM

ADDRESS = "https://dl.fbaipublicfiles.com/sscd-copy-detection/"
# Those whose weights are published for torchvision's ResNet-50, 512-d; the paper's is sscd_disc_mixup.
SSCD = (
    "sscd_disc_mixup",
    "sscd_disc_advanced",
    "sscd_disc_blur",
    "sscd_imagenet_mixup",
    "sscd_imagenet_advanced",
    "sscd_imagenet_blur",
)
# ResNeXt-101 32x4d, which torchvision does not have: published as TorchScript, or for another library.
SSCD_AS_PROGRAM = "sscd_disc_large"
SSCD_SIZE = 288


def published_network(name):
    """The network of one of SSCD, its weights downloaded on first use (about 98 MB; see download.fetch)."""
    if name == SSCD_AS_PROGRAM:
        raise ValueError(
            f"{name} is published as TorchScript alone, a program, which is not downloaded by name: fetch "
            f"{ADDRESS}{name}.torchscript.pt yourself and give its path, or take one of {', '.join(SSCD)}"
        )
    path = fetch(f"{ADDRESS}{name}.torchvision.pt")
    network = network_from_file(path)
    note_sum(path)  # only now: a file that cannot be read is not what to compare with later
    return network


def network_from_file(path):
    """The network of a file of weights in SSCD's layout; ValueError if it is damaged, holds a program or other weights."""
    weights = read_weights(path)
    if not isinstance(weights, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in weights.values()):
        raise ValueError(
            f"{path} holds {type(weights).__name__}, not a state dict (a dict from names to tensors): save "
            "module.state_dict(), or load it into its module and give the module"
        )
    return sscd_network(weights, path)


def read_weights(path):
    """What torch.save wrote, read by the unpickler that knows tensors and containers alone and runs nothing."""
    refused = (
        f"{path} is not a TorchScript file and not a file of weights: it is damaged (then delete it and fetch it again), "
        "or it holds more than tensors, and such a file is a program, of which nothing was run"
    )
    # torch before 2.6 reads this oldest of formats without the restriction.
    if tarfile.is_tarfile(path):
        raise ValueError(f"{refused} (a tar archive)")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged file makes an unpickler trip over anything
        raise ValueError(f"{refused} ({(str(error) or type(error).__name__).splitlines()[0][:160]})") from error


def sscd_network(weights, source="the weights"):
    """ResNet-50 with GeM (p = 3) before a linear layer to d, from a state dict whose names begin with "backbone.".

    The network maps (B, 3, H, W), normalised with ImageNet's mean and deviation, to (B, d); the extractor brings that to
    unit norm. weights: d is read off (512 in the published files); every tensor must be there, in its shape, and no other.
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
    wrong = "; ".join(
        f"{len(names)} {what} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for what, names in (("missing", missing), ("unexpected", unexpected), ("of another shape", shapes))
        if names
    )
    if wrong:
        raise ValueError(
            f"{source}: these weights are not SSCD's for torchvision's ResNet-50, as in {SSCD[0]}.torchvision.pt: "
            f"{wrong}. Load weights of another network into its module and give the module"
        )

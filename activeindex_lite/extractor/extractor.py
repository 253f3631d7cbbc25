"""The one extractor type: any picture in, unit vectors out, differentiable where activation needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import cached_property
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from tqdm import tqdm

from activeindex_lite.extractor.module import features_of, in_float32, number_format, private_copy, reason_of_failure
from activeindex_lite.pictures.given import rgb_picture
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.parallel import cores, in_threads, one_core

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
LARGEST_SIZE = 4096
# Fewer pictures per core are not shared out: a network is quicker on a few pictures than on one.
SMALLEST_SHARE = 4
# One input of at most this side is quicker on one core: threads wait for each other more than they help.
SMALL = 128


class Extractor:
    """A network together with the input that it needs.

    module: torch Module that maps normalised (B, 3, size, size) to (B, d), as one tensor or as the only tensor in a
    dict, tuple or list. The extractor works on a copy, so the module keeps its mode and its gradients, and later
    changes of it are not seen here; half and bfloat16 weights become float32. size: side of the input in pixels
    (pictures are squeezed to a square, as in the paper); mean, std: normalisation per channel; name: for tables;
    device: where it runs; digest: of the file, if the module does not show all that it does. ValueError for an
    impossible size, normalisation or device.
    """

    def __init__(
        self,
        module: nn.Module,
        size: int,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        name: str = "module",
        device: str | torch.device = "cpu",
        digest: str = "",
    ):
        self.name, self.digest, self.device = name, digest, checked_device(device)
        self.size = whole_number(size, "size", LARGEST_SIZE, "pixels per side")
        self.mean = torch.from_numpy(_per_channel(mean, "mean")).to(self.device)
        self.std = torch.from_numpy(_per_channel(std, "std")).to(self.device)
        if not bool((self.std > 0).all()):
            raise ValueError(f"std={std!r:.100}: expected three numbers above 0, as of ImageNet {IMAGENET_STD}")
        # Tensors made in a caller's inference mode would never give a gradient.
        with torch.inference_mode(False):
            self.module = in_float32(private_copy(module, name).to(self.device), self.size, self.device)

    @property
    def d(self) -> int:
        """Dimension of the features."""
        if not hasattr(self, "_d"):
            black = torch.zeros(1, 3, self.size, self.size, device=self.device, dtype=torch.float32)
            with torch.inference_mode():
                self._d = self.forward(black).shape[1]
        return self._d

    @cached_property
    def reentrant(self) -> bool:
        """Whether several threads may call the network at once: all its layers are those of torch or this package.

        A class of somebody else may keep something of one call for the rest of it, and two calls would mix.
        """
        kinds = {type(layer).__module__.partition(".")[0] for layer in self.module.modules()}
        return kinds <= {"torch", "torchvision", "activeindex_lite"}

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that name the features: another network, weight, size or normalisation gives others.

        The digits are the same in every process, so that features can be kept on disk under them. They are computed on
        first use, from the printed layers, the parameters and buffers, and the digest of the file; code that differs
        without changing any of these stays unseen.
        """
        described = [
            type(self.module).__name__,
            repr(self.module),
            self.digest,
            self.size,
            self.mean.tolist(),
            self.std.tolist(),
        ]
        digest = hashlib.sha256(repr(described).encode())
        for name, tensor in sorted(
            {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}.items()
        ):
            digest.update(repr((name, tuple(tensor.shape), tensor.dtype)).encode())
            # As bytes: numpy has no bfloat16.
            digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()[:16]

    def forward(self, tensor: torch.Tensor) -> torch.Tensor:
        """Features of float pictures, with gradient: (B, 3, H, W) in [0, 1], any H and W, to (B, d) of unit norm.

        ValueError if the network fails on them, or returns something else than (B, d).
        """
        tensor = tensor.to(self.mean.dtype)
        if tensor.shape[-2:] != (self.size, self.size):
            tensor = F.interpolate(tensor, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        # (tensor - mean) / std in one pass over the memory.
        tensor = torch.addcmul(-self.mean / self.std, tensor, 1 / self.std).contiguous(
            memory_format=torch.channels_last
        )
        tensor = tensor.to(number_format(self.module))
        try:
            output = self.module(tensor)
        except Exception as error:  # code of others can fail in any way
            raise ValueError(reason_of_failure(self.module, tensor.detach(), self.name)) from error
        return F.normalize(features_of(output, len(tensor), self.name).float())

    def squeeze(self, picture: Image.Image) -> np.ndarray:
        """A picture at the extractor's input size: PIL RGB picture to uint8 array (size, size, 3)."""
        picture = rgb_picture(picture)
        return np.asarray(picture.resize((self.size, self.size), Image.Resampling.BILINEAR))

    def __call__(self, pictures: Iterable, batch_size: int = 32, progress: bool = False) -> np.ndarray:
        """Features of pictures: (N, d) float32 of unit L2 norm.

        pictures: an iterable of PIL pictures (read as they are needed, so a generator of many is fine), or a
        uint8 array (N, H, W, 3), or a float tensor (N, 3, H, W) in [0, 1]. batch_size: pictures in work at a time,
        shared out among the cores. ValueError for anything else.
        """
        if isinstance(pictures, Image.Image):
            raise ValueError("one picture was given where a list is expected: write extractor([picture])")
        if isinstance(pictures, str) or not hasattr(pictures, "__iter__"):
            raise ValueError(
                f"pictures is a {type(pictures).__name__}: expected a list of PIL pictures, as open_pictures gives"
            )
        whole_number(batch_size, "batch_size")
        total = len(pictures) if hasattr(pictures, "__len__") else None
        workers, size = self._shares(total, batch_size)
        stream, features = iter(pictures), []
        batches = iter(lambda: list(islice(stream, size)), [])
        with tqdm(total=total, desc=f"features ({self.name})", unit="picture", disable=not progress) as bar:
            for batch in in_threads(self._batch, batches, workers):
                features.append(batch)
                bar.update(len(batch))
        if not features:
            return np.zeros((0, self.d), np.float32)
        return np.concatenate(features)

    def _shares(self, total, batch_size):
        """(threads, pictures per call of the network): the cores together have batch_size pictures in work."""
        most = batch_size if total is None else min(batch_size, total // SMALLEST_SHARE)
        if most < 2 or self.device.type != "cpu" or not self.reentrant:
            return 1, batch_size
        workers = min(cores(), most)
        if workers < 2:
            return 1, batch_size
        size = batch_size // workers
        return workers, size if total is None else min(size, -(-total // workers))

    def _batch(self, batch):
        if isinstance(batch[0], torch.Tensor):
            tensor = _checked_tensor(batch).to(self.device, torch.float32)
        else:
            arrays = [self.squeeze(p) for p in batch]
            tensor = torch.from_numpy(np.stack(arrays)).to(self.device).permute(0, 3, 1, 2).float() / 255
        alone = len(batch) == 1 and self.device.type == "cpu" and self.size <= SMALL
        with torch.inference_mode(), one_core() if alone else nullcontext():
            return self.forward(tensor).cpu().numpy()


def checked_device(device: str | torch.device | None) -> torch.device:
    """A torch device of this machine (None: the CPU); ValueError for any other."""
    try:
        return torch.empty(0, device=device).device if device is not None else torch.device("cpu")
    except (RuntimeError, AssertionError, TypeError):
        raise ValueError(f'device={device!r:.100} cannot be used on this machine: "cpu" always can') from None


def _per_channel(numbers, name):
    """One number per channel as an array (1, 3, 1, 1) float32."""
    try:
        found = np.asarray(numbers, np.float32)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (3,) or not np.isfinite(found).all():
        raise ValueError(f"{name}={numbers!r:.100}: expected three finite numbers, for red, green and blue")
    return found.reshape(1, 3, 1, 1)


def _checked_tensor(batch):
    """Float tensors (3, H, W) in [0, 1] as one (B, 3, H, W); ValueError for others."""
    for tensor in batch:
        _check_picture_tensor(tensor)
    if len({tensor.shape for tensor in batch}) > 1:
        raise ValueError("the tensors of a batch differ in size: give tensors of one size, or PIL pictures of any size")
    tensor = torch.stack(batch)
    # Not exactly [0, 1]: resizing overshoots a little.
    if not bool((tensor > -0.5).all() and (tensor < 1.5).all()):
        raise ValueError(
            f"pictures as tensors lie in [0, 1]; these have values from {tensor.min():g} to {tensor.max():g}: divide "
            "8-bit ones by 255"
        )
    return tensor


def _check_picture_tensor(tensor):
    """ValueError unless it is a float tensor (3, H, W)."""
    if not isinstance(tensor, torch.Tensor):
        raise ValueError(
            f"a picture is a {type(tensor).__name__}: expected float tensors (3, H, W), as the first one is"
        )
    if tensor.ndim != 3 or len(tensor) != 3 or not tensor.numel() or not tensor.is_floating_point():
        raise ValueError(
            f"a picture as tensor is float, of shape (3, H, W); got {tensor.dtype} of shape {tuple(tensor.shape)}"
        )

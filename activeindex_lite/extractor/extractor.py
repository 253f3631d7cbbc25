"""The one extractor type: any picture in, unit vectors out, differentiable where activation needs it."""

import hashlib
from functools import cached_property
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tqdm import tqdm

from activeindex_lite.pictures.given import rgb_picture
from activeindex_lite.support.checks import whole_number

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
LARGEST_SIZE = 4096


class Extractor:
    """A network together with the input it wants.

    module: torch Module taking normalised (B, 3, size, size) and returning (B, d); size: side of its input in pixels
    (pictures are squeezed to a square, aspect ratio not kept, as in the paper); mean, std: normalisation per channel;
    name: for tables; device: where it runs; digest: of the file, where the module does not show all that it does.
    ValueError for a size, normalisation or device that cannot be.
    """

    def __init__(self, module, size, mean=IMAGENET_MEAN, std=IMAGENET_STD, name="module", device="cpu", digest=""):
        device = checked_device(device)
        self.module = module.to(device).eval()
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        self.size, self.name, self.device, self.digest = (
            whole_number(size, "size", LARGEST_SIZE, "pixels a side"),
            name,
            device,
            digest,
        )
        self.mean, self.std = (
            torch.from_numpy(_a_channel(numbers, what)).to(device) for numbers, what in ((mean, "mean"), (std, "std"))
        )
        if not bool((self.std > 0).all()):
            raise ValueError(f"std={std!r}: three numbers above 0 are expected, as of ImageNet {IMAGENET_STD}")

    @property
    def d(self):
        """Dimension of the features."""
        if not hasattr(self, "_d"):
            try:
                with torch.inference_mode():
                    found = self.forward(torch.zeros(1, 3, self.size, self.size, device=self.device))
            except (RuntimeError, IndexError) as error:
                raise ValueError(
                    f"{self.name} cannot take pictures of {self.size} x {self.size} pixels ({str(error).splitlines()[0]}): another "
                    "size, or another network"
                ) from error
            if found.ndim != 2:
                raise ValueError(
                    f"{self.name} returns an array of shape {tuple(found.shape)} for one picture: (1, d) is expected"
                )
            self._d = found.shape[1]
        return self._d

    @cached_property
    def fingerprint(self):
        """16 hexadecimal digits that name the features: another network, weight, size or normalisation gives others.

        The same in every process for the same thing, so that features can be kept on disk under it. Taken once, when first
        asked for, from the module's layers as it prints them, its parameters and buffers, and the file's digest; code that
        differs where none of these does goes unseen.
        """
        told = [
            type(self.module).__name__,
            repr(self.module),
            self.digest,
            self.size,
            self.mean.tolist(),
            self.std.tolist(),
        ]
        digest = hashlib.sha256(repr(told).encode())
        for name, tensor in sorted(
            {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}.items()
        ):
            digest.update(repr((name, tuple(tensor.shape), tensor.dtype)).encode())
            # As bytes: numpy has no bfloat16.
            digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()[:16]

    def forward(self, tensor):
        """Features of float pictures, with gradient: (B, 3, H, W) in [0, 1], any H and W, to (B, d) of unit norm."""
        if tensor.shape[-2:] != (self.size, self.size):
            tensor = F.interpolate(tensor, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        # (tensor - mean) / std in one pass over the memory.
        tensor = torch.addcmul(-self.mean / self.std, tensor, 1 / self.std).contiguous(
            memory_format=torch.channels_last
        )
        return F.normalize(self.module(tensor).float())

    def squeeze(self, picture):
        """A picture at the extractor's input size: PIL RGB picture to uint8 array (size, size, 3)."""
        picture = rgb_picture(picture)
        return np.asarray(picture.resize((self.size, self.size), Image.Resampling.BILINEAR))

    def __call__(self, pictures, batch_size=32, progress=False):
        """Features of pictures: (N, d) float32 of unit L2 norm.

        pictures: an iterable of PIL pictures (drawn on as they are needed, so a generator of many is fine), or a
        uint8 array (N, H, W, 3), or a float tensor (N, 3, H, W) in [0, 1]. ValueError for anything else.
        """
        if isinstance(pictures, Image.Image):
            raise ValueError("one picture was given where a list is expected: write extractor([picture])")
        if isinstance(pictures, str) or not hasattr(pictures, "__iter__"):
            raise ValueError(
                f"pictures: a list of PIL pictures is expected, not a {type(pictures).__name__}; open_pictures(folder) opens files"
            )
        whole_number(batch_size, "batch_size")
        total = len(pictures) if hasattr(pictures, "__len__") else None
        stream, features = iter(pictures), []
        with tqdm(total=total, desc=f"features ({self.name})", unit="picture", disable=not progress) as bar:
            while batch := list(islice(stream, batch_size)):
                features.append(self._batch(batch))
                bar.update(len(batch))
        if not features:
            return np.zeros((0, self.d), np.float32)
        return np.concatenate(features)

    def _batch(self, batch):
        if isinstance(batch[0], torch.Tensor):
            tensor = _checked_tensor(batch).to(self.device, torch.float32)
        else:
            arrays = [self.squeeze(p) for p in batch]
            tensor = torch.from_numpy(np.stack(arrays)).to(self.device).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            return self.forward(tensor).cpu().numpy()


def checked_device(device):
    """A torch device that is there; ValueError for one that is not."""
    try:
        return torch.empty(0, device=device).device if device is not None else torch.device("cpu")
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(
            f'device={device!r} cannot be used here ({str(error).splitlines()[0][:120]}); "cpu" always can'
        ) from None


def _a_channel(numbers, name):
    """One number a channel as an array (1, 3, 1, 1) float32."""
    try:
        found = np.asarray(numbers, np.float32)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (3,) or not np.isfinite(found).all():
        raise ValueError(f"{name}={numbers!r}: three finite numbers are expected, for red, green and blue")
    return found.reshape(1, 3, 1, 1)


def _checked_tensor(batch):
    """Float tensors (3, H, W) in [0, 1] as one (B, 3, H, W); ValueError for others."""
    for tensor in batch:
        if (
            not isinstance(tensor, torch.Tensor)
            or tensor.ndim != 3
            or len(tensor) != 3
            or not tensor.numel()
            or not tensor.is_floating_point()
        ):
            seen = (
                f"{tensor.dtype} of shape {tuple(tensor.shape)}"
                if isinstance(tensor, torch.Tensor)
                else type(tensor).__name__
            )
            raise ValueError(f"a picture as tensor is float, of shape (3, H, W); got {seen}")
    if len({tensor.shape for tensor in batch}) > 1:
        raise ValueError(
            "the pictures of a batch differ in size: as tensors they must not; give PIL pictures, which may"
        )
    tensor = torch.stack(batch)
    # Not exactly [0, 1]: resizing overshoots a little.
    if not bool((tensor > -0.5).all() and (tensor < 1.5).all()):
        raise ValueError(
            f"pictures as tensors lie in [0, 1]; these have values from {tensor.min():g} to {tensor.max():g}: divide 8-bit ones by 255"
        )
    return tensor

"""The one extractor type: any picture in, unit vectors out, differentiable where activation needs it."""

import hashlib
from functools import cached_property
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tqdm import tqdm

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Extractor:
    """A network together with the input it wants.

    module: torch Module taking normalised (B, 3, size, size) and returning (B, d); size: side of its input in pixels
    (pictures are squeezed to a square, aspect ratio not kept, as in the paper); mean, std: normalisation per channel;
    name: for tables; device: where it runs; digest: of the file, where the module does not show all that it does.
    """

    def __init__(self, module, size, mean=IMAGENET_MEAN, std=IMAGENET_STD, name="module", device="cpu", digest=""):
        self.module = module.to(device).eval()
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        self.size, self.name, self.device, self.digest = int(size), name, torch.device(device), digest
        self.mean = torch.tensor(mean, dtype=torch.float32, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(std, dtype=torch.float32, device=device).view(1, 3, 1, 1)

    @property
    def d(self):
        """Dimension of the features."""
        if not hasattr(self, "_d"):
            with torch.inference_mode():
                self._d = self.forward(torch.zeros(1, 3, self.size, self.size, device=self.device)).shape[1]
        return self._d

    @cached_property
    def fingerprint(self):
        """16 hexadecimal digits that name the features: another network, weight, size or normalisation gives others.

        The same in every process for the same thing, so that features can be kept on disk under it. Taken once, when first
        asked for, from the module's layers as it prints them, its parameters and buffers, and the file's digest; code that
        differs where none of these does goes unseen.
        """
        told = [type(self.module).__name__, repr(self.module), self.digest, self.size, self.mean.tolist(), self.std.tolist()]
        digest = hashlib.sha256(repr(told).encode())
        for name, tensor in sorted({**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}.items()):
            digest.update(repr((name, tuple(tensor.shape), tensor.dtype)).encode())
            # As bytes: numpy has no bfloat16.
            digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()[:16]

    def forward(self, tensor):
        """Features of float pictures, with gradient: (B, 3, H, W) in [0, 1], any H and W, to (B, d) of unit norm."""
        if tensor.shape[-2:] != (self.size, self.size):
            tensor = F.interpolate(tensor, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        # (tensor - mean) / std in one pass over the memory.
        tensor = torch.addcmul(-self.mean / self.std, tensor, 1 / self.std).contiguous(memory_format=torch.channels_last)
        return F.normalize(self.module(tensor).float())

    def squeeze(self, picture):
        """A picture at the extractor's input size: PIL RGB picture to uint8 array (size, size, 3)."""
        if picture.mode != "RGB":
            picture = picture.convert("RGB")
        return np.asarray(picture.resize((self.size, self.size), Image.Resampling.BILINEAR))

    def __call__(self, pictures, batch_size=32, progress=False):
        """Features of pictures: (N, d) float32 of unit L2 norm.

        pictures: an iterable of PIL pictures (drawn on as they are needed, so a generator of many is fine), or a
        uint8 array (N, H, W, 3), or a float tensor (N, 3, H, W) in [0, 1].
        """
        if isinstance(pictures, Image.Image):
            raise ValueError("one picture was given where a list is expected: write extractor([picture])")
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
            tensor = torch.stack(batch).to(self.device, torch.float32)
        else:
            arrays = [self.squeeze(Image.fromarray(p) if isinstance(p, np.ndarray) else p) for p in batch]
            tensor = torch.from_numpy(np.stack(arrays)).to(self.device).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            return self.forward(tensor).cpu().numpy()

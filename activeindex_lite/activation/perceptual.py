"""The perceptual model: how far each pixel may move before an eye notices (just-noticeable difference, JND)."""

import torch
import torch.nn.functional as F

from activeindex_lite.pictures.luma import LUMA

SURROUND = torch.tensor([[1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 2, 0, 2, 1], [1, 2, 2, 2, 1], [1, 1, 1, 1, 1]]) / 32
SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def luminance(tensor: torch.Tensor) -> torch.Tensor:
    """Luma Y = 255 (0.299 R + 0.587 G + 0.114 B) of pictures (B, 3, H, W) in [0, 1]: (B, 1, H, W) in grey levels."""
    return 255 * (tensor * tensor.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _filter(y, kernel):
    # Reflection, not zeros: zeros would darken the surround at the border and allow more change there.
    reach = kernel.shape[-1] // 2
    mode = "reflect" if min(y.shape[-2:]) > reach else "replicate"
    return F.conv2d(F.pad(y, (reach,) * 4, mode=mode), kernel.to(y)[None, None])


def luminance_masking(background: torch.Tensor) -> torch.Tensor:
    """LA in grey levels for a background luminance in [0, 255]: dark and bright hide more (X. Wu et al. 2017)."""
    dark = 17 * (1 - (background.clamp(min=0) / 127 + 1e-3).sqrt()) + 3
    return torch.where(background <= 127, dark, 3 / 128 * (background - 127) + 3)


def contrast_masking(gradient: torch.Tensor) -> torch.Tensor:
    """CM in grey levels for a Sobel gradient magnitude in [0, 1442]: busy places hide more (X. Wu et al. 2017)."""
    return 0.117 * 16 * gradient.pow(2.4) / (gradient.square() + 26**2)


def jnd_parts(tensor: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Luminance masking and contrast masking of pictures (B, 3, H, W) in [0, 1]: two (B, 1, H, W), grey levels."""
    y = luminance(tensor)
    gradient = (_filter(y, SOBEL).square() + _filter(y, SOBEL.T).square()).sqrt()
    return luminance_masking(_filter(y, SURROUND)), contrast_masking(gradient)


def jnd(tensor: torch.Tensor) -> torch.Tensor:
    """Heat map H of the just-noticeable difference, (B, 1, H, W) in [5/255, about 0.2].

    tensor: pictures (B, 3, H, W) float in [0, 1]. H = max(LA + CM - 0.3 min(LA, CM), 5) / 255, as Active Image Indexing
    (arXiv 2210.10620, appendix) takes it from X. Wu et al., "Enhanced just noticeable difference model" (2017).
    """
    la, cm = jnd_parts(tensor)
    return (la + cm - 0.3 * torch.minimum(la, cm)).clamp(min=5) / 255

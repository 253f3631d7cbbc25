"""Activation: the published method, its perceptual bound, and the quality of what it returns."""

from activeindex_lite.activation.activation import Activation, activate, check_settings
from activeindex_lite.activation.perceptual import jnd, jnd_parts
from activeindex_lite.activation.quality import linf, psnr, ssim

__all__ = ["Activation", "activate", "check_settings", "jnd", "jnd_parts", "linf", "psnr", "ssim"]

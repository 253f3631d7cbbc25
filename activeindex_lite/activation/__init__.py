"""Activation: the published method, its perceptual bound, and the quality of what it returns."""

import lazy_loader

# Each name loads torch when it is first used: the command line reads `defaults` without it.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activation": ["Activation", "activate", "check_settings"],
        "perceptual": ["jnd", "jnd_parts"],
        "quality": ["linf", "psnr", "ssim"],
        "stepwise": ["Step", "activate_steps"],
    },
)

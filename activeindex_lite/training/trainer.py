"""Training of the lite extractor: each step pulls edited copies towards their originals; it resumes from a
checkpoint.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD
from activeindex_lite.extractor.network import LiteNet
from activeindex_lite.support.files import whole_file
from activeindex_lite.training.views import edited_views

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

TEMPERATURE = 0.05
SMALL, FULL = 96, 128
MEAN = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
STD = torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)


def copy_loss(clean: torch.Tensor, copies: Sequence[torch.Tensor]) -> torch.Tensor:
    """InfoNCE of edited copies against clean originals, temperature 0.05 (SSCD, Pizzi et al. 2022).

    clean: (B, d); copies: V times (B, d), edited copies of the same pictures. A picture's own row is the right answer
    in both directions. Negatives from earlier steps would do harm: all features drift away from the stale ones
    together.
    """
    right = torch.arange(len(clean), device=clean.device)
    loss = 0.0
    for edited in copies:
        loss = loss + F.cross_entropy(edited @ clean.T / TEMPERATURE, right)
        loss = loss + 0.5 * F.cross_entropy(clean @ edited.T / TEMPERATURE, right)
    return loss / len(copies)


def spread_loss(features: torch.Tensor) -> torch.Tensor:
    """KoLeo entropy term (Sablayrolles et al. 2019): mean of -log distance to the nearest other feature; (B, d)."""
    nearest = (features @ features.T - 2 * torch.eye(len(features), device=features.device)).max(1).values
    return -torch.log((2 - 2 * nearest).clamp(min=1e-6).sqrt()).mean()


def rate_at(step: int, steps: int, peak: float, decay: float) -> float:
    """Learning rate: 500 steps of warm-up, then flat, then linearly down to 0 over the last `decay` share."""
    return peak * min(1.0, (step + 1) / 500, max(0.0, (steps - step) / (decay * steps)))


def _floats(pictures: np.ndarray) -> torch.Tensor:
    """uint8 (B, H, W, 3) to float32 (B, 3, H, W) in [0, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float().div_(255)


class Trainer:
    """One training run: network, its moving average, optimiser and random stream, saved and restored together."""

    def __init__(
        self,
        originals: Sequence[np.ndarray],
        copies: np.ndarray,
        steps: int,
        *,
        batch: int = 96,
        peak: float = 2e-3,
        decay: float = 0.4,
        small_share: float = 4 / 7,
        spread: float = 0.7,
        seed: int = 0,
        device: str = "cpu",
    ):
        (self.sources, self.clean), self.copies = originals, copies
        if len(self.clean) < batch:
            raise ValueError(
                f"{len(self.clean)} training pictures: a batch needs at least {batch}, give more (--pictures)"
            )
        self.steps, self.batch, self.peak, self.decay, self.spread = steps, batch, peak, decay, spread
        self.small_share, self.device, self.step = small_share, device, 0
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = LiteNet().to(device)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=peak, weight_decay=0.02, fused=True)
        self.order = torch.zeros(0, dtype=torch.long)

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs to continue, as torch.save takes it."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "step": self.step,
            "optimiser": self.optimiser.state_dict(),
            "order": self.order,
            "generator": self.generator.get_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`."""
        for name in ("network", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.order = state["step"], state["order"]
        self.generator.set_state(state["generator"])

    def next_pictures(self) -> np.ndarray:
        """Indices of the next batch, (B,): every picture comes once before any comes again."""
        if len(self.order) < self.batch:
            self.order = torch.randperm(len(self.clean), generator=self.generator)
        chosen, self.order = self.order[: self.batch].sort().values, self.order[self.batch :]
        return chosen.numpy()

    @property
    def small(self) -> bool:
        """Whether this step belongs to the first part: small views, all made on the fly."""
        return self.step < self.small_share * self.steps

    def next_views(self) -> torch.Tensor:
        """(3 B, 3, size, size) in [0, 1]: B clean originals, then two edited copies of each, one after the other.

        First part: 96 pixels, both copies made on the fly. Second part: 128 pixels, exactly edited copies, at every
        other step one of them made on the fly.
        """
        chosen = self.next_pictures()
        sources, clean = torch.from_numpy(self.sources[chosen]), _floats(self.clean[chosen])
        if self.small:
            clean = F.interpolate(clean, (SMALL, SMALL), mode="bilinear", antialias=True)
            return torch.cat([clean, *(edited_views(sources, SMALL, self.generator) for _ in range(2))])
        which = torch.randint(self.copies.shape[1], (self.batch,), generator=self.generator).numpy()
        exact = _floats(self.copies[chosen, which])
        if self.step % 2:
            return torch.cat([clean, exact, edited_views(sources, FULL, self.generator)])
        return torch.cat([clean, exact, _floats(self.copies[chosen, (which + 1) % self.copies.shape[1]])])

    def advance(self) -> torch.Tensor:
        """One step; returns its loss, a scalar."""
        views = self.next_views().sub_(MEAN).div_(STD)
        views = views.to(self.device).contiguous(memory_format=torch.channels_last)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.step, self.steps, self.peak, self.decay)
        with torch.autocast(self.device, torch.bfloat16, enabled=bfloat16_is_quick(self.device)):
            features = self.network(views)
        clean, *copies = features.float().split(self.batch)
        loss = copy_loss(clean, copies) + self.spread * spread_loss(clean)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return loss.detach()


def bfloat16_is_quick(device: str) -> bool:
    """Whether a device has instructions for bfloat16; emulating it takes ten times as long as float32."""
    if device == "cpu":
        return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.cuda.is_bf16_supported(including_emulation=False)


def train(trainer: Trainer, checkpoint: str | Path, *, every: int = 500, progress: bool = True) -> torch.nn.Module:
    """Run a Trainer to its last step, saving to checkpoint every so many steps; resumes from the checkpoint if it
    exists.

    Returns the averaged LiteNet. An interruption (Ctrl-C or a kill) loses at most `every` steps.
    """
    checkpoint = Path(checkpoint)
    if checkpoint.exists():
        trainer.restore(torch.load(checkpoint, weights_only=True, map_location=trainer.device))
    trainer.network.train()
    mean, begun = 0.0, time.time()
    with tqdm(total=trainer.steps, initial=trainer.step, desc="training", unit="step", disable=not progress) as bar:
        while trainer.step < trainer.steps:
            mean += (float(trainer.advance()) - mean) * (0.02 if trainer.step > 50 else 0.2)
            bar.update()
            if trainer.step % 50 == 0:
                bar.set_postfix(loss=f"{mean:.3f}")
            if trainer.step % every == 0 or trainer.step == trainer.steps:
                with whole_file(checkpoint) as temporary:
                    torch.save(trainer.state(), temporary)
    trainer.seconds = time.time() - begun
    return trainer.average.module

"""Where the time of activation goes, as ratios to one bare pass of the network, and against the published loop.

    python -m benchmarks.activation [--pictures 32] [--load]

One table, measured in one run: a pass is forward + input gradient of LiteNet on as many pictures, on as many cores.
Times differ from machine to machine, ratios hardly. --load: beside as many busy processes as there are cores. Run it on
a quiet machine from the repository's root.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from PIL import Image

from activeindex_lite import activate, load_extractor, load_world, ready_index
from activeindex_lite.activation import quality
from activeindex_lite.activation.activation import _batches
from activeindex_lite.activation.batch import descent_of, start
from activeindex_lite.activation.descent import Settings, _adam_step
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.activation.objective import amplitude
from activeindex_lite.extractor.extractor import IMAGENET_MEAN, IMAGENET_STD
from activeindex_lite.support.parallel import cores, in_threads

FACTORY = "IVF1536,PQ4x8"
STEPS, ALPHA = 10, 3.0


def published_loop(pictures: list[Image.Image], index, extractor, batch_size: int = 8) -> list[Image.Image]:
    """The published algorithm (arXiv 2210.10620, section 4) as its paper describes it, written plainly.

    Batch by batch: tensors, the perceptual map once, torch's Adam with lr 1 on delta, the picture at its own
    resolution, resize, normalise, network, squared distance to the code, backward; at the end clip and round.
    """
    released = []
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    for begin in range(0, len(pictures), batch_size):
        arrays = np.stack([np.asarray(picture) for picture in pictures[begin : begin + batch_size]])
        originals = torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255
        targets = torch.from_numpy(index.targets(extractor(pictures[begin : begin + batch_size])).points)
        largest = amplitude(originals, ALPHA)
        delta = (1e-6 * torch.randn(originals.shape, generator=torch.Generator().manual_seed(begin))).requires_grad_()
        optimizer = torch.optim.Adam([delta], lr=1)
        for _ in range(STEPS):
            optimizer.zero_grad()
            images = originals + largest * torch.tanh(delta)
            small = F.interpolate(images, (extractor.size,) * 2, mode="bilinear", antialias=True, align_corners=False)
            features = F.normalize(extractor.module((small - mean) / std))
            loss = (features - targets).square().sum() + (images - originals).square().mean((1, 2, 3)).sum()
            loss.backward()
            optimizer.step()
        final = (originals + largest * torch.tanh(delta.detach())).clamp(0, 1).mul(255).round().to(torch.uint8)
        released += [Image.fromarray(array) for array in final.permute(0, 2, 3, 1).numpy()]
    return released


def seconds(work, rounds: int) -> list[float]:
    """Seconds of each of so many calls, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times


class Parts:
    """The parts of a step, each as a function of one batch, run on all cores as `activate` runs batches."""

    def __init__(self, pictures, index, extractor, batch_size, method="published"):
        self.extractor, self.pictures, self.index = extractor, pictures, index
        self.features = extractor(pictures)
        method = METHODS[method]
        self.settings = Settings(method, ALPHA, STEPS, method.lr, 1.0, "jnd", method.weights)
        self.workers = min(cores(), len(pictures))
        self.rows = list(_batches(pictures, batch_size, self.workers))
        self.batches = [self._batch(rows) for rows in self.rows]

    def _batch(self, rows):
        originals = [self.pictures[i] for i in rows]
        begun = start(originals, torch.Generator().manual_seed(0), self.settings)
        descent = descent_of(originals, self.index, self.features[rows], self.extractor, *begun, self.settings)
        tanh = descent._tanh()
        changed = torch.addcmul(descent.pictures, descent.bound, tanh)
        small = descent._squeeze(changed)
        normalised = torch.randn(small.shape).contiguous(memory_format=torch.channels_last).requires_grad_()
        return dict(originals=originals, descent=descent, tanh=tanh, changed=changed, small=small, x=normalised)

    def on_all_cores(self, part):
        """A function without arguments that does a part for every batch."""
        return lambda: list(in_threads(part, self.batches, min(self.workers, len(self.batches))))

    def network(self, batch):
        """The bare pass: forward and gradient with respect to the input of the network alone."""
        output = self.extractor.module(batch["x"])
        return torch.autograd.grad((output * output.detach().flip(0)).sum(), batch["x"])

    def step(self, batch):
        return batch["descent"].step()

    def change(self, batch):
        return torch.addcmul(batch["descent"].pictures, batch["descent"].bound, batch["descent"]._tanh())

    def squeeze(self, batch):
        return batch["descent"]._squeeze(batch["changed"])

    def squeeze_back(self, batch):
        return batch["descent"]._squeeze.gradient(batch["small"])

    def chain(self, batch):
        descent, tanh = batch["descent"], batch["tanh"]
        gradient = torch.addcmul(batch["changed"], descent.bound, tanh, value=1e-5)
        return torch.ops.aten.tanh_backward(gradient, tanh).mul_(descent.bound)

    def adam(self, batch):
        descent = batch["descent"]
        zeros = torch.zeros_like(descent.delta)
        return _adam_step(descent.delta.clone(), zeros, (zeros.clone(), zeros.clone()), torch.zeros(()), 1.0)

    def bound(self, batch):
        return amplitude(batch["descent"].pictures, ALPHA)

    def targets(self, batch):
        return self.settings.method.targets(self.index, self.extractor(batch["originals"]))

    def measures(self, batch):
        for picture in batch["originals"]:
            quality.psnr(picture, picture), quality.ssim(picture, picture), quality.linf(picture, picture)

    def saved_feature(self, batch):
        return self.extractor(batch["originals"])


PARTS = {
    "one step": "step",
    "  network forward and gradient, with the loss": None,
    "  picture from delta": "change",
    "  squeeze": "squeeze",
    "  gradient of squeeze": "squeeze_back",
    "  gradient through tanh and bound": "chain",
    "  Adam": "adam",
    "once: perceptual bound": "bound",
    "once: feature and target": "targets",
    "once: SSIM, PSNR, L-infinity": "measures",
    "once: feature of the saved picture": "saved_feature",
}


def parts_table(pictures, index, extractor, batch_size: int, rounds: int) -> pd.DataFrame:
    """One row per part: ms per picture, and the ratio to the bare pass of the same rounds (median of paired ratios)."""
    parts = Parts(pictures, index, extractor, batch_size)
    works = {"bare pass": parts.on_all_cores(parts.network)}
    works |= {name: parts.on_all_cores(getattr(parts, method)) for name, method in PARTS.items() if method}
    for work in works.values():
        work()
    times = {name: [] for name in works}
    for _ in range(rounds):  # side by side, so that a slower moment is everybody's
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begun)
    rows = {name: 1000 * np.median(t) / len(pictures) for name, t in times.items()}
    ratios = {name: np.median(np.divide(t, times["bare pass"])) for name, t in times.items()}
    inner = [name for name in rows if name.startswith("  ")]
    network = "  network forward and gradient, with the loss"
    rows[network] = rows["one step"] - sum(rows[name] for name in inner)
    ratios[network] = ratios["one step"] - sum(ratios[name] for name in inner)
    order = ["bare pass", *PARTS]
    return pd.DataFrame({"ms per picture": rows, "passes": ratios}).loc[order].round(3)


def whole_table(pictures, index, extractor, rounds: int) -> pd.DataFrame:
    """Whole activations: ms per picture, and the ratio to the published loop of the same round."""
    passes = Parts(pictures, index, extractor, 8)
    bare = passes.on_all_cores(passes.network)
    works = {
        "published loop, written plainly": lambda: published_loop(pictures, index, extractor),
        "ten bare passes": lambda: [bare() for _ in range(STEPS)],
        "activate, published, 10 steps": lambda: activate(pictures, index, extractor),
    }
    for method, steps in (("quick", 2), ("quick", 3), ("margin", 2), ("margin", 3), ("margin", 5), ("margin", 10)):
        works[f"activate, {method}, {steps} steps"] = lambda method=method, steps=steps: activate(
            pictures, index, extractor, method=method, steps=steps
        )
    times = {name: [] for name in works}
    for round_ in range(rounds + 1):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            if round_:
                times[name].append(time.perf_counter() - begun)
    loop = times["published loop, written plainly"]
    return pd.DataFrame(
        {
            "ms per picture": {name: 1000 * np.median(t) / len(pictures) for name, t in times.items()},
            "of the loop": {name: np.median(np.divide(t, loop)) for name, t in times.items()},
        }
    ).round(3)


def _busy():
    while True:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--load", action="store_true", help="beside as many busy processes as there are cores")
    options = parser.parse_args()
    busy = [multiprocessing.get_context("spawn").Process(target=_busy, daemon=True) for _ in range(cores())]
    for process in busy if options.load else ():
        process.start()
    extractor, index, world = load_extractor("lite"), ready_index(FACTORY), load_world()
    pictures = world.pictures(range(options.pictures))
    print(f"{cores()} cores, torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}; {len(pictures)} ")
    print("pictures of", pictures[0].size, "\n")
    for name, chosen, batch in (("batches of 8", pictures, 8), ("one picture", pictures[:1], 1)):
        print(name, parts_table(chosen, index, extractor, batch, options.rounds).to_string(), "", sep="\n")
    print(whole_table(pictures, index, extractor, max(3, options.rounds // 2)).to_string())
    for process in busy if options.load else ():
        process.kill()


if __name__ == "__main__":
    main()

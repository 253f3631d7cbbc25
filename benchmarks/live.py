"""The compute core of live pages beside torch, in one run: milliseconds per pass and per release on one thread.

`python -m benchmarks.live`; needs Node. Both take turns, so that a busy machine is busy for both; the least counts.
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from activeindex_lite import load_extractor, load_world, ready_index
from activeindex_lite.activation import activate
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.live.build import FOLDER
from activeindex_lite.live.export import binaries, half_weights, index_data, network_data
from activeindex_lite.live.material import LIVE_METHODS

ROUNDS, REPEATS = 4, 12
SCRIPT = """
import { readFileSync } from "node:fs";
SOURCES
const data = JSON.parse(readFileSync(new URL("data.json", import.meta.url)));
const index = openIndexes({ one: data.index }).one;
const least = (work) => {
  let best = Infinity;
  for (let i = 0; i < data.repeats; i++) {
    const begun = performance.now();
    work();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
};
const told = {};
const { bytes, kind } = runnable(data.binaries);
const core = await startCore(bytes, { ...data.network, weights: halves(bytesOf(data.weights)) });
const { width, height } = data.picture;
const picture = { width, height, pixels: bytesOf(data.picture.pixels) };
const x = core.featureOf(picture);
const noise = new Float32Array(3 * width * height).fill(1);
const begin = ({ shares, isMargin }) =>
  core.begin({ picture, alpha: 3, shares, losses: index.losses(x, isMargin), noise });
begin(data.methods.published);
told["feature of a picture"] = least(() => core.featureOf(picture));
told["forward and gradient, with squeeze"] = least(() => core.look(1));
for (const [name, method] of Object.entries(data.methods))
  told[`release, ${name}`] = least(() => {
    begin(method);
    for (let i = 0; i < method.steps; i++) core.step({ lr: method.lr, isWhole: method.isWhole });
    core.release(picture);
  });
told["search, nprobe 1 to 128"] = least(() => index.search(x, [1, 2, 4, 8, 16, 32, 64, 128]));
process.stdout.write(JSON.stringify({ kind, told }));
"""


def data(picture):
    """What the script reads."""
    methods = {
        name: {
            "shares": method.weights,
            "isMargin": method.rivals,
            "isWhole": method.whole_picture,
            "steps": method.steps,
            "lr": method.lr,
        }
        for name, method in METHODS.items()
        if name in LIVE_METHODS
    }
    pixels = base64.b64encode(np.asarray(picture.convert("RGBA")).tobytes()).decode()
    return {
        "binaries": binaries(),
        "network": network_data(),
        "weights": half_weights(),
        "index": index_data("IVF1536,PQ4x8"),
        "methods": methods,
        "picture": {"width": picture.width, "height": picture.height, "pixels": pixels},
        "repeats": REPEATS,
    }


def least(work):
    """The least milliseconds of a few calls."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return 1000 * min(times)


def of_torch(picture):
    """The same by torch and faiss, in milliseconds."""
    index, extractor = ready_index("IVF1536,PQ4x8"), load_extractor("lite")
    x = extractor([picture])

    def look():
        tensor = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
        feature = extractor.forward(tensor.requires_grad_())
        (feature - torch.from_numpy(index.targets(x).points)).square().sum().backward()

    told = {"feature of a picture": least(lambda: extractor([picture]))}
    told["forward and gradient, with squeeze"] = least(look)
    for name in LIVE_METHODS:
        told[f"release, {name}"] = least(
            lambda name=name: activate([picture], index, extractor, method=name, features=x)
        )
    told["search, nprobe 1 to 128"] = least(lambda: [index.search(x, k=2, nprobe=2**i) for i in range(8)])
    return told


def main():
    """Print both columns."""
    torch.set_num_threads(1)
    picture, rows = load_world().pictures(9228)[0], {"page": [], "torch": []}
    sources = "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in ("core", "search"))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data.json").write_text(json.dumps(data(picture)))
        (Path(folder) / "run.mjs").write_text(SCRIPT.replace("SOURCES", sources))
        command = [shutil.which("node"), "--experimental-wasm-relaxed-simd", str(Path(folder) / "run.mjs")]
        for _ in range(ROUNDS):
            made = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            rows["page"].append(made["told"])
            rows["torch"].append(of_torch(picture))
    print(f"{'ms, the least':36}{'page':>8}{'torch':>8}   (core: {made['kind']}, picture {picture.size})")
    for name in rows["torch"][0]:
        page, reference = (min(told[name] for told in rows[side]) for side in ("page", "torch"))
        print(f"{name:36}{page:8.1f}{reference:8.1f}")


if __name__ == "__main__":
    main()

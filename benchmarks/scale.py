"""From 10,000 to a million references: R@1, time and memory of an index and of brute force; writes scale.csv and
scale.png.

    python -m benchmarks.scale [--largest 1000000] [--out DIR]

About 20 minutes on one thread of a busy machine. References beyond the ready world's 50,000 are simulated
(activeindex_lite.world.simulated; how like real ones they are: python -m benchmarks.realism). An interrupted run goes
on after the last finished size.
"""

import argparse
import sys
from pathlib import Path

from activeindex_lite.figures.scale import scale_curves
from activeindex_lite.sweeps.scale import FACTORY, FILE, SIZES, load_scale, measure_scale


def main(arguments=None):
    """Measure, draw, and say where the files are; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--largest", type=int, default=SIZES[-1], metavar="N", help="references in the end (default 1000000)"
    )
    parser.add_argument(
        "--out", default="scale", metavar="DIR", help="folder for scale.csv and scale.png (default scale)"
    )
    parser.add_argument(
        "--index", default=FACTORY, metavar="FACTORY", help=f"a faiss factory string (default {FACTORY})"
    )
    parser.add_argument("--queries", type=int, default=200, metavar="Q", help="originals to activate (default 200)")
    parser.add_argument(
        "--first",
        type=int,
        default=SIZES[0],
        metavar="N",
        help="the smallest N, which holds the originals (default 10000)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same R@1 (default 0)")
    options = parser.parse_args(arguments)
    sizes = {options.first, options.largest, *(N for N in SIZES if options.first < N < options.largest)}
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        command = " ".join(["python -m benchmarks.scale", *(sys.argv[1:] if arguments is None else arguments)])
        measure_scale(
            out / FILE,
            sizes,
            factory=options.index,
            originals=options.queries,
            first=options.first,
            seed=options.seed,
            command=command,
        )
    except (ValueError, OSError) as error:
        print(f"benchmarks.scale: {error}", file=sys.stderr)
        return 2
    picture = out / "scale.png"
    picture.write_bytes(scale_curves(load_scale(out / FILE)).png())
    print(f"{out / FILE} and {picture}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

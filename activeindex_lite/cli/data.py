"""The commands train, world and sweep, which make the files of data/ again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from activeindex_lite.cli.options import add_originals, add_out
from activeindex_lite.support.files import whole_file

DATA = Path(__file__).parent.parent / "data"
# Option -> its default: --what scale alone uses them.
SCALE_OPTIONS = {"largest": 1_000_000, "first": 10_000, "index": "IVF4096,PQ8x8", "seed": 0}
# Sweeps that always take as many originals.
ALWAYS = {"whatif": 48, "steps": "2 x 100", "rivals": 100}


def add_data(commands) -> None:
    """Add train, world and sweep to the commands of the parser."""
    _add_train(commands)
    _add_world(commands)
    _add_sweep(commands)


def _add_train(commands) -> None:
    parser = commands.add_parser(
        "train",
        help="train the lite extractor (hours; resumes after an interruption)",
        description="Train the lite extractor on synthetic pictures. The same command resumes an interrupted training.",
    )
    parser.add_argument(
        "--work", default="training", metavar="DIR", help="folder for pictures and checkpoint (default training)"
    )
    parser.add_argument(
        "--out",
        default="training/lite.safetensors",
        metavar="FILE",
        help="file for the weights (default training/lite.safetensors)",
    )
    parser.add_argument(
        "--pictures", type=int, default=36_000, metavar="N", help="number of training pictures (default 36000)"
    )
    parser.add_argument(
        "--copies", type=int, default=3, metavar="N", help="edited copies stored per picture (default 3)"
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=7_000,
        metavar="N",
        help="optimiser steps, each on 96 pictures and 192 copies (default 7000)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="seed of the copies, the batches and the weights (default 0)"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.set_defaults(run=_train)


def _add_world(commands) -> None:
    parser = commands.add_parser(
        "world",
        help="make the features and trained indexes of the ready world (minutes)",
        description="Make the stored features and trained indexes of the ready world. The same command resumes after "
        "an interruption, file by file.",
    )
    add_out(parser, "world", "train.npz, references.npy, queries.npy and the trained indexes")
    parser.set_defaults(run=_world)


def _add_sweep(commands) -> None:
    parser = commands.add_parser(
        "sweep",
        help="measure the stored tables of explorers and notebooks (15 to 30 minutes; resumes after an interruption)",
        description="Measure R@1 over many settings, for the tables that explorers and notebooks read. The same "
        "command resumes an interrupted sweep.",
    )
    add_out(parser, "sweep", "the tables")
    parser.add_argument(
        "--what",
        choices=("curves", "whatif", "scale", "steps", "rivals"),
        default="curves",
        help="curves: R@1 over alpha, nprobe and strengths of edits (30 minutes). whatif: the sweep of the what-if lab "
        "(15 minutes). scale: R@1, time and memory from 10,000 to 1,000,000 references, with a figure (20 minutes). "
        "steps: R@1 over the number of steps of each method, at equal PSNR (10 minutes). "
        "rivals: activation beside passive indexes at equal cost (10 minutes). (default: curves)",
    )
    add_originals(parser, None, "originals to activate for curves (at most 200) and scale (default 200)")
    _add_scale_options(parser)
    parser.set_defaults(run=_sweep)


def _add_scale_options(parser: ArgumentParser) -> None:
    only = parser.add_argument_group("options of --what scale")
    only.add_argument("--largest", type=int, metavar="N", help="number of references at the end (default 1000000)")
    only.add_argument(
        "--first", type=int, metavar="N", help="number of references at the start, originals among them (default 10000)"
    )
    only.add_argument("--index", metavar="FACTORY", help="faiss factory string (default IVF4096,PQ8x8)")
    only.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="seed of the originals, the training and the simulated references (default 0)",
    )


def _train(options: Namespace) -> None:
    from safetensors.torch import save_file  # loads torch

    from activeindex_lite.training import Trainer, copies, originals, train

    out = Path(options.out)
    if out.exists():
        raise FileExistsError(f"{out} exists: name another file with --out, or move this one away")
    pictures = originals(options.work, options.pictures)
    edited = copies(options.work, options.pictures, options.copies, options.seed)
    trainer = Trainer(pictures, edited, options.steps, seed=options.seed, device=options.device)
    network = train(trainer, Path(options.work) / "checkpoint.pt")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = {name: str(getattr(options, name)) for name in ("pictures", "copies", "steps", "seed")}
    weights = {name: tensor.contiguous().cpu() for name, tensor in network.state_dict().items()}
    with whole_file(out) as temporary:
        save_file(weights, temporary, metadata=made)
    print(f"weights: {out}")


def _world(options: Namespace) -> None:
    from activeindex_lite.evaluation.stored_queries import FILE, build_queries  # loads torch
    from activeindex_lite.index.ready import build_trained
    from activeindex_lite.world.build import SETS, build_world

    folder = Path(options.out)
    if not all((folder / name).exists() for name in SETS):
        build_world(folder)
    if not (folder / FILE).exists():
        build_queries(folder)
    build_trained(folder)
    print(f"features and trained indexes: {folder}; to use them, copy them to {DATA}")


def _sweep(options: Namespace) -> None:
    _refuse_without_effect(options)
    chosen = {
        "curves": _sweep_curves,
        "whatif": _sweep_whatif,
        "scale": _sweep_scale,
        "steps": _sweep_steps,
        "rivals": _sweep_rivals,
    }
    chosen[options.what](options)


def _refuse_without_effect(options: Namespace) -> None:
    """ValueError for an option that the chosen sweep does not use."""
    for name in SCALE_OPTIONS:
        if options.what != "scale" and getattr(options, name) is not None:
            raise ValueError(f"--{name} belongs to --what scale and has no effect on {options.what}: leave it out")
    if options.what in ALWAYS and options.originals is not None:
        raise ValueError(
            f"--originals has no effect on --what {options.what}, which always takes {ALWAYS[options.what]}: leave it "
            "out"
        )


@contextmanager
def _made(path: str) -> Iterator[Path]:
    """A folder that is made if need be, and removed again if the block fails before it writes anything."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except BaseException:
        if not any(folder.iterdir()):
            folder.rmdir()
        raise


def _sweep_curves(options: Namespace) -> None:
    from activeindex_lite.evaluation.stored_queries import load_queries  # loads torch
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index
    from activeindex_lite.support.checks import whole_number
    from activeindex_lite.sweeps import alpha, nprobe, strengths

    queries, folder = load_queries(), Path(options.out)
    wanted = 200 if options.originals is None else options.originals
    n = whole_number(wanted, "originals", len(queries.ids), "the stored queries")
    world, ids = queries.world, queries.ids[:n]
    if (folder / alpha.FILE).exists():
        raise FileExistsError(f"{folder / alpha.FILE} exists: name another folder with --out, or delete it first")
    folder.mkdir(parents=True, exist_ok=True)
    indexes = {
        name: ready_index(factory) for name, factory in {**alpha.INDEXES, **nprobe.INDEXES, "No index": "Flat"}.items()
    }
    if not (folder / nprobe.FILE).exists():  # it exists after an interruption
        cut = {edit: features[:n] for edit, features in queries.features.items()}
        nprobe.build_curves(folder / nprobe.FILE, {name: indexes[name] for name in nprobe.INDEXES}, cut, ids)
    if not (folder / strengths.FILE).exists():
        first = ids[:100]
        shown = {name: indexes[name] for name in strengths.INDEXES}
        pictures = world.pictures(first)
        strengths.build_strengths(folder / strengths.FILE, shown, pictures, first, load_extractor("lite"))
    active = {name: indexes[name] for name in alpha.INDEXES}
    alpha.build_grid(folder / alpha.FILE, active, world.pictures(ids), ids, load_extractor("lite"))
    print(f"tables: {folder}; to use them in the explorers, copy them to {DATA}")


def _sweep_whatif(options: Namespace) -> None:
    from activeindex_lite.extractor import load_extractor  # loads torch
    from activeindex_lite.sweeps import whatif, whatif_build
    from activeindex_lite.world import load_world

    with _made(options.out) as folder:
        whatif_build.build_sweep(folder / whatif.FILE, load_world(), load_extractor("lite"))
    print(f"sweep: {folder / whatif.FILE}; to use it in the lab, copy it to {DATA}")


def _sweep_steps(options: Namespace) -> None:
    from activeindex_lite.comparison import Bench  # loads torch
    from activeindex_lite.comparison.run import FACTORY
    from activeindex_lite.evaluation.originals import synthetic_originals
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index
    from activeindex_lite.sweeps import steps

    def bench_of(seed: int) -> Bench:
        originals = synthetic_originals(steps.PICTURES, seed)
        return Bench(originals, load_extractor("lite"), ready_index(FACTORY), psnr=steps.PSNR, seed=seed)

    about = dict(factory=FACTORY, psnr=steps.PSNR, pictures=steps.PICTURES)
    with _made(options.out) as folder:
        steps.build_steps(folder / steps.FILE, bench_of, about=about)
    print(f"table: {folder / steps.FILE}; to use it in the notebooks, copy it to {DATA}")


def _sweep_rivals(options: Namespace) -> None:
    from activeindex_lite.comparison import Bench  # loads torch
    from activeindex_lite.comparison.run import FACTORY
    from activeindex_lite.evaluation.originals import synthetic_originals
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index
    from activeindex_lite.sweeps import rivals

    def bench() -> Bench:
        originals = synthetic_originals(rivals.PICTURES, rivals.SEED)
        return Bench(originals, load_extractor("lite"), ready_index(FACTORY), psnr=rivals.PSNR, seed=rivals.SEED)

    about = dict(factory=FACTORY, psnr=rivals.PSNR, pictures=rivals.PICTURES, seed=rivals.SEED)
    with _made(options.out) as folder:
        rivals.build_rivals(folder / rivals.FILE, bench, about=about)
    print(f"table: {folder / rivals.FILE}; to use it in the notebooks, copy it to {DATA}")


def _command(options: Namespace) -> str:
    """The command that measures the same, for the first line of the table."""
    chosen = {name: getattr(options, name) for name in ("originals", *SCALE_OPTIONS)}
    given = [f"--{name} {value}" for name, value in chosen.items() if value is not None]
    return " ".join(["activeindex-lite sweep --what scale", *given])


def _sweep_scale(options: Namespace) -> None:
    from activeindex_lite.figures.scale import scale_curves  # loads matplotlib
    from activeindex_lite.sweeps import scale

    chosen = vars(options)
    largest, first, factory, seed = (
        default if chosen[name] is None else chosen[name] for name, default in SCALE_OPTIONS.items()
    )
    sizes = {first, largest, *(n for n in scale.SIZES if first < n < largest)}
    with _made(options.out) as folder:
        table, picture = folder / scale.FILE, folder / "scale.png"
        scale.measure_scale(
            table,
            sorted(sizes),
            factory=factory,
            originals=200 if options.originals is None else options.originals,
            first=first,
            seed=seed,
            command=_command(options),
        )
        with whole_file(picture) as temporary:
            temporary.write_bytes(scale_curves(scale.load_scale(table)).png())
    print(f"{table} and {picture}; to use the table in the notebooks, copy it to {DATA}")

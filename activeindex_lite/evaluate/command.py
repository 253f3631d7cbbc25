"""From the options of `activeindex-lite evaluate` to a collection and settings."""

from __future__ import annotations

from argparse import Namespace

from activeindex_lite.evaluate.collection import Collection, folder_collection, ready_collection
from activeindex_lite.evaluate.disc21 import disc21_collection
from activeindex_lite.evaluate.settings import Settings
from activeindex_lite.index.active_index import ActiveIndex
from activeindex_lite.support.checks import whole_number

# Options that name something: an empty text would read as an option left out.
NAMES = ("pictures", "disc21", "ground_truth", "train", "distractors", "extractor", "out", "cache")


def check_options(options: Namespace) -> None:
    """ValueError for an option that is empty, or that has no effect beside the others."""
    for name in NAMES:
        value = getattr(options, name)
        if value is not None and not value.strip():
            raise ValueError(f"--{name.replace('_', '-')} is empty: give a value, or leave the option out")
    if options.ground_truth and not options.disc21:
        raise ValueError("--ground-truth belongs to --disc21")
    if options.keep_duplicates and not options.pictures:
        raise ValueError(
            "--keep-duplicates goes with --pictures; a benchmark and the ready world keep all their pictures"
        )
    if (options.train or options.distractors) and not (options.pictures or options.disc21):
        raise ValueError("--train and --distractors go with --pictures or --disc21; the ready world has its own")
    for nprobe in options.nprobe or ():
        whole_number(nprobe, "--nprobe", why="the cells that a search visits")
    if options.nprobe and not options.index:
        raise ValueError("--nprobe goes with --index; the default indexes are searched with nprobe 1 and 16")


def collection_of(options: Namespace) -> Collection:
    """The Collection that the options name; ValueError for options that do not go together."""
    if options.disc21:
        return disc21_collection(options.disc21, options.ground_truth, options.train, options.distractors)
    lite = options.extractor == "lite"
    if options.pictures:
        # The ready world's features serve the lite extractor; another one would have to draw and see all its pictures.
        return folder_collection(
            options.pictures,
            options.train or ("synthetic:60000" if lite else None),
            options.distractors or ("synthetic:50000" if lite else None),
            options.seed,
            options.keep_duplicates,
        )
    if not lite:
        raise ValueError(
            f"--extractor {options.extractor}: the ready world's 110,000 features are those of the lite extractor; "
            "give --pictures FOLDER, or draw pictures anew with --pictures FOLDER --train synthetic:N --distractors "
            "synthetic:N"
        )
    return ready_collection()


def settings_of(options: Namespace, d: int) -> Settings:
    """The Settings of the options. d: dimension of the features, which decides whether an index can be made."""
    return Settings(
        _indexes(options.index, options.nprobe, d) if options.index else None,
        originals=options.originals,
        strangers=options.strangers,
        alpha=options.alpha,
        steps=options.steps,
        seed=options.seed,
        keep_pictures=options.keep_pictures,
        keep_duplicates=options.keep_duplicates,
        ef_search=_ef_search(options.index, options.ef_search, d),
    )


def _ef_search(factories: list[str] | None, value: int | None, d: int) -> int | None:
    """The candidates that searches in graphs keep; ValueError where no index has a graph."""
    if value is None:
        return None
    whole_number(value, "--ef-search", why="the candidates that a search in a graph keeps")
    if all(ActiveIndex(factory, d).ef_search is None for factory in factories or ()):
        raise ValueError(
            "--ef-search goes with --index and a graph of neighbours, such as --index HNSW32,Flat; leave the option out"
        )
    return value


def _indexes(factories: list[str], nprobes: list[int] | None, d: int) -> dict[str, tuple[str, tuple[int, ...] | None]]:
    """Every factory string once, with the values of nprobe; an index without cells is searched once."""
    celled = [factory for factory in factories if ActiveIndex(factory, d).nlist]
    if nprobes and not celled:
        raise ValueError(f"--nprobe: {', '.join(factories):.100} has no cells, so leave the option out")
    given = tuple(nprobes) if nprobes else None
    return {factory: (factory, given if factory in celled else None) for factory in factories}

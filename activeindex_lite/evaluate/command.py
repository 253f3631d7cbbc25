"""From the options of `activeindex-lite evaluate` to a collection and settings."""

from activeindex_lite.evaluate.collection import disc21_collection, folder_collection, ready_collection
from activeindex_lite.evaluate.run import Settings, default_indexes


def collection_of(options):
    """The Collection that the options name; ValueError for options that do not go together."""
    if options.ground_truth and not options.disc21:
        raise ValueError("--ground-truth belongs to --disc21")
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
        )
    if options.train or options.distractors:
        raise ValueError("--train and --distractors go with --pictures or --disc21; the ready world has its own")
    if not lite:
        raise ValueError(
            f"--extractor {options.extractor}: the ready world's 110,000 features are those of the lite extractor; give "
            "--pictures FOLDER, or draw pictures anew with --pictures FOLDER --train synthetic:N --distractors synthetic:N"
        )
    return ready_collection()


def settings_of(options):
    """A function of (d, n), the dimension and number of training vectors, that gives the Settings of the options."""

    def settings(d, n):
        return Settings(
            _indexes(options.index, options.nprobe) if options.index else default_indexes(d, n),
            queries=options.queries,
            strangers=options.strangers,
            alpha=options.alpha,
            steps=options.steps,
            seed=options.seed,
            keep_pictures=options.keep_pictures,
        )

    return settings


def _indexes(factories, nprobes):
    """Every factory string once, with the numbers of cells to visit that it has; an index without cells is searched once."""
    return {
        factory: (factory, tuple(dict.fromkeys(nprobes)) if "IVF" in factory or "IMI" in factory else (1,))
        for factory in factories
    }

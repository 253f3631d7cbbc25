"""The commands evaluate and score, and what they run."""

from contextlib import nullcontext
from pathlib import Path

from activeindex_lite.activation.defaults import ALPHA, STEPS


def add_evaluation(commands):
    """Add evaluate and score to the commands of the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="R@1 under 14 edits and copy detection, passive and activated, on the ready world, a "
        "folder, or DISC21; goes on after an interruption",
    )
    pictures = parser.add_mutually_exclusive_group()
    pictures.add_argument("--pictures", metavar="FOLDER", help="your own photographs (default: the ready world)")
    pictures.add_argument(
        "--disc21", metavar="DIR", help="DISC21: a folder with references/, train/, queries/ and a ground truth CSV"
    )
    parser.add_argument("--ground-truth", metavar="CSV", help="of --disc21 (default: the only CSV file in it)")
    parser.add_argument(
        "--train",
        metavar="FOLDER",
        help="pictures that train the index, or synthetic:N (default: DIR/train, two "
        "fifths of FOLDER, or the ready world's)",
    )
    parser.add_argument("--distractors", metavar="FOLDER", help="further references, or synthetic:N")
    parser.add_argument(
        "--extractor", default="lite", metavar="NAME[@SIZE]", help="as for check-extractor (default lite)"
    )
    parser.add_argument(
        "--index",
        nargs="+",
        metavar="FACTORY",
        help="faiss factory strings (default: the families of the paper's "
        "tables, as large as the training pictures allow)",
    )
    parser.add_argument(
        "--nprobe", nargs="+", type=int, default=[1, 16], metavar="N", help="cells to visit, for --index (default 1 16)"
    )
    parser.add_argument("--queries", type=int, default=100, metavar="N", help="originals to activate (default 100)")
    parser.add_argument(
        "--strangers", type=int, metavar="N", help="queries without an original (default 4 an original)"
    )
    parser.add_argument("--alpha", type=float, default=ALPHA, help=f"strength on the paper's scale (default {ALPHA:g})")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N", help=f"of Adam (default {STEPS})")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="same seed, same tables (default 0)")
    parser.add_argument(
        "--out", default="evaluation", metavar="DIR", help="folder for tables and predictions (default evaluation)"
    )
    parser.add_argument(
        "--cache", metavar="DIR", help="folder for features and activated copies (default: cache in --out)"
    )
    parser.add_argument(
        "--keep-pictures", action="store_true", help="save the activated pictures as PNG files in the cache"
    )
    parser.add_argument("--device", default="cpu", help="of the extractor: cpu or cuda")
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="run on a Dask cluster: a scheduler's address, such as tcp://scheduler:8786, or "
        "local:N for N workers on this machine; same tables",
    )
    parser.set_defaults(run=_evaluate)
    score = commands.add_parser(
        "score", help="micro-AP, recall at precision 90 and at ranks 1 and 10 of anybody's predictions, as JSON"
    )
    score.add_argument("predictions", metavar="PREDICTIONS.csv", help="query_id,reference_id,score")
    score.add_argument(
        "truth", metavar="TRUTH.csv", help="query_id,reference_id; the second empty for a query without an original"
    )
    score.set_defaults(run=_score)


def _evaluate(options):
    from activeindex_lite.evaluate import checked_settings, run_evaluation
    from activeindex_lite.evaluate.command import collection_of, settings_of
    from activeindex_lite.evaluate.results import begin_folder, is_finished, read_tables, summary, write_evaluation
    from activeindex_lite.report.evaluation_page import write_evaluation_page

    named = {
        name: value for name, value in vars(options).items() if name not in ("run", "out", "cache", "device", "dask")
    }
    if is_finished(options.out, named):
        print(f"{options.out} holds this evaluation already; its tables:")
    else:
        collection, extractor = collection_of(options), extractor_of(options.extractor, options.device)
        settings = checked_settings(settings_of(options), collection, extractor)
        begin_folder(options.out, named)  # not before: a slip of the pen should leave nothing behind
        cache = options.cache or Path(options.out) / "cache"
        with _client(options.dask) as client:
            if client:
                print(f"Dask's dashboard: {client.dashboard_link}")
            write_evaluation(run_evaluation(collection, extractor, cache, settings, client=client), options.out)
    page = write_evaluation_page(options.out)
    tables, about = read_tables(options.out)
    print(
        f"\n{about['collection']}: {about['queries']} originals among {about['references']:,} references, {about['strangers']} strangers, "
        f"features of {about['extractor']}"
    )
    print(summary(tables).round(3).to_string(index=False, na_rep=""))
    if len(tables["skipped"]):
        print(f"\n{len(tables['skipped'])} pictures were left out: skipped.csv says which and why")
    print(f"\ntables: {options.out}; open {page}")


def _client(address):
    """A context manager around a Dask client, or around None without an address; Dask is loaded only where it is asked for."""
    if address is None:
        return nullcontext()
    try:
        from activeindex_lite.evaluate.cluster import connected
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        raise ValueError('--dask needs Dask: pip install "activeindex-lite[dask]"') from None
    return connected(address)


def _score(options):
    import json

    from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
    from activeindex_lite.evaluation.copy_detection import score_predictions

    print(json.dumps(score_predictions(read_predictions(options.predictions), read_truth(options.truth))))


def extractor_of(text, device="cpu"):
    """The extractor that NAME[@SIZE] names."""
    from activeindex_lite.extractor import load_extractor

    which, at, size = text.partition("@")
    if at and not (size.isdecimal() and size.isascii()):
        raise ValueError(f"--extractor {text}: after @ the side of its input is expected, in pixels, as in lite@96")
    return load_extractor(which, size=int(size) if at else None, device=device)

"""The command score: its options, and the JSON it prints."""

from __future__ import annotations

import json
from argparse import Namespace


def add_score(commands) -> None:
    """Add score to the commands of the parser."""
    parser = commands.add_parser(
        "score",
        help="score predictions of copy detection: micro-AP, recall at precision 90 and at ranks 1 and 10, as JSON",
        description="Score anybody's predictions as the Image Similarity Challenge (DISC21) does, and print JSON. A "
        "header line is optional in both files.",
    )
    parser.add_argument(
        "predictions",
        metavar="PREDICTIONS.csv",
        help="lines of query_id,reference_id,score; a higher score means a surer copy",
    )
    parser.add_argument(
        "truth",
        metavar="TRUTH.csv",
        help="lines of query_id,reference_id, the second field empty for a query without an original",
    )
    parser.set_defaults(run=_score)


def _score(options: Namespace) -> None:
    from activeindex_lite.evaluation import benchmark_files  # loads faiss
    from activeindex_lite.evaluation.copy_detection import check_ids, score_predictions

    predictions = benchmark_files.read_predictions(options.predictions)
    truth = benchmark_files.read_truth(options.truth)
    check_ids(predictions, truth)
    print(json.dumps(score_predictions(predictions, truth)))

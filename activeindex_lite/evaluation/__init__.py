"""The protocol of evaluation: edited queries, R@1, copy detection, visited cells, time, and the paper's own figures."""

from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth, write_benchmark_file
from activeindex_lite.evaluation.cells import cell_ranks, cell_visited, mean_scanned
from activeindex_lite.evaluation.copy_detection import micro_ap, precision_recall, score_predictions
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.evaluation.published import PUBLISHED
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import (
    MEAN,
    evaluate_retrieval,
    first_is_original,
    hit_table,
    intervals,
    paired_gain,
    summarise,
)
from activeindex_lite.evaluation.stored_queries import Queries, load_queries
from activeindex_lite.evaluation.timing import median_milliseconds, search_milliseconds

__all__ = [
    "MEAN",
    "PUBLISHED",
    "Queries",
    "cell_ranks",
    "cell_visited",
    "edited_features",
    "evaluate_retrieval",
    "first_is_original",
    "hit_table",
    "intervals",
    "load_queries",
    "mean_scanned",
    "median_milliseconds",
    "micro_ap",
    "paired_gain",
    "precision_recall",
    "predict",
    "read_predictions",
    "read_truth",
    "score_predictions",
    "search_milliseconds",
    "summarise",
    "typical_distances",
    "write_benchmark_file",
]

"""The protocol of evaluation: edited queries, R@1 with intervals, the time of a search, and the paper's own figures."""

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
    "edited_features",
    "evaluate_retrieval",
    "first_is_original",
    "hit_table",
    "intervals",
    "load_queries",
    "median_milliseconds",
    "paired_gain",
    "search_milliseconds",
    "summarise",
]

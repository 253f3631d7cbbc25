"""The benchmark's CSV files: predictions (query_id,reference_id,score) and ground truth (query_id,reference_id)."""

import csv
from pathlib import Path

from activeindex_lite.support.files import whole_file

TRUTH, PREDICTIONS = ("query_id", "reference_id"), ("query_id", "reference_id", "score")


def read_truth(path):
    """Read a ground truth: a DataFrame query_id, reference_id of str, the second empty where a query has no original.

    The file's first line may be the header query_id,reference_id or already a pair. ValueError names the line that is
    not of this form.
    """
    import pandas as pd

    return pd.DataFrame(_rows(path, TRUTH), columns=TRUTH, dtype=str)


def read_predictions(path):
    """Read predictions: a DataFrame query_id, reference_id (str), score (float64); with or without the header line.

    ValueError names the line whose score is not a number, or that has another number of fields.
    """
    import pandas as pd

    rows = []
    for number, (query, reference, score) in enumerate(_rows(path, PREDICTIONS), start=1):
        try:
            rows.append((query, reference, float(score)))
        except ValueError:
            raise ValueError(
                f"{path}: the score of prediction {number} ({query}, {reference}) is {score!r}: a number is expected"
            ) from None
        if not reference:
            raise ValueError(
                f"{path}: prediction {number} of query {query} names no reference: leave the row out where "
                "nothing was found"
            )
    return pd.DataFrame(rows, columns=PREDICTIONS)


def _rows(path, columns):
    """The rows of a CSV file as tuples of stripped texts, the header and empty lines left out."""
    path = Path(path)
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                row = tuple(field.strip() for field in row)
                if not any(row) or row == columns:
                    continue
                if len(row) != len(columns) or not row[0]:
                    raise ValueError(
                        f"{path}, line {number}: {','.join(row)!r} has {len(row)} fields, expected "
                        f"{','.join(columns)}" + ("" if row[0] else " with a query_id")
                    )
                rows.append(row)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as CSV text in UTF-8: {error}") from None
    if not rows:
        raise ValueError(f"{path} holds no row: lines of {','.join(columns)} are expected")
    return rows


def write_benchmark_file(path, table):
    """Write predictions or a truth (a DataFrame with their columns) as the benchmark's scripts read them, whole or not at all.

    Scores keep nine digits, as many as float32 has, so that reading gives the same ties and order.
    """
    columns = [name for name in PREDICTIONS if name in table.columns]
    with whole_file(path) as temporary:
        table[columns].to_csv(temporary, index=False, float_format="%.9g")

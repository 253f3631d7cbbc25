"""The benchmark's CSV files: predictions (query_id,reference_id,score) and ground truth (query_id,reference_id)."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import lazy_loader

from activeindex_lite.evaluation.ids import is_missing
from activeindex_lite.support.files import whole_file
from activeindex_lite.support.names import quoted, unquoted

pd = lazy_loader.load("pandas")

TRUTH, PREDICTIONS = ("query_id", "reference_id"), ("query_id", "reference_id", "score")
# Spellings of the header in small letters and digits alone -> the column.
SPELLINGS = {
    **dict.fromkeys(
        [
            "queryid",
            "query",
            "qid",
            "qry",
            "queryimageid",
            "queryimage",
            "queryimg",
            "queryname",
            "queryfile",
            "copyid",
            "copy",
        ],
        "query_id",
    ),
    **dict.fromkeys(
        [
            "referenceid",
            "reference",
            "refid",
            "ref",
            "rid",
            "dbimageid",
            "dbid",
            "dbimage",
            "databaseimageid",
            "databaseid",
            "referenceimageid",
            "referenceimage",
            "refimageid",
            "referencename",
            "original",
            "originalid",
            "target",
            "targetid",
            "match",
            "matchid",
            "gallery",
            "galleryid",
        ],
        "reference_id",
    ),
    **dict.fromkeys(["score", "scores", "similarity", "confidence", "conf", "sim", "cosine", "prediction"], "score"),
}
# Numbers that fall where a copy is surer.
FALLING = {"distance", "dist", "d", "l2", "rank"}
# Words that a header holds and ids rarely are.
WORDS = {"query", "reference", "ref", "image", "img", "id", "ids", "db", "database", "gt", "truth", "label", "name"}
WORDS |= {"file", "filename", "path", "score", "source", "key", "index"}
SHOWN = 100
# What a field of a line split at commas cannot hold.
BREAKS = re.compile(r'[,"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|^\s|\s$')


def read_truth(path: str | Path) -> pd.DataFrame:
    """Read a ground truth: a DataFrame query_id, reference_id of str, the second empty where a query has no original.

    The file's first line may be a header in any usual spelling and order, or already a pair. ValueError names the line
    that is neither, or that may be either. nan, None and -1, as programs write a missing value, are read as no
    original, with a warning.
    """
    rows = [row for _, row in _rows(path, TRUTH)]
    words = [reference for _, reference in rows if reference and is_missing(reference)]
    if words:
        warnings.warn(
            f"{path}: {len(words)} rows have {', '.join(sorted(set(words))[:4])} as reference_id: read as queries "
            "without an original",
            stacklevel=2,
        )
    found = [(query, "" if is_missing(reference) else reference) for query, reference in rows]
    return pd.DataFrame(found, columns=TRUTH, dtype=str)


def read_predictions(path: str | Path) -> pd.DataFrame:
    """Read predictions: a DataFrame query_id, reference_id (str), score (float64); with or without a header line.

    ValueError names the line whose score is not a number, or that has another number of fields.
    """
    rows = []
    for number, (line, (query, reference, score)) in enumerate(_rows(path, PREDICTIONS), start=1):
        try:
            rows.append((query, reference, float(score)))
        except ValueError:
            raise ValueError(
                f"{path}, line {line}: the score of prediction {number} ({query[:SHOWN]}, {reference[:SHOWN]}) is "
                f"{score[:SHOWN]!r}: expected a number"
            ) from None
        if is_missing(reference):
            raise ValueError(
                f"{path}, line {line}: prediction {number} of query {query[:SHOWN]} names no reference: leave the row "
                "out where nothing was found"
            )
    return pd.DataFrame(rows, columns=PREDICTIONS)


def _rows(path: str | Path, columns: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """(line, fields in the order of columns) of the rows of a CSV file, without header and empty lines."""
    lines = [(number, row) for number, row in _lines(path) if any(row)]
    order = range(len(columns))
    if lines:
        header = _header(lines[0][1])
        if header:
            order, lines = _order(path, header, columns), lines[1:]
        else:
            _refuse_doubtful(path, lines, columns)
    if not lines:
        raise ValueError(f"{path} holds no row: expected lines of {','.join(columns)}")
    for number, row in lines:
        if len(row) != len(columns) or not row[order[0]]:
            fields = f"{len(row)} field{'s' * (len(row) != 1)}"
            missing = "" if len(row) != len(columns) else " with a query_id"
            raise ValueError(
                f"{path}, line {number}: {','.join(row)[:SHOWN]!r} has {fields}, expected {','.join(columns)}{missing}"
            )
    return [(number, tuple(_read(row[place]) for place in order)) for number, row in lines]


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                yield number, [field.strip() for field in row]
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"{path} cannot be read as CSV text in UTF-8: expected a text file with commas") from None


def _header(row: Sequence[str]) -> list[str] | None:
    """The columns that a header names, or None for a row that is no known header."""
    plain = [_plain(field) for field in row]
    named = [SPELLINGS.get(field, "falling" if field in FALLING else None) for field in plain]
    return named if len(row) > 1 and None not in named and len(set(named)) == len(named) else None


def _plain(field: str) -> str:
    return re.sub(r"[^a-z0-9]", "", field.casefold())


def _order(path: str | Path, header: list[str], columns: tuple[str, ...]) -> list[int]:
    """The place in a row of each column."""
    if "falling" in header and "score" in columns:
        raise ValueError(
            f"{path}: the header names a distance or rank, which falls for surer copies: expected a score, such as "
            "minus the distance"
        )
    if sorted(header) != sorted(columns):
        raise ValueError(f"{path}: the header names {','.join(header)}: expected {','.join(columns)}")
    return [header.index(column) for column in columns]


def _refuse_doubtful(path: str | Path, lines: list, columns: tuple[str, ...]) -> None:
    """ValueError for a first line that may be a header or a row: taken for the wrong one, it would change the score."""
    number, first = lines[0]
    others = [row for _, row in lines[1:] if len(row) == len(first)]
    if len(first) != len(columns):
        return
    words = all(set(re.findall(r"[a-z]+", field.casefold())) & WORDS for field in first)
    digits = any(re.search(r"\d", field) for field in first)
    if (words and not digits) or _alone(first[:2], [row[:2] for row in others]):
        raise ValueError(
            f"{path}, line {number}: {','.join(first)[:SHOWN]!r} may be a header or the first row: make it "
            f"{','.join(columns)}, or put that line before it"
        )


def _alone(first: list[str], others: list[list[str]]) -> bool:
    """Whether both ids of the first row are formed otherwise than those of all others, which are formed alike."""

    def form(field: str) -> str:
        return re.sub(r"\d+", "0", field)

    if len(others) < 2:
        return False
    for place, field in enumerate(first):
        forms = {form(row[place]) for row in others} - {""}
        if len(forms) != 1 or form(field) in forms or not any("0" in known for known in forms):
            return False
    return True


def _written(name: str) -> str:
    """The name as a field of a line: unchanged if it is one already, such as a name that `quoted` returned."""
    return quoted(name) if BREAKS.search(name) else name


def _read(text: str) -> str:
    """The name that `quoted` wrote; a text that it would not have written, such as 50%20off, is a name itself."""
    name = unquoted(text)
    return name if quoted(name) == text else text


def write_benchmark_file(path: str | Path, table: pd.DataFrame) -> None:
    """Write predictions or a truth (a DataFrame with their columns), whole or not at all.

    Readers that split lines at commas can read the file: a name with a comma is written as by `support.names.quoted`,
    which `read_truth` and `read_predictions` undo. Scores keep nine digits, as many as float32 has, so that reading
    gives the same ties and order.
    """
    columns = [name for name in PREDICTIONS if name in table.columns]
    names = {c: table[c].map(lambda name: _written(str(name)), na_action="ignore") for c in TRUTH if c in columns}
    with whole_file(path) as temporary:
        table[columns].assign(**names).to_csv(temporary, index=False, float_format="%.9g", quoting=csv.QUOTE_NONE)

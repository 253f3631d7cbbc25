"""Ids of queries and references: as text whatever their type, and whether those of two tables fit together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from numbers import Real

import lazy_loader

pd = lazy_loader.load("pandas")

# What tables hold where there is no id: texts of pandas and numpy, and the -1 of faiss.
MISSING = {"", "nan", "-nan", "none", "null", "<na>", "n/a", "nat", "-1"}
LONGEST = 80
FEW = 0.1
# Of so many ids that the truth does not name, those of a search that works are not examined.
MANY = 20_000


class IdsDoNotMatch(UserWarning):
    """Predictions and truth have no or hardly any ids in common; the message counts them and names a likely cause."""


def id_texts(values: Iterable, name: str) -> pd.Series:
    """Ids as text, "" where one is missing (None, NaN, "nan", -1, ...): a Series of str with a new index.

    Whole numbers count by value: 1 and 1.0 (as pandas makes of a column with a missing value) are the id "1".
    ValueError for an id that is neither text nor a whole number; name: of the column, in the message.
    """
    column = pd.Series(values).reset_index(drop=True)
    if column.isna().any() or pd.api.types.infer_dtype(column) != "string":
        column = pd.Series([_text(value, name) for value in column], dtype=object)
    column = column.astype(object)
    return column.mask(column.isin(_missing_words(column)), "")


def with_id_texts(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose query_id and reference_id are text, see `id_texts`."""
    texts = {column: id_texts(table[column], column).to_numpy() for column in ("query_id", "reference_id")}
    return table.assign(**texts)


def is_missing(text: str) -> bool:
    """Whether a text is what programs write where there is no id: nothing, nan, None, -1 and the like."""
    return text.strip().casefold() in MISSING


def _missing_words(column: pd.Series) -> list[str]:
    return [word for word in column.unique() if is_missing(word)]


def _text(value: object, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    if isinstance(value, str):
        return str(value)
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer():
        return str(int(value))
    raise ValueError(f"{name} holds {str(value)[:LONGEST]}, a {type(value).__name__}: expected text or whole numbers")


def mismatch(predictions: pd.DataFrame, truth: pd.DataFrame) -> tuple[str, bool]:
    """How the ids of two tables differ, in words ("" where they fit), and whether no score can be right therefore.

    Both tables have query_id and reference_id as `id_texts` gives them.
    """
    given, known = ({c: set(table[c]) - {""} for c in ("query_id", "reference_id")} for table in (predictions, truth))
    if _swapped(given, known):
        return (
            "the columns of the truth seem to be swapped: its query ids, such as "
            f"{_shown(known['query_id'])}, are reference ids of the predictions; expected query_id,reference_id"
        ), True
    for column, word in (("query_id", "query"), ("reference_id", "reference")):
        said, known_cause = _difference(given[column], known[column], word)
        if said:
            # A poor index may find no original at all; a search for other queries finds none for certain.
            return said, (known_cause or word == "query") and not given[column] & known[column]
    return "", False


def _swapped(given: dict[str, set], known: dict[str, set]) -> bool:
    right = given["query_id"] & known["query_id"] or given["reference_id"] & known["reference_id"]
    return not right and bool(given["reference_id"] & known["query_id"])


def _difference(given: set[str], known: set[str], word: str) -> tuple[str, bool]:
    """How the ids of one column differ, in words ("" where they fit), and whether the cause is known."""
    common, lost, others = len(given & known), known - given, given - known
    if not lost or (len(others) > MANY and 2 * common >= len(known)):
        return "", False
    counted = f"{common} of {len(known)} {word} ids of the truth are among the predictions"
    for way, form in FORMS.items():
        pairs = _same_in_form(lost, others, form)
        if len(pairs) > min(2 * common, max(2, FEW * len(known))):
            return (
                f"{counted}: the truth has {_quoted(pairs[0][0])}, the predictions {_quoted(pairs[0][1])}; {way}",
                True,
            )
    if not common or (word == "query" and common < FEW * min(len(given), len(known))):
        return (
            f"{counted}: the truth has {_shown(lost)}, the predictions {_shown(others)}; check that both files belong "
            "to the same pictures and write ids in the same way"
        ), False
    return "", False


def _same_in_form(known: set[str], given: set[str], form: Callable[[str], str]) -> list[tuple[str, str]]:
    """Pairs of an id of known and one of given that a form makes the same; a form without any character counts not."""
    forms = {form(name): name for name in sorted(given, reverse=True)}
    forms.pop("", None)
    return [(name, forms[form(name)]) for name in sorted(known) if form(name) in forms]


def _shown(names: set[str]) -> str:
    return _quoted(min(names)) if names else "no other"


def _quoted(name: str) -> str:
    return repr(name[:LONGEST])


def _without_zeros(name: str) -> str:
    return re.sub(r"0*(\d+)", r"\1", name)


def _without_suffix(name: str) -> str:
    return re.sub(r"\.[A-Za-z]\w{0,4}$", "", name)


def _without_folders(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


# What to do -> the form in which ids that differ in this way alone are the same.
FORMS: dict[str, Callable[[str], str]] = {
    "remove the suffix (.jpg and the like) in one of the files": _without_suffix,
    "write numbers with the same leading zeros in both files": _without_zeros,
    "write whole numbers without .0 in both files": lambda name: re.sub(r"\.0+$", "", name),
    "remove the folders in front of the names in one of the files": _without_folders,
    "write capitals and small letters in the same way in both files": str.casefold,
    "write folders, suffixes, leading zeros and capitals in the same way in both files": lambda name: _without_zeros(
        _without_suffix(_without_folders(name))
    ).casefold(),
    "write the letters in front of the numbers in the same way in both files": lambda name: re.sub(
        r"^\D+", "", _without_zeros(_without_suffix(name))
    ),
}

"""Tables that one command measures once and stores as CSV; an interrupted measurement resumes where it stopped."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import lazy_loader
from tqdm import tqdm

from activeindex_lite.support.files import whole_file
from activeindex_lite.support.locks import InUse, alone

pd = lazy_loader.load("pandas")


def write_table(path: Path, table: pd.DataFrame, about: dict) -> None:
    """Write a DataFrame as `load_table` reads it: a first line that begins with #, today's date and about; then CSV."""
    first = json.dumps({"made": datetime.date.today().isoformat(), **about})
    with whole_file(path) as temporary:
        temporary.write_text(f"# {first}\n" + table.to_csv(index=False, float_format="%.5g"), encoding="utf-8")


def build_table(
    path: str | Path,
    settings: dict,
    jobs: list,
    rows_of: Callable[[object], list[dict]],
    *,
    title: str,
    unit: str,
    write: Callable[[Path, pd.DataFrame, dict], None] = write_table,
    progress: bool = True,
) -> None:
    """Measure rows_of(job), a list of dicts of plain numbers and strings, for every job in turn, into one CSV file.

    settings: everything that the rows depend on, the jobs included, as a dict that JSON can hold. write(path, table,
    settings): writes the file. title, unit: of the progress bar.

    Finished jobs are kept beside path in a file with the suffix .part. The next call with the same settings continues
    after them. FileExistsError if path exists; ValueError if the .part file was begun with other settings.
    """
    path = Path(path)
    refuse_existing(path)
    part = path.with_suffix(".part")
    with resumed(part, settings) as (finished, note):
        for job in tqdm(jobs[len(finished) :], desc=title, unit=unit, disable=not progress):
            note(rows_of(job))
        write(path, pd.DataFrame([row for rows in finished for row in rows]), settings)
        part.unlink()


def refuse_existing(path: Path) -> None:
    """FileExistsError if a finished measurement would be overwritten."""
    if path.exists():
        raise FileExistsError(f"{path} exists: name another file, or delete it first")


def refuse_other_settings(part: Path, found: dict | None, wanted: dict) -> None:
    """ValueError unless the settings found in an unfinished file are the ones wanted (as JSON writes them)."""
    if found != json.loads(json.dumps(wanted)):
        raise ValueError(f"{part} was begun with other settings: delete it, or continue with the settings in it")


@contextmanager
def resumed(part: Path, settings: dict) -> Iterator[tuple[list, Callable[[object], None]]]:
    """with resumed(part, settings) as (finished, note): the jobs finished so far, and a function that adds one more.

    note(job) appends to the list and to the file `part`; a job is anything that JSON can hold. ValueError if the file
    was begun with other settings, or if another process is writing it now.
    """
    with only_writer(part):
        finished = begun(part, settings)
        with open(part, "a", encoding="utf-8") as file:

            def note(job: object) -> None:
                finished.append(job)
                file.write(json.dumps(job) + "\n")
                file.flush()

            yield finished, note


@contextmanager
def only_writer(part: Path) -> Iterator[None]:
    """Hold the lock of an unfinished file, since two writers would mix their rows; ValueError if it is taken."""
    lock = part.with_suffix(".lock")
    try:
        with alone(lock, wait=False):
            yield
    except InUse as error:
        raise ValueError(f"another process is writing {part}: {error}, or name another file") from None
    lock.unlink(missing_ok=True)


def begun(part: Path, settings: dict) -> list:
    """The jobs in an unfinished file: one JSON value per line, after the settings. Starts the file if it is new."""
    # A process that was killed may have left half a line at the end: cut it off, its job is measured again.
    text = part.read_bytes() if part.exists() else b""
    whole = text[: text.rfind(b"\n") + 1].splitlines()
    if not text:
        with whole_file(part) as temporary:
            temporary.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        return []
    refuse_other_settings(part, _read(whole[0]) if whole else None, settings)
    if not text.endswith(b"\n"):
        os.truncate(part, text.rfind(b"\n") + 1)
    return [json.loads(line) for line in whole[1:]]


def _read(line: bytes) -> dict | None:
    """The settings in a line, or None if the line is not JSON."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def load_table(path: str | Path) -> pd.DataFrame:
    """The DataFrame of a file that build_table or write_table made; its .attrs hold the settings in the first line."""
    with Path(path).open(encoding="utf-8") as file:
        about = json.loads(file.readline().lstrip("# "))
        table = pd.read_csv(file)
    table.attrs.update(about)
    return table

"""Tables that one command measures once and stores as CSV; an interrupted measurement goes on where it stopped."""

import datetime
import json
import os
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from activeindex_lite.support.files import whole_file
from activeindex_lite.support.locks import InUse, alone


def build_table(path, settings, jobs, rows_of, *, title, unit, progress=True):
    """Measure rows_of(job), a list of dicts, for every job in turn, into a CSV file with settings (a dict) in its first line, after #.

    What an interrupted call has finished stands beside path with the suffix .part, and is used if the settings are the same:
    so they must name all that the rows depend on, the jobs included. FileExistsError for a file that is finished; ValueError
    for one begun with other settings.
    """
    import pandas as pd

    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists: name another file, or delete it first")
    part = path.with_suffix(".part")
    with resumed(part, settings) as (finished, note):
        for job in tqdm(jobs[len(finished) :], desc=title, unit=unit, disable=not progress):
            note(rows_of(job))
        write_table(path, pd.DataFrame([row for rows in finished for row in rows]), settings)
        part.unlink()


def write_table(path, table, about):
    """Write a DataFrame as `load_table` reads it: CSV after a line that says today's date and, in a dict, what made it."""
    first = json.dumps({"made": datetime.date.today().isoformat(), **about})
    with whole_file(path) as temporary:
        temporary.write_text(f"# {first}\n" + table.to_csv(index=False, float_format="%.5g"), encoding="utf-8")


@contextmanager
def resumed(part, settings):
    """(list of what is finished, function that notes one more in the list and the file), as `begun`, for this process alone.

    ValueError where another run is writing the same file: two would take turns in it, and neither could be gone on with.
    """
    lock = part.with_suffix(".lock")
    try:
        with alone(lock, wait=False):
            finished = begun(part, settings)
            with open(part, "a", encoding="utf-8") as file:

                def note(job):
                    finished.append(job)
                    file.write(json.dumps(job) + "\n")
                    file.flush()

                yield finished, note
    except InUse as error:
        raise ValueError(f"another run is writing {part}: {error}, or name another file") from None
    lock.unlink(missing_ok=True)


def begun(part, settings):
    """What an interrupted run has written, a line a finished job, begun with the same settings; begins the file where there is none."""
    # A run that was killed may have left half a line at the end, which is cut off and measured again.
    text = part.read_bytes() if part.exists() else b""
    whole = text[: text.rfind(b"\n") + 1].splitlines()
    if not text:
        with whole_file(part) as temporary:
            temporary.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        return []
    if not whole or _read(whole[0]) != json.loads(json.dumps(settings)):
        raise ValueError(f"{part} was begun with other settings: delete it, or go on with the ones in its first line")
    if not text.endswith(b"\n"):
        os.truncate(part, text.rfind(b"\n") + 1)
    return [json.loads(line) for line in whole[1:]]


def _read(line):
    """The settings in a line, or None if it holds none."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def load_table(path):
    """The DataFrame of a file that build_table or write_table made; .attrs says what made it."""
    import pandas as pd

    with Path(path).open(encoding="utf-8") as file:
        about = json.loads(file.readline().lstrip("# "))
        table = pd.read_csv(file)
    table.attrs.update(about)
    return table

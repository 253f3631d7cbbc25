"""Tables that one command measures once and stores as CSV; an interrupted measurement goes on where it stopped."""

import datetime
import json
from pathlib import Path

from tqdm import tqdm

from activeindex_lite.files import whole_file


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
    finished = begun(part, settings)
    with open(part, "a", encoding="utf-8") as file:
        for job in tqdm(jobs[len(finished):], desc=title, unit=unit, disable=not progress):
            finished.append(rows_of(job))
            file.write(json.dumps(finished[-1]) + "\n")
            file.flush()
    write_table(path, pd.DataFrame([row for rows in finished for row in rows]), settings)
    part.unlink()


def write_table(path, table, about):
    """Write a DataFrame as `load_table` reads it: CSV after a line that says today's date and, in a dict, what made it."""
    first = json.dumps({"made": datetime.date.today().isoformat(), **about})
    with whole_file(path) as temporary:
        temporary.write_text(f"# {first}\n" + table.to_csv(index=False, float_format="%.5g"), encoding="utf-8")


def begun(part, settings):
    """What an interrupted run has written, a line a finished job, begun with the same settings; begins the file where there is none."""
    if not part.exists():
        part.write_text(json.dumps(settings) + "\n", encoding="utf-8")
        return []
    # A run that was killed may have left half a line at the end, which is cut off and measured again.
    lines = part.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    if whole != lines:
        part.write_text("".join(whole), encoding="utf-8")
    if not whole or json.loads(whole[0]) != json.loads(json.dumps(settings)):
        raise ValueError(f"{part} was begun with other settings: delete it, or go on with the ones in its first line")
    return [json.loads(line) for line in whole[1:]]


def load_table(path):
    """The DataFrame of a file that build_table or write_table made; .attrs says what made it."""
    import pandas as pd

    with Path(path).open(encoding="utf-8") as file:
        about = json.loads(file.readline().lstrip("# "))
        table = pd.read_csv(file)
    table.attrs.update(about)
    return table

"""Writing a report: retrieval.csv, quality.csv, timing.csv and report.html, in a folder that held nothing before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from activeindex_lite.report.demo_page import page
from activeindex_lite.support.files import MARK, is_free, mark_as_output, whole_file

if TYPE_CHECKING:
    from activeindex_lite.evaluation.tables import Demo


def prepare_folder(folder: str | Path) -> Path:
    """Make the folder of a report; FileExistsError if it holds anything: nothing is ever overwritten."""
    folder = Path(folder)
    if not is_free(folder):
        raise FileExistsError(f"{folder} exists and is not empty: name another folder with --out, or delete this one")
    mark_as_output(folder)
    return folder


@contextmanager
def results_folder(folder: str | Path) -> Iterator[Path]:
    """with results_folder(path) as folder: as `prepare_folder`; a block that fails leaves no empty folder behind."""
    was_there = Path(folder).exists()
    folder = prepare_folder(folder)
    try:
        yield folder
    except BaseException:
        if is_free(folder):
            (folder / MARK).unlink(missing_ok=True)
            if not was_there:
                folder.rmdir()
        raise


def write_report(demo: Demo, folder: str | Path, course: str | None = None) -> Path:
    """Write the tables and the page of a Demo into a prepared folder, each whole or not at all; the page's path.

    course: address of the course, for a link in the page. retrieval.csv: index, nprobe, activated, edit, r1, low, high,
    queries. quality.csv: index, picture, psnr (dB), ssim, linf (grey levels). timing.csv: what, index, nprobe, ms,
    bytes (per vector), psnr, distance_before, distance_after.
    """
    folder = Path(folder)
    texts = {f"{name}.csv": getattr(demo, name).to_csv(index=False) for name in ("retrieval", "quality", "timing")}
    texts["report.html"] = page(demo, course)
    for name, text in texts.items():
        with whole_file(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder / "report.html"

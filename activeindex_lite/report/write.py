"""Writing a report: retrieval.csv, quality.csv, timing.csv and report.html in a folder that held nothing before."""

from pathlib import Path

from activeindex_lite.report.demo_page import page
from activeindex_lite.support.files import is_free, mark_as_output, whole_file


def prepare_folder(folder):
    """Make the folder of a report, or raise FileExistsError if there is something in it; nothing is ever overwritten."""
    folder = Path(folder)
    if not is_free(folder):
        raise FileExistsError(f"{folder} exists and is not empty: name another folder with --out, or delete this one")
    mark_as_output(folder)
    return folder


def write_report(demo, folder):
    """Write the tables and the page of a Demo into a prepared folder; each file appears whole or not at all.

    retrieval.csv: index, nprobe, activated, edit, r1, low, high, queries. quality.csv: index, picture, psnr (dB), ssim,
    linf (grey levels). timing.csv: what, index, nprobe, ms, bytes (a vector), psnr, distance_before, distance_after.
    Returns the path of report.html.
    """
    folder = Path(folder)
    texts = {name: getattr(demo, name).to_csv(index=False) for name in ("retrieval", "quality", "timing")}
    texts = {f"{name}.csv": text for name, text in texts.items()} | {"report.html": page(demo)}
    for name, text in texts.items():
        with whole_file(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder / "report.html"

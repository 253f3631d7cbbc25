"""The demonstration's results as files: CSV tables and one self-contained page."""

from activeindex_lite.report.demo_page import page
from activeindex_lite.report.write import prepare_folder, results_folder, write_report

__all__ = ["page", "prepare_folder", "results_folder", "write_report"]

"""Results as files: CSV tables and one HTML page that opens offline."""

from activeindex_lite.report.demo_page import page
from activeindex_lite.report.write import prepare_folder, results_folder, write_report

__all__ = ["page", "prepare_folder", "results_folder", "write_report"]

"""The course as pages for readers without a kernel: executed notebooks as HTML that needs no network."""

from __future__ import annotations

from activeindex_lite.pages.build import build_pages
from activeindex_lite.pages.links import broken_links
from activeindex_lite.pages.run import NotebookFailed

__all__ = ["NotebookFailed", "broken_links", "build_pages"]

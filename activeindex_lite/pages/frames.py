"""The page of one explorer, for a frame inside a notebook's page."""

from __future__ import annotations

from pathlib import Path

from activeindex_lite.support.files import whole_file
from activeindex_lite.widgets.module import Explorer
from activeindex_lite.widgets.page import write_page

# The page around a frame has said what the explorer is: its title stays for screen readers alone.
PLAIN = """body { margin: 8px auto; padding: 0 8px; }
h1 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
h1 + p { display: none; }
</style></head>"""
# Pages opened from a disk may not look into each other, so the explorer's page sends its height.
HEIGHT = """<script>
new ResizeObserver(() => parent.postMessage({ explorer: location.pathname.split("/").pop(),
  height: document.documentElement.offsetHeight + 8 }, "*")).observe(document.body);
</script>
</body></html>
"""


def write_frame(explorer: Explorer, path: Path) -> Path:
    """Write the explorer's own page (`write_page`) without a title, which tells the page around it its height in
    pixels; returns its Path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_page(explorer, path, overwrite=True)
    text = path.read_text(encoding="utf-8")
    with whole_file(path) as temporary:
        temporary.write_text(text.replace("</body></html>\n", HEIGHT).replace("</style></head>", PLAIN, 1), "utf-8")
    return path

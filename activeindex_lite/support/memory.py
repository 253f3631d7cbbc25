"""How much memory this process has used at most."""

import re
from pathlib import Path


def peak_megabytes() -> float:
    """The largest resident memory of this process so far, in MB; NaN outside Linux, where it is not known."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
    return int(found[1]) / 1024 if found else float("nan")

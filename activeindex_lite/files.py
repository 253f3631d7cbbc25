"""Writing files that appear whole or not at all, whatever happens while they are written."""

import os
from pathlib import Path


class whole_file:
    """with whole_file(path) as temporary: write temporary; path then appears in one go, or not at all after an error."""

    def __init__(self, path):
        self.path = Path(path)
        # The process in the name: two runs on one cache write files of their own, and the later one wins.
        self.temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")

    def __enter__(self):
        return self.temporary

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                os.replace(self.temporary, self.path)
        finally:
            self.temporary.unlink(missing_ok=True)

"""python -m activeindex_lite.cli: the same as the command activeindex-lite."""

import sys

from activeindex_lite.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

"""The bench: every row in one run, side by side with its peers.

    python -m tests.bench [--only ROW[,ROW]] [--quick] [--minutes 25] [--json FILE] [--out DIR]

Each row has its share of the minutes. A row that fails, or that cannot run here, does not stop the others:
the report says so. Ends with 1 if a row failed.
"""

from __future__ import annotations

import sys

from tests.bench.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

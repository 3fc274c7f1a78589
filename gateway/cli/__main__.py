"""`python -m gateway.cli`, for a checkout where `truc` is not installed."""

import sys

from gateway.cli import main

if __name__ == "__main__":
    sys.exit(main())

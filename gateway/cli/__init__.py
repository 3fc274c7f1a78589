"""
The command line `truc`.

Each command loads what it needs when it runs, so that `truc --help` answers at once: all libraries together
take 1.8 s and 97 MB.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code (0 done, 1 refused or failed, 2 wrong usage, 3 try again later)."""
    from gateway.cli.app import app  # here, so that importing this costs nothing

    try:
        app(args=argv, prog_name="truc")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 0

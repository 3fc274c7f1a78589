"""
A folder for servers that run as users of their own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter, which those of a test are not."""
    with tempfile.TemporaryDirectory(prefix="truc-bench-") as made:
        Path(made).chmod(0o755)
        yield Path(made)

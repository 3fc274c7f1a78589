"""
Real edXML from public sources, read in place and never committed.

The folder is `TRUC_SAMPLES`, by default `../shared/samples` beside the project. Set but missing is a mistake
and fails; not set and not there is a machine without samples and skips.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "TRUC_SAMPLES"
DEFAULT = Path(__file__).parents[2].parent / "shared" / "samples"


def sample_folder() -> Path:
    """The folder with the samples; fails or skips the running test when it is not there."""
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named)
        if not folder.is_dir():
            pytest.fail(f"{VARIABLE}={named} is not a folder")
        return folder
    if not DEFAULT.is_dir():
        pytest.skip(f"no samples: {VARIABLE} is not set and {DEFAULT} is not there")
    return DEFAULT


def sample_files() -> list[Path]:
    """Every message among the samples, sorted by path."""
    folder = sample_folder()
    files = sorted(f for f in folder.rglob("*") if f.suffix in (".edxml", ".xml"))
    if not files:
        pytest.fail(f"{folder} holds no edXML file")
    return files

"""
A node's settings and store on disk, as an operator has them before the node runs.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from tests.kit.command import truc


@pytest.fixture
def directory_file(tmp_path: Path) -> Path:
    """The three-tier directory as a file."""
    file = tmp_path / "directory.toml"
    file.write_bytes((files("gateway.directories") / "three-tier.toml").read_bytes())
    return file


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Settings of the node H14, whose database does not exist yet."""
    file = tmp_path / "node.toml"
    file.write_text('[node]\nid = "H14"\ndata_dir = "data"\n', "utf-8")
    return file


@pytest.fixture
def node(settings_file: Path, directory_file: Path) -> Path:
    """Settings of the node H14 with its database made and its directory imported."""
    assert truc("migrate", "-c", settings_file).code == 0
    assert truc("directory", "import", "-c", settings_file, directory_file).code == 0
    return settings_file

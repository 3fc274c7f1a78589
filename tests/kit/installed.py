"""
An adapter as if its package were installed: found by its entry point while a block runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def installed_adapter(folder: Path, name: str, factory: str) -> Iterator[None]:
    """`factory` (`module:attribute`) is the adapter `name`; `folder` gets what an installer would write."""
    info = folder / f"truc_{name}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: truc-{name}\nVersion: 0.1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[truc.adapters]\n{name} = {factory}\n", "utf-8")
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))

"""
Letters on disk for tests of commands: a sound one, and ways to spoil it.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from gateway.core.model import Organ
from gateway.letters import DIALECTS, compose

SENDER = Organ(code="000.00.60.H14", name="UBND xã Hòa An")
RECEIVER = Organ(code="000.00.00.H14", name="UBND tỉnh Cao Bằng")


def sound(path: Path, *, size: int = 2000) -> Path:
    """A letter that intake would take."""
    path.write_bytes(compose(DIALECTS[0], SENDER, [RECEIVER], 1, Random(1), size=size))
    return path


def spoilt(path: Path, old: bytes, new: bytes) -> Path:
    """A sound letter with one thing changed."""
    content = sound(path).read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    return path

"""
Letter ids: UUIDv7, so that ids sort by the time of intake and indexes grow at one end.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime

from gateway.core.model import LetterId


class LetterIds:
    """Mints the letter ids of one node.

    Spec: RFC9562/5.7 (UUIDv7: 48 bits of milliseconds, version, variant, the rest random)
    """

    def __init__(self, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._random_bits = random_bits

    def __call__(self, at: datetime) -> LetterId:
        """A new id for a letter accepted at `at`."""
        milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
        value = milliseconds << 80 | 7 << 76 | self._random_bits(12) << 64 | 2 << 62 | self._random_bits(62)
        return LetterId(str(uuid.UUID(int=value)))

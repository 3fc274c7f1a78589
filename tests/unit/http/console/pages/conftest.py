"""
A console over an axis that works, for the pages of the letter box.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.kit.letterbox import Boxes, listening_boxes


@pytest_asyncio.fixture
async def boxes(tmp_path: Path) -> AsyncIterator[Boxes]:
    async with listening_boxes(tmp_path) as listening:
        yield listening

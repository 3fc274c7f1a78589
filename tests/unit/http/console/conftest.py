"""
A listening console for the tests of this folder; at the end it must have had no fault of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.kit.console import Console, listening_console


@pytest_asyncio.fixture
async def console() -> AsyncIterator[Console]:
    async with listening_console() as listening:
        yield listening
        assert listening.log("internal.error") == []

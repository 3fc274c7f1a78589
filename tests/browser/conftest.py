"""
One browser for all tests of this shelf, a console and a tab of its own for each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.kit.browser import Tab, opened_tab, running_browser
from tests.kit.console import Console, listening_console
from tests.kit.letterbox import Boxes, listening_boxes


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def console() -> AsyncIterator[Console]:
    """The console of a node on its own; at the end it must have had no fault."""
    async with listening_console() as listening:
        yield listening
        assert listening.log("internal.error") == []


@pytest_asyncio.fixture(loop_scope="session")
async def boxes(tmp_path: Path) -> AsyncIterator[Boxes]:
    """A small axis whose agencies have their letter boxes in a console."""
    async with listening_boxes(tmp_path, is_watched=True) as listening:
        yield listening


@pytest.fixture(scope="session")
def shots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: `--screenshots`, or the temporary folder of the run."""
    wanted = request.config.getoption("--screenshots")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, console: Console, shots: Path) -> AsyncIterator[Tab]:
    """A tab of somebody who has not logged in."""
    async with opened_tab(browser, console, shots) as opened:
        yield opened

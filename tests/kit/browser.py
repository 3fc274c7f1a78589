"""
A real browser for tests of the console: Debian's chromium, told what to do by Playwright.

A tab remembers what the browser complained of: a page that breaks its own policy, a script that failed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from gateway.accounts import totp
from gateway.http.console.words import FIRST
from gateway.ports import Role
from tests.kit.console import NAMES, PASSWORD, Console

in_a_browser = [pytest.mark.external, pytest.mark.asyncio(loop_scope="session")]
"""`pytestmark` of every module with such tests: the browser lives as long as the run, in one event loop."""

WIDE, NARROW = (1366, 768), (390, 844)
"""An old PC, and a telephone."""

PATIENCE = 10_000  # milliseconds for anything; on an idle machine all is there within one second

WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


def chromium() -> str:
    """The browser that is installed."""
    found = which("chromium")
    if found is None:
        pytest.skip("chromium is not installed; make test installs it")
    return found


@asynccontextmanager
async def running_browser(*more: str) -> AsyncIterator[Browser]:
    """One browser; tests of one run share it, each with a context of its own. `more` are switches of it."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", *more]  # a container's root has no sandbox
        browser = await playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Tab:
    """One page of a browser, of somebody who may be logged in."""

    console: Console
    context: BrowserContext
    page: Page
    shots: Path
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Open a page of the console."""
        await self.page.goto(f"{self.console.url}{path}")

    async def log_in(self, role: Role) -> None:
        """By keyboard and mouse, as anybody does."""
        await self.open("/console/login")
        await self.page.fill("[name=name]", NAMES[role])
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("main button")
        if role is Role.ADMINISTRATOR:
            self.console.clock.advance(totp.STEP_SECONDS)  # no code is good twice
            await self.page.wait_for_url("**/login/code")
            await self.page.fill("[name=code]", self.console.code())
            await self.page.click("main button")
        await self.page.wait_for_url("**/console/")

    async def text(self, selector: str = "main") -> str:
        """What a part of the page says."""
        return " ".join((await self.page.inner_text(selector)).split())

    async def violations(self) -> list[str]:
        """How the page broke its own policy."""
        found: list[str] = await self.page.evaluate("window.violations")
        return found

    async def barriers(self) -> list[str]:
        """What keeps people from using the page (axe-core, WCAG 2 A and AA): rule and element."""
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = await Axe().run(self.page, options=options)
        return [
            f"{each['id']}: {node['html']} {node['failureSummary']}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]

    async def shoot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        await self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)

    async def look_over(self, name: str) -> None:
        """
        What holds for every page, at both sizes: no barrier, no breach of policy, nothing wider than it.

        Barriers are looked for on the wide page in Vietnamese, on the narrow one in English: each look takes
        a second, and what the other two could show is the same.
        """
        language = await self.page.get_attribute("html", "lang")
        for label, (width, height) in (("wide", WIDE), ("narrow", NARROW)):
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.shoot(f"{name}-{label}")
            if (label == "wide") == (language == FIRST):
                assert await self.barriers() == [], f"{name} {label}"
            wide: int = await self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} px wide on a screen of {width}"
        assert await self.violations() == []
        assert self.complaints == []


@asynccontextmanager
async def opened_tab(browser: Browser, console: Console, shots: Path, **options: Any) -> AsyncIterator[Tab]:
    """A tab in a context of its own: no cookies of others. `options` are Playwright's of a context."""
    width, height = WIDE
    context = await browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    await context.add_init_script(WATCH_POLICY)
    page = await context.new_page()
    tab = Tab(console, context, page, shots)
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    page.on("console", lambda said: _note(tab.complaints, said.type, said.text))
    try:
        yield tab
    finally:
        await context.close()


def _note(complaints: list[str], kind: str, text: str) -> None:
    # the browser says "Failed to load resource" of every page that is meant to be refused
    if kind == "error" and not text.startswith("Failed to load resource"):
        complaints.append(text)

from __future__ import annotations

import io
from pathlib import Path

from playwright.async_api import Browser, Page

from gateway.client import TrucClient
from gateway.sandbox.axis import MemoryAxis, memory_axis
from gateway.sandbox.consoles import OPERATOR, DemoAccounts, Visitors
from gateway.sandbox.mail import Sent, letters
from tests.kit.browser import PATIENCE, WATCH_POLICY, in_a_browser
from tests.kit.builders import CENTRAL, COMMUNE, PROVINCE, small_axis

pytestmark = in_a_browser


async def log_in(page: Page, url: str, password: str) -> None:
    await page.goto(f"{url}/console/")
    await page.fill("[name=name]", OPERATOR)
    await page.fill("[name=password]", password)
    await page.click("main button")
    await page.wait_for_url("**/console/")


async def send(axis: MemoryAxis, sent: list[Sent]) -> None:
    for letter in sent:
        desk = axis.desks[letter.sender]
        async with TrucClient(desk.url, desk.key) as client:
            await client.send(letter.content)


async def test_map_moves_while_letters_travel(browser: Browser, shots: Path, tmp_path: Path) -> None:
    """On a real axis, looked at by one who never clicks: a link is cut, letters wait, it heals, they pass."""
    accounts, log = DemoAccounts.new(), io.StringIO()
    visitors = Visitors(accounts=accounts)
    async with memory_axis(small_axis(), folder=tmp_path, log_to=log, visitors=visitors) as axis:
        context = await browser.new_context()
        context.set_default_timeout(2 * PATIENCE)
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        await log_in(page, axis.consoles[PROVINCE], accounts.password)
        commune = page.locator(f".axis .box:has-text('{COMMUNE}')")
        await commune.get_by_text("✓ Thông suốt").wait_for()

        await axis.cut(COMMUNE)
        await commune.get_by_text("✕ Mất kết nối").wait_for()
        await send(
            axis,
            [letter for letter in letters(axis.directory, 6, None) if COMMUNE not in whose(axis, letter)],
        )
        await commune.get_by_text("chờ 3").wait_for()
        await page.screenshot(path=shots / "overview-cut.png", full_page=True)

        await axis.heal(COMMUNE)
        await commune.get_by_text("✓ Thông suốt").wait_for()
        await commune.get_by_text("chờ 0").wait_for()
        row = page.locator(f"[data-live='overview.links'] tr:has-text('{COMMUNE}')")
        await row.locator("td.num").nth(4).get_by_text("3", exact=True).wait_for()
        central = page.locator(f"[data-live='overview.links'] tr:has-text('{CENTRAL}')")
        assert await central.locator("td.num").nth(5).inner_text() == "3"
        assert await page.evaluate("window.violations") == []
        await context.close()


def whose(axis: MemoryAxis, letter: Sent) -> str:
    """The node at which a letter is handed in."""
    return axis.directory.agencies[letter.sender].node

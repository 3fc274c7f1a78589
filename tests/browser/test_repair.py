"""
The way of letters, and what a person does when they get no further, on an axis that works.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from gateway.client import TrucClient
from gateway.core.delivery import State, Target
from gateway.core.model import Lane
from gateway.http.console.pages import failures
from gateway.http.console.words import LANGUAGES
from gateway.ports import LetterWish, Role, Trouble
from gateway.sandbox.axis import MemoryAxis, memory_axis
from gateway.sandbox.consoles import OPERATOR, DemoAccounts, Visitors
from tests.kit.browser import PATIENCE, WATCH_POLICY, WIDE, in_a_browser, opened_tab
from tests.kit.builders import CENTRAL, CENTRAL_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.letterbox import listening_boxes

pytestmark = in_a_browser

LETTERS = 200
UP = Target(neighbour=CENTRAL)
GROUP = {"trouble": "retrying", "code": "TRUC-504", "target": UP.key}


@pytest_asyncio.fixture(loop_scope="session")
async def axis(tmp_path: Path) -> AsyncIterator[tuple[MemoryAxis, str]]:
    """Every node at work, with consoles; the password of their operator."""
    accounts = DemoAccounts.new()
    visitors = Visitors(accounts=accounts)
    async with memory_axis(small_axis(), folder=tmp_path, log_to=io.StringIO(), visitors=visitors) as running:
        yield running, accounts.password


async def opened(browser: Browser, url: str, password: str) -> Page:
    """A page of the operator."""
    context = await browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(2 * PATIENCE)
    await context.add_init_script(WATCH_POLICY)
    page = await context.new_page()
    await page.goto(f"{url}/console/")
    await page.fill("[name=name]", OPERATOR)
    await page.fill("[name=password]", password)
    await page.click("main button")
    await page.wait_for_url("**/console/")
    return page


async def send(axis: MemoryAxis, number: int) -> None:
    desk = axis.desks[PROVINCE_OFFICE]
    async with TrucClient(desk.url, desk.key) as client:
        for each in range(number):
            await client.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE, number=each + 1))


async def test_group_that_a_cut_link_kept_back_is_sent_again_and_all_of_it_arrives(
    browser: Browser, shots: Path, axis: tuple[MemoryAxis, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "UNDO", timedelta(seconds=2))
    running, password = axis
    store = running.nodes[PROVINCE].desk.store
    page = await opened(browser, running.consoles[PROVINCE], password)
    await page.goto(f"{running.consoles[PROVINCE]}/console/failures")
    await running.cut(PROVINCE)
    await send(running, LETTERS)

    groups = page.locator("[data-live='failures.groups'] tbody tr")
    await groups.get_by_role("cell", name=str(LETTERS), exact=True).wait_for()
    assert await groups.count() == 1
    assert "TRUC-504" in await groups.first.inner_text()
    await page.screenshot(path=shots / "failures-cut.png", full_page=True)

    # held, so that the link that works again does not send them by itself before anybody clicks; one that was
    # being tried just then is left alone, and held with the next click
    await groups.first.get_by_role("rowheader").get_by_role("link").click()
    group = page.url
    while Trouble.RETRYING in [each.trouble for each in await store.troubles(10)]:
        await page.goto(group)
        await page.get_by_role("button", name="Tạm giữ cả nhóm").click()
        await page.get_by_text("Sắp làm").wait_for()
        await page.locator("[data-live^='repair:']").get_by_text("Đã xong").wait_for()
    await running.heal(PROVINCE)
    (held,) = await store.troubles(10)
    assert (held.trouble, held.number, held.target) == (Trouble.HELD, LETTERS, UP)

    await page.goto(f"{running.consoles[PROVINCE]}/console/failures")
    await page.locator("[data-live='failures.groups']").get_by_role("link").click()
    await page.screenshot(path=shots / "failure-group-held.png", full_page=True)
    await page.get_by_role("button", name="Cho cả nhóm đi tiếp").click()
    progress = page.locator("[data-live^='repair:']")
    await progress.get_by_text(f"{LETTERS} trên {LETTERS} văn bản").wait_for()
    await page.screenshot(path=shots / "repair-done.png", full_page=True)

    await page.goto(f"{running.consoles[PROVINCE]}/console/failures")
    await page.get_by_text("Không có văn bản nào bị kẹt").wait_for()
    there = running.nodes[CENTRAL].desk.store
    delivered: set[str] = set()
    while len(delivered) < LETTERS:
        found = await there.find(LetterWish(agency=CENTRAL_OFFICE, state=State.WAITING), 500)
        delivered = {line.letter_id for line in found.letters}
        await page.wait_for_timeout(200)
    assert await page.evaluate("window.violations") == []
    await page.context.close()


async def test_pages_of_a_letter_that_is_stuck_have_no_barrier(
    browser: Browser, shots: Path, tmp_path: Path
) -> None:
    async with listening_boxes(tmp_path) as listening:
        axis, console = listening.axis, listening.console
        await console.add(Role.AUDITOR, reads_content=True)
        axis.post.cut(PROVINCE, CENTRAL)
        sent = await axis.send(letter(PROVINCE_OFFICE, CENTRAL_OFFICE), by=PROVINCE_OFFICE)
        await axis.settle()
        await console.store.quarantine(
            b"<odd>",
            neighbour=CENTRAL,
            lane=Lane.NORMAL,
            code="TRUC-506",
            letter_id="",
            now=console.clock.now(),
        )
        at = f"/console/letters/{sent.letter_id}"
        async with opened_tab(browser, console, shots) as tab:
            await tab.log_in(Role.AUDITOR)
            for language in LANGUAGES:
                for name, path in {
                    "letter": at,
                    "failures-one": "/console/failures",
                    "failure-group-one": f"/console/failures/group?{urlencode(GROUP)}",
                    "odd": "/console/quarantine/frame/1",
                }.items():
                    await tab.open(f"/console/language/{language}?to={quote(path)}")
                    await tab.look_over(f"{name}-{language}")
            await tab.open(at)
            await tab.page.fill("[name=reason]", "kiểm tra theo công văn số 12")
            await tab.page.click("text=Show the edXML")
            await tab.page.wait_for_selector("pre.raw")
            await tab.look_over("letter-raw-en")
        async with opened_tab(browser, console, shots) as tab:
            await tab.log_in(Role.AGENCY)
            await tab.open(at)
            await tab.look_over("letter-agency-vi")

"""
The tracking page: what was asked and answered, seals looked at again, a circular to thousands.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from gateway.ports import Role
from tests.browser.test_box import look_over
from tests.kit.browser import Tab, in_a_browser, opened_tab
from tests.kit.builders import COMMUNE_OFFICE, PROVINCE_OFFICE
from tests.kit.letterbox import Boxes
from tests.unit.http.console.pages.test_letter import circular

pytestmark = in_a_browser


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, boxes: Boxes, shots: Path) -> AsyncIterator[Tab]:
    async with opened_tab(browser, boxes.console, shots) as opened:
        await opened.log_in(Role.OPERATOR)
        yield opened


async def test_request_with_its_answer_and_seals_that_were_looked_at_again(tab: Tab, boxes: Boxes) -> None:
    sent = await boxes.send(PROVINCE_OFFICE, COMMUNE_OFFICE)
    await boxes.axis.collect(COMMUNE_OFFICE)
    await boxes.axis.report(PROVINCE_OFFICE, sent.letter_id, "13", "Sai phụ lục 2")
    await boxes.axis.settle()
    await boxes.axis.report(COMMUNE_OFFICE, sent.letter_id, "16", "Đã trình ký")
    await boxes.axis.settle()
    await look_over(tab, f"/console/letters/{sent.letter_id}", "letter-asked-back")
    await tab.page.click("text=Kiểm tra ngay")
    await tab.page.wait_for_selector("text=niêm phong của nút nguyên vẹn")
    await tab.look_over("letter-verified-vi")
    assert await tab.violations() == []
    assert tab.complaints == []


async def test_circular_is_leafed_through_by_state(tab: Tab, boxes: Boxes) -> None:
    one = await circular(boxes)
    await look_over(tab, f"/console/letters/{one}", "letter-circular")
    await tab.page.click("text=Các nơi nhận tiếp theo")
    await tab.page.wait_for_selector("text=Nơi nhận 51–100 trong 3.000")
    await tab.page.click("text=đang chuyển (3.000)")
    await tab.page.wait_for_selector("text=Nơi nhận 1–50 trong 3.000")
    assert await tab.violations() == []

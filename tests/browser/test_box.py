from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from gateway.core.model import Kind
from gateway.http.console.words import LANGUAGES
from gateway.ports import Role
from tests.kit.browser import Tab, in_a_browser, opened_tab
from tests.kit.builders import COMMUNE_OFFICE, PROVINCE_OFFICE
from tests.kit.letterbox import PDF, Boxes

pytestmark = in_a_browser


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, boxes: Boxes, shots: Path) -> AsyncIterator[Tab]:
    """The tab of the clerk of the province's office."""
    async with opened_tab(browser, boxes.console, shots) as tab:
        await tab.log_in(Role.AGENCY)
        yield tab


async def look_over(tab: Tab, path: str, name: str) -> None:
    """What holds for every page, in both languages."""
    for language in LANGUAGES:
        await tab.open(f"/console/language/{language}?to={path}")
        await tab.look_over(f"{name}-{language}")
    await tab.open(f"/console/language/vi?to={path}")


async def test_document_comes_is_opened_taken_and_answered(desk: Tab, boxes: Boxes) -> None:
    letter_id = await boxes.come(number="21", priority=3, due_date="2026/03/10")
    await boxes.come(number="22")
    page = desk.page
    await look_over(desk, "/console/box", "box")
    await page.click("text=21/UBND-VX")
    assert "niêm phong của nút nguyên vẹn" in await desk.text()
    await look_over(desk, f"/console/box/letters/{letter_id}", "box-letter")
    await page.fill("[name=note]", "Số đến 12")
    await page.click("form[action$='/receive'] button")
    await page.wait_for_selector("text=Đã tiếp nhận văn bản")
    await page.fill("[name=handling]", "Đã xong")
    await page.click("text=Hoàn thành")
    await page.wait_for_selector("text=Đã báo trạng thái")
    await boxes.axis.report(COMMUNE_OFFICE, letter_id, "13", "Gửi nhầm")
    await boxes.axis.settle()
    await page.reload()
    page.once("dialog", lambda dialog: dialog.accept())
    await page.fill("[name=answer]", "Văn bản đã xử lý xong")
    await page.click("text=Từ chối lấy lại")
    await page.wait_for_selector("text=Đã trả lời yêu cầu")
    told = await boxes.told(letter_id, COMMUNE_OFFICE, PROVINCE_OFFICE)
    assert sorted(told) == ["01", "03", "06", "13", "16"]
    await desk.open("/console/box?shelf=all")
    assert await desk.violations() == []
    assert desk.complaints == []


async def test_document_is_written_corrected_and_sent(desk: Tab, boxes: Boxes, tmp_path: Path) -> None:
    page, file = desk.page, tmp_path / "cong-van.pdf"
    file.write_bytes(PDF + bytes(300_000))
    await look_over(desk, "/console/box/send", "box-send")
    await page.fill("#finder", str(COMMUNE_OFFICE))
    await page.click(".finder li button")
    assert await page.input_value("[name=recipients]") == COMMUNE_OFFICE
    await page.fill("[name=code_number]", "7")
    await page.fill("[name=code_notation]", "UBND-NC")
    await page.fill("[name=subject]", "MẬT: thử")  # which may not travel here
    await page.set_input_files("[name=files]", file)
    await page.click("#f-check")
    await page.wait_for_selector("[name=subject][aria-invalid]")
    await desk.look_over("box-send-fault-vi")
    await page.fill("[name=subject]", "V/v báo cáo số liệu")  # the file is still chosen
    await page.click("#f-check")
    await page.wait_for_selector("text=hãy xem lại rồi bấm")
    await desk.look_over("box-review-vi")
    await page.click("form[action$='/send/now'] button")
    await page.wait_for_selector("text=Trục đã nhận văn bản để gửi")
    await boxes.axis.settle()
    mail = (await boxes.axis.collect(COMMUNE_OFFICE, Kind.DOCUMENT))[0]
    assert mail.item.code == "7/UBND-NC"
    await boxes.axis.report(COMMUNE_OFFICE, mail.letter_id, "03")
    await boxes.axis.settle()
    for place in ("sent", "statuses", "diary"):
        await look_over(desk, f"/console/box/{place}", f"box-{place}")
    assert await desk.violations() == []
    assert desk.complaints == []

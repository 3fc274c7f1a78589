"""Reports with a keyboard: a period is chosen, the chart stands beside its table, the workbook comes."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.core.model import LetterFacts
from gateway.ports import Role
from tests.kit.browser import Tab, in_a_browser
from tests.kit.builders import DEPARTMENT, PROVINCE_OFFICE, new_letter
from tests.kit.clock import START

pytestmark = in_a_browser

FACTS = LetterFacts(document_id="id-1", code="1/UBND", issue_date="2026/03/02")


async def test_period_is_chosen_without_a_mouse_and_its_report_taken_along(tab: Tab) -> None:
    store = tab.console.store
    for number in range(1, 9):
        facts = replace(FACTS, extra={"paper": "1"} if number % 4 == 0 else {})
        sender = PROVINCE_OFFICE if number % 2 else DEPARTMENT
        await store.add_letter(new_letter(number, facts=facts, sender=sender), START)
    while await store.count_lines(Reckoning(Calendar(), START), 100):
        pass
    await tab.log_in(Role.ADMINISTRATOR)
    await tab.open("/console/reports")
    await tab.page.focus("[name=period]")
    await tab.page.keyboard.type("Quý 1/2026")
    await tab.page.focus("main form button")
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_url("**/console/reports?period=2026-Q1**")
    assert await tab.text("#total") == "Quý 1/2026"
    assert await tab.page.locator("svg rect.bar0").count() > 0
    await tab.page.locator("details summary").press("Enter")
    assert await tab.page.locator("details table tbody tr").count() > 0
    await tab.look_over("reports-filled-vi")
    async with tab.page.expect_download() as coming:
        await tab.page.get_by_text("Tải XLSX").press("Enter")
    download = await coming.value
    assert download.suggested_filename == "bao-cao-20260101-20260331.xlsx"
    assert await tab.violations() == []

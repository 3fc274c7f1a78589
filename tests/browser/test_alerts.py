from __future__ import annotations

from gateway.core.alerts import AlertKind, Patience, Seen
from gateway.ports import AlertLook, Role
from tests.kit.browser import Tab, in_a_browser

pytestmark = in_a_browser


async def test_alert_shows_without_a_click_and_is_acknowledged_by_keyboard(tab: Tab) -> None:
    await tab.log_in(Role.OPERATOR)
    await tab.open("/console/alerts")
    standing = tab.page.locator("[data-live='alerts.standing']")
    await standing.get_by_text("Không có cảnh báo nào.").wait_for()
    seen = [Seen(AlertKind.LINK, "G22"), Seen(AlertKind.DISK, "", 4.5, 10)]
    now = tab.console.clock.now()
    await tab.console.store.look_at_alerts(AlertLook(seen=seen, now=now, patience=Patience()))
    await tab.console.clock.run(6)
    await standing.get_by_text("Mất kết nối tới G22").wait_for()
    await tab.open("/console/alerts")
    await tab.page.focus("form[action='/console/alerts/acknowledge'] button")
    await tab.page.keyboard.press("Enter")
    await standing.get_by_text("operator.one đã ghi nhận").wait_for()
    await tab.look_over("alerts-standing-vi")

from __future__ import annotations

from pathlib import Path

from gateway.core.directory import Agency
from gateway.core.model import AgencyCode
from gateway.directory_files import to_csv
from gateway.ports import Mode, Role, Step, Tried
from tests.kit.browser import Tab, in_a_browser
from tests.kit.builders import CENTRAL, PROVINCE, small_axis

pytestmark = in_a_browser


async def test_link_is_tested_drained_and_opened_by_keyboard_and_mouse(tab: Tab) -> None:
    tab.console.steps = (
        Step(Tried.NAME, True, "g22.vn là 10.0.0.1", "g22.vn is 10.0.0.1"),
        Step(Tried.TLS, False, "chứng thư của bên kia hết hạn hôm qua", "expired yesterday"),
    )
    await tab.log_in(Role.OPERATOR)
    await tab.open(f"/console/partners/links/{CENTRAL}")
    await tab.page.click("form[action$='/test'] button")
    await tab.page.wait_for_selector("text=hết hạn hôm qua")
    await tab.look_over("partner-tested-vi")
    await tab.page.fill("[name=reason]", "thay đường truyền")
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_selector(".note.wait")
    assert (await tab.console.store.maintenance())[CENTRAL].mode is Mode.DRAINING
    await tab.look_over("partner-draining-vi")
    await tab.page.click("form[action$='/open'] button")
    await tab.page.wait_for_selector("text=đã mở lại")
    assert await tab.console.store.maintenance() == {}


async def test_difference_of_a_file_is_seen_before_it_is_applied(tab: Tab, tmp_path: Path) -> None:
    new = Agency(code=AgencyCode("000.00.77.H14"), name="<b>Sở Mới</b>", node=PROVINCE)
    axis = small_axis()
    file = tmp_path / "moi.csv"
    file.write_text(to_csv(type(axis)(1, axis.node_rows, (*axis.agency_rows, new))), "utf-8")
    await tab.log_in(Role.ADMINISTRATOR)
    await tab.open("/console/directory/changes")
    await tab.page.set_input_files("[name=files]", str(file))
    await tab.page.click("form[enctype] button")
    await tab.page.wait_for_url("**/proposals/**")
    assert "<b>Sở Mới</b>" in await tab.text()
    await tab.look_over("directory-proposal-vi")
    tab.page.on("dialog", lambda dialog: dialog.accept())
    await tab.page.click("form[action$='/apply'] button")
    await tab.page.wait_for_selector("text=Danh mục nay là phiên bản 2")
    assert (await tab.console.store.directory()).find("000.00.77.H14") is not None

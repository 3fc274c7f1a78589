from __future__ import annotations

import pytest
from playwright.async_api import Browser

from gateway.http.console.words import LANGUAGES
from gateway.http.surroundings import Health
from gateway.ports import Role
from tests.kit.browser import NARROW, Tab, in_a_browser, opened_tab
from tests.kit.builders import CENTRAL, PROVINCE_OFFICE
from tests.kit.console import NAMES, PASSWORD

pytestmark = in_a_browser

PAGES = {
    "login": ("/console/login", None),
    "overview": ("/console/", Role.OPERATOR),
    "overview-agency": ("/console/", Role.AGENCY),
    "letters": ("/console/letters", Role.OPERATOR),
    "letters-agency": ("/console/letters", Role.AGENCY),
    "failures": ("/console/failures", Role.OPERATOR),
    "failure-group": (
        "/console/failures/group?trouble=retrying&code=TRUC-504&target=link:G22",
        Role.OPERATOR,
    ),
    "quarantine": ("/console/quarantine", Role.OPERATOR),
    "journal": ("/console/journal", Role.AUDITOR),
    "journal-agency": ("/console/journal", Role.AGENCY),
    "alerts": ("/console/alerts", Role.OPERATOR),
    "partners": ("/console/partners", Role.OPERATOR),
    "partner": (f"/console/partners/links/{CENTRAL}", Role.OPERATOR),
    "agencies-served": ("/console/partners/agencies", Role.OPERATOR),
    "directory": ("/console/directory", Role.AGENCY),
    "directory-tree": ("/console/directory/tree", Role.VIEWER),
    "directory-changes": ("/console/directory/changes", Role.ADMINISTRATOR),
    "agency": (f"/console/directory/agencies/{PROVINCE_OFFICE}", Role.OPERATOR),
    "reports": ("/console/reports", Role.ADMINISTRATOR),
    "reports-agency": ("/console/reports?period=2026-Q1", Role.AGENCY),
    "reports-silent": ("/console/reports/silent", Role.VIEWER),
    "reports-paper": ("/console/reports/paper", Role.OPERATOR),
    "reports-mails": ("/console/reports/mails", Role.OPERATOR),
    "reports-sample": (f"/console/reports/sample?agency={PROVINCE_OFFICE}&seed=abc", Role.AUDITOR),
    "account": ("/console/account", Role.VIEWER),
    "password": ("/console/account/password", Role.VIEWER),
    "totp": ("/console/account/totp", Role.ADMINISTRATOR),
    "accounts": ("/console/accounts", Role.ADMINISTRATOR),
    "account-new": ("/console/accounts/new", Role.ADMINISTRATOR),
    "account-one": ("/console/accounts/operator.one", Role.ADMINISTRATOR),
    "refused": ("/console/accounts", Role.VIEWER),
    "not-found": ("/console/nowhere", Role.VIEWER),
}


@pytest.mark.parametrize("name", PAGES)
async def test_page_has_no_barrier_in_either_language(tab: Tab, name: str) -> None:
    path, role = PAGES[name]
    if role is not None:
        await tab.log_in(role)
    for language in LANGUAGES:
        await tab.open(f"/console/language/{language}?to={path}")
        assert await tab.page.get_attribute("html", "lang") == language
        await tab.look_over(f"{name}-{language}")


async def test_form_with_a_fault_has_no_barrier_and_leads_to_the_field(tab: Tab) -> None:
    await tab.open("/console/login")
    await tab.page.fill("[name=name]", "nobody")
    await tab.page.fill("[name=password]", "guessed")
    await tab.page.click("main button")
    await tab.page.wait_for_selector("[aria-invalid]")
    assert await tab.page.evaluate("document.activeElement.name") == "password"
    await tab.look_over("login-fault-vi")


async def test_login_needs_no_mouse(tab: Tab) -> None:
    await tab.open("/console/")
    keyboard = tab.page.keyboard
    await keyboard.press("Tab")
    assert await tab.text(":focus") == "Đến nội dung chính"
    await keyboard.press("Enter")
    await keyboard.press("Tab")
    await keyboard.type(NAMES[Role.VIEWER])
    await keyboard.press("Tab")
    await keyboard.type(PASSWORD)
    await keyboard.press("Enter")
    await tab.page.wait_for_url("**/console/")
    assert "Tổng quan" in await tab.text("h1")


async def test_menu_of_a_telephone_opens_and_says_so(tab: Tab) -> None:
    await tab.log_in(Role.OPERATOR)
    await tab.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    await tab.open("/console/")
    burger = tab.page.locator(".burger")
    assert not await tab.page.is_visible("#menu")
    await burger.click()
    assert await tab.page.is_visible("#menu")
    assert await burger.get_attribute("aria-expanded") == "true"


async def test_text_from_outside_shows_as_text(tab: Tab) -> None:
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    await tab.console.add(Role.VIEWER, "mark.up", full_name=markup)
    await tab.log_in(Role.ADMINISTRATOR)
    await tab.open("/console/accounts")
    assert markup in await tab.text()
    await tab.open("/console/accounts/mark.up")
    assert await tab.page.input_value("[name=full_name]") == markup
    assert await tab.violations() == []
    assert tab.complaints == []


async def test_form_is_not_lost_silently_when_the_session_is_over(tab: Tab) -> None:
    await tab.log_in(Role.VIEWER)
    await tab.open("/console/account/password")
    tab.console.clock.advance(tab.console.around.settings.session_longest)
    for name in ("old", "password", "again"):
        await tab.page.fill(f"[name={name}]", PASSWORD)
    await tab.page.click("main button")
    await tab.page.wait_for_url("**/console/login?to=**")
    assert "chưa được thực hiện" in await tab.text(".note")


async def test_pages_work_without_any_script(browser: Browser, tab: Tab) -> None:
    async with opened_tab(browser, tab.console, tab.shots, java_script_enabled=False) as plain:
        await plain.log_in(Role.OPERATOR)
        await plain.page.click("nav a[href='/console/journal']")
        assert "Nhật ký" in await plain.text("h1")
        await plain.page.click(".band button")
        await plain.page.wait_for_url("**/console/login")


async def test_link_that_goes_down_shows_without_a_click(tab: Tab) -> None:
    await tab.log_in(Role.OPERATOR)
    await tab.page.wait_for_selector("text=Thông suốt")
    tab.console.health = Health(store=True, links={CENTRAL: False})
    links = tab.page.locator("[data-live='overview.links']")
    await tab.console.clock.run(6)
    await links.get_by_text("Mất kết nối").wait_for()
    assert await tab.violations() == []

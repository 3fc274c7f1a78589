"""
What is done on a page before it is photographed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import FilePayload, Page

from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode
from gateway.directory_files import to_csv
from tests.browser.gallery.scene import ADMINISTRATOR
from tests.browser.gallery.weeks import FARMING, FINANCE, HERE, the_directory
from tests.kit.console import PASSWORD
from tests.kit.letterbox import PDF

REASON = "Kiểm tra theo Kế hoạch số 12/KH-TTr"


async def fill(page: Page, **typed: str) -> None:
    """Type into the fields of these names."""
    for name, text in typed.items():
        await page.fill(f"main [name={name}]", text)


async def log_in_without_the_code(page: Page) -> None:
    """As far as the page that asks an administrator for the code."""
    await fill(page, name=ADMINISTRATOR, password=PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/login/code")


async def ask_for_the_subject(page: Page) -> None:
    """The search by words of the subject."""
    await page.click("main details summary")
    await fill(page, subject="chuyen doi so", reason=REASON)
    await page.click("main details button")
    await page.wait_for_load_state()


async def ask_for_the_content(page: Page) -> None:
    """The edXML of a letter."""
    await fill(page, reason=REASON)
    await page.locator("form[action$='/raw'] button").first.click()
    await page.wait_for_selector("pre.raw")


async def ask_for_the_bytes(page: Page) -> None:
    """The bytes of something that was not taken."""
    await fill(page, reason=REASON)
    await page.click("main form button")
    await page.wait_for_selector("pre.raw")


async def try_the_connection(page: Page) -> None:
    """The test of a link."""
    await page.click("form[action$='/test'] button")
    await page.wait_for_selector("#outcome")


async def choose_a_directory_file(page: Page) -> None:
    """A file with an agency more, and another one that was renamed."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "don-vi-2026-04.csv"
        file.write_text(to_csv(_changed()), "utf-8")
        await page.set_input_files("[name=files]", str(file))
        await page.click("form[enctype] button")
        await page.wait_for_url("**/proposals/**")


def _changed() -> Directory:
    axis = the_directory()
    rows = [
        replace(row, name="Sở Tài chính và Kế hoạch tỉnh Cao Bằng") if row.code == FINANCE else row
        for row in axis.agency_rows
    ]
    new = Agency(
        code=AgencyCode("000.00.27.H14"),
        name="Trung tâm Phục vụ hành chính công tỉnh Cao Bằng",
        node=HERE,
        tier="tỉnh",
    )
    return Directory(axis.version, axis.node_rows, (*rows, new))


async def write_a_document(page: Page) -> None:
    """A document that is ready to be sent."""
    await _write(page, "V/v mời dự hội nghị chuyển đổi số cấp tỉnh năm 2026")
    await page.click("#f-check")
    await page.wait_for_selector("form[action$='/send/now']")


async def make_a_mistake(page: Page) -> None:
    """A document that may not travel here: its subject says that it is secret."""
    await _write(page, "MẬT: phương án bảo vệ hội nghị")
    await page.click("#f-check")
    await page.wait_for_selector("[name=subject][aria-invalid]")


async def _write(page: Page, subject: str) -> None:
    await fill(
        page,
        recipients=f"{FINANCE}, {FARMING}, @xa:H14",
        code_number="231",
        code_notation="SKHCN-CĐS",
        subject=subject,
        signer_name="Lê Quang Sơn",
        signer_position="Phó Giám đốc",
        due_date="2026-04-10",
    )
    file = FilePayload(name="giay-moi.signed.pdf", mimeType="application/pdf", buffer=PDF + bytes(90_000))
    await page.set_input_files("main [name=files]", [file])

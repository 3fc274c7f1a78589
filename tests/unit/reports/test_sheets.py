from __future__ import annotations

import io
import zipfile

from gateway.core.report import INDICATORS
from gateway.reports.sheets import columns, indicator_rows, rows, text, text_rows, workbook
from tests.kit.office import PROVINCE
from tests.unit.reports.reporting import reporting


async def test_table_has_agencies_levels_and_the_total_in_as_many_cells_as_titles() -> None:
    async with reporting() as given:
        told = await given.desk.report(given.desk.this_month())
    found = list(rows(told))
    assert [row[1] for row in found] == [PROVINCE, "", ""]
    assert {len(row) for row in found} == {len(columns())}
    place = 3 + list(INDICATORS).index("received")
    assert [row[place] for row in text_rows(told)] == ["2", "2", "2"]


def test_cells_are_read_back_by_programs() -> None:
    assert [text(value) for value in (None, 0.123456, 5, "a")] == ["", "0.1235", "5", "a"]


async def test_workbook_holds_text_as_text_and_every_sheet() -> None:
    async with reporting() as given:
        told = await given.desk.report(given.desk.this_month())
        codes = given.desk.settings.indicators
    book = zipfile.ZipFile(io.BytesIO(workbook(told, codes, "H14")))
    assert book.testzip() is None
    names = book.read("xl/workbook.xml").decode()
    for title in ("Báo cáo", "Số liệu", "Đơn vị không gửi, nhận", "Từ chối, trả lại", "Chỉ tiêu"):
        assert title in names
    sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    assert all("<f>" not in sheet for sheet in sheets)  # «=CT.01» is a code, not a formula
    assert [row[0] for row in indicator_rows(told, codes)] == ["=CT.01", "CT.02"]
    assert [row[2] for row in indicator_rows(told, codes)] == [2, 1 / 3]

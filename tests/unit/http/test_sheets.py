"""
Rows as CSV and XLSX.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import gateway.http.sheets as sheets
from gateway.core.diary import Column
from gateway.http.sheets import csv_chunks, xlsx_chunks
from schemas.safe_xml import parse

COLUMNS = (Column("Số, ký hiệu", 20), Column("Trích yếu", 40))
FORMULA = '=HYPERLINK("http://x","y")'
ROWS = [
    ["1/UBND", "Về việc «a, b»"],
    [FORMULA, "+1"],
    ["-2", "@x"],
    ["\tx", "dòng 1\ndòng 2"],
    ["", '"'],
]


async def batches(*rows: Sequence[str], size: int = 2) -> AsyncIterator[Sequence[Sequence[str]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


async def test_csv_is_read_by_spreadsheets_as_it_was_written() -> None:
    data = b"".join([chunk async for chunk in csv_chunks(COLUMNS, batches(*ROWS))])
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[0] == ["Số, ký hiệu", "Trích yếu"]
    assert read[1] == ROWS[0]
    assert read[5] == ROWS[4]


async def test_no_cell_of_csv_runs_as_a_formula() -> None:
    data = b"".join([chunk async for chunk in csv_chunks(COLUMNS, batches(*ROWS))])
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert f"'{FORMULA}" in cells


async def workbook(folder: Path, *rows: Sequence[str]) -> zipfile.ZipFile:
    data = b"".join([c async for c in xlsx_chunks("Nhật ký", COLUMNS, batches(*rows), folder)])
    return zipfile.ZipFile(io.BytesIO(data))


def texts(book: zipfile.ZipFile, sheet: int = 1) -> list[str]:
    root = parse(book.read(f"xl/worksheets/sheet{sheet}.xml")).root
    return [found.text or "" for found in root.iter("{*}t")]


async def test_every_cell_of_a_workbook_is_text(tmp_path: Path) -> None:
    book = await workbook(tmp_path, *ROWS)
    assert texts(book) == [c.title for c in COLUMNS] + [cell for row in ROWS for cell in row if cell]
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


async def test_empty_workbook_has_its_columns(tmp_path: Path) -> None:
    assert texts(await workbook(tmp_path)) == [column.title for column in COLUMNS]


async def test_full_sheet_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_OF_A_SHEET", 2)
    book = await workbook(tmp_path, *([f"{n}", "x"] for n in range(1, 6)))
    assert [name for name in book.namelist() if "worksheets/sheet" in name and "rels" not in name] == [
        f"xl/worksheets/sheet{n}.xml" for n in (1, 2, 3)
    ]
    assert texts(book, 3) == ["Số, ký hiệu", "Trích yếu", "5", "x"]


async def test_endless_cell_is_cut_where_a_workbook_ends(tmp_path: Path) -> None:
    assert len(texts(await workbook(tmp_path, ["x" * 40_000, ""]))[2]) == 32_767


async def test_nothing_stays_of_a_file_that_nobody_reads_to_its_end(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[Sequence[Sequence[str]]]:
        yield [["1", "x"]]
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError):
        _ = [chunk async for chunk in xlsx_chunks("x", COLUMNS, broken(), tmp_path)]
    assert list(tmp_path.iterdir()) == []

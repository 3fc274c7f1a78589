"""
Sheets: rows of text as a CSV or XLSX file, in pieces, whatever their number.

What people open in a spreadsheet must not run there: a cell of CSV that would be read as a formula is
preceded by an apostrophe, in XLSX every cell is written as text.

Spec: RFC4180
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter

from gateway.core.diary import Column
from gateway.http.upload_files import disk_room

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

BOM = "\ufeff"  # without it Excel reads UTF-8 as the code page of the machine
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
ROWS_OF_A_SHEET = 1_000_000  # a sheet of XLSX holds 1,048,576
LONGEST_CELL = 32_767  # characters, in XLSX
PIECE = 256 * 1024

Rows = AsyncIterator[Sequence[Sequence[str]]]
"""Rows in batches."""


async def csv_chunks(columns: Sequence[Column], batches: Rows) -> AsyncGenerator[bytes]:
    """A CSV file: UTF-8 with a mark at its beginning, lines ended by CRLF."""
    yield (BOM + _lines([[column.title for column in columns]])).encode()
    async for batch in batches:
        yield _lines([[harmless(cell) for cell in row] for row in batch]).encode()


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


async def xlsx_chunks(
    title: str, columns: Sequence[Column], batches: Rows, folder: Path
) -> AsyncGenerator[bytes]:
    """An XLSX file. Rows go to `folder` as they come and are gone when the last piece was given.

    Raises: Unavailable (DISK_FULL), and what `batches` raises.
    """
    with TemporaryDirectory(prefix="sheet-", dir=folder) as place:
        book = _Book(Path(place), title, columns)
        try:
            async for batch in batches:
                with disk_room():
                    await asyncio.to_thread(book.add, batch)
        except BaseException:
            with suppress(Exception):  # only to close its files; why it broke off is told by the other one
                book.finish()
            raise
        with disk_room():
            file = await asyncio.to_thread(book.finish)
        with file.open("rb") as written:
            while piece := await asyncio.to_thread(written.read, PIECE):
                yield piece


class _Book:
    """A workbook that keeps no row in memory; a further sheet is begun when one is full."""

    def __init__(self, place: Path, title: str, columns: Sequence[Column]) -> None:
        self._file, self._columns, self._title = place / "sheet.xlsx", columns, title
        self._book = xlsxwriter.Workbook(
            str(self._file),
            {
                "constant_memory": True,
                "tmpdir": str(place),
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._plain = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._title if self._sheets == 1 else f"({self._sheets})")
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, column.width)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column.title, self._bold)
        self._next = 1

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            if self._next > ROWS_OF_A_SHEET:
                self._begin()
            for place, cell in enumerate(row):
                if cell:
                    self._sheet.write_string(self._next, place, cell[:LONGEST_CELL], self._plain)
            self._next += 1

    def finish(self) -> Path:
        self._book.close()
        return self._file

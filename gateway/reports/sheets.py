"""
A report as rows of text and as an XLSX workbook, for people who go on calculating.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import xlsxwriter

from gateway.core.diary import Column
from gateway.core.refusal_reasons import words_of
from gateway.core.report import INDICATORS, Row, value_of
from gateway.reports.desk import Told

SHARES = tuple(name for name in INDICATORS if name.endswith(("_share", "_in_time")))
LEADING = (Column("Cấp · Level", 16), Column("Mã · Code", 18), Column("Đơn vị · Agency", 40))
INDICATOR_COLUMNS = (
    *(Column("Cấp · Level", 16), Column("Mã · Code", 18), Column("Số liệu · Figure", 20)),
    *(Column("Chỉ tiêu", 40), Column("Indicator", 40), Column("Giá trị · Value", 18)),
)
TOTAL = "Tổng số · Total"
SIDES = {
    "sent": "Văn bản gửi đi bị từ chối, trả lại · Sent",
    "received": "Đơn vị từ chối tiếp nhận · Received",
}


def columns() -> Sequence[Column]:
    """The columns of the table of figures."""
    named = [Column(f"{vi} · {en}", 14) for vi, en, _ in INDICATORS.values()]
    return (*LEADING, *named, Column("Tỷ lệ điện tử tính · The share is", 34))


def rows(told: Told) -> Iterator[tuple[object, ...]]:
    """The table of figures: agencies, levels, the total."""
    report = told.report
    for row in report.by_agency:
        yield _row(row, row.code, row.name)
    for row in report.by_level:
        yield _row(row, "", "Cộng cấp · Level")
    yield _row(report.total, "", TOTAL)


def _row(row: Row, code: str, name: str) -> tuple[object, ...]:
    return (row.level, code, name, *(value_of(row, each) for each in INDICATORS), " · ".join(row.share_of))


def text_rows(told: Told) -> list[list[str]]:
    """The same as text; shares as decimals, what is not known left empty."""
    return [[text(value) for value in row] for row in rows(told)]


def text(value: object) -> str:
    """A figure as a program reads it back."""
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def indicator_rows(told: Told, codes: Mapping[str, str]) -> list[tuple[str, str, object]]:
    """Code, name and value of each configured indicator, of the total."""
    return [
        (code, " · ".join(INDICATORS[name][:2]), value_of(told.report.total, name))
        for code, name in codes.items()
    ]


def workbook(told: Told, codes: Mapping[str, str], node: str) -> bytes:
    """The whole report as XLSX."""
    buffer = io.BytesIO()
    book = _Book(buffer)
    report = told.report
    until = told.counted.judged_until
    book.sheet(
        "Báo cáo",
        (Column("Mục · Item", 46), Column("Giá trị · Value", 46)),
        [
            ("Nút · Node", node),
            ("Kỳ · Period", report.period.name),
            ("Từ ngày · From", report.period.first),
            ("Đến hết ngày · To", report.period.last),
            ("Dòng nhật ký chưa tính · Lines not counted yet", told.counted.lines_left),
            ("Hạn đã xét đến trước · Duties judged until", until.date() if until else ""),
            *((vi_en, value) for vi_en, value in _totals(report.total)),
        ],
    )
    book.sheet("Số liệu", columns(), list(rows(told)))
    book.sheet(
        "Đơn vị không gửi, nhận",
        LEADING,
        [(silent.level, silent.code, silent.name) for silent in report.silent],
    )
    book.sheet(
        "Từ chối, trả lại",
        (Column("Bên · Side", 46), Column("Lý do · Reason", 60), Column("Số lượt · Number", 14)),
        [
            (SIDES[side], " · ".join(words_of(reason)), number)
            for (side, reason), number in report.refusals.items()
        ],
    )
    book.sheet(
        "Theo tháng" if told.is_monthly else "Theo ngày",
        (Column("Ngày · Day", 14), Column("Gửi · Sent", 14), Column("Nhận · Received", 14)),
        [(day, figures.sent, figures.received) for day, figures in sorted(told.course.items())],
    )
    if codes:
        book.sheet(
            "Chỉ tiêu",
            (Column("Mã · Code", 18), Column("Chỉ tiêu · Indicator", 60), Column("Giá trị · Value", 18)),
            indicator_rows(told, codes),
        )
    book.finish()
    return buffer.getvalue()


def _totals(row: Row) -> Iterator[tuple[str, object]]:
    for name, (vi, en, read) in INDICATORS.items():
        more = f" ({' · '.join(row.share_of)})" if name == "electronic_share" else ""
        value = read(row)
        percent = f"{value * 100:.1f} %" if name in SHARES and value is not None else value
        yield f"{vi} · {en}{more}", percent


class _Book:
    """A workbook; text is text, whatever it begins with."""

    def __init__(self, file: io.BytesIO) -> None:
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options)
        self._bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._day = self._book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self._decimal = self._book.add_format({"num_format": "0.000"})

    def sheet(self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.title, self._bold)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, self._day)
                elif isinstance(value, float):
                    sheet.write_number(number, place, value, self._decimal)
                elif isinstance(value, int):
                    sheet.write_number(number, place, value)
                elif value:
                    sheet.write_string(number, place, str(value))

    def finish(self) -> None:
        self._book.close()

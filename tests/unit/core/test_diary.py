"""
The diary in the columns of the registers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.core.diary import COLUMNS, TITLES, DiaryLine, Direction, cells
from gateway.core.model import AgencyCode, LetterId

LINE = DiaryLine(
    cursor="1.a",
    letter_id=LetterId("019ab000-0000-7000-8000-000000000001"),
    agency=AgencyCode("000.00.00.H14"),
    at=datetime(2026, 11, 23, 18, 30, tzinfo=UTC),
    sender=AgencyCode("000.00.00.G22"),
    sender_name="Văn phòng Chính phủ",
    recipients=("000.00.00.H14", "000.00.00.H21"),
    code="7816/VPCP-TTĐT",
    issue_date="2026-11-20T00:00:00",
    type_name="Công văn",
    subject="V/v triển khai",
    signer="Nguyễn Văn A",
    copies="3",
    status="03",
)


def row(line: DiaryLine, direction: Direction) -> dict[str, str]:
    return dict(zip((c.title for c in COLUMNS[direction]), cells(line, direction), strict=True))


def test_outgoing_documents_stand_in_the_columns_of_their_register() -> None:
    assert [column.title for column in COLUMNS[Direction.OUT]][:8] == [
        "Số, ký hiệu văn bản",
        "Ngày tháng văn bản",
        "Tên loại và trích yếu nội dung văn bản",
        "Người ký",
        "Nơi nhận văn bản",
        "Đơn vị, người nhận bản lưu",
        "Số lượng bản",
        "Ghi chú",
    ]
    told = row(LINE, Direction.OUT)
    assert told["Số, ký hiệu văn bản"] == "7816/VPCP-TTĐT"
    assert told["Ngày tháng văn bản"] == "20/11/2026"
    assert told["Tên loại và trích yếu nội dung văn bản"] == "Công văn V/v triển khai"
    assert told["Nơi nhận văn bản"] == "000.00.00.H14; 000.00.00.H21"
    assert (told["Người ký"], told["Số lượng bản"]) == ("Nguyễn Văn A", "3")
    assert (told["Đơn vị, người nhận bản lưu"], told["Ghi chú"]) == ("", ""), "the axis cannot know it"


def test_incoming_documents_stand_in_the_columns_of_theirs() -> None:
    told = row(LINE, Direction.IN)
    assert list(told)[:10] == [
        "Ngày đến",
        "Số đến",
        "Tác giả",
        "Số, ký hiệu văn bản",
        "Ngày tháng văn bản",
        "Tên loại và trích yếu nội dung văn bản",
        "Đơn vị hoặc người nhận",
        "Ngày chuyển",
        "Ký nhận",
        "Ghi chú",
    ]
    assert told["Ngày đến"] == "24/11/2026", "a day is a day in Vietnam"
    assert told["Tác giả"] == "Văn phòng Chính phủ"
    blank = ("Số đến", "Đơn vị hoặc người nhận", "Ngày chuyển", "Ký nhận", "Ghi chú")
    assert [told[name] for name in blank] == [""] * 5
    assert told["Thời điểm trên trục"] == "24/11/2026 01:30:00"


@pytest.mark.parametrize("direction", Direction)
def test_what_nobody_wrote_stays_blank_and_rubbish_stays_as_it_is(direction: Direction) -> None:
    bare = replace(LINE, code="", issue_date="hôm qua", type_name="", subject="", sender_name="", status="77")
    told = row(bare, direction)
    assert told["Ngày tháng văn bản"] == "hôm qua"
    assert told["Tên loại và trích yếu nội dung văn bản"] == ""
    assert told["Trạng thái gần nhất"] == "77"
    assert TITLES[direction]
    assert len(TITLES[direction]) <= 31, "the name of a sheet"


def test_author_without_a_name_is_told_by_its_code() -> None:
    assert row(replace(LINE, sender_name=""), Direction.IN)["Tác giả"] == "000.00.00.G22"

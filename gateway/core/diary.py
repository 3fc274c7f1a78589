"""
The exchange diary (nhật ký gửi nhận trên trục): which documents an agency sent and received over the axis.

The legal registers are the agency's own. This is the axis' log in the order of their columns, so that a clerk
can lay one beside the other; what the axis cannot know (number of arrival, who got it in the office, when it
was passed on) is left blank. Behind the columns of the register stand a few of the axis.

Spec: ND30/IV
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.calendar import VIETNAM
from gateway.core.lifecycle import STATUSES
from gateway.core.model import AgencyCode, LetterId, issue_day


class Direction(StrEnum):
    """The agency's view: văn bản đi, văn bản đến."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class DiaryLine:
    """
    One document as the axis knows it. `at` is when the axis took it (out), or it came to the door (in).

    `cursor` is its place in the diary; `status` the code that was last reported of it, "" if none.
    """

    cursor: str
    letter_id: LetterId
    agency: AgencyCode
    at: datetime
    sender: AgencyCode
    sender_name: str
    recipients: tuple[str, ...]
    code: str
    issue_date: str
    type_name: str
    subject: str
    signer: str
    copies: str
    status: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register; `width` in characters, for spreadsheets."""

    title: str
    width: int


_OF_THE_AXIS = (
    Column("Mã văn bản trên trục", 38),
    Column("Mã định danh đơn vị", 18),
    Column("Thời điểm trên trục", 20),
    Column("Trạng thái gần nhất", 24),
)
COLUMNS = {
    Direction.OUT: (
        Column("Số, ký hiệu văn bản", 20),
        Column("Ngày tháng văn bản", 14),
        Column("Tên loại và trích yếu nội dung văn bản", 60),
        Column("Người ký", 24),
        Column("Nơi nhận văn bản", 40),
        Column("Đơn vị, người nhận bản lưu", 20),
        Column("Số lượng bản", 10),
        Column("Ghi chú", 16),
        *_OF_THE_AXIS,
    ),
    Direction.IN: (
        Column("Ngày đến", 14),
        Column("Số đến", 10),
        Column("Tác giả", 36),
        Column("Số, ký hiệu văn bản", 20),
        Column("Ngày tháng văn bản", 14),
        Column("Tên loại và trích yếu nội dung văn bản", 60),
        Column("Đơn vị hoặc người nhận", 20),
        Column("Ngày chuyển", 14),
        Column("Ký nhận", 10),
        Column("Ghi chú", 16),
        *_OF_THE_AXIS,
    ),
}
"""The columns of the two registers in their order, then those of the axis. Spec: ND30/IV"""

TITLES = {
    Direction.OUT: "Nhật ký gửi văn bản trên trục",
    Direction.IN: "Nhật ký nhận văn bản trên trục",
}


def cells(line: DiaryLine, direction: Direction) -> Sequence[str]:
    """The row of one document under `COLUMNS`, days as the registers write them (dd/MM/yyyy)."""
    local = line.at.astimezone(VIETNAM)
    what = " ".join(filter(None, (line.type_name, line.subject)))
    status = STATUSES.get(line.status)
    of_the_axis = (
        line.letter_id,
        line.agency,
        local.strftime("%d/%m/%Y %H:%M:%S"),
        status.vi if status else line.status,
    )
    if direction is Direction.OUT:
        places = "; ".join(line.recipients)
        return (
            line.code,
            _day(line.issue_date),
            what,
            line.signer,
            places,
            "",
            line.copies,
            "",
            *of_the_axis,
        )
    author = line.sender_name or line.sender
    arrived = local.strftime("%d/%m/%Y")
    return (arrived, "", author, line.code, _day(line.issue_date), what, "", "", "", "", *of_the_axis)


def _day(text: str) -> str:
    """A day however the sender wrote it; what is no day stays as it is."""
    day = issue_day(text)
    return text if day is None else day.strftime("%d/%m/%Y")

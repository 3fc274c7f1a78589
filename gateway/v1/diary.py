"""
The exchange diary over /v1: which part of it is asked for, and its lines.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict

from gateway.core.diary import Direction
from gateway.v1.findings import Shape
from gateway.v1.moments import Moment
from gateway.v1.query import Number, Query, Text, described


class DiarySpan(Query):
    """Which diary, of which time."""

    direction: Direction = described(..., "out: văn bản đi; in: văn bản đến", "out: sent; in: received")
    since: Moment | None = described(
        None,
        "Từ lúc, RFC 3339; mặc định 30 ngày trước until",
        "From then on; 30 days before `until` if left out",
    )
    until: Moment | None = described(
        None, "Đến trước lúc, RFC 3339; mặc định bây giờ", "Before then; now if left out"
    )


class DiaryQuery(DiarySpan):
    """Which page of it."""

    cursor: Text = described(
        "",
        "Con trỏ: next của trang trước",
        "Cursor: the next of the page before",
        pattern=r"^([0-9]{1,16}\.[0-9a-f-]{1,36})?$",
    )
    limit: Number = described(100, "Tối đa bao nhiêu văn bản", "At most so many documents", ge=1, le=500)


class DiaryLineShape(Shape):
    """One document of the diary. `status` is the code that was last reported of it, "" if none."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    letter_id: str
    agency: str
    at: datetime
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    code: str
    issue_date: str
    type_name: str
    subject: str
    signer: str
    copies: str
    status: str


class DiaryShape(Shape):
    """Part of a diary, oldest first. `next` is the `cursor` of the following page, None at the end."""

    direction: Direction
    since: datetime
    until: datetime
    lines: tuple[DiaryLineShape, ...]
    next: str | None

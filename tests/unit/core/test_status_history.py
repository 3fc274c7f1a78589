"""
The history of statuses, and the one that is shown.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.model import AgencyCode, Operation
from gateway.core.status_history import StatusEvent, history, shown

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def said(*codes: str, description: str = "") -> list[StatusEvent]:
    return [
        StatusEvent(AgencyCode("far"), code, "", START + timedelta(minutes=n), description)
        for n, code in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("codes", "operation", "expected"),
    [
        ((), Operation.NEW, None),
        (("01",), Operation.NEW, "01"),
        (("05", "03"), Operation.NEW, "05"),  # out of order: the highest
        (("01", "03", "13"), Operation.NEW, "13"),  # an open request
        (("03", "13", "16"), Operation.NEW, "03"),  # refused: the former state goes on
        (("03", "13", "15"), Operation.NEW, "15"),
        (("03", "15"), Operation.NEW, "03"),  # an answer to nothing
        (("01", "15"), Operation.RECALL, "15"),  # the document itself asks
        (("01", "16"), Operation.REPLACE, "16"),
        (("16", "15"), Operation.UPDATE, "15"),
        (("01",), Operation.RECALL, "01"),
        (("07",), Operation.NEW, None),  # unknown: kept, and says nothing about how far it is
        (("1",), Operation.NEW, "01"),
    ],
)
def test_shown_status_tells_how_far_the_receiver_is(
    codes: tuple[str, ...], operation: Operation, expected: str | None
) -> None:
    line = shown(history(said(*codes)), operation)
    assert (line.code if line else None) == expected


def test_latest_of_equal_statuses_is_shown() -> None:
    line = shown(history(said("05", "05")), Operation.NEW)
    assert line is not None
    assert line.arrived_at == START + timedelta(minutes=1)


def test_history_is_in_order_of_arrival() -> None:
    assert [line.code for line in history(reversed(said("01", "03", "06")))] == ["01", "03", "06"]


def test_notice_of_the_axis_never_speaks_for_the_receiver() -> None:
    lines = history(said("02", description="[Trục] TRUC-503 Văn bản quá hạn chuyển"))
    assert (lines[0].is_notice, lines[0].vi) == (True, "Thông báo của Trục")
    assert shown(lines, Operation.NEW) is None


def test_automatic_arrival_is_marked() -> None:
    (line,) = history(said("01", description="[Trục] Trạng thái tự động: phần mềm của đơn vị đã nhận"))
    assert (line.is_automatic, line.is_notice, line.vi) == (True, False, "Đã đến")


def test_unknown_code_is_kept_with_its_number() -> None:
    (line,) = history(said("07"))
    assert (line.code, line.vi, line.en) == ("07", "Trạng thái 07", "Status 07")

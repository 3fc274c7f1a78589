from __future__ import annotations

from datetime import UTC, datetime

from gateway.core.delivery import State
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import MailItem
from gateway.v1.mailbox import HistoryPage, MailboxPage

EVENING = datetime(2026, 3, 8, 18, tzinfo=UTC)  # the ninth in Vietnam


def item(came_before: datetime | None = None) -> MailItem:
    return MailItem(
        number=7,
        letter_id=LetterId("l"),
        agency=AgencyCode("B"),
        kind=Kind.DOCUMENT,
        sender=AgencyCode("A"),
        sender_name="Sở Nội vụ",
        document_id="a-1",
        code="1/SNV",
        issue_date="2026/03/02",
        subject="V/v",
        priority=0,
        status_code="",
        size=1,
        waiting_since=EVENING,
        state=State.WAITING,
        came_before=came_before,
    )


def test_letter_like_one_that_came_before_says_whose_and_on_which_day() -> None:
    (line,) = MailboxPage.of([item(EVENING)], 10).items
    (told,) = line.findings
    assert (told.code, told.clause) == ("TRUC-327", "ND30/VI")
    assert "Sở Nội vụ đã đến ngày 09/03/2026" in told.vi
    assert HistoryPage.read(HistoryPage.of([item(EVENING)], 10).as_json()) is not None


def test_letter_that_came_once_says_nothing() -> None:
    (line,) = MailboxPage.of([item()], 10).items
    assert line.findings == ()

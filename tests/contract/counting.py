"""
Letters and statuses that statistics count, and the counting of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.calendar import Calendar
from gateway.core.deadlines import Reckoning
from gateway.core.delivery import Offered, Target
from gateway.core.model import AgencyCode, InReplyTo, Kind, Lane, LetterFacts
from gateway.core.periods import Period, month_of
from gateway.core.statistics import Figures
from gateway.store.sql import SqlStore
from tests.kit.builders import (
    CENTRAL,
    CENTRAL_OFFICE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    stored_letter,
)
from tests.kit.clock import START

HERE = Target(agency=PROVINCE_OFFICE)
MARCH = month_of(START.date())
DAY = timedelta(days=1)
LATER = START + timedelta(days=30)
CALENDAR = Calendar()
PLAIN = LetterFacts(document_id="id-1", code="1/UBND", issue_date="2026/03/02")


def reckoning(now: datetime = START) -> Reckoning:
    return Reckoning(CALENDAR, now)


async def count(store: SqlStore, lines: int = 1000) -> None:
    """Count until nothing is left."""
    while await store.count_lines(reckoning(), lines):
        pass


async def figures(store: SqlStore, period: Period = MARCH) -> dict[str, Figures]:
    return {found.agency: found.figures for found in await store.figures_of(period, None)}


async def send(
    store: SqlStore, number: int, facts: LetterFacts = PLAIN, sameness: str = "", at: datetime = START
) -> None:
    """The province's office hands in the n-th document."""
    letter = replace(stored_letter(number, facts=facts, at=at), received_at=at)
    await store.add_letter(new_letter(number, letter=letter, sameness=sameness), at)


async def offer(
    store: SqlStore,
    number: int,
    facts: LetterFacts = PLAIN,
    kind: Kind = Kind.DOCUMENT,
    sender: AgencyCode = CENTRAL_OFFICE,
    after: timedelta = timedelta(seconds=100),
) -> None:
    """The n-th letter comes from central to the door of the province's office."""
    new = new_letter(
        number,
        HERE,
        facts=facts,
        kind=kind,
        lane=Lane.NORMAL,
        origin=CENTRAL,
        sender=sender,
        came_from=CENTRAL,
        to=[(PROVINCE_OFFICE, PROVINCE)],
    )
    at = START + after
    await store.add_letter(new, at)
    await store.claim_due(None, None, at, letters=100, size=10**9)
    await store.record(letter_id(number), HERE, Offered(at + DAY), at)


async def report(store: SqlStore, number: int, code: str, at: datetime, description: str = "") -> None:
    """The province reports a status of the document of PLAIN."""
    named = InReplyTo(CENTRAL_OFFICE, PLAIN.code, PLAIN.document_id, PLAIN.issue_date)
    extra = {"description": description} if description else {}
    facts = LetterFacts(status_code=code, in_reply_to=(named,), extra=extra)
    status = replace(
        stored_letter(number, facts=facts, kind=Kind.STATUS, lane=Lane.CONTROL, at=at), received_at=at
    )
    await store.add_letter(new_letter(number, letter=status), at)

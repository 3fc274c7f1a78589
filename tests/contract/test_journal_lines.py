from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.core.model import AgencyCode
from gateway.ports import Act, JournalWish
from gateway.store import journal_lines
from gateway.store.sql import SqlStore
from tests.kit.builders import PROVINCE_OFFICE
from tests.kit.clock import START, ManualClock


async def write(store: SqlStore, clock: ManualClock, *events: str, agency: str = "") -> None:
    for event in events:
        clock.advance(60)
        await store.note_act(
            Act(event=event, by="lan", at=clock.now(), agency=AgencyCode(agency) if agency else None)
        )


async def test_newest_lines_come_first_and_pages_go_back_to_the_beginning(
    store: SqlStore, clock: ManualClock
) -> None:
    await write(store, clock, *(f"console.e{n}" for n in range(5)))
    seen: list[str] = []
    before: int | None = None
    for _ in range(3):
        page = await store.journal_back(JournalWish(before=before), 2)
        seen += [row.event for row in page.rows]
        before = page.before
    assert seen == ["console.e4", "console.e3", "console.e2", "console.e1", "console.e0", "directory.set"]
    assert before is None


async def test_lines_are_chosen_by_event_target_letter_and_time(store: SqlStore, clock: ManualClock) -> None:
    await write(store, clock, "console.login", "console.logout")
    await write(store, clock, "console.content_opened", agency=PROVINCE_OFFICE)
    wishes = {
        "console.login": JournalWish(events="console.login"),
        "console.content_opened": JournalWish(target="000.00.00"),
        "directory.set": JournalWish(until=START + timedelta(seconds=1)),
    }

    for event, wish in wishes.items():
        assert [row.event for row in (await store.journal_back(wish, 9)).rows] == [event]
    assert (await store.journal_back(JournalWish(letter_id="none"), 9)).rows == []


async def test_agency_reads_only_who_opened_its_own_letters(store: SqlStore, clock: ManualClock) -> None:
    await write(store, clock, "console.content_opened", "console.account_add", agency=PROVINCE_OFFICE)
    await write(store, clock, "console.content_opened", agency="OTHER")
    found = await store.journal_back(JournalWish(agency=PROVINCE_OFFICE), 9)
    assert [(row.event, row.target) for row in found.rows] == [
        ("console.content_opened", f"agency:{PROVINCE_OFFICE}")
    ]


async def test_page_that_finds_nothing_stops_looking_and_says_where_to_go_on(
    store: SqlStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a question for one line would read through all that happened in a year."""
    monkeypatch.setattr(journal_lines, "SCANNED", 3)
    await write(store, clock, "console.first", *("console.other" for _ in range(5)))
    page = await store.journal_back(JournalWish(events="console.first"), 9)
    assert (page.rows, page.before) == ([], 5)
    page = await store.journal_back(JournalWish(events="console.first", before=page.before), 9)
    assert [row.event for row in page.rows] == ["console.first"]

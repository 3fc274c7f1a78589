from __future__ import annotations

import asyncio
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.core.alerts import AlertKind, AlertStep, Patience, Seen
from gateway.core.delivery import Failed, Target
from gateway.core.model import Lane, NodeId
from gateway.ports import Act, AlertLook
from gateway.store.sql import SqlStore
from tests.contract.conftest import Database
from tests.kit.builders import CENTRAL, new_letter
from tests.kit.clock import START

MINUTE = timedelta(minutes=1)
DOWN = Seen(AlertKind.LINK, "G22")
DISK = Seen(AlertKind.DISK, "", 4.5, 10)
PATIENT = Seen(AlertKind.LINK, "G22", wait=2 * MINUTE)
WAITS_FOR_A_LOCK = text(
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
ACT = Act(event="console.alert_acknowledged", by="lan", at=START)


def look(*seen: Seen, minute: int = 0, ways: tuple[str, ...] = ("mail", "chat"), **more: object) -> AlertLook:
    return AlertLook(seen=seen, now=START + minute * MINUTE, patience=Patience(), ways=ways, **more)  # type: ignore[arg-type]


async def test_alert_stands_until_it_has_ended(store: SqlStore) -> None:
    (raised,) = (await store.look_at_alerts(look(DISK))).raised
    assert raised.number
    assert [(a.number, a.value, a.limit) for a in await store.alerts_standing()] == [(raised.number, 4.5, 10)]
    assert (await store.look_at_alerts(look(DISK, minute=1))).continuing
    assert (await store.look_at_alerts(look(minute=2))).continuing
    (ended,) = (await store.look_at_alerts(look(minute=3))).ended
    assert await store.alerts_standing() == []
    assert await store.alerts_past(None, 10) == [ended]
    assert await store.alerts_past(ended.number, 10) == []
    again = await store.look_at_alerts(look(DISK, minute=4))
    assert again.raised[0].number > raised.number
    told = [row.event for row in await store.journal(0, 100) if row.event.startswith("alert.")]
    assert told == ["alert.raised", "alert.ended", "alert.raised"]


async def test_what_went_away_in_time_leaves_nothing(store: SqlStore) -> None:
    waiting = Seen(AlertKind.LINK, "G22", wait=timedelta(hours=1))
    await store.look_at_alerts(look(waiting))
    assert await store.alerts_standing() == []
    assert (await store.look_at_alerts(look(minute=5))).gone
    assert await store.alerts_past(None, 10) == []
    assert await store.alert_messages(10) == []


async def test_two_instances_raise_one_alert(database: Database, store: SqlStore) -> None:
    other = database.open("two")
    assert (await store.look_at_alerts(look(DOWN))).raised
    assert (await other.look_at_alerts(look(DOWN))).continuing
    assert len(await other.alerts_standing()) == 1


@pytest.mark.external
@pytest.mark.parametrize(
    ("news", "before", "seen", "minute"),
    [
        ("raised", PATIENT, (PATIENT,), 2),
        ("reminded", DISK, (DISK,), 24 * 60),
        ("ended", DISK, (), 3),
    ],
)
async def test_of_two_instances_that_look_at_the_same_moment_one_tells(
    postgresql_database: Database, news: str, before: Seen, seen: tuple[Seen, ...], minute: int
) -> None:
    loop, also = asyncio.get_running_loop(), list[Future[AlertStep]]()
    is_looking = [False]

    def meet(point: str) -> None:
        """Before the first one commits the other one looks; it is done, or waits, when the first goes on."""
        if point != "C6" or not is_looking.pop():
            return
        also.append(asyncio.run_coroutine_threadsafe(other.look_at_alerts(look(*seen, minute=minute)), loop))
        while not also[0].done() and not postgresql_database.rows(WAITS_FOR_A_LOCK):
            pass

    other = postgresql_database.open("two")
    store = postgresql_database.open("one", point=lambda point: meet(point) if is_looking else None)
    is_looking.clear()
    await store.look_at_alerts(look(before))
    for message in await store.claim_alert_messages(START, START, 10):
        await store.alert_message_ended(message.number, START, None, "")
    is_looking.append(True)
    first = await store.look_at_alerts(look(*seen, minute=minute))
    second = await asyncio.wrap_future(also[0])

    assert [len(getattr(each, news)) for each in (first, second)] == [1, 0]
    owed = await store.claim_alert_messages(START + minute * MINUTE, START + 2 * minute * MINUTE, 10)
    assert sorted(message.way for message in owed) == ["chat", "mail"]


async def test_every_way_is_owed_one_message_for_all_of_a_look(store: SqlStore) -> None:
    await store.look_at_alerts(look(DOWN, DISK))
    owed = await store.claim_alert_messages(START, START + MINUTE, 10)
    assert [(m.way, m.attempts, len(m.news.raised)) for m in owed] == [("chat", 1, 2), ("mail", 1, 2)]
    assert await store.claim_alert_messages(START, START + MINUTE, 10) == []
    later = START + MINUTE
    assert [m.attempts for m in await store.claim_alert_messages(later, later + MINUTE, 1)] == [2]


async def test_quiet_kind_is_shown_and_not_sent(store: SqlStore) -> None:
    await store.look_at_alerts(look(DISK, quiet=(AlertKind.DISK,)))
    assert await store.alert_messages(10) == []
    assert len(await store.alerts_standing()) == 1


async def test_message_is_tried_again_until_it_is_sent_or_given_up(store: SqlStore) -> None:
    await store.look_at_alerts(look(DOWN))
    chat, mail = await store.claim_alert_messages(START, START + MINUTE, 10)
    await store.alert_message_ended(chat.number, START, None, "")
    await store.alert_message_ended(mail.number, START, START + MINUTE, "not-taken")
    (again,) = await store.claim_alert_messages(START + MINUTE, START + 2 * MINUTE, 10)
    assert (again.number, again.code) == (mail.number, "not-taken")
    await store.alert_message_ended(mail.number, START, None, "bad-address")
    assert await store.claim_alert_messages(START + 9 * MINUTE, START + 10 * MINUTE, 10) == []
    found = {m.way: (m.sent_at, m.given_up, m.code) for m in await store.alert_messages(10)}
    assert found == {"chat": (START, False, ""), "mail": (None, True, "bad-address")}


async def test_acknowledgement_is_kept_and_journaled_once(store: SqlStore) -> None:
    (raised,) = (await store.look_at_alerts(look(DISK))).raised
    assert await store.acknowledge_alert(raised.number, ACT)
    assert await store.acknowledge_alert(raised.number, ACT)
    assert not await store.acknowledge_alert(raised.number + 1, ACT)
    (known,) = await store.alerts_standing()
    assert (known.acknowledged_by, known.acknowledged_at) == ("lan", START)
    assert [row.event for row in await store.journal(0, 100)].count("console.alert_acknowledged") == 1


async def test_test_of_a_way_tells_nothing(store: SqlStore) -> None:
    await store.owe_alert_test("mail", ACT)
    (owed,) = await store.claim_alert_messages(START, START + MINUTE, 10)
    assert (owed.way, list(owed.news.raised)) == ("mail", [])


async def test_oldest_letter_is_as_old_as_it_came_however_often_it_failed(store: SqlStore) -> None:
    target = Target(neighbour=CENTRAL)
    new = new_letter(1, target)
    letter_id = new.letter.routing.letter_id
    await store.add_letter(new, START)
    assert await store.oldest_waiting([CENTRAL, NodeId("H99")]) == {CENTRAL: START}
    now = START + timedelta(hours=2)
    await store.claim_due(target, Lane.NORMAL, now, letters=1, size=1 << 20)
    await store.record(letter_id, target, Failed("TRUC-501"), now)
    assert await store.oldest_waiting([CENTRAL]) == {CENTRAL: START}


async def test_urgent_letter_counts_until_it_has_gone_on(store: SqlStore) -> None:
    target = Target(neighbour=CENTRAL)
    await store.add_letter(new_letter(1, target, lane=Lane.URGENT), START)
    assert await store.urgent_standing([CENTRAL], START) == 0
    later = START + MINUTE
    assert await store.urgent_standing([CENTRAL], later) == 1
    await store.claim_due(target, Lane.URGENT, later, letters=1, size=1 << 20)
    assert await store.urgent_standing([CENTRAL], later) == 1


async def test_quarantine_of_late_counts(store: SqlStore) -> None:
    await store.quarantine(
        b"x", neighbour=CENTRAL, lane=Lane.NORMAL, code="TRUC-501", letter_id="", now=START
    )
    assert await store.quarantined_since(START) == 1
    assert await store.quarantined_since(START + MINUTE) == 0


async def test_clock_of_the_database_is_the_callers_or_its_own(store: SqlStore, database: Database) -> None:
    told = await store.database_clock(START)
    assert (told == START) is not database.is_postgresql


async def test_journal_is_handed_on_and_never_back(store: SqlStore) -> None:
    assert await store.journal_handed_on("siem") == 0
    await store.note_handed_on("siem", 7)
    await store.note_handed_on("siem", 5)
    await store.note_handed_on("other", 1)
    assert (await store.journal_handed_on("siem"), await store.journal_handed_on("other")) == (7, 1)

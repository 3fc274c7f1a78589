from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import (
    Confirmed,
    Expired,
    Failed,
    Hold,
    Offered,
    Overdue,
    Release,
    SendAgain,
    State,
    Taken,
    Target,
    Unreadable,
)
from gateway.core.model import Lane, LetterId
from gateway.ports import Act, Odd, Repair, RepairAction, RepairState, Trouble, TroubleGroup
from gateway.store import repairs
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL, COMMUNE, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.clock import START

UP, DOWN, HERE = Target(neighbour=CENTRAL), Target(neighbour=COMMUNE), Target(agency=PROVINCE_OFFICE)
LATER = START + timedelta(minutes=5)
STUCK = TroubleGroup(Trouble.RETRYING, "TRUC-504", UP)
ACT = Act(event="console.repair", by="lan", at=START)


async def fail(store: SqlStore, *numbers: int, target: Target = UP, code: str = "TRUC-504") -> None:
    """Letters whose first try failed."""
    for number in numbers:
        await store.add_letter(new_letter(number, target), START)
        claimed = target if target.agency is None else None
        await store.claim_due(claimed, Lane.NORMAL, START, letters=1, size=1)
        await store.record(letter_id(number), target, Failed(code), START)


def wanted(action: RepairAction, group: TroubleGroup = STUCK, **changed: Any) -> Repair:
    told: dict[str, Any] = {"asked_by": "lan", "asked_at": START, "runs_at": LATER}
    return Repair(action=action, group=group, **{**told, **changed})


async def state(store: SqlStore, number: int, target: Target = UP) -> State:
    record = await store.track(LetterId(letter_id(number)))
    assert record is not None
    return next(d.state for d in record.deliveries if d.target == target)


async def test_failures_are_grouped_by_what_happened_to_them_and_where(store: SqlStore) -> None:
    await fail(store, 1, 2)
    await fail(store, 3, target=DOWN)
    await fail(store, 4, target=HERE, code="TRUC-603")
    for number, event in ((5, Hold()), (6, Unreadable("TRUC-511"))):
        await store.add_letter(new_letter(number, UP), LATER)
        await store.record(letter_id(number), UP, event, LATER)
    await store.add_letter(new_letter(7, UP), START)  # waits for its turn, and nothing is wrong
    assert list(await store.troubles(10)) == [
        TroubleGroup(Trouble.RETRYING, "TRUC-504", UP, 2, START),
        TroubleGroup(Trouble.RETRYING, "TRUC-504", DOWN, 1, START),
        TroubleGroup(Trouble.RETRYING, "TRUC-603", HERE, 1, START),
        TroubleGroup(Trouble.HELD, "", UP, 1, LATER),
        TroubleGroup(Trouble.QUARANTINED, "TRUC-511", UP, 1, LATER),
    ]
    assert len(await store.troubles(2)) == 2


async def test_group_is_counted_only_so_far(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await fail(store, 1, 2, 3)
    monkeypatch.setattr(repairs, "MOST_COUNTED", 1)
    assert [group.number for group in await store.troubles(10)] == [2]


async def test_neighbour_that_stays_silent_is_trouble_until_it_speaks(store: SqlStore) -> None:
    await fail(store, 1)
    for _ in range(2):
        await store.claim_due(UP, Lane.NORMAL, START + timedelta(hours=1), letters=1, size=1)
        await store.record(letter_id(1), UP, Confirmed(LATER), LATER)
        assert await store.troubles(10) == []
    await store.record(letter_id(1), UP, Taken(), LATER)
    assert await store.troubles(10) == []


async def test_lines_of_a_group_come_page_by_page(store: SqlStore) -> None:
    await fail(store, 1, 2, 3)
    first = await store.trouble_lines(STUCK, 0, 2)
    assert [line.letter_id for line in first] == [letter_id(1), letter_id(2)]
    (last,) = await store.trouble_lines(STUCK, first[-1].seq, 2)
    assert (last.letter_id, last.code, last.attempts, last.state) == (
        letter_id(3),
        "3/VPCP-TTĐT",
        1,
        State.QUEUED,
    )


async def test_repair_waits_for_its_time_and_then_goes_on_piece_by_piece(store: SqlStore) -> None:
    await fail(store, 1, 2, 3)
    number = await store.plan_repair(wanted(RepairAction.SEND_AGAIN), ACT)
    await fail(store, 4)  # came later: not meant
    assert await store.run_repairs(START, 2) == 0
    assert [await store.run_repairs(LATER, 2) for _ in range(3)] == [2, 1, 0]
    (done,) = await store.repairs(10)
    assert (done.number, done.state, done.wanted, done.done) == (number, RepairState.DONE, 3, 3)
    events = [row.letter_id for row in await store.journal(0, 100) if row.event == "delivery.send_again"]
    assert events == [letter_id(1), letter_id(2), letter_id(3)]


async def test_each_letter_of_a_repair_has_its_line_in_the_journal(store: SqlStore) -> None:
    await fail(store, 1, 2)
    await store.plan_repair(wanted(RepairAction.SEND_AGAIN), ACT)
    await store.run_repairs(LATER, 10)
    events = [row.event for row in await store.journal(0, 100)]
    assert events[-3:] == ["console.repair", "delivery.send_again", "delivery.send_again"]


@pytest.mark.parametrize(
    ("action", "trouble", "becomes"),
    [
        (RepairAction.HOLD, Trouble.RETRYING, State.HELD),
        (RepairAction.GIVE_BACK, Trouble.RETRYING, State.RETURNED),
        (RepairAction.GIVE_BACK, Trouble.HELD, State.RETURNED),
        (RepairAction.RELEASE, Trouble.HELD, State.QUEUED),
        (RepairAction.SEND_AGAIN, Trouble.QUARANTINED, State.QUEUED),
        (RepairAction.GIVE_BACK, Trouble.QUARANTINED, State.RETURNED),
    ],
)
async def test_whole_group_moves_as_is_asked(
    store: SqlStore, action: RepairAction, trouble: Trouble, becomes: State
) -> None:
    await fail(store, 1, 2)
    for number in (1, 2):
        if trouble is Trouble.HELD:
            await store.record(letter_id(number), UP, Hold(), START)
        if trouble is Trouble.QUARANTINED:
            await store.record(letter_id(number), UP, Unreadable("TRUC-504"), START)
    await store.plan_repair(wanted(action, TroubleGroup(trouble, "TRUC-504", UP)), ACT)
    await store.run_repairs(LATER, 10)
    assert [await state(store, number) for number in (1, 2)] == [becomes, becomes]


async def at_the_door(store: SqlStore, number: int) -> None:
    """A letter that waits to be picked up."""
    await store.add_letter(new_letter(number, HERE), START)
    await store.claim_due(None, None, START, letters=1, size=1)
    await store.record(letter_id(number), HERE, Offered(LATER), START)


async def test_what_its_agency_fetched_is_not_given_back(store: SqlStore) -> None:
    for number in (1, 2):
        await at_the_door(store, number)
    await store.note_fetched(letter_id(1), PROVINCE_OFFICE, START)
    for number in (1, 2):
        await store.record(letter_id(number), HERE, Hold(), START)
    await store.plan_repair(wanted(RepairAction.GIVE_BACK, TroubleGroup(Trouble.HELD, "", HERE)), ACT)
    await store.run_repairs(LATER, 10)
    assert [await state(store, number, HERE) for number in (1, 2)] == [State.HELD, State.RETURNED]


async def test_what_lay_at_its_door_does_not_expire_when_it_is_let_go_on_late(store: SqlStore) -> None:
    await at_the_door(store, 1)
    await store.record(letter_id(1), HERE, Hold(), START)
    long_after = START + timedelta(days=365)
    await store.record(letter_id(1), HERE, Release(), long_after)
    assert await state(store, 1, HERE) is State.QUEUED
    assert await store.overdue(long_after, 10) == []


async def test_what_a_neighbour_may_hold_does_not_expire_when_it_is_let_go_on_late(store: SqlStore) -> None:
    await store.add_letter(new_letter(1, UP), START)
    await store.claim_due(UP, Lane.NORMAL, START, letters=1, size=1)
    await store.record(letter_id(1), UP, Confirmed(LATER), START)
    await store.record(letter_id(1), UP, SendAgain(), START)
    await store.record(letter_id(1), UP, Hold(), START)
    long_after = START + timedelta(days=365)
    await store.record(letter_id(1), UP, Release(), long_after)
    (late,) = await store.overdue(long_after, 10)
    await store.record(late.letter_id, UP, Expired(), long_after)
    assert await state(store, 1) is State.QUEUED, "time cannot give it back"
    await store.record(late.letter_id, UP, Overdue(next_due_at=late.due_at), long_after)
    assert await state(store, 1) is State.QUEUED
    assert await store.overdue(long_after, 10) == [], "its sender was told, once"


async def test_senders_of_what_is_given_back_are_told(store: SqlStore) -> None:
    await fail(store, 1)
    await store.plan_repair(wanted(RepairAction.GIVE_BACK), ACT)
    await store.run_repairs(LATER, 10)
    (duty,) = await store.duties(10)
    assert (duty.kind, duty.code) == ("notice", "TRUC-518")


async def test_repair_is_called_off_before_it_runs_and_not_after(store: SqlStore) -> None:
    await fail(store, 1)
    number = await store.plan_repair(wanted(RepairAction.HOLD), ACT)
    assert await store.call_off_repair(number, ACT)
    assert await store.run_repairs(LATER, 10) == 0
    assert await state(store, 1) is State.QUEUED
    assert not await store.call_off_repair(number, ACT)
    assert not await store.call_off_repair(number + 1, ACT)
    (undone,) = await store.repairs(10)
    assert (undone.state, undone.runs_at) == (RepairState.UNDONE, None)


async def test_what_is_being_tried_or_has_ended_is_left_alone(store: SqlStore) -> None:
    await fail(store, 1, 2, 3)
    await store.plan_repair(wanted(RepairAction.HOLD), ACT)
    (tried,) = await store.claim_due(UP, Lane.NORMAL, LATER, letters=1, size=1)
    await store.record(letter_id(3), UP, Taken(), LATER)
    await store.run_repairs(LATER, 10)
    assert await state(store, 1) is State.TRYING
    assert tried.delivery.letter_id == letter_id(1)
    assert await state(store, 2) is State.HELD
    assert await state(store, 3) is State.TAKEN
    (done,) = await store.repairs(10)
    assert (done.state, done.wanted, done.done) == (RepairState.DONE, 3, 1)


async def test_bytes_that_were_not_taken_are_listed_without_and_opened_with_their_bytes(
    store: SqlStore,
) -> None:
    for number in (1, 2, 3):
        await store.quarantine(
            b"\0odd%d" % number,
            neighbour=CENTRAL,
            lane=Lane.NORMAL,
            code="TRUC-511",
            letter_id="x",
            now=START,
        )
    await store.keep_refused("key one", "TRUC-101", b"<edXML", START)
    latest, second = await store.odd_frames(None, 2)
    assert (latest.data, latest.size, latest.neighbour, latest.code) == (b"", 5, CENTRAL, "TRUC-511")
    assert [odd.size for odd in await store.odd_frames(second.number, 2)] == [5]
    opened = await store.odd_frame(latest.number)
    assert opened is not None
    assert opened.data == b"\0odd3"
    (refused,) = await store.odd_input(None, 10)
    assert refused == Odd(refused.number, START, "TRUC-101", 6, caller="key one")
    whole = await store.odd_input_of(refused.number)
    assert whole is not None
    assert whole.data == b"<edXML"
    assert await store.odd_frame(99) is None
    assert await store.odd_input_of(99) is None

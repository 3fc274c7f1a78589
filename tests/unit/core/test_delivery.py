"""The life of a delivery: every state with every event, and what each move brings about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.delivery import (
    EVENTS,
    FINAL,
    LEGAL,
    Acknowledged,
    Claimed,
    Confirmed,
    Delivery,
    Event,
    Expired,
    Failed,
    GiveBack,
    IllegalMove,
    Missing,
    NoteArrival,
    Offered,
    Overdue,
    Refused,
    Release,
    ReportHop,
    SendAgain,
    State,
    Taken,
    Target,
    TellSender,
    Unreadable,
    Unwelcome,
    decide,
    retry_after,
)
from gateway.core.model import AgencyCode, Lane, LetterId, NodeId

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def delivery(state: State = State.QUEUED, **changes: object) -> Delivery:
    start = Delivery(
        letter_id=LetterId("01920000-0000-7000-8000-000000000001"),
        target=Target(neighbour=NodeId("H14")),
        state=state,
        lane=Lane.NORMAL,
        rank=0,
        size=6000,
        since=NOW - timedelta(hours=1),
        due_at=NOW,
        expires_at=NOW + timedelta(days=5),
    )
    return replace(start, **changes)  # type: ignore[arg-type]


def example(event: type[Event]) -> Event:
    given: dict[type[Event], Event] = {
        Confirmed: Confirmed(LATER),
        Missing: Missing("0:0-10"),
        Refused: Refused("TRUC-503"),
        Failed: Failed("TRUC-504"),
        Offered: Offered(LATER),
        Overdue: Overdue(LATER),
        Unwelcome: Unwelcome("TRUC-601"),
        Unreadable: Unreadable("TRUC-511"),
        GiveBack: GiveBack("TRUC-513"),
    }
    return given[event] if event in given else event()  # type: ignore[call-arg]


PAIRS = [(state, event) for state in State for event in EVENTS]


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda v: getattr(v, "value", None) or v.__name__)
def test_every_state_and_event_moves_as_the_table_says(state: State, event: type[Event]) -> None:
    before = delivery(state)
    lawful = LEGAL[state].get(event)
    if lawful is None:
        with pytest.raises(IllegalMove):
            decide(before, example(event), NOW)
        return
    after, _ = decide(before, example(event), NOW)
    assert after.state is lawful
    if lawful is state:
        assert after.since == before.since
    else:
        assert after.since == NOW


def test_the_table_speaks_of_every_state() -> None:
    assert set(LEGAL) == set(State)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_an_end_is_an_end_whatever_is_said_afterwards(state: State) -> None:
    before = delivery(state)
    for event in LEGAL[state]:
        assert decide(before, example(event), NOW) == (before, ())


@pytest.mark.parametrize("state", [s for s in State if s not in FINAL])
def test_every_state_that_is_no_end_can_reach_one(state: State) -> None:
    reached, todo = {state}, [state]
    while todo:
        for following in LEGAL[todo.pop()].values():
            if following not in reached:
                reached.add(following)
                todo.append(following)
    assert reached & FINAL


def test_a_claim_counts_as_an_attempt_before_anyone_tries() -> None:
    after, _ = decide(delivery(), Claimed(), NOW)
    assert after.attempts == 1


def test_a_sent_letter_never_expires_by_itself() -> None:
    with pytest.raises(IllegalMove):
        decide(delivery(State.SENT), Expired(), NOW)


def test_a_confirmed_letter_is_only_offered_again() -> None:
    sent, _ = decide(delivery(State.TRYING), Confirmed(LATER), NOW)
    assert sent.confirmed
    assert sent.due_at == LATER


def test_missing_ranges_make_it_due_at_once_for_what_is_lacking() -> None:
    again, _ = decide(delivery(State.SENT, confirmed=True), Missing("2:0-100"), NOW)
    assert (again.due_at, again.confirmed, again.held) == (NOW, False, "2:0-100")


def test_a_late_receipt_ends_a_delivery_that_was_queued_again() -> None:
    after, commands = decide(delivery(State.QUEUED, attempts=2), Taken(), NOW)
    assert after.state is State.TAKEN
    assert commands == (ReportHop(State.TAKEN),)


@pytest.mark.parametrize(
    ("event", "code"),
    [(Refused("TRUC-503"), "TRUC-503"), (Expired(), "TRUC-503"), (Unwelcome("TRUC-601"), "TRUC-601")],
)
def test_what_is_returned_is_told_to_its_sender_with_the_reason(event: Event, code: str) -> None:
    _, commands = decide(delivery(State.TRYING), event, NOW)
    assert TellSender(code) in commands


def test_a_delivered_letter_notes_the_arrival() -> None:
    at_the_door = delivery(State.WAITING, target=Target(agency=AgencyCode("000.00.00.H14")))
    _, commands = decide(at_the_door, Acknowledged(), NOW)
    assert NoteArrival() in commands


def test_the_sender_hears_only_once_that_nobody_fetches() -> None:
    waiting, first = decide(delivery(State.WAITING), Overdue(LATER), NOW)
    _, second = decide(waiting, Overdue(LATER), LATER)
    assert TellSender("TRUC-512") in first
    assert second == ()


def test_the_sender_hears_once_that_the_neighbour_did_not_confirm() -> None:
    _, commands = decide(delivery(State.SENT), Overdue(LATER), NOW)
    assert TellSender("TRUC-509") in commands


def test_the_origin_hears_of_the_first_try_that_fails_and_of_the_one_that_passes() -> None:
    failed, told = decide(delivery(State.TRYING, attempts=1), Failed("TRUC-504"), NOW)
    assert told == (ReportHop(State.QUEUED, "TRUC-504"),)
    again, nothing = decide(failed, Claimed(), LATER)
    assert nothing == ()
    sent, told = decide(again, Confirmed(LATER), LATER)
    assert (sent.last_code, told) == ("", (ReportHop(State.SENT),))


def test_the_origin_does_not_hear_of_a_letter_that_passes_at_once() -> None:
    trying, claimed = decide(delivery(State.QUEUED), Claimed(), NOW)
    sent, confirmed = decide(trying, Confirmed(LATER), NOW)
    lacking, missing = decide(trying, Missing("2:0-100"), NOW)
    assert (claimed, confirmed, missing) == ((), (), ())
    assert (sent.last_code, lacking.last_code) == ("", "")


def test_the_origin_hears_that_a_neighbour_stays_silent_until_it_speaks() -> None:
    offered = delivery(State.TRYING, attempts=2, confirmed=True)
    silent, told = decide(offered, Confirmed(LATER), NOW)
    assert (silent.last_code, told) == ("TRUC-504", (ReportHop(State.SENT, "TRUC-504"),))
    assert decide(silent, Taken(), LATER)[1] == (ReportHop(State.TAKEN),)
    assert decide(silent, Missing(""), LATER)[0].last_code == ""


def test_an_operator_who_releases_it_starts_afresh() -> None:
    held = delivery(State.QUARANTINED, failures=5, confirmed=True)
    after, _ = decide(held, Release(), NOW)
    assert (after.state, after.failures, after.due_at) == (State.QUEUED, 0, NOW)
    assert after.confirmed  # the neighbour may hold all of it, and says what it lacks when it is offered


def test_an_operator_who_sends_it_again_does_not_wait_for_the_next_try() -> None:
    failed = delivery(failures=7, last_code="TRUC-504", due_at=NOW + timedelta(minutes=30))
    after, commands = decide(failed, SendAgain(), NOW)
    assert (after.state, after.failures, after.due_at) == (State.QUEUED, 0, NOW)
    assert after.last_code == "TRUC-504"  # what stopped it is known until it has gone
    assert commands == ()


def test_what_a_silent_neighbour_may_hold_is_only_offered_to_it_again() -> None:
    silent = delivery(State.SENT, confirmed=True, last_code="TRUC-504", due_at=NOW + timedelta(minutes=30))
    after, _ = decide(silent, SendAgain(), NOW)
    assert (after.state, after.confirmed, after.due_at) == (State.QUEUED, True, NOW)


def test_time_does_not_give_back_what_a_neighbour_may_hold_but_its_sender_is_told_once() -> None:
    offered_in_vain = delivery(State.QUEUED, attempts=9, failures=8, confirmed=True, last_code="TRUC-504")
    with pytest.raises(IllegalMove):
        decide(offered_in_vain, Expired(), NOW)
    told, commands = decide(offered_in_vain, Overdue(LATER), NOW)
    assert (told.state, told.due_at, told.last_code) == (State.QUEUED, LATER, "TRUC-504")
    assert commands == (TellSender("TRUC-509"), ReportHop(State.QUEUED, "TRUC-509"))
    assert decide(told, Overdue(LATER), LATER)[1] == ()


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD, State.QUARANTINED])
def test_what_a_neighbour_may_hold_can_not_be_given_back(state: State) -> None:
    with pytest.raises(IllegalMove):
        decide(delivery(state, attempts=2, confirmed=True), GiveBack("TRUC-518"), NOW)


def test_what_an_operator_gives_back_is_told_to_its_sender_with_the_code() -> None:
    for state in (State.QUEUED, State.WAITING, State.HELD, State.QUARANTINED):
        after, commands = decide(delivery(state), GiveBack("TRUC-518"), NOW)
        assert (after.state, after.last_code) == (State.RETURNED, "TRUC-518")
        assert commands == (TellSender("TRUC-518"), ReportHop(State.RETURNED, "TRUC-518"))


def test_each_failure_waits_twice_as_long_up_to_the_longest() -> None:
    waits = [retry_after(delivery(failures=n)) for n in range(1, 12)]
    assert waits[:3] == [timedelta(seconds=20), timedelta(seconds=40), timedelta(seconds=80)]
    assert waits[-1] == timedelta(minutes=30)


def test_urgent_mail_is_tried_again_sooner() -> None:
    assert retry_after(delivery(failures=3, lane=Lane.URGENT)) < retry_after(delivery(failures=3))


def test_a_failure_is_due_after_the_wait_that_the_schedule_says() -> None:
    after, _ = decide(delivery(State.TRYING), Failed("TRUC-504"), NOW, lambda d: timedelta(hours=d.failures))
    assert (after.due_at, after.failures, after.last_code) == (NOW + timedelta(hours=1), 1, "TRUC-504")


def test_a_target_is_a_neighbour_or_an_agency() -> None:
    with pytest.raises(ValueError):
        Target()
    with pytest.raises(ValueError):
        Target(NodeId("H14"), AgencyCode("000.00.00.H14"))


@pytest.mark.parametrize("target", [Target(neighbour=NodeId("H14.40")), Target(agency=AgencyCode("a.b:c"))])
def test_a_target_is_found_again_by_its_key(target: Target) -> None:
    assert Target.of_key(target.key) == target

"""The deadlines of a letter that is tracked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.core.calendar import Calendar
from gateway.core.deadlines import DueItem, DueState, Reckoning
from gateway.core.delivery import Delivery, State, Target
from gateway.core.model import AgencyCode, Kind
from gateway.core.time_limits import Owner
from gateway.core.tracked_deadlines import with_deadlines
from gateway.core.tracking import HopEvent, StatusEvent, Tracking, trace
from gateway.ports import StoredLetter
from tests.kit.builders import (
    COMMUNE,
    COMMUNE_OFFICE,
    DEPARTMENT,
    PROVINCE,
    letter_id,
    small_axis,
    stored_letter,
)
from tests.kit.clock import START

CALENDAR, DIRECTORY = Calendar(), small_axis()
TO = ((COMMUNE_OFFICE, COMMUNE), (DEPARTMENT, PROVINCE))
HERE = Target(agency=DEPARTMENT).key
THERE = Target(agency=COMMUNE_OFFICE).key


@dataclass(frozen=True)
class Known:
    letter: StoredLetter
    deliveries: Sequence[Delivery] = ()
    hops: Sequence[HopEvent] = ()
    statuses: Sequence[StatusEvent] = ()
    offered: Mapping[str, datetime] = field(default_factory=dict)
    answered: Mapping[AgencyCode, datetime] = field(default_factory=dict)


def known(kind: Kind = Kind.DOCUMENT) -> Known:
    letter = stored_letter(1, to=TO, kind=kind)
    return Known(replace(letter, facts=replace(letter.facts, issue_date="2026/03/02")))


def judged(what: Known, now: datetime = START + timedelta(hours=1)) -> Tracking:
    tracking = trace(what, here=PROVINCE, directory=DIRECTORY)
    return with_deadlines(tracking, what, Reckoning(CALENDAR, now), DIRECTORY)


def since(items: Sequence[DueItem]) -> datetime | None:
    return next(item.since for item in items if item.rule.name == "told")


def test_the_sender_owes_once_and_each_recipient_for_itself() -> None:
    tracking = judged(known())
    assert [(item.rule.name, item.state) for item in tracking.deadlines] == [("sent", DueState.MET)]
    for recipient, code in zip(tracking.recipients, (COMMUNE_OFFICE, DEPARTMENT), strict=True):
        assert {(item.by, item.rule.owner) for item in recipient.deadlines} == {(code, Owner.RECEIVER)}


def test_the_clock_of_a_recipient_begins_when_the_letter_lies_at_its_door() -> None:
    """Here the node itself knows when; of another door it counts by the first word that came from there."""
    first, later = START + timedelta(minutes=1), START + timedelta(minutes=9)
    told = [
        HopEvent(letter_id(1), COMMUNE, THERE, State.DELIVERED, later),
        HopEvent(letter_id(1), COMMUNE, THERE, State.QUEUED, START),
        HopEvent(letter_id(1), COMMUNE, THERE, State.WAITING, first),
        HopEvent(letter_id(1), PROVINCE, HERE, State.WAITING, later),
    ]
    commune, department = judged(replace(known(), hops=told, offered={HERE: START})).recipients
    assert (since(commune.deadlines), since(department.deadlines)) == (first, START)


def test_before_that_it_has_none() -> None:
    commune, department = judged(known(), START + timedelta(days=9)).recipients
    assert since(commune.deadlines) is since(department.deadlines) is None
    assert {item.state for item in commune.deadlines} == {DueState.OPEN}


def test_statuses_of_a_recipient_fulfil_its_own_duties_only() -> None:
    status = StatusEvent(DEPARTMENT, "01", "", START + timedelta(minutes=2))
    offered = {HERE: START, THERE: START}
    commune, department = judged(
        replace(known(), statuses=[status], offered=offered), START + timedelta(days=1)
    ).recipients
    assert [items[0].state for items in (commune.deadlines, department.deadlines)] == [
        DueState.LATE,
        DueState.MET,
    ]


def test_a_status_message_has_no_deadlines() -> None:
    tracking = judged(known(Kind.STATUS))
    assert tracking.deadlines == ()
    assert [recipient.deadlines for recipient in tracking.recipients] == [(), ()]

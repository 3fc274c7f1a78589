"""
What is due by law, when and by whom, for one letter and one recipient; and what became of it.

The law itself is data (`time_limits`). Where nothing tells whether a duty was done, that is said
(«không có dữ liệu»): a silent document system is no late agency. Where the law has no number none is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.core.calendar import VIETNAM, Calendar, end_of, today
from gateway.core.lifecycle import CONSENT, FINISHED, REFUSAL, REJECTED, same_code
from gateway.core.model import AgencyCode, Kind, LetterFacts, LetterId, Operation, issue_day
from gateway.core.status_history import StatusLine
from gateway.core.time_limits import (
    CARRIED,
    HANDLED,
    PRESENTED,
    RETURNED,
    SENT,
    TOLD,
    Limit,
    Rule,
    Start,
)

# --- what became of a duty ----------------------------------------------------------------------


class DueState(StrEnum):
    """What became of a duty."""

    OPEN = "open"
    MET = "met"
    LATE = "late"
    NO_DATA = "no_data"

    @property
    def vi(self) -> str:
        return _STATES[self][0]

    @property
    def en(self) -> str:
        return _STATES[self][1]


_STATES: Final[Mapping[DueState, tuple[str, str]]] = MappingProxyType(
    {
        DueState.OPEN: ("trong hạn", "open"),
        DueState.MET: ("đúng hạn", "in time"),
        DueState.LATE: ("quá hạn", "late"),
        DueState.NO_DATA: ("không có dữ liệu", "no data"),
    }
)


@dataclass(frozen=True, slots=True)
class DueItem:
    """
    One duty of one letter. `by` is the code of the agency that owes it, "" for the axis.

    `since` is when its clock began, None while it has not. At `due_at` it is late (the first moment after the
    limit); None where nothing says when. `fulfilled_at` is when it was done, as far as anybody told.
    """

    rule: Rule
    state: DueState
    by: str = ""
    since: datetime | None = None
    due_at: datetime | None = None
    fulfilled_at: datetime | None = None


# --- one letter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reckoning:
    """By what deadlines are judged: the working days, and the moment at which somebody asks."""

    calendar: Calendar
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One letter. `sender` is the agency that sent it, `accepted_at` when the axis took it.

    `signed_at` is the time of the seal that the agency itself made over the letter, if it handed in one that
    was verified; the signatures inside its PDFs nobody has looked at. `deliver_by` is the hour of a timed
    document (priority 4), which edXML has no field for.
    """

    kind: Kind
    facts: LetterFacts
    sender: str
    accepted_at: datetime
    signed_at: datetime | None = None
    deliver_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What is known of one recipient of a letter: when it lay at its door, and what it reported.

    `answered_at` is when it replied by a document of its own: then the letter is handled, status or not.
    """

    agency: str
    arrived_at: datetime | None = None
    statuses: Sequence[StatusLine] = ()
    answered_at: datetime | None = None


SameOrgan = Callable[[str, str], bool]


def due(
    case: Case,
    receipt: Receipt | None,
    reckoning: Reckoning,
    *,
    same_organ: SameOrgan = same_code,
) -> tuple[DueItem, ...]:
    """
    What is due of a letter, in the order of RULES: its sender's duty, and with a receipt the recipient's.

    A status has none. After a refusal (02) or a consent to give it back (15) nothing more is owed for it.
    """
    if case.kind is not Kind.DOCUMENT:
        return ()
    items = [_sent(case, reckoning, same_organ)]
    if receipt is not None:
        items += _received(case, receipt, reckoning)
    return tuple(items)


def _sent(case: Case, reckoning: Reckoning, same_organ: SameOrgan) -> DueItem:
    signed = _since(SENT, case, None)
    if signed is None or is_copy(case.facts, case.sender, same_organ=same_organ):
        return DueItem(SENT, DueState.NO_DATA, case.sender, fulfilled_at=case.accepted_at)
    due_at = _limit(SENT.limit_of(case.facts.priority), signed, reckoning.calendar)
    return _judged(DueItem(SENT, DueState.OPEN, case.sender, signed, due_at, case.accepted_at), reckoning)


def _received(case: Case, receipt: Receipt, reckoning: Reckoning) -> Iterator[DueItem]:
    by, arrived_at, priority = receipt.agency, receipt.arrived_at, case.facts.priority
    if case.deliver_by is not None:
        since = _since(CARRIED, case, receipt)
        yield _judged(DueItem(CARRIED, DueState.OPEN, "", since, case.deliver_by, arrived_at), reckoning)
    told = [line for line in receipt.statuses if not line.is_notice]
    has_ended = any(line.code in (REJECTED, CONSENT) for line in told)
    for rule in (TOLD, PRESENTED, HANDLED, RETURNED):
        if rule is HANDLED and not case.facts.due_date:
            continue  # by the agency's own working rules, which the axis does not know
        done_at = _done_at(told, _fulfilling(rule, case.facts.operation), case.accepted_at)
        if rule is HANDLED and receipt.answered_at is not None:
            done_at = min(done_at or receipt.answered_at, receipt.answered_at)
        if done_at is None and (rule is RETURNED or (has_ended and rule is not TOLD)):
            continue
        since, due_at = _since(rule, case, receipt), None
        if rule is HANDLED:
            due_at = due_date_end(case.facts.due_date)
            if due_at is None:
                yield DueItem(rule, DueState.NO_DATA, by, since, fulfilled_at=done_at)
                continue
        elif since is not None:
            due_at = _limit(rule.limit_of(priority), since, reckoning.calendar)
        yield _judged(DueItem(rule, DueState.OPEN, by, since, due_at, done_at), reckoning)


def _since(rule: Rule, case: Case, receipt: Receipt | None) -> datetime | None:
    """When the clock of a rule began, None while it has not or nobody knows."""
    match rule.start:
        case Start.SIGNED:
            return case.signed_at or last_moment(issue_day(case.facts.issue_date))
        case Start.ARRIVED:
            return None if receipt is None else receipt.arrived_at
        case Start.ACCEPTED:
            return case.accepted_at


def _fulfilling(rule: Rule, operation: Operation) -> tuple[str, ...]:
    """A recall, update or replacement is itself a request: its answer is how it is handled."""
    if rule is HANDLED and operation is not Operation.NEW:
        return (*rule.statuses, CONSENT, REFUSAL)
    return rule.statuses


def _limit(limit: Limit, start: datetime, calendar: Calendar) -> datetime | None:
    """The first moment that is too late, None where no working day says when that is."""
    match limit:
        case Limit.SAME_DAY:
            return calendar.same_day_end(start)
        case Limit.NEXT_MORNING:
            return calendar.next_working_morning(start)
        case Limit.NEXT_DAY:
            return calendar.next_working_day_end(start)
        case Limit.AT_ONCE:
            return calendar.at_once(start)
        case Limit.DUE_DATE | Limit.HOUR | Limit.PROMPTLY:
            return None


def _judged(item: DueItem, reckoning: Reckoning) -> DueItem:
    state = DueState.OPEN
    if item.fulfilled_at is not None:
        in_time = item.due_at is None or item.fulfilled_at < item.due_at
        state = DueState.MET if in_time else DueState.LATE
    elif item.due_at is not None and reckoning.now >= item.due_at:
        state = DueState.NO_DATA if item.rule.needs_report else DueState.LATE
    return DueItem(item.rule, state, item.by, item.since, item.due_at, item.fulfilled_at)


def _done_at(lines: Iterable[StatusLine], codes: tuple[str, ...], accepted_at: datetime) -> datetime | None:
    """
    When the first status of these codes says that it was done.

    Its own time counts (a status may travel long), unless that is before the letter or after its own arrival.
    """
    moments = []
    for line in lines:
        if line.code in codes:
            told = moment_of(line.reported_at)
            is_likely = told is not None and accepted_at <= told <= line.arrived_at
            moments.append(told if told is not None and is_likely else line.arrived_at)
    return min(moments, default=None)


# --- reading what letters say -------------------------------------------------------------------

SENSIBLE_YEARS: Final = range(2000, 2101)
"""Before and after, a date is a slip of the pen (or `9999`), and the calendar knows no holidays."""


def due_date_end(due_date: str) -> datetime | None:
    """
    The midnight that ends the day by which a document is to be handled; None if that is no day to go by.

    Spec: QCVN102/DueDate, ND30/24.2
    """
    day = issue_day(due_date)
    return end_of(day) if day is not None and day.year in SENSIBLE_YEARS else None


def last_moment(day: date | None) -> datetime | None:
    """The last moment of a day in Vietnam: what is known of a date without an hour."""
    if day is None or day.year not in SENSIBLE_YEARS:
        return None
    return datetime.combine(day, time.max, VIETNAM).astimezone(UTC)


_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?")


def moment_of(text: str) -> datetime | None:
    """
    The moment that a Timestamp names, in the time of Vietnam; None if it names none with its hour.

    Spec: QCVN102/Timestamp (yyyy/MM/dd HH:mm:ss; also dd/MM/yyyy)
    """
    day = issue_day(text)
    clock = _CLOCK.fullmatch(text.strip().replace("T", " ").partition(" ")[2].strip())
    if day is None or clock is None or day.year not in SENSIBLE_YEARS:
        return None
    hour, minute, second = (int(digits or 0) for digits in clock.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    return datetime.combine(day, time(hour, minute, second), VIETNAM).astimezone(UTC)


_COPIES: Final = frozenset({"SY", "TRS", "SL"})


def is_copy(facts: LetterFacts, sender: str, *, same_organ: SameOrgan = same_code) -> bool:
    """
    Whether the document was issued by another organ than the one that sends it on, or is a copy of one.

    Its date of issue is then not the day on which the sender had to send it. Known by the type in the
    notation (sao y, trích sao, sao lục), or by the organ with which its DocumentId begins.

    Spec: ND30/III (SY, TrS, SL), QD28/10.2b
    """
    notation = facts.code.split("/")
    if any(part.split("-")[0].strip().upper() in _COPIES for part in notation):
        return True
    organ, comma, _ = facts.document_id.partition(",")
    if not comma or not organ.strip():
        return False
    return not (same_organ(organ, sender) or (facts.sender_code and same_organ(organ, facts.sender_code)))


ENDING: Final = (FINISHED, REJECTED, CONSENT)
"""Statuses after which nobody need be reminded of a document any more."""


class Word(StrEnum):
    """What is told of a deadline, in this order."""

    SOON = "soon"
    OVERDUE = "overdue"


NEAR: Final = timedelta(hours=1)
"""So long before its hour a timed document that has not come to the door yet is due soon: time for a call."""


@dataclass(frozen=True, slots=True)
class Watch:
    """
    A duty of which its agency is to be reminded, from the word `first` on.

    What must be done on the day itself is not told as due soon: that would be a word about every letter.
    """

    rule: Rule
    due_at: datetime
    first: Word


def watches_of_sender(case: Case, reckoning: Reckoning, *, same_organ: SameOrgan) -> tuple[Watch, ...]:
    """
    What the sender of a letter that has just been accepted is told of: that it was sent late, its hour.

    Spec: QD28/6.2, ND30/18.1
    """
    watches = [
        Watch(item.rule, item.due_at, Word.OVERDUE)
        for item in due(case, None, reckoning, same_organ=same_organ)
        if item.state is DueState.LATE and item.due_at is not None
    ]
    if case.kind is Kind.DOCUMENT and case.deliver_by is not None:
        watches.append(Watch(CARRIED, case.deliver_by, Word.SOON))
    return tuple(watches)


def watches_of_receiver(due_date: str, arrived_at: datetime) -> tuple[Watch, ...]:
    """
    What the agency is told of to whose door a document came at that moment.

    Spec: ND30/21.2c, ND30/24.2
    """
    watches = [Watch(TOLD, end_of(today(arrived_at)), Word.OVERDUE)]
    handle_by = due_date_end(due_date)
    if handle_by is not None:
        watches.append(Watch(HANDLED, handle_by, Word.SOON))
    return tuple(watches)


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a node shall tell its agency of one letter. `due_at` is the first moment that is too late."""

    letter_id: LetterId
    agency: AgencyCode
    rule: Rule
    word: Word
    due_at: datetime

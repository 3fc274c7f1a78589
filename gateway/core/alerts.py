"""
What operators are told by itself: which conditions hold, which of them are news, and which have ended.

Facts come in, alerts go out. A condition must hold for its time before it is told, and must be away for a
while before it has ended, so that a line which goes up and down is one alert. What follows from another alert
(old letters behind a link that is down) is not told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.core.model import NodeId


class AlertKind(StrEnum):
    """The conditions, as settings and the journal name them."""

    LINK = "link-down"
    OLDEST = "oldest-letter"
    URGENT = "urgent-letter"
    REFUSALS = "refusals"
    CERTIFICATE = "certificate"
    DISK = "disk"
    CLOCK = "clock"
    QUARANTINE = "quarantine"
    OVERDUE = "overdue"


QUIET = (AlertKind.REFUSALS, AlertKind.OVERDUE)
"""What is shown but not sent unless an operator wishes it: somebody else has to act first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """
    How a node stands at one moment. What could not be found out is left empty, and nothing is said of it.

    `oldest`: since when the oldest letter waits for each neighbour. `urgent`: how many urgent letters have
    not gone on for longer than the limit. `taken`, `refused`, `overdue`: numbers of the last hours.
    `disk_free`: a share of one.
    """

    links: Mapping[NodeId, bool] = field(default_factory=dict)
    oldest: Mapping[NodeId, datetime] = field(default_factory=dict)
    urgent: int = 0
    taken: int = 0
    refused: int = 0
    certificates: Mapping[str, datetime] = field(default_factory=dict)
    disk_free: float | None = None
    clock_off: timedelta | None = None
    quarantined: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLimits:
    """From where on a condition holds."""

    link_down_after: timedelta = timedelta(minutes=2)
    oldest_after: timedelta = timedelta(hours=1)
    urgent_after: timedelta = timedelta(minutes=15)
    refusals_percent: int = 30
    refusals_least: int = 20
    certificate_before: timedelta = timedelta(days=21)
    disk_free_percent: int = 10
    clock_off: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Seen:
    """
    One condition that holds now. `value` and `limit` in the unit of its kind: minutes, letters, percent,
    days or seconds. It is told once it has held for `wait`.
    """

    kind: AlertKind
    place: str = ""
    value: float = 0
    limit: float = 0
    wait: timedelta = timedelta(0)

    @property
    def key(self) -> tuple[AlertKind, str]:
        return self.kind, self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """
    One condition from when it was first seen. `number` is the store's, 0 for one that is new.

    `raised_at` None: it does not hold long enough yet to be told. `told_at`: when it was last told.
    """

    kind: AlertKind
    began_at: datetime
    last_at: datetime
    number: int = 0
    place: str = ""
    value: float = 0
    limit: float = 0
    raised_at: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None

    @property
    def key(self) -> tuple[AlertKind, str]:
        return self.kind, self.place


@dataclass(frozen=True, slots=True)
class Patience:
    """
    `calm`: how long a condition must be away to have ended; `remind`: after how long one is told again that
    nobody has acknowledged.
    """

    calm: timedelta = timedelta(minutes=2)
    remind: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AlertStep:
    """What became of the alerts: each stands in exactly one of these."""

    raised: Sequence[Alert] = ()
    reminded: Sequence[Alert] = ()
    continuing: Sequence[Alert] = ()
    waiting: Sequence[Alert] = ()  #: they do not hold long enough yet
    ended: Sequence[Alert] = ()
    gone: Sequence[Alert] = ()  #: they went away before they were told


def conditions(facts: AlertFacts, limits: AlertLimits, now: datetime) -> list[Seen]:
    """Which conditions hold now, worst kinds first."""
    found = [
        Seen(AlertKind.LINK, neighbour, wait=limits.link_down_after)
        for neighbour, is_up in sorted(facts.links.items())
        if not is_up
    ]
    for neighbour, since in sorted(facts.oldest.items()):
        age = now - since
        if age >= limits.oldest_after and facts.links.get(neighbour, True):
            found.append(Seen(AlertKind.OLDEST, neighbour, _minutes(age), _minutes(limits.oldest_after)))
    if facts.urgent:
        found.append(Seen(AlertKind.URGENT, "", facts.urgent, _minutes(limits.urgent_after)))
    found += _of_the_machine(facts, limits, now)
    if facts.quarantined:
        found.append(Seen(AlertKind.QUARANTINE, "", facts.quarantined))
    handed_in = facts.taken + facts.refused
    if handed_in and handed_in >= limits.refusals_least:
        share = 100 * facts.refused / handed_in
        if share >= limits.refusals_percent:
            found.append(Seen(AlertKind.REFUSALS, "", round(share, 1), limits.refusals_percent))
    if facts.overdue:
        found.append(Seen(AlertKind.OVERDUE, "", facts.overdue))
    return found


def _of_the_machine(facts: AlertFacts, limits: AlertLimits, now: datetime) -> list[Seen]:
    found = []
    for name, ends_at in sorted(facts.certificates.items()):
        if ends_at - now <= limits.certificate_before:
            days = (ends_at - now) // timedelta(days=1)
            limit = limits.certificate_before // timedelta(days=1)
            found.append(Seen(AlertKind.CERTIFICATE, name, days, limit))
    if facts.disk_free is not None and 100 * facts.disk_free < limits.disk_free_percent:
        found.append(Seen(AlertKind.DISK, "", round(100 * facts.disk_free, 1), limits.disk_free_percent))
    if facts.clock_off is not None and abs(facts.clock_off) >= limits.clock_off:
        off, limit_seconds = abs(facts.clock_off).total_seconds(), limits.clock_off.total_seconds()
        found.append(Seen(AlertKind.CLOCK, "", round(off, 1), limit_seconds))
    return found


def _minutes(length: timedelta) -> float:
    return length // timedelta(minutes=1)


def step(standing: Sequence[Alert], seen: Sequence[Seen], now: datetime, patience: Patience) -> AlertStep:
    """What becomes of the alerts that stand (those without `ended_at`) when these conditions are seen."""
    seen_by = {each.key: each for each in seen}
    told: dict[str, list[Alert]] = {name: [] for name in AlertStep.__slots__}
    known = {alert.key: alert for alert in standing}
    fresh = [
        Alert(kind=each.kind, place=each.place, began_at=now, last_at=now)
        for key, each in seen_by.items()
        if key not in known
    ]
    for alert in (*standing, *fresh):
        there = seen_by.get(alert.key)
        if there is None:
            where, after = _unseen(alert, now, patience)
        else:
            after = replace(alert, last_at=now, value=there.value, limit=there.limit)
            where, after = _held(after, there, now, patience)
        told[where].append(after)
    return AlertStep(**told)


def _unseen(alert: Alert, now: datetime, patience: Patience) -> tuple[str, Alert]:
    is_calm = now - alert.last_at >= patience.calm
    if alert.raised_at is None:
        return ("gone" if is_calm else "waiting"), alert
    return ("ended", replace(alert, ended_at=now)) if is_calm else ("continuing", alert)


def _held(alert: Alert, seen: Seen, now: datetime, patience: Patience) -> tuple[str, Alert]:
    if alert.raised_at is None:
        if now - alert.began_at < seen.wait:
            return "waiting", alert
        return "raised", replace(alert, raised_at=now, told_at=now)
    is_due = alert.told_at is None or now - alert.told_at >= patience.remind
    if is_due and alert.acknowledged_at is None:
        return "reminded", replace(alert, told_at=now)
    return "continuing", alert

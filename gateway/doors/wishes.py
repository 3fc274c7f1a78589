"""
The times of a letter at intake: what its sender wishes of them, and of which of them it will be reminded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core import catalogue
from gateway.core.calendar import VIETNAM
from gateway.core.deadlines import Case, Reckoning, Watch, watches_of_sender
from gateway.core.directory import Directory
from gateway.core.errors import Rejected, find
from gateway.core.lifecycle import same_organ_in
from gateway.core.model import Kind, LetterFacts, Routing
from gateway.doors.draft import Draft, Rules
from signing.verdict import Verdict


def with_wishes(
    draft: Draft, ttl: timedelta | None, deliver_by: datetime | None, rules: Rules, now: datetime
) -> Draft:
    """The draft with the times that its sender gives it; one that wishes more than there is, is told."""
    draft = replace(draft, ttl=ttl, deliver_by=deliver_by)
    if ttl is None:
        return draft
    ends = rules.calendar.life_ends(now, rules.ttl_working_days, ttl)
    if ends < now + ttl:
        told = find(catalogue.TTL_CUT, expires_at=local(ends))
        draft = replace(draft, findings=(*draft.findings, told))
    return draft


def check_hour(draft: Draft, rules: Rules, now: datetime) -> None:
    """
    Whether the hour by which a new letter shall be delivered can still be kept.

    Raises: Rejected (HOUR_PASSED, HOUR_TOO_LATE; BAD_REQUEST for a status, which has no hour)
    """
    hour = draft.deliver_by
    if hour is None:
        return
    if draft.envelope.kind is Kind.STATUS:
        detail = "deliver_by: chỉ cho văn bản · only of a document"
        raise Rejected(find(catalogue.BAD_REQUEST, element="deliver_by", detail=detail))
    if hour <= now:
        raise Rejected(find(catalogue.HOUR_PASSED, at=local(hour)))
    ends = rules.calendar.life_ends(now, rules.ttl_working_days, draft.ttl)
    if hour > ends:
        raise Rejected(find(catalogue.HOUR_TOO_LATE, at=local(hour), expires_at=local(ends)))


def signed_at(verdict: Verdict, now: datetime) -> datetime | None:
    """
    When the agency sealed its letter, by its own clock; None if that is not certain, or still to come.

    Spec: QD28/6.2 (the time to send runs from the signature)
    """
    claimed = verdict.facts.signed_at
    return claimed if verdict.passed and claimed is not None and claimed <= now else None


def watches(routing: Routing, facts: LetterFacts, rules: Rules, directory: Directory) -> tuple[Watch, ...]:
    """Of what the sender of a letter is to be reminded: that it is late already, the hour of its delivery."""
    case = Case(
        kind=routing.kind,
        facts=facts,
        sender=routing.sender,
        accepted_at=routing.accepted_at,
        signed_at=routing.signed_at,
        deliver_by=routing.deliver_by,
    )
    reckoning = Reckoning(rules.calendar, routing.accepted_at)
    return watches_of_sender(case, reckoning, same_organ=same_organ_in(directory))


def local(at: datetime) -> str:
    """A moment as a finding tells it to people in Vietnam."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")

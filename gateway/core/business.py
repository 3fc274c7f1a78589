"""
What documents do to earlier ones, and what became of it: replies, recalls, updates, replacements, requests.

The axis carries all of it and carries out none: nobody's copy is changed or deleted here. What is decided is
only how documents belong together, which request a consent or refusal answers, and what is shown of it.

Spec: QCVN102/Bussiness, QCVN102/ResponseFor, ND30/VI
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.core.lifecycle import CONSENT, REFUSAL, TAKE_BACK, normal_code
from gateway.core.model import AgencyCode, Change, Envelope, InReplyTo, LetterFacts, LetterId, Operation


class Relation(StrEnum):
    """What a document is to an earlier one."""

    REPLY = "reply"
    CORRECTION = "correction"
    RECALL = "recall"
    UPDATE = "update"
    REPLACEMENT = "replacement"

    @property
    def vi(self) -> str:
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        return _WORDS[self][1]


_WORDS: Final = {
    Relation.REPLY: ("trả lời", "reply"),
    Relation.CORRECTION: ("đính chính", "correction"),
    Relation.RECALL: ("thu hồi", "recall"),
    Relation.UPDATE: ("cập nhật", "update"),
    Relation.REPLACEMENT: ("thay thế", "replacement"),
}
_RELATIONS: Final = {
    Operation.RECALL: Relation.RECALL,
    Operation.UPDATE: Relation.UPDATE,
    Operation.REPLACE: Relation.REPLACEMENT,
}
_CORRECTION: Final = "đính chính"


@dataclass(frozen=True, slots=True)
class Bond:
    """
    What a document says of one earlier document.

    `organs`: the receivers for whom (none: all of them); `dropped` and `added` by an update. A dropped
    receiver treats it as a recall.
    """

    relation: Relation
    document: InReplyTo
    organs: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def changes_of(envelope: Envelope) -> tuple[Change, ...]:
    """
    The documents that the Bussiness block of an update or a replacement names.

    In a new document, and in a recall, Bussiness/DocumentId is a dummy: the official samples leave one there.
    """
    business = envelope.business
    if business.operation is Operation.REPLACE:
        return tuple(Change(r.document_id, organs=r.organs) for r in business.replacements if r.document_id)
    if business.operation is Operation.UPDATE and business.document_id:
        dropped = tuple(change.organ for change in business.receivers if not change.added)
        added = tuple(change.organ for change in business.receivers if change.added)
        return (Change(business.document_id, dropped=dropped, added=added),)
    return ()


def bonds_of(facts: LetterFacts) -> tuple[Bond, ...]:
    """
    The earlier documents that a document speaks of, and what it is to each.

    What a recall names in ResponseFor is its sender's own, also where no organ is named; so is what an update
    or a replacement names. If these name nothing in their Bussiness block, ResponseFor is what they mean.
    """
    own = facts.sender_code
    relation = _RELATIONS.get(facts.operation)
    named = tuple(
        Bond(
            relation,  # type: ignore[arg-type]
            InReplyTo(organ=own, document_id=change.document_id),
            change.organs,
            change.dropped,
            change.added,
        )
        for change in (facts.changes if relation is not None else ())
    )
    if relation is not None and not named:
        answered = relation
    else:
        answered = Relation.CORRECTION if _corrects(facts) else Relation.REPLY
    mine = answered not in (Relation.REPLY, Relation.CORRECTION)
    return named + tuple(
        Bond(answered, replace(reference, organ=reference.organ or own) if mine else reference)
        for reference in facts.in_reply_to
    )


def _corrects(facts: LetterFacts) -> bool:
    """A correction is an ordinary document that says so; no element of edXML does. Spec: ND30/18.3"""
    said = f"{facts.extra.get('type_name', '')} {facts.subject}".casefold()
    return _CORRECTION in said


@dataclass(frozen=True, slots=True)
class Answer:
    """A 15 or 16 that a receiver gave to a document which asks for something, and what it wrote with it."""

    recipient: AgencyCode
    code: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """
    Another document that belongs to one, as this node holds it.

    `is_later`: it speaks of the one that was asked about, which else speaks of it. `parties`: its sender, and
    those agencies of this node that have it. `answers`: what its receivers said to it. `opened`: agencies of
    this node that have looked into it.
    """

    bond: Bond
    is_later: bool
    letter_id: LetterId
    sender: AgencyCode
    sender_name: str
    code: str
    issue_date: str
    subject: str
    received_at: datetime
    recipients: tuple[str, ...]
    parties: frozenset[AgencyCode]
    answers: tuple[Answer, ...] = ()
    opened: frozenset[AgencyCode] = frozenset()

    def is_open_to(self, agencies: Collection[AgencyCode]) -> bool:
        """Whether one of them sent it or has opened it."""
        return self.sender in agencies or not self.opened.isdisjoint(agencies)


# --- requests ------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What became of a request."""

    OPEN = "open"
    CONSENTED = "consented"
    REFUSED = "refused"

    @property
    def vi(self) -> str:
        return _OUTCOME_WORDS[self][0]

    @property
    def en(self) -> str:
        return _OUTCOME_WORDS[self][1]


_OUTCOME_WORDS: Final = {
    Outcome.OPEN: ("chưa trả lời", "not answered yet"),
    Outcome.CONSENTED: ("đồng ý", "consented"),
    Outcome.REFUSED: ("từ chối", "refused"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """
    What one receiver of a document was asked to do with it, and what it answered.

    `kind`: `13`, or the relation of the document (type 1, 2 or 3) that asks, whose id is `letter_id`.
    `reason` is what the sender wrote with a 13, `answer` what the receiver wrote with its 15 or 16.
    """

    kind: str
    at: datetime
    letter_id: LetterId | None = None
    outcome: Outcome = Outcome.OPEN
    answered_at: datetime | None = None
    reason: str = ""
    answer: str = ""

    @property
    def needs_attention(self) -> bool:
        """A written recall was refused, which the law does not provide for. Spec: ND30/18.4b"""
        return self.kind == Relation.RECALL.value and self.outcome is Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Said:
    """A status of the receiver; `to`: the document that it names, if that is the request itself."""

    code: str
    at: datetime
    to: LetterId | None = None
    text: str = ""


def requests(asked: Iterable[Request], said: Iterable[Said]) -> tuple[Request, ...]:
    """
    The requests to one receiver with their answers, in the order in which they came.

    A 15 or 16 that does not name the request belongs to the latest one that is open when it comes; without
    one it answers nothing. Other statuses change nothing here.

    Spec: QCVN102/StatusCode
    """
    found: list[Request] = []
    events: list[tuple[datetime, int, Request | Said]] = [(one.at, 0, one) for one in asked]
    events += [(one.at, 1, one) for one in said]  # what came at one moment was asked before it was answered
    for at, _, event in sorted(events, key=lambda each: each[:2]):
        if isinstance(event, Request):
            found.append(event)
            continue
        outcome = _OUTCOMES.get(normal_code(event.code))
        if outcome is None:
            continue
        for index in reversed(range(len(found))):
            if found[index].outcome is Outcome.OPEN and event.to in (None, found[index].letter_id):
                found[index] = replace(found[index], outcome=outcome, answered_at=at, answer=event.text)
                break
    return tuple(found)


def requests_to(
    recipient: Collection[str],
    facts: LetterFacts,
    accepted_at: datetime,
    spoken: Sequence[Said],
    links: Iterable[Linked],
) -> tuple[Request, ...]:
    """
    What the receiver known by these codes was asked about a document, with its answers.

    A document that recalls, updates or replaces is a request itself; else the statuses 13 about it are, and
    the later documents that name it and went to this receiver.
    """
    own = _RELATIONS.get(facts.operation)
    asked = [Request(own.value, accepted_at)] if own is not None else []
    asked += [Request(TAKE_BACK, s.at, reason=s.text) for s in spoken if normal_code(s.code) == TAKE_BACK]
    said = list(spoken)
    for link in links:
        bond = link.bond
        meant = {*(bond.organs or link.recipients), *bond.dropped} if link.is_later else set()
        if bond.relation in _RELATIONS.values() and any(code in meant for code in recipient):
            asked.append(Request(bond.relation.value, link.received_at, link.letter_id))
            said += [
                Said(a.code, a.at, link.letter_id, a.text) for a in link.answers if a.recipient in recipient
            ]
    return requests(asked, said)


_OUTCOMES: Final = {CONSENT: Outcome.CONSENTED, REFUSAL: Outcome.REFUSED}

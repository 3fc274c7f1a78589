"""
How /v1 tells which documents belong together, and what receivers were asked to do with one.
"""

from __future__ import annotations

from datetime import datetime

from gateway.core.business import Linked, Outcome, Relation, Request
from gateway.core.lifecycle import STATUSES, TAKE_BACK
from gateway.v1.findings import Shape, Words


class LinkShape(Shape):
    """
    A document that belongs to the one asked about.

    `relation` (reply, correction, recall, update, replacement) is what the later of the two is to the
    earlier; `is_later` tells which of them this one is. `organs` are the receivers for whom (none: all); an
    update drops and adds some. `subject` is empty for whoever neither sent nor opened it.
    """

    relation: Relation
    vi: str
    en: str
    is_later: bool
    letter_id: str
    sender: str
    sender_name: str
    code: str
    issue_date: str
    subject: str
    received_at: datetime
    organs: tuple[str, ...]
    dropped: tuple[str, ...]
    added: tuple[str, ...]

    @classmethod
    def of(cls, link: Linked) -> LinkShape:
        bond = link.bond
        return cls(
            relation=bond.relation,
            vi=bond.relation.vi,
            en=bond.relation.en,
            is_later=link.is_later,
            letter_id=link.letter_id,
            sender=link.sender,
            sender_name=link.sender_name,
            code=link.code,
            issue_date=link.issue_date,
            subject=link.subject,
            received_at=link.received_at,
            organs=bond.organs,
            dropped=bond.dropped,
            added=bond.added,
        )


class RequestShape(Shape):
    """
    What a receiver was asked to do with the document: `kind` is `13` or what the asking document is to it.

    `needs_attention`: a written recall was refused, which the law does not provide for.
    """

    kind: str
    words: Words
    at: datetime
    letter_id: str | None
    outcome: Outcome
    answered_at: datetime | None
    needs_attention: bool

    @classmethod
    def of(cls, request: Request) -> RequestShape:
        told = STATUSES[TAKE_BACK] if request.kind == TAKE_BACK else Relation(request.kind)
        return cls(
            kind=request.kind,
            words=Words(vi=told.vi, en=told.en),
            at=request.at,
            letter_id=request.letter_id,
            outcome=request.outcome,
            answered_at=request.answered_at,
            needs_attention=request.needs_attention,
        )

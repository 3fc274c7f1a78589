"""
Which agencies have answered a document by one of their own: a reply closes it as surely as a status does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select

from gateway.core.lifecycle import Match, matches, same_code
from gateway.core.marks import MarkKind
from gateway.core.model import AgencyCode, Kind, LetterId, Operation
from gateway.store.rows import read_facts
from gateway.store.tables import letters, marks

MOST_ANSWERS = 1000  # looked at for one document, the first ones; to a letter to all communes each may answer

_DOCUMENT = select(letters).where(letters.c.letter_id == bindparam("letter"))
_NAMING_IT = (
    select(letters)
    .join_from(marks, letters, letters.c.letter_id == marks.c.letter_id)
    .where(
        marks.c.key.in_(bindparam("names", expanding=True)),
        marks.c.kind == MarkKind.REPLY.value,
        letters.c.received_at > bindparam("after"),
    )
    .order_by(letters.c.received_at)
    .limit(MOST_ANSWERS)
)


def _is_named_by(key: ColumnElement[str | None]) -> ColumnElement[bool]:
    return exists().where(marks.c.key == key, marks.c.kind == MarkKind.REPLY.value)


_NAMED = select(letters.c.letter_id).where(
    letters.c.letter_id.in_(bindparam("ids", expanding=True)),
    or_(_is_named_by(letters.c.document_key), _is_named_by(letters.c.code_key)),
)


def named_in_replies(connection: Connection, letter_ids: Iterable[str]) -> set[str]:
    """
    Which of these documents are named in some reply here, whoever wrote it: hardly ever many.

    One question for all of them; only about those that it finds is there anything to ask `answers_to`.
    """
    return set(connection.execute(_NAMED, {"ids": sorted(set(letter_ids))}).scalars())


def answers_to(connection: Connection, letter_id: LetterId) -> dict[AgencyCode, datetime]:
    """
    Who answered this document, and when this node first held the answer.

    A recall or an update names a document as a reply does, and answers nothing. Many systems use bare numbers
    as ids, so the organ that is named must be its sender.

    Spec: QCVN102/ResponseFor
    """
    document = connection.execute(_DOCUMENT, {"letter": letter_id}).one_or_none()
    if document is None or document.kind != Kind.DOCUMENT.value:
        return {}
    names = [key for key in (document.document_key, document.code_key) if key is not None]
    if not names:
        return {}
    facts = read_facts(document)

    def is_sender(named: str, sender: str) -> bool:
        return same_code(named, sender) or same_code(named, facts.sender_code)

    found: dict[AgencyCode, datetime] = {}
    for row in connection.execute(_NAMING_IT, {"names": names, "after": document.received_at}):
        answer = read_facts(row)
        if answer.operation is Operation.NEW and any(
            matches(named, facts, document.sender, same_organ=is_sender) is not Match.NONE
            for named in answer.in_reply_to
        ):
            found.setdefault(AgencyCode(row.sender), row.received_at)
    return found

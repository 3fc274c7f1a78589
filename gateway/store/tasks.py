"""
Tasks: which of the documents that arrive answer a task that their receiver gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, select

from gateway.core.marks import MarkKind, assigner_of
from gateway.core.model import AgencyCode
from gateway.ports import Occasion
from gateway.store.notices import Offer
from gateway.store.tables import letters, marks
from gateway.store.transaction import Transaction

_TASKS = (
    select(marks.c.letter_id, marks.c.key)
    .where(marks.c.letter_id.in_(bindparam("ids", expanding=True)), marks.c.kind == MarkKind.TASK.value)
    .order_by(marks.c.letter_id, marks.c.key)
)
_WRITTEN_BY = (
    select(letters.c.letter_id)
    .join_from(marks, letters, letters.c.letter_id == marks.c.letter_id)
    .where(
        marks.c.key == bindparam("task"),
        marks.c.kind == MarkKind.TASK.value,
        letters.c.sender == bindparam("agency"),
    )
    .limit(1)
)


def task_replies(transaction: Transaction, offers: Sequence[Offer]) -> list[Offer]:
    """
    Of the documents among what came, those with the code of a task of their receiver, as offers of that.

    A task is an agency's own if its code names the agency as who gave it, or if the agency has sent a
    document with that code.
    """
    came = [offer for offer in offers if offer.occasion is Occasion.DOCUMENT]
    if not came:
        return []
    tasks: dict[str, list[str]] = {}
    for row in transaction.connection.execute(_TASKS, {"ids": [offer.letter_id for offer in came]}):
        tasks.setdefault(row.letter_id, []).append(row.key)
    return list(_replies(transaction, came, tasks))


def _replies(transaction: Transaction, came: Sequence[Offer], tasks: dict[str, list[str]]) -> Iterator[Offer]:
    for offer in came:
        if any(_is_own(transaction, offer.agency, task) for task in tasks.get(offer.letter_id, ())):
            yield replace(offer, occasion=Occasion.TASK_REPLIED)


def _is_own(transaction: Transaction, agency: AgencyCode, task: str) -> bool:
    assigner = transaction.directory().find(assigner_of(task).upper())
    if assigner is not None and assigner.code == agency:
        return True
    asked = {"task": task, "agency": agency}
    return transaction.connection.execute(_WRITTEN_BY, asked).first() is not None

"""
What follows from the move of a delivery: a notice to its sender, a word to its origin, a 01 for its agency.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.catalogue import STOPPED
from gateway.core.codes import normal
from gateway.core.delivery import Command, Delivery, NoteArrival, ReportHop, State, TellSender
from gateway.core.lifecycle import ARRIVED, AUTOMATIC, NOTICE
from gateway.core.model import AgencyCode, Kind, NodeId
from gateway.core.tracking import HopEvent
from gateway.store.tracking import note_hops
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Subject:
    """What the consequences of a move depend on in its letter. `more_facts` is the column of that name."""

    origin: NodeId
    kind: Kind
    sender: AgencyCode
    more_facts: str | None


def follow(
    transaction: Transaction,
    moved: Sequence[tuple[Subject, Delivery, tuple[Command, ...], datetime]],
) -> None:
    """Carry out the commands of all moves, in the transaction that wrote them."""
    ours: list[HopEvent] = []
    for subject, delivery, commands, now in moved:
        for command in commands:
            match command:
                case TellSender(code=code):
                    # of a 13 that ended here, the notice about the letter that it stopped tells
                    is_spent = subject.kind is Kind.STATUS and code == STOPPED.code
                    if not is_spent and not _is_own_word(transaction, subject):
                        transaction.owe("notice", delivery.letter_id, delivery.target.key, code, now)
                case ReportHop():
                    event = _hop(transaction.node, delivery, command, now)
                    if subject.origin == transaction.node:
                        ours.append(event)
                    else:
                        transaction.report(subject.origin, event, now)
                case NoteArrival():
                    _note_arrival(transaction, subject, delivery, now)
    note_hops(transaction, ours)


def _hop(node: NodeId, delivery: Delivery, report: ReportHop, now: datetime) -> HopEvent:
    is_tried_again = report.state in (State.QUEUED, State.SENT) and delivery.due_at > now
    next_try_at = delivery.due_at if is_tried_again else None
    return HopEvent(
        delivery.letter_id,
        node,
        delivery.target.key,
        report.state,
        now,
        report.code,
        next_try_at,
        delivery.attempts,
    )


def _is_own_word(transaction: Transaction, subject: Subject) -> bool:
    """
    Whether the axis itself wrote this letter: what becomes of it is journalled, and told to nobody.

    A notice about a notice that could not be delivered would need one about itself. At the nodes on its way a
    01 made in an agency's name can't be told from one that its clerk sent; at its origin it can.
    """
    if subject.kind is not Kind.STATUS:
        return False
    sender = normal(subject.sender)
    if any(normal(row.organ_code) == sender for row in transaction.directory().node_rows):
        return True
    extra = json.loads(subject.more_facts).get("extra", {}) if subject.more_facts else {}
    return str(extra.get("description", "")).startswith((AUTOMATIC, NOTICE))


def _note_arrival(transaction: Transaction, subject: Subject, delivery: Delivery, now: datetime) -> None:
    if subject.kind is not Kind.DOCUMENT or delivery.target.agency is None:
        return
    agency = transaction.directory().find(delivery.target.agency)
    if agency is not None and not agency.sends_arrived:
        transaction.owe("arrival", delivery.letter_id, delivery.target.key, ARRIVED, now)

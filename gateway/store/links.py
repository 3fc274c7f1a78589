"""
Links: how documents that this node holds belong together, found when somebody asks.

A document says what it answers, recalls, updates or replaces; that may be here, not here, or come later. So
nothing is written but its facts and marks, and both ways of a link are found through them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from gateway.core.business import Answer, Bond, Linked, bonds_of
from gateway.core.delivery import State
from gateway.core.directory import Directory
from gateway.core.lifecycle import CONSENT, REFUSAL, Match, matches, same_organ_in
from gateway.core.marks import MarkKind
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.ports import TrackRecord
from gateway.store.rows import load_routing, read_facts, search_key
from gateway.store.tables import deliveries, letters, marks, statuses
from gateway.store.tracking import documents, opened_by

MOST = 200  # links of one document that are told; a circular to 10,000 agencies may have as many replies


def with_links(
    connection: Connection, directory: Directory, record: TrackRecord | None
) -> TrackRecord | None:
    """The record with the documents that belong to its own."""
    if record is None or record.letter.routing.kind is not Kind.DOCUMENT:
        return record
    found = [*_earlier(connection, directory, record), *_later(connection, directory, record)]
    unique = {(link.letter_id, link.bond.relation, link.is_later): link for link in found}
    links = sorted(unique.values(), key=lambda link: (link.received_at, link.letter_id))
    return replace(record, links=tuple(links[:MOST]))


def _earlier(connection: Connection, directory: Directory, record: TrackRecord) -> Iterator[Linked]:
    """The documents that this one speaks of: for each the surest match, of equals the latest."""
    same_organ, own = same_organ_in(directory), record.letter.routing.letter_id
    for bond in bonds_of(record.letter.facts):
        best: tuple[Match, Any] | None = None
        for row in connection.execute(documents(directory, bond.document)):  # the latest first
            match = matches(bond.document, read_facts(row), row.sender, same_organ=same_organ)
            if match is not Match.NONE and row.letter_id != own and (best is None or match > best[0]):
                best = (match, row)
        if best is not None:
            yield _linked(connection, bond, best[1], is_later=False)


_MARKED = (
    select(letters)
    .join_from(marks, letters)
    .where(
        marks.c.key.in_(bindparam("keys", expanding=True)),
        marks.c.kind.in_([MarkKind.REPLY.value, MarkKind.CHANGE.value]),
        letters.c.letter_id != bindparam("own"),
    )
    .order_by(letters.c.received_at)
    .limit(MOST)
)


def _later(connection: Connection, directory: Directory, record: TrackRecord) -> Iterator[Linked]:
    """The documents that speak of this one."""
    facts, routing = record.letter.facts, record.letter.routing
    keys = {key for text in (facts.document_id, facts.code) if (key := search_key(text)) is not None}
    if not keys:
        return
    same_organ = same_organ_in(directory)
    told = {"keys": sorted(keys), "own": routing.letter_id}
    for row in {row.letter_id: row for row in connection.execute(_MARKED, told)}.values():
        for bond in bonds_of(read_facts(row)):
            if matches(bond.document, facts, routing.sender, same_organ=same_organ) is not Match.NONE:
                yield _linked(connection, bond, row, is_later=True)


_DOORS = select(deliveries.c.agency).where(
    deliveries.c.letter_id == bindparam("letter"),
    deliveries.c.agency.is_not(None),
    deliveries.c.state.in_([State.WAITING.value, State.DELIVERED.value]),
)
_ANSWERS = (
    select(statuses.c.recipient, statuses.c.code, statuses.c.arrived_at, statuses.c.description)
    .where(statuses.c.letter_id == bindparam("letter"), statuses.c.code.in_([CONSENT, REFUSAL]))
    .order_by(statuses.c.arrived_at, statuses.c.status_letter_id)
)


def _linked(connection: Connection, bond: Bond, row: Any, *, is_later: bool) -> Linked:
    told, routing = {"letter": row.letter_id}, load_routing(row.routing)
    doors = {AgencyCode(code) for code in connection.execute(_DOORS, told).scalars()}
    return Linked(
        bond=bond,
        is_later=is_later,
        letter_id=LetterId(row.letter_id),
        sender=AgencyCode(row.sender),
        sender_name=row.sender_name,
        code=row.code,
        issue_date=row.issue_date,
        subject=row.subject,
        received_at=row.received_at,
        recipients=tuple(dict.fromkeys(text for a in routing.recipients for text in (a.code, a.named))),
        parties=frozenset(doors | {AgencyCode(row.sender)}),
        answers=tuple(
            Answer(AgencyCode(said.recipient), said.code, said.arrived_at, said.description)
            for said in connection.execute(_ANSWERS, told)
        ),
        opened=opened_by(connection, row.letter_id),
    )

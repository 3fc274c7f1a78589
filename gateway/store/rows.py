"""
Rows as the office's nouns, and back.

`schedule` is the one place that decides which questions a delivery's row answers: may it be claimed, when may
it be, does it fill its link's window, does time concern it, is it in trouble.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from gateway.core.delivery import Delivery, State, Target
from gateway.core.marks import marks_of
from gateway.core.model import (
    AgencyCode,
    Change,
    InReplyTo,
    Kind,
    Lane,
    LetterFacts,
    LetterId,
    NodeId,
    Operation,
    Routing,
)
from gateway.core.routing import read_routing, routing_json
from gateway.ports import MailItem, StoredLetter, StoredPart, Trouble
from gateway.store.columns import write_json
from gateway.store.tables import deliveries, letters, parts

LOCAL = "local"
"""The door of all deliveries to agencies of this node, and the topic that is rung for them."""


def search_key(text: str) -> str | None:
    """Ids and numbers as people compare them: composed letters, no spaces, no regard to case; None for ""."""
    return "".join(unicodedata.normalize("NFC", text).split()).casefold() or None


# --- letters -------------------------------------------------------------------------------------


def letter_row(letter: StoredLetter) -> dict[str, Any]:
    """The row of `letters` for a letter."""
    routing, facts = letter.routing, letter.facts
    return {
        "letter_id": routing.letter_id,
        "origin": routing.origin,
        "kind": routing.kind.value,
        "sender": routing.sender,
        "routing": routing_json(routing).decode(),
        "size": letter.size,
        "original_size": routing.original_size,
        "original_sha256": routing.original_sha256,
        "came_from": letter.came_from,
        "hops": letter.hops,
        "received_at": letter.received_at,
        "document_id": facts.document_id,
        "document_key": search_key(facts.document_id),
        "code": facts.code,
        "code_key": search_key(facts.code),
        "issue_date": facts.issue_date,
        "subject": facts.subject,
        "sender_name": facts.sender_name,
        "priority": facts.priority,
        "status_code": facts.status_code,
        "more_facts": _write_more_facts(facts),
    }


def _write_more_facts(facts: LetterFacts) -> str | None:
    more = {
        "sender_code": facts.sender_code,
        "operation": facts.operation.value,
        "in_reply_to": [[r.organ, r.code, r.document_id, r.issue_date] for r in facts.in_reply_to],
        "extra": dict(facts.extra),
        "changes": [[c.document_id, c.organs, c.dropped, c.added] for c in facts.changes],
        "task_codes": list(facts.task_codes),
        "dossier_codes": list(facts.dossier_codes),
        "reference_codes": list(facts.reference_codes),
        "due_date": facts.due_date,
    }
    return write_json({key: value for key, value in more.items() if value}) if any(more.values()) else None


def read_facts(row: Row[Any]) -> LetterFacts:
    """The facts of a row of `letters`."""
    more = json.loads(row.more_facts) if row.more_facts else {}
    return LetterFacts(
        document_id=row.document_id,
        code=row.code,
        issue_date=row.issue_date,
        subject=row.subject,
        sender_code=more.get("sender_code", ""),
        sender_name=row.sender_name,
        priority=row.priority,
        operation=Operation(more.get("operation", 0)),
        status_code=row.status_code,
        in_reply_to=tuple(InReplyTo(*named) for named in more.get("in_reply_to", ())),
        extra=more.get("extra", {}),
        changes=tuple(
            Change(document_id, *map(tuple, codes)) for document_id, *codes in more.get("changes", ())
        ),
        **{name: tuple(more.get(name, ())) for name in ("task_codes", "dossier_codes", "reference_codes")},
        due_date=more.get("due_date", ""),
    )


def mark_rows(letter: StoredLetter) -> list[dict[str, Any]]:
    """The rows of `marks` for a letter: each key once, however it is written."""
    letter_id = letter.routing.letter_id
    keys = ((kind, search_key(text)) for kind, text in marks_of(letter.facts, letter.routing.kind))
    return [
        {"letter_id": letter_id, "kind": kind.value, "key": key}
        for kind, key in dict.fromkeys(keys)
        if key is not None
    ]


def part_rows(letter: StoredLetter) -> list[dict[str, Any]]:
    """The rows of `parts` for a letter."""
    return [
        {
            "letter_id": letter.routing.letter_id,
            "position": position,
            "name": part.name,
            "size": part.size,
            "sha256": part.sha256,
            "inline": part.inline,
        }
        for position, part in enumerate(letter.parts)
    ]


_LETTERS = select(letters).where(letters.c.letter_id.in_(bindparam("ids", expanding=True)))
_PARTS = (
    select(parts)
    .where(parts.c.letter_id.in_(bindparam("ids", expanding=True)))
    .order_by(parts.c.letter_id, parts.c.position)
)


def load_letters(connection: Connection, ids: Iterable[str]) -> dict[LetterId, StoredLetter]:
    """Letters with their parts, in two statements whatever their number."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    held: dict[str, list[StoredPart]] = {}
    for row in connection.execute(_PARTS, {"ids": wanted}):
        held.setdefault(row.letter_id, []).append(StoredPart(row.name, row.size, row.sha256, row.inline))
    return {
        LetterId(row.letter_id): StoredLetter(
            routing=load_routing(row.routing),
            facts=read_facts(row),
            parts=tuple(held.get(row.letter_id, ())),
            came_from=None if row.came_from is None else NodeId(row.came_from),
            hops=row.hops,
            received_at=row.received_at,
        )
        for row in connection.execute(_LETTERS, {"ids": wanted})
    }


@lru_cache(maxsize=16)  # a letter to thousands is loaded at each of their doors, and takes 10 µs a recipient
def load_routing(text: str) -> Routing:
    """The routing of a letter as its row holds it."""
    return read_routing(text.encode())


# --- deliveries ----------------------------------------------------------------------------------


def door_of(target: Target | None) -> str:
    """Who works on deliveries to this target: `link:H14`, or `local` (for None: any agency of this node)."""
    return LOCAL if target is None or target.neighbour is None else target.key


def topics_of(target: Target, lane: Lane) -> str:
    """The topic to ring when there is work for this target: `link:H14:urgent`, or `local`."""
    return f"{target.key}:{lane.value}" if target.neighbour is not None else LOCAL


def delivery_row(delivery: Delivery, kind: Kind, now: datetime) -> dict[str, Any]:
    """The row of `deliveries` for a new delivery."""
    return {
        "letter_id": delivery.letter_id,
        "target": delivery.target.key,
        "door": door_of(delivery.target),
        "agency": delivery.target.agency,
        "kind": kind.value,
        "lane": delivery.lane.value,
        "rank": delivery.rank,
        "size": delivery.size,
        "expires_at": delivery.expires_at,
        "mail_number": None,
        **moving_columns(delivery, now),
    }


def moving_columns(delivery: Delivery, now: datetime, claim: str | None = None) -> dict[str, Any]:
    """The columns that a move may change."""
    return {
        "state": delivery.state.value,
        "since": delivery.since,
        "due_at": delivery.due_at,
        "attempts": delivery.attempts,
        "failures": delivery.failures,
        "last_code": delivery.last_code,
        "confirmed": delivery.confirmed,
        "held": delivery.held,
        "warned": delivery.warned,
        "claimed_by": claim if delivery.state is State.TRYING else None,
        **schedule(delivery, now),
    }


def schedule(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """
    The columns by which work is found; each NULL unless the delivery is what its question asks for.

    A queued letter whose frames were all confirmed has one only until its sender was told: the neighbour may
    hold it, and only the neighbour may say that it came too late.
    """
    state = delivery.state
    is_queued, is_due = state is State.QUEUED, delivery.due_at <= now
    deadline = None
    if is_queued and not (delivery.confirmed and delivery.warned):
        deadline = delivery.expires_at
    elif state in (State.SENT, State.WAITING):
        deadline = delivery.due_at
    return {
        "turn": delivery.rank if is_queued and is_due else None,
        "wakes_at": delivery.due_at if is_queued and not is_due else None,
        "window_lane": delivery.lane.value if state in (State.TRYING, State.SENT) else None,
        "deadline": deadline,
        "trouble": _trouble(delivery),
    }


_STUCK = frozenset({State.QUEUED, State.TRYING, State.SENT})


def _trouble(delivery: Delivery) -> str | None:
    """Why a person may want to look at it."""
    if delivery.state is State.HELD:
        return Trouble.HELD.value
    if delivery.state is State.QUARANTINED:
        return Trouble.QUARANTINED.value
    return Trouble.RETRYING.value if delivery.last_code and delivery.state in _STUCK else None


DELIVERY = tuple(deliveries.c[field.name] for field in fields(Delivery))
"""What to select for `read_delivery`: the fields of a Delivery, in their order."""


def read_delivery(row: Row[Any]) -> Delivery:
    """The delivery of a row that begins with the columns DELIVERY."""
    letter_id, target, state, lane, *rest = row[: len(DELIVERY)]
    return Delivery(LetterId(letter_id), Target.of_key(target), State(state), Lane(lane), *rest)


def read_deliveries(rows: Iterable[Row[Any]]) -> list[Delivery]:
    return [read_delivery(row) for row in rows]


def _came_before(*same: Any) -> Any:
    """
    When the agency got an earlier document of the same sender that is the `same`.

    It is looked up by letter and target, not by agency: that would lead through all that ever came to it.
    """
    return (
        select(func.max(_came.c.offered_at))
        .join_from(_earlier, _came, _came.c.letter_id == _earlier.c.letter_id)
        .where(
            *same,
            _earlier.c.sender == letters.c.sender,
            _earlier.c.kind == Kind.DOCUMENT.value,
            _earlier.c.letter_id != letters.c.letter_id,
            letters.c.kind == Kind.DOCUMENT.value,
            _came.c.target == deliveries.c.target,
            _came.c.offered_number < deliveries.c.offered_number,
        )
        .correlate(letters, deliveries)
        .scalar_subquery()
    )


_earlier, _came = letters.alias("earlier"), deliveries.alias("came")
CAME_BEFORE = (
    _came_before(_earlier.c.document_key == letters.c.document_key).label("same_id_came"),
    _came_before(
        _earlier.c.code_key == letters.c.code_key, _earlier.c.issue_date == letters.c.issue_date
    ).label("same_number_came"),
)
"""When the agency got one that is the same by law: the same id, or number, notation and date."""


def read_came_before(row: Any) -> datetime | None:
    """The later of the two moments of CAME_BEFORE."""
    return max((at for at in (row.same_id_came, row.same_number_came) if at is not None), default=None)


ITEM = (
    letters.c.letter_id,
    letters.c.kind,
    letters.c.sender,
    letters.c.sender_name,
    letters.c.document_id,
    letters.c.code,
    letters.c.issue_date,
    letters.c.subject,
    letters.c.priority,
    letters.c.status_code,
    letters.c.original_size,
    letters.c.more_facts,
)
"""What `read_item` needs of a letter; of its delivery it needs agency and state besides."""


def read_item(
    row: Any, number: int, waiting_since: datetime, came_before: datetime | None = None
) -> MailItem:
    """One line of a mailbox, under this number."""
    return MailItem(
        came_before=came_before,
        number=number,
        letter_id=LetterId(row.letter_id),
        agency=AgencyCode(row.agency),
        kind=Kind(row.kind),
        sender=AgencyCode(row.sender),
        sender_name=row.sender_name,
        document_id=row.document_id,
        code=row.code,
        issue_date=row.issue_date,
        subject=row.subject,
        priority=row.priority,
        status_code=row.status_code,
        size=row.original_size,
        waiting_since=waiting_since,
        state=State(row.state),
        task_codes=tuple(json.loads(row.more_facts).get("task_codes", ())) if row.more_facts else (),
    )


def agency_codes(agencies: Iterable[AgencyCode]) -> list[AgencyCode]:
    """Each code once, in an order that gives equal statements for equal sets."""
    return sorted(set(agencies))

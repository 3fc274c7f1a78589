"""
The letter box: documents that came to one agency, and those that it sent, as people page through them.

Each question walks one index. Where a filter has none, a page looks at a stretch of the box and no further:
it may be short, and the next goes on behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from gateway.core.delivery import State, Target
from gateway.core.model import AgencyCode, Kind, LetterId, Operation
from gateway.core.tracking import StatusEvent
from gateway.ports import BoxLine, BoxPage, BoxWish, SentPage, SentWish
from gateway.ports.letterbox import MOST_SORTED
from gateway.store.access import Access
from gateway.store.answers import answers_to
from gateway.store.rows import CAME_BEFORE, ITEM, read_came_before, read_facts, read_item, search_key
from gateway.store.tables import deadlines, deliveries, letters, statuses

STRETCH = 2_000  # places of a box that one page looks at: some ten milliseconds, if none of them fits

_d, _l = deliveries.c, letters.c

# --- what came -----------------------------------------------------------------------------------

_BOX = and_(_d.agency == bindparam("whose"), _d.kind == Kind.DOCUMENT.value)

_LINES = (
    select(
        *(_d.seq, _d.agency, _d.state, _d.offered_number, _d.offered_at, _l.received_at),
        *CAME_BEFORE,
        *ITEM,
    )
    .join_from(deliveries, letters)
    .where(_d.seq.in_(bindparam("found", expanding=True)))
)
_STATUSES = (
    select(statuses)
    .where(
        statuses.c.letter_id.in_(bindparam("found", expanding=True)),
        statuses.c.recipient == bindparam("whose"),
    )
    .order_by(statuses.c.arrived_at)
)


def box(connection: Connection, wish: BoxWish, limit: int) -> BoxPage:
    """See `LetterBox.box`."""
    found, more = _waiting(connection, wish, limit) if wish.waits else _all(connection, wish, limit)
    return BoxPage(_lines(connection, wish.agency, found), more)


def _waiting(connection: Connection, wish: BoxWish, limit: int) -> tuple[list[int], int | None]:
    """
    What waits, in the order in which it should be looked at: urgent, then what is past due, then by day.

    All that waits in the box is looked at: an agency has hundreds, and an order to trust is worth that.
    """
    looked = (
        select(_d.seq, _d.rank, _d.mail_number)
        .where(_BOX, _d.mail_number.is_not(None), *_came_between(wish))
        .order_by(_d.rank.desc(), _d.mail_number)
        .limit(MOST_SORTED)
    )
    if of_letters := _of_letters(wish):
        looked = looked.join_from(deliveries, letters).where(*of_letters)
    waits = looked.subquery()
    first_due = (
        select(func.min(deadlines.c.due_at))
        .where(deadlines.c.letter_id == _d.letter_id, deadlines.c.agency == _d.agency)
        .scalar_subquery()
    )
    # what is past due is what is due first; what is never due comes last, however a database sorts NULL
    by_turn = (waits.c.rank.desc(), first_due.is_(None), first_due, waits.c.mail_number)
    asked = select(_d.seq).join_from(waits, deliveries, _d.seq == waits.c.seq).order_by(*by_turn)
    page = list(
        connection.execute(asked.offset(wish.skip).limit(limit + 1), {"whose": wish.agency}).scalars()
    )
    return page[:limit], wish.skip + limit if len(page) > limit else None


def _all(connection: Connection, wish: BoxWish, limit: int) -> tuple[list[int], int | None]:
    if wish.text.strip():
        return _named(connection, wish, limit)
    stretch = (
        select(_d.seq, _d.offered_number, _d.letter_id)
        .where(_BOX, _d.offered_number.is_not(None), *_came_between(wish))
        .order_by(_d.offered_number.desc())
        .limit(STRETCH)
    )
    if wish.before is not None:
        stretch = stretch.where(_d.offered_number < wish.before)
    looked = stretch.subquery()
    asked = (
        select(looked.c.seq, looked.c.offered_number)
        .join(letters, _l.letter_id == looked.c.letter_id)
        .where(*_of_letters(wish))
        .order_by(looked.c.offered_number.desc())
        .limit(limit + 1)
    )
    rows = connection.execute(asked, {"whose": wish.agency}).all()
    if len(rows) > limit:
        return [row.seq for row in rows[:limit]], int(rows[limit - 1].offered_number)
    bounds = select(func.count(), func.min(looked.c.offered_number)).select_from(looked)
    size, last = connection.execute(bounds, {"whose": wish.agency}).one()
    return [row.seq for row in rows], int(last) if size >= STRETCH else None


def _named(connection: Connection, wish: BoxWish, limit: int) -> tuple[list[int], int | None]:
    """
    By number or id there are few, wherever in the box they lie.

    Their letters first: in one statement SQLite would rather go through the whole box.
    """
    named = connection.execute(select(_l.letter_id).where(*_of_letters(wish)).limit(STRETCH)).scalars()
    asked = (
        select(_d.seq, _d.offered_number)
        .where(
            _d.letter_id.in_(bindparam("found", expanding=True)),
            _d.target == Target(agency=wish.agency).key,
            _d.kind == Kind.DOCUMENT.value,
            _d.offered_number.is_not(None),
            *_came_between(wish),
        )
        .order_by(_d.offered_number.desc())
        .limit(limit + 1)
    )
    if wish.before is not None:
        asked = asked.where(_d.offered_number < wish.before)
    rows = connection.execute(asked, {"found": named.all()}).all()
    more = int(rows[limit - 1].offered_number) if len(rows) > limit else None
    return [row.seq for row in rows[:limit]], more


def _came_between(wish: BoxWish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.urgent:
        found.append(_d.rank > 0)
    if wish.since is not None:
        found.append(_d.offered_at >= wish.since)
    if wish.until is not None:
        found.append(_d.offered_at < wish.until)
    return found


def _of_letters(wish: BoxWish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if key := search_key(wish.text):
        found.append(or_(_l.document_key == key, _l.code_key == key))
    if wish.sender.strip():
        found.append(_l.sender == wish.sender.strip())
    return found


def _lines(connection: Connection, agency: AgencyCode, found: Sequence[int]) -> tuple[BoxLine, ...]:
    if not found:
        return ()
    rows = {row.seq: row for row in connection.execute(_LINES, {"found": list(found)})}
    ids = [row.letter_id for row in rows.values()]
    said: dict[str, list[StatusEvent]] = {}
    for row in connection.execute(_STATUSES, {"found": ids, "whose": agency}):
        event = StatusEvent(agency, row.code, row.reported_at, row.arrived_at, row.description, row.staff)
        said.setdefault(row.letter_id, []).append(event)
    return tuple(_line(connection, rows[seq], said) for seq in found)


def _line(connection: Connection, row: Any, said: dict[str, list[StatusEvent]]) -> BoxLine:
    letter_id, facts = LetterId(row.letter_id), read_facts(row)
    item = read_item(row, row.offered_number, row.offered_at, read_came_before(row))
    # a reply matters only to a document that names a day, or asks for something
    may_be_answered = bool(facts.due_date) or facts.operation is not Operation.NEW
    answers = answers_to(connection, letter_id) if may_be_answered else {}
    return BoxLine(
        item,
        facts,
        row.received_at,
        row.offered_at,
        tuple(said.get(letter_id, ())),
        answers.get(item.agency),
    )


_AT_THE_DOOR = select(_d.seq).where(
    _d.letter_id == bindparam("letter"),
    _d.target == bindparam("of"),
    _d.state.in_([State.WAITING.value, State.DELIVERED.value]),
    _d.offered_number.is_not(None),
)


def box_line(connection: Connection, letter_id: LetterId, agency: AgencyCode) -> BoxLine | None:
    """See `LetterBox.box_line`."""
    asked = {"letter": letter_id, "of": Target(agency=agency).key}
    found = connection.execute(_AT_THE_DOOR, asked).scalar_one_or_none()
    return None if found is None else _lines(connection, agency, [found])[0]


# --- what was sent -------------------------------------------------------------------------------

_HANDED_IN = and_(_l.sender == bindparam("whose"), _l.came_from.is_(None))


def sent_box(connection: Connection, wish: SentWish, limit: int) -> SentPage:
    """See `LetterBox.sent_box`."""
    key = search_key(wish.text)
    stretch = select(_l.letter_id, _l.received_at, _l.kind).order_by(
        _l.received_at.desc(), _l.letter_id.desc()
    )
    if key is None:
        stretch = stretch.where(_HANDED_IN)
    else:  # by number or id there are few: not through all that was ever sent
        stretch = stretch.where(
            _l.sender == bindparam("whose"), or_(_l.document_key == key, _l.code_key == key)
        )
    for bound, is_upper in ((wish.since, False), (wish.until, True)):
        if bound is not None:
            stretch = stretch.where(_l.received_at < bound if is_upper else _l.received_at >= bound)
    if wish.before is not None and (at := _received_at(connection, wish.before)) is not None:
        earlier = and_(_l.received_at == at, _l.letter_id < wish.before)
        stretch = stretch.where(_l.received_at <= at, or_(_l.received_at < at, earlier))
    # statuses lie between the documents in the same index
    rows = connection.execute(stretch.limit(STRETCH), {"whose": wish.agency}).all()
    found = [LetterId(row.letter_id) for row in rows if row.kind == Kind.DOCUMENT.value]
    if len(found) > limit:
        return SentPage(tuple(found[:limit]), found[limit - 1])
    return SentPage(tuple(found), LetterId(rows[-1].letter_id) if len(rows) >= STRETCH else None)


def _received_at(connection: Connection, letter_id: LetterId) -> datetime | None:
    return connection.execute(select(_l.received_at).where(_l.letter_id == letter_id)).scalar_one_or_none()


class LetterBoxAccess(Access):
    """Everything that `ports.letterbox.LetterBox` promises."""

    async def box(self, wish: BoxWish, limit: int) -> BoxPage:
        return await self._read(lambda c: box(c, wish, limit))

    async def sent_box(self, wish: SentWish, limit: int) -> SentPage:
        return await self._read(lambda c: sent_box(c, wish, limit))

    async def box_line(self, letter_id: LetterId, agency: AgencyCode) -> BoxLine | None:
        return await self._read(lambda c: box_line(c, letter_id, agency))

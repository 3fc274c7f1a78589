"""
Search: the letters of some agencies, by what people and programs know of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, or_, select

from gateway.core.marks import MarkKind
from gateway.core.model import AgencyCode, LetterId, issue_day
from gateway.ports import Wanted
from gateway.store.rows import agency_codes, search_key
from gateway.store.tables import deliveries, letters, marks


def find_letters(
    connection: Connection,
    agencies: Iterable[AgencyCode],
    wanted: Wanted,
    before: LetterId | None,
    limit: int,
) -> list[LetterId]:
    """
    Letters sent or received by these agencies that fit, newest first, older than the cursor.

    Newest by their ids, which begin with the time of acceptance at the origin. What was sent and what was
    received are two questions: together they would have to look at every letter of the node. Without a name
    to go by, what was sent is what was handed in at this node.
    """
    codes = agency_codes(agencies)
    if not codes:
        return []
    fits = list(_conditions(wanted))
    if before is not None:
        fits.append(letters.c.letter_id < before)
    found: set[str] = set()
    for whose in _of(codes, wanted):
        newest = (
            select(letters.c.letter_id).where(whose, *fits).order_by(letters.c.letter_id.desc()).limit(limit)
        )
        found.update(connection.execute(newest).scalars())
    return [LetterId(letter) for letter in sorted(found, reverse=True)[:limit]]


def _of(codes: Sequence[AgencyCode], wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    # few letters go by a name: look at each whether it is theirs, not at all that they ever sent and got
    marked = wanted.task_code or wanted.reference or wanted.replies_to
    is_named = bool(wanted.text or wanted.document_id or wanted.code or wanted.sha256 or marked)
    if wanted.sent is not False:
        from_them = letters.c.sender.in_(codes)
        yield from_them if is_named else and_(from_them, letters.c.came_from.is_(None))
    if wanted.sent is not True:
        to_them = deliveries.c.target.in_([f"agency:{code}" for code in codes])
        if is_named:
            yield exists().where(and_(deliveries.c.letter_id == letters.c.letter_id, to_them))
        else:
            yield letters.c.letter_id.in_(select(deliveries.c.letter_id).where(to_them))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What must be true of a letter. Nothing goes by a text of spaces only."""
    if wanted.text:
        key = search_key(wanted.text)
        known_by = (letters.c.letter_id, letters.c.document_key, letters.c.code_key)
        yield false() if key is None else or_(*(column == key for column in known_by))
    for column, text in ((letters.c.document_key, wanted.document_id), (letters.c.code_key, wanted.code)):
        if text:
            key = search_key(text)
            yield false() if key is None else column == key
    for text, kinds in (
        (wanted.task_code, (MarkKind.TASK,)),
        (wanted.reference, (MarkKind.REFERENCE, MarkKind.DOSSIER)),
        (wanted.replies_to, (MarkKind.REPLY,)),
    ):
        if text:
            yield letters.c.letter_id.in_(_marked(text, kinds))
    if wanted.sha256:
        yield letters.c.original_sha256 == wanted.sha256.strip().lower()
    if wanted.kind is not None:
        yield letters.c.kind == wanted.kind.value
    if wanted.issue_date:
        day = issue_day(wanted.issue_date)
        yield letters.c.issue_date == wanted.issue_date if day is None else _issued_on(day)
    if wanted.since is not None:
        yield letters.c.received_at >= wanted.since
    if wanted.until is not None:
        yield letters.c.received_at < wanted.until


def _marked(text: str, kinds: Sequence[MarkKind]) -> Select[tuple[str]]:
    return select(marks.c.letter_id).where(
        marks.c.key == (search_key(text) or ""), marks.c.kind.in_([kind.value for kind in kinds])
    )


def _issued_on(day: date) -> ColumnElement[bool]:
    """Dates are kept as the sender wrote them: the spellings that `issue_day` reads, time of day or not."""
    full = (f"{day:%Y}", f"{day:%m}", f"{day:%d}")
    short = (f"{day:%Y}", str(day.month), str(day.day))
    return or_(
        func.substr(letters.c.issue_date, 1, len("yyyy/MM/dd")).in_(_spellings(full)),
        letters.c.issue_date.in_(_spellings(short)),
    )


def _spellings(fields: tuple[str, str, str]) -> list[str]:
    return [between.join(order) for between in "/-." for order in (fields, fields[::-1])]

"""
Finding letters among all that a node has: down one index, newest first, and never more than a piece of it.

One index leads: what the letter is called, the rarest of the words that are asked for, or the letters
themselves, whose ids are in order of time. All else is looked up for each letter that it leads to. Only so
many are looked at for one page; the rest is for the next one, so no question costs more than a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
)

from gateway.core.delivery import State, Target
from gateway.core.finding import (
    earliest_id,
    subject_words,
    word_of_agency,
    word_of_number,
    word_of_subject,
    words_of_letter,
)
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.ports import FoundLetter, FoundPage, LetterWish, Try
from gateway.store.access import Access
from gateway.store.rows import load_routing, read_facts, search_key
from gateway.store.statements import insert_new
from gateway.store.tables import attempts, deliveries, letter_words, letters, words_owed
from gateway.store.transaction import Transaction

LOOKED_AT = 5_000  # letters for one page; each costs some microseconds
AT_ONCE = 2_000  # of these in one question; as many as were looked at before, since mostly few are enough
FIRST_AT_ONCE = 200
RARE = 2_000
"""A word that so many letters have is as good as any other to go by: counting further would cost more."""
SAME_NAME = 1_000  # letters that bear one name; of a bare number there may be thousands

_READABLE = (State.WAITING, State.DELIVERED)


class FindAccess(Access):
    """Everything that `ports.finding.LetterFinder` promises."""

    async def find(self, wish: LetterWish, limit: int) -> FoundPage:
        return await self._read(lambda c: find(c, wish, limit))

    async def tries(self, letter_id: LetterId, limit: int) -> Sequence[Try]:
        return await self._read(lambda c: tries(c, letter_id, limit))

    async def list_words(self, limit: int) -> int:
        if not await self._read(_is_owing):
            return 0
        return await self._do(list_words, limit)


# --- looking -------------------------------------------------------------------------------------


def find(connection: Connection, wish: LetterWish, limit: int) -> FoundPage:
    """Letters that fit, newest first."""
    if "\0" in f"{wish.text}{wish.agency}{wish.before}":
        return FoundPage(())  # PostgreSQL takes none, and no letter has one
    leading = _Leading(connection, wish)
    fits = [*map(_has_word, leading.others), *_conditions(wish)]
    found: list[str] = []
    looked, last, is_end = 0, wish.before, False
    while not is_end and len(found) <= limit and looked < LOOKED_AT:
        wanted = min(looked, AT_ONCE) or FIRST_AT_ONCE
        stretch = leading.stretch(last, wanted)
        found += _fitting(connection, stretch, fits, limit + 1 - len(found))
        number, lowest = connection.execute(_extent(stretch)).one()
        looked, is_end = looked + number, number < wanted
        last = last if lowest is None else LetterId(lowest)
    is_short = not is_end and len(found) <= limit
    before = LetterId(found[limit - 1]) if len(found) > limit else (last if is_short else None)
    return FoundPage(_lines(connection, found[:limit], wish.mine), before, is_short)


def _fitting(
    connection: Connection, stretch: Subquery, fits: Sequence[ColumnElement[bool]], most: int
) -> list[str]:
    """The newest of a stretch of letters that fit."""
    newest = select(stretch.c.letter_id).order_by(stretch.c.letter_id.desc()).limit(most)
    if fits:
        newest = newest.join(letters, letters.c.letter_id == stretch.c.letter_id).where(*fits)
    return list(connection.execute(newest).scalars())


def _extent(stretch: Subquery) -> Select[int, str | None]:
    """How many letters it has, and where it ends."""
    return select(func.count(), func.min(stretch.c.letter_id)).select_from(stretch)


class _Leading:
    """What leads to the letters that may fit. `others`: words that each of them must have, too."""

    def __init__(self, connection: Connection, wish: LetterWish) -> None:
        self._connection = connection
        words = [word_of_agency(code) for code in (wish.agency, wish.mine) if code]
        words += map(word_of_subject, subject_words(wish.subject))
        column: ColumnElement[str] = letters.c.letter_id
        leads: list[ColumnElement[bool]] = []
        if wish.text:
            self.others = list(dict.fromkeys(words))
            leads = [column.in_(_named(connection, wish.text))]
        else:
            rarest, self.others = self._rarest(list(dict.fromkeys(words)))
            if rarest:
                column = letter_words.c.letter_id
                leads = [letter_words.c.word == rarest]
        if wish.since is not None:
            leads.append(column >= earliest_id(wish.since))
        self._column, self._until = column, None if wish.until is None else earliest_id(wish.until)
        self._question = select(column.label("letter_id")).where(*leads).order_by(column.desc())

    def _rarest(self, words: Sequence[str]) -> tuple[str, list[str]]:
        """The word that the fewest letters have ("" of none), and the others. None is counted beyond that."""
        rarest, fewest = "", RARE
        for word in words:
            some = select(letter_words.c.word).where(letter_words.c.word == word).limit(fewest).subquery()
            number: int = self._connection.execute(select(func.count()).select_from(some)).scalar_one()
            if number < fewest or not rarest:
                rarest, fewest = word, number
        return rarest, [word for word in words if word != rarest]

    def stretch(self, last: LetterId | None, most: int) -> Subquery:
        """The next letters, newest first."""
        # one bound: of two, SQLite would go by the first, and walk along what the other spares
        bounds = [bound for bound in (last, self._until) if bound is not None]
        question = self._question.where(self._column < min(bounds)) if bounds else self._question
        return question.limit(most).subquery()


def _has_word(word: str) -> ColumnElement[bool]:
    return exists().where(letter_words.c.word == word, letter_words.c.letter_id == letters.c.letter_id)


def _named(connection: Connection, text: str) -> list[str]:
    """Letters that are called so, each way of calling them down its own index."""
    key = search_key(text)
    if key is None:
        return []
    questions: list[Select[tuple[str]]] = [
        select(letters.c.letter_id).where(column == key)
        for column in (letters.c.letter_id, letters.c.document_key, letters.c.code_key)
    ]
    number = word_of_number(text) if text.strip().isdigit() else None
    if number is not None:
        questions.append(select(letter_words.c.letter_id).where(letter_words.c.word == number))
    found: set[str] = set()
    for question in questions:
        newest = question.order_by(question.selected_columns[0].desc()).limit(SAME_NAME)
        found |= set(connection.scalars(newest))
    return sorted(found, reverse=True)


def _conditions(wish: LetterWish) -> Iterator[ColumnElement[bool]]:
    """What is looked up for each letter that the leading index gives."""
    if wish.kind is not None:
        yield letters.c.kind == wish.kind.value
    if wish.state is not None:
        yield _has_delivery(deliveries.c.state == wish.state.value)
    if wish.mine is not None:
        at_my_door = deliveries.c.target == Target(agency=wish.mine).key
        if wish.subject:  # whoever may not read a subject must not learn its words by asking
            at_my_door = and_(at_my_door, deliveries.c.state.in_([state.value for state in _READABLE]))
        yield or_(letters.c.sender == wish.mine, _has_delivery(at_my_door))


def _has_delivery(that: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(deliveries.c.letter_id == letters.c.letter_id, that)


# --- what is shown -------------------------------------------------------------------------------


def _lines(connection: Connection, ids: Sequence[str], mine: AgencyCode | None) -> list[FoundLetter]:
    if not ids:
        return []
    states: dict[str, dict[State, int]] = {}
    counted = (
        select(deliveries.c.letter_id, deliveries.c.state, func.count())
        .where(deliveries.c.letter_id.in_(ids))
        .group_by(deliveries.c.letter_id, deliveries.c.state)
    )
    for letter_id, state, number in connection.execute(counted):
        states.setdefault(letter_id, {})[State(state)] = number
    handed = set() if mine is None else _handed_to(connection, ids, mine)
    rows = connection.execute(
        select(letters).where(letters.c.letter_id.in_(ids)).order_by(letters.c.letter_id.desc())
    )
    return [
        _line(row, states.get(row.letter_id, {}), row.letter_id in handed or row.sender == mine)
        for row in rows
    ]


def _handed_to(connection: Connection, ids: Sequence[str], mine: AgencyCode) -> set[str]:
    handed = select(deliveries.c.letter_id).where(
        deliveries.c.letter_id.in_(ids),
        deliveries.c.target == Target(agency=mine).key,
        deliveries.c.state.in_([state.value for state in _READABLE]),
    )
    return set(connection.execute(handed).scalars())


def _line(row: Any, states: dict[State, int], is_readable: bool) -> FoundLetter:
    routing = load_routing(row.routing)
    return FoundLetter(
        letter_id=LetterId(row.letter_id),
        kind=Kind(row.kind),
        sender=AgencyCode(row.sender),
        sender_name=row.sender_name,
        document_id=row.document_id,
        code=row.code,
        issue_date=row.issue_date,
        subject=row.subject,
        status_code=row.status_code,
        priority=row.priority,
        size=row.original_size,
        origin=NodeId(row.origin),
        accepted_at=routing.accepted_at,
        recipients=tuple(addressee.named for addressee in routing.recipients),
        states=states,
        is_readable=is_readable,
    )


def tries(connection: Connection, letter_id: LetterId, limit: int) -> list[Try]:
    """The tries of a letter, the latest first."""
    rows = connection.execute(
        select(deliveries.c.target, attempts)
        .join_from(deliveries, attempts, attempts.c.delivery == deliveries.c.seq)
        .where(deliveries.c.letter_id == letter_id)
        .order_by(attempts.c.began_at.desc(), attempts.c.number.desc())
        .limit(limit)
    )
    return [
        Try(Target.of_key(r.target), r.number, r.began_at, r.ended_at, r.outcome or "", r.code or "")
        for r in rows
    ]


# --- the words of letters ------------------------------------------------------------------------

_INSERT_WORDS = insert_new(letter_words)


def _is_owing(connection: Connection) -> bool:
    return connection.execute(select(words_owed.c.letter_id).limit(1)).first() is not None


def list_words(transaction: Transaction, limits: Sequence[int]) -> list[int]:
    """Write the words of letters that have none yet."""
    return [_list_words(transaction.connection, limit) for limit in limits]


def _list_words(connection: Connection, limit: int) -> int:
    oldest = select(words_owed.c.letter_id).order_by(words_owed.c.letter_id).limit(limit)
    ids = list(connection.execute(oldest.with_for_update(skip_locked=True)).scalars())
    rows = [
        {"word": word, "letter_id": row.letter_id}
        for row in connection.execute(select(letters).where(letters.c.letter_id.in_(ids)))
        for word in words_of_letter(load_routing(row.routing), read_facts(row))
    ]
    if rows:
        # in the order of the index: neighbours in it are written together
        connection.execute(_INSERT_WORDS.of(connection), sorted(rows, key=lambda row: row["word"]))
    if ids:
        connection.execute(delete(words_owed).where(words_owed.c.letter_id.in_(ids)))
    return len(ids)

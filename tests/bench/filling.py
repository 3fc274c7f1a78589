"""A store with as many letters as wanted, filled in bulk with rows that the store itself wrote.

One letter of each kind is accepted, or laid into a mailbox, as any other; then the database copies its rows
in every table with other ids, numbers, agencies and times. So whatever a letter means to the store, a copy
means too. Left out is what only ever grows at its end (the journal), and of most letters the bytes of their
parts: ten gigabytes would be no further test of the indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Table,
    case,
    event,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine.interfaces import DBAPIConnection

from gateway.core.model import LetterId
from gateway.store import tables
from gateway.store.engines import open_engines
from tests.bench.paper import FIRST_NUMBER

AT_ONCE = 5_000  # letters in one transaction
CACHE_KIB = 256 * 1024  # a transaction with the pages of the indexes that it touches
APART = timedelta(milliseconds=10)  # between two letters: a million come in three hours
LEFT_OUT = frozenset({"journal", "attempts", "duties", "control_out"})
PLACES = ("mail_number", "offered_number")
DENSE, FIRST_WHOLE, LATER_WHOLE = 1_000, 10, 100
PREFIX = "019ab000-0000-7000-8000-"


@dataclass(frozen=True, slots=True)
class Template:
    """The rows of one letter by table, and what in them differs in each copy."""

    letter_id: LetterId
    agency: str
    rows: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]

    @classmethod
    def of(cls, connection: Connection, letter_id: LetterId, agency: str) -> Template:
        """Read every row of a letter. Its recipient's code begins with three digits."""
        rows = []
        for table in tables.metadata.sorted_tables:
            if "letter_id" in table.c and table.name not in LEFT_OUT:
                found = (
                    connection.execute(select(table).where(table.c.letter_id == letter_id)).mappings().all()
                )
                if found:
                    rows.append((table, [dict(row) for row in found]))
        return cls(letter_id, agency, rows)


@dataclass(frozen=True, slots=True)
class _Copies:
    """Copies of one template: every `step`-th number of `numbers`, to `agencies` of them in turn."""

    template: Template
    numbers: range
    agencies: int

    def write(self, connection: Connection) -> None:
        """Have the database write them."""
        counted = select(literal(self.numbers.start, Integer).label("n")).cte("counted", recursive=True)
        after = counted.c.n + self.numbers.step
        counted = counted.union_all(select(after).where(after < self.numbers.stop))
        for table, rows in self.template.rows:
            for row in rows:
                columns = [name for name in row if name != "seq"]
                copied = [self._value(table, name, row[name], counted.c.n).label(name) for name in columns]
                connection.execute(insert(table).from_select(columns, select(*copied).select_from(counted)))

    def _value(self, table: Table, name: str, value: Any, n: ColumnElement[int]) -> ColumnElement[Any]:
        """What stands in a column of the copy of number `n`."""
        kind = table.c[name].type
        if value is None:
            return null()
        if name in PLACES:
            return n
        if (table, name) == (tables.sameness, "sameness"):
            return func.printf("%064x", n)
        if isinstance(kind, LargeBinary):
            return case((is_whole(n), literal(value, kind)), else_=null())
        if isinstance(value, datetime):
            return literal(value + APART * self.numbers.start, kind)
        if not isinstance(value, str):
            return literal(value, kind)
        return self._text(value, n)

    def _text(self, value: str, n: ColumnElement[int]) -> ColumnElement[Any]:
        text: ColumnElement[Any] = literal(value)
        agency = self.template.agency
        for old, new in (
            (self.template.letter_id, literal(PREFIX).concat(func.printf("%012x", n))),
            (agency, func.printf("%03d", n / 2 % self.agencies).concat(agency[3:])),
            (str(FIRST_NUMBER), func.printf("%d", n + FIRST_NUMBER)),
        ):
            if old in value:
                text = func.replace(text, old, new)
        return text


def opened(url: str) -> Engine:
    """A connection that fills quickly: what is lost in a power cut is filled again."""
    engine = open_engines(url, 1).writer

    @event.listens_for(engine, "connect")
    def _hurry(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for setting in ("synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    return engine


def id_of(number: int) -> LetterId:
    """The letter_id of the `number`-th copy: in order, as ids of letters are."""
    return LetterId(f"{PREFIX}{number:012x}")


def agency_of(number: int, agencies: int) -> int:
    """To which of so many agencies the `number`-th copy goes."""
    return number // 2 % agencies


def is_whole(number: Any) -> Any:
    """
    Whether a copy has its bytes: some pairs of the first thousand, and then fewer. For a column: in SQL.
    """
    if isinstance(number, int):
        return number % (FIRST_WHOLE if number < DENSE else LATER_WHOLE) < 2
    return or_(number % LATER_WHOLE < 2, (number < DENSE) & (number % FIRST_WHOLE < 2))


def fill(
    engine: Engine, templates: tuple[Template, Template], agencies: int, numbers: range
) -> Iterator[int]:
    """Add letters of these numbers, of each template in turn; how many there are after each transaction."""
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        stop = min(start + AT_ONCE, numbers.stop)
        with engine.begin() as connection:
            for place, template in enumerate(templates):
                _Copies(template, range(start + place, stop, 2), agencies).write(connection)
            # the next letter that comes to a mailbox lies behind all copies
            counters = tables.counters
            connection.execute(update(counters).where(counters.c.name == "mail").values(value=stop))
        yield stop

"""A store with as many letters as wanted, filled in bulk with rows that the store itself wrote.

Some letters are accepted, carried, collected and answered as any other; then the database copies their rows
in every table, turn by turn, with other ids, numbers, agencies and times. So whatever a letter means to the
store, a copy means too; its lines of the journal and its tries come with it. Of most letters the bytes of
their parts are left out: ten gigabytes would be no further test of the indexes.
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
    Executable,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    case,
    column,
    event,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection

from gateway.core.alerts import AlertKind
from gateway.core.calendar import ONE_DAY, today
from gateway.core.catalogue import BAD_REQUEST, FRAME_DAMAGED, LINK_DOWN
from gateway.core.delivery import Target
from gateway.core.finding import earliest_id
from gateway.core.model import Lane, LetterId, NodeId
from gateway.core.refusal_reasons import Reason
from gateway.core.statistics import NAMES
from gateway.ports import Figure, RepairAction, RepairState, Side, Trouble
from gateway.store import tables
from gateway.store.engines import open_engines
from gateway.store.statements import upsert
from gateway.store.statistics import CURSOR, DAY, MONTH
from gateway.store.transaction import hour_of
from tests.bench.paper import FIRST_NUMBER
from tests.kit.clock import START

AT_ONCE = 20_000  # letters in one transaction: each index is gone through once
CACHE_KIB = 256 * 1024  # a transaction with the pages of the indexes that it touches
APART = timedelta(seconds=7)  # between two letters: twelve thousand a day, a million in eighty days
LEFT_OUT = frozenset({"journal", "duties", "control_out"})  # the first has a number of its own, see below

HOUR = timedelta(hours=1)

KINDS = 4
TURN = KINDS * APART  # one letter of each kind comes in the same moment
WAITING, MAIL, COURSE, STATUS = range(KINDS)
"""What a letter is by its number: one that waits for a neighbour, one in a mailbox, one that has run its
course (collected, answered, gone over a link), and a status about it, which nobody has read yet."""

MOULD = 9_000_001  # number of the first letter that is copied; no copy has one like it
BUSY, AGENCIES = 10, 100
"""The first thousand letters go to a few agencies, so that these have a full page of everything already."""

DENSE, FIRST_WHOLE, LATER_WHOLE = 1_000, 3, 21
"""Of so many letters in mailboxes one has its bytes, whichever agency it is for."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    The rows of the letters that are copied, one letter for each of the KINDS, and what differs in each copy.

    `agencies`: codes, beginning with three digits, that stand for another agency in each turn, and how far
    that one is from the turn's first.
    """

    letters: Sequence[LetterId]
    agencies: Mapping[str, int]
    rows: Sequence[tuple[int, Table, Mapping[str, Any]]]  # with the place of their letter
    deliveries: Mapping[int, int]  # seq of a delivery → its place among those of a turn
    lines: int  # of the journal, in a turn

    @classmethod
    def of(cls, connection: Connection, letters: Sequence[LetterId], agencies: Mapping[str, int]) -> Pattern:
        """Read every row of these letters."""
        deliveries: dict[int, int] = {}
        rows: list[tuple[int, Table, Mapping[str, Any]]] = []
        lines = 0
        for place, letter_id in enumerate(letters):
            for table in tables.metadata.sorted_tables:
                if "letter_id" in table.c and table.name not in LEFT_OUT:
                    rows += _rows(connection, place, table, table.c.letter_id == letter_id)
            seqs = [row["seq"] for of, table, row in rows if of == place and table is tables.deliveries]
            deliveries |= {seq: len(deliveries) + number for number, seq in enumerate(seqs)}
            rows += _rows(connection, place, tables.attempts, tables.attempts.c.delivery.in_(seqs))
            told = _rows(connection, place, tables.journal, tables.journal.c.letter_id == letter_id)
            rows += [
                (of, table, {**row, "number": lines + line}) for line, (of, table, row) in enumerate(told)
            ]
            lines += len(told)
        return cls(letters, agencies, rows, deliveries, lines)


def _rows(
    connection: Connection, place: int, table: Table, which: ColumnElement[bool]
) -> list[tuple[int, Table, Mapping[str, Any]]]:
    found = connection.execute(select(table).where(which).order_by(*table.primary_key.columns))
    return [(place, table, dict(row)) for row in found.mappings()]


class _Copies:
    """
    Statements that write a turn of copies for each row of the table `turns`, and the making of that table.

    What differs in a copy is worked out once for its turn, as a column of `turns`: ids, numbers, agencies,
    moments to the second, and the places of its deliveries and of its lines in the journal.
    """

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        turn: ColumnElement[int] = column("turn", Integer)
        self._columns: dict[str, ColumnElement[Any]] = {
            "delivery": turn * len(pattern.deliveries) + bindparam("delivery", type_=Integer),
            "line": turn * pattern.lines + bindparam("line", type_=Integer),
        }
        self._replaced: dict[str, str] = {}  # what is replaced, and by which column
        for place, letter_id in enumerate(pattern.letters):
            self._column(letter_id, f"id_{place}", _id(turn * KINDS + place))
            number = func.printf("%d", turn * KINDS + (FIRST_NUMBER + place))
            self._column(str(MOULD + place), f"number_{place}", number)
        for code, further in pattern.agencies.items():
            among = case((turn * KINDS < DENSE, BUSY), else_=AGENCIES)
            agency = func.printf("%03d", (turn + further) % among).concat(code[3:])
            self._column(code, f"agency_{further}", agency)
        statements = [self._insert(*row) for row in pattern.rows]
        turns = select(bindparam("first", type_=Integer).label("turn")).cte("counted", recursive=True)
        turns = turns.union_all(select(turns.c.turn + 1).where(turns.c.turn + 1 < bindparam("end")))
        named = [made.label(name) for name, made in self._columns.items()]
        self._make = _written(select(turns.c.turn, *named).select_from(turns))
        self._statements = [_written(statement) for statement in statements]

    def write(self, connection: Connection, turns: range, delivery: int, line: int) -> None:
        """Have the database write some turns; turn 0 would begin with this `delivery` and this `line`."""
        made, known = self._make
        given = {"first": turns.start, "end": turns.stop, "delivery": delivery, "line": line}
        connection.exec_driver_sql(f"CREATE TEMP TABLE turns AS {made}", {**known, **given})
        for written, known in self._statements:
            connection.exec_driver_sql(written, known)
        connection.exec_driver_sql("DROP TABLE turns")

    def _column(self, old: str, name: str, made: ColumnElement[Any]) -> None:
        self._replaced[old], self._columns[name] = name, made

    def _insert(self, place: int, table: Table, row: Mapping[str, Any]) -> Executable:
        values = [self._value(place, table, name, value).label(name) for name, value in row.items()]
        return insert(table).from_select(list(row), select(*values).select_from(text("turns")))

    def _value(self, place: int, table: Table, name: str, value: Any) -> ColumnElement[Any]:
        """What stands in a column of the copy."""
        kind = table.c[name].type
        if value is None:
            return null()
        if (counted := self._counted(place, f"{table.name}.{name}", value)) is not None:
            return counted
        if isinstance(kind, LargeBinary):
            content: ColumnElement[Any] = case((is_whole(_number(place)), literal(value, kind)), else_=null())
            return content
        if isinstance(value, datetime):
            return self._moment(value)
        return self._text(value) if isinstance(value, str) else literal(value, kind)

    def _counted(self, place: int, name: str, value: Any) -> ColumnElement[Any] | None:
        """What stands in a column that numbers its rows; None for any other."""
        found: ColumnElement[Any] | None = None
        match name:
            case "deliveries.mail_number" | "deliveries.offered_number":
                found = _number(place)
            case "sameness.sameness":
                found = func.printf("%064x", _number(place))
            case "deliveries.seq" | "attempts.delivery":
                found = column("delivery", Integer) + self._pattern.deliveries[value]
            case "journal.number":
                found = column("line", Integer) + value
        return found

    def _moment(self, value: datetime) -> ColumnElement[Any]:
        """A moment, later by as much as the turn is, as SQLite keeps moments."""
        second, fraction = value.replace(microsecond=0), value.isoformat(timespec="microseconds")[19:]
        name = f"second_{int(second.timestamp())}"
        self._columns[name] = _later(second, column("turn", Integer))
        return column(name, String).concat(fraction)

    def _text(self, value: str) -> ColumnElement[Any]:
        """A text with the ids and numbers of all letters of the turn, and its agencies, put in."""
        made: ColumnElement[Any] = literal(value)
        for old, name in self._replaced.items():
            if old == value:
                return column(name, String)
            if old in value:
                made = func.replace(made, old, column(name, String))
        return made


def _written(statement: Executable) -> tuple[str, dict[str, Any]]:
    """A statement as text, and what it is given: to write it anew would take longer than to run it."""
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))  # type: ignore[attr-defined]
    return str(compiled), dict(compiled.construct_params(_check=False))


def _number(place: int) -> ColumnElement[int]:
    """The number of a letter by its place in the turn."""
    number: ColumnElement[int] = column("turn", Integer) * KINDS + place
    return number


def _turn(n: Any) -> Any:
    return n // KINDS


def _id(n: ColumnElement[int]) -> ColumnElement[str]:
    """`id_of` in SQL."""
    milliseconds = _turn(n) * int(TURN.total_seconds() * 1000) + int(START.timestamp() * 1000)
    time = func.printf("%012x", milliseconds)
    head: ColumnElement[str] = func.substr(time, 1, 8).concat("-").concat(func.substr(time, 9))
    return head.concat("-7000-8000-").concat(func.printf("%012x", n))


def _later(second: datetime, turn: ColumnElement[int]) -> ColumnElement[str]:
    """A second, later by as much as a turn is."""
    seconds = turn * int(TURN.total_seconds()) + int(second.timestamp())
    later: ColumnElement[str] = func.strftime("%Y-%m-%dT%H:%M:%S", seconds, "unixepoch")
    return later


def opened(url: str) -> Engine:
    """A connection that fills quickly: what is lost in a power cut is filled again."""
    engine = open_engines(url, 1).writer

    @event.listens_for(engine, "connect")
    def _hurry(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for setting in ("synchronous=OFF", "foreign_keys=OFF", f"cache_size=-{CACHE_KIB}"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    return engine


def id_of(number: int) -> LetterId:
    """The letter_id of the `number`-th copy: it begins with its time, as ids of letters do."""
    return LetterId(f"{earliest_id(START + TURN * _turn(number))}-7000-8000-{number:012x}")


def agency_of(number: int, further: int = 0) -> int:
    """Which agency it is whose code stands `further` from the turn's first in the `number`-th copy."""
    return (number // KINDS + further) % (BUSY if number < DENSE else AGENCIES)


def is_whole(number: Any) -> Any:
    """
    Whether a copy has its bytes: some of those in mailboxes, fewer after the first. For a column: in SQL.
    """
    turn = _turn(number)
    if isinstance(number, int):
        return number % KINDS == MAIL and not turn % (FIRST_WHOLE if number < DENSE else LATER_WHOLE)
    some = or_(turn % LATER_WHOLE == 0, (number < DENSE) & (turn % FIRST_WHOLE == 0))
    return (number % KINDS == MAIL) & some


def fill(engine: Engine, pattern: Pattern, numbers: range) -> Iterator[int]:
    """
    Add letters of these numbers, which begin and end with a turn; how many there are after each transaction.
    """
    deliveries, journal, counters = tables.deliveries, tables.journal, tables.counters
    with engine.connect() as connection:
        delivery, line = (
            (connection.execute(select(func.max(column))).scalar_one() or 0) + 1
            for column in (deliveries.c.seq, journal.c.number)
        )
    copies, first = _Copies(pattern), numbers.start // KINDS
    delivery, line = delivery - first * len(pattern.deliveries), line - first * pattern.lines
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        stop = min(start + AT_ONCE, numbers.stop)
        last_line = line + stop // KINDS * pattern.lines - 1
        with engine.begin() as connection:
            copies.write(connection, range(start // KINDS, stop // KINDS), delivery, line)
            # what comes next lies behind all copies: in mailboxes, in the journal, and it is all counted
            for name, value in (("mail", stop), (CURSOR, last_line)):
                connection.execute(update(counters).where(counters.c.name == name).values(value=value))
            connection.execute(update(tables.journal_heads).values(number=last_line))
        yield stop


# --- what is kept beside the letters -------------------------------------------------------------

TIMES = (20, 40, 60, 80)  # classes of times, as one agency has them on one day
RARE = 1_000  # of so many letters one is an alert, a frame in quarantine, and a message that was refused
REPAIRS = 20


def fill_beside(engine: Engine, agencies: Sequence[str], neighbour: NodeId, numbers: range) -> None:
    """What nodes count and note while letters of these numbers pass: it grows with time, not with letters."""
    first, last = START + APART * numbers.start, START + APART * numbers.stop
    hours = [hour_of(first) + each * HOUR for each in range(int((last - hour_of(first)) / HOUR) + 1)]
    days = [today(first) + each * ONE_DAY for each in range((today(last) - today(first)).days + 1)]
    with engine.begin() as connection:
        _replace(connection, tables.hourly_figures, _hourly(hours, neighbour))
        for table, more in _SUMS:
            rows = [
                {"span": span, "first": day if span == DAY else day.replace(day=1), "agency": agency}
                for day in days
                for agency in agencies
                for span in (DAY, MONTH)
            ]
            _replace(connection, table, [{**row, "level": "", **each} for row in rows for each in more])
        for number in range(numbers.start, numbers.stop, RARE):
            _note_trouble(connection, neighbour, START + APART * number)
        if not numbers.start:
            _stand(connection, neighbour)


_SUMS: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]] = (
    (tables.statistics, [dict.fromkeys(NAMES, 3)]),
    (
        tables.refusal_counts,
        [{"side": side.value, "reason": Reason.MISADDRESSED.value, "number": 1} for side in Side],
    ),
    (tables.delivery_times, [{"place": place, "number": 20} for place in TIMES]),
)


def _replace(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(upsert(table).of(connection), [dict(row) for row in rows])


def _hourly(hours: Sequence[datetime], neighbour: NodeId) -> list[dict[str, Any]]:
    of_link = (Figure.CAME, Figure.WENT, Figure.FAILED)
    places = [(neighbour, figure) for figure in of_link]
    places += [(NodeId(""), figure) for figure in Figure if figure not in of_link[1:]]
    return [
        {"link": link, "figure": figure.value, "hour": hour, "number": 450, "last_at": hour, "last_code": ""}
        for link, figure in places
        for hour in hours
    ]


def _note_trouble(connection: Connection, neighbour: NodeId, at: datetime) -> None:
    """An alert that has ended, with its message; a frame that was not read, a message that was refused."""
    began = {"began_at": at, "last_at": at, "raised_at": at, "told_at": at}
    alert = {"kind": AlertKind.LINK.value, "place": neighbour, **began, "value": 1.0, "threshold": 1.0}
    connection.execute(insert(tables.alerts), {**alert, "ended_at": at + HOUR, "acknowledged_by": ""})
    message = {"way": "truc-ban", "news": "{}", "at": at, "due_at": None, "attempts": 1, "sent_at": at}
    connection.execute(insert(tables.alert_messages), {**message, "given_up": False, "code": ""})
    frame = {"neighbour": neighbour, "lane": Lane.NORMAL.value, "code": FRAME_DAMAGED.code}
    connection.execute(insert(tables.quarantine), {**frame, "at": at, "letter_id": "", "data": b"?" * 2_000})
    refused = {"caller": "key of somebody", "code": BAD_REQUEST.code, "head": b"<edXML>" * 300, "at": at}
    connection.execute(insert(tables.refused), refused)


def _stand(connection: Connection, neighbour: NodeId) -> None:
    """Alerts that stand, and what people had done lately."""
    for kind in AlertKind:
        began = {"began_at": START, "last_at": START, "raised_at": START, "told_at": START}
        alert = {"kind": kind.value, "place": neighbour, **began, "value": 1.0, "threshold": 1.0}
        connection.execute(insert(tables.alerts), {**alert, "ended_at": None, "acknowledged_by": ""})
    for _ in range(REPAIRS):
        repair: dict[str, Any] = dict.fromkeys(("last_seq", "reached", "wanted", "done"), 1)
        repair |= {"action": RepairAction.SEND_AGAIN.value, "trouble": Trouble.RETRYING.value, "reason": ""}
        repair |= {"code": LINK_DOWN.code, "target": Target(neighbour=neighbour).key, "asked_by": "lan"}
        repair |= {"state": RepairState.DONE.value, "asked_at": START, "runs_at": None}
        connection.execute(insert(tables.repairs), repair)

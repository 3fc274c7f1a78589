"""
Changes of the directory that wait for their day.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select, update

from gateway.core.directory import check
from gateway.core.directory_change import Change, Prepared, applied, read_change
from gateway.store.columns import write_json
from gateway.store.directory_rows import NewDirectory, replace_directory
from gateway.store.tables import prepared_directories
from gateway.store.transaction import Transaction

_p = prepared_directories.c
_ALL = select(prepared_directories).order_by(_p.in_force_on, _p.number)


@dataclass(frozen=True, slots=True)
class Preparation:
    """A change that is to wait for a day."""

    change: Change
    on: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Cancelling:
    """A change that shall not come in force."""

    number: int
    now: datetime


@dataclass(frozen=True, slots=True)
class DayBegins:
    """The day whose changes are to come in force."""

    day: date
    now: datetime


def prepare(transaction: Transaction, wanted: Sequence[Preparation]) -> list[int]:
    """Keep changes for their day; the number of each."""
    numbers: list[int] = []
    for each in wanted:
        row = {
            "in_force_on": each.on,
            "change": write_json(each.change.as_dict()),
            "added_at": each.now,
            "refused": "",
        }
        written = transaction.connection.execute(insert(prepared_directories).returning(_p.number), row)
        numbers.append(written.scalar_one())
        transaction.note(each.now, "directory.prepared", number=numbers[-1], on=each.on.isoformat())
    return numbers


def cancel(transaction: Transaction, wanted: Sequence[Cancelling]) -> list[bool]:
    """Forget changes; whether each was there."""
    known: list[bool] = []
    for each in wanted:
        gone = transaction.connection.execute(
            delete(prepared_directories).where(_p.number == each.number).returning(_p.number)
        )
        known.append(gone.one_or_none() is not None)
        if known[-1]:
            transaction.note(each.now, "directory.cancelled", number=each.number)
    return known


def waiting(connection: Connection) -> list[Prepared]:
    """All changes that wait, and those that were refused, in the order of their days."""
    return [
        Prepared(row.number, row.in_force_on, read_change(json.loads(row.change)), row.added_at, row.refused)
        for row in connection.execute(_ALL)
    ]


def is_due(connection: Connection, day: date) -> bool:
    """Whether some change is to come in force on that day, or was to before."""
    due = select(_p.number).where(_p.in_force_on <= day, _p.refused == "").limit(1)
    return connection.execute(due).one_or_none() is not None


def put_in_force(transaction: Transaction, days: Sequence[DayBegins]) -> list[list[Prepared]]:
    """
    Apply the changes whose day has come, in order; which those were.

    One that would make the directory unsound stays, with the reason, until an operator cancels it: the node
    goes on with what it has.
    """
    return [_begin(transaction, each) for each in days]


def _begin(transaction: Transaction, today: DayBegins) -> list[Prepared]:
    connection = transaction.connection
    due = _ALL.where(_p.in_force_on <= today.day, _p.refused == "").with_for_update()
    done: list[Prepared] = []
    for row in connection.execute(due).all():
        change = read_change(json.loads(row.change))
        before = transaction.directory()
        after = applied(before, change)
        faults = [] if after is before else check(after)
        refused = "; ".join(f"{fault.vi} · {fault.en}" for fault in faults)
        done.append(Prepared(row.number, row.in_force_on, change, row.added_at, refused))
        mine = _p.number == row.number
        if faults:
            connection.execute(update(prepared_directories).where(mine).values(refused=refused))
            transaction.note(
                today.now, "directory.refused", code=faults[0].code, number=row.number, faults=len(faults)
            )
            continue
        if after is not before:
            replace_directory(transaction, NewDirectory(after, today.now))
        connection.execute(delete(prepared_directories).where(mine))
    return done

"""
Changes of the directory that wait for their day: prepared by an operator here, or come with an edition.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from gateway.core.directory import Directory, check
from gateway.core.directory_change import Change, Prepared, applied, read_change
from gateway.core.editions import Outlook, reason, trespasses
from gateway.core.errors import Finding
from gateway.core.model import NodeId
from gateway.store.columns import write_json
from gateway.store.directory_rows import NewDirectory, replace_directory
from gateway.store.editions import newest_directory, settle
from gateway.store.tables import directory_versions, prepared_directories
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
        mine = delete(prepared_directories).where(_p.number == each.number)
        gone = transaction.connection.execute(mine.returning(_p.signer, _p.edition)).one_or_none()
        known.append(gone is not None)
        if gone is None:
            continue
        transaction.note(each.now, "directory.cancelled", number=each.number)
        if gone.signer:
            settle(transaction, gone.signer, gone.edition, CANCELLED, each.now)
    return known


CANCELLED = "người quản trị nút này đã hủy · cancelled by the operator of this node"


def waiting(connection: Connection) -> list[Prepared]:
    """All changes that wait, and those that were refused, in the order of their days."""
    return [_read(row, row.refused) for row in connection.execute(_ALL)]


def _read(row: Row[Any], refused: str) -> Prepared:
    change = read_change(json.loads(row.change))
    return Prepared(row.number, row.in_force_on, change, row.added_at, refused, row.signer, row.edition)


def is_due(connection: Connection, day: date) -> bool:
    """Whether some change is to come in force on that day, or was to before."""
    return connection.execute(select(_p.number).where(_due(day)).limit(1)).one_or_none() is not None


def _due(day: date) -> Any:
    # An edition may be refused only because another has not come yet: by another directory it is judged anew.
    newest = select(func.max(directory_versions.c.number)).scalar_subquery()
    is_open = or_(_p.refused == "", and_(_p.signer != "", _p.judged < newest))
    return and_(_p.in_force_on <= day, is_open)


def put_in_force(transaction: Transaction, days: Sequence[DayBegins]) -> list[list[Prepared]]:
    """
    Apply the changes whose day has come, in order; which those were.

    One that would make the directory unsound stays, with the reason, until an operator cancels it: the node
    goes on with what it has. So does one of an edition that its signer may not make.
    """
    return [_begin(transaction, each) for each in days]


def _begin(transaction: Transaction, today: DayBegins) -> list[Prepared]:
    done: list[Prepared] = []
    for row in transaction.connection.execute(_ALL.where(_due(today.day)).with_for_update()).all():
        judged = _judge(transaction, row, today.now)
        if not judged.refused or judged.refused != row.refused:  # the same refusal again is no news
            done.append(judged)
    return done


def _judge(transaction: Transaction, row: Row[Any], now: datetime) -> Prepared:
    """Apply one change, or keep it with the reason why not."""
    connection, change = transaction.connection, read_change(json.loads(row.change))
    before = transaction.directory()
    faults = _trespasses(before, change, row.signer)
    after = before if faults else applied(before, change)
    if after is not before:
        faults = check(after)
    refused = reason(faults)
    mine = _p.number == row.number
    if faults:
        values = {"refused": refused, "judged": newest_directory(connection)}
        connection.execute(update(prepared_directories).where(mine).values(**values))
        if refused != row.refused:
            transaction.note(
                now, "directory.refused", code=faults[0].code, number=row.number, faults=len(faults)
            )
    else:
        if after is not before:
            replace_directory(transaction, NewDirectory(after, now))
        # What the same node signed before and was refused is overtaken: it must not undo this later.
        is_overtaken = or_(
            _p.in_force_on < row.in_force_on,
            and_(_p.in_force_on == row.in_force_on, _p.edition < row.edition),
        )
        overtaken = and_(_p.signer == row.signer, _p.signer != "", _p.refused != "", is_overtaken)
        connection.execute(delete(prepared_directories).where(or_(mine, overtaken)))
    if row.signer and (not refused or refused != row.refused):
        settle(transaction, row.signer, row.edition, refused, now)
    return _read(row, refused)


def _trespasses(before: Directory, change: Change, signer: str) -> list[Finding]:
    """What the signer of an edition may not say; what an operator prepared here is his to say."""
    return trespasses(NodeId(signer), change, Outlook(before)) if signer else []

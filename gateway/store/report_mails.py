"""
Reports that are mailed: one row for each period and address, so that none is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from gateway.ports import Act, ReportMail
from gateway.store.access import Access
from gateway.store.accounts import note
from gateway.store.statements import insert_new
from gateway.store.tables import report_mails
from gateway.store.transaction import Transaction

_m = report_mails.c
_OWE = insert_new(report_mails)


def _read(row: Any) -> ReportMail:
    return ReportMail(**{field.name: getattr(row, field.name) for field in fields(ReportMail)})


@dataclass(frozen=True, slots=True)
class Owed:
    """The report of a period for several addresses."""

    period: str
    addresses: tuple[str, ...]
    now: datetime


def owe(transaction: Transaction, owed: Sequence[Owed]) -> list[None]:
    """Owe each, unless it is or was."""
    rows = [
        {
            "period": each.period,
            "address": address,
            "owed_at": each.now,
            "due_at": each.now,
            "attempts": 0,
            "code": "",
        }
        for each in owed
        for address in each.addresses
    ]
    if rows:
        transaction.connection.execute(_OWE.of(transaction.connection), rows)
    return [None] * len(owed)


def claim(transaction: Transaction, moments: Sequence[datetime]) -> list[ReportMail | None]:
    """For each moment, the one that has been due the longest then."""
    return [_claim(transaction.connection, now) for now in moments]


def _claim(connection: Connection, now: datetime) -> ReportMail | None:
    due = (
        select(report_mails)
        .where(_m.due_at <= now)
        .order_by(_m.due_at, _m.period, _m.address)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    mine = update(report_mails).where(_m.period == row.period, _m.address == row.address)
    claimed = connection.execute(
        mine.values(due_at=None, attempts=_m.attempts + 1).returning(*report_mails.columns)
    )
    return _read(claimed.one())


@dataclass(frozen=True, slots=True)
class Ended:
    """What a try came to."""

    mail: ReportMail
    now: datetime
    retry_at: datetime | None
    code: str


def end(transaction: Transaction, ended: Sequence[Ended]) -> list[None]:
    """Write it down."""
    for each in ended:
        mail, is_sent = each.mail, not each.code
        transaction.connection.execute(
            update(report_mails)
            .where(_m.period == mail.period, _m.address == mail.address)
            .values(due_at=each.retry_at, sent_at=each.now if is_sent else None, code=each.code)
        )
        if is_sent:
            transaction.note(each.now, "report.mailed", period=mail.period, address=mail.address)
    return [None] * len(ended)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Somebody wants one tried again."""

    period: str
    address: str
    act: Act


def renew(transaction: Transaction, renewals: Sequence[Renewal]) -> list[bool]:
    """Make each due that has come to nothing."""
    done = []
    for each in renewals:
        ended = (_m.sent_at.is_(None), _m.due_at.is_(None))
        of_it = update(report_mails).where(_m.period == each.period, _m.address == each.address, *ended)
        is_renewed = (
            transaction.connection.execute(of_it.values(due_at=each.act.at, attempts=0)).rowcount == 1
        )
        if is_renewed:
            note(transaction, each.act)
        done.append(is_renewed)
    return done


def latest(connection: Connection, limit: int) -> list[ReportMail]:
    """The latest, newest first."""
    found = select(report_mails).order_by(_m.owed_at.desc(), _m.period, _m.address).limit(limit)
    return [_read(row) for row in connection.execute(found)]


class ReportMailAccess(Access):
    """Everything that `ports.report_mails.ReportMailBook` promises."""

    async def owe_report_mails(self, period: str, addresses: Iterable[str], now: datetime) -> None:
        await self._do(owe, Owed(period, tuple(addresses), now))

    async def claim_report_mail(self, now: datetime) -> ReportMail | None:
        return await self._do(claim, now)

    async def report_mail_ended(
        self, mail: ReportMail, now: datetime, retry_at: datetime | None, code: str
    ) -> None:
        await self._do(end, Ended(mail, now, retry_at, code))

    async def renew_report_mail(self, period: str, address: str, act: Act) -> bool:
        return await self._do(renew, Renewal(period, address, act))

    async def report_mails(self, limit: int) -> list[ReportMail]:
        return await self._read(lambda c: latest(c, limit))

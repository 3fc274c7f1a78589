"""
Logging in: tries counted where they come from and all together, and those that were right.

Who guesses at one place is stopped there, and the right person comes in from another. Who guesses at many
places at once is slowed for the account as a whole, but not where somebody has lately logged in to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from sqlalchemy import Connection, delete, or_, select, true, update

from gateway.ports import Account, Act, LockOut, LoginWait, Session
from gateway.store.accounts import keep_session, named, note
from gateway.store.statements import upsert
from gateway.store.tables import console_accounts, login_tries
from gateway.store.transaction import Transaction

KNOWN_FOR = timedelta(days=30)
"""So long a place stays known where somebody has logged in: longer than a holiday."""

NEIGHBOURS = 64
"""Bits of an IPv6 address that a customer cannot choose; with all 128 each try would be at a new place."""

_a, _t = console_accounts.c, login_tries.c
_TRIED = upsert(login_tries, keep=("right_at",))
_RIGHT = upsert(login_tries)


def place_of(address: str) -> str:
    """What counts as one place: an address of IPv4, a network of 64 bits of IPv6; "" for anything else."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    shift = 128 - NEIGHBOURS
    return f"{IPv6Address(int(parsed) >> shift << shift)}/{NEIGHBOURS}"


@dataclass(frozen=True, slots=True)
class Try:
    """Somebody is about to show what proves who he is."""

    name: str
    address: str
    now: datetime
    lock_out: LockOut


def begin(transaction: Transaction, tries: Sequence[Try]) -> list[Account | None]:
    """Count each try, and say whose it is if it may be made."""
    return [_begin(transaction, each) for each in tries]


def _begin(transaction: Transaction, one: Try) -> Account | None:
    connection, now, place = transaction.connection, one.now, place_of(one.address)
    account = named(connection, one.name)
    if account is None or account.locked:
        return None
    here = connection.execute(
        select(login_tries).where(_t.account == one.name, _t.place == place)
    ).one_or_none()
    is_known = _is_known(here, now)
    if _waits(here, now) or (not is_known and _waits(account, now)):
        return None
    failures = (0 if here is None else here.failures) + 1
    is_last = failures % one.lock_out.failures == 0
    until = now + one.lock_out.wait if is_last else None
    connection.execute(_TRIED.of(connection), _row(one.name, place, now, failures=failures, until=until))
    if not is_known:
        # one place that guesses for days must not make all others wait: its first tries count
        everywhere = account.failures + (failures <= one.lock_out.failures)
        pause = now + one.lock_out.pause if everywhere >= one.lock_out.everywhere else None
        counted = {"failures": everywhere, "locked_until": pause}
        connection.execute(update(console_accounts).where(_a.name == one.name).values(counted))
    if is_last:
        note(transaction, Act(event="console.login_paused", by=one.name, at=now, address=one.address))
    return account


def _row(
    name: str,
    place: str,
    now: datetime,
    *,
    failures: int = 0,
    until: datetime | None = None,
    right_at: datetime | None = None,
) -> dict[str, Any]:
    return {
        "account": name,
        "place": place,
        "failures": failures,
        "locked_until": until,
        "last_at": now,
        "right_at": right_at,
    }


def _is_known(here: Any, now: datetime) -> bool:
    return here is not None and here.right_at is not None and now - here.right_at < KNOWN_FOR


def _waits(who: Any, now: datetime) -> bool:
    """Whether an account, or a place where it was tried, has to wait."""
    return who is not None and who.locked_until is not None and now < who.locked_until


@dataclass(frozen=True, slots=True)
class Success:
    """A try that was right."""

    name: str
    step: int | None
    session: Session
    act: Act


def finish(transaction: Transaction, right: Sequence[Success]) -> list[bool]:
    """
    Forget the tries at the place of each and keep its session, unless its one-time code was used before.

    From now on the place is known.
    """
    connection, done = transaction.connection, []
    for each in right:
        values: dict[str, Any] = {"failures": 0, "locked_until": None, "last_login_at": each.act.at}
        if each.step is not None:
            values["totp_step"] = each.step
        statement = (
            update(console_accounts)
            .where(_a.name == each.name, true() if each.step is None else _a.totp_step < each.step)
            .values(values)
        )
        is_first = connection.execute(statement).rowcount == 1
        if is_first:
            row = _row(each.name, place_of(each.session.address), each.act.at, right_at=each.act.at)
            connection.execute(_RIGHT.of(connection), row)
            keep_session(connection, each.session)
            note(transaction, each.act)
        done.append(is_first)
    return done


def waiting(connection: Connection, now: datetime) -> list[LoginWait]:
    """Who has to wait where before the next try."""
    found = select(login_tries).where(_t.locked_until > now).order_by(_t.account, _t.place)
    return [LoginWait(row.account, row.place, row.locked_until) for row in connection.execute(found)]


def sweep(transaction: Transaction, moments: Sequence[datetime]) -> list[None]:
    """Forget places where nobody has tried for long; who has to wait still has to."""
    for now in moments:
        is_over = or_(_t.locked_until.is_(None), _t.locked_until <= now)
        transaction.connection.execute(delete(login_tries).where(_t.last_at < now - KNOWN_FOR, is_over))
    return [None] * len(moments)

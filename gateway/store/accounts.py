"""
Accounts of people at the console, and their sessions; how they log in is in `logins`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, true, update

from gateway.core.model import AgencyCode
from gateway.ports import Account, Act, Role, Session
from gateway.store.statements import in_both
from gateway.store.tables import console_accounts, console_sessions, login_tries
from gateway.store.transaction import Transaction

_a, _s = console_accounts.c, console_sessions.c
_ACCOUNT = tuple(_a[field.name] for field in fields(Account))
_SESSION = tuple(_s[field.name] for field in fields(Session))
_NEW_ACCOUNT = in_both(console_accounts, lambda new: new.on_conflict_do_nothing().returning(_a.name))


def _account(row: Any) -> Account:
    values = {field.name: getattr(row, field.name) for field in fields(Account)}
    agency = None if row.agency is None else AgencyCode(row.agency)
    return Account(**{**values, "role": Role(row.role), "agency": agency})


def _session(row: Any) -> Session:
    return Session(**{field.name: getattr(row, field.name) for field in fields(Session)})


def note(transaction: Transaction, act: Act) -> None:
    """Write an act into the journal of this transaction."""
    detail = {name: value for name, value in act.detail.items() if value}
    transaction.note(
        act.at,
        act.event,
        letter_id=act.letter_id,
        target=f"agency:{act.agency}" if act.agency else "",
        code=act.code,
        **{**detail, "by": act.by, "address": act.address},
    )


# --- accounts ------------------------------------------------------------------------------------


def everybody(connection: Connection) -> list[Account]:
    """All accounts, by name."""
    return [_account(row) for row in connection.execute(select(*_ACCOUNT).order_by(_a.name))]


def named(connection: Connection, name: str) -> Account | None:
    """The account of this name."""
    row = connection.execute(select(*_ACCOUNT).where(_a.name == name)).one_or_none()
    return None if row is None else _account(row)


def of_subject(connection: Connection, subject: str) -> Account | None:
    """The account that an OpenID provider knows by this subject; none for "", which all others have."""
    if not subject:
        return None
    row = connection.execute(select(*_ACCOUNT).where(_a.subject == subject, _a.subject != "")).one_or_none()
    return None if row is None else _account(row)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account, and who adds it."""

    account: Account
    act: Act


def add_accounts(transaction: Transaction, new: Sequence[NewAccount]) -> list[bool]:
    """Add each whose name is free."""
    added = []
    for each in new:
        row = {**asdict(each.account), "totp_step": 0, "added_at": each.act.at}
        connection = transaction.connection
        done = connection.execute(_NEW_ACCOUNT.of(connection), row).first() is not None
        if done:
            note(transaction, each.act)
        added.append(done)
    return added


@dataclass(frozen=True, slots=True)
class ChangedAccount:
    """Fields of an account that are to be otherwise from now on."""

    name: str
    changes: Mapping[str, Any]
    act: Act


def change_accounts(transaction: Transaction, changed: Sequence[ChangedAccount]) -> list[bool]:
    """Change each; one that is not there stays unknown."""
    done = []
    for each in changed:
        values = dict(each.changes)
        statement = update(console_accounts).where(_a.name == each.name).values(values)
        is_there = transaction.connection.execute(statement).rowcount == 1
        if is_there:
            note(transaction, each.act)
        if "locked_until" in values:  # who need not wait as a whole need not wait anywhere
            tried = update(login_tries).where(login_tries.c.account == each.name)
            transaction.connection.execute(tried.values(failures=0, locked_until=values["locked_until"]))
        done.append(is_there)
    return done


# --- sessions ------------------------------------------------------------------------------------


def add_sessions(transaction: Transaction, new: Sequence[Session]) -> list[None]:
    """Keep each."""
    for each in new:
        keep_session(transaction.connection, each)
    return [None] * len(new)


def keep_session(connection: Connection, session: Session) -> None:
    """Write it down; one with the same digest is replaced."""
    connection.execute(delete(console_sessions).where(_s.digest == session.digest))
    connection.execute(insert(console_sessions), asdict(session))


def session_with(connection: Connection, digest: str) -> tuple[Session, Account] | None:
    """A session with its account."""
    row = connection.execute(select(*_SESSION).where(_s.digest == digest)).one_or_none()
    if row is None:
        return None
    account = named(connection, row.account)
    return None if account is None else (_session(row), account)


def sessions_of(connection: Connection, account: str) -> list[Session]:
    """The sessions of an account, the latest first."""
    rows = connection.execute(select(*_SESSION).where(_s.account == account).order_by(_s.seen_at.desc()))
    return [_session(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Touch:
    """A session was used."""

    digest: str
    now: datetime


def touch_sessions(transaction: Transaction, touched: Sequence[Touch]) -> list[None]:
    """Note when each was used."""
    for each in touched:
        transaction.connection.execute(
            update(console_sessions).where(_s.digest == each.digest).values(seen_at=each.now)
        )
    return [None] * len(touched)


@dataclass(frozen=True, slots=True)
class End:
    """Sessions of an account that are over; `digests` None: all of them."""

    account: str
    digests: Collection[str] | None
    act: Act | None


def end_sessions(transaction: Transaction, ends: Sequence[End]) -> list[None]:
    """End them."""
    for each in ends:
        which = true() if each.digests is None else _s.digest.in_(sorted(each.digests))
        transaction.connection.execute(delete(console_sessions).where(_s.account == each.account, which))
        if each.act is not None:
            note(transaction, each.act)
    return [None] * len(ends)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is too old: not used since, or begun before."""

    idle_since: datetime
    began_before: datetime


def sweep(transaction: Transaction, sweeps: Sequence[Sweep]) -> list[None]:
    """Forget what is too old."""
    for each in sweeps:
        is_old = (_s.seen_at < each.idle_since) | (_s.began_at < each.began_before)
        transaction.connection.execute(delete(console_sessions).where(is_old))
    return [None] * len(sweeps)


def note_acts(transaction: Transaction, acts: Sequence[Act]) -> list[None]:
    """Write each into the journal."""
    for each in acts:
        note(transaction, each)
    return [None] * len(acts)

"""
The rooms of the store that only the console enters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from gateway.ports import Account, Act, JournalPage, JournalWish, LockOut, LoginWait, Session
from gateway.store import accounts, journal_lines, logins
from gateway.store.access import Access


class ConsoleAccess(Access):
    """Everything that `ports.accounts.ConsoleBook` promises."""

    async def accounts(self) -> list[Account]:
        return await self._read(accounts.everybody)

    async def account(self, name: str) -> Account | None:
        return await self._read(lambda c: accounts.named(c, name))

    async def account_of(self, subject: str) -> Account | None:
        return await self._read(lambda c: accounts.of_subject(c, subject))

    async def add_account(self, account: Account, act: Act) -> bool:
        return await self._do(accounts.add_accounts, accounts.NewAccount(account, act))

    async def change_account(self, name: str, changes: Mapping[str, Any], act: Act) -> bool:
        return await self._do(accounts.change_accounts, accounts.ChangedAccount(name, dict(changes), act))

    async def begin_login(self, name: str, address: str, now: datetime, lock_out: LockOut) -> Account | None:
        return await self._do(logins.begin, logins.Try(name, address, now, lock_out))

    async def finish_login(self, name: str, step: int | None, session: Session, act: Act) -> bool:
        return await self._do(logins.finish, logins.Success(name, step, session, act))

    async def login_waits(self, now: datetime) -> list[LoginWait]:
        return await self._read(lambda c: logins.waiting(c, now))

    async def sweep_tries(self, now: datetime) -> None:
        await self._do(logins.sweep, now)

    async def add_session(self, session: Session) -> None:
        await self._do(accounts.add_sessions, session)

    async def session(self, digest: str) -> tuple[Session, Account] | None:
        return await self._read(lambda c: accounts.session_with(c, digest))

    async def sessions(self, account: str) -> list[Session]:
        return await self._read(lambda c: accounts.sessions_of(c, account))

    async def touch_session(self, digest: str, now: datetime) -> None:
        await self._do(accounts.touch_sessions, accounts.Touch(digest, now))

    async def end_sessions(self, account: str, digests: Collection[str] | None, act: Act | None) -> None:
        await self._do(accounts.end_sessions, accounts.End(account, digests, act))

    async def sweep_sessions(self, idle_since: datetime, began_before: datetime) -> None:
        await self._do(accounts.sweep, accounts.Sweep(idle_since, began_before))

    async def note_act(self, act: Act) -> None:
        await self._do(accounts.note_acts, act)

    async def journal_back(self, wish: JournalWish, limit: int) -> JournalPage:
        return await self._read(lambda c: journal_lines.journal_back(c, self._instance.node, wish, limit))

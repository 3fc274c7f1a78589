"""
The desk where accounts are given out and logins are judged. The console and the command line come here.

A try is counted before it is made, whatever comes of it; who guesses many at the same time gains nothing.
It is counted for the place it comes from, so that nobody is locked out by what others do elsewhere.
What is refused is refused in one sentence: nobody learns whether a name exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from gateway.accounts import passwords, totp
from gateway.core.catalogue import (
    ACCOUNT_NAME,
    ACCOUNT_TAKEN,
    AGENCY_UNKNOWN,
    LAST_ADMINISTRATOR,
    LOGIN_REFUSED,
    UNKNOWN_ACCOUNT,
)
from gateway.core.directory import Directory
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, NodeId
from gateway.ports import Account, Act, Clock, ConsoleBook, LockOut, LoginWait, Role, Session, Vault

TOKEN_BYTES = 32
AT_ONCE = 2
"""Passwords looked at together: each takes 64 MiB, and a flood of logins must not take the node's memory."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
LONGEST_AGENT = 120
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody comes from: address and browser, as sessions show them."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session that began, with the token that its cookie holds; the token is nowhere else."""

    account: Account
    session: Session
    token: str


def digest_of(token: str) -> str:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccountDesk:
    """Accounts of one node."""

    def __init__(
        self, node: NodeId, book: ConsoleBook, vault: Vault, clock: Clock, lock_out: LockOut
    ) -> None:
        self.node, self.book, self._vault, self._clock = node, book, vault, clock
        self._lock_out = lock_out
        self._at_once = asyncio.Semaphore(AT_ONCE)

    # --- giving out ------------------------------------------------------------------------------

    async def add(self, wanted: Account, act: Act, directory: Directory) -> str:
        """
        A new account; its first password is returned this once, and must be changed at the first login.

        Raises: Rejected (ACCOUNT_NAME, ACCOUNT_TAKEN, AGENCY_UNKNOWN)
        """
        name = checked_name(wanted.name)
        agency = self._served(wanted, directory)
        password = passwords.new_password()
        account = replace(
            wanted,
            name=name,
            agency=agency,
            password=await self._slowly(lambda: passwords.hash_of(password)),
            must_change=True,
        )
        told = {"account": name, "role": wanted.role.value, "agency": agency or ""}
        if not await self.book.add_account(account, replace(act, detail={**act.detail, **told})):
            raise Rejected(find(ACCOUNT_TAKEN, name=name))
        return password

    def _served(self, wanted: Account, directory: Directory) -> AgencyCode | None:
        """The agency of an agency's user, by its primary code; nobody else has one."""
        if wanted.role is not Role.AGENCY:
            return None
        agency = directory.find(wanted.agency or "")
        if agency is None or agency.node != self.node:
            raise Rejected(find(AGENCY_UNKNOWN, element="agency", organ=(wanted.agency or "")[:64]))
        return AgencyCode(agency.code)

    async def named(self, name: str) -> Account:
        """The account of this name. Raises: Rejected (UNKNOWN_ACCOUNT)."""
        account = await self.book.account(name.strip().lower())
        if account is None:
            raise Rejected(find(UNKNOWN_ACCOUNT, name=name[:64]))
        return account

    async def change(self, wanted: Account, act: Act, directory: Directory) -> None:
        """Change role, agency, full name and the right to content. Raises: Rejected (…)."""
        known = await self.named(wanted.name)
        if wanted.role is not Role.ADMINISTRATOR:
            await self._check_not_last(known)
        changes = {
            "role": wanted.role.value,
            "agency": self._served(wanted, directory),
            "full_name": wanted.full_name,
            "reads_content": wanted.reads_content,
        }
        told = {"account": known.name, "role": wanted.role.value, "content": str(int(wanted.reads_content))}
        await self.book.change_account(known.name, changes, replace(act, detail={**act.detail, **told}))

    async def set_locked(self, name: str, locked: bool, act: Act) -> None:
        """Lock an account and end its sessions, or open it again. Raises: Rejected (LAST_ADMINISTRATOR)."""
        account = await self.named(name)
        told = replace(act, detail={**act.detail, "account": account.name})
        if locked:
            await self._check_not_last(account)
        changes = {"locked": locked, "failures": 0, "locked_until": None}
        await self.book.change_account(account.name, changes, told)
        if locked:
            await self.book.end_sessions(account.name, None, None)

    async def _check_not_last(self, account: Account) -> None:
        """Nobody locks the last door from outside."""
        if account.role is not Role.ADMINISTRATOR or account.locked:
            return
        others = [
            each
            for each in await self.book.accounts()
            if each.role is Role.ADMINISTRATOR and not each.locked and each.name != account.name
        ]
        if not others:
            raise Rejected(find(LAST_ADMINISTRATOR, name=account.name))

    async def reset(self, name: str, act: Act) -> str:
        """
        A new password, returned this once; all sessions end, and codes that were begun begin anew.

        Raises: Rejected (UNKNOWN_ACCOUNT).
        """
        account, password = await self.named(name), passwords.new_password()
        changes = {
            "password": await self._slowly(lambda: passwords.hash_of(password)),
            "must_change": True,
            "failures": 0,
            "locked_until": None,
            "sealed_new_totp": "",  # whoever had the old password may have seen it
        }
        told = replace(act, detail={**act.detail, "account": account.name})
        await self.book.change_account(account.name, changes, told)
        await self.book.end_sessions(account.name, None, None)
        return password

    async def forget_totp(self, name: str, act: Act) -> None:
        """The telephone is lost: one-time codes begin anew; all sessions end."""
        account = await self.named(name)
        told = replace(act, detail={**act.detail, "account": account.name})
        await self.book.change_account(account.name, {"sealed_totp": "", "sealed_new_totp": ""}, told)
        await self.book.end_sessions(account.name, None, None)

    # --- one's own -------------------------------------------------------------------------------

    async def change_password(self, account: Account, old: str, new: str, keep: str, act: Act) -> None:
        """
        Another password; all sessions but the one with the digest `keep` end.

        Raises: Rejected (LOGIN_REFUSED) if `old` is wrong, (PASSWORD_WEAK).
        """
        passwords.check_strength(new, account.name)
        if await self._judge(account.name, old, Visitor(act.address)) is None:
            raise Rejected(find(LOGIN_REFUSED, element="old"))
        kept = await self._slowly(lambda: passwords.hash_of(new))
        changes = {"password": kept, "must_change": False, "failures": 0, "locked_until": None}
        await self.book.change_account(account.name, changes, act)
        others = {each.digest for each in await self.book.sessions(account.name)} - {keep}
        await self.book.end_sessions(account.name, others, None)

    async def show_totp(self, account: Account, session: str, act: Act) -> str:
        """
        The secret to be put into an app; it counts once a code of it was typed.

        `session`: the digest of the one that it is shown to. It is shown to no other, which would else wait
        with a secret that somebody confirms later.
        """
        if secret := self._shown_to(account, session):
            return secret
        secret = totp.new_secret()
        sealed = self._vault.seal(f"{session} {secret}")
        await self.book.change_account(account.name, {"sealed_new_totp": sealed}, act)
        return secret

    def _shown_to(self, account: Account, session: str) -> str:
        """The secret that was shown to this session and is not confirmed yet; "" if there is none."""
        kept = self._vault.open(account.sealed_new_totp) if account.sealed_new_totp else ""
        owner, _, secret = kept.partition(" ")
        return secret if owner == session else ""

    async def confirm_totp(self, account: Account, session: str, code: str, present: str, act: Act) -> None:
        """
        From now on each login asks for a code. Each try counts as one to log in.

        Who has codes already shows that he still holds them: a session that was left open must not be enough
        to take an account over.

        Raises: Rejected (LOGIN_REFUSED) for a wrong code.
        """
        now = self._clock.now()
        known = await self.book.begin_login(account.name, act.address, now, self._lock_out)
        if known is None:
            raise Rejected(find(LOGIN_REFUSED, element="code"))
        if known.sealed_totp and totp.step_of(self._vault.open(known.sealed_totp), present, now) is None:
            raise Rejected(find(LOGIN_REFUSED, element="present"))
        secret = self._shown_to(known, session)
        if not secret or totp.step_of(secret, code, now) is None:
            raise Rejected(find(LOGIN_REFUSED, element="code"))
        changes = {
            "sealed_totp": self._vault.seal(secret),
            "sealed_new_totp": "",
            "failures": 0,
            "locked_until": None,
        }
        await self.book.change_account(account.name, changes, act)

    # --- logging in ------------------------------------------------------------------------------

    async def log_in(self, name: str, password: str, visitor: Visitor) -> LoggedIn:
        """A session; it may still need a one-time code. Raises: Rejected (LOGIN_REFUSED)."""
        account = await self._judge(name.strip().lower(), password, visitor)
        if account is None:
            raise Rejected(find(LOGIN_REFUSED, element="password"))
        made = self._session(account, visitor, needs_code=bool(account.sealed_totp))
        if made.session.needs_code:
            await self.book.add_session(made.session)
        else:
            await self.book.finish_login(account.name, None, made.session, self._logged_in(made))
        return made

    async def show_code(self, session: Session, code: str, visitor: Visitor) -> LoggedIn:
        """The second step; the session gets another token. Raises: Rejected (LOGIN_REFUSED)."""
        now = self._clock.now()
        account = await self.book.begin_login(session.account, visitor.address, now, self._lock_out)
        if account is not None and account.sealed_totp:
            step = totp.step_of(self._vault.open(account.sealed_totp), code, now)
            made = self._session(account, visitor, is_strong=True)
            if step is not None and await self.book.finish_login(
                account.name, step, made.session, self._logged_in(made)
            ):
                await self.book.end_sessions(account.name, {session.digest}, None)
                return made
        await self.book.note_act(self._act("console.login_refused", session.account, visitor))
        raise Rejected(find(LOGIN_REFUSED, element="code"))

    async def of_provider(self, wanted: Account, act: Act, directory: Directory) -> Account:
        """
        The account of somebody whom the provider vouches for: made at the first login, later kept up to date.

        Raises: Rejected (ACCOUNT_TAKEN) if the name is somebody else's, (ACCOUNT_NAME, AGENCY_UNKNOWN).
        """
        agency = self._served(wanted, directory)
        known = await self.book.account_of(wanted.subject)
        if known is None:
            account = replace(wanted, name=checked_name(wanted.name), agency=agency)
            told = replace(act, by=account.name, event="console.account_add")
            told = replace(told, detail={"account": account.name, "role": account.role.value})
            if not await self.book.add_account(account, told):
                raise Rejected(find(ACCOUNT_TAKEN, name=account.name))
            return account
        changes = {"role": wanted.role.value, "agency": agency, "full_name": wanted.full_name}
        if (known.role, known.agency, known.full_name) != (wanted.role, agency, wanted.full_name):
            told = replace(act, by=known.name, event="console.account_change")
            told = replace(told, detail={"account": known.name, "role": wanted.role.value})
            await self.book.change_account(known.name, changes, told)
        return replace(known, role=wanted.role, agency=agency, full_name=wanted.full_name)

    async def let_in(self, account: Account, visitor: Visitor, *, is_strong: bool) -> LoggedIn:
        """
        Somebody whom the OpenID provider has made sure of. Raises: Rejected (LOGIN_REFUSED) if locked.

        Who has one-time codes here still shows one, unless the provider asked for more than a password.
        """
        if account.locked:
            raise Rejected(find(LOGIN_REFUSED))
        needs_code = bool(account.sealed_totp) and not is_strong
        made = self._session(account, visitor, needs_code=needs_code, is_strong=is_strong)
        if needs_code:
            await self.book.add_session(made.session)
        else:
            await self.book.finish_login(account.name, None, made.session, self._logged_in(made))
        return made

    async def _judge(self, name: str, password: str, visitor: Visitor) -> Account | None:
        """Whose password it is; takes as long for a name that nobody has."""
        account = await self.book.begin_login(name, visitor.address, self._clock.now(), self._lock_out)
        kept = "" if account is None else account.password
        is_right = await self._slowly(lambda: passwords.is_right(password[: passwords.LONGEST], kept))
        if is_right:
            return account
        if account is not None:  # what was typed as a name may be a password: only known names are written
            await self.book.note_act(self._act("console.login_refused", account.name, visitor))
        return None

    def _session(self, account: Account, visitor: Visitor, **more: bool) -> LoggedIn:
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()
        session = Session(
            digest=digest_of(token),
            account=account.name,
            began_at=now,
            seen_at=now,
            address=visitor.address,
            agent=visitor.agent[:LONGEST_AGENT],
            **more,
        )
        return LoggedIn(account, session, token)

    def _logged_in(self, made: LoggedIn) -> Act:
        visitor = Visitor(made.session.address, made.session.agent)
        return self._act("console.login", made.account.name, visitor)

    def _act(self, event: str, by: str, visitor: Visitor) -> Act:
        return Act(event=event, by=by, at=self._clock.now(), address=visitor.address)

    async def _slowly(self, work: Callable[[], T]) -> T:
        async with self._at_once:
            return await asyncio.to_thread(work)


def checked_name(name: str) -> str:
    """A name as accounts have it. Raises: Rejected (ACCOUNT_NAME)."""
    wanted = name.strip().lower()
    if not _NAME.fullmatch(wanted):
        raise Rejected(find(ACCOUNT_NAME, element="name", name=wanted[:64]))
    return wanted


def told_of(account: Account, now: datetime, waits: Iterable[LoginWait] = ()) -> dict[str, Any]:
    """All that may be told of an account, and where it `waits`: nothing by which it could be used."""
    return {
        "name": account.name,
        "full_name": account.full_name,
        "role": account.role.value,
        "agency": account.agency or "",
        "reads_content": account.reads_content,
        "locked": account.locked,
        "waits": account.locked_until is not None and now < account.locked_until,
        "waits_at": [wait.place for wait in waits if wait.account == account.name],
        "one_time_codes": bool(account.sealed_totp),
        "openid": bool(account.subject),
        "last_login_at": account.last_login_at.isoformat() if account.last_login_at else None,
    }

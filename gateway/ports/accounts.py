"""
Accounts of people at the console, their sessions, and what they did there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from gateway.core.model import AgencyCode
from gateway.ports.letters import JournalRow

TOGETHER = 10
"""So many places may fail as often as one: people who mistype at home, on the telephone and at the office."""


class Role(StrEnum):
    """What a person is at the console. Each account has exactly one."""

    VIEWER = "viewer"  #: sees the traffic, changes nothing
    OPERATOR = "operator"  #: holds, releases, sends again
    ADMINISTRATOR = "administrator"  #: an operator who also gives out accounts
    AUDITOR = "auditor"  #: reads the journal and the evidence, changes nothing
    AGENCY = "agency"  #: a clerk of one agency; sees that agency's own and nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    One person. `name` is what is typed at the login, in lower case.

    `password` is an argon2 hash, or "" for whoever comes by OpenID Connect only; `subject` is then
    `issuer subject`, as the provider names the person. `sealed_totp` is the secret of the one-time codes as
    the vault keeps it, or ""; `sealed_new_totp` one that was shown and is not confirmed yet.
    `reads_content` is the right to open what is inside letters, each time with a reason that is journaled.
    """

    name: str
    role: Role
    full_name: str = ""
    agency: AgencyCode | None = None
    reads_content: bool = False
    password: str = ""
    must_change: bool = False  #: the password was given out by somebody else
    locked: bool = False
    subject: str = ""
    sealed_totp: str = ""
    sealed_new_totp: str = ""
    failures: int = 0  #: tries to log in since the last that succeeded, at places where nobody has lately
    locked_until: datetime | None = None  #: those have to wait until then
    last_login_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    One login of one account. Only the digest of its token is kept.

    `needs_code`: the password was right, the one-time code is still to come. `by_provider`: the person was
    made sure of by OpenID Connect, and there by more than a password if `is_strong`.
    """

    digest: str
    account: str
    began_at: datetime
    seen_at: datetime
    address: str = ""
    agent: str = ""
    needs_code: bool = False
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class LockOut:
    """
    After how many failures in a row at one place an account waits there, and for how long.

    The first failures of each place are added up. After `everywhere` of them there is a `pause` after each
    further try, but not where somebody has lately logged in: in a long time many places together get no more
    tries than one of them alone.
    """

    failures: int
    wait: timedelta

    @property
    def everywhere(self) -> int:
        return self.failures * TOGETHER

    @property
    def pause(self) -> timedelta:
        return self.wait / self.failures


@dataclass(frozen=True, slots=True)
class LoginWait:
    """Until when nobody may try to log in to an account from one place."""

    account: str
    place: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    What somebody did at the console, as the journal keeps it.

    `event` begins with `console.`; `by` is an account, `address` where it came from. `agency` makes the line
    one that the agency itself can read. `detail` holds ids, codes and typed reasons, never secrets.
    """

    event: str
    by: str
    at: datetime
    address: str = ""
    letter_id: str = ""
    agency: AgencyCode | None = None
    code: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalWish:
    """Which lines of the journal are wanted: all of these that are set. Newest first."""

    events: str = ""  #: the event begins with this
    letter_id: str = ""
    target: str = ""
    agency: AgencyCode | None = None  #: only what this agency may read: who opened the content of its letters
    until: datetime | None = None
    before: int | None = None  #: only lines with a lower number


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some lines, and from where to go on; None at the beginning of the journal."""

    rows: Sequence[JournalRow]
    before: int | None


class ConsoleBook(Protocol):
    """What of the store the console works with besides letters."""

    async def accounts(self) -> list[Account]:
        """All accounts, by name."""

    async def account(self, name: str) -> Account | None:
        """The account of this name."""

    async def account_of(self, subject: str) -> Account | None:
        """The account of a person whom an OpenID provider knows by this subject."""

    async def add_account(self, account: Account, act: Act) -> bool:
        """Add it (journalled); False if the name is taken."""

    async def change_account(self, name: str, changes: Mapping[str, Any], act: Act) -> bool:
        """Change these fields of an account (journalled as `act`); False if there is none."""

    async def begin_login(self, name: str, address: str, now: datetime, lock_out: LockOut) -> Account | None:
        """
        Count a try to log in before it is made, so that guessing at the same time does not help.

        The account, or None if it is unknown, locked, or has to wait after too many tries.
        """

    async def finish_login(self, name: str, step: int | None, session: Session, act: Act) -> bool:
        """
        The try was right: forget the tries there, keep the session (journalled).

        `step` is the step of time of the one-time code that was used, or None. False if that step or a later
        one was used before: then nothing happened.
        """

    async def login_waits(self, now: datetime) -> list[LoginWait]:
        """Who has to wait where before the next try."""

    async def sweep_tries(self, now: datetime) -> None:
        """Forget places where nobody has tried for long."""

    async def add_session(self, session: Session) -> None:
        """Keep a session that still needs its one-time code."""

    async def session(self, digest: str) -> tuple[Session, Account] | None:
        """A session with its account."""

    async def sessions(self, account: str) -> list[Session]:
        """The sessions of an account, the latest first."""

    async def touch_session(self, digest: str, now: datetime) -> None:
        """It was used."""

    async def end_sessions(self, account: str, digests: Collection[str] | None, act: Act | None) -> None:
        """End these sessions of an account (None: all), journalled as `act`."""

    async def sweep_sessions(self, idle_since: datetime, began_before: datetime) -> None:
        """Forget sessions that nobody used since, and those that began before."""

    async def note_act(self, act: Act) -> None:
        """Write what somebody did into the journal."""

    async def journal_back(self, wish: JournalWish, limit: int) -> JournalPage:
        """Lines of the journal, newest first; costs the same however long the journal is."""

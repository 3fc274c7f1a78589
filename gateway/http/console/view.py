"""
What the handler of a page is given: who looks, in which language, and how to do what pages do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.accounts.desk import AccountDesk
from gateway.core.catalogue import CONTENT_CLOSED, NOT_ALLOWED
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, LetterId
from gateway.http.console.around import Around
from gateway.http.console.declared import Action, Page
from gateway.http.console.entrance import Entrance, Known
from gateway.http.console.forms import Misfilled
from gateway.http.console.trackings import Traced
from gateway.http.console.words import Words, said
from gateway.ports import Account, Act, Caller, Role, Session, Store

SHORTEST_REASON = 10  # characters: "xem" explains nothing to the agency that reads it
LONGEST_DETAIL = 200
REASON_SHORT = said("Ghi rõ lý do, ít nhất %(least)s ký tự; đơn vị sẽ đọc được.")


@dataclass(slots=True)
class View:
    """One request of one person. `known` is None on pages that are open to all."""

    request: web.Request
    around: Around
    entrance: Entrance
    desk: AccountDesk
    words: Words
    page: Page
    known: Known | None
    action: Action | None = None
    about: str = ""  #: of a fragment: which one thing it shows

    # --- who looks -------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        return self.around.store

    @property
    def account(self) -> Account:
        """Who looks. Only for pages that need a login."""
        return self._somebody.account

    @property
    def session(self) -> Session:
        return self._somebody.session

    @property
    def _somebody(self) -> Known:
        if self.known is None:
            raise Rejected(find(NOT_ALLOWED))
        return self.known

    @property
    def role(self) -> Role | None:
        return None if self.known is None else self.known.account.role

    @property
    def agencies(self) -> frozenset[AgencyCode]:
        """Whose traffic is seen: of the own agency for its user, of all agencies of this node for IT."""
        if self.account.role is Role.AGENCY:
            return frozenset() if self.account.agency is None else frozenset({self.account.agency})
        return frozenset(AgencyCode(a.code) for a in self.around.directory.served_by(self.around.node))

    @property
    def caller(self) -> Caller:
        """As whom the office is asked."""
        return Caller(f"console:{self.account.name}", self.agencies)

    # --- what pages do ---------------------------------------------------------------------------

    def query(self, name: str, default: str = "") -> str:
        """A value of the query; one with a NUL, which PostgreSQL takes none of, is none."""
        value = self.request.query.get(name, default).strip()
        return default if "\0" in value else value

    def query_number(self, name: str) -> int | None:
        """A number of the query; None if there is none, or it is none."""
        text = self.query(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    async def lately(self, key: object, question: Callable[[], Awaitable[Any]], seconds: float = 5.0) -> Any:
        """An answer that may be some seconds old; `key` must name all that it depends on."""
        return await self.around.remembered.ask(key, question, seconds)

    async def whereabouts(self, caller: Caller, letter_id: LetterId) -> Traced:
        """Where a letter is, at most some seconds old. Raises: Rejected (UNKNOWN_LETTER)."""
        around = self.around
        return await around.trackings.of(around.office, caller, letter_id, around.clock.now())

    def act(
        self,
        event: str = "",
        detail: Mapping[str, str] | None = None,
        *,
        agency: AgencyCode | None = None,
        letter_id: str = "",
    ) -> Act:
        """A line for the journal: what is done here (or this `event`), by whom, from where."""
        name = event or (self.action.name if self.action else self.page.name)
        return Act(
            event=f"console.{name}",
            by=self.known.account.name if self.known else "",
            at=self.around.clock.now(),
            address=self.entrance.address(self.request),
            letter_id=_kept(letter_id),
            agency=agency,
            detail={key: _kept(value[:LONGEST_DETAIL]) for key, value in (detail or {}).items()},
        )

    async def open_content(self, letter_id: LetterId, whose: Iterable[AgencyCode], reason: str) -> None:
        """
        Ask for what is inside a letter: subject, edXML, attachments. Who opened it, and why, is journaled
        first, in a line for each agency `whose` letter it is, which that agency can read.

        The users of those agencies need neither right nor reason.

        Raises: Rejected (CONTENT_CLOSED), Misfilled (the field `reason`)
        """
        agencies = sorted(set(whose))
        if self.account.role is Role.AGENCY:
            if self.account.agency not in agencies:
                raise Rejected(find(CONTENT_CLOSED))
            return
        if not self.account.reads_content:
            raise Rejected(find(CONTENT_CLOSED))
        if len(reason.strip()) < SHORTEST_REASON:
            raise Misfilled({"reason": (REASON_SHORT, {"least": SHORTEST_REASON})})
        for agency in agencies:
            act = self.act("content_opened", {"reason": reason.strip()}, agency=agency, letter_id=letter_id)
            await self.store.note_act(act)


def _kept(text: str) -> str:
    """A text as the journal keeps it, without NUL: what was typed is noted before anything reads it."""
    return text.replace("\0", "\ufffd")

"""
The entrance: cookies, the sessions behind them, and who somebody is.

A cookie holds 256 random bits; the store knows their digest and all the rest. Names hold the node's, since
browsers do not tell ports apart: consoles of two nodes on one machine would else end each other's sessions.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import web

from gateway.accounts.desk import LoggedIn, Visitor, digest_of
from gateway.core.catalogue import RATE_LIMIT
from gateway.core.errors import Rejected, find
from gateway.http.console.around import Around
from gateway.http.console.declared import ROOT, Owed
from gateway.http.console.words import FIRST, LANGUAGES
from gateway.http.rates import Rates
from gateway.ports import Account, Act, Role, Session
from gateway.v1.origin import PROXIES, client_address

TOUCH_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: each note of it is a write."""

TRIES_PER_MINUTE = 30
"""Logins of one address: an office behind one address gets in within a minute, a guesser nowhere."""

LONGEST_TOKEN = 100
LANGUAGE_COOKIE = "truc-lang"
LANGUAGE_KEPT = 365 * 86400  # seconds


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody with a session."""

    account: Account
    session: Session
    token: str

    def owes(self) -> Owed | None:
        """What must be done before anything else."""
        account, session = self.account, self.session
        if session.needs_code:
            return Owed.CODE
        if account.must_change and account.password:
            return Owed.PASSWORD
        if account.role is Role.ADMINISTRATOR and not account.sealed_totp and not session.is_strong:
            return Owed.TOTP
        return None


class Entrance:
    """The sessions of one console."""

    def __init__(self, around: Around) -> None:
        self._around = around
        # __Host-: bound to this very host, HTTPS only; browsers refuse it over plain HTTP
        prefix = "__Host-" if around.is_secure else ""
        self._session_name = f"{prefix}truc-{around.node}"
        self._tries = Rates(TRIES_PER_MINUTE, around.clock.now)
        self._visit_name = f"{prefix}truc-{around.node}-visit"

    # --- who -------------------------------------------------------------------------------------

    async def who(self, request: web.Request, *, touch: bool = True) -> Known | None:
        """Whose session the request belongs to; None for nobody's, and for one whose time is over."""
        token = request.cookies.get(self._session_name, "")
        if not token or len(token) > LONGEST_TOKEN:
            return None
        found = await self._around.store.session(digest_of(token))
        if found is None:
            return None
        session, account = found
        now, settings = self._around.clock.now(), self._around.settings
        is_over = now - session.seen_at >= settings.session_idle or (
            now - session.began_at >= settings.session_longest
        )
        if is_over or account.locked:
            await self._around.store.end_sessions(account.name, {session.digest}, None)
            return None
        if touch and now - session.seen_at >= TOUCH_EVERY:
            await self._around.store.touch_session(session.digest, now)
            session = replace(session, seen_at=now)
        return Known(account, session, token)

    def had_one(self, request: web.Request) -> bool:
        """Whether the browser still holds a session, over or not."""
        return self._session_name in request.cookies

    def check_tries(self, request: web.Request) -> None:
        """Raises: Rejected (RATE_LIMIT) for an address that tries to log in too often."""
        if not self._tries.take(self.address(request)).granted:
            raise Rejected(find(RATE_LIMIT, element="password", limit=TRIES_PER_MINUTE))

    def visitor(self, request: web.Request) -> Visitor:
        """Where a request comes from."""
        return Visitor(self.address(request), request.headers.get("User-Agent", ""))

    def address(self, request: web.Request) -> str:
        """The address of whoever sent it."""
        return client_address(request, request.app.get(PROXIES, ()))

    # --- cookies ---------------------------------------------------------------------------------

    def begin(self, response: web.StreamResponse, made: LoggedIn) -> None:
        """Hand over the cookie of a session that began; a former one is forgotten with it."""
        self.set_cookie(response, self._session_name, made.token)

    async def end(self, response: web.StreamResponse, known: Known, act: Act) -> None:
        """Log out."""
        await self._around.store.end_sessions(known.account.name, {known.session.digest}, act)
        response.del_cookie(self._session_name, path="/", secure=self._around.is_secure, httponly=True)

    def visit(self, request: web.Request) -> str:
        """What ties the forms of somebody without a session to his browser; "" before the first page."""
        return request.cookies.get(self._visit_name, "")[:LONGEST_TOKEN]

    def new_visit(self, response: web.StreamResponse) -> str:
        """The same for who has none yet."""
        token = secrets.token_urlsafe(16)
        self.set_cookie(response, self._visit_name, token)
        return token

    def set_cookie(
        self, response: web.StreamResponse, name: str, value: str, *, seconds: int | None = None
    ) -> None:
        """A cookie that no script reads and no other site's form sends."""
        secure = self._around.is_secure
        response.set_cookie(
            name, value, path="/", httponly=True, samesite="Lax", secure=secure, max_age=seconds
        )


def language_of(cookies: Mapping[str, str]) -> str:
    """The language that was chosen, or the first."""
    chosen = cookies.get(LANGUAGE_COOKIE, FIRST)
    return chosen if chosen in LANGUAGES else FIRST


def go_to(address: str) -> web.Response:
    """A browser that sent a form, or asks for what is elsewhere, opens that page next."""
    return web.Response(status=303, headers={"Location": address})


def within(address: str) -> str:
    """An address that may be gone to after something else: a page of this console, or its first one."""
    is_ours = address == ROOT or address.startswith((f"{ROOT}/", f"{ROOT}?"))
    is_plain = address.isprintable() and "\\" not in address and "//" not in address
    return address if is_ours and is_plain and len(address) < 1_000 else f"{ROOT}/"

"""
Webhook: tells an agency's system that a letter lies at its door, by one small signed request.

The letter itself never travels in it: the system fetches and acknowledges it as from any mailbox. Requests
are signed as Standard Webhooks says (HMAC-SHA256 over id, time and body): a receiver needs no code of ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from adapters.messenger import AT_HAND, Messenger, Try
from gateway import __version__
from gateway.config import WebhookSection
from gateway.core.callbacks import SECRET_PREFIX, host_of
from gateway.core.catalogue import NOTICE_REFUSED, NOTICE_UNHEARD, RECEIVER_GONE
from gateway.core.model import AgencyCode
from gateway.ports import AgencyAdapter, Caller, Channel, Notice, Step, Subscription, Workplace
from gateway.probing import Place, probe
from gateway.v1.subscriptions import WebhookMessage, notice_id

AT_ONCE = 4  # requests to one host; a small system should not feel them
ANSWER_BYTES = 4096  # of an answer that are read, so that its connection can be used again; none is kept
GONE = 410


class WebhookAdapter(AgencyAdapter):
    """Notices by HTTP. `trust` is for receivers whose certificates the system does not know."""

    name = "webhook"

    def __init__(self, place: Workplace, *, trust: ssl.SSLContext | None = None) -> None:
        settings: WebhookSection = place.settings
        self._place, self._trust = place, trust
        self._timeout = settings.timeout
        self._reach = settings.reach()
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """The loop that sends what is due."""
        return (self.run,)

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        """Try the addresses that the agency has subscribed, as far as the handshake; nothing is sent."""
        steps: list[Step] = []
        caller = Caller(self.name, frozenset({agency}))
        for subscription in await self._place.notices.subscriptions(caller):
            if subscription.channel is Channel.WEBHOOK and subscription.is_active:
                steps += await self._try(subscription.address)
        return steps

    async def _try(self, address: str) -> list[Step]:
        parts = urlsplit(address)
        is_secure = parts.scheme == "https"
        place = Place(
            parts.hostname or "",
            parts.port or (443 if is_secure else 80),
            (self._trust or ssl.create_default_context()) if is_secure else None,
            lambda number: self._reach.permits(parts.scheme, ip_address(number.partition("%")[0])),
        )
        return await probe(place, self._place.clock.now())

    async def run(self) -> None:
        """Send what is due, for ever."""
        async with self.lines():
            await self.messenger().run()

    def messenger(self) -> Messenger:
        """Who carries the notices of this channel."""
        return Messenger(self._place, Channel.WEBHOOK, self.carry, _receiver_of, at_once=AT_ONCE)

    @asynccontextmanager
    async def lines(self) -> AsyncIterator[None]:
        """Sessions while the block runs: one for each scheme, since they may go to different numbers."""
        try:
            for scheme in ("https", "http"):
                self._sessions[scheme] = self._session(scheme)
            yield
        finally:
            while self._sessions:
                await self._sessions.popitem()[1].close()

    async def carry(self, notice: Notice) -> Try:
        """One request and what became of it."""
        address = notice.subscription.address
        body = WebhookMessage.of(notice, self._place.url).as_json()
        session = self._sessions[urlsplit(address).scheme]
        try:
            async with session.post(
                address, data=body, headers=self._headers(notice, body), allow_redirects=False
            ) as answer:
                await answer.content.read(ANSWER_BYTES)
                return _judged(answer, self._place.clock.now())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Try(NOTICE_UNHEARD, _cause(error))

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        name, now = notice_id(notice), self._place.clock.now()
        timestamp = str(int(now.timestamp()))
        signed = b".".join((name.encode(), timestamp.encode(), body))
        secrets = self._secrets(notice.subscription, now)
        return {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"truc/{__version__}",
            "webhook-id": name,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signature(secret, signed) for secret in secrets),
        }

    def _secrets(self, subscription: Subscription, now: datetime) -> list[str]:
        """The living secrets, the newest first."""
        sealed = [subscription.sealed_secret]
        if subscription.former_ends_at is not None and now < subscription.former_ends_at:
            sealed.append(subscription.sealed_former)
        return [self._place.vault.open(secret) for secret in sealed]

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        def permitted_socket(target: tuple[Any, ...]) -> socket.socket:
            """The socket of one connection. Asked for just before connecting, for every number of a name."""
            family, kind, protocol, _, place = target
            if not self._reach.permits(scheme, ip_address(place[0].partition("%")[0])):
                raise Forbidden(place[0])
            return socket.socket(family, kind, protocol)

        connector = aiohttp.TCPConnector(
            limit=AT_HAND,
            limit_per_host=AT_ONCE,
            socket_factory=permitted_socket,
            ssl=self._trust or True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._timeout.total_seconds()),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a few KB can unfold to many
            trust_env=False,  # a proxy would connect to numbers that nobody has looked at
        )


class Forbidden(OSError):
    """The address leads to a number that the node may not call."""


def signature(secret: str, signed: bytes) -> str:
    """One signature of Standard Webhooks, version 1, over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def _receiver_of(notice: Notice) -> str:
    return host_of(notice.subscription.address)


def _judged(answer: aiohttp.ClientResponse, now: datetime) -> Try:
    """A redirect is a refusal: it would take the notice to an address that nobody has subscribed."""
    detail = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Try(detail=detail)
    if answer.status == GONE:
        return Try(RECEIVER_GONE, detail, is_final=True)
    return Try(NOTICE_REFUSED, detail, again_after=_asked(answer.headers.get("Retry-After", ""), now))


def _asked(retry_after: str, now: datetime) -> timedelta | None:
    """How long a receiver asks to be left alone: seconds or a date; None if it says neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=int(retry_after[:9]))
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _cause(error: Exception) -> str:
    """Why nothing came back, in the words of the system where it has some."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"TLS: {getattr(error.certificate_error, 'verify_message', '') or 'certificate'}"
    if isinstance(error, aiohttp.ClientConnectorError):
        found = error.os_error
        if isinstance(found, Forbidden):
            return f"✗ {found}"
        if found.errno and found.errno > 0:
            return os.strerror(found.errno)  # asyncio puts a text of its own, with the address, in its place
        return found.strerror or type(found).__name__  # numbers below zero are those of the name service
    return type(error).__name__

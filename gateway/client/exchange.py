"""
One call over HTTP: with the key, tried again where that is harmless, and errors in the house's own words.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import aiohttp
from yarl import URL

from gateway.client.source import Outgoing
from gateway.core.catalogue import BAD_REQUEST, CONFIG_BAD_VALUE, NODE_UNREACHABLE
from gateway.core.errors import Finding, Misconfigured, Rejected, Unavailable, find
from gateway.v1.shapes import Problem, Shape

Answer = TypeVar("Answer", bound=Shape)
Result = TypeVar("Result")

INVITED_ABOVE = 1024 * 1024  # bytes; a larger body waits until the node has looked at the key
LATER = frozenset({408, 429})  # below 500, and still nothing is wrong with the request itself
WORTH_RETRYING = frozenset({429, 502, 503, 504, 507})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is tried, and how long to wait: `first` seconds, doubling up to `longest`."""

    tries: int = 5
    first: float = 0.5
    longest: float = 30.0

    def wait(self, tried: int, asked: float | None) -> float:
        """Seconds before the next try. The node's Retry-After counts, but never beyond `longest`."""
        return min(self.longest, self.first * 2.0 ** (tried - 1) if asked is None else asked)


class Trouble(Unavailable):
    """Unavailable, with what a retry must know.

    `is_passing`: another try may help. `was_refused`: the node did nothing with the call.
    """

    def __init__(
        self,
        *findings: Finding,
        is_passing: bool = True,
        was_refused: bool = False,
        asked: float | None = None,
    ) -> None:
        super().__init__(*findings, retry_after=timedelta(seconds=30 if asked is None else asked))
        self.is_passing, self.was_refused, self.asked = is_passing, was_refused, asked


class Exchange:
    """The calls of one caller to one node. Raises (any of them): Rejected, Unavailable."""

    def __init__(
        self,
        url: str,
        key: str,
        language: str,
        retries: Retries,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.base = _address(url)
        self._headers = {"Accept-Language": language, **({"Authorization": f"Bearer {key}"} if key else {})}
        self._retries, self._sleep = retries, sleep
        self._session: aiohttp.ClientSession | None = None

    def begin(self) -> None:
        """Open the session; needs a running event loop."""
        # No limit on the whole: a letter may take hours. A line that is silent for two minutes is broken.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)

    async def end(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self, shape: type[Answer], method: str, path: str, *, may_repeat: bool = True, **what: Any
    ) -> Answer:
        """One call and its answer. `what`: see `call`."""

        async def once() -> Answer:
            async with self.call(method, path, **what) as response:
                return await self.read(shape, response)

        return await self.persist(once, may_repeat=may_repeat)

    async def tell(self, method: str, path: str, **what: Any) -> None:
        """One call whose answer says nothing more. `what`: see `call`."""

        async def once() -> None:
            async with self.call(method, path, **what):
                pass

        await self.persist(once)

    async def persist(self, once: Callable[[], Awaitable[Result]], *, may_repeat: bool = True) -> Result:
        """Try `once` again as long as there is hope; not after a lost answer unless `may_repeat`."""
        tried = 0
        while True:
            tried += 1
            try:
                return await once()
            except Trouble as trouble:
                may = trouble.was_refused or may_repeat
                if not (trouble.is_passing and may and tried < self._retries.tries):
                    raise
                await self._sleep(self._retries.wait(tried, trouble.asked))

    @asynccontextmanager
    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        letter: Outgoing | None = None,
        accepted: frozenset[int] = frozenset(),
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One try. A redirect is an error: it would take the key to another address."""
        if self._session is None:
            raise RuntimeError("use the client as a context manager: async with …")
        sent: dict[str, Any] = {"headers": dict(headers or {}), "json": json}
        if letter is not None:
            sent = _streamed(letter, sent["headers"])
        url = self.base.joinpath(*path.strip("/").split("/"))
        with self.line():
            response = await self._session.request(
                method, url, params=list(query), allow_redirects=False, **sent
            )
        async with response:
            if response.status >= 300 and response.status not in accepted:
                await self.refuse(response)
            yield response

    @contextmanager
    def line(self) -> Iterator[None]:
        """Around everything that reads or writes the connection: its errors become Unavailable."""
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            not_begun = isinstance(error, aiohttp.ClientConnectorError)
            raise self.trouble(_cause(error), was_refused=not_begun) from error

    async def read(self, shape: type[Answer], response: aiohttp.ClientResponse) -> Answer:
        """The answer in its shape."""
        with self.line():
            text = await response.read()
        answer = shape.read(text)
        if answer is None:
            raise self.trouble("JSON", is_passing=False)
        return answer

    async def refuse(self, response: aiohttp.ClientResponse) -> NoReturn:
        """Raise what the node said, in the family of who must act."""
        status = response.status
        with self.line():
            text = await response.read()
        problem = Problem.read(text)  # None: not of ours, but of a proxy on the way or another server
        findings = () if problem is None else tuple(shape.finding() for shape in problem.findings)
        if status < 500 and status not in LATER:
            raise Rejected(*findings or (find(BAD_REQUEST, detail=f"HTTP {status}"),))
        raise Trouble(
            *findings or (find(NODE_UNREACHABLE, url=self.base, detail=f"HTTP {status}"),),
            is_passing=status in WORTH_RETRYING,
            was_refused=status in (429, 503),
            asked=asked_wait(response),
        )

    def trouble(self, detail: str, *, is_passing: bool = True, was_refused: bool = False) -> Trouble:
        """The server cannot be heard, in the words of its protocol."""
        finding = find(NODE_UNREACHABLE, url=self.base, detail=detail)
        return Trouble(finding, is_passing=is_passing, was_refused=was_refused)


def asked_wait(response: aiohttp.ClientResponse) -> float | None:
    """Seconds that the server asks to wait, None if it names none."""
    wait = response.headers.get("Retry-After", "")
    return float(wait) if wait.isascii() and wait.isdigit() else None


def _cause(error: Exception) -> str:
    """Why a connection failed, in the words of the system where it has some."""
    if not isinstance(error, aiohttp.ClientConnectorError):
        return type(error).__name__
    number = error.os_error.errno
    # asyncio puts its own text where the system's belongs; numbers below zero are those of the name service
    return os.strerror(number) if number and number > 0 else error.os_error.strerror or type(error).__name__


def _streamed(letter: Outgoing, headers: dict[str, str]) -> dict[str, Any]:
    """How aiohttp is told to send a body piece by piece; of a known size without chunked encoding."""
    size = letter.size()
    headers["Content-Type"] = letter.content_type
    if size is not None:
        headers["Content-Length"] = str(size)
    waits = letter.is_invited and (size is None or size > INVITED_ABOVE)
    return {"data": letter.chunks(), "headers": headers, "expect100": waits}


def _address(url: str) -> URL:
    """The address of a node. Raises: Misconfigured if it is none."""
    try:
        address = URL(url.strip())
    except ValueError:
        address = URL()
    if address.scheme not in ("http", "https") or not address.host or address.query or address.user:
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="url", detail="http://host:port"))
    return address

"""
The clients for programs without asyncio: the same methods, each waiting for its answer.

    with TrucClientSync("http://127.0.0.1:8080", key) as office:
        answer = office.send(Path("cong-van.edxml"))
        for line in office.inbox().items:
            office.fetch(line.letter_id, Path("in") / f"{line.letter_id}.edxml")
            office.ack(line.letter_id)

The calls run on an event loop in a thread of their own; several threads may share one client. `open` is left
out: what it gives is read with `await`; `stream` gives the same chunks to a plain `for`.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from gateway.client.exchange import Retries
from gateway.client.office import TrucClient
from gateway.client.vxp import VxpClient

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
# covariant: a waiting client is also one of the parts that its async client is made of
Held = TypeVar("Held", covariant=True)


class Blocking(Generic[Held]):
    """
    An async client and the thread that runs it; use it as a context manager.

    A `progress` is called in that thread: it must not call the client.
    """

    def __init__(self, client: Held) -> None:
        if not isinstance(client, AbstractAsyncContextManager):
            raise TypeError(f"{type(client).__name__} is no async context manager")
        self._room: AbstractAsyncContextManager[object] = client
        self.client = client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="truc-client", daemon=True)
        self._thread.start()
        try:
            self.wait(_opened(self._room))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.wait(_closed(self._room, error))
        finally:
            self._stop()

    def wait(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """What a call gives or raises. Interrupted (Ctrl+C), it gives the call up."""
        if self._loop is None:
            call.close()
            raise RuntimeError("use the client as a context manager: with …")
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _stop(self) -> None:
        if self._loop is None or self._thread is None:
            return
        self.wait(self._loop.shutdown_asyncgens())
        self.wait(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None


async def _opened(room: AbstractAsyncContextManager[object]) -> None:
    await room.__aenter__()


async def _closed(room: AbstractAsyncContextManager[object], error: BaseException | None) -> None:
    # What other threads still wait for ends here: after the loop nobody would ever answer them.
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await room.__aexit__(type(error) if error is not None else None, error, None)


def _waiting(
    method: Callable[Concatenate[Held, Parameters], Coroutine[Any, Any, Answer]],
) -> Callable[Concatenate[Blocking[Held], Parameters], Answer]:
    """An async method as one that waits."""

    @functools.wraps(method)
    def call(self: Blocking[Held], /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        return self.wait(method(self.client, *args, **kwargs))

    return call


def _iterating(
    method: Callable[Concatenate[Held, Parameters], AsyncIterator[Answer]],
) -> Callable[Concatenate[Blocking[Held], Parameters], Iterator[Answer]]:
    """An async generator as a plain one."""

    @functools.wraps(method)
    def call(
        self: Blocking[Held], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Iterator[Answer]:
        items = method(self.client, *args, **kwargs)

        async def step() -> tuple[Answer, ...]:
            async for item in items:
                return (item,)
            return ()

        async def close() -> None:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

        try:
            while item := self.wait(step()):
                yield item[0]
        finally:
            self.wait(close())

    return call


class TrucClientSync(Blocking[TrucClient]):
    """TrucClient, waiting for every answer. Raises: as TrucClient does."""

    def __init__(
        self, url: str, key: str = "", *, language: str = "vi", retries: Retries | None = None
    ) -> None:
        super().__init__(TrucClient(url, key, language=language, retries=retries))

    send = _waiting(TrucClient.send)
    send_files = _waiting(TrucClient.send_files)
    send_resumable = _waiting(TrucClient.send_resumable)
    report = _waiting(TrucClient.report)
    inbox = _waiting(TrucClient.inbox)
    history = _waiting(TrucClient.history)
    replay = _waiting(TrucClient.replay)
    stream = _iterating(TrucClient.stream)
    fetch = _waiting(TrucClient.fetch)
    read = _waiting(TrucClient.read)
    ack = _waiting(TrucClient.ack)
    track = _waiting(TrucClient.track)
    verification = _waiting(TrucClient.verification)
    evidence = _waiting(TrucClient.evidence)
    find = _waiting(TrucClient.find)
    search = _waiting(TrucClient.search)
    contents = _waiting(TrucClient.contents)
    attachment = _waiting(TrucClient.attachment)
    original = _waiting(TrucClient.original)
    diary = _waiting(TrucClient.diary)
    diary_file = _waiting(TrucClient.diary_file)
    statistics = _waiting(TrucClient.statistics)
    stats = _waiting(TrucClient.stats)
    quota = _waiting(TrucClient.quota)
    keys = _waiting(TrucClient.keys)
    add_key = _waiting(TrucClient.add_key)
    lock_key = _waiting(TrucClient.lock_key)
    rotate_key = _waiting(TrucClient.rotate_key)
    terms = _waiting(TrucClient.terms)
    set_terms = _waiting(TrucClient.set_terms)
    agencies = _waiting(TrucClient.agencies)
    health = _waiting(TrucClient.health)
    ready = _waiting(TrucClient.ready)
    subscribe = _waiting(TrucClient.subscribe)
    subscriptions = _waiting(TrucClient.subscriptions)
    subscription = _waiting(TrucClient.subscription)
    change_subscription = _waiting(TrucClient.change_subscription)
    unsubscribe = _waiting(TrucClient.unsubscribe)
    rotate_secret = _waiting(TrucClient.rotate_secret)
    ping = _waiting(TrucClient.ping)
    notices = _waiting(TrucClient.notices)
    redeliver = _waiting(TrucClient.redeliver)


class VxpClientSync(Blocking[VxpClient]):
    """VxpClient, waiting for every answer. Raises: as VxpClient does."""

    def __init__(
        self,
        endpoint: str,
        system_id: str,
        secret: str,
        *,
        leftovers: bool = False,
        retries: Retries | None = None,
    ) -> None:
        super().__init__(VxpClient(endpoint, system_id, secret, leftovers=leftovers, retries=retries))

    send = _waiting(VxpClient.send)
    update_status = _waiting(VxpClient.update_status)
    received = _waiting(VxpClient.received)
    sent = _waiting(VxpClient.sent)
    count_edocs = _waiting(VxpClient.count_edocs)
    count_statuses = _waiting(VxpClient.count_statuses)
    stream = _iterating(VxpClient.stream)
    fetch = _waiting(VxpClient.fetch)
    read = _waiting(VxpClient.read)
    agencies = _waiting(VxpClient.agencies)
    agencies_qd20 = _waiting(VxpClient.agencies_qd20)
    units = _waiting(VxpClient.units)
    register_agency = _waiting(VxpClient.register_agency)
    delete_agency = _waiting(VxpClient.delete_agency)

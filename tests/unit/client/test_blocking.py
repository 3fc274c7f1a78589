"""
The clients without asyncio: every method, its answers and errors, from plain threads.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.client import Retries, TrucClient, TrucClientSync, VxpClient, VxpClientSync
from gateway.core.errors import Rejected, Unavailable
from gateway.vxp.functions import MessageType
from tests.kit.api import listening_api
from tests.kit.axis_stub import WRONG_KEY, AxisStub, answer, axis_stub, letter
from tests.kit.capture import SECRET, SYSTEM_ID
from tests.kit.office import DISTRICT, PROVINCE, document

ONCE = Retries(tries=1)


@pytest.mark.parametrize(("client", "sync"), [(TrucClient, TrucClientSync), (VxpClient, VxpClientSync)])
def test_every_method_has_its_waiting_twin(client: type, sync: type) -> None:
    methods = {name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")}
    twins = {name for name in vars(sync) if not name.startswith("_")}
    assert methods - twins == {"open"}
    assert twins <= methods
    for name in twins:
        assert inspect.getdoc(getattr(sync, name)) == inspect.getdoc(getattr(client, name))
        assert not inspect.iscoroutinefunction(inspect.unwrap(getattr(sync, name), stop=lambda _: True))


async def test_letter_goes_from_hand_to_hand_without_asyncio(tmp_path: Path) -> None:
    async with listening_api() as api:

        def clerk() -> None:
            data = document(PROVINCE, DISTRICT)
            with (
                TrucClientSync(api.url, api.key("province"), retries=ONCE) as sender,
                TrucClientSync(api.url, api.key("district"), retries=ONCE) as receiver,
            ):
                letter_id = sender.send(data).letter_id
                assert [line.letter_id for line in receiver.inbox().items] == [letter_id]
                assert receiver.fetch(letter_id, tmp_path / "in").path.read_bytes() == data
                assert b"".join(receiver.stream(letter_id)) == data
                receiver.ack(letter_id)
                assert receiver.inbox().items == ()
                with pytest.raises(Rejected) as told:
                    sender.read("019ab000-0000-7000-8000-000000000001")
                assert told.value.code == "TRUC-404"

        await asyncio.to_thread(clerk)
    assert not [t for t in threading.enumerate() if t.name == "truc-client"]


async def at_an_axis(stub: AxisStub, work: Callable[[VxpClientSync], None]) -> None:
    def run() -> None:
        with VxpClientSync(stub.endpoint, SYSTEM_ID, SECRET, retries=ONCE) as axis:
            work(axis)

    await asyncio.to_thread(run)


async def test_several_threads_share_one_client() -> None:
    def work(axis: VxpClientSync) -> None:
        with ThreadPoolExecutor(8) as threads:
            read = list(threads.map(lambda n: axis.read(str(n)), range(40)))
        assert read == [b"<edXML/>"] * 40

    async with axis_stub(letter(b"<edXML/>")) as stub:
        await at_an_axis(stub, work)
    assert len(stub.heard) == 40


def test_call_of_another_thread_ends_with_the_client() -> None:
    """The server listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
        axis = VxpClientSync(f"http://127.0.0.1:{server.getsockname()[1]}", SYSTEM_ID, SECRET, retries=ONCE)
        with axis:
            waiting = threads.submit(axis.agencies)
            connection, _ = server.accept()
        with connection, pytest.raises(CancelledError):
            waiting.result()


async def test_stream_that_is_left_early_is_closed() -> None:
    def work(axis: VxpClientSync) -> None:
        chunks: Iterator[bytes] = axis.stream("1")
        for _ in chunks:
            break
        assert next(axis.stream("1"))
        assert axis.read("1") == b"x" * 2_000_000

    async with axis_stub(letter(b"x" * 2_000_000)) as stub:
        await at_an_axis(stub, work)


async def test_error_comes_out_as_it_is() -> None:
    def work(axis: VxpClientSync) -> None:
        with pytest.raises(Rejected):
            axis.received(MessageType.EDOC)
        with pytest.raises(Rejected):
            list(axis.stream("1"))

    async with axis_stub(answer(WRONG_KEY)) as stub:
        await at_an_axis(stub, work)


def test_client_that_is_not_open_says_so() -> None:
    axis = VxpClientSync("http://127.0.0.1:9", SYSTEM_ID, SECRET)
    with pytest.raises(RuntimeError, match="context manager"):
        axis.agencies()
    with axis, pytest.raises(Unavailable):
        VxpClientSync.read(axis, "1")
    with pytest.raises(RuntimeError, match="context manager"):
        axis.agencies()

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from gateway.http.console.live import MOST_PARTS, MOST_STREAMS, LiveEvent
from gateway.http.surroundings import Health
from gateway.ports import Act, Role
from tests.kit.builders import CENTRAL, DEPARTMENT
from tests.kit.console import Console, Person

LINKS = "/console/events?live=overview.links"


async def block(stream: aiohttp.ClientResponse) -> str:
    """The next event, or remark, of a stream."""
    async with asyncio.timeout(10):
        return (await stream.content.readuntil(b"\n\n")).decode()


async def until(console: Console, stream: aiohttp.ClientResponse, wanted: str) -> str:
    """Let time pass until an event holds what is wanted."""
    reading = asyncio.create_task(block(stream))
    async with asyncio.timeout(20):
        while True:
            await console.clock.run(1)
            await asyncio.sleep(0.01)
            if reading.done():
                if wanted in reading.result():
                    return reading.result()
                reading = asyncio.create_task(block(stream))


def test_event_keeps_its_lines_together() -> None:
    told = LiveEvent("a.b", "<p>\nđường\n</p>").encoded().decode()
    assert told == "event: a.b\ndata: <p>\ndata: đường\ndata: </p>\n\n"


async def test_part_is_sent_at_once_and_again_when_it_has_changed(console: Console) -> None:
    async with (
        console.person(Role.OPERATOR) as person,
        person.session.get(f"{console.url}{LINKS}") as stream,
    ):
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-store"
        assert await block(stream) == "retry: 5000\n\n"
        assert "Thông suốt" in await block(stream)
        console.health = Health(store=True, links={CENTRAL: False})
        assert "Mất kết nối" in await until(console, stream, "event: ")


async def test_quiet_stream_is_kept_open_by_remarks(console: Console) -> None:
    async with (
        console.person(Role.OPERATOR) as person,
        person.session.get(f"{console.url}{LINKS}") as stream,
    ):
        assert await until(console, stream, ":\n\n") == ":\n\n"


async def test_stream_ends_with_its_session(console: Console) -> None:
    async with (
        console.person(Role.OPERATOR) as person,
        person.session.get(f"{console.url}{LINKS}") as stream,
    ):
        await block(stream)
        await console.store.end_sessions("operator.one", None, None)
        await ended(console, stream)


async def refused(person: Person, path: str) -> int:
    return (await person.open(path, follow=False)).status


async def test_parts_are_for_those_who_may_see_them(console: Console) -> None:
    async with console.person(Role.AGENCY) as clerk, console.person() as nobody:
        assert await refused(clerk, LINKS) == 404
        assert await refused(clerk, "/console/events?live=../../etc/passwd") == 404
        assert await refused(nobody, LINKS) == 303


async def test_one_account_cannot_hold_all_connections(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        streams = [await person.session.get(f"{console.url}{LINKS}") for _ in range(MOST_STREAMS)]
        assert await refused(person, LINKS) == 429
        for stream in streams:
            stream.close()


async def ended(console: Console, stream: aiohttp.ClientResponse) -> None:
    """The stream is over long before its session would be, by the clock, for want of use."""
    reading = asyncio.create_task(stream.read())
    until = console.clock.now() + console.around.settings.session_idle / 2
    async with asyncio.timeout(10):
        while not reading.done():
            assert console.clock.now() < until
            await console.clock.run(timedelta(seconds=5))
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "changes",
    [{"role": Role.VIEWER.value}, {"agency": DEPARTMENT}, {"must_change": True}],
    ids=["another role", "another agency", "something owed"],
)
async def test_stream_ends_with_what_its_account_was(console: Console, changes: dict[str, Any]) -> None:
    async with (
        console.person(Role.OPERATOR) as person,
        person.session.get(f"{console.url}{LINKS}") as stream,
    ):
        await block(stream)
        act = Act(event="console.test", by="", at=console.clock.now())
        await console.store.change_account("operator.one", changes, act)
        await ended(console, stream)


async def test_stream_has_no_more_parts_than_a_page_shows(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        many = ",".join(f"overview.links:{number}" for number in range(MOST_PARTS + 1))
        assert await refused(person, f"/console/events?live={many}") == 400

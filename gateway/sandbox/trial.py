"""
A trial: one node, the agency's side of one way, and what the tests of a class do with both.

The tests are plain methods that run in an event loop of their class: they need no plug-in of pytest, and
nothing here imports pytest.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest import SkipTest

from gateway.core.directory import Agency
from gateway.core.model import AgencyCode, LetterId, NodeId
from gateway.ports import AgencyAdapter, Wanted
from gateway.sandbox.partner import Ability, Partner, Received, Refused
from gateway.sandbox.trial_node import HurriedClock, TrialNode, caller

NODE = NodeId("H14")
WRITER, NEIGHBOUR = AgencyCode("000.00.00.H14"), AgencyCode("000.00.09.H14")
"""Agencies with a mailbox, which the way under test must neither hinder nor be hindered by."""

FIRST, SECOND, REFUSER, LATER = (AgencyCode(f"000.00.1{n}.H14") for n in range(4))
"""Agencies that are reached in the way under test; REFUSER will take nothing, LATER is added in time."""


ANSWER_SECONDS = 10.0  # of ours, within which a listener answers rubbish or hangs up
RUBBISH = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\r\n\r\n",  # TLS where none is spoken
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"FETCH /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /sendEdoc HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{'a': [[\xff",
    b"POST /v1/letters HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(3000)) + b"\r\n",
)


def scene(play: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], None]:
    """A test as a coroutine; what pytest sees is a plain method without parameters."""

    def test(self: Trial) -> None:
        self.runner.run(self.played(play))

    test.__name__, test.__qualname__, test.__doc__ = play.__name__, play.__qualname__, play.__doc__
    return test


class Trial:
    """One node and one partner for all tests of a class; the node goes down where a test says so."""

    runner: ClassVar[asyncio.Runner]
    node: ClassVar[TrialNode]
    side: ClassVar[Partner]
    folder: ClassVar[TemporaryDirectory[str]]

    def partner(self) -> Partner:
        """The agency's side of the way."""
        raise NotImplementedError("say who its partner is")

    def same(self, sent: bytes, got: bytes) -> bool:
        """Whether an agency got what was sent. Override it for an agreed dialect: equal in content."""
        return sent == got

    # --- life of the class -------------------------------------------------------

    @classmethod
    def setup_class(cls) -> None:
        """Bring up the partner, then the node, and let the agencies in."""
        cls.folder = TemporaryDirectory(prefix="truc-trial-")
        cls.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        try:
            cls.runner.run(cls._begin(cls().partner(), Path(cls.folder.name)))
        except BaseException:
            cls.teardown_class()
            raise

    @classmethod
    async def _begin(cls, side: Partner, folder: Path) -> None:
        clock = HurriedClock()
        (folder / "partner").mkdir()
        sections = await side.begin(folder / "partner", clock)
        cls.side = side
        own = [cls._agency(code, side.way) for code in (FIRST, SECOND, REFUSER)]
        others = [cls._agency(code, "mailbox") for code in (WRITER, NEIGHBOUR)]
        cls.node = TrialNode(folder, NODE, [*others, *own], sections, clock)
        await cls.node.start()
        for agency in own:
            await cls._admit(agency.code)

    @staticmethod
    def _agency(code: AgencyCode, way: str) -> Agency:
        return Agency(code=code, name=f"Cơ quan {code}", node=NODE, delivery=way)

    @classmethod
    async def _admit(cls, agency: AgencyCode) -> None:
        await cls.node.set_way(agency, cls.side.way, await cls.side.admit(agency, cls.node))

    @classmethod
    def teardown_class(cls) -> None:
        """Take everything down."""
        try:
            if "node" in cls.__dict__:
                cls.runner.run(cls.node.stop())
            if "side" in cls.__dict__:
                cls.runner.run(cls.side.end())
        finally:
            cls.runner.close()
            cls.folder.cleanup()

    async def played(self, play: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        """One test: nothing lies at any door before, and no code of the node has failed after it."""
        for agency in (WRITER, NEIGHBOUR, FIRST, SECOND, LATER):
            await self.node.tidy(agency)
        before = len(self.node.faults())
        await play(self)
        assert self.node.faults()[before:] == []

    def needs(self, ability: Ability) -> None:
        """Skip what this way does not claim to do."""
        if ability not in self.side.can:
            raise SkipTest(f"{self.side.way} does not declare: {ability}")

    @property
    def adapter(self) -> AgencyAdapter:
        """The adapter, as the running node found it."""
        return self.node.node.adapters[self.side.way]

    async def sent_to(self, agency: AgencyCode, size: int = 2_000) -> tuple[LetterId, bytes]:
        """A letter for an agency, accepted."""
        content = self.node.letter(WRITER, agency, size=size)
        return (await self.node.send(content, WRITER)).letter_id, content

    async def got(self, agency: AgencyCode, content: bytes) -> Received:
        """The letter with this content, once the agency has it. Once: a second one is a fault."""

        async def found() -> list[Received]:
            return [r for r in await self.side.received(agency) if self.same(content, r.content)]

        there = await self.node.until(found, f"{agency} has its letter")
        assert len(there) == 1, f"{agency} has the same letter {len(there)} times"
        return there[0]

    async def lies_there(self, letter_id: LetterId, agency: AgencyCode) -> None:
        async def lies() -> bool:
            return letter_id in {item.letter_id for item in await self.node.waiting(agency)}

        await self.node.until(lies, f"{letter_id} lies at the door of {agency}")

    async def known_as(self, content: bytes) -> list[LetterId]:
        """The letters that the node knows with exactly this content, received by WRITER."""
        wanted = Wanted(sha256=hashlib.sha256(content).hexdigest(), sent=False)
        return list(await self.node.node.office.find(caller(WRITER), wanted))

    @staticmethod
    async def refused(wish: Coroutine[Any, Any, object]) -> str:
        """The words with which a wish was refused."""
        try:
            await wish
        except Refused as refused:
            return str(refused)
        raise AssertionError("it was not refused")


async def answer_to(address: str, data: bytes) -> bytes:
    """What a listener says to these bytes; "" if it hangs up. Raises: TimeoutError if it does neither."""
    host, _, port = address.partition("://")[2].rpartition(":")
    answer = b""
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            writer.write(data)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", answer)
            answer += await reader.readexactly(int(length[1])) if length else await reader.read()
        except asyncio.IncompleteReadError as ended:
            answer += ended.partial
        except ConnectionError:
            pass  # it hung up
        finally:
            writer.close()
    return answer


def home_of(adapter: AgencyAdapter) -> Path:
    """Where the code of an adapter lies: the folder of its package, or its file if it is a single one."""
    name = type(adapter).__module__
    file = Path(sys.modules[name].__file__ or os.devnull)
    return file.parent if "." in name or file.stem == "__init__" else file


def file_of(task: asyncio.Task[Any]) -> Path:
    code = getattr(task.get_coro(), "cr_code", None)
    return Path(code.co_filename if code is not None else os.devnull)


def open_files(below: Path) -> list[str]:
    """The files below a folder that this process holds open; none where no system tells them."""
    handles = Path("/proc/self/fd")
    targets = []
    for handle in handles.iterdir() if handles.is_dir() else ():
        try:
            targets.append(handle.readlink())
        except OSError:
            continue  # the handle of this very look
    return sorted(str(target) for target in targets if target.is_relative_to(below))

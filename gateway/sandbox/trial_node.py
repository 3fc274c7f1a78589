"""
A node on trial: real doors, a real store on disk, real listeners, for who wants to see an adapter at work.

Its clock runs faster than ours, so that what takes an adapter seconds takes a test a fraction of one. It can
die at the worst moment, between a hand-over and the record of it, and come back over the same store.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from gateway.bell import Doorbell
from gateway.broker.memory import MemoryPost
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.core.delivery import Acknowledged, Delivery, Event, Offered, Target
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId, Organ
from gateway.keys import NewSystem, issue_key, issue_system
from gateway.letters import Dialect, compose
from gateway.node import Node
from gateway.office import one_chunk
from gateway.ports import Accepted, Caller, MailItem
from gateway.sandbox.axis import node_in_process
from gateway.sandbox.pki import make_pki
from gateway.store.sql import SqlStore
from gateway.vault import FileVault

HURRY = 10
"""How much faster than ours the clock runs. Much faster, and a slow disk would look like one that hangs."""

LONGEST = 30.0  # seconds of ours that anything may take; on an idle machine all is there in a few
LOOK = 0.02  # seconds of ours between two looks
LINES = 12  # of the log that a failure shows
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keys:
    """With what an agency's system comes: a key for /v1; a system id and its secret, for ways that sign."""

    key: str
    system_id: str
    secret: str


class HurriedClock:
    """ports.Clock at `hurry` times the pace of ours."""

    def __init__(self, hurry: int = HURRY) -> None:
        self.hurry = hurry
        self._began, self._mark = SystemClock().now(), time.monotonic()

    def now(self) -> datetime:
        """The instant that it is by this clock."""
        return self._began + timedelta(seconds=(time.monotonic() - self._mark) * self.hurry)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""
        await asyncio.sleep(seconds / self.hurry)


class _HurriedBell(Doorbell):
    """A bell whose patience is measured by that clock."""

    def __init__(self, hurry: int) -> None:
        super().__init__()
        self._hurry = hurry

    async def wait(self, topic: str, seconds: float, *, by: object | None = None) -> None:
        await super().wait(topic, seconds / self._hurry, by=by)


class _MortalStore(SqlStore):
    """A store whose process dies before it can record that a letter was handed over to `doomed`."""

    doomed: AgencyCode | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.died = asyncio.Event()

    async def record(
        self, letter_id: LetterId, target: Target, event: Event, now: datetime
    ) -> Delivery | None:
        is_doomed = self.doomed is not None and target.agency == self.doomed
        if is_doomed and isinstance(event, Offered | Acknowledged):
            self.died.set()
            await asyncio.Event().wait()  # the dead do not go on
        return await super().record(letter_id, target, event, now)


class TrialNode:
    """
    One node `name` with these agencies, below `folder`; `sections` are those of its configuration.

    Start it, and stop it in the same event loop. An organ of its own writes to senders in its name.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        agencies: Sequence[Agency],
        sections: Mapping[str, Any],
        clock: HurriedClock,
    ) -> None:
        self.name, self.clock, self.log = NodeId(name), clock, io.StringIO()
        organ = Agency(code=AgencyCode(f"AX.{name}"), name=f"Trục {name}", node=self.name)
        row = NodeRow(id=self.name, name=f"Nút {name}", organ_code=organ.code)
        self._directory: Directory | None = Directory(1, (row,), (organ, *agencies))
        self._folder, self.sections = folder, sections
        self._seal: Mapping[str, str] = make_pki(folder / "pki", self._directory, clock.now())[self.name]
        self._numbers = itertools.count(1)
        self._pockets: dict[AgencyCode, Keys] = {}
        self._store: _MortalStore | None = None
        self._life: AsyncExitStack | None = None
        self._node: Node | None = None

    # --- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Come up, over what a former life has left."""
        config = Config.model_validate(
            {
                "node": {"id": self.name, "data_dir": str(self._folder / "node")},
                "http": {"port": 0, "requests_per_minute": 0},
                "delivery": {"retry_first": "1s", "retry_longest": "4s"},
                "seal": self._seal,
                **self.sections,
            }
        )
        self._life = AsyncExitStack()
        post = MemoryPost(clock=self.clock, rng=random.Random(0))  # noqa: S311 - chooses faults, not secrets
        given = (config, self._directory, post, self.clock, self.log)
        bell = _HurriedBell(self.clock.hurry)
        self._node = await self._life.enter_async_context(
            node_in_process(*given, bell=bell, open_store=self._open_store)
        )
        self._directory = None  # from now on the store has it, and what was changed in it
        self._vault = FileVault(config.secrets_key)

    async def stop(self) -> None:
        """Go down. Twice is harmless."""
        if self._life is not None:
            life, self._life = self._life, None
            await life.aclose()

    async def restart(self) -> None:
        """Go down and come back."""
        await self.stop()
        await self.start()

    def doom(self, agency: AgencyCode) -> None:
        """From now on: die when a letter was handed over to the agency, before that is recorded."""
        self.store.doomed = agency

    async def rise(self) -> None:
        """Wait for that death, and come back."""
        async with asyncio.timeout(LONGEST):
            await self.store.died.wait()
        await self.restart()

    def _open_store(self, *given: Any, **named: Any) -> SqlStore:
        self._store = _MortalStore(*given, **named)
        return self._store

    @property
    def node(self) -> Node:
        """The running node."""
        assert self._node is not None, "start it first"
        return self._node

    @property
    def store(self) -> _MortalStore:
        """Its store."""
        assert self._store is not None, "start it first"
        return self._store

    # --- agencies --------------------------------------------------------------------------------

    async def add(self, agency: Agency) -> None:
        """Add an agency to the directory while the node runs, and wait until it counts."""
        known = await self.store.directory()
        rows = (*(row for row in known.agency_rows if row.code != agency.code), agency)
        await self.store.set_directory(
            replace(known, version=known.version + 1, agency_rows=rows), self.clock.now()
        )

        async def is_known() -> bool:
            return self.node.office.directory().find(agency.code) == agency

        await self.until(is_known, f"the node knows {agency.code}")

    async def set_way(self, agency: AgencyCode, way: str, settings: Mapping[str, Any]) -> None:
        """Set what an adapter shall know about an agency, as an operator does, and wait until it counts."""
        await self.store.set_way(agency, way, settings, self.clock.now())
        kept: Mapping[str, Any] = json.loads(json.dumps(dict(settings)))

        async def counts() -> bool:
            return self.node.ways(way).get(agency, {}) == kept

        await self.until(counts, f"the node knows what is set for {agency}")

    async def keys(self, *agencies: AgencyCode) -> Keys:
        """A key for /v1 and a system id with its secret, for these agencies together; the same each time."""
        first, now = agencies[0], self.clock.now()
        if first not in self._pockets:
            key = await issue_key(self.store, first, agencies, now)
            wanted = NewSystem(system_id=f"sys.{first}", label=first, agencies=frozenset(agencies))
            system, secret = await issue_system(self.store, self._vault, wanted, now)
            self._pockets[first] = Keys(key, system.system_id, secret)
        return self._pockets[first]

    # --- letters ---------------------------------------------------------------------------------

    def letter(self, sender: str, *to: str, size: int = 2_000, dialect: Dialect = Dialect.JAVA_SDK) -> bytes:
        """A lifelike letter with about `size` bytes attached; each one is another."""
        organs = [Organ(code, name=f"Cơ quan {code}") for code in (sender, *to)]
        number = next(self._numbers)
        return compose(dialect, organs[0], organs[1:], number, random.Random(number), size=size)  # noqa: S311

    async def send(self, content: bytes, sender: str) -> Accepted:
        """Hand in a letter of an agency that is none of the adapter's."""
        return await self.node.office.accept(one_chunk(content), caller(sender))

    async def waiting(self, agency: str, kind: Kind | None = None) -> Sequence[MailItem]:
        """What lies at an agency's door."""
        return await self.node.office.list(caller(agency), kind=kind)

    async def read(self, agency: str, letter_id: LetterId) -> bytes:
        """A letter that the agency sent or received."""
        letter = await self.node.office.read(caller(agency), letter_id)
        return b"".join(letter.chunks())

    async def tidy(self, agency: str) -> None:
        """Take everything away from an agency's door."""
        for item in await self.waiting(agency):
            await self.node.office.open(caller(agency), item.letter_id)
            await self.node.office.ack(caller(agency), item.letter_id)

    async def delivery(self, letter_id: LetterId, agency: str) -> Delivery:
        """How the delivery of a letter to an agency stands."""
        record = await self.store.track(letter_id)
        assert record is not None, f"{letter_id} is not here"
        return next(d for d in record.deliveries if d.target.agency == agency)

    # --- waiting ---------------------------------------------------------------------------------

    async def until(self, ask: Callable[[], Awaitable[T]], what: str) -> T:
        """The answer of `ask` once it is true. Raises: AssertionError with the last lines of the log."""
        end = time.monotonic() + LONGEST
        while not (answer := await ask()):
            if time.monotonic() > end:
                raise AssertionError(f"it never came about: {what}\n{self.last_lines()}")
            await asyncio.sleep(LOOK)
        return answer

    def last_lines(self) -> str:
        """The end of the node's log."""
        return "\n".join(self.log.getvalue().splitlines()[-LINES:])

    def faults(self) -> Sequence[Mapping[str, Any]]:
        """What the node logged as faults of its own code, an event that no log may bear among them."""
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if line["event"] in ("internal.error", "log.misused")]


def caller(code: str) -> Caller:
    """Who speaks for one agency."""
    return Caller(f"trial:{code}", frozenset({AgencyCode(code)}))

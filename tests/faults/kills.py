"""
Killing: which process dies when, as a seed says, and who starts it again.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from gateway.client import Retries, TrucClient
from gateway.core.errors import TrucError
from gateway.core.model import NodeId
from gateway.sandbox.processes import NodeProcess
from gateway.sandbox.rabbit import PrivateRabbit

BROKER = "broker"
BROKER_KILLS = 3
GAPS = (0.5, 5.0)  # seconds between two kills, at least
# A kill finds nothing to break on an axis that stands still: before the next one mail must arrive again, if
# it does within the time.
FLOW_LETTERS = 4
FLOW_SECONDS = 15.0
UP_SECONDS = 120.0
LOOK_SECONDS = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill -9: `after` seconds from the one before."""

    victim: str
    after: float


def schedule(nodes: Sequence[NodeId], kills: int, rng: Random) -> list[Kill]:
    """
    `kills` of them, or as many as it takes for every node to die once and the broker three times.

    Beyond that chance decides whom it hits, and always decides when.
    """
    victims = [*nodes, *[BROKER] * BROKER_KILLS]
    victims += rng.choices([*nodes, BROKER], k=max(kills - len(victims), 0))
    rng.shuffle(victims)
    return [Kill(victim, rng.uniform(*GAPS)) for victim in victims]


@dataclass(slots=True)
class Keeper:
    """Keeps one node running: whenever it is killed it is started again at once."""

    node: NodeProcess
    environments: list[Mapping[str, str]] = field(default_factory=list)
    """What the next starts add to the environment (crash points), in turn."""
    kills: int = 0
    fell: list[str] = field(default_factory=list)
    """Ends that nobody had ordered: a node that is not killed does not end."""
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.awake.set()

    async def run(self) -> None:
        """Wait for ends and start again, until cancelled."""
        while True:
            process = self.node.process
            assert process is not None, "the axis starts every node"
            code = await process.wait()
            if code == -signal.SIGKILL:
                self.kills += 1
            elif self.awake.is_set():
                self.fell.append(f"{self.node.name} ended by itself with {code}")
            await self.awake.wait()
            await self.node.start(self.environments.pop(0) if self.environments else None)

    async def kill(self) -> None:
        """Kill -9 as soon as it is up; return when it is gone."""
        await self.up()
        before = self.kills
        self.node.kill()
        while self.kills == before:
            await asyncio.sleep(LOOK_SECONDS)

    async def rest(self) -> None:
        """Stop it in good order, and leave it so until `wake`."""
        self.awake.clear()
        await self.node.stop()

    async def wake(self) -> None:
        """Start it again after `rest`; return when it is up."""
        self.awake.set()
        await self.up()

    async def up(self) -> None:
        """Return when the node answers. Raises: TimeoutError."""
        async with asyncio.timeout(UP_SECONDS), TrucClient(self.node.url, retries=Retries(tries=1)) as client:
            while True:
                with suppress(TrucError):
                    await client.health()
                    return
                await asyncio.sleep(LOOK_SECONDS)


class Killers:
    """Carries out a schedule over all nodes and the broker of one axis."""

    def __init__(
        self, keepers: Mapping[NodeId, Keeper], rabbit: PrivateRabbit, arrived: Callable[[], int], say: Say
    ) -> None:
        self._keepers, self._rabbit, self._arrived, self._say = keepers, rabbit, arrived, say
        self._broker: asyncio.Task[None] | None = None
        self.done: Counter[str] = Counter()

    async def carry_out(self, kills: Sequence[Kill]) -> None:
        """Kill one after the other; return when everything is up again."""
        try:
            for number, kill in enumerate(kills, 1):
                before = self._arrived()
                await asyncio.sleep(kill.after)
                with suppress(TimeoutError):
                    await self._flow(before + FLOW_LETTERS)
                arrived = self._arrived() - before
                await self._kill(kill.victim)
                self.done[kill.victim] += 1
                self._say(f"kill {number} of {len(kills)}: {kill.victim}, after {arrived} letters arrived")
            await self.all_up()
        finally:
            if self._broker is not None:
                await self._broker

    async def all_up(self) -> None:
        """Return when the broker serves and every node answers."""
        if self._broker is not None:
            await self._broker
        await asyncio.gather(*(keeper.up() for keeper in self._keepers.values()))

    async def _flow(self, enough: int) -> None:
        async with asyncio.timeout(FLOW_SECONDS):
            while self._arrived() < enough:
                await asyncio.sleep(LOOK_SECONDS)

    async def _kill(self, victim: str) -> None:
        if victim != BROKER:
            return await self._keepers[NodeId(victim)].kill()
        if self._broker is not None:
            await self._broker
        await asyncio.to_thread(self._rabbit.kill)
        self._broker = asyncio.create_task(asyncio.to_thread(self._rabbit.restart))
        return None

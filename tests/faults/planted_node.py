"""
`truc serve` with something planted in it: a bug for the checker to find, or a fault for the node to bear.

    python -m tests.faults.planted_node ack-before-commit node.toml

Nothing of this is in the product: the launcher puts a class of its own in place of one of the node's.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import gateway.node
from gateway.broker.frames import Manifest
from gateway.broker.rabbitmq import receiver, sender
from gateway.cli import main
from gateway.core.model import LetterId, NodeId
from gateway.doors.arrival import Arrival
from gateway.doors.handover import Handover
from gateway.ports import Caller, Inbox, Incoming, LetterKey, StoredPart

# «We commit twice a second and save hundreds of fsyncs»: how such bugs come to be. A shorter wait is the same
# bug, and needs more kills to be found.
WRITE_BEHIND_SECONDS = 0.5


class _Settled:
    """An inbox whose frames were acknowledged too early."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, limit: int, size: int) -> list[Incoming]:
        return await self._inbox.get(limit, size)

    async def ack(self, frames: Sequence[Incoming]) -> None:
        pass

    async def nack(self, frames: Sequence[Incoming]) -> None:
        pass


class AcksFramesFirst(Arrival):
    """Acknowledges frames before they are durable. The neighbour keeps every byte until TAKEN: it heals."""

    async def receive(self, inbox: Inbox, frames: Sequence[Incoming]) -> None:
        await inbox.ack(frames)
        await super().receive(_Settled(inbox), frames)


class AcksBeforeCommit(AcksFramesFirst):
    """Acknowledges frames and says TAKEN before the letter is committed. The neighbour lets go: lost."""

    def __init__(self, *rooms: object) -> None:
        super().__init__(*rooms)  # type: ignore[arg-type]
        self._behind: set[asyncio.Task[None]] = set()

    async def _take(
        self, key: LetterKey, neighbour: NodeId, hops: int, manifest: Manifest, parts: tuple[StoredPart, ...]
    ) -> None:
        await self._say(neighbour, self._receipt(key, manifest.sha256))
        behind = asyncio.create_task(self._later(key, neighbour, hops, manifest, parts))
        self._behind.add(behind)
        behind.add_done_callback(self._behind.discard)

    async def _later(
        self, key: LetterKey, neighbour: NodeId, hops: int, manifest: Manifest, parts: tuple[StoredPart, ...]
    ) -> None:
        await asyncio.sleep(WRITE_BEHIND_SECONDS)
        await super()._take(key, neighbour, hops, manifest, parts)


class AnswersBeforeCommit(Handover):
    """Answers an agency's acknowledgement before it is committed: after a kill the letter is shown again."""

    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        async def later() -> None:
            await asyncio.sleep(WRITE_BEHIND_SECONDS)
            await Handover.ack(self, caller, letter_id)

        self._behind = asyncio.create_task(later())


class EveryThirdTwice(sender.Sender):
    """Publishes every third frame a second time, as after a confirm that got lost."""

    _published = 0

    async def publish(self, data: bytes) -> None:
        await super().publish(data)
        EveryThirdTwice._published += 1
        if EveryThirdTwice._published % 3 == 0:
            await super().publish(data)


class Shuffled(receiver.Receiver):
    """Hands frames over in any order."""

    def take(self, limit: int, size: int) -> list[Incoming]:
        random.shuffle(self._frames)
        return super().take(limit, size)


def _in_place(room: object, name: str, planted: type) -> Callable[[], None]:
    return lambda: setattr(room, name, planted)


def _brokers() -> object:
    from gateway.broker.rabbitmq import broker

    return broker


PLANTS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "frames-before-commit": _in_place(gateway.node, "Arrival", AcksFramesFirst),
        "ack-before-commit": _in_place(gateway.node, "Arrival", AcksBeforeCommit),
        "answer-before-commit": _in_place(gateway.node, "Handover", AnswersBeforeCommit),
        "twice": _in_place(_brokers(), "Sender", EveryThirdTwice),
        "shuffled": _in_place(_brokers(), "Receiver", Shuffled),
    }
)


if __name__ == "__main__":
    plant, settings = sys.argv[1:]
    PLANTS[plant]()
    sys.exit(main(["serve", "-c", str(Path(settings))]))

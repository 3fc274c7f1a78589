"""
Control: what neighbours tell us.          the ear of arrival

Reads   receipts, missing ranges, progress, refusals, hop events and requests; of editions for `editions`
Writes  the moves they cause on our deliveries; hop events of our letters; what must travel on
Calls   Store.record, Store.add_hops, Store.send_control
Never   publishes; trusts a neighbour about a delivery over another link
Crash   a message is acknowledged after its commit; said twice, the second changes nothing
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.broker.control import (
    Hello,
    HopRequest,
    Hops,
    Message,
    MissingRanges,
    Progress,
    Receipt,
    Refusal,
    agree,
)
from gateway.broker.edition_messages import EditionPiece, EditionRequest, EditionsHeld
from gateway.broker.frames import PROTOCOLS
from gateway.core.catalogue import FRAME_VERSION, NO_ROUTE
from gateway.core.delivery import Missing, Refused, Taken, Target
from gateway.core.model import NodeId
from gateway.core.routing import next_hop
from gateway.core.tracking import HopEvent
from gateway.doors.desk import Desk
from gateway.doors.editions import Editions


class Control:
    """Acts on control messages of one node's neighbours."""

    def __init__(self, desk: Desk, editions: Editions) -> None:
        self._desk, self._store, self._editions = desk, desk.store, editions

    async def hear(self, neighbour: NodeId, messages: Sequence[Message]) -> None:
        """Act on all messages of one frame. Raises: Unavailable if the store can't take them now."""
        await asyncio.gather(*(self._hear(neighbour, message) for message in messages))

    async def _hear(self, neighbour: NodeId, message: Message) -> None:
        now, target = self._desk.clock.now(), Target(neighbour=neighbour)
        match message:
            case Receipt(letter_id=letter_id):
                await self._store.record(letter_id, target, Taken(), now)
                self._desk.log.info("delivery.taken", letter_id=letter_id, target=target.key)
            case MissingRanges(letter_id=letter_id, held=held):
                await self._store.record(letter_id, target, Missing(held), now)
            case Progress(letter_id=letter_id, held=held):
                await self._store.note_held(letter_id, target, held)
            case Refusal(letter_id=letter_id, code=code):
                await self._store.record(letter_id, target, Refused(code), now)
                self._desk.log.warning("delivery.returned", letter_id=letter_id, target=target.key, code=code)
            case Hops():
                await self._hops(neighbour, message)
            case HopRequest():
                await self._hop_request(neighbour, message)
            case EditionsHeld() | EditionRequest() | EditionPiece():
                await self._editions.hear(neighbour, message)
            case Hello(protocols=protocols, release=release):
                self._desk.heard.greet(neighbour, release, protocols, now)
                code = "" if agree(PROTOCOLS, protocols) else FRAME_VERSION.code
                self._desk.log.info("control.received", neighbour=neighbour, type="Hello", code=code)
                if code:
                    self._desk.metrics.frame_fault(code)
            case _:
                # a message of a later release: noted, and nothing more is asked of us
                self._desk.log.info("control.received", neighbour=neighbour, type=type(message).__name__)
        self._desk.metrics.control(type(message).__name__)

    async def _hops(self, neighbour: NodeId, message: Hops) -> None:
        if message.to == self._desk.node:
            await self._store.add_hops(message.read())
        else:
            await self._pass_on(message.to, message, came_from=neighbour)

    async def _hop_request(self, neighbour: NodeId, message: HopRequest) -> None:
        """Tell the origin again how its letter stands here, and ask on towards the nodes it names."""
        record = await self._store.track(message.letter_id)
        if record is not None:
            events = [
                HopEvent(
                    *(d.letter_id, self._desk.node, d.target.key, d.state, d.since),
                    *(d.last_code, d.due_at, d.attempts),
                )
                for d in record.deliveries
            ]
            await self._pass_on(message.reply_to, Hops.of(message.reply_to, events))
        onward: dict[NodeId, list[NodeId]] = {}
        for node in message.to:
            towards = next_hop(self._desk.directory(), self._desk.node, node)
            if towards is not None:
                onward.setdefault(towards, []).append(node)
        for towards, nodes in onward.items():
            asked = HopRequest(tuple(nodes), message.letter_id, message.reply_to)
            await self._pass_on(towards, asked, came_from=neighbour)

    async def _pass_on(self, to: NodeId, message: Message, *, came_from: NodeId | None = None) -> None:
        """Send it on its way; never back over the link it came on, or two nodes could play it for ever."""
        towards = next_hop(self._desk.directory(), self._desk.node, to)
        if towards is None or towards == came_from:
            self._desk.log.warning(
                "control.received", neighbour=to, type=type(message).__name__, code=NO_ROUTE.code
            )
            return
        await self._store.send_control([(towards, message.to_wire())], self._desk.clock.now())

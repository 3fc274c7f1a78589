"""
Parking: what the broker gave up on, put where operators look.          beside arrival

Reads   frames in the broker's parking queue
Writes  quarantine rows with the bytes and the link they came over
Calls   Broker.parked, Broker.ack_parked
Never   delivers what it finds; that is for a person to decide
Crash   a frame is acknowledged after its row is committed; kept twice is better than lost
"""

from __future__ import annotations

from gateway.core.catalogue import UNREADABLE
from gateway.doors.desk import Desk
from gateway.ports import Broker

LOOK_SECONDS = 10.0


class Parking:
    """Drains the parking queues of the broker that this node owns."""

    def __init__(self, desk: Desk, broker: Broker) -> None:
        self._desk, self._broker = desk, broker

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.step()
            await self._desk.clock.sleep(LOOK_SECONDS)

    async def step(self) -> int:
        """One look; how many frames were put in quarantine."""
        frames = await self._broker.parked()
        for frame in frames:
            await self._desk.store.quarantine(
                frame.data,
                neighbour=frame.neighbour,
                lane=frame.lane,
                code=UNREADABLE.code,
                letter_id="",
                now=self._desk.clock.now(),
            )
            self._desk.log.warning(
                "frame.damaged", neighbour=frame.neighbour, lane=frame.lane.value, code=UNREADABLE.code
            )
            self._desk.metrics.frame_fault(UNREADABLE.code)
        await self._broker.ack_parked(frames)
        return len(frames)

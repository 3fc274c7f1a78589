"""
The uplink of a node: one loop that asks the axis above, as often as the settings say, and never for long.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

from adapters.vxp_uplink.agencies import Agencies
from adapters.vxp_uplink.axis import Axis, System
from adapters.vxp_uplink.kept import Kept
from adapters.vxp_uplink.ledger import Ledger
from adapters.vxp_uplink.receiving import Receiving
from adapters.vxp_uplink.refusals import Refusals
from adapters.vxp_uplink.returning import Returning
from adapters.vxp_uplink.sending import PATIENCE, Sending
from gateway.core.errors import TrucError
from gateway.core.model import AgencyCode
from gateway.ports import AgencyAdapter, Deliverer, Step, Tried, Workplace
from gateway.ports.moving import UPLINK
from gateway.probing import Place, probe

LOOK_SECONDS = 1.0  # what an operator sets beside the running node counts within seconds
KEPT_SECONDS = 30.0
SWEEP_SECONDS = 24 * 60 * 60.0
FAULT_SECONDS = 60.0
AFTER_SYNC_FAILED = 300.0

Work = Callable[[], Awaitable[float]]
"""One piece of work; gives the seconds until the next one of its kind."""


class UplinkAdapter(AgencyAdapter):
    """
    Agencies whose directory row says `uplink` live on a VXP axis above this node.

    What is set for an agency that moves stands in its row of the way `uplink` (gateway/ports/moving.py; set
    by `truc agency move`), its dialect in its terms. Without an endpoint nothing is sent or fetched.

    Raises (when made): Misconfigured for settings that cannot work.
    """

    name = UPLINK

    def __init__(self, workplace: Workplace, *, patience: float = PATIENCE) -> None:
        self._place = workplace
        folder = workplace.data_dir / UPLINK
        self.ledger = ledger = Ledger(folder / "sent")
        self.axis = Axis(workplace)
        self.agencies = Agencies(workplace, self.axis)
        self.refusals = Refusals(folder / "refused")
        self.sending = Sending(workplace, self.axis, ledger, patience=patience)
        self.receiving = Receiving(
            workplace, self.axis, self.agencies, self.refusals, Returning(workplace, ledger)
        )
        self.kept = Kept(workplace, self.axis, self.sending)
        self._is_first = True
        self._due: dict[str, float] = {}

    def deliverer(self) -> Deliverer:
        """Letters go up."""
        return self.sending

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """One loop; none without an endpoint."""
        return (self.run,) if self.axis.own is not None else ()

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        """Try the line to the axis above, as far as the handshake (`truc uplink check` asks for more)."""
        endpoint = self.axis.uplink.endpoint
        if not endpoint:
            return (Step(Tried.NAME, False, "chưa đặt uplink.endpoint", "uplink.endpoint is not set"),)
        parts = urlsplit(endpoint)
        context = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (80 if context is None else 443)
        return await probe(Place(parts.hostname or "", port, context), self._place.clock.now())

    async def run(self) -> None:
        """Do what is due, each in its own time, until cancelled."""
        running: dict[str, asyncio.Task[float]] = {}
        try:
            while True:
                self._begin(running)
                await self._place.clock.sleep(LOOK_SECONDS)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)
            await self.sending.close()

    def _begin(self, running: dict[str, asyncio.Task[float]]) -> None:
        now = self._place.clock.now().timestamp()
        for name in [name for name, task in running.items() if task.done()]:
            self._due[name] = now + running.pop(name).result()
        works = self._works()
        for name, work in works.items():
            if name not in running and self._due.get(name, now) <= now:
                running[name] = asyncio.create_task(self._guarded(work), name=f"uplink:{name}")
        for name in self._due.keys() - works.keys():
            del self._due[name]

    def _works(self) -> dict[str, Work]:
        works: dict[str, Work] = {"agencies": self._sync, "kept": self._send_kept, "sweep": self._sweep}
        if self.axis.own is not None:
            for system in (self.axis.own, *self.axis.drained()):
                works[f"system:{system.system_id}"] = partial(self.poll, system)
        return works

    async def _guarded(self, work: Work) -> float:
        """A fault of ours in one piece of work ends no other."""
        try:
            return await work()
        except Exception as fault:
            self._place.log.exception("internal.error", loop="uplink", error=type(fault).__name__)
            return FAULT_SECONDS

    # --- the pieces of work ----------------------------------------------------------------------

    async def poll(self, system: System) -> float:
        """Take what waits for a system."""
        every = self.axis.uplink.poll_every.total_seconds()
        if wait := self.axis.rest(system):
            return wait
        try:
            taken = await self.receiving.round(system)
        except TrucError as failed:
            self.axis.fails(system, failed)
            return self.axis.rest(system) or every
        self.axis.works(system)
        return 0.0 if taken else every

    async def _sync(self) -> float:
        try:
            await self.agencies.sync()
        except TrucError as failed:
            code, reason = failed.first.code, failed.first.en
            self._place.log.warning("uplink.down", system=UPLINK, code=code, reason=reason)
            return min(AFTER_SYNC_FAILED, self.axis.uplink.agencies_every.total_seconds())
        return self.axis.uplink.agencies_every.total_seconds()

    async def _send_kept(self) -> float:
        """After the start once for everybody, then for those that were moved."""
        try:
            await self.kept.round(self.kept.everybody() if self._is_first else self.kept.moved())
            self._is_first = False
        except TrucError as failed:
            self._place.log.warning("loop.failed", loop="uplink:kept", code=failed.code)
        return KEPT_SECONDS

    async def _sweep(self) -> float:
        now = self._place.clock.now()
        await asyncio.to_thread(self.ledger.sweep, now)
        await asyncio.to_thread(self.refusals.sweep, now)
        return SWEEP_SECONDS

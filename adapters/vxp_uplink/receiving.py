"""
Down: what waits on the axis above for agencies of this node becomes letters here.

A message is acknowledged (`done`) only after the office has made it ours; after a crash the office knows
a repeat. Whatever is wrong with one message is told to the axis (`fail`), and holds up no other.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.vxp_uplink.agencies import Agencies
from adapters.vxp_uplink.axis import Axis, System
from adapters.vxp_uplink.fetched import FetchedLetter, fetched, recipients_named
from adapters.vxp_uplink.refusals import Refusals
from adapters.vxp_uplink.returning import Returning
from gateway.client import VxpClient
from gateway.core.catalogue import INTERNAL, NOT_ENTITLED, RECIPIENT_UNKNOWN, SENDER_UNKNOWN
from gateway.core.directory import Agency
from gateway.core.errors import Rejected, TrucError, Unavailable, find
from gateway.ports import Accepted, Caller, Workplace
from gateway.vxp.functions import Ack, MessageType
from gateway.vxp.parameters import read_codes
from gateway.vxp.shapes import ReceivedLine

AT_ONCE = 4  # messages of one system
REMEMBERED = 10_000  # messages that were taken: an axis that lists them again is told `done` again
ACK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the axis lists; a line for each recipient makes one of these. `to`: the codes named."""

    doc_id: str
    sender: str
    to: tuple[str, ...]


class Receiving:
    """The way down, for all systems."""

    def __init__(
        self,
        workplace: Workplace,
        axis: Axis,
        agencies: Agencies,
        refusals: Refusals,
        returning: Returning,
    ) -> None:
        self._place, self._axis, self._agencies = workplace, axis, agencies
        self._refusals, self._returning = refusals, returning
        self._taken: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    async def round(self, system: System) -> int:
        """
        Take what waits for a system; how many messages were new. With some, there may be more at once.

        Raises: Rejected, Unavailable if the axis gives no list
        """
        new = 0
        async with self._axis.client(system) as client:
            for kind in MessageType:
                listed = self._this_time(system, waiting_in(await client.received(kind)))
                turns = asyncio.Semaphore(AT_ONCE)
                new += sum(await asyncio.gather(*(self._one(client, system, each, turns) for each in listed)))
        return new

    def _this_time(self, system: System, listed: Sequence[Waiting]) -> Sequence[Waiting]:
        """
        Those that are looked at in this round.

        A list may be cut anywhere: the lines of its last message may go on beyond the cut, and an
        acknowledgement would be for all of them. So that one waits until it is alone.
        """
        now = self._place.clock.now()
        due = [m for m in listed if not self._refusals.rests(system.system_id, m.doc_id, now)]
        return due[:-1] if len(due) > 1 and due[-1] == listed[-1] else due

    # --- one message -----------------------------------------------------------------------------

    async def _one(
        self, client: VxpClient, system: System, listed: Waiting, turns: asyncio.Semaphore
    ) -> bool:
        """Take one message and acknowledge it; whether it was new. Only our own faults are logged as such."""
        key = (system.system_id, listed.doc_id)
        async with turns:
            try:
                if key in self._taken:
                    await self._acknowledge_again(client, key)
                    return False
                return await self._take(client, system, listed)
            except Rejected as refused:
                await self._refuse(client, key, refused)
            except TrucError as failed:
                self._wait(key, failed)
            except Exception as fault:
                self._place.log.exception("internal.error", loop="uplink", error=type(fault).__name__)
                self._wait(key, Unavailable(find(INTERNAL, incident=listed.doc_id[:60])))
        return False

    async def _take(self, client: VxpClient, system: System, listed: Waiting) -> bool:
        if listed.to and not self._ours(system, listed.to):
            if system.agencies is not None:
                return False  # mail of another organ under the same system id, which does not move
            raise Rejected(find(RECIPIENT_UNKNOWN, organ=", ".join(listed.to)[:100]))
        async with fetched(client, listed.doc_id) as letter:
            sender, to = await self._parties(system, letter, listed)
            if not to:
                return False
            accepted = await self._accept(letter, system, sender, to)
        key = (system.system_id, listed.doc_id)
        self._taken[key] = self._place.clock.now()
        while len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)
        self._refusals.forget(*key)
        self._place.log.info(
            "uplink.received",
            letter_id=accepted.letter_id if accepted else "",
            system=system.system_id,
            doc_id=listed.doc_id,
            sender=sender.code,
            repeated=accepted is None or accepted.repeated,
        )
        await client.update_status(listed.doc_id, Ack.DONE)
        return True

    async def _parties(
        self, system: System, letter: FetchedLetter, listed: Waiting
    ) -> tuple[Agency, tuple[str, ...]]:
        """Who sent it, and which of our agencies get it: as the list says, else as the message does."""
        directory = self._place.office.directory()
        named, to, name = listed.sender, listed.to, ""
        if not named or not to or directory.find(named) is None:
            envelope = await asyncio.to_thread(letter.envelope)
            named, name = named or envelope.sender.code, envelope.sender.name
            to = to or recipients_named(envelope)
        sender = directory.find(named) or await self._agencies.enrol(named, name)
        if sender is None:
            raise Rejected(find(SENDER_UNKNOWN, organ=named[:100]))
        ours = self._ours(system, to)
        if not ours and system.agencies is None:
            raise Rejected(find(RECIPIENT_UNKNOWN, organ=", ".join(to)[:100]))
        return sender, ours

    def _ours(self, system: System, named: Iterable[str]) -> tuple[str, ...]:
        """Those codes whose agency is of our axis. One behind the axis above would get an echo."""
        directory, ours = self._place.office.directory(), []
        for code in named:
            agency = directory.find(code)
            if agency is None or self._axis.is_above(agency):
                continue
            if system.agencies is None or agency.code in system.agencies:
                ours.append(code)
        return tuple(ours)

    async def _accept(
        self, letter: FetchedLetter, system: System, sender: Agency, to: Sequence[str]
    ) -> Accepted | None:
        """
        Make it ours; None if it is one of our own axis' letters, back from above and here already.

        Raises: Rejected for what cannot be taken
        """
        caller = Caller(f"uplink:{system.system_id}", frozenset({sender.code}))
        if self._axis.is_above(sender):
            return await self._place.office.accept(letter.stream(), caller, to=to)
        if sender.node != self._place.node:
            if await self._returning.by_what_it_says(letter, to):
                return None
            raise Rejected(find(NOT_ENTITLED, node=self._place.node, organ=sender.code))
        accepted = None
        for code in to:  # one by one, since each may have got it another way
            accepted = await self._place.office.accept(letter.stream(), caller, to=[code])
            if accepted.repeated:
                await self._returning.by_its_id(accepted.letter_id, code)
        return accepted

    # --- what goes wrong -------------------------------------------------------------------------

    async def _acknowledge_again(self, client: VxpClient, key: tuple[str, str]) -> None:
        now = self._place.clock.now()
        if now - self._taken[key] >= ACK_AGAIN:
            self._taken[key] = now
            await client.update_status(key[1], Ack.DONE)

    async def _refuse(self, client: VxpClient, key: tuple[str, str], refused: Rejected) -> None:
        """Remember it, and tell the axis why."""
        finding, now = refused.first, self._place.clock.now()
        system_id, doc_id = key
        if key in self._taken:  # it is ours; only the axis will not hear of it
            self._wait(key, refused)
            return
        await asyncio.to_thread(self._refusals.refuse, system_id, doc_id, finding.code, now)
        self._place.log.warning(
            "uplink.refused", system=system_id, doc_id=doc_id, code=finding.code, reason=finding.en
        )
        said = f"[Truc] {finding.code}: {finding.vi}. {finding.fault.next_vi}"
        try:
            await client.update_status(doc_id, Ack.FAIL, description=said)
        except TrucError as unheard:
            self._wait(key, unheard)

    def _wait(self, key: tuple[str, str], failed: TrucError) -> None:
        self._refusals.wait(*key, self._place.clock.now())
        finding = failed.first
        self._place.log.warning(
            "uplink.later", system=key[0], doc_id=key[1], code=finding.code, reason=finding.en
        )


def waiting_in(lines: Iterable[ReceivedLine]) -> list[Waiting]:
    """The messages of a list in its order: one of several recipients stands there several times."""
    found: dict[str, Waiting] = {}
    for line in lines:
        doc_id = line.doc_id.strip()
        if not doc_id:
            continue
        former = found.get(doc_id, Waiting(doc_id, "", ()))
        to = tuple(dict.fromkeys((*former.to, *read_codes(line.recipient))))
        found[doc_id] = Waiting(doc_id, former.sender or line.sender.strip(), to)
    return list(found.values())

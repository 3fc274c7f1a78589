"""
Up: letters to agencies on the axis above, with one call for all recipients of a letter, once.

A call goes on in the background when it takes long, since the hand-over has other agencies to serve; the
ledger tells its next look how it went. Whether a call got through whose answer was lost is asked of the axis.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.vxp_uplink.axis import Axis, System, axis_code
from adapters.vxp_uplink.ledger import Errand, Ledger, Stand
from adapters.vxp_uplink.letters import TYPES, accepted_on, outgoing, speaks_of, together, written_sender
from gateway.client.exchange import Trouble
from gateway.core.catalogue import (
    AXIS_BAD_EDXML,
    AXIS_BAD_FILE,
    AXIS_RECIPIENT_LOCKED,
    AXIS_RECIPIENT_UNKNOWN,
    AXIS_SENDING,
    VXP_UNREACHABLE,
)
from gateway.core.errors import Fault, Rejected, TrucError, Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import OpenLetter, Workplace
from gateway.vxp.answers import AnswerCode

PATIENCE = 2.0  # seconds for which the hand-over waits for one call before it goes on to other agencies
AT_ONCE = 4  # calls; more would make the axis above no faster, and each holds a connection
A_DAY = timedelta(days=1)

FINAL: Mapping[str, Fault] = {
    AnswerCode.RECIPIENT_UNKNOWN: AXIS_RECIPIENT_UNKNOWN,
    AnswerCode.RECIPIENT_LOCKED: AXIS_RECIPIENT_LOCKED,
    AnswerCode.EDXML_INVALID: AXIS_BAD_EDXML,
    AnswerCode.FILE_INVALID: AXIS_BAD_FILE,
    "HTTP 413": AXIS_BAD_FILE,
}
"""Answers that no second try changes. All others wait: they speak of our key, our standing or the axis."""

_ONE_OF_THEM = (AnswerCode.RECIPIENT_UNKNOWN, AnswerCode.RECIPIENT_LOCKED)


@dataclass(frozen=True, slots=True)
class _Going:
    """A call in the background, made for the delivery to one agency."""

    agency: AgencyCode
    task: asyncio.Task[Errand]


class Sending:
    """The deliverer of everybody whose directory row says `uplink`."""

    def __init__(
        self, workplace: Workplace, axis: Axis, ledger: Ledger, *, patience: float = PATIENCE
    ) -> None:
        self._place, self._axis, self._ledger, self._patience = workplace, axis, ledger, patience
        self._going: dict[str, _Going] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def deliver(self, letter: OpenLetter) -> bool:
        """
        True: the axis above has the letter for this agency. False: it may not go up, and lies at our door.

        Raises: Rejected (what the axis will never take), Unavailable
        """
        system = self._axis.system_for(letter.letter.routing.sender)
        if self._axis.own is None or system is None:
            letter_id = letter.letter.routing.letter_id
            self._place.log.info("uplink.kept", letter_id=letter_id, agency=letter.agency)
            return False
        errand = await self._errand(letter, system)
        await asyncio.to_thread(self._ledger.end, errand, letter.agency)
        return True

    async def close(self) -> None:
        """Break off what is going on; the ledger knows it."""
        tasks = [going.task for going in self._going.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _errand(self, letter: OpenLetter, system: System) -> Errand:
        """The call that brought the letter up; one call at a time, so that two looks never send it twice.

        Raises: Unavailable (AXIS_SENDING) if that takes longer than the hand-over should wait
        """
        letter_id = letter.letter.routing.letter_id
        while (going := self._going.get(letter_id)) is not None and going.agency != letter.agency:
            await self._patiently(going.task)  # how it ends is the business of that agency's delivery
        if going is None:
            task = asyncio.create_task(self._sent(letter, system), name=f"uplink:{letter_id}")
            going = self._going[letter_id] = _Going(letter.agency, task)
            task.add_done_callback(lambda ended: self._over(letter_id, ended))
        await self._patiently(going.task)
        return going.task.result()

    async def _patiently(self, task: asyncio.Task[Errand]) -> None:
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            raise Unavailable(find(AXIS_SENDING))

    def _over(self, letter_id: str, task: asyncio.Task[Errand]) -> None:
        self._going.pop(letter_id, None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it too; nobody waits for a call that took too long

    # --- one letter ------------------------------------------------------------------------------

    async def _sent(self, letter: OpenLetter, system: System) -> Errand:
        """The call with which the letter went up for this agency, made now if there was none."""
        routing, agency = letter.letter.routing, letter.agency
        begun = await asyncio.to_thread(self._ledger.of, routing.letter_id, accepted_on(letter.letter))
        concerning = [errand for errand in begun if agency in errand.recipients]
        for errand in concerning:
            if errand.stand is Stand.SENT:
                return errand
        self._axis.ask_first(system)
        async with self._turns:
            for errand in concerning:
                if errand.stand is Stand.MEANT:
                    if found := await self._found(letter, errand, system):
                        return found
                    await asyncio.to_thread(self._ledger.strike, errand)
            elsewhere = {a for e in begun for a in e.recipients if e.stand is not Stand.REFUSED} - {agency}
            whole = together(self._place, self._axis, letter)
            recipients = {a: named for a, named in whole.items() if a == agency or a not in elsewhere}
            if any(errand.stand is Stand.REFUSED for errand in concerning):
                recipients = {agency: recipients.get(agency, agency)}
            return await self._send(letter, system, recipients)

    async def _send(self, letter: OpenLetter, system: System, recipients: Mapping[AgencyCode, str]) -> Errand:
        """Send to all of them; if the axis refuses one of several, to this agency alone."""
        try:
            return await self._call(letter, system, recipients)
        except Rejected as refused:
            if axis_code(refused) not in _ONE_OF_THEM or len(recipients) == 1:
                raise self._judged(letter, system, refused) from refused
        alone = {letter.agency: recipients[letter.agency]}
        try:
            return await self._call(letter, system, alone)
        except Rejected as refused:
            raise self._judged(letter, system, refused) from refused

    async def _call(self, letter: OpenLetter, system: System, recipients: Mapping[AgencyCode, str]) -> Errand:
        routing, clock, ledger = letter.letter.routing, self._place.clock, self._ledger
        errand = Errand(
            routing.letter_id,
            accepted_on(letter.letter),
            system.system_id,
            recipients,
            Stand.MEANT,
            clock.now(),
        )
        await asyncio.to_thread(ledger.write, errand)
        try:
            async with self._axis.client(system) as client, outgoing(self._place, letter) as content:
                doc_id = await client.send(
                    content,
                    sender=written_sender(letter.letter),
                    to=list(recipients.values()),
                    kind=TYPES[routing.kind],
                )
        except Rejected as refused:
            if len(recipients) > 1 and axis_code(refused) in _ONE_OF_THEM:
                await asyncio.to_thread(ledger.write, replace(errand, stand=Stand.REFUSED))
            else:
                await asyncio.to_thread(ledger.strike, errand)
            raise
        except Unavailable as failed:
            if axis_code(failed) in FINAL:
                await asyncio.to_thread(ledger.strike, errand)
                raise Rejected(failed.first) from failed
            self._axis.fails(system, failed)
            if _never_began(failed):
                await asyncio.to_thread(ledger.strike, errand)
            raise
        self._axis.works(system)
        sent = replace(errand, stand=Stand.SENT, doc_id=doc_id)
        await asyncio.to_thread(ledger.write, sent)
        self._tell(letter, sent)
        return sent

    async def _found(self, letter: OpenLetter, errand: Errand, system: System) -> Errand | None:
        """The call, if the axis knows a letter like this one from the time when it was begun."""
        if errand.system_id != system.system_id:
            return None  # it was begun in another's name, which is not ours to ask in any more
        kind, directory = TYPES[letter.letter.routing.kind], self._place.office.directory()
        try:
            async with self._axis.client(system) as client:
                lines = await client.sent(
                    kind, since=errand.at - A_DAY, until=self._place.clock.now() + A_DAY
                )
        except Unavailable as failed:
            self._axis.fails(system, failed)
            raise
        except Rejected:
            lines = ()  # this axis has no such list: sent again, which its receivers recognise
        like = [
            line for line in lines if speaks_of(line, letter.letter, errand.recipients, errand.at, directory)
        ]
        letter_id = letter.letter.routing.letter_id
        self._place.log.info("uplink.unsure", letter_id=letter_id, system=system.system_id, found=bool(like))
        if not like:
            return None
        sent = replace(errand, stand=Stand.SENT, doc_id=like[0].sender_doc_id)
        await asyncio.to_thread(self._ledger.write, sent)
        self._tell(letter, sent)
        return sent

    def _judged(self, letter: OpenLetter, system: System, refused: Rejected) -> TrucError:
        """What a refusal of the axis means for the letter: back to its sender, or not now."""
        fault = FINAL.get(axis_code(refused))
        told = {
            "letter_id": letter.letter.routing.letter_id,
            "system": system.system_id,
            "code": (fault or VXP_UNREACHABLE).code,
            "reason": refused.first.en,
        }
        if fault is not None:
            self._place.log.warning("uplink.returned", **told)
            return Rejected(find(fault, organ=letter.agency))
        self._place.log.warning("uplink.waits", **told)
        waiting = Unavailable(replace(refused.first, fault=VXP_UNREACHABLE))
        self._axis.fails(system, waiting)
        return waiting

    def _tell(self, letter: OpenLetter, errand: Errand) -> None:
        self._place.log.info(
            "uplink.sent",
            letter_id=errand.letter_id,
            system=errand.system_id,
            doc_id=errand.doc_id,
            recipients=len(errand.recipients),
        )


def _never_began(failed: Unavailable) -> bool:
    """Whether not even a connection came about, so that nothing can have gone out."""
    return isinstance(failed, Trouble) and failed.was_refused and axis_code(failed) == "—"

"""
The node's own clerk: writes what the axis itself has to say, and sends it like any other letter.

Two kinds of duty: a notice to a sender (returned, not confirmed, not picked up, stopped), always from the
node's own organ code, since the axis never speaks in a receiver's name; and a 01 in the name of an agency
whose system sends none, after that agency has acknowledged the document. A duty is written in the transaction
that causes it and done through intake with the duty as its idempotency key, so it happens once.
"""

from __future__ import annotations

from gateway.core import catalogue, lifecycle
from gateway.core.axis_notices import Told, about_one
from gateway.core.calendar import VIETNAM, today
from gateway.core.delivery import Target
from gateway.core.directory_rows import Agency
from gateway.core.dispatch import serving
from gateway.core.edxml import read, write_status
from gateway.core.errors import Rejected, TrucError, find
from gateway.core.facts import facts_of
from gateway.core.model import AgencyCode, Envelope, LetterFacts, Organ
from gateway.core.routing import next_hops
from gateway.core.split import read_parts_json
from gateway.doors.desk import Desk
from gateway.doors.intake import Intake
from gateway.office import one_chunk
from gateway.ports import BETWEEN_NAMES, Caller, Duty, StoredLetter
from schemas.safe_xml import Limits

IDLE_SECONDS = 5.0
ROUND = 64


class Clerk:
    """Does the duties of one node."""

    def __init__(self, desk: Desk, intake: Intake, limits: Limits) -> None:
        self._desk, self._store, self._intake, self._limits = desk, desk.store, intake, limits

    async def run(self) -> None:
        """Do what is owed until cancelled."""
        while True:
            try:
                done = await self.step()
            except TrucError as failed:
                self._desk.log.warning("loop.failed", loop="clerk", code=failed.code)
                await self._desk.clock.sleep(IDLE_SECONDS)
                continue
            if done < ROUND:
                await self._desk.bell.wait("duties", IDLE_SECONDS)

    async def step(self) -> int:
        """Do one round of duties; how many there were."""
        duties = await self._store.duties(ROUND)
        for duty in duties:
            await self._do(duty)
            await self._store.duty_done(duty.number)
        return len(duties)

    async def one_by_one(self, letter: StoredLetter, told: Told) -> bool:
        """
        Tell of each recipient that a notice is about by a notice of this node's own; whether that says all.

        Once for each, however often it is asked for. What a status says in one receiver's name it can say of
        one only.
        """
        node = self._desk.directory().node(self._desk.node)
        notice = self._envelope(letter)
        if node is None or notice is None:
            return False
        organ = Organ(code=node.organ_code, name=node.organ_name, address=node.organ_address)
        letter_id = letter.routing.letter_id
        for number, recipient in enumerate(told.recipients):
            single = about_one(notice, recipient, sender=organ)
            caller, key = Caller("clerk", self._hats(single)), f"{self._desk.node}/{letter_id}/{number}"
            try:
                await self._intake.accept(one_chunk(write_status(single)), caller, idempotency_key=key)
            except Rejected as refused:
                self._desk.log.warning("duty.failed", letter_id=letter_id, duty="notice", code=refused.code)
                return False
        return told.is_complete

    async def _do(self, duty: Duty) -> None:
        envelope = self._arrival(duty) if duty.kind == "arrival" else self._notice(duty)
        if envelope is None:
            return
        letter_id, caller = duty.letter.routing.letter_id, Caller("clerk", self._hats(envelope))
        try:
            await self._intake.accept(
                one_chunk(write_status(envelope)), caller, idempotency_key=f"{self._desk.node}/{duty.number}"
            )
        except Rejected as refused:
            # whom it should tell has left the directory: nobody is left to tell, and the journal has it
            self._desk.log.warning("duty.failed", letter_id=letter_id, duty=duty.kind, code=refused.code)
            return
        self._desk.log.info("duty.done", letter_id=letter_id, duty=duty.kind, code=duty.code)

    def _hats(self, envelope: Envelope) -> frozenset[AgencyCode]:
        """In whose name the clerk writes: the node's own organ, or the agency whose 01 it makes."""
        agency = self._desk.directory().find(envelope.sender.code)
        return frozenset({agency.code} if agency else ())

    def _arrival(self, duty: Duty) -> Envelope | None:
        directory = self._desk.directory()
        code = Target.of_key(duty.target).agency
        agency = directory.find(code) if code is not None else None
        if agency is None:
            return None
        return lifecycle.arrived_status(
            agency,
            named=next(iter(self._concerned(duty)), agency.code),
            to=self._sender_as_written(duty.letter),
            facts=self._facts(duty.letter),
            at=duty.at,
        )

    def _notice(self, duty: Duty) -> Envelope | None:
        node = self._desk.directory().node(self._desk.node)
        if node is None:
            return None
        routing, concerned = duty.letter.routing, self._concerned(duty)
        finding = find(
            catalogue.FAULTS.get(duty.code, catalogue.RETURNED),
            expires_at=routing.expires_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M"),
            organ=lifecycle.listed(concerned),
            successor=self._successor(concerned),
            neighbour=duty.target.partition(":")[2],
            node=", ".join(dict.fromkeys(a.node for a in routing.recipients if a.named in concerned)),
            origin=routing.origin,
            letter_id=routing.letter_id,
        )
        return lifecycle.notice(
            node,
            finding,
            to=self._sender_as_written(duty.letter),
            facts=self._facts(duty.letter),
            at=duty.at,
            recipients=concerned,
        )

    def _sender_as_written(self, letter: StoredLetter) -> str:
        return letter.facts.sender_code or letter.routing.sender

    def _successor(self, concerned: tuple[str, ...]) -> str:
        found = [self._desk.directory().successor_of(code) for code in concerned[: lifecycle.NAMED_IN_NOTICE]]
        return ", ".join(agency.code for agency in found if agency is not None)

    def _concerned(self, duty: Duty) -> tuple[str, ...]:
        """The recipients, as the sender named them, that the duty speaks of."""
        routing, directory, here = duty.letter.routing, self._desk.directory(), self._desk.node
        if not duty.target.startswith(("link:", "agency:")):
            return tuple(duty.target.split(BETWEEN_NAMES))  # they never became a delivery
        target = Target.of_key(duty.target)
        if target.neighbour is not None:
            behind = next_hops(
                directory,
                here=here,
                came_from=duty.letter.came_from,
                origin=routing.origin,
                recipients=routing.recipients,
            )
            return tuple(a.named for a in behind.get(target.neighbour, ()))
        day = today(duty.at)
        served = ((a, serving(directory, a, here, on=day)) for a in routing.recipients if a.node == here)
        return tuple(a.named for a, by in served if isinstance(by, Agency) and by.code == target.agency)

    def _facts(self, letter: StoredLetter) -> LetterFacts:
        """A transit node keeps no facts of a letter; the rare notice reads them from its envelope."""
        if letter.facts != LetterFacts():
            return letter.facts
        envelope = self._envelope(letter)
        return LetterFacts() if envelope is None else facts_of(envelope)

    def _envelope(self, letter: StoredLetter) -> Envelope | None:
        """What a letter says; None if it cannot be read here."""
        blobs, named = self._store.blobs, {part.name: part for part in letter.parts}
        try:
            specs = read_parts_json(b"".join(blobs.read(named["parts.json"])))
            return read(b"".join(blobs.read(named["envelope.xml"])), specs, self._limits).envelope
        except (Rejected, KeyError):
            return None

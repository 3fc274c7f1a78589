"""
What the doors in make of a status 13: intake names the letters it takes back, every node judges its seal.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core import catalogue
from gateway.core.lifecycle import TAKE_BACK, normal_code, references
from gateway.core.model import Envelope, Kind, LetterId, Routing
from gateway.core.seals import seal_objection
from gateway.doors.desk import Desk
from gateway.ports import Examiner, StoredLetter


async def taking_back(desk: Desk, routing: Routing, envelope: Envelope) -> Routing:
    """
    The label of a 13 with the letters that it takes back, found once, where they were handed in.

    Nodes on the way don't read envelopes. It lives as long as the letters do: each node remembers it so long.
    """
    if envelope.kind is not Kind.STATUS or normal_code(envelope.status_code) != TAKE_BACK:
        return routing
    found = await desk.store.taken_back(routing.sender, references(envelope), routing.recipients)
    lives_until = max([routing.expires_at, *(letter.expires_at for letter in found)])
    return replace(routing, takes_back=tuple(f.letter_id for f in found), expires_at=lives_until)


async def letters_to_stop(desk: Desk, examiner: Examiner, letter: StoredLetter) -> tuple[LetterId, ...]:
    """
    The letters that a letter which arrives takes back, if it may: else it travels on as any status does.

    It acts before it is handed over anywhere, so its seal is judged at once: a neighbour that could make one
    up would stop other people's letters.
    """
    routing = letter.routing
    if not routing.takes_back or routing.kind is not Kind.STATUS or desk.take_back != "stop":
        return ()
    verdict, sender = await examiner.verdict(letter), desk.directory().find(routing.sender)
    objection, signer = seal_objection(verdict), verdict.facts.common_name
    if objection is None and signer == routing.origin and sender is not None and sender.node == signer:
        return routing.takes_back
    code = catalogue.NOT_ENTITLED.code if objection is None else objection.code
    desk.log.warning("take_back.ignored", letter_id=routing.letter_id, code=code)
    return ()

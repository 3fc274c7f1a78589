"""
A system of the national axis' SDK, by our own client of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.client import Retries, VxpClient
from gateway.core.edxml import read, write_status
from gateway.core.errors import Rejected, Unavailable
from gateway.core.facts import facts_of
from gateway.core.lifecycle import status
from gateway.core.model import AgencyCode, Envelope, LetterId, Organ
from gateway.sandbox.partner import Ability, Partner, Received
from gateway.sandbox.trial_node import HurriedClock, TrialNode
from gateway.vxp.functions import Ack, MessageType
from tests.contract.partners.v1 import in_words
from tests.kit.sinks import take_apart

DOOR = {"vxp": {"enabled": True, "port": 0}}


class VxpPartner(Partner):
    """Sends, lists, fetches and says done, as the SDK does."""

    way = "vxp"
    can = frozenset({Ability.SENDS, Ability.FETCHES, Ability.REPORTS})

    def __init__(self) -> None:
        self.at: dict[AgencyCode, TrialNode] = {}

    async def begin(self, folder: Path, clock: HurriedClock) -> Mapping[str, Any]:
        return DOOR

    async def admit(self, agency: AgencyCode, at: TrialNode) -> Mapping[str, Any]:
        self.at[agency] = at
        await at.keys(agency)
        return {}

    @asynccontextmanager
    async def client(self, agency: AgencyCode) -> AsyncIterator[VxpClient]:
        """The agency's client, as long as one errand takes; a refusal comes in words."""
        at = self.at[agency]
        keys, clock = await at.keys(agency), at.clock
        try:
            async with VxpClient(
                f"{at.node.addresses['vxp']}/XrdAdapter/RestService/forward/truc",
                keys.system_id,
                keys.secret,
                retries=Retries(tries=1),
                now=clock.now,
            ) as client:
                yield client
        except (Rejected, Unavailable) as error:
            if not error.first.params.get("code", "").isdecimal():
                raise  # no answer of VXP
            raise in_words(error) from error

    async def send(self, agency: AgencyCode, content: bytes) -> str:
        kind = MessageType.STATUS if b"StatusCode>" in content else MessageType.EDOC
        async with self.client(agency) as client:
            return await client.send(content, sender=agency, kind=kind)

    async def received(self, agency: AgencyCode) -> Sequence[Received]:
        async with self.client(agency) as client:
            lines = [line for kind in MessageType for line in await client.received(kind)]
            return [Received(LetterId(line.doc_id), await client.read(line.doc_id)) for line in lines]

    async def fetch(self, agency: AgencyCode, letter_id: LetterId) -> bytes:
        async with self.client(agency) as client:
            return await client.read(letter_id)

    async def acknowledge(self, agency: AgencyCode, letter_id: LetterId) -> None:
        async with self.client(agency) as client:
            await client.update_status(letter_id, Ack.DONE)

    async def report(self, agency: AgencyCode, letter: Received, code: str) -> None:
        await self.send(agency, status_about(letter.content, agency, code, self.at[agency].clock))


def status_about(content: bytes, agency: AgencyCode, code: str, clock: HurriedClock) -> bytes:
    """A status message of the agency about a letter that it got."""
    about = envelope_of(content)
    said = status(code, sender=Organ(agency), to=about.sender.code, facts=facts_of(about), at=clock.now())
    return write_status(said)


def envelope_of(content: bytes) -> Envelope:
    """What a message says."""
    split = take_apart(content).split
    return read(split.envelope, split.parts).envelope


def files_in(content: bytes) -> list[bytes]:
    """The attachments of a message."""
    return [sink.blob for sink in take_apart(content).sinks]

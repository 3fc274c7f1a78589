"""
The agencies' side of an axis in tests: what their document systems ask of the node that serves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, Kind, LetterId, NodeId
from gateway.core.tracking import RecipientTrack, Tracking, trace
from gateway.office import PostOffice, one_chunk
from gateway.ports import Accepted, Caller, MailItem


@dataclass(frozen=True)
class Mail:
    """A letter that an agency took out of its mailbox."""

    item: MailItem
    content: bytes

    @property
    def letter_id(self) -> LetterId:
        return self.item.letter_id


class Counter(Protocol):
    """A node, as far as agencies have to do with it."""

    office: PostOffice

    @property
    def name(self) -> NodeId: ...


Served = TypeVar("Served", bound=Counter)


class AgencySide(Generic[Served]):
    """Asks the nodes of an axis in the name of the agencies of its directory."""

    directory: Directory
    nodes: Mapping[NodeId, Served]

    def node_of(self, code: str) -> Served:
        """The node that serves an agency."""
        found = self.directory.find(code)
        assert found is not None, f"there is no agency {code}"
        return self.nodes[found.node]

    def caller(self, *codes: str) -> Caller:
        """Who holds a key for these agencies."""
        return Caller(f"key of {codes[0]}", frozenset(AgencyCode(code) for code in codes))

    async def send(
        self,
        content: bytes,
        by: str,
        *,
        to: tuple[str, ...] = (),
        key: str | None = None,
        ttl: timedelta | None = None,
    ) -> Accepted:
        """Hand a letter in at the node of the agency `by`."""
        return await self.node_of(by).office.accept(
            one_chunk(content), self.caller(by), to=to, idempotency_key=key, ttl=ttl
        )

    async def waiting(self, code: str, kind: Kind | None = None) -> list[MailItem]:
        """What lies in an agency's mailbox."""
        return list(await self.node_of(code).office.list(self.caller(code), kind=kind))

    async def collect(self, code: str, kind: Kind | None = None) -> list[Mail]:
        """Fetch and acknowledge everything in an agency's mailbox."""
        office, caller, taken = self.node_of(code).office, self.caller(code), []
        for item in await self.waiting(code, kind):
            opened = await office.open(caller, item.letter_id)
            taken.append(Mail(item, b"".join(opened.chunks())))
            await office.ack(caller, item.letter_id)
        return taken

    async def report(self, code: str, letter_id: LetterId, status: str, description: str = "") -> Accepted:
        """Send a status about a letter in an agency's name."""
        office = self.node_of(code).office
        return await office.status(self.caller(code), letter_id, status, description=description)

    async def track(self, letter_id: LetterId, by: str) -> Tracking:
        """Where a letter is, as its node tells the agency `by`."""
        node = self.node_of(by)
        record = await node.office.track(self.caller(by), letter_id)
        return trace(record, here=node.name, directory=self.directory)

    async def line(self, letter_id: LetterId, by: str, recipient: str) -> RecipientTrack:
        """Where it is for one recipient."""
        tracking = await self.track(letter_id, by)
        return next(r for r in tracking.recipients if recipient in (r.named, r.code))

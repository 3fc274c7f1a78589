"""
Editions: how signed changes of the directory come, are judged, and go on.          the ear of arrival

Reads   what neighbours hold of each signer's chain; editions, piece by piece
Writes  editions that are authentic, each once; refusals with their reason
Calls   Store.add_edition, Store.refuse_edition, Store.send_control
Never   applies a change: that is done on its day; believes a neighbour about what somebody signed
Crash   what was being fetched is fetched anew; what is kept was prepared and told on in one transaction
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.broker.control import EditionMessage
from gateway.broker.edition_messages import PIECE, EditionPiece, EditionRequest, EditionsHeld
from gateway.core import catalogue
from gateway.core.editions import (
    LARGEST,
    Edition,
    Held,
    chain_objection,
    digest,
    edition_json,
    following,
    read_edition,
    sealed_part,
    unreadable,
)
from gateway.core.errors import Finding, Rejected, find
from gateway.core.model import NodeId
from gateway.core.seals import seal_objection, sealed_parts
from gateway.doors.desk import Desk
from gateway.ports import Broker, EditionFault, Examiner, NewEdition, Sealer, Store
from signing.verdict import Reason

LOOK_SECONDS = 2.0  # as often as links are looked at for letters
# What got lost although every message is durable (a neighbour restored from its backup) is found this late.
ASK_AGAIN = timedelta(minutes=10)
# A neighbour that answers with nothing for so long is not waited for: a piece takes a second on a slow line.
PATIENCE = timedelta(minutes=2)
AT_ONCE = 8  # editions that one neighbour sends side by side: 64 MiB of memory at worst
# Bytes of editions by a key that was revoked since, which wait for a later edition that vouches for them.
MOST_UNPROVEN = 4 * LARGEST
MOST_WANTED = 10_000  # chains that are remembered to be fetched; an axis has some 3,400 nodes


@dataclass(slots=True)
class _Fetch:
    """An edition on its way from a neighbour, and how far its chain is wanted."""

    neighbour: NodeId
    signer: NodeId
    number: int
    goal: int
    heard_at: datetime
    seal_size: int = 0
    size: int = 0
    data: bytearray = field(default_factory=bytearray)
    unproven: tuple[NewEdition, ...] = ()  #: those before it, for which only a good seal behind can vouch

    def fits(self, piece: EditionPiece) -> bool:
        """Whether a piece can be the next one of this edition."""
        is_sound = 0 < piece.seal_size < piece.size <= LARGEST and len(piece.data) > 0
        is_same = not self.data or (piece.seal_size, piece.size) == (self.seal_size, self.size)
        return is_sound and is_same and len(self.data) + len(piece.data) <= piece.size


class Editions:
    """Keeps the chains of one node level with those of its neighbours."""

    def __init__(self, desk: Desk, broker: Broker, examiner: Examiner) -> None:
        self._desk, self._store, self._broker, self._examiner = desk, desk.store, broker, examiner
        self._turn = asyncio.Lock()  # neighbours speak at once; the chains grow one step after another
        self._fetched: dict[NodeId, _Fetch] = {}  # by signer
        self._wanted: dict[tuple[NodeId, NodeId], int] = {}  # (neighbour, signer) → up to which number
        self._up: dict[NodeId, bool] = {}
        self._ask_at: datetime | None = None

    # --- asking ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ask neighbours for what is lacking whenever their link comes up, until cancelled."""
        while True:
            await self.sweep()
            await self._desk.clock.sleep(LOOK_SECONDS)

    async def sweep(self) -> None:
        """One look at the links."""
        now = self._desk.clock.now()
        is_time = self._ask_at is not None and now >= self._ask_at
        async with self._turn:
            silent = [f.signer for f in self._fetched.values() if now - f.heard_at > PATIENCE]
            for signer in silent:
                del self._fetched[signer]
            if silent:
                await self._fetch_wanted(*{neighbour for neighbour, _ in self._wanted})
        for neighbour, is_up in self._broker.neighbours_up().items():
            if is_up and (is_time or not self._up.get(neighbour, False)):
                await self._ask(neighbour)
            self._up[neighbour] = is_up  # noted last: a store that is busy now is asked again
        if is_time or self._ask_at is None:
            self._ask_at = now + ASK_AGAIN

    async def _ask(self, neighbour: NodeId) -> None:
        """Say what is here; the neighbour says what it has beyond that, and asks for what it lacks."""
        here = await self._store.editions_held(to_tell=True)
        await self._say(neighbour, *EditionsHeld.question(here.values()))

    # --- hearing ---------------------------------------------------------------------------------

    async def hear(self, neighbour: NodeId, message: EditionMessage) -> None:
        """Act on what a neighbour says. Raises: Unavailable if the store can't take it now."""
        async with self._turn:
            match message:
                case EditionsHeld():
                    await self._compare(neighbour, message)
                case EditionRequest(signer=signer, edition=number, offset=offset):
                    found = await self._store.edition_bytes(signer, number, offset, PIECE)
                    if found is not None and found.data:
                        piece = EditionPiece(signer, number, found.seal_size, found.size, offset, found.data)
                        await self._say(neighbour, piece)
                case EditionPiece():
                    await self._take_piece(neighbour, message)

    async def _compare(self, neighbour: NodeId, message: EditionsHeld) -> None:
        here = await self._store.editions_held()
        for theirs in message.held:
            ours = here.get(theirs.signer)
            if ours is None or theirs.number > ours.number:
                self._want(neighbour, theirs.signer, theirs.number)
            elif theirs.number == ours.number and theirs.sha256 != ours.sha256:
                other = find(catalogue.EDITION_REPLACED, node=theirs.signer, number=theirs.number)
                await self._refuse(neighbour, theirs.signer, theirs.number, theirs.sha256, other)
        if message.span is not None:
            theirs_by_signer = {theirs.signer: theirs.number for theirs in message.held}
            to_tell = await self._store.editions_held(to_tell=True)
            lacking = [
                ours
                for signer, ours in to_tell.items()
                if message.asks_about(signer) and ours.number > theirs_by_signer.get(signer, 0)
            ]
            await self._say(neighbour, *EditionsHeld.news(lacking))
        await self._fetch_wanted(neighbour)

    def _want(self, neighbour: NodeId, signer: NodeId, number: int) -> None:
        if len(self._wanted) < MOST_WANTED or (neighbour, signer) in self._wanted:
            self._wanted[neighbour, signer] = max(number, self._wanted.get((neighbour, signer), 0))

    async def _fetch_wanted(self, *neighbours: NodeId) -> None:
        """Begin to fetch what is wanted of these neighbours, as much as goes side by side."""
        here = await self._store.editions_held()
        busy = Counter(fetch.neighbour for fetch in self._fetched.values())
        for (neighbour, signer), goal in list(self._wanted.items()):
            if neighbour not in neighbours or signer in self._fetched or busy[neighbour] >= AT_ONCE:
                continue
            number, _ = following(here.get(signer))
            if number <= goal:
                await self._fetch(neighbour, signer, number, goal)
                busy[neighbour] += 1
            del self._wanted[neighbour, signer]

    async def _fetch(self, neighbour: NodeId, signer: NodeId, number: int, goal: int) -> None:
        await self._say(neighbour, EditionRequest(signer, number, 0))
        self._fetched[signer] = _Fetch(neighbour, signer, number, goal, self._desk.clock.now())

    # --- an edition, piece by piece --------------------------------------------------------------

    async def _take_piece(self, neighbour: NodeId, piece: EditionPiece) -> None:
        fetch = self._fetched.get(piece.signer)
        awaited = None if fetch is None else (fetch.neighbour, fetch.number, len(fetch.data))
        if fetch is None or awaited != (neighbour, piece.edition, piece.offset):
            return  # said twice, or asked for in an earlier life of this process
        if not fetch.fits(piece):
            sizes = f"{piece.seal_size}, {piece.size} (≤ {LARGEST})"
            await self._refuse(neighbour, piece.signer, piece.edition, "", unreadable(sizes).first)
            await self._end(fetch)
            return
        reached = len(fetch.data) + len(piece.data)
        if reached < piece.size:
            await self._say(neighbour, EditionRequest(piece.signer, piece.edition, reached))
            # kept last: if the store is busy, the same piece comes again
            fetch.data += piece.data
            fetch.seal_size, fetch.size = piece.seal_size, piece.size
            fetch.heard_at = self._desk.clock.now()
            return
        data = bytes(fetch.data) + piece.data
        is_taken = await self._take(fetch, data[: piece.seal_size], data[piece.seal_size :])
        await self._end(fetch, go_on=is_taken)

    async def _end(self, fetch: _Fetch, *, go_on: bool = False) -> None:
        """Go on with the next edition of the chain, or with another chain, whoever has it."""
        if go_on and fetch.number < fetch.goal:
            await self._fetch(fetch.neighbour, fetch.signer, fetch.number + 1, fetch.goal)
            self._fetched[fetch.signer].unproven = fetch.unproven
            return
        self._fetched.pop(fetch.signer, None)
        await self._fetch_wanted(*{neighbour for neighbour, _ in self._wanted})

    async def _take(self, fetch: _Fetch, seal: bytes, content: bytes) -> bool:
        """Keep a whole edition if it is authentic and the next of its chain; else remember why not."""
        now = self._desk.clock.now()
        try:
            new, doubt = await self._judged(fetch, seal, content, now)
            run = (*fetch.unproven, new)
            if doubt is not None:
                size = sum(len(each.content) for each in run)
                if fetch.number >= fetch.goal or size > MOST_UNPROVEN:
                    raise Rejected(doubt)
                fetch.unproven = run
                return True
        except Rejected as refused:
            whole = digest(seal + content)
            await self._refuse(fetch.neighbour, fetch.signer, fetch.number, whole, refused.first)
            return False
        is_new = False
        for each in run:  # the digests in a good edition vouch for all before it
            is_new = await self._store.add_edition(each, now)
            if is_new:
                self._desk.log.info(
                    "edition.taken",
                    signer=each.edition.signer,
                    edition=each.edition.number,
                    neighbour=fetch.neighbour,
                )
        fetch.unproven = ()
        return is_new

    async def _judged(
        self, fetch: _Fetch, seal: bytes, content: bytes, now: datetime
    ) -> tuple[NewEdition, Finding | None]:
        """
        The edition, if its signer made it for this place of its chain; in doubt if its key was revoked since.

        Raises: Rejected.
        """
        edition = await asyncio.to_thread(read_edition, content)  # a large one takes half a second
        if (edition.signer, edition.number) != (fetch.signer, fetch.number):
            raise unreadable(f"{edition.signer} {edition.number} for {fetch.signer} {fetch.number}")
        parts = sealed_parts([sealed_part(content)])
        # Judged at the time it names, as letters are. What was revoked since counts: a thief would date back.
        verdict = await self._examiner.edition_verdict(seal, parts, edition.published_at, now)
        doubt = seal_objection(verdict)
        if doubt is not None and verdict.reasons != (Reason.CERTIFICATE_REVOKED,):
            raise Rejected(doubt)
        if verdict.facts.common_name != edition.signer:
            signer = verdict.facts.common_name
            raise Rejected(find(catalogue.EDITION_SIGNER, node=edition.signer, signer=signer))
        before = (await self._store.editions_held()).get(edition.signer)
        if fetch.unproven:
            last = fetch.unproven[-1]
            before = Held(edition.signer, last.edition.number, digest(last.content))
        objection = chain_objection(edition, before, now)
        if objection is not None:
            raise Rejected(objection)
        return NewEdition(edition, content, seal, came_from=fetch.neighbour), doubt

    async def _refuse(
        self, neighbour: NodeId, signer: NodeId, number: int, sha256: str, why: Finding
    ) -> None:
        now = self._desk.clock.now()
        told = f"{why.vi} · {why.en}"
        await self._store.refuse_edition(EditionFault(neighbour, signer, number, sha256, why.code, told, now))
        self._desk.log.error(
            "edition.refused", signer=signer, edition=number, neighbour=neighbour, code=why.code
        )

    async def _say(self, neighbour: NodeId, *messages: EditionMessage) -> None:
        told = [(neighbour, message.to_wire()) for message in messages]
        if told:
            await self._store.send_control(told, self._desk.clock.now())


# --- signing --------------------------------------------------------------------------------------


async def publish(store: Store, sealer: Sealer, edition: Edition) -> bool:
    """Sign an edition, keep it and tell the neighbours; False if another took its number meanwhile."""
    content = edition_json(edition)
    seal = await sealer.seal([sealed_part(content)], edition.published_at)
    return await store.add_edition(NewEdition(edition, content, seal, came_from=None), edition.published_at)

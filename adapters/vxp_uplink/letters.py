"""
A letter on its way up: to whom, from whom, in which words, and whether a line of the axis speaks of it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from tempfile import SpooledTemporaryFile

from adapters.vxp.mail import written_for_agency
from adapters.vxp_uplink.axis import Axis
from gateway.client import Announced
from gateway.core.calendar import today
from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory
from gateway.core.dispatch import serving
from gateway.core.lifecycle import normal_code
from gateway.core.model import AgencyCode, Dialect, Kind
from gateway.ports import OpenLetter, StoredLetter, Workplace
from gateway.v1.transfer import in_threads
from gateway.vxp.functions import MessageType
from gateway.vxp.parameters import read_time
from gateway.vxp.shapes import SentLine

IN_MEMORY = 1024 * 1024
PIECE = 256 * 1024
CLOCKS_APART = timedelta(minutes=2)
"""How far the clock of the axis may be behind ours; both keep time by a server."""

TYPES = {Kind.DOCUMENT: MessageType.EDOC, Kind.STATUS: MessageType.STATUS}


def accepted_on(letter: StoredLetter) -> date:
    """The day of the ledger on which a letter stands."""
    return letter.routing.accepted_at.date()


def written_sender(letter: StoredLetter) -> str:
    """The sender's code as the message bears it."""
    return letter.facts.sender_code or letter.routing.sender


def together(workplace: Workplace, axis: Axis, letter: OpenLetter) -> Mapping[AgencyCode, str]:
    """
    Who gets this letter with one call: agency → the code to name.

    All recipients that this node reaches over the axis in the same dialect. A closed code is named by its
    successor's, since the axis may know it as little as we do.
    """
    directory, day = workplace.office.directory(), today(workplace.clock.now())
    dialect = workplace.office.terms(letter.agency).dialect
    found: dict[AgencyCode, str] = {}
    for addressee in letter.letter.routing.recipients:
        if addressee.node != workplace.node:
            continue
        agency = serving(directory, addressee, workplace.node, on=day)
        if not isinstance(agency, Agency) or not axis.is_above(agency):
            continue
        if workplace.office.terms(agency.code).dialect is dialect:
            is_own = normal(addressee.named) in agency.codes
            found.setdefault(agency.code, addressee.named if is_own else agency.code)
    found.setdefault(letter.agency, letter.agency)  # its row may be changing at this very moment
    return found


@asynccontextmanager
async def outgoing(workplace: Workplace, letter: OpenLetter) -> AsyncIterator[Announced]:
    """The bytes to send: as the sender wrote them, unless another dialect was agreed with the recipient."""
    routing = letter.letter.routing
    if workplace.office.terms(letter.agency).dialect is Dialect.AS_SENT:
        yield Announced(
            lambda: in_threads(letter.chunks), letter.size, bytes.fromhex(routing.original_sha256)
        )
        return
    chunks, _ = await written_for_agency(workplace, letter)
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        size, digest = 0, hashlib.sha256()
        async for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        yield Announced(_again(file), size, digest.digest())


def _again(file: SpooledTemporaryFile[bytes]) -> Callable[[], AsyncIterable[bytes]]:
    async def read() -> AsyncIterator[bytes]:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece

    return read


def speaks_of(
    line: SentLine,
    letter: StoredLetter,
    named: Mapping[AgencyCode, str],
    since: datetime,
    directory: Directory,
) -> bool:
    """
    Whether a line of getSentEdocList is about this letter, sent at or after `since`.

    Only what the line tells is compared, but for the recipient and what names the message: a line that names
    neither number nor title says nothing, and the letter goes up once more (harmless; losing it is not).
    """
    sent_at = read_time(line.sent_time)
    if sent_at is not None and sent_at < since.replace(microsecond=0) - CLOCKS_APART:
        return False
    recipient = directory.find(line.to_code)
    is_named = any(normal(line.to_code) == normal(code) for code in named.values())
    if not is_named and (recipient is None or recipient.code not in named):
        return False
    sender = directory.find(line.from_code)
    ours = {normal(written_sender(letter)), normal(letter.routing.sender)}
    if (
        line.from_code
        and normal(line.from_code) not in ours
        and (sender is None or sender.code != letter.routing.sender)
    ):
        return False
    return _names(line, letter)


def _names(line: SentLine, letter: StoredLetter) -> bool:
    facts, title, notation = letter.facts, _loose(line.title), _loose(line.notation)
    if letter.routing.kind is Kind.STATUS:
        # the statuses of one document differ in nothing else
        return title != "" and _loose(normal_code(line.title)) == _loose(normal_code(facts.status_code))
    if notation and facts.code and notation != _loose(facts.code):
        return False
    if title and facts.subject and not _loose(facts.subject).startswith(title):
        return False
    return bool((notation and facts.code) or (title and facts.subject))


def _loose(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split()).casefold()

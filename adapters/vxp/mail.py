"""
Letters for agencies, in the words that VXP and the provincial facade share.

A message is named by its letter_id; whether it does not exist or is another agency's looks the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from gateway.core.catalogue import UNKNOWN_LETTER
from gateway.core.errors import Rejected, find
from gateway.core.model import Dialect, Kind, LetterId
from gateway.inside import Inside
from gateway.ports import Caller, MailItem, Office, OpenLetter, Workplace
from gateway.v1.request import is_letter_id
from gateway.v1.transfer import in_threads
from gateway.vxp.functions import Ack, MessageType

Item = TypeVar("Item")

ROUND = 1000  # letters that the office is asked for at once
LONGEST_ID_SHOWN = 60

INITIAL = "initial"
"""The transport state of what was not acknowledged yet; the others are those of `Ack`."""
DONE, FAIL, PROCESSING = (word.value for word in (Ack.DONE, Ack.FAIL, Ack.PROCESSING))

KINDS = {MessageType.EDOC: Kind.DOCUMENT, MessageType.STATUS: Kind.STATUS}
TYPES = {kind: word.value for word, kind in KINDS.items()}


def letter_id_of(text: str) -> LetterId:
    """The letter that a DocId names. Raises: Rejected (UNKNOWN_LETTER) for what can't be one of ours."""
    lower = text.strip().lower()
    if not is_letter_id(lower):
        raise Rejected(find(UNKNOWN_LETTER, letter_id=text[:LONGEST_ID_SHOWN]))
    return LetterId(lower)


async def waiting(office: Office, caller: Caller, kind: Kind | None) -> AsyncIterator[MailItem]:
    """All that waits for the caller's agencies, oldest first."""
    after = 0
    while items := await office.list(caller, kind=kind, after=after, limit=ROUND):
        for item in items:
            yield item
        if len(items) < ROUND:
            return
        after = items[-1].number


async def first_of(items: AsyncIterator[Item], most: int) -> list[Item]:
    """The first of `items`, at most so many; no more is asked for."""
    found: list[Item] = []
    async for item in items:
        found.append(item)
        if len(found) >= most:
            break
    return found


async def written_for_agency(
    workplace: Workplace, letter: OpenLetter
) -> tuple[AsyncIterator[bytes], int | None]:
    """
    The letter in the dialect that was agreed with its agency, and its size if it is known before.

    The first piece is read already, so that a damaged letter is refused in words. One that cannot be written
    anew is handed over as its sender wrote it: better read with effort than never.

    Raises: Unavailable (BLOB_DAMAGED)
    """
    dialect = workplace.office.terms(letter.agency).dialect
    if dialect is not Dialect.AS_SENT:
        try:
            return await _begun(in_threads(lambda: _rendered(workplace, letter, dialect))), None
        except Rejected as refused:
            letter_id = letter.letter.routing.letter_id
            workplace.log.warning(
                "rendering.failed", letter_id=letter_id, dialect=dialect.value, code=refused.code
            )
    return await _begun(in_threads(letter.chunks)), letter.size


def _rendered(workplace: Workplace, letter: OpenLetter, dialect: Dialect) -> Iterator[bytes]:
    """A generator, so that the reading begins in the thread that asks for the first piece."""
    node = workplace.office.directory().node(workplace.node)
    organ = "" if node is None else node.organ_code
    yield from Inside(letter).rendered(dialect, letter.letter.routing.accepted_at, organ)


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same stream with its first chunk in hand."""
    first = await anext(chunks, b"")

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_them()

"""
What hand-over does with notices of the axis for agencies whose systems know statuses of receivers only.

By terms of the agency (`notices_as_receiver`), and only here: whichever way the agency comes, it gets its
letters from hand-over. What is stored, sealed and given out as evidence stays as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from gateway.core.axis_notices import Told, in_receivers_name, organ_of, read_notice, speaks_of
from gateway.core.edxml import read, write_status
from gateway.core.errors import Rejected
from gateway.core.facts import facts_of
from gateway.core.model import AgencyCode, Envelope, Kind
from gateway.core.split import read_parts_json
from gateway.doors.desk import Desk
from gateway.ports import MailItem, OpenLetter, StoredLetter

ENVELOPE, MANIFEST = "envelope.xml", "parts.json"


def told_to(desk: Desk, letter: StoredLetter, agency: AgencyCode) -> Told | None:
    """What a letter says if it is a notice that this agency wants in the name of the receivers."""
    routing, directory = letter.routing, desk.directory()
    if routing.kind is not Kind.STATUS or not desk.terms(agency).notices_as_receiver:
        return None
    if not any(a.code == agency or directory.is_successor(a.code, agency) for a in routing.recipients):
        return None  # who sent it, and looks at it again
    told = read_notice(letter.facts, routing.sender, directory)
    if told is None or not told.is_final:
        return None
    may_speak = partial(speaks_of, directory, speaker=routing.origin, here=desk.node)
    return told if all(map(may_speak, told.recipients)) else None


def as_agreed(desk: Desk, letter: OpenLetter) -> OpenLetter:
    """
    The letter as its agency wants it: a notice about one receiver as a status of that receiver.

    Its size, digest and sender are then those of this rendering; all else is itself.
    """
    told = told_to(desk, letter.letter, letter.agency)
    if told is None or len(told.recipients) != 1:
        return letter
    notice = envelope_of(letter)
    if notice is None:
        return letter
    receiver = organ_of(told.recipients[0], desk.directory())
    said = in_receivers_name(notice, receiver, told.code)
    data = write_status(said)
    stored = letter.letter
    routing = replace(
        stored.routing,
        sender=AgencyCode(receiver.code),
        original_sha256=hashlib.sha256(data).hexdigest(),
        original_size=len(data),
    )
    shown = replace(stored, routing=routing, facts=facts_of(said))
    return replace(
        letter, letter=shown, size=len(data), chunks=lambda: iter((data,)), part=_with(data, letter.part)
    )


def envelope_of(letter: OpenLetter) -> Envelope | None:
    """What a status says; None if it cannot be read here. It is small, and read at once."""
    try:
        parts = read_parts_json(b"".join(letter.part(MANIFEST)))
        return read(b"".join(letter.part(ENVELOPE)), parts).envelope
    except Rejected:
        return None


def _with(envelope: bytes, part: Callable[[str], Iterator[bytes]]) -> Callable[[str], Iterator[bytes]]:
    """The parts of a letter with another envelope. A status has no attachments, so its manifest fits both."""
    return lambda name: iter((envelope,)) if name == ENVELOPE else part(name)


def may_be_told_otherwise(desk: Desk, items: Sequence[MailItem]) -> bool:
    """Whether any of these lines belongs to an agency that wants notices in the name of the receivers."""
    return any(item.kind is Kind.STATUS and desk.terms(item.agency).notices_as_receiver for item in items)


def line_of(item: MailItem, letter: OpenLetter) -> MailItem:
    """The line of a mailbox about a letter as it is handed over."""
    shown = letter.letter
    return replace(
        item,
        sender=shown.routing.sender,
        sender_name=shown.facts.sender_name,
        size=shown.routing.original_size,
    )

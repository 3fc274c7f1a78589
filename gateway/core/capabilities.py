"""
What the system of an agency can take, as the directory knows: told to the sender before anything is queued.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core.attachments import extension
from gateway.core.catalogue import NO_KNOWN_RECIPIENT, RECIPIENT_SIZE, RECIPIENT_TYPES
from gateway.core.directory import Agency, Directory
from gateway.core.errors import Finding, find
from gateway.core.model import Addressee, Attachment


def fitting(
    directory: Directory, addressees: Iterable[Addressee], size: int, attachments: Iterable[Attachment]
) -> tuple[tuple[Addressee, ...], tuple[Finding, ...]]:
    """
    Who of the recipients can take a document of `size` bytes with these attachments, and why others can't.

    As with unknown recipients, one that can't stops nobody else; if nobody is left the first finding is
    NO_KNOWN_RECIPIENT.
    """
    files = tuple(attachments)
    fit: list[Addressee] = []
    findings: list[Finding] = []
    for addressee in addressees:
        agency = directory.find(addressee.code)
        objection = None if agency is None else _objection(agency, addressee.named, size, files)
        if objection is None:
            fit.append(addressee)
        else:
            findings.append(objection)
    if findings and not fit:
        findings.insert(0, find(NO_KNOWN_RECIPIENT, element="MessageHeader/To/OrganId"))
    return tuple(fit), tuple(findings)


def _objection(agency: Agency, named: str, size: int, attachments: Iterable[Attachment]) -> Finding | None:
    if 0 < agency.max_size < size:
        return find(RECIPIENT_SIZE, organ=named, limit=agency.max_size, size=size)
    if not agency.types:
        return None
    other = next((a for a in attachments if extension(a.name) not in agency.types), None)
    if other is None:
        return None
    types = ", ".join(agency.types)
    return find(RECIPIENT_TYPES, line=other.line, organ=named, file=other.name[:200], types=types)

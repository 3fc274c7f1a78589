"""
The draft: a message that was taken apart, read and judged, before anything of it is ours.

It says everything that is wrong at once, and who of the named recipients can be served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO

from gateway.core.archives import ArchiveLimits
from gateway.core.attachments import Look, look_at, marked
from gateway.core.calendar import Calendar, today
from gateway.core.capabilities import fitting
from gateway.core.directory import Directory, SuccessorPolicy
from gateway.core.edxml import Reading, read
from gateway.core.errors import Finding, Rejected, errors_among
from gateway.core.groups import expand
from gateway.core.lifecycle import status_recipient
from gateway.core.model import Addressee, Envelope, Kind
from gateway.core.routing import resolve_recipients
from gateway.core.secrecy import discreet
from gateway.core.split import Split
from gateway.core.validate import validate
from gateway.doors.desk import Desk
from gateway.ports import BlobSink, Caller
from gateway.sealed_file import SealedFile
from schemas.safe_xml import Limits

IN_MEMORY = 1024 * 1024  # of an attachment that has to be unwrapped to look into it


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decides about letters that come in."""

    limits: Limits
    archives: ArchiveLimits
    calendar: Calendar
    ttl_working_days: int
    successor_policy: SuccessorPolicy


@dataclass(slots=True)
class Draft:
    """
    A message that has been read, on its way to becoming a letter.

    `ttl` and `deliver_by` are what its sender wishes, `signed_at` is the time of its own seal.
    """

    split: Split
    sinks: list[BlobSink]
    reading: Reading
    findings: tuple[Finding, ...]
    addressees: tuple[Addressee, ...]
    sealed: SealedFile | None = None
    ttl: timedelta | None = None
    deliver_by: datetime | None = None
    signed_at: datetime | None = None

    @property
    def envelope(self) -> Envelope:
        return self.reading.envelope


class DraftReader:
    """Reads what agencies hand in, by the rules of the node."""

    def __init__(self, desk: Desk, rules: Rules) -> None:
        self._desk, self._clock, self._rules = desk, desk.clock, rules

    def examine(self, split: Split, sinks: list[BlobSink], caller: Caller, to: Sequence[str]) -> Draft:
        directory, day = self._desk.directory(), today(self._clock.now())
        reading = read(split.envelope, split.parts, self._rules.limits)
        looks = self._looks(reading, split, sinks)
        reading = replace(reading, envelope=marked(reading.envelope, looks))
        to = expand(directory, to, day, but_not=(reading.envelope.sender.code,))
        named = self._named(reading.envelope, to)
        validated = validate(
            reading,
            split,
            directory=None,  # recipients are resolved below: some unknown ones do not stop the others
            caller_codes=self._codes_of(caller, directory),
            looks=looks,
            today=day,
            recipients=named,
        )
        findings = discreet((*split.findings, *reading.findings, *validated))
        if errors_among(findings):
            raise Rejected(*findings)
        addressees, unreachable = resolve_recipients(directory, named, day, self._rules.successor_policy)
        if not addressees:
            raise Rejected(*unreachable, *findings)
        if reading.envelope.kind is Kind.DOCUMENT:  # a status is small, and always told
            files = reading.envelope.attachments
            addressees, unfit = fitting(directory, addressees, split.original_size, files)
            if not addressees:
                raise Rejected(*unfit, *unreachable, *findings)
            unreachable = (*unreachable, *unfit)
        findings = (*findings, *unreachable)
        return Draft(split, sinks, reading, findings, addressees)

    @staticmethod
    def _named(envelope: Envelope, to: Sequence[str]) -> tuple[str, ...]:
        """The recipients as named: by the request if it names any, else by the message itself."""
        if to:
            return tuple(to)
        if envelope.kind is Kind.STATUS:
            return tuple(filter(None, [status_recipient(envelope)]))
        return tuple(organ.code for organ in envelope.recipients)

    @staticmethod
    def _codes_of(caller: Caller, directory: Directory) -> frozenset[str]:
        codes: set[str] = set(caller.agencies)
        for code in caller.agencies:
            agency = directory.find(code)
            codes.update(agency.aliases if agency else ())
        return frozenset(codes)

    def _looks(self, reading: Reading, split: Split, sinks: list[BlobSink]) -> tuple[Look, ...]:
        looks = []
        for attachment in reading.envelope.attachments:
            with sinks[attachment.part].peek() as file:
                part = split.parts[attachment.part]
                looks.append(look_at(file, attachment, part, self._rules.archives, _scratch))
        return tuple(looks)


def _scratch() -> IO[bytes]:
    """A place to unwrap an attachment for a look: in memory while it is small."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)

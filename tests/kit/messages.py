"""
Small edXML messages for tests, and the way of intake through one: split, read, look, validate.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.core.attachments import Look, look_at
from gateway.core.directory import Directory
from gateway.core.edxml import NAMESPACE, Reading, read
from gateway.core.errors import Finding
from gateway.core.split import Split
from gateway.core.validate import validate
from tests.kit.sinks import take_apart

TODAY = date(2025, 11, 20)
FROM = "<From><OrganId>H14</OrganId></From>"
TO = "<To><OrganId>H21</OrganId></To>"
EMPTY_MANIFEST = '<edXMLManifest version="1.0"/>'


def message(
    header: str = "",
    *,
    who: str = FROM + TO,
    trace: str = "",
    body: str = EMPTY_MANIFEST,
    attachments: str = "",
) -> bytes:
    """A document with `header` behind From and To on line 2, `trace`, `body` and `attachments` below."""
    return (
        f'<edXML xmlns="{NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader>\n'
        f"{who}{header}</MessageHeader>\n{trace}</edXMLHeader>"
        f"<edXMLBody>\n{body}</edXMLBody></edXMLEnvelope>\n{attachments}</edXML>"
    ).encode()


def status_message(inside: str) -> bytes:
    """A status with `inside` behind From on line 2."""
    return (
        f'<edXML xmlns="{NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader>\n'
        f"{FROM}{inside}</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"
    ).encode()


def manifest(*references: str) -> str:
    """An edXMLManifest of References with these children."""
    inside = "".join(f"<Reference>{reference}</Reference>" for reference in references)
    return f'<edXMLManifest version="1.0">{inside}</edXMLManifest>'


def encoded(*attachments: str) -> str:
    """An AttachmentEncoded of Attachments with these children; `@` stands for three bytes of content."""
    content = "<ContentTransferEncoded>YWJj</ContentTransferEncoded>"
    inside = "".join(f"<Attachment>{a.replace('@', content)}</Attachment>" for a in attachments)
    return f"<AttachmentEncoded>{inside}</AttachmentEncoded>"


@dataclass(frozen=True)
class Seen:
    """What intake sees of a message."""

    split: Split
    reading: Reading
    looks: tuple[Look, ...]
    blobs: tuple[bytes, ...]

    @property
    def tolerated(self) -> list[str]:
        """Codes of what the splitter and the reader overlooked."""
        return codes((*self.split.findings, *self.reading.findings))

    def judged(
        self,
        *,
        today: date = TODAY,
        directory: Directory | None = None,
        caller_codes: Collection[str] | None = None,
        recipients: Sequence[str] | None = None,
    ) -> tuple[Finding, ...]:
        """What `validate` says."""
        return validate(
            self.reading,
            self.split,
            today=today,
            directory=directory,
            caller_codes=caller_codes,
            looks=self.looks,
            recipients=recipients,
        )


def seen(data: bytes) -> Seen:
    """Take a message apart, read it and look at its attachments."""
    apart = take_apart(data)
    reading = read(apart.split.envelope, apart.split.parts)
    looks = tuple(
        look_at(io.BytesIO(apart.sinks[a.part].blob), a, apart.split.parts[a.part])
        for a in reading.envelope.attachments
    )
    return Seen(apart.split, reading, looks, tuple(sink.blob for sink in apart.sinks))


def codes(findings: Iterable[Finding]) -> list[str]:
    """The codes of findings, sorted."""
    return sorted(finding.code for finding in findings)

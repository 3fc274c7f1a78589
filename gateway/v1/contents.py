"""
What a letter says and holds, as JSON, for whoever does not read edXML.

It is what the sender wrote: dates and numbers are text, and empty is what the letter does not say.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from pydantic import ConfigDict

from gateway.core.model import Envelope, Kind
from gateway.v1.findings import FindingShape, Shape
from gateway.v1.metadata import OperationName


class OrganShape(Shape):
    """An agency as the letter names it."""

    code: str
    name: str
    parent_agency: str
    address: str
    email: str
    telephone: str
    fax: str
    website: str


class ReplyShape(Shape):
    """A document that is answered, recalled or reported on."""

    organ: str
    code: str
    document_id: str
    issue_date: str


class StaffShape(Shape):
    """Somebody who works on it."""

    department: str
    name: str
    email: str
    mobile: str
    department_id: str
    staff_id: str


class ReceiverShape(Shape):
    """A receiver that an update adds or drops."""

    organ: str
    added: bool


class ReplacementShape(Shape):
    """A document that is replaced, for whom (empty: for all)."""

    document_id: str
    organs: tuple[str, ...]


class BusinessShape(Shape):
    """What the document does to an earlier one."""

    operation: OperationName
    document_id: str
    reason: str
    paper_copy: bool
    information_changed: bool
    receivers_changed: bool
    receivers: tuple[ReceiverShape, ...]
    replacements: tuple[ReplacementShape, ...]
    staff: tuple[StaffShape, ...]


class EnvelopeShape(Shape):
    """All that a message says, as its sender wrote it; empty where it says nothing."""

    kind: Kind
    sender: OrganShape
    recipients: tuple[OrganShape, ...]
    document_id: str
    code: str
    code_number: str
    code_notation: str
    issue_place: str
    issue_date: str
    type_code: str
    type_detail: str
    type_name: str
    subject: str
    content: str
    signing_capacity: str
    signer_position: str
    signer_name: str
    due_date: str
    listed_recipients: tuple[str, ...]
    priority: int
    circulation_note: str
    typer_notation: str
    issued_amount: str
    page_amount: str
    direction: str
    reply_fors: str
    reference_codes: str
    appendices: tuple[str, ...]
    in_reply_to: tuple[ReplyShape, ...]
    steering_type: str
    task_codes: tuple[str, ...]
    application_type: str
    business: BusinessShape
    status_code: str
    description: str
    timestamp: str
    staff: StaffShape | None
    signed_header: bool

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        said, operation = asdict(envelope), OperationName[envelope.business.operation.name]
        return cls.model_validate(
            {**said, "code": envelope.code, "business": {**said["business"], "operation": operation}}
        )


class FileShape(Shape):
    """One file of a letter, without base64 and without a ZIP that a sender's SDK put around it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    index: int
    name: str
    size: int
    sha256: str
    content_type: str
    description: str


class LetterContents(Shape):
    """One letter, looked into: what it says, the files in it, and what was noticed in reading it."""

    letter_id: str
    size: int
    sha256: str
    envelope: EnvelopeShape
    attachments: tuple[FileShape, ...]
    findings: tuple[FindingShape, ...]

"""
The nouns of the post office.

Frozen data, no behaviour beyond what follows from the fields. Times are aware UTC.
Names are those of docs/glossary.md (code name · legal term · edXML element).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import NewType

LetterId = NewType("LetterId", str)
"""UUIDv7 in canonical text form, minted at intake; between nodes the only key of a letter."""

NodeId = NewType("NodeId", str)
"""Name of a node of the axis, e.g. `H14` or `H14.31`."""

AgencyCode = NewType("AgencyCode", str)
"""Primary code of an agency in the directory (mã định danh)."""


class Kind(StrEnum):
    """The two messages of the axis (gói tin văn bản, gói tin trạng thái)."""

    DOCUMENT = "document"
    STATUS = "status"


class Lane(StrEnum):
    """The three ways over a link; urgent mail never queues behind bulk."""

    CONTROL = "control"
    URGENT = "urgent"
    NORMAL = "normal"


class Operation(IntEnum):
    """BussinessDocType (nghiệp vụ): what a document does to an earlier one."""

    NEW = 0
    RECALL = 1
    UPDATE = 2
    REPLACE = 3


class Dialect(StrEnum):
    """How edXML is written for a partner's system (gateway/core/renderings)."""

    AS_SENT = "as-sent"  #: to the byte what the sender handed in
    JAVA_SDK = "java-sdk"
    DOTNET = "dotnet"
    NATIONAL_AXIS = "national-axis"  #: as the national axis writes anew what it relays


# --- the document inside -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Organ:
    """A From or To block: an agency as the letter names it."""

    code: str
    name: str = ""
    parent_agency: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class InReplyTo:
    """A ResponseFor block: the document this message answers, recalls or reports on."""

    organ: str = ""
    code: str = ""
    document_id: str = ""
    issue_date: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """A StaffInfo block (người thực hiện)."""

    department: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""
    department_id: str = ""
    staff_id: str = ""


@dataclass(frozen=True, slots=True)
class ReceiverChange:
    """One Receiver of an update: dropped (0) or newly added (1)."""

    organ: str
    added: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    """One document that this one replaces, and for whom (empty: for every receiver of it)."""

    document_id: str
    organs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Business:
    """The Bussiness block (spelt so on the wire)."""

    operation: Operation = Operation.NEW
    document_id: str = ""
    reason: str = ""
    paper_copy: bool = False
    information_changed: bool = False
    receivers_changed: bool = False
    receivers: tuple[ReceiverChange, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    staff: tuple[Staff, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One TraceHeader: a node that an earlier axis says the letter passed."""

    organ: str = ""
    timestamp: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment as the reader paired it from manifest and body.

    `part` is the index of its blob in the parts manifest (0-based, document order), `wrapped` says that
    the bytes are a ZIP that the sender's SDK put around one file.
    """

    part: int
    content_id: str
    name: str = ""
    description: str = ""
    content_type: str = ""
    wrapped: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """An edXML message without its attachments' bytes, whatever dialect it came in.

    Text is what the sender wrote, trimmed; placeholders (`N/A`, `null`) and empty elements read as "".
    Dates stay text here (relayed unchanged); `issue_day` reads them.
    """

    kind: Kind
    sender: Organ
    recipients: tuple[Organ, ...] = ()
    document_id: str = ""
    code_number: str = ""
    code_notation: str = ""
    issue_place: str = ""
    issue_date: str = ""
    type_code: str = ""
    type_detail: str = ""
    type_name: str = ""
    subject: str = ""
    content: str = ""
    signing_capacity: str = ""
    signer_position: str = ""
    signer_name: str = ""
    due_date: str = ""
    listed_recipients: tuple[str, ...] = ()
    priority: int = 0
    circulation_note: str = ""
    typer_notation: str = ""
    issued_amount: str = ""
    page_amount: str = ""
    direction: str = ""
    reply_fors: str = ""
    reference_codes: str = ""
    appendices: tuple[str, ...] = ()
    in_reply_to: tuple[InReplyTo, ...] = ()
    steering_type: str = ""
    task_codes: tuple[str, ...] = ()
    application_type: str = ""
    traces: tuple[Trace, ...] = ()
    business: Business = field(default_factory=Business)
    attachments: tuple[Attachment, ...] = ()
    # of a status message only
    status_code: str = ""
    description: str = ""
    timestamp: str = ""
    staff: Staff | None = None
    signed_header: bool = False

    @property
    def code(self) -> str:
        """Number and notation in the one string that ResponseFor/Code uses, e.g. `7816/VPCP-TTĐT`."""
        return "/".join(p for p in (self.code_number, self.code_notation) if p)


# --- what the axis carries ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a letter as the manifest of the wire names it.

    `name` is `routing.json`, `parts.json`, `envelope.xml`, `signatures001.xml` or `parts/NNNN[.b64]`.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """One recipient of routing.json: the code the sender named, the code to serve, and its node."""

    named: str
    code: AgencyCode
    node: NodeId


@dataclass(frozen=True, slots=True)
class Routing:
    """
    routing.json: everything a node needs to carry a letter; resolved once, at the origin.

    `deliver_by` is the hour by which its sender wants it at the door. `signed_at` is the time of the seal
    that the agency itself made over the letter, where the origin has verified one.
    """

    protocol: int
    letter_id: LetterId
    kind: Kind
    origin: NodeId
    sender: AgencyCode
    recipients: tuple[Addressee, ...]
    directory_version: int
    lane: Lane
    rank: int
    accepted_at: datetime
    expires_at: datetime
    original_sha256: str
    original_size: int
    enc: str = "none"
    takes_back: tuple[LetterId, ...] = ()  #: of a status 13: the letters it asks to have back
    deliver_by: datetime | None = None
    signed_at: datetime | None = None
    #: every code under which a recipient stands here; each of its doors asks, and there may be thousands
    addressed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = frozenset(code for one in self.recipients for code in (one.named, one.code))
        object.__setattr__(self, "addressed", codes)


@dataclass(frozen=True, slots=True)
class Change:
    """An earlier document that an update or a replacement names, and what changes for whom."""

    document_id: str
    organs: tuple[str, ...] = ()  #: for whom it is replaced (none: for all)
    dropped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a status or a search finds a letter by, taken from its envelope."""

    document_id: str = ""
    code: str = ""
    issue_date: str = ""
    subject: str = ""
    sender_code: str = ""  #: as the message writes it, which may be an alias
    sender_name: str = ""
    priority: int = 0
    operation: Operation = Operation.NEW
    status_code: str = ""
    in_reply_to: tuple[InReplyTo, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    task_codes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()  #: the earlier documents that it updates or replaces
    dossier_codes: tuple[str, ...] = ()
    reference_codes: tuple[str, ...] = ()
    due_date: str = ""  #: hạn xử lý, as the sender wrote it


def issue_day(text: str) -> date | None:
    """The calendar day of a date in any form seen on the axis, or None.

    Spec: QCVN102 dates (yyyy/MM/dd is the written form)
    """
    head = text.strip().replace("T", " ").split(" ")[0].replace("-", "/").replace(".", "/")
    fields = head.split("/")
    if len(fields) != 3 or not all(f.isdigit() and f.isascii() for f in fields):
        return None
    first, month, last = fields
    year, day = (first, last) if len(first) == 4 else (last, first)
    if len(year) != 4:
        return None
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None

"""
What /v1 says in JSON. The server writes these, the client reads them, OpenAPI is made from them.

Times are RFC 3339 in UTC. Sentences for people come in Vietnamese (`vi`) and English (`en`); programs go by
the codes. A client must accept fields that it does not know: answers may grow within /v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import ConfigDict, Field

from gateway.core.catalogue import FAULTS
from gateway.core.directory import Agency, Directory
from gateway.core.errors import find
from gateway.core.model import Kind
from gateway.core.stages import Stage
from gateway.core.tracking import RecipientTrack, StatusLine, Tracking
from gateway.core.whereabouts import where, where_in_all
from gateway.ports import Accepted, RecipientAnswer
from gateway.v1.deadlines import DeadlineShape
from gateway.v1.findings import NO_WORDS, in_words
from gateway.v1.findings import FaultShape as FaultShape
from gateway.v1.findings import FindingShape as FindingShape
from gateway.v1.findings import Problem as Problem
from gateway.v1.findings import Shape as Shape
from gateway.v1.findings import Words as Words
from gateway.v1.links import LinkShape, RequestShape
from gateway.v1.mailbox import HistoryLine as HistoryLine
from gateway.v1.mailbox import HistoryPage as HistoryPage
from gateway.v1.mailbox import MailboxPage as MailboxPage
from gateway.v1.mailbox import MailLine as MailLine
from gateway.v1.mailbox import ReplayAnswer as ReplayAnswer
from gateway.v1.seals import ObjectionShape as ObjectionShape
from gateway.v1.seals import SealShape as SealShape
from gateway.v1.seals import VerificationShape as VerificationShape

# --- sending -------------------------------------------------------------------------------------


class RecipientShape(Shape):
    """What becomes of a letter for one recipient: `code` is empty when it is on its way."""

    named: str
    served: str
    code: str = ""
    vi: str = ""
    en: str = ""

    @classmethod
    def of(cls, answer: RecipientAnswer) -> RecipientShape:
        fault = FAULTS.get(answer.code)
        told = find(fault, organ=answer.named, successor=answer.served) if fault else None
        return cls(
            named=answer.named,
            served=answer.served,
            code=answer.code,
            vi=told.vi if told else "",
            en=told.en if told else "",
        )


class LetterAnswer(Shape):
    """The office's answer to a letter. `letter_id` is empty after a dry run, which queues nothing."""

    letter_id: str
    kind: Kind
    document_id: str
    accepted_at: datetime
    expires_at: datetime
    repeated: bool
    recipients: tuple[RecipientShape, ...]
    findings: tuple[FindingShape, ...]

    @classmethod
    def of(cls, accepted: Accepted) -> LetterAnswer:
        return cls(
            letter_id=accepted.letter_id,
            kind=accepted.kind,
            document_id=accepted.document_id,
            accepted_at=accepted.accepted_at,
            expires_at=accepted.expires_at,
            repeated=accepted.repeated,
            recipients=tuple(map(RecipientShape.of, accepted.recipients)),
            findings=tuple(map(FindingShape.of, accepted.findings)),
        )


class StatusReport(Shape):
    """A status to be sent about a letter: `code` is 01-06, 15, 16 for a receiver, 13 for the sender.

    Unknown fields are refused here: a misspelt `description` would send a refusal without its reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[0-9]{1,2}$")
    description: str = Field(default="", max_length=10_000)
    staff: str = Field(default="", max_length=500)


# --- where a letter is ---------------------------------------------------------------------------


class CrossingShape(Shape):
    """One link crossed; a time is missing where its report got lost."""

    from_node: str
    to_node: str
    at: datetime | None
    seconds: float | None


class StatusShape(Shape):
    """One status of the history, with its sender's own time and the time it arrived."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    code: str
    vi: str
    en: str
    reported_at: str
    arrived_at: datetime
    description: str
    staff: str
    is_automatic: bool
    is_notice: bool


class StageShape(Shape):
    """Where the letter stands: `code` for programs, words for people."""

    code: Stage
    vi: str
    en: str
    is_final: bool


class TroubleShape(Shape):
    """The last trouble on the way."""

    code: str
    vi: str
    en: str


class RecipientTracking(Shape):
    """Where a letter is for one recipient; see gateway.core.tracking.RecipientTrack."""

    named: str
    code: str
    name: str
    stage: StageShape
    way: tuple[str, ...]
    crossings: tuple[CrossingShape, ...]
    at: str
    holder: str
    holder_name: str
    since: datetime | None
    next_try_at: datetime | None
    trouble: TroubleShape | None
    status: StatusShape | None
    statuses: tuple[StatusShape, ...]
    where: Words = NO_WORDS  # in one line
    held_since: datetime | None = None
    next_node: str | None = None
    attempts: int = 0
    seal: SealShape = SealShape.of(None)
    expected_at: datetime | None = None
    deadlines: tuple[DeadlineShape, ...] = ()  # of the recipient, and of the axis towards it
    requests: tuple[RequestShape, ...] = ()  # what it was asked to do with the document, and its answers

    @classmethod
    def of(cls, track: RecipientTrack) -> RecipientTracking:
        stage = track.stage
        return cls(
            named=track.named,
            code=track.code,
            name=track.name,
            stage=StageShape(code=stage, vi=stage.vi, en=stage.en, is_final=stage.is_final),
            way=tuple(track.way),
            crossings=tuple(
                CrossingShape(from_node=c.from_node, to_node=c.to_node, at=c.at, seconds=c.seconds)
                for c in track.crossings
            ),
            at=track.at,
            holder=track.holder,
            holder_name=track.holder_name,
            since=track.since,
            next_try_at=track.next_try_at,
            trouble=TroubleShape(code=track.last_code, vi=track.last_code_vi, en=track.last_code_en)
            if track.last_code
            else None,
            status=_status(track.status) if track.status else None,
            statuses=tuple(map(_status, track.statuses)),
            where=in_words(where(track)),
            held_since=track.held_since,
            next_node=track.next_node,
            attempts=track.attempts,
            seal=SealShape.of(track.seal),
            expected_at=track.expected_at,
            deadlines=tuple(map(DeadlineShape.of, track.deadlines)),
            requests=tuple(map(RequestShape.of, track.requests)),
        )


def _status(line: StatusLine) -> StatusShape:
    return StatusShape.model_validate(line)


class TrackingShape(Shape):
    """
    Where a letter is, for each of its recipients.

    `subject` is empty for a receiver who has not opened the letter, and for a key of operators.
    """

    letter_id: str
    kind: Kind
    sender: str
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    subject: str
    status_code: str
    origin: str
    accepted_at: datetime
    expires_at: datetime
    size: int
    is_final: bool
    recipients: tuple[RecipientTracking, ...]
    where: Words = NO_WORDS  # in one line, for all recipients
    deadlines: tuple[DeadlineShape, ...] = ()  # of the sender
    links: tuple[LinkShape, ...] = ()  # the documents that it answers or changes, or that do so to it

    @classmethod
    def of(cls, tracking: Tracking) -> TrackingShape:
        return cls(
            letter_id=tracking.letter_id,
            kind=tracking.kind,
            sender=tracking.sender,
            sender_name=tracking.sender_name,
            document_id=tracking.document_id,
            code=tracking.code,
            issue_date=tracking.issue_date,
            subject=tracking.subject,
            status_code=tracking.status_code,
            origin=tracking.origin,
            accepted_at=tracking.accepted_at,
            expires_at=tracking.expires_at,
            size=tracking.size,
            is_final=tracking.is_final,
            recipients=tuple(map(RecipientTracking.of, tracking.recipients)),
            where=in_words(where_in_all(tracking)),
            deadlines=tuple(map(DeadlineShape.of, tracking.deadlines)),
            links=tuple(map(LinkShape.of, tracking.links)),
        )


# --- agencies, and the node itself ---------------------------------------------------------------


class AgencyShape(Shape):
    """An agency that letters can be addressed to. A closed one names its successor."""

    code: str
    name: str
    node: str
    node_name: str
    aliases: tuple[str, ...]
    parent: str
    tier: str
    is_open: bool
    locked: bool
    successor: str

    @classmethod
    def of(cls, agency: Agency, directory: Directory, on: date) -> AgencyShape:
        node = directory.node(agency.node)
        return cls(
            code=agency.code,
            name=agency.name,
            node=agency.node,
            node_name=node.name if node else "",
            aliases=agency.aliases,
            parent=agency.parent,
            tier=agency.tier,
            is_open=agency.is_open(on),
            locked=agency.locked,
            successor=agency.successor,
        )


class AgencyPage(Shape):
    """Agencies that fit a search. `directory_version` tells whether a kept copy is still current."""

    directory_version: int
    agencies: tuple[AgencyShape, ...]


class HealthShape(Shape):
    """The node answers; `time` is its clock."""

    alive: bool
    node: str
    time: datetime


class ReadinessShape(Shape):
    """Whether the node takes letters. A link that is down does not stop it: letters wait in the store."""

    ready: bool
    node: str
    store: bool
    draining: bool
    links: Mapping[str, bool]

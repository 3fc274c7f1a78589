"""
Letters that were looked for: a line each, and where each is if that was asked for.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.core.model import Kind
from gateway.core.tracking import Tracking
from gateway.core.whereabouts import where_in_all
from gateway.ports import Caller, TrackRecord, Wanted
from gateway.v1.findings import NO_WORDS, Shape, Words, in_words
from gateway.v1.metadata import written
from gateway.v1.moments import Day, Moment
from gateway.v1.operations import LETTER_ID
from gateway.v1.query import Flag, Number, Query, Text, described
from gateway.v1.shapes import TrackingShape


class Direction(StrEnum):
    """Which way a letter went, as the caller sees it."""

    SENT = "sent"
    RECEIVED = "received"


class FindQuery(Query):
    """What is looked for; what is left out does not count, all the rest must fit."""

    find: Text = described(
        "",
        "letter_id, DocumentId, hoặc số và ký hiệu (12/UBND-VX)",
        "letter_id, DocumentId, or number and notation (12/UBND-VX)",
        examples=["12/UBND-VX"],
    )
    code: Text = described("", "Số và ký hiệu", "Number and notation", examples=["7816/VPCP-TTĐT"])
    document_id: Text = described("", "Mã định danh văn bản", "Document id")
    issue_date: Day | None = described(None, "Ngày ban hành", "Date of issue", examples=["2026-11-23"])
    sha256: Text = described(
        "",
        "SHA-256 của đúng các byte đã gửi: tìm lại văn bản khi mất câu trả lời",
        "SHA-256 of the very bytes that were sent: finds the letter whose answer got lost",
        pattern=r"^([0-9a-fA-F]{64})?$",
    )
    task_code: Text = described(
        "",
        "Mã nhiệm vụ",
        "Code of a task",
        examples=["439684_H23-NV-G22-2024-011227004"],
    )
    reference: Text = described(
        "", "Mã tham chiếu, mã hồ sơ một cửa", "Reference code, code of a one-stop dossier"
    )
    replies_to: Text = described(
        "",
        "Trả lời văn bản này: DocumentId, hoặc số và ký hiệu",
        "That answer this document: DocumentId, or number and notation",
    )
    kind: Kind | None = described(
        None, "Chỉ văn bản, hoặc chỉ trạng thái", "Only documents, or only statuses"
    )
    direction: Direction | None = described(None, "Chỉ văn bản đi, hoặc đến", "Only sent, or only received")
    since: Moment | None = described(None, "Nút nhận từ lúc này", "That this node got from then on")
    until: Moment | None = described(None, "Nút nhận trước lúc này", "That this node got before then")
    before: Text = described(
        "",
        "Con trỏ: next của trang trước",
        "Cursor: the next of the page before",
        pattern=f"^({LETTER_ID.pattern})?$",
    )
    limit: Number = described(20, "Tối đa bao nhiêu văn bản", "At most so many letters", ge=1, le=100)
    full: Flag = described(
        False, "true: kèm hành trình từng văn bản", "true: with the tracking of each letter"
    )

    def wanted(self) -> Wanted:
        """The same in the words of the office."""
        return Wanted(
            text=self.find,
            kind=self.kind,
            document_id=self.document_id,
            code=self.code,
            issue_date=written(self.issue_date),
            sha256=self.sha256.lower(),
            task_code=self.task_code,
            reference=self.reference,
            replies_to=self.replies_to,
            sent=None if self.direction is None else self.direction is Direction.SENT,
            since=self.since,
            until=self.until,
        )


class LetterLine(Shape):
    """
    One letter in a few words; `tracking` only where it was asked for.

    `subject` is empty for a receiver who has not opened the letter.
    """

    letter_id: str
    kind: Kind
    direction: Direction
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    document_id: str
    code: str
    issue_date: str
    subject: str
    priority: int
    status_code: str
    size: int
    sha256: str
    received_at: datetime
    where: Words = NO_WORDS  # in one line
    tracking: TrackingShape | None

    @classmethod
    def of(
        cls, record: TrackRecord, caller: Caller, tracking: Tracking, shown: TrackingShape | None = None
    ) -> LetterLine:
        letter = record.letter
        routing, facts = letter.routing, letter.facts
        is_sent = routing.sender in caller.agencies
        return cls(
            letter_id=routing.letter_id,
            kind=routing.kind,
            direction=Direction.SENT if is_sent else Direction.RECEIVED,
            sender=routing.sender,
            sender_name=facts.sender_name,
            recipients=tuple(addressee.named for addressee in routing.recipients),
            document_id=facts.document_id,
            code=facts.code,
            issue_date=facts.issue_date,
            subject=facts.subject if record.is_open_to(caller.agencies) else "",
            priority=facts.priority,
            status_code=facts.status_code,
            size=routing.original_size,
            sha256=routing.original_sha256,
            received_at=letter.received_at,
            where=in_words(where_in_all(tracking)),
            tracking=shown,
        )


class LettersFound(Shape):
    """Letters that fit, newest first. `next` is the `before` of the following page, None at the end."""

    letters: tuple[LetterLine, ...]
    next: str | None

"""
How a letter is handed in without edXML: what it says, as JSON, beside its files.

Names are those of docs/glossary.md. It is read strictly, down to the last field: what is misspelt or of
another type is refused, since it would be lost silently.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from gateway.core.groups import MOST_RECIPIENTS
from gateway.core.model import (
    Business,
    Envelope,
    InReplyTo,
    Kind,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
    Staff,
)
from gateway.v1.findings import Shape, Wish
from gateway.v1.lifetime import Lifetime
from gateway.v1.moments import Moment
from gateway.v1.query import described

ONE_LINE = r"^[^\x00-\x1f\x7f\ufffe\uffff]*$"
SOME_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$"
"""Without what XML cannot hold: it would be dropped, and another number or name sent than was given."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=ONE_LINE)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000, pattern=SOME_LINES)]
Subject = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=SOME_LINES)
]
CodeText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=ONE_LINE)
]


URGENCIES = ("thường", "khẩn", "thượng khẩn", "hỏa tốc", "hỏa tốc hẹn giờ")
"""The words for OtherInfo/Priority 0-4. Spec: QCVN102/Priority"""

Urgency = Literal[0, 1, 2, 3, 4, "thường", "khẩn", "thượng khẩn", "hỏa tốc", "hỏa tốc hẹn giờ"]


class OperationName(StrEnum):
    """What a document does to an earlier one. Spec: QCVN102/Bussiness"""

    NEW = "new"
    RECALL = "recall"
    UPDATE = "update"
    REPLACE = "replace"

    @property
    def operation(self) -> Operation:
        """The same as edXML counts it."""
        return Operation[self.name]


class ReplyWish(Wish):
    """A document that this one answers or takes back."""

    organ: Line = described("", "Mã cơ quan ban hành văn bản đó", "Code of its agency")
    code: Line = described("", "Số và ký hiệu, 267/VPCP-TTĐT", "Its number and notation, 267/VPCP-TTĐT")
    document_id: Line = described("", "Mã định danh văn bản đó", "Its document id")
    issue_date: date | None = described(None, "Ngày ban hành văn bản đó", "When it was issued")

    def reply(self) -> InReplyTo:
        return InReplyTo(self.organ, self.code, self.document_id, written(self.issue_date))


class StaffWish(Wish):
    """Somebody who works on the document."""

    name: Line = described("", "Họ và tên", "Name")
    department: Line = described("", "Đơn vị", "Department")
    department_id: Line = described("", "Mã đơn vị", "Its id")
    staff_id: Line = described("", "Mã cán bộ", "Id of the person")
    email: Line = described("", "Thư điện tử", "Mail address")
    mobile: Line = described("", "Điện thoại", "Telephone")

    def staff(self) -> Staff:
        return Staff(**self.model_dump())


class ReceiverWish(Wish):
    """A receiver that an update adds or drops."""

    organ: CodeText = described(..., "Mã đơn vị nhận", "Code of the receiver")
    added: bool = described(..., "true: thêm; false: bớt", "true: added; false: dropped")


class ReplacementWish(Wish):
    """A document that this one replaces."""

    document_id: CodeText = described(..., "Mã định danh văn bản bị thay thế", "Id of what is replaced")
    organs: tuple[CodeText, ...] = described(
        (),
        "Thay thế tại những đơn vị này; trống: tất cả",
        "For these receivers; empty: for all",
        max_length=1000,
    )


class BusinessWish(Wish):
    """What the document does to an earlier one. Spec: QCVN102/Bussiness"""

    operation: OperationName = described(
        OperationName.NEW,
        "new: mới; recall: thu hồi; update: cập nhật; replace: thay thế",
        "What it does to an earlier document",
    )
    document_id: Line = described(
        "", "Mã định danh văn bản bị thu hồi, cập nhật", "Id of the document recalled or updated"
    )
    reason: Line = described("", "Lý do", "Reason")
    information_changed: bool = described(False, "Cập nhật thông tin", "Its information changes")
    receivers_changed: bool = described(False, "Cập nhật nơi nhận", "Its receivers change")
    receivers: tuple[ReceiverWish, ...] = described(
        (), "Nơi nhận thêm hoặc bớt", "Receivers added or dropped", max_length=MOST_RECIPIENTS
    )
    replacements: tuple[ReplacementWish, ...] = described(
        (), "Các văn bản bị thay thế", "What is replaced", max_length=1000
    )


class LetterMetadata(Wish):
    """What a document says, beside its files. The node writes the edXML; the same again is the same bytes."""

    sender: Line = described(
        "",
        "Mã đơn vị gửi; bỏ trống khi khóa chỉ của một đơn vị",
        "Code of the sending agency; may be left out if the key is of one agency only",
    )
    recipients: tuple[CodeText, ...] = described(
        ...,
        "Mã các đơn vị nhận, hoặc nhóm như @tinh, @xa:H14",
        "Codes of the recipients, or groups such as @tinh, @xa:H14",
        min_length=1,
        max_length=MOST_RECIPIENTS,
    )
    code_number: CodeText = described(..., "Số văn bản", "Number", examples=["12"])
    code_notation: CodeText = described(..., "Ký hiệu văn bản", "Notation", examples=["UBND-VX"])
    issue_date: date = described(..., "Ngày ban hành", "Date of issue", examples=["2026-11-23"])
    subject: Subject = described(..., "Trích yếu", "Subject")
    document_id: Line = described(
        "",
        "Mã định danh văn bản; bỏ trống thì là «mã đơn vị,yyyy/MM/dd,số/ký hiệu»",
        "Document id; left out, it is `agency,yyyy/MM/dd,number/notation`",
    )
    issue_place: Line = described("", "Địa danh", "Place of issue")
    type_name: Line = described("", "Tên loại văn bản", "Type of document", examples=["Công văn"])
    type_code: int | None = described(None, "Mã loại văn bản", "Code of the type", ge=0, le=999)
    type_detail: int | None = described(None, "Mã loại chi tiết", "Code of its detail", ge=0, le=999)
    content: Paragraph = described(
        "", "Nội dung tóm tắt; trống: như trích yếu", "Summary; empty: as the subject"
    )
    signing_capacity: Line = described("", "Quyền hạn ký (TM., KT., TL., TUQ., Q.)", "Capacity of the signer")
    signer_position: Line = described("", "Chức vụ người ký", "Position of the signer")
    signer_name: Line = described("", "Họ tên người ký", "Name of the signer")
    due_date: date | None = described(None, "Hạn xử lý", "To be answered by")
    urgency: Urgency = described(0, "Mức độ khẩn, bằng chữ hoặc số 0-4", "Urgency, in words or as 0-4")
    listed_recipients: tuple[Line, ...] = described(
        (), "Các dòng «Nơi nhận» trên văn bản", "The printed list of recipients", max_length=1000
    )
    appendices: tuple[Line, ...] = described((), "Tên các phụ lục", "Names of appendices", max_length=1000)
    in_reply_to: tuple[ReplyWish, ...] = described(
        (), "Văn bản được trả lời", "Documents that this one answers", max_length=1000
    )
    business: BusinessWish = described(
        BusinessWish(), "Nghiệp vụ: mới, thu hồi, cập nhật, thay thế", "Operation"
    )
    paper_copy: bool = described(False, "Có gửi kèm bản giấy", "A paper copy follows")
    staff: tuple[StaffWish, ...] = described((), "Người thực hiện", "Who works on it", max_length=100)
    task_codes: tuple[Line, ...] = described((), "Mã nhiệm vụ", "Codes of tasks", max_length=1000)
    steering_type: int | None = described(None, "Loại chỉ đạo", "Steering type", ge=0, le=9)
    circulation_note: Line = described("", "Phạm vi lưu hành", "How it may circulate")
    typer_notation: Line = described("", "Ký hiệu người soạn thảo", "Mark of who typed it")
    issued_amount: int | None = described(None, "Số lượng bản phát hành", "Copies issued", ge=0, le=999_999)
    page_amount: int | None = described(None, "Số trang", "Pages", ge=0, le=999_999)
    direction: bool | None = described(None, "Văn bản chỉ đạo", "A directing document")
    reply_fors: Line = described("", "ReplyFors của SDK", "ReplyFors of the SDK")
    reference_codes: Line = described("", "ReferenceCodes của SDK", "ReferenceCodes of the SDK")
    application_type: Line = described("", "ApplicationType của SDK", "ApplicationType of the SDK")
    ttl: Lifetime | None = described(
        None,
        "Thời hạn trên trục: 90m, 12h, 3d",
        "How long it may take on the axis: 90m, 12h, 3d",
    )
    deliver_by: Moment | None = described(
        None,
        "Phải tới nơi trước giờ này (hỏa tốc hẹn giờ), RFC 3339",
        "Must be at the door by this hour, RFC 3339",
    )

    def envelope(self, sender: Organ, recipients: Iterable[Organ]) -> Envelope:
        """The envelope of this document, without its attachments. No clock: the same gives the same.

        Spec: QCVN102/MessageHeader, QCVN102/DocumentId
        """
        issued = written(self.issue_date)
        code = f"{self.code_number}/{self.code_notation}"
        return Envelope(
            kind=Kind.DOCUMENT,
            sender=sender,
            recipients=tuple(recipients),
            document_id=self.document_id or f"{sender.code},{issued},{code}",
            code_number=self.code_number,
            code_notation=self.code_notation,
            issue_place=self.issue_place,
            issue_date=issued,
            type_code=_number(self.type_code),
            type_detail=_number(self.type_detail),
            type_name=self.type_name,
            subject=self.subject,
            content=self.content or self.subject,
            signing_capacity=self.signing_capacity,
            signer_position=self.signer_position,
            signer_name=self.signer_name,
            due_date=written(self.due_date),
            listed_recipients=self.listed_recipients,
            priority=URGENCIES.index(self.urgency) if isinstance(self.urgency, str) else self.urgency,
            circulation_note=self.circulation_note,
            typer_notation=self.typer_notation,
            issued_amount=_number(self.issued_amount),
            page_amount=_number(self.page_amount),
            direction="" if self.direction is None else str(self.direction).lower(),
            reply_fors=self.reply_fors,
            reference_codes=self.reference_codes,
            appendices=self.appendices,
            in_reply_to=tuple(reply.reply() for reply in self.in_reply_to),
            steering_type=_number(self.steering_type),
            task_codes=self.task_codes,
            application_type=self.application_type,
            business=self._business(),
        )

    def _business(self) -> Business:
        said = self.business
        is_new = said.operation is OperationName.NEW
        return Business(
            operation=said.operation.operation,
            document_id=said.document_id,
            reason=said.reason or ("Văn bản điện tử mới" if is_new else ""),
            paper_copy=self.paper_copy,
            information_changed=said.information_changed,
            receivers_changed=said.receivers_changed,
            receivers=tuple(ReceiverChange(r.organ, r.added) for r in said.receivers),
            replacements=tuple(Replacement(r.document_id, r.organs) for r in said.replacements),
            staff=tuple(person.staff() for person in self.staff),
        )


def written(day: date | None) -> str:
    """A day as edXML writes it. Spec: QCVN102/dates"""
    return "" if day is None else day.isoformat().replace("-", "/")


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


class LetterForm(Shape):
    """The form that sends a document: first `metadata`, then its files in their order."""

    metadata: LetterMetadata
    files: tuple[bytes, ...] = described(
        (),
        "Các tệp đính kèm; tên phần tùy ý, phải có tên tệp",
        "The files; any part name, each with a filename",
    )


class UploadReference(Wish):
    """A document that lies at the node already, uploaded in pieces."""

    upload: CodeText = described(..., "Mã lượt tải lên đã đủ", "Id of a complete upload")
    to: tuple[CodeText, ...] = described(
        (), "Chỉ gửi cho các đơn vị này", "Only these recipients", max_length=MOST_RECIPIENTS
    )
    ttl: Lifetime | None = described(
        None,
        "Thời hạn trên trục: 90m, 12h, 3d",
        "How long it may take on the axis: 90m, 12h, 3d",
    )
    deliver_by: Moment | None = described(
        None,
        "Phải tới nơi trước giờ này (hỏa tốc hẹn giờ), RFC 3339",
        "Must be at the door by this hour, RFC 3339",
    )

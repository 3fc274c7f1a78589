"""
POST /v1/letters: how a document or a status is handed in, in whichever form.

    raw bytes   an edXML message, or a container that the agency sealed
    a form      what it says as JSON, then its files: the edXML is made here
    JSON        the id of an upload that lies here already

They all become one stream of bytes that the office takes; every decision is the office's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from gateway.core.calendar import today
from gateway.core.catalogue import (
    BODY_TOO_LARGE,
    CONTAINER_REFUSED,
    DISK_FULL,
    DRAINING,
    FAULTS,
    GROUP_EMPTY,
    GROUP_TOO_LARGE,
    GROUP_UNKNOWN,
    KEY_REUSED,
    NO_KNOWN_RECIPIENT,
    QUOTA,
    RECIPIENT_CLOSED,
    RECIPIENT_LOCKED,
    RECIPIENT_SIZE,
    RECIPIENT_TYPES,
    RECIPIENT_UNKNOWN,
    SENDER_NOT_CALLER,
    SENDER_UNKNOWN,
    UNKNOWN_UPLOAD,
    UPLOAD_UNFINISHED,
)
from gateway.core.errors import Blame, Fault, Severity
from gateway.http.composing import composed, received
from gateway.http.surroundings import Surroundings
from gateway.http.upload_files import Upload
from gateway.ports import Accepted
from gateway.v1 import request as asked
from gateway.v1.lifetime import Lifetime
from gateway.v1.messages import EDXML
from gateway.v1.metadata import LetterForm, UploadReference
from gateway.v1.moments import Moment
from gateway.v1.multipart import boundary_of
from gateway.v1.operations import (
    IDEMPOTENCY_KEY,
    JSON,
    LETTERS,
    LOCATION,
    Answer,
    Body,
    Operation,
    json_answer,
)
from gateway.v1.query import Flag, Query, Text, described
from gateway.v1.shapes import LetterAnswer
from gateway.v1.transfer import body, in_threads

ASICE = "application/vnd.etsi.asic-e+zip"
FORM = "multipart/form-data"
NAMES_IT = {"letter_id": "/letter_id"}
TAKEN = Answer(
    201, "Đã nhận, sẽ phát", "Taken, will be delivered", LetterAnswer, headers=(LOCATION,), gives=NAMES_IT
)

A_LETTER = {
    "recipients": ["000.00.31.H14"],
    "code_number": "12",
    "code_notation": "UBND-VX",
    "issue_date": "2026-11-23",
    "subject": "V/v báo cáo số liệu trường học",
}

IN_THE_LETTER: tuple[Fault, ...] = tuple(
    fault
    for fault in FAULTS.values()
    if fault.code[5] in "123" and fault.severity is Severity.ERROR and fault.blame is Blame.SENDER
)
"""What can be wrong with a letter itself: reading its bytes, its elements, and the rules of business."""

TO_ITS_PARTIES: tuple[Fault, ...] = (
    SENDER_NOT_CALLER,
    SENDER_UNKNOWN,
    RECIPIENT_UNKNOWN,
    RECIPIENT_CLOSED,
    RECIPIENT_LOCKED,
    RECIPIENT_SIZE,
    RECIPIENT_TYPES,
    NO_KNOWN_RECIPIENT,
    GROUP_UNKNOWN,
    GROUP_EMPTY,
    GROUP_TOO_LARGE,
)
AT_INTAKE: tuple[Fault, ...] = (
    *IN_THE_LETTER,
    *TO_ITS_PARTIES,
    KEY_REUSED,
    QUOTA,
    CONTAINER_REFUSED,
    BODY_TOO_LARGE,
    DISK_FULL,
    DRAINING,
)
"""With what a letter that is handed in can be refused, whichever way it was put together."""


class SendQuery(Query):
    """What may be asked of a sending."""

    to: tuple[Text, ...] = described(
        (),
        "Chỉ gửi cho các đơn vị nhận này: mã định danh, hoặc nhóm như @tinh, @xa:H14",
        "Only these recipients: agency codes, or groups such as @tinh, @xa:H14",
    )
    ttl: Lifetime | None = described(
        None,
        "Quá thời gian này (90m, 12h, 3d) mà chưa tới nơi thì Trục trả lại; không dài hơn mức chung của trục",
        "Return it if it has not arrived after this time (90m, 12h, 3d); the axis' own limit holds as well",
    )
    deliver_by: Moment | None = described(
        None,
        "Phải tới nơi trước giờ này (hỏa tốc hẹn giờ), RFC 3339; sắp quá giờ mà chưa tới thì báo bên gửi",
        "Must be at the door by this hour, RFC 3339; the sender is told in time if it is not",
        examples=["2026-11-23T17:00:00+07:00"],
    )
    dry_run: Flag = described(
        False,
        "true: chỉ kiểm tra, trả về mọi phát hiện, không gửi gì",
        "true: only check; all findings are told and nothing is queued",
    )


@dataclass(frozen=True, slots=True)
class _HandedIn:
    """One stream of bytes for the office, for whom, and the upload that they come from, if any."""

    chunks: AsyncIterator[bytes]
    to: tuple[str, ...]
    upload: Upload | None = None
    ttl: timedelta | None = None
    deliver_by: datetime | None = None


class Sending:
    """The way in of one listener."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._office, self._uploads = surroundings.office, surroundings.uploads
        self._clock = surroundings.clock

    def operations(self) -> Sequence[Operation]:
        """The one operation, in all its forms."""
        return (self._send(),)

    def _send(self) -> Operation:
        return Operation(
            method="POST",
            path="/v1/letters",
            name="sendLetter",
            tag=LETTERS,
            vi="Gửi văn bản hoặc trạng thái",
            en="Send a document or a status",
            more_vi="Nhận xong là trách nhiệm của trục: phát đến nơi, hoặc báo lại. Gửi lại khi mất kết nối: "
            "dùng cùng Idempotency-Key, không bao giờ thành hai văn bản.",
            more_en="Once taken, the axis must deliver it or report back. After a broken connection send it "
            "again with the same Idempotency-Key: it never becomes two letters.",
            handler=self.send,
            query=SendQuery,
            headers=(IDEMPOTENCY_KEY,),
            bodies=(
                Body(EDXML, "Gói tin edXML (QCVN 102:2016)", "An edXML message (QCVN 102:2016)"),
                Body(
                    ASICE,
                    "Gói tin edXML cơ quan đã ký số tại chỗ (tệp ASiC-E của «truc seal»)",
                    "An edXML message that the agency sealed at its own office (ASiC-E of `truc seal`)",
                ),
                Body(
                    FORM,
                    "Phần đầu `metadata` là JSON, sau đó là các tệp: nút tạo gói tin edXML",
                    "First the part `metadata`, JSON, then the files: the node makes the edXML",
                    LetterForm,
                    {"metadata": A_LETTER},
                ),
                Body(
                    JSON,
                    "Gói tin đã tải lên từng đoạn ở /v1/uploads",
                    "A message that was uploaded in pieces at /v1/uploads",
                    UploadReference,
                    {"upload": "upl_5f0c2ab8e1d94c7730aa61be02d4c6f1"},
                ),
            ),
            answers=(
                TAKEN,
                Answer(
                    200,
                    "Đã có từ trước (repeated), hoặc chỉ kiểm tra thử (dry_run)",
                    "One that we had already (repeated), or a dry run",
                    LetterAnswer,
                ),
            ),
            faults=(*AT_INTAKE, UNKNOWN_UPLOAD, UPLOAD_UNFINISHED),
        )

    async def send(self, request: web.Request) -> web.Response:
        """Take a message. 201 for a new letter, 200 for one we already had and for a dry run."""
        query, key = asked.query(request, SendQuery), asked.idempotency_key(request)
        async with self._handed_in(request, tuple(code for code in query.to if code)) as given:
            accepted = await self._office.accept(
                given.chunks,
                asked.caller_of(request),
                to=given.to,
                idempotency_key=key,
                dry_run=query.dry_run,
                ttl=query.ttl or given.ttl,
                deliver_by=query.deliver_by or given.deliver_by,
            )
            if given.upload is not None and not query.dry_run:
                await self._uploads.sent(given.upload)
        return taken(accepted, is_new=not (accepted.repeated or query.dry_run))

    @asynccontextmanager
    async def _handed_in(self, request: web.Request, to: tuple[str, ...]) -> AsyncIterator[_HandedIn]:
        """What a request brings, by its Content-Type; what is neither form nor JSON is taken as it is."""
        caller = asked.caller_of(request)
        if request.content_type == FORM:
            boundary = boundary_of(request.headers["Content-Type"])
            async with received(body(request), boundary, self._uploads.folder) as form:
                day = today(self._clock.now())
                edxml = composed(form, caller, self._office.directory(), day)
                said = form.metadata
                yield _HandedIn(edxml, to, ttl=said.ttl, deliver_by=said.deliver_by)
        elif request.content_type == JSON:
            named = await asked.json_body(request, UploadReference)
            upload = await self._uploads.find(caller.name, named.upload)
            pieces = self._uploads.pieces(upload)
            wishes = (named.ttl, named.deliver_by)
            yield _HandedIn(in_threads(lambda: pieces), (*to, *named.to), upload, *wishes)
        else:
            yield _HandedIn(body(request), to)


def taken(accepted: Accepted, *, is_new: bool) -> web.Response:
    """The answer to a letter that was handed in: 201 and where it is tracked, or 200."""
    response = json_answer(LetterAnswer.of(accepted), status=201 if is_new else 200)
    if is_new:
        response.headers["Location"] = f"/v1/letters/{accepted.letter_id}"
    return response

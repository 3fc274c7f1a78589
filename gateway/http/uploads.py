"""
/v1/uploads: a document handed over in pieces, by tus 1.0, over a line that breaks.

What is complete is sent by POST /v1/letters with its id; until then it is nobody's letter.

Spec: TUS
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.core.catalogue import (
    DISK_FULL,
    MEDIA_TYPE,
    TOO_MANY_UPLOADS,
    TUS_VERSION,
    UNKNOWN_UPLOAD,
    UPLOAD_BUSY,
)
from gateway.core.catalogue import UPLOAD_CHECKSUM as CHECKSUM_DIFFERS
from gateway.core.catalogue import UPLOAD_OFFSET as OFFSET_DIFFERS
from gateway.core.errors import find
from gateway.http.problem import problem
from gateway.http.surroundings import Surroundings
from gateway.http.upload_files import Upload
from gateway.v1 import request as asked
from gateway.v1 import uploads as tus
from gateway.v1.operations import LETTERS, Access, Answer, Body, Header, Operation, json_answer
from gateway.v1.transfer import LIMITS, body
from gateway.v1.uploads import (
    OFFSET_STREAM,
    TUS_RESUMABLE,
    UPLOAD_CHECKSUM,
    UPLOAD_EXPIRES,
    UPLOAD_ID,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
    UploadShape,
)

ALL_HEADERS = (TUS_RESUMABLE, UPLOAD_OFFSET, UPLOAD_LENGTH, UPLOAD_EXPIRES)
MADE_AT = Header("Location", "Địa chỉ của lượt tải lên", "Where the upload is")


class Uploads:
    """The uploads of a node's callers."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._folder = surroundings.uploads

    def operations(self) -> Sequence[Operation]:
        """Everything about documents that come in pieces."""
        return (*self._of_all(), *self._of_one())

    def _of_all(self) -> Sequence[Operation]:
        return (
            Operation(
                method="OPTIONS",
                path="/v1/uploads",
                name="describeUploads",
                tag=LETTERS,
                access=Access.OPEN,
                vi="Nút nói được phần nào của tus 1.0",
                en="What of tus 1.0 this node speaks",
                handler=self.describe,
                answers=(Answer(204, "Trong các tiêu đề Tus-…", "Told in headers Tus-…"),),
            ),
            Operation(
                method="POST",
                path="/v1/uploads",
                name="createUpload",
                tag=LETTERS,
                vi="Bắt đầu tải lên một gói tin edXML theo từng đoạn (tus 1.0)",
                en="Begin to upload an edXML message in pieces (tus 1.0)",
                more_vi='Tải lên xong thì gửi bằng POST /v1/letters với {"upload": "…"}. '
                "Lượt tải lên được giữ 24 giờ.",
                more_en='Once complete, send it by POST /v1/letters with {"upload": "…"}. '
                "It is kept for 24 hours.",
                handler=self.create,
                headers=(TUS_RESUMABLE, UPLOAD_LENGTH),
                answers=(Answer(201, "Đã tạo", "Created", UploadShape, headers=(MADE_AT, *ALL_HEADERS)),),
                faults=(TUS_VERSION, TOO_MANY_UPLOADS, DISK_FULL),
            ),
        )

    def _of_one(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/uploads/{upload_id}",
                name="getUpload",
                tag=LETTERS,
                vi="Đã nhận được bao nhiêu; HEAD của tus cũng hỏi ở đây",
                en="How much has come; the HEAD of tus asks here too",
                handler=self.get,
                parameters=(UPLOAD_ID,),
                answers=(Answer(200, "Tình trạng", "How it stands", UploadShape, headers=ALL_HEADERS),),
                faults=(UNKNOWN_UPLOAD,),
                has_head=True,
            ),
            Operation(
                method="PATCH",
                path="/v1/uploads/{upload_id}",
                name="appendToUpload",
                tag=LETTERS,
                vi="Gửi đoạn tiếp theo",
                en="Send the next piece",
                handler=self.append,
                parameters=(UPLOAD_ID,),
                headers=(TUS_RESUMABLE, UPLOAD_OFFSET, UPLOAD_CHECKSUM),
                bodies=(Body(OFFSET_STREAM, "Các byte từ Upload-Offset", "The bytes from Upload-Offset on"),),
                answers=(Answer(204, "Đã nằm trên đĩa", "They are on disk", headers=ALL_HEADERS),),
                faults=(
                    *(UNKNOWN_UPLOAD, TUS_VERSION, MEDIA_TYPE, OFFSET_DIFFERS, CHECKSUM_DIFFERS),
                    *(UPLOAD_BUSY, DISK_FULL),
                ),
            ),
            Operation(
                method="DELETE",
                path="/v1/uploads/{upload_id}",
                name="endUpload",
                tag=LETTERS,
                vi="Bỏ lượt tải lên",
                en="End the upload",
                handler=self.remove,
                parameters=(UPLOAD_ID,),
                headers=(TUS_RESUMABLE,),
                answers=(Answer(204, "Đã xóa", "Gone"),),
                faults=(UNKNOWN_UPLOAD, TUS_VERSION, UPLOAD_BUSY),
            ),
        )

    async def describe(self, request: web.Request) -> web.Response:
        """What of tus is spoken here."""
        told = {
            "Tus-Resumable": tus.VERSION,
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(request.app[LIMITS].document_bytes),
            "Tus-Checksum-Algorithm": "sha256",
        }
        return web.Response(status=204, headers=told)

    async def create(self, request: web.Request) -> web.Response:
        """A new, empty upload."""
        if not tus.is_ours(request):
            return _other_version(request)
        length = tus.asked_length(request, request.app[LIMITS].document_bytes)
        upload = await self._folder.create(asked.caller_of(request).name, length)
        response = json_answer(_shape(upload), status=201)
        response.headers.update({"Location": f"/v1/uploads/{upload.id}", **_headers(upload)})
        return response

    async def get(self, request: web.Request) -> web.Response:
        """How an upload stands."""
        upload = await self._found(request)
        response = json_answer(_shape(upload))
        response.headers.update(_headers(upload))
        return response

    async def append(self, request: web.Request) -> web.Response:
        """The next piece of an upload. 204 once it is durable."""
        if not tus.is_ours(request):
            return _other_version(request)
        upload = await self._found(request)
        tus.check_media_type(request)
        offset, sha256 = tus.asked_offset(request), tus.asked_checksum(request)
        chunks = body(request, max(upload.length - offset, 0))
        upload = await self._folder.append(upload, offset, chunks, sha256)
        return web.Response(status=204, headers=_headers(upload))

    async def remove(self, request: web.Request) -> web.Response:
        """End an upload."""
        if not tus.is_ours(request):
            return _other_version(request)
        await self._folder.remove(await self._found(request))
        return web.Response(status=204, headers={"Tus-Resumable": tus.VERSION})

    async def _found(self, request: web.Request) -> Upload:
        return await self._folder.find(asked.caller_of(request).name, request.match_info["upload_id"])


def _other_version(request: web.Request) -> web.Response:
    finding = find(TUS_VERSION, element="Tus-Resumable", version=tus.VERSION)
    answer = problem(request, (finding,), first=finding, status=TUS_VERSION.http)
    answer.headers["Tus-Version"] = tus.VERSION
    return answer


def _headers(upload: Upload) -> dict[str, str]:
    return dict(tus.told(upload.offset, upload.length, upload.expires_at))


def _shape(upload: Upload) -> UploadShape:
    return UploadShape(id=upload.id, offset=upload.offset, length=upload.length, expires_at=upload.expires_at)

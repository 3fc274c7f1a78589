"""
The words of a resumable upload: headers of tus 1.0, and the same as JSON.

Spec: TUS
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from aiohttp import web

from gateway.core.catalogue import MEDIA_TYPE
from gateway.core.errors import Rejected, find
from gateway.v1.findings import Shape
from gateway.v1.operations import Header, PathParameter
from gateway.v1.query import bad

VERSION = "1.0.0"
OFFSET_STREAM = "application/offset+octet-stream"
EXTENSIONS = "creation,expiration,termination,checksum"

UPLOAD_ID = PathParameter(
    "upload_id",
    "Mã lượt tải lên",
    "Id of the upload",
    "upl_[0-9a-f]{32}",
    "upl_5f0c2ab8e1d94c7730aa61be02d4c6f1",
)
TUS_RESUMABLE = Header(
    "Tus-Resumable", "Phiên bản giao thức tus", "Version of tus", "1\\.0\\.0", VERSION, is_required=True
)
UPLOAD_LENGTH = Header(
    "Upload-Length", "Số byte của cả tệp", "Bytes in all", "[0-9]{1,15}", "1048576", is_required=True
)
UPLOAD_OFFSET = Header(
    "Upload-Offset", "Đã có bao nhiêu byte", "Bytes held so far", "[0-9]{1,15}", "0", is_required=True
)
UPLOAD_CHECKSUM = Header(
    "Upload-Checksum",
    "SHA-256 của đoạn này: sha256 và base64",
    "SHA-256 of this piece: sha256 and base64",
    "sha256 [A-Za-z0-9+/]{43}=",
    "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
)
UPLOAD_EXPIRES = Header("Upload-Expires", "Giữ đến lúc nào", "Kept until when")


class UploadShape(Shape):
    """One upload as it stands; sizes in bytes."""

    id: str
    offset: int
    length: int
    expires_at: datetime


def asked_length(request: web.Request, most: int) -> int:
    """Upload-Length. Raises: Rejected (BAD_REQUEST) if it is none, or more than any document may have."""
    length = _number(request, UPLOAD_LENGTH)
    if length > most:
        raise bad(f"Upload-Length: ≤ {most}", element="Upload-Length")
    return length


def asked_offset(request: web.Request) -> int:
    """Upload-Offset. Raises: Rejected (BAD_REQUEST)."""
    return _number(request, UPLOAD_OFFSET)


def asked_checksum(request: web.Request) -> bytes | None:
    """The SHA-256 that Upload-Checksum promises, None without it. Raises: Rejected (BAD_REQUEST)."""
    said = request.headers.get("Upload-Checksum")
    if said is None:
        return None
    name, _, text = said.strip().partition(" ")
    try:
        digest = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if name != "sha256" or len(digest) != 32:
        raise bad("Upload-Checksum: sha256 <base64>", element="Upload-Checksum")
    return digest


def is_ours(request: web.Request) -> bool:
    """Whether the client speaks our version of tus."""
    return request.headers.get("Tus-Resumable") == VERSION


def check_media_type(request: web.Request) -> None:
    """Raises: Rejected (MEDIA_TYPE) unless the body is a piece of an upload."""
    if request.content_type != OFFSET_STREAM:
        raise Rejected(find(MEDIA_TYPE, element="Content-Type", wanted=OFFSET_STREAM))


def told(offset: int, length: int, expires_at: datetime) -> Mapping[str, str]:
    """The headers of an answer about one upload."""
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(offset),
        "Upload-Length": str(length),
        "Upload-Expires": format_datetime(expires_at, usegmt=True),
    }


def _number(request: web.Request, header: Header) -> int:
    text = request.headers.get(header.name, "")
    if not re.fullmatch(header.pattern, text):
        raise bad(f"{header.name}: {header.pattern}", element=header.name)
    return int(text)

"""
Files over HTTP: which part of one is asked for, and what it is called.

Spec: RFC9110
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from gateway.v1.operations import Header

RANGE_HEADER = Header(
    "Range",
    "Chỉ lấy một đoạn, ví dụ bytes=1048576- để tải tiếp",
    "Only a part of it, such as bytes=1048576- to go on with a download",
    example="bytes=0-1048575",
)
IF_RANGE = Header(
    "If-Range",
    "ETag của lần trước: tệp đã khác thì trả về cả tệp",
    "The ETag of last time: if the file is another, all of it comes",
)
CONTENT_RANGE = Header("Content-Range", "Đoạn nào của tệp", "Which part of the file")
DISPOSITION = Header("Content-Disposition", "Tên tệp nên dùng", "A name for the file")

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` to before `end` of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def is_all(self) -> bool:
        return self.start == 0 and self.end == self.size

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def span_of(request: web.Request, size: int, etag: str) -> Span | None:
    """
    What part of a file a request asks for; None if there is nothing at that place.

    Several ranges at once, and what is no range, count as no wish: all of it comes, as RFC 9110 has it.
    `etag` is without quotes.
    """
    everything = Span(0, size, size)
    held = request.headers.get("If-Range")
    if held is not None and held.strip() != f'"{etag}"':
        return everything
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or not (asked[1] or asked[2]):
        return everything
    if not asked[1]:
        last = int(asked[2])
        return Span(max(size - last, 0), size, size) if last and size else None
    start, end = int(asked[1]), min(int(asked[2]) + 1, size) if asked[2] else size
    if asked[2] and int(asked[2]) < start:
        return everything  # no range at all
    return Span(start, end, size) if start < size else None


def attachment_called(name: str) -> str:
    """
    A Content-Disposition that saves a file under this name, Vietnamese letters included.

    Spec: RFC6266
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    told = f'attachment; filename="{plain}"'
    return told if plain == name else f"{told}; filename*=UTF-8''{quote(name, safe='')}"

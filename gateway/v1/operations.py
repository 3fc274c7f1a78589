"""
What /v1 can do, declared: each operation once. Route, reading, OpenAPI and reader page all come from it.

A handler is bound to its declaration, so what is documented is what is served: the query is read by the
declared model before the handler runs, the key is asked for as declared, ETags are made where promised.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from gateway.core.catalogue import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CERTIFICATE_MISMATCH,
    INTERNAL,
    KEY_LOCKED,
    NOT_ALLOWED,
    RATE_LIMIT,
    STORE_BUSY,
    UNAUTHENTICATED,
)
from gateway.core.errors import Fault
from gateway.v1.query import Query, read
from gateway.v1.transfer import expect_later

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

JSON = "application/json"

QUERY: web.RequestKey[Query] = web.RequestKey("truc_query", Query)
"""The query as its operation declares it; read before the handler runs."""


class Access(StrEnum):
    """Who may call."""

    OPEN = "open"  # anybody: what it says is no secret
    AGENCY = "agency"  # whoever has a valid key; the office decides what that key may see
    OPERATOR = "operator"  # an operator's key: numbers and matters of all agencies


@dataclass(frozen=True, slots=True)
class Tag:
    """A chapter of the reader page."""

    name: str
    vi: str
    en: str


LETTERS = Tag("letters", "Gửi và theo dõi văn bản", "Sending and tracking letters")
MAILBOX = Tag("mailbox", "Hộp nhận văn bản", "The mailbox")
AGENCIES = Tag("agencies", "Danh mục đơn vị", "The list of agencies")
NODE = Tag("node", "Nút và tài liệu", "The node and its documentation")


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a request or an answer; `pattern` is a whole match, "" for any text."""

    name: str
    vi: str
    en: str
    pattern: str = ""
    example: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A name in braces of a path. What does not fit its pattern is answered like what does not exist."""

    name: str
    vi: str
    en: str
    pattern: str
    example: str


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent, in one media type. Without a shape it is bytes, streamed."""

    media_type: str
    vi: str
    en: str
    shape: type[BaseModel] | None = None
    example: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back when all is well: JSON of a shape, or bytes of a media type, or nothing.

    `gives` says where in the JSON a path parameter of other operations is found: they follow this one.
    """

    status: int
    vi: str
    en: str
    shape: type[BaseModel] | None = None
    media_type: str = ""
    headers: tuple[Header, ...] = ()
    gives: Mapping[str, str] = field(default_factory=dict)  # path parameter → JSON pointer
    example: object = None

    @property
    def content_type(self) -> str:
        """Its media type, "" if it has no body."""
        return self.media_type or (JSON if self.shape else "")


LETTER_ID = PathParameter(
    "letter_id",
    "Mã văn bản trên trục (letter_id trong câu trả lời khi gửi)",
    "Id of the letter on the axis (letter_id of the answer to its sending)",
    "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "019ab000-0000-7000-8000-000000000001",
)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Khóa chống gửi trùng do phần mềm tự đặt: cùng khóa, cùng nội dung thì nhận lại đúng câu trả lời cũ",
    "Key of your own against sending twice: the same key with the same bytes gets the same answer again",
    "[\\x21-\\x7e]{1,255}",
    "vb-2026-000123",
)
IF_NONE_MATCH = Header(
    "If-None-Match",
    "ETag của lần trước: nếu không có gì mới, câu trả lời là 304 và không có nội dung",
    "The ETag of last time: if nothing has changed the answer is 304 without a body",
)
ETAG = Header(
    "ETag",
    "Dấu của nội dung này; đưa lại trong If-None-Match",
    "Mark of this content; give it back in If-None-Match",
    example='"b5bb9d8014a0f9b1d61e21e796d78dcc"',
)
LOCATION = Header("Location", "Địa chỉ theo dõi văn bản", "Where the letter is tracked")
RETRY_AFTER = Header("Retry-After", "Số giây nên chờ", "Seconds to wait", example="30")
RATE: tuple[Header, ...] = (
    Header("RateLimit-Limit", "Số lần gọi cho phép mỗi phút", "Calls per minute", example="600"),
    Header("RateLimit-Remaining", "Số lần gọi còn lại", "Calls that are left", example="599"),
    Header("RateLimit-Reset", "Sau số giây này thì đủ lại", "Seconds until all are back", example="1"),
)
"""On every answer to a caller with a key, where the operator set a limit."""

NOT_MODIFIED = Answer(304, "Không có gì mới", "Nothing has changed", headers=(ETAG,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that /v1 can do.

    `faults` are those of its own; what any call can meet (no key, store busy…) is added by `refusals`.
    `is_tagged`: its 200 bears an ETag over the body, and If-None-Match is answered with 304.
    `has_head`: HEAD is offered too; elsewhere it would cost the same as GET, or pass for a fetch.
    """

    method: str
    path: str
    name: str  # operationId: letters, digits and _; stable, since generated clients are named after it
    tag: Tag
    vi: str
    en: str
    handler: Handler
    answers: tuple[Answer, ...]
    access: Access = Access.AGENCY
    more_vi: str = ""
    more_en: str = ""
    parameters: tuple[PathParameter, ...] = ()
    query: type[Query] = Query
    headers: tuple[Header, ...] = ()
    bodies: tuple[Body, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_tagged: bool = False
    has_head: bool = False

    def __post_init__(self) -> None:
        named = [parameter.name for parameter in self.parameters]
        if re.findall(r"{(\w+)}", self.path) != named:
            raise ValueError(f"{self.method} {self.path}: the path does not name {named}")

    def route(self) -> web.RouteDef:
        """The route that serves it."""
        options: dict[str, Any] = {"expect_handler": expect_later} if self.bodies else {}
        if self.method == "GET":
            options["allow_head"] = self.has_head
        return web.RouteDef(self.method, self.path, self.serve, options)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that came in by the route. Raises: whatever the handler raises, and Rejected."""
        request[QUERY] = read(request, self.query)
        response = await self.handler(request)
        if self.is_tagged and response.status == 200 and isinstance(response, web.Response):
            return _tagged(request, response)
        return response

    @property
    def all_headers(self) -> tuple[Header, ...]:
        """Every request header that means something here."""
        return (*self.headers, IF_NONE_MATCH) if self.is_tagged else self.headers

    @property
    def all_answers(self) -> tuple[Answer, ...]:
        """Every answer when all is well."""
        if not self.is_tagged:
            return self.answers
        return (*self.answers, NOT_MODIFIED)

    def refusals(self) -> Mapping[int, tuple[Fault, ...]]:
        """HTTP status → the faults that are answered with it, in the order of their codes."""
        faults = {*self.faults, INTERNAL}
        if self.access is not Access.OPEN:
            faults |= {UNAUTHENTICATED, KEY_LOCKED, CERTIFICATE_MISMATCH, RATE_LIMIT, STORE_BUSY}
        if self.access is Access.OPERATOR:
            faults.add(NOT_ALLOWED)
        faults.add(BAD_REQUEST)  # every operation refuses query parameters that it does not know
        if self.bodies:
            faults |= {BODY_TOO_LARGE, BODY_TOO_SLOW}
        by_status: dict[int, list[Fault]] = {}
        for fault in sorted(faults, key=lambda fault: fault.code):
            by_status.setdefault(fault.http, []).append(fault)
        return {status: tuple(by_status[status]) for status in sorted(by_status)}


def json_answer(shape: BaseModel, status: int = 200) -> web.Response:
    """An answer that is JSON of this shape."""
    return web.Response(body=shape.model_dump_json().encode(), status=status, content_type=JSON)


def _tagged(request: web.Request, response: web.Response) -> web.Response:
    """The answer with its ETag, or 304. It differs by key: two agencies see two mailboxes."""
    body = response.body if isinstance(response.body, bytes) else b""
    tag = hashlib.sha256(body).hexdigest()[:32]
    marks = {"ETag": f'"{tag}"', "Vary": "Authorization, X-Truc-Key"}
    held = request.if_none_match or ()
    if any(mark.value in (tag, "*") for mark in held):
        return web.Response(status=304, headers=marks)
    response.headers.update(marks)
    return response

"""
The documentation of /v1, served by the node itself: OpenAPI for programs, a page for readers.

The page is whole when it arrives: no script, no font, no picture from anywhere. So it can be read at a
commune whose computers reach the node and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway import __version__
from gateway.core.sentences import title_en, title_vi
from gateway.http.sending import ASICE, FORM
from gateway.v1.openapi import document
from gateway.v1.operations import JSON, NODE, Access, Answer, Body, Operation
from gateway.v1.query import parameters_of

TEMPLATES = Path(__file__).parent / "templates"

LOCKED_UP = (
    "default-src 'none'; style-src 'sha256-{style}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own style sheet, known by its digest, and nothing else at all."""

_CODE = re.compile(r"`([^`]+)`")
KEPT_WHILE_SAME = "no-cache"
"""Cache-Control of what is no secret: may be kept, but the node is asked each time whether it is still so."""

WHO = {
    Access.OPEN: ("không cần khóa", "no key needed"),
    Access.AGENCY: ("cần khóa của đơn vị", "an agency's key"),
    Access.OPERATOR: ("cần khóa của người vận hành", "an operator's key"),
}


class Reader:
    """What is told of the operations that a listener serves."""

    def __init__(self, served: Sequence[Operation]) -> None:
        self._own = (
            Operation(
                method="GET",
                path="/v1/openapi.json",
                name="getOpenApi",
                tag=NODE,
                access=Access.OPEN,
                vi="Mô tả API này cho phần mềm (OpenAPI 3.1)",
                en="This API for programs (OpenAPI 3.1)",
                handler=self.openapi,
                answers=(Answer(200, "Tài liệu OpenAPI", "The OpenAPI document", media_type=JSON),),
                is_tagged=True,
            ),
            Operation(
                method="GET",
                path="/v1/docs",
                name="getDocs",
                tag=NODE,
                access=Access.OPEN,
                vi="Trang này: mô tả API cho người đọc",
                en="This page: the API for readers",
                handler=self.page,
                answers=(Answer(200, "Trang HTML", "The HTML page", media_type="text/html"),),
                is_tagged=True,
            ),
        )
        self._all = (*served, *self._own)

    def operations(self) -> Sequence[Operation]:
        """The two ways of reading."""
        return self._own

    async def openapi(self, request: web.Request) -> web.Response:
        """The OpenAPI document."""
        headers = {"Cache-Control": KEPT_WHILE_SAME}
        return web.Response(body=self._openapi, content_type=JSON, headers=headers)

    async def page(self, request: web.Request) -> web.Response:
        """The page for readers."""
        text, policy = self._page
        headers = {"Cache-Control": KEPT_WHILE_SAME, "Content-Security-Policy": policy}
        return web.Response(body=text, content_type="text/html", charset="utf-8", headers=headers)

    @cached_property
    def _document(self) -> dict[str, Any]:
        return document(self._all, __version__)

    @cached_property
    def _openapi(self) -> bytes:
        return json.dumps(self._document, ensure_ascii=False, separators=(",", ":")).encode()

    @cached_property
    def _page(self) -> tuple[bytes, str]:
        """The page and the policy that fits it; made once, at the first request."""
        style = (TEMPLATES / "reader.css").read_text("utf-8")
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["coded"] = coded
        text = environment.get_template("reader.html").render(
            style=style,
            version=__version__,
            chapters=_chapters(self._all),
            shapes=self._document["components"]["schemas"],
            who=WHO,
            title_vi=title_vi,
            title_en=title_en,
            parameters_of=parameters_of,
            limits=limits_of,
            kind=kind_of,
            curls=curls,
        )
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        return text.encode(), LOCKED_UP.format(style=digest)


def _chapters(operations: Sequence[Operation]) -> Mapping[Any, Sequence[Operation]]:
    chapters: dict[Any, list[Operation]] = {}
    for operation in operations:
        chapters.setdefault(operation.tag, []).append(operation)
    return chapters


# --- in a few signs ------------------------------------------------------------------------------


def coded(text: str) -> Markup:
    """A sentence with what stands between backticks set as code; all else stays text."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def kind_of(schema: Mapping[str, Any]) -> str:
    """The type of a JSON schema as a reader needs it: `string`, `Words`, `list of FindingShape`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(kind_of(choice) for choice in schema["anyOf"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"[{kind_of(schema.get('items', {}))}]"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{{kind_of(schema['additionalProperties'])}}}"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def limits_of(schema: Mapping[str, Any]) -> str:
    """What bounds a value: words, range, length, pattern, and what counts if it is not given."""
    inner = schema.get("items", schema)
    told = []
    if "enum" in inner:
        told.append(" | ".join(map(str, inner["enum"])))
    if "minimum" in inner or "maximum" in inner:
        told.append(f"{inner.get('minimum', '')}…{inner.get('maximum', '')}")
    if "maxLength" in inner:
        told.append(f"≤ {inner['maxLength']}")
    if schema.get("default") not in (None, "", []):
        told.append(f"= {json.dumps(schema['default'])}")
    return ", ".join(told)


def curls(operation: Operation) -> list[str]:
    """Commands that call it, one for each form of body: to be copied, with TRUC and KEY as the page says."""
    return [_curl(operation, body) for body in operation.bodies or (None,)]


def _curl(operation: Operation, body: Body | None) -> str:
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace(f"{{{parameter.name}}}", parameter.example)
    known = parameters_of(operation.query).values()
    shown = [p for p in known if p.is_required]
    if (
        operation.method == "GET" and not shown
    ):  # what asks for nothing finds nothing; what sends needs no more
        shown = [p for p in known if "examples" in p.shape][:1]
    query = "&".join(f"{p.name}={_example(p.shape)}" for p in shown).replace(" ", "+")
    words = ["curl -sS"] if operation.method == "GET" else [f"curl -sS -X {operation.method}"]
    words.append(f'"$TRUC{path}{"?" if query else ""}{query}"')
    if operation.access is not Access.OPEN:
        words.append('-H "Authorization: Bearer $KEY"')
    words += [f"-H '{header.name}: {header.example}'" for header in operation.headers if header.example]
    if body is not None:
        words += _sent(body)
    return " \\\n  ".join(words)


def _sent(body: Body) -> list[str]:
    if body.media_type == FORM and isinstance(body.example, Mapping):
        fields = [f"-F '{name}={_json(value)}'" for name, value in body.example.items()]
        return [*fields, "-F 'files=@van-ban.pdf'"]
    if body.example is None:
        name = "van-ban.asice" if body.media_type == ASICE else "van-ban.edxml"
        return [f"-H 'Content-Type: {body.media_type}'", f"--data-binary @{name}"]
    text = _json(body.example)
    return [f"-H 'Content-Type: {body.media_type}'", f"-d '{text}'"]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _example(shape: Mapping[str, Any]) -> str:
    return str(next(iter(shape.get("examples", ())), shape.get("default", "…")))

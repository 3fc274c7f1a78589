"""
The documentation that a node serves: whole without any other resource, complete, readable by everybody.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from html.parser import HTMLParser

import aiohttp
import pytest

from gateway import __version__
from gateway.http.reader import coded, curls, kind_of, limits_of
from gateway.v1.operations import Operation
from tests.kit.api import Api

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """The elements of a page, and whether they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


async def read(http: aiohttp.ClientSession, path: str) -> str:
    async with http.get(path) as response:
        assert response.status == 200
        return await response.text()


def operation_named(api: Api, name: str) -> Operation:
    return next(operation for operation in api.operations if operation.name == name)


async def test_document_is_served_without_a_key_and_names_every_operation(
    api: Api, http: aiohttp.ClientSession
) -> None:
    document = json.loads(await read(http, "/v1/openapi.json"))
    assert document["info"]["version"] == __version__
    served = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == api.routes()


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
async def test_reader_that_has_it_already_is_told_so(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as response:
        tag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "no-cache"
    async with http.get(path, headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_page_is_vietnamese_with_english_marked_as_such(http: aiohttp.ClientSession) -> None:
    page = Page(await read(http, "/v1/docs"))
    assert page.open == []
    assert page.elements[0] == ("html", {"lang": "vi"})
    assert "en" in page.values("lang")


async def test_page_needs_nothing_from_outside_and_runs_nothing(http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/docs") as response:
        text, policy = await response.text(), response.headers["Content-Security-Policy"]
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert page.values("src") == page.values("style") == []
    assert not [href for href in page.values("href") if "//" in href]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


async def test_page_leads_only_to_places_that_are_there(http: aiohttp.ClientSession) -> None:
    page = Page(await read(http, "/v1/docs"))
    ids = Counter(page.values("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    assert {href[1:] for href in page.values("href") if href.startswith("#")} <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)
    for href in {href for href in page.values("href") if not href.startswith("#")}:
        async with http.get(f"/v1/{href}") as response:
            assert response.status == 200, href


async def test_page_shows_every_operation_its_codes_and_what_to_do_next(
    api: Api, http: aiohttp.ClientSession
) -> None:
    text = await read(http, "/v1/docs")
    for operation in api.operations:
        part = text.partition(f'<article aria-labelledby="{operation.name}">')[2].partition("</article>")[0]
        assert operation.path in part
        assert operation.en in html.unescape(part)
        assert "curl -sS" in part
        for faults in operation.refusals().values():
            assert all(f"errors/{fault.code}" in part for fault in faults)
    assert "Lấy văn bản về rồi xác nhận" in text


async def test_tables_have_headings_for_those_who_hear_them(http: aiohttp.ClientSession) -> None:
    page = Page(await read(http, "/v1/docs"))
    assert {attributes.get("scope") for tag, attributes in page.elements if tag == "th"} == {"col", "row"}


def test_example_can_be_copied(api: Api) -> None:
    message, sealed, form, upload = curls(operation_named(api, "sendLetter"))
    assert message == (
        "curl -sS -X POST \\\n"
        '  "$TRUC/v1/letters" \\\n'
        '  -H "Authorization: Bearer $KEY" \\\n'
        "  -H 'Idempotency-Key: vb-2026-000123' \\\n"
        "  -H 'Content-Type: application/xml' \\\n"
        "  --data-binary @van-ban.edxml"
    )
    assert sealed.endswith("--data-binary @van-ban.asice")
    assert """-F 'metadata={"recipients": ["000.00.31.H14"], """ in form
    assert form.endswith("-F 'files=@van-ban.pdf'")
    assert "Content-Type" not in form
    assert """-d '{"upload": "upl_""" in upload
    assert curls(operation_named(api, "findAgencies"))[0].splitlines()[1] == (
        '  "$TRUC/v1/agencies?q=cao+bang" \\'
    )
    assert curls(operation_named(api, "reportStatus"))[0].endswith(
        """-d '{"code": "03", "description": "Đã vào sổ", "staff": "Nguyễn Thị Hoa"}'"""
    )
    assert curls(operation_named(api, "getHealth")) == ['curl -sS \\\n  "$TRUC/v1/health"']


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"$ref": "#/components/schemas/Words"}, "Words"),
        ({"type": "array", "items": {"$ref": "#/x/Words"}}, "[Words]"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "{boolean}"),
        ({}, "any"),
    ],
)
def test_kind_of_a_value_in_a_few_signs(schema: dict[str, object], kind: str) -> None:
    assert kind_of(schema) == kind


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"minimum": 1, "maximum": 9, "default": 3}, "1…9, = 3"),
        ({"enum": ["a", "b"]}, "a | b"),
        ({"type": "array", "items": {"maxLength": 200}, "default": []}, "≤ 200"),
        ({"default": ""}, ""),
        ({"default": False}, "= false"),
    ],
)
def test_limits_of_a_value_in_a_few_signs(schema: dict[str, object], told: str) -> None:
    assert limits_of(schema) == told


def test_what_stands_between_backticks_is_code_and_all_else_stays_text() -> None:
    assert coded("phần `metadata` là <JSON>") == "phần <code>metadata</code> là &lt;JSON&gt;"
    assert coded("`<b>` và một ` lẻ") == "<code>&lt;b&gt;</code> và một ` lẻ"

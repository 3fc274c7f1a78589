from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.catalogue import (
    BAD_REQUEST,
    FORM_STALE,
    FORM_TOO_LARGE,
    TOO_MANY_ATTACHMENTS,
    TRUNCATED,
)
from gateway.core.errors import Rejected, find
from gateway.http.composing import IN_MEMORY, MOST_FILES
from gateway.http.console.posted import FIELD_BYTES, MOST_FIELDS, posted
from gateway.v1.transfer import LIMITS, Limits

EDGE = "--edge\r\nContent-Disposition: form-data; name="
END = "--edge--\r\n"


@dataclass
class Seen:
    """What came of one form."""

    filled: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    code: str = ""


@asynccontextmanager
async def asked(
    folder: Path, body: bytes, media_type: str = "multipart/form-data; boundary=edge"
) -> AsyncIterator[Seen]:
    """Send a body, as it is, to a page that reads it."""
    seen = Seen()

    def check(token: str) -> None:
        if token != "good":
            raise Rejected(find(FORM_STALE))

    async def read(request: web.Request) -> web.Response:
        try:
            async with posted(request, folder, check) as form:
                seen.filled.update(form.filled)
                for file in form.files:
                    form.content.seek(file.start)
                    seen.files.append((file.name, form.content.read(file.size)))
        except Rejected as refused:
            seen.code = refused.code
        return web.Response()

    app = web.Application()
    app[LIMITS] = Limits(document_bytes=8 * 1024 * 1024)
    app.router.add_post("/", read)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        with_type = {"Content-Type": media_type}
        async with session.post(server.make_url("/"), data=io.BytesIO(body), headers=with_type) as answer:
            assert answer.status == 200
        yield seen


def part(name: str, value: str) -> str:
    return f'{EDGE}"{name}"\r\n\r\n{value}\r\n'


def file_part(name: str, value: str) -> str:
    return f'{EDGE}"files"; filename="{name}"\r\n\r\n{value}\r\n'


async def test_fields_and_files_are_read_in_their_order(tmp_path: Path) -> None:
    large = "x" * (IN_MEMORY - 2)
    body = (
        part("csrf", "good")
        + part("subject", "Trích yếu")
        + file_part("a.pdf", "một")
        + file_part("b", large)
    )
    async with asked(tmp_path, (body + END).encode()) as seen:
        assert seen.filled == {"csrf": "good", "subject": "Trích yếu"}
        assert seen.files == [("a.pdf", "một".encode()), ("b", large.encode())]
    assert list(tmp_path.iterdir()) == []


async def test_file_that_was_not_chosen_is_none(tmp_path: Path) -> None:
    async with asked(tmp_path, (part("csrf", "good") + file_part("", "") + END).encode()) as seen:
        assert (seen.files, seen.code) == ([], "")


async def test_no_file_is_kept_before_the_token_was_seen(tmp_path: Path) -> None:
    for before in ("", part("csrf", "bad")):
        body = (before + file_part("a.pdf", "một") + part("csrf", "good") + END).encode()
        async with asked(tmp_path, body) as seen:
            assert seen.code == FORM_STALE.code
            assert seen.files == []


async def test_form_without_files_needs_the_token_too(tmp_path: Path) -> None:
    async with asked(tmp_path, (part("subject", "a") + END).encode()) as seen:
        assert seen.code == FORM_STALE.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"rubbish", BAD_REQUEST.code),
        (part("csrf", "good").encode(), TRUNCATED.code),
        ((part("csrf", "good") + part("subject", "x" * FIELD_BYTES) + END).encode(), FORM_TOO_LARGE.code),
        (
            (part("csrf", "good") + file_part("a", "") * (MOST_FILES + 1) + END).encode(),
            TOO_MANY_ATTACHMENTS.code,
        ),
    ],
    ids=["no form", "cut off", "fields too large", "too many files"],
)
async def test_what_is_no_such_form_is_refused(tmp_path: Path, body: bytes, code: str) -> None:
    async with asked(tmp_path, body) as seen:
        assert seen.code == code


async def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    body = (
        part("csrf", "good").encode() + f'{EDGE}"subject"\r\n\r\n'.encode() + b"\xff\xfe\r\n" + END.encode()
    )
    async with asked(tmp_path, body) as seen:
        assert seen.filled["subject"] == "\ufffd\ufffd"


async def test_another_media_type_is_refused(tmp_path: Path) -> None:
    async with asked(tmp_path, b"a=b", "application/x-www-form-urlencoded") as seen:
        assert seen.code == BAD_REQUEST.code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("".join(part(f"{number}", "") for number in range(MOST_FIELDS)), BAD_REQUEST.code),
        (part("again", "") * MOST_FIELDS, BAD_REQUEST.code),
        (part("n" * 8_000, "") * 90 + part("subject", "x" * (FIELD_BYTES - 700_000)), FORM_TOO_LARGE.code),
    ],
    ids=["too many", "one many times", "names too long"],
)
async def test_fields_without_a_value_are_counted_too(tmp_path: Path, fields: str, code: str) -> None:
    async with asked(tmp_path, (part("csrf", "good") + fields + END).encode()) as seen:
        assert seen.code == code

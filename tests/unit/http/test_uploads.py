"""
/v1/uploads: tus 1.0 as its clients speak it, and whatever else comes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from gateway.v1.transfer import Limits
from tests.kit.api import Api, listening_api

TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {"Content-Type": "application/offset+octet-stream"}


async def begun(api: Api, http: aiohttp.ClientSession, length: int) -> str:
    headers = {**api.bearer("province"), **TUS, "Upload-Length": str(length)}
    async with http.post("/v1/uploads", headers=headers) as response:
        assert (response.status, response.headers["Upload-Offset"]) == (201, "0")
        assert response.headers["Upload-Expires"] == "Tue, 24 Nov 2026 01:00:00 GMT"
        return response.headers["Location"]


async def patched(
    api: Api,
    http: aiohttp.ClientSession,
    place: str,
    offset: int,
    data: bytes | AsyncIterator[bytes],
    **headers: str,
) -> tuple[int, str]:
    """The status, and the new offset or the code of the refusal."""
    every = {**api.bearer("province"), **TUS, **STREAM, "Upload-Offset": str(offset), **headers}
    async with http.patch(place, data=data, headers=every) as response:
        if response.status == 204:
            return 204, response.headers["Upload-Offset"]
        return response.status, (await response.json())["code"]


async def offset_of(api: Api, http: aiohttp.ClientSession, place: str) -> int:
    async with http.head(place, headers={**api.bearer("province"), **TUS}) as response:
        assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
        return int(response.headers["Upload-Offset"])


async def test_node_says_what_of_tus_it_speaks(http: aiohttp.ClientSession) -> None:
    async with http.options("/v1/uploads") as response:
        assert response.status == 204
        assert response.headers["Tus-Version"] == "1.0.0"
        assert response.headers["Tus-Extension"] == "creation,expiration,termination,checksum"
        assert response.headers["Tus-Checksum-Algorithm"] == "sha256"
        assert response.headers["Tus-Max-Size"] == str(2 * 1024**3)


async def test_upload_goes_on_where_it_stopped(api: Api, http: aiohttp.ClientSession) -> None:
    place = await begun(api, http, 6)
    assert await patched(api, http, place, 0, b"abc") == (204, "3")
    assert await offset_of(api, http, place) == 3
    assert await patched(api, http, place, 3, b"def") == (204, "6")
    async with http.get(place, headers=api.bearer("province")) as response:
        shape = await response.json()
    assert (shape["offset"], shape["length"]) == (6, 6)
    async with http.delete(place, headers={**api.bearer("province"), **TUS}) as response:
        assert response.status == 204
    assert list(api.uploads.iterdir()) == []


@pytest.mark.parametrize("offset", [0, 1, 4, 6, 7, 10**14])
async def test_wrong_offset_is_a_conflict(api: Api, http: aiohttp.ClientSession, offset: int) -> None:
    place = await begun(api, http, 6)
    await patched(api, http, place, 0, b"abc")
    status, code = await patched(api, http, place, offset, b"")
    assert (status, code) == (409, "TRUC-431")


async def test_piece_beyond_the_length_is_refused(api: Api, http: aiohttp.ClientSession) -> None:
    place = await begun(api, http, 6)
    assert await patched(api, http, place, 0, b"1234567") == (413, "TRUC-413")
    assert await offset_of(api, http, place) == 0

    async def chunked() -> AsyncIterator[bytes]:
        yield b"1234"
        yield b"567"

    assert (await patched(api, http, place, 0, chunked()))[1] == "TRUC-413"
    assert await offset_of(api, http, place) <= 6


async def test_two_patches_at_once_never_mix(api: Api, http: aiohttp.ClientSession) -> None:
    place, first_came = await begun(api, http, 6), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"abc"
        await first_came.wait()
        yield b"def"

    running = asyncio.create_task(patched(api, http, place, 0, slow()))
    while await offset_of(api, http, place) < 3:
        await asyncio.sleep(0.01)
    answers = await asyncio.gather(*(patched(api, http, place, 3, b"xyz") for _ in range(5)))
    assert set(answers) == {(503, "TRUC-438")}
    first_came.set()
    assert await running == (204, "6")
    part = next(api.uploads.glob("*.part"))
    assert part.read_bytes() == b"abcdef"


async def test_checksum_is_kept_to(api: Api, http: aiohttp.ClientSession) -> None:
    place = await begun(api, http, 3)
    said = f"sha256 {base64.b64encode(hashlib.sha256(b'abc').digest()).decode()}"
    assert await patched(api, http, place, 0, b"abx", **{"Upload-Checksum": said}) == (460, "TRUC-434")
    assert await patched(api, http, place, 0, b"abc", **{"Upload-Checksum": said}) == (204, "3")


async def test_line_that_breaks_keeps_what_came(api: Api, http: aiohttp.ClientSession) -> None:
    place = await begun(api, http, 1000)
    async with api.line() as (_, writer):
        head = f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key('province')}\r\n"
        head += "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 1000\r\n"
        head += "Content-Type: application/offset+octet-stream\r\n\r\n"
        writer.write(head.encode() + b"x" * 400)
        with suppress(ConnectionError):
            await writer.drain()
        while await offset_of(api, http, place) < 400:
            await asyncio.sleep(0.01)
    while (await patched(api, http, place, 400, b"y" * 600))[0] == 503:  # until the first is let go
        await asyncio.sleep(0.01)
    assert await offset_of(api, http, place) == 1000


async def test_dripping_client_is_let_go_with_what_it_gave() -> None:
    limits = Limits(idle_seconds=0.05)
    async with listening_api(limits) as api, aiohttp.ClientSession(api.url) as http:
        place, never = await begun(api, http, 6), asyncio.Event()

        async def drips() -> AsyncIterator[bytes]:
            yield b"abc"
            await never.wait()

        assert await patched(api, http, place, 0, drips()) == (408, "TRUC-418")
        assert await offset_of(api, http, place) == 3


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Tus-Resumable": "0.2"}, 412, "TRUC-433"),
        ({"Content-Type": "application/octet-stream"}, 415, "TRUC-436"),
        ({"Upload-Offset": "x"}, 400, "TRUC-414"),
        ({"Upload-Checksum": "md5 x"}, 400, "TRUC-414"),
    ],
)
async def test_wrong_headers_are_refused(
    api: Api, http: aiohttp.ClientSession, headers: dict[str, str], status: int, code: str
) -> None:
    place = await begun(api, http, 3)
    assert await patched(api, http, place, 0, b"abc", **headers) == (status, code)
    assert await offset_of(api, http, place) == 0


@pytest.mark.parametrize("length", ["", "-1", "1.5", "9" * 15, "a"])
async def test_wrong_length_is_refused(api: Api, http: aiohttp.ClientSession, length: str) -> None:
    headers = {**api.bearer("province"), **TUS, "Upload-Length": length}
    async with http.post("/v1/uploads", headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, "TRUC-414")
    assert list(api.uploads.iterdir()) == []


async def test_other_version_is_told_which_one_is_spoken(api: Api, http: aiohttp.ClientSession) -> None:
    headers = {**api.bearer("province"), "Tus-Resumable": "0.2", "Upload-Length": "3"}
    async with http.post("/v1/uploads", headers=headers) as response:
        assert (response.status, response.headers["Tus-Version"]) == (412, "1.0.0")

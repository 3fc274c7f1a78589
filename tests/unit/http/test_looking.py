"""
A letter looked into by its parties: what it says, and its files, whole or in part.
"""

from __future__ import annotations

import hashlib
from typing import Any

import aiohttp
import pytest

from tests.kit.api import Api
from tests.kit.office import DISTRICT, PROVINCE, document, with_files

TABLE = bytes(range(256)) * 1000
FILES = {"12.pdf": b"%PDF-1.4 content", "Phụ lục.bin": TABLE, "../../12.pdf": b"%PDF other"}


async def sent(api: Api, http: aiohttp.ClientSession, data: bytes | None = None) -> str:
    data = with_files(PROVINCE, DISTRICT, FILES) if data is None else data
    async with http.post("/v1/letters", data=data, headers=api.bearer("province")) as response:
        letter_id: str = (await response.json())["letter_id"]
        return letter_id


async def got(
    api: Api, http: aiohttp.ClientSession, path: str, *, who: str = "district", **headers: str
) -> tuple[int, bytes, Any]:
    every = {**api.bearer(who), **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with http.get(path, headers=every) as response:
        return response.status, await response.read(), response.headers


async def test_sender_and_receiver_get_the_very_bytes(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent(api, http)
    for who in ("province", "district"):
        status, data, headers = await got(api, http, f"/v1/letters/{letter_id}.edxml", who=who)
        assert (status, data) == (200, with_files(PROVINCE, DISTRICT, FILES))
        assert headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'


async def test_looking_is_no_fetch(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent(api, http)
    for path in (".edxml", "/metadata", "/attachments/0"):
        assert (await got(api, http, f"/v1/letters/{letter_id}{path}"))[0] == 200
    async with http.post(f"/v1/mailbox/{letter_id}/ack", headers=api.bearer("district")) as response:
        assert (response.status, (await response.json())["code"]) == (409, "TRUC-417")


async def test_contents_are_told_without_edxml(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent(api, http)
    async with http.get(f"/v1/letters/{letter_id}/metadata", headers=api.bearer("district")) as response:
        told, tag = await response.json(), response.headers["ETag"]
    envelope = told["envelope"]
    assert (envelope["code"], envelope["subject"], envelope["sender"]["code"]) == (
        "12/UBND-VX",
        "Trích yếu",
        PROVINCE,
    )
    assert [(f["index"], f["name"], f["size"]) for f in told["attachments"]] == [
        (0, "12.pdf", 16),
        (1, "Phụ lục.bin", 256_000),
        (2, "12 (2).pdf", 10),
    ]
    assert told["attachments"][1]["sha256"] == hashlib.sha256(TABLE).hexdigest()
    assert (await got(api, http, f"/v1/letters/{letter_id}/metadata", If_None_Match=tag))[0] == 304


async def test_letter_that_cannot_be_read_is_a_refusal_not_a_fault(
    api: Api, http: aiohttp.ClientSession
) -> None:
    letter_id = await sent(api, http, document(PROVINCE, DISTRICT))  # no edXML by its namespace
    status, _, _ = await got(api, http, f"/v1/letters/{letter_id}/metadata")
    assert 400 <= status < 500
    assert api.log("internal.error") == []


async def test_file_comes_under_its_name(api: Api, http: aiohttp.ClientSession) -> None:
    letter_id = await sent(api, http)
    status, data, headers = await got(api, http, f"/v1/letters/{letter_id}/attachments/0")
    assert (status, data, headers["Content-Type"]) == (200, FILES["12.pdf"], "application/pdf")
    assert headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert headers["Content-Disposition"] == 'attachment; filename="12.pdf"'
    _, _, headers = await got(api, http, f"/v1/letters/{letter_id}/attachments/1")
    assert headers["Content-Disposition"].endswith("filename*=UTF-8''Ph%E1%BB%A5%20l%E1%BB%A5c.bin")


@pytest.mark.parametrize(
    ("wish", "part", "told"),
    [
        ("bytes=0-99", TABLE[:100], "bytes 0-99/256000"),
        ("bytes=100000-", TABLE[100_000:], "bytes 100000-255999/256000"),
        ("bytes=-10", TABLE[-10:], "bytes 255990-255999/256000"),
    ],
)
async def test_download_that_broke_off_goes_on(
    api: Api, http: aiohttp.ClientSession, wish: str, part: bytes, told: str
) -> None:
    path = f"/v1/letters/{await sent(api, http)}/attachments/1"
    etag = (await got(api, http, path))[2]["ETag"]
    status, data, headers = await got(api, http, path, Range=wish, If_Range=etag)
    assert (status, data, headers["Content-Range"]) == (206, part, told)
    status, data, _ = await got(api, http, path, Range=wish, If_Range='"another"')
    assert (status, data) == (200, TABLE)


async def test_part_that_is_not_there_is_told_with_the_size(api: Api, http: aiohttp.ClientSession) -> None:
    path = f"/v1/letters/{await sent(api, http)}/attachments/1"
    status, _, headers = await got(api, http, path, Range="bytes=256000-")
    assert (status, headers["Content-Range"]) == (416, "bytes */256000")
    assert headers["Content-Type"] == "application/problem+json"


async def test_file_that_is_held_already_is_not_sent_again(api: Api, http: aiohttp.ClientSession) -> None:
    path = f"/v1/letters/{await sent(api, http)}/attachments/0"
    etag = (await got(api, http, path))[2]["ETag"]
    assert (await got(api, http, path, If_None_Match=etag))[:2] == (304, b"")
    beyond = {"If_None_Match": etag, "Range": "bytes=256000-"}
    assert (await got(api, http, path, **beyond))[0] == 304  # RFC 9110, 13.2.2: that comes first


@pytest.mark.parametrize("index", ["3", "999999", "-1", "x", "01", "9999999999", "%00"])
async def test_file_that_is_not_there_is_unknown(api: Api, http: aiohttp.ClientSession, index: str) -> None:
    status, problem, _ = await got(api, http, f"/v1/letters/{await sent(api, http)}/attachments/{index}")
    assert (status, b"TRUC-420" in problem) == (404, True)

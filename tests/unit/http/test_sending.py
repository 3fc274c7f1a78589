"""
POST /v1/letters in its other forms: files of which the node makes edXML, and uploads that lie there already.
"""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from gateway.core.edxml import read
from gateway.core.split import content
from gateway.v1.transfer import Limits
from tests.kit.api import Api, listening_api
from tests.kit.office import COMMUNE, DISTRICT, LONGEST_LIFE, NOW, PROVINCE, document
from tests.kit.sinks import take_apart
from tests.unit.v1.test_metadata import LEAST

SAID = {**LEAST, "recipients": [DISTRICT]}
PDF = ("12.pdf", b"%PDF-1.4 content")

File = tuple[str, bytes]


def form(*files: File, said: Any = SAID, boundary: str = "b0undary") -> tuple[bytes, str]:
    """A form with these files, and its Content-Type."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    parts = [('name="metadata"', text), *((f'name="files"; filename="{n}"', data) for n, data in files)]
    whole = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
        for head, data in parts
    )
    return whole + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


async def posted(
    api: Api,
    http: aiohttp.ClientSession,
    data: Any,
    content_type: str,
    *,
    query: str = "",
    who: str = "province",
    **headers: str,
) -> tuple[int, dict[str, Any]]:
    every = {**api.bearer(who), "Content-Type": content_type, **headers}
    data = io.BytesIO(data) if isinstance(data, bytes) else data
    async with http.post(f"/v1/letters{query}", data=data, headers=every) as response:
        return response.status, await response.json()


def files_of(api: Api, letter_id: str) -> list[tuple[str, bytes]]:
    """Name and content of the attachments of a letter that was taken."""
    apart = take_apart(api.office.kept[letter_id].data)  # type: ignore[index]
    envelope = read(apart.split.envelope, apart.split.parts).envelope
    return [
        (a.name, b"".join(content(apart.split.parts[a.part], [apart.sinks[a.part].blob])))
        for a in envelope.attachments
    ]


def leftovers(api: Api) -> list[str]:
    return [path.name for path in api.uploads.iterdir()]


# --- files -----------------------------------------------------------------------------------------


async def test_files_become_a_document_with_attachments_in_their_order(
    api: Api, http: aiohttp.ClientSession
) -> None:
    status, answer = await posted(api, http, *form(PDF, ("Phụ lục.xlsx", b"PK table")))
    assert (status, answer["document_id"]) == (201, f"{PROVINCE},2026/11/23,12/UBND-VX")
    assert [r["served"] for r in answer["recipients"]] == [DISTRICT]
    assert files_of(api, answer["letter_id"]) == [PDF, ("Phụ lục.xlsx", b"PK table")]
    data = api.office.kept[answer["letter_id"]].data
    envelope = read(take_apart(data).split.envelope, take_apart(data).split.parts).envelope
    assert (envelope.sender.name, envelope.recipients[0].name) == (
        "UBND tỉnh Cao Bằng",
        "UBND huyện Hà Quảng",
    )
    assert envelope.attachments[0].content_type == "application/pdf"


async def test_same_form_again_is_the_same_letter(api: Api, http: aiohttp.ClientSession) -> None:
    _, first = await posted(api, http, *form(PDF))
    status, second = await posted(api, http, *form(PDF, boundary="another"))
    assert (status, second["repeated"], second["letter_id"]) == (200, True, first["letter_id"])


async def test_document_may_be_without_files(api: Api, http: aiohttp.ClientSession) -> None:
    status, answer = await posted(api, http, *form())
    assert (status, files_of(api, answer["letter_id"])) == (201, [])


async def test_dry_run_key_and_recipients_work_for_files_too(api: Api, http: aiohttp.ClientSession) -> None:
    assert await posted(api, http, *form(PDF), query="?dry_run=true") is not None
    assert api.office.kept == {}
    once = {"Idempotency-Key": "once"}
    _, first = await posted(api, http, *form(PDF), query=f"?to={COMMUNE}", **once)
    assert [r["named"] for r in first["recipients"]] == [COMMUNE]
    status, other = await posted(api, http, *form(), **once)
    assert (status, other["code"]) == (409, "TRUC-409")


async def test_key_of_several_agencies_must_say_which_one_sends(
    api: Api, http: aiohttp.ClientSession
) -> None:
    status, problem = await posted(api, http, *form(PDF), who="both")
    assert (status, problem["findings"][0]["element"]) == (400, "sender")
    said = {**SAID, "sender": DISTRICT, "recipients": [PROVINCE]}
    status, answer = await posted(api, http, *form(PDF, said=said), who="both")
    assert (status, answer["document_id"]) == (201, f"{DISTRICT},2026/11/23,12/UBND-VX")


async def test_nobody_sends_for_another_agency(api: Api, http: aiohttp.ClientSession) -> None:
    status, problem = await posted(api, http, *form(PDF, said={**SAID, "sender": DISTRICT}))
    assert (status, problem["code"]) == (403, "TRUC-403")
    status, problem = await posted(api, http, *form(PDF), who="operator")
    assert (status, problem["code"]) == (403, "TRUC-412")


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["../../etc/passwd"], ["passwd"]),
        (["C:\\vanthu\\cv.pdf"], ["cv.pdf"]),
        (["a.pdf", "A.PDF"], ["a.pdf", "A (2).PDF"]),
        (["con.txt", "..", "x" * 300 + ".pdf"], ["_con.txt", "tep-2", "x" * 176 + ".pdf"]),
    ],
)
async def test_names_of_files_are_made_safe(
    api: Api, http: aiohttp.ClientSession, names: list[str], kept: list[str]
) -> None:
    _, answer = await posted(api, http, *form(*((name, b"x") for name in names)))
    assert [name for name, _ in files_of(api, answer["letter_id"])] == kept


async def test_large_files_go_through_the_disk_and_leave_nothing_there(
    api: Api, http: aiohttp.ClientSession
) -> None:
    big = bytes(range(256)) * 20_000
    _, answer = await posted(api, http, *form(PDF, ("a.bin", big), ("b.bin", big[::-1])))
    assert files_of(api, answer["letter_id"]) == [PDF, ("a.bin", big), ("b.bin", big[::-1])]
    assert leftovers(api) == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (form(PDF)[0][:-20], 400, "TRUC-102"),
        (form(PDF)[0][:60], 400, "TRUC-102"),
        (b"", 400, "TRUC-102"),
        (form(PDF, boundary="wrong")[0], 400, "TRUC-414"),
        (form(PDF, said=b"{")[0], 400, "TRUC-414"),
        (form(PDF, said={**SAID, "recipents": []})[0], 400, "TRUC-414"),
        (form(PDF, said=b" " * (2 * 1024 * 1024 + 1))[0], 413, "TRUC-413"),
        (form(PDF)[0].replace(b'name="metadata"', b'name="files"; filename="x"', 1), 400, "TRUC-414"),
        (form(PDF)[0].replace(b'; filename="12.pdf"', b""), 400, "TRUC-414"),
        (form(PDF)[0].replace(b'; filename="12.pdf"', b'; filename=""'), 400, "TRUC-414"),
        (form(PDF)[0].replace(b'name="files"', b'name="metadata"'), 400, "TRUC-414"),
        (form(*[("a.pdf", b"x")] * 10_000)[0], 400, "TRUC-119"),
        (b"--b0undary--", 400, "TRUC-414"),
        (form(PDF, said={**SAID, "recipients": ["X99"]})[0], 422, "TRUC-408"),
    ],
)
async def test_rubbish_is_refused_and_leaves_nothing(
    api: Api, http: aiohttp.ClientSession, data: bytes, status: int, code: str
) -> None:
    answered, problem = await posted(api, http, data, "multipart/form-data; boundary=b0undary")
    assert (answered, problem["code"]) == (status, code)
    assert (api.office.kept, leftovers(api)) == ({}, [])
    assert api.log("internal.error") == []


async def test_form_without_a_boundary_is_refused(api: Api, http: aiohttp.ClientSession) -> None:
    status, problem = await posted(api, http, form(PDF)[0], "multipart/form-data")
    assert (status, problem["code"]) == (400, "TRUC-414")


async def test_form_that_comes_in_drips_is_read_like_any_other(api: Api, http: aiohttp.ClientSession) -> None:
    data, content_type = form(PDF)

    async def drips() -> Any:
        for at in range(0, len(data), 7):
            yield data[at : at + 7]

    status, answer = await posted(api, http, drips(), content_type)
    assert (status, files_of(api, answer["letter_id"])) == (201, [PDF])


async def test_form_that_breaks_off_leaves_nothing(api: Api) -> None:
    data, content_type = form(("a.bin", b"x" * 3_000_000))
    async with api.line() as (_, writer):
        head = f"POST /v1/letters HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key('province')}\r\n"
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
        writer.write(head.encode() + data[:2_000_000])
        with suppress(ConnectionError):
            await writer.drain()
    while not api.log("http.request"):
        await asyncio.sleep(0.01)
    assert (api.office.kept, leftovers(api)) == ({}, [])


async def test_form_beyond_the_document_limit_is_refused() -> None:
    async with listening_api(Limits(document_bytes=1000)) as api, aiohttp.ClientSession(api.url) as http:
        status, problem = await posted(api, http, *form(("a.bin", b"x" * 2000)))
    assert (status, problem["code"]) == (413, "TRUC-413")


# --- by reference ----------------------------------------------------------------------------------

TUS = {"Tus-Resumable": "1.0.0"}
LETTER = document(PROVINCE, DISTRICT)


async def uploaded(api: Api, http: aiohttp.ClientSession, data: bytes = LETTER, *, whole: bool = True) -> str:
    headers = {**api.bearer("province"), **TUS, "Upload-Length": str(len(data))}
    async with http.post("/v1/uploads", headers=headers) as response:
        place = response.headers["Location"]
    headers |= {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = data if whole else data[:-1]
    async with http.patch(place, data=sent, headers=headers) as response:
        assert response.status == 204
    return place.rpartition("/")[2]


async def referred(
    api: Api, http: aiohttp.ClientSession, upload: str, *, who: str = "province", query: str = "", **said: Any
) -> tuple[int, dict[str, Any]]:
    data = json.dumps({"upload": upload, **said})
    return await posted(api, http, data, "application/json", who=who, query=query)


async def test_upload_is_sent_by_its_id(api: Api, http: aiohttp.ClientSession) -> None:
    status, answer = await referred(api, http, await uploaded(api, http))
    assert status == 201
    assert api.office.kept[answer["letter_id"]].data == LETTER


async def test_upload_sent_twice_gets_the_first_answer_and_goes_soon(
    api: Api, http: aiohttp.ClientSession
) -> None:
    upload = await uploaded(api, http)
    _, first = await referred(api, http, upload)
    status, second = await referred(api, http, upload)
    assert (status, second["letter_id"]) == (200, first["letter_id"])
    api.clock.advance(3601)
    assert (await referred(api, http, upload))[1]["code"] == "TRUC-430"


async def test_dry_run_leaves_the_upload_for_the_sending(api: Api, http: aiohttp.ClientSession) -> None:
    upload = await uploaded(api, http)
    assert (await referred(api, http, upload, query="?dry_run=true"))[0] == 200
    api.clock.advance(3601)
    status, answer = await referred(api, http, upload, to=[COMMUNE])
    assert (status, [r["named"] for r in answer["recipients"]]) == (201, [COMMUNE])


async def test_upload_that_is_refused_can_be_sent_again(api: Api, http: aiohttp.ClientSession) -> None:
    upload = await uploaded(api, http, b"rubbish")
    assert [(await referred(api, http, upload))[1]["code"] for _ in range(2)] == ["TRUC-101"] * 2


async def test_only_its_owner_can_send_a_complete_upload(api: Api, http: aiohttp.ClientSession) -> None:
    upload = await uploaded(api, http)
    assert (await referred(api, http, upload, who="both"))[1]["code"] == "TRUC-430"
    half = await uploaded(api, http, whole=False)
    status, problem = await referred(api, http, half)
    assert (status, problem["code"]) == (409, "TRUC-432")


@pytest.mark.parametrize(
    "data", ["", "{}", "[]", '{"upload": 1}', '{"upload": "x", "two": []}', '{"upload": ""}']
)
async def test_wrong_reference_is_refused(api: Api, http: aiohttp.ClientSession, data: str) -> None:
    status, problem = await posted(api, http, data, "application/json")
    assert (status, problem["code"]) == (400, "TRUC-414")


@pytest.mark.parametrize("upload", ["x", "../../truc", "upl_" + "0" * 32])
async def test_reference_to_nothing_is_unknown(api: Api, http: aiohttp.ClientSession, upload: str) -> None:
    status, problem = await referred(api, http, upload)
    assert (status, problem["code"]) == (404, "TRUC-430")
    assert api.clock.now() == NOW


# --- how long it may take --------------------------------------------------------------------------


async def test_sender_sets_how_long_its_letter_may_take_in_each_form(
    api: Api, http: aiohttp.ClientSession
) -> None:
    answers = [
        await posted(api, http, document(PROVINCE, DISTRICT, body="3d"), "application/xml", query="?ttl=3d"),
        await posted(api, http, *form(PDF, said={**SAID, "ttl": "12h"})),
        await posted(api, http, *form(said={**SAID, "ttl": "12h"}), query="?ttl=90m"),
        await referred(api, http, await uploaded(api, http), ttl="1d"),
        await posted(api, http, *form(("b.pdf", b"%PDF-b"))),
    ]
    assert [status for status, _ in answers] == [201] * 5
    lives = [datetime.fromisoformat(answer["expires_at"]) - api.clock.now() for _, answer in answers]
    wanted = {"days": 3}, {"hours": 12}, {"minutes": 90}, {"days": 1}
    assert lives == [*(timedelta(**each) for each in wanted), LONGEST_LIFE]


@pytest.mark.parametrize("ttl", ["0d", "3", "-1h", "3w", "1e3d", ""])
async def test_time_in_another_form_is_refused(api: Api, http: aiohttp.ClientSession, ttl: str) -> None:
    status, problem = await posted(
        api, http, document(PROVINCE, DISTRICT), "application/xml", query=f"?ttl={ttl}"
    )
    assert (status, problem["code"], problem["findings"][0]["element"]) == (400, "TRUC-414", "ttl")
    status, problem = await posted(api, http, *form(said={**SAID, "ttl": ttl}))
    assert (status, problem["code"], problem["findings"][0]["element"]) == (400, "TRUC-414", "ttl")
    assert api.office.kept == {}


async def test_sender_names_the_hour_of_delivery_in_each_form(api: Api, http: aiohttp.ClientSession) -> None:
    hour, later = "2026-11-23T17:00:00+07:00", "2026-11-23T18:00:00Z"
    edxml = document(PROVINCE, DISTRICT, body="hẹn giờ")
    answers = [
        await posted(api, http, edxml, "application/xml", query=f"?deliver_by={hour.replace('+', '%2B')}"),
        await posted(api, http, *form(PDF, said={**SAID, "deliver_by": hour})),
        await posted(api, http, *form(said={**SAID, "deliver_by": hour}), query=f"?deliver_by={later}"),
        await referred(api, http, await uploaded(api, http), deliver_by=hour),
        await posted(api, http, *form(("b.pdf", b"%PDF-b"))),
    ]
    assert [status for status, _ in answers] == [201] * 5
    first, second = datetime.fromisoformat(hour), datetime.fromisoformat(later)
    assert api.office.hours == [first, first, second, first, None]


@pytest.mark.parametrize("hour", ["17:00", "2026-11-23", "2026-11-23T17:00", "2026-02-30T17:00:00Z", "x"])
async def test_hour_in_another_form_is_refused(api: Api, http: aiohttp.ClientSession, hour: str) -> None:
    status, problem = await posted(
        api, http, document(PROVINCE, DISTRICT), "application/xml", query=f"?deliver_by={hour}"
    )
    assert (status, problem["code"], problem["findings"][0]["element"]) == (400, "TRUC-414", "deliver_by")
    assert api.office.kept == {}

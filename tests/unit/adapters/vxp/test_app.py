"""
The listener of VXP: whatever is asked, and however badly, the answer is JSON that the SDK can read.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.vxp.app import VXP_LIMITS
from gateway.core.catalogue import STORE_BUSY
from gateway.core.errors import Unavailable, find
from gateway.core.model import Kind
from gateway.ports import Caller, MailItem
from gateway.vxp.functions import FUNCTIONS, PREFIX, Function
from tests.kit.office import DISTRICT, PROVINCE, SmallOffice, document
from tests.kit.vxp_door import PREFIX as PATH
from tests.kit.vxp_door import Door, heard, vxp_door

QUICK = replace(
    VXP_LIMITS, idle_seconds=0.05, grace_seconds=0.05, connection_idle_seconds=0.2, linger_seconds=0.2
)


def head(door: Door, function: str, system: str = "sys.district", *more: str, **parameters: str) -> bytes:
    """The raw head of a call."""
    lines = [f"{name}: {value}" for name, value in door.signed(system, parameters).items()]
    return "\r\n".join([f"POST {PATH}/{function} HTTP/1.1", "Host: x", *lines, *more, "", ""]).encode()


async def raw_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    status = int((await reader.readline()).split()[1])
    fields = {}
    while (line := (await reader.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    assert fields["content-type"] == "application/json"
    body = await reader.readexactly(int(fields["content-length"]))
    told = json.loads(body)
    assert isinstance(told, dict)
    return status, told


# --- paths and verbs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/x", "/v1/letters", f"{PATH}/", "/getedoc/x", "/a%2FgetEdoc%00", "//"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
async def test_unknown_path_is_404_with_the_keys_of_all(path: str, method: str) -> None:
    async with vxp_door() as door, door.http.request(method, path) as response:
        answer = await heard(response)
        assert (answer.status, answer.code) == (404, "10")
        assert (answer.told["DocId"], answer.told["data"]) == ("", [])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
async def test_wrong_verb_is_405(function: Function, method: str) -> None:
    if method == function.verb:
        return
    async with vxp_door() as door, door.http.request(method, f"{PATH}/{function.name}") as response:
        answer = await heard(response)
        assert (answer.status, answer.code) == (405, "10")
        assert not function.key or answer.told[function.key] == (
            list(function.empty) if isinstance(function.empty, tuple) else function.empty
        )


@pytest.mark.parametrize(
    "prefix", ["", "/x", PATH, "/a/b/c/d/e/f/g", "/XrdAdapter/RestService/forward/%C4%91"]
)
async def test_any_prefix_will_do(prefix: str) -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {})
        async with door.http.post(f"{prefix}/countReceiveEdoc?dstcode=VN:GOV", headers=headers) as response:
            assert (await heard(response)).told["count"] == 0


# --- bodies --------------------------------------------------------------------------------------


async def test_slow_body_is_let_go_in_words() -> None:
    async with vxp_door(limits=QUICK) as door, door.line() as (reader, writer):
        writer.write(head(door, "sendEdoc", "sys.province", "Content-Length: 100000") + b"<edXML>")
        status, told = await raw_answer(reader)
        assert (status, told["ErrorCode"], told["DocId"]) == (408, "21", "")


async def test_truncated_body_keeps_nothing() -> None:
    office = SmallOffice()
    async with vxp_door(office) as door, door.line() as (_, writer):
        writer.write(head(door, "sendEdoc", "sys.province", "Content-Length: 100000") + b"<edXML>")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while not door.log("http.request"):
                await asyncio.sleep(0)
        assert office.kept == {}
        assert door.log("internal.error") == []


async def test_chunked_file_is_taken() -> None:
    office, file = SmallOffice(), document(PROVINCE, DISTRICT)

    async def pieces() -> AsyncIterator[bytes]:
        for byte in file + b"\r\n":
            yield bytes([byte])

    async with vxp_door(office) as door:
        digest = hashlib.sha256(file).hexdigest()
        sent = await door.call("sendEdoc", "sys.province", pieces(), hash_file=digest)
        assert sent.code == "0"
        assert [kept.data for kept in office.kept.values()] == [file]


async def test_body_over_the_limit_is_413() -> None:
    async with vxp_door(limits=replace(VXP_LIMITS, document_bytes=1000)) as door:
        sent = await door.send("sys.province", document(PROVINCE, DISTRICT, body="x" * 2000))
        assert (sent.status, sent.code, sent.told["DocId"]) == (413, "10", "")


async def test_large_body_of_a_small_call_is_413() -> None:
    async with vxp_door() as door:
        answer = await door.call("updateStatus", "sys.district", b" " * 100_000)
        assert (answer.status, answer.code) == (413, "10")


@pytest.mark.parametrize("function", ["getEdoc", "updateStatus", "registerAgency"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"docId":null}', b"\xff\xfe", b"[" * 50_000])
async def test_broken_json_is_answered_in_words(function: str, body: bytes) -> None:
    async with vxp_door() as door:
        answer = await door.call(function, "sys.registrar", body)
        assert answer.code in ("10", "19")
        assert door.log("internal.error") == []


# --- Expect: 100-continue ------------------------------------------------------------------------


async def test_known_caller_is_invited_to_send_its_body() -> None:
    async with vxp_door() as door, door.line() as (reader, writer):
        writer.write(
            head(door, "countReceiveEdoc", "sys.district", "Expect: 100-continue", "Content-Length: 2")
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 100")
        await reader.readline()
        writer.write(b"{}")
        assert (await raw_answer(reader))[0] == 200
        writer.write(head(door, "countReceiveEdoc", "sys.district", "Content-Length: 2") + b"{}")
        assert (await raw_answer(reader))[0] == 200  # the connection is good for the next call


async def test_stranger_is_not_invited_and_let_go() -> None:
    async with vxp_door() as door, door.line() as (reader, writer):
        door.keyring.add("sys.stranger", "x", DISTRICT)
        raw = head(door, "countReceiveEdoc", "sys.stranger", "Expect: 100-continue", "Content-Length: 2")
        door.keyring.systems.clear()
        writer.write(raw)
        status, told = await raw_answer(reader)
        assert (status, told["ErrorCode"]) == (401, "15")
        writer.write_eof()
        assert await reader.read() == b""


# --- heads ---------------------------------------------------------------------------------------


async def test_head_of_a_megabyte_is_read() -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {}) | {"X-Large": "x" * (1 << 20)}
        async with door.http.post(f"{PATH}/countReceiveEdoc", headers=headers) as response:
            assert (await heard(response)).code == "0"


async def test_head_over_the_limit_is_refused_in_json() -> None:
    async with vxp_door() as door, door.line() as (reader, writer):
        writer.write(b"POST /getEdoc HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * (3 << 20) + b"\r\n\r\n")
        status, told = await raw_answer(reader)
        assert (status, told["status"], told["data"], told["DocId"]) == (400, "FAIL", [], "")


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"hello\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_answered_in_json(rubbish: bytes) -> None:
    async with vxp_door() as door, door.line() as (reader, writer):
        writer.write(rubbish + b"\r\n\r\n")
        status, told = await raw_answer(reader)
        assert (status, told["ErrorCode"]) == (400, "10")


# --- faults of ours ------------------------------------------------------------------------------


class Crashing(SmallOffice):
    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> list[MailItem]:
        raise RuntimeError("a secret of the house")


async def test_crashed_handler_is_code_20_with_an_incident_that_the_log_has() -> None:
    async with vxp_door(Crashing()) as door:
        answer = await door.call("getReceivedEdocList", "sys.district")
        assert (answer.status, answer.code, answer.told["data"]) == (200, "20", [])
        (logged,) = door.log("internal.error")
        assert logged["incident"] in answer.told["ErrorDesc"]
        assert "secret" not in answer.told["ErrorDesc"] + door.stream.getvalue()


class Busy(SmallOffice):
    async def list(
        self, caller: Caller, *, kind: Kind | None = None, after: int = 0, limit: int = 100
    ) -> list[MailItem]:
        raise Unavailable(find(STORE_BUSY))


async def test_busy_store_is_code_20() -> None:
    async with vxp_door(Busy()) as door:
        answer = await door.call("getReceivedEdocList", "sys.district")
        assert (answer.status, answer.code) == (200, "20")
        assert STORE_BUSY.code in answer.told["ErrorDesc"]


async def test_every_answer_says_that_nobody_may_keep_it() -> None:
    async with vxp_door() as door:
        for function, body in (("countReceiveEdoc", b"{}"), ("getAgenciesList", b"")):
            headers = (await door.call(function, "sys.district", body)).headers
            assert (headers["Cache-Control"], headers["Server"]) == ("no-store", "truc")
            assert len(headers["X-Request-Id"]) == 16
        answer = await door.call("countReceiveEdoc", "sys.district")
        assert answer.headers["X-Request-Id"] == door.log("http.request")[-1]["request_id"]


async def test_poll_that_went_well_is_no_line_for_operators() -> None:
    async with vxp_door() as door:
        for function, system in (
            ("getReceivedEdocList", "sys.district"),
            ("countReceiveEdoc", "sys.district"),
            ("countReceiveEdoc", "sys.locked"),
            ("getEdoc", "sys.district"),
        ):
            await door.call(function, system)
        assert [line["level"] for line in door.log("http.request")] == ["debug", "debug", "info", "info"]


async def test_log_names_the_function_and_no_header() -> None:
    async with vxp_door() as door:
        await door.call("getEdoc", "sys.district", docId="x<script>")
        line = door.log("http.request")[-1]
        assert (line["route"], line["method"], line["codes"]) == ("vxp/getEdoc", "POST", "TRUC-404")
        assert "script" not in door.stream.getvalue()
        assert PREFIX not in door.stream.getvalue()

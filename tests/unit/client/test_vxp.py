"""
The VXP client against an axis: every function, as the SDK calls it and as the axis answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from multidict import CIMultiDict

from gateway.client import Announced, EdocSource, Retries, VxpClient
from gateway.core.errors import Misconfigured, Rejected, Unavailable
from gateway.vxp.functions import FUNCTIONS, Ack, Body, MessageType
from gateway.vxp.hashes import agrees
from gateway.vxp.shapes import AgencyForm
from gateway.vxp.signature import verify
from tests.kit.axis_stub import (
    OK,
    PAGE,
    WRONG_KEY,
    AxisStub,
    Step,
    answer,
    axis_stub,
    broken_off,
    letter,
    said,
)
from tests.kit.capture import SECRET, SYSTEM_ID, Captured, captured

LETTER = b'<?xml version="1.0"?><edXML/>' * 20_000
SENDER = "000.00.00.G22"
AT = datetime(2026, 11, 21, 20, 7, 9, 274_000, tzinfo=UTC)
EVERYTHING = {**OK, "DocId": "8af2", "data": [], "count": 0}
FORM = AgencyForm(pcode="00.22.W00", code="999.010.01.H22", name="test", mail="a@b.vn", mobile="1", fax="2")

Call = Callable[[VxpClient], Awaitable[object]]
CALLS: dict[str, Call] = {
    "getAgenciesList": lambda axis: axis.agencies(),
    "getAgenciesListQD20": lambda axis: axis.agencies_qd20(),
    "getSynchronizeUnit": lambda axis: axis.units(),
    "registerAgency": lambda axis: axis.register_agency(FORM),
    "deleteAgency": lambda axis: axis.delete_agency("99.99.99.G21"),
    "sendEdoc": lambda axis: axis.send(b"<edXML/>", sender=SENDER),
    "getReceivedEdocList": lambda axis: axis.received(MessageType.EDOC),
    "getEdoc": lambda axis: axis.read("8af2"),
    "updateStatus": lambda axis: axis.update_status("8af2", Ack.DONE),
    "getSentEdocList": lambda axis: axis.sent(MessageType.EDOC, "8af2"),
    "countReceiveEdoc": lambda axis: axis.count_edocs(),
    "countReceiveStatus": lambda axis: axis.count_statuses(),
    "downloadEdoc": lambda axis: axis.read("8af2", raw=True),
}


async def no_sleep(_: float) -> None:
    pass


@asynccontextmanager
async def talking(
    *steps: Step, tries: int = 1, leftovers: bool = False
) -> AsyncIterator[tuple[VxpClient, AxisStub]]:
    async with axis_stub(*steps) as stub:
        retries = Retries(tries=tries)
        async with VxpClient(
            stub.endpoint,
            SYSTEM_ID,
            SECRET,
            leftovers=leftovers,
            retries=retries,
            now=lambda: AT,
            sleep=no_sleep,
        ) as axis:
            yield axis, stub


def good_answer(function: str) -> Step:
    if function == "getEdoc":
        return letter(LETTER)
    return said(LETTER) if function == "downloadEdoc" else answer(EVERYTHING)


# --- the same calls as the SDK -------------------------------------------------------------------


@pytest.mark.parametrize("function", CALLS)
async def test_call_has_the_verb_body_and_proof_of_the_sdk(function: str) -> None:
    async with talking(good_answer(function)) as (axis, stub):
        await CALLS[function](axis)
    (heard,) = stub.heard
    assert (heard.method, heard.function) == (FUNCTIONS[function].verb, function)
    verified = verify(CIMultiDict(heard.headers), [SECRET])
    assert verified.doubt is None
    assert set(verified.parameters) <= FUNCTIONS[function].heeds | {"systemid", "timestamp", "Content-Type"}
    empty = {Body.NOTHING: b"", Body.EMPTY_OBJECT: b"{}"}
    assert heard.body == empty.get(FUNCTIONS[function].body, heard.body)
    assert heard.header("Content-Type") == verified.parameters["Content-Type"]
    if heard.method == "POST":
        assert heard.header("Content-Length") == str(len(heard.body))


async def test_every_function_has_its_call() -> None:
    assert set(CALLS) == set(FUNCTIONS)


async def test_client_with_leftovers_is_an_object_of_the_sdk() -> None:
    """One object of the capture made these eight calls: our headers are the same to the last letter."""
    sdk = captured()[5:13]
    doc_id, sent_id, raw_id = "8af226c8-7cde-4fbe-88fe-e15a768b49cb", "5bebcfeff858e3e0cc154762", "8af226c8"
    steps = [answer(EVERYTHING) for _ in sdk]
    steps[2], steps[7] = letter(LETTER), said(LETTER)
    async with talking(*steps, leftovers=True) as (axis, stub):
        await axis.send(sdk[0].body[:-2], sender=SENDER)
        await axis.received(MessageType.EDOC)
        await axis.read(doc_id)
        await axis.update_status(doc_id, Ack.DONE)
        await axis.sent(MessageType.EDOC, sent_id)
        await axis.count_edocs()
        await axis.count_statuses()
        await axis.read(raw_id, raw=True)
    assert [proof(call) for call in stub.heard] == [proof(call) for call in sdk]
    assert [call.body for call in stub.heard] == [call.body for call in sdk]


def proof(call: Captured) -> list[str]:
    names = ("sign-header-key", "sign-header", "hash-header", "version", *call.signed_names)
    return [call.function, *(call.header(f"XroadVnpt-{name}") for name in names)]


async def test_client_without_leftovers_says_only_what_belongs_to_the_call() -> None:
    async with talking(answer(EVERYTHING)) as (axis, stub):
        await axis.send(b"x", sender=SENDER, to=["000.00.00.H41"])
        await axis.update_status("8af2", Ack.FAIL, description="Không mở được tệp")
        await axis.received(MessageType.STATUS, since=AT, until=AT, page_size=50, page_index=0)
    sent, updated, listed = stub.heard
    assert sent.header("XroadVnpt-to") == '["000.00.00.H41"]'
    assert updated.parameters["description"] == "Khong mo duoc tep"
    assert updated.parameters["status"] == "fail"
    assert {"from", "to", "hash-file"}.isdisjoint(updated.signed_names)
    assert listed.parameters["fromDate"] == "22/11/2026 03:07:09"
    assert (listed.parameters["pageSize"], listed.parameters["pageIndex"]) == ("50", "0")
    assert {"docId", "status"}.isdisjoint(listed.signed_names)


# --- sending -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["bytes", "path", "announced"])
async def test_letter_is_sent_from_memory_file_or_store(form: str, tmp_path: Path) -> None:
    file = tmp_path / "out.edxml"
    file.write_bytes(LETTER)

    async def pieces() -> AsyncIterator[bytes]:
        yield LETTER[:100_000]
        yield LETTER[100_000:]

    digest = hashlib.sha256(LETTER).digest()
    sources: dict[str, EdocSource] = {
        "bytes": LETTER,
        "path": file,
        "announced": Announced(pieces, len(LETTER), digest),
    }
    async with talking(answer(OK, DocId="8af2")) as (axis, stub):
        assert await axis.send(sources[form], sender=SENDER, kind=MessageType.STATUS) == "8af2"
    (heard,) = stub.heard
    assert heard.body == LETTER + b"\r\n"
    assert agrees(heard.parameters["hash-file"], digest)
    assert heard.parameters["messagetype"] == "status"
    assert heard.header("Expect") == ""


async def test_letter_is_not_sent_again_after_a_lost_answer() -> None:
    async with talking(broken_off, answer(OK, DocId="1"), tries=3) as (axis, stub):
        with pytest.raises(Unavailable):
            await axis.send(b"x", sender=SENDER)
    assert len(stub.heard) == 1


@pytest.mark.parametrize("lost", [broken_off, said(PAGE), said("", 503), said(PAGE, 502)])
async def test_letter_is_sent_again_where_the_caller_says_so(lost: Step) -> None:
    async with talking(lost, answer(OK, DocId="1"), tries=3) as (axis, stub):
        assert await axis.send(b"x", sender=SENDER, may_repeat=True) == "1"
    assert len(stub.heard) == 2
    assert stub.heard[0].headers == stub.heard[1].headers


async def test_letter_is_sent_again_when_the_axis_said_that_it_failed() -> None:
    failed = answer({"status": "FAIL", "ErrorCode": "20", "ErrorDesc": "Loi he thong", "DocId": ""})
    async with talking(failed, answer(OK, DocId="1"), tries=3) as (axis, stub):
        assert await axis.send(b"x", sender=SENDER) == "1"
    assert len(stub.heard) == 2


async def test_ok_without_a_doc_id_is_an_answer() -> None:
    async with talking(answer(OK)) as (axis, _):
        assert await axis.send(b"x", sender=SENDER) == ""


# --- lists ---------------------------------------------------------------------------------------


async def test_lists_are_read_in_their_shapes() -> None:
    async with talking(answer(OK, data=[{"docId": 1, "from": "H14", "unknown": 1}, None], count="2")) as (
        axis,
        _,
    ):
        (line,) = await axis.received(MessageType.EDOC)
        assert (line.doc_id, line.sender) == ("1", "H14")
        assert len(await axis.agencies()) == len(await axis.units()) == 1
        assert await axis.count_edocs() == await axis.count_statuses() == 2


@pytest.mark.parametrize("data", [None, [], "", {}])
async def test_ok_without_data_is_an_empty_list(data: object) -> None:
    async with talking(answer(OK, data=data)) as (axis, _):
        assert await axis.received(MessageType.EDOC) == ()


async def test_ok_without_a_count_is_no_count() -> None:
    async with talking(answer(OK)) as (axis, _):
        with pytest.raises(Unavailable):
            await axis.count_edocs()


# --- fetching ------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [False, True])
async def test_letter_is_fetched_into_a_file_memory_or_a_stream(raw: bool, tmp_path: Path) -> None:
    told: list[int] = []
    async with talking(said(LETTER) if raw else letter(LETTER)) as (axis, _):
        fetched = await axis.fetch(
            "8af2", tmp_path / "in", raw=raw, progress=lambda done, _: told.append(done)
        )
        assert await axis.read("8af2", raw=raw) == LETTER
        assert b"".join([chunk async for chunk in axis.stream("8af2", raw=raw)]) == LETTER
    assert fetched.path.read_bytes() == LETTER
    assert (fetched.size, fetched.sha256) == (len(LETTER), hashlib.sha256(LETTER).hexdigest())
    assert told[-1] == len(LETTER)


@pytest.mark.parametrize("refused", [answer(WRONG_KEY), answer(WRONG_KEY, data=""), answer(WRONG_KEY, 401)])
@pytest.mark.parametrize("raw", [False, True])
async def test_refusal_in_place_of_a_letter_leaves_no_file(refused: Step, raw: bool, tmp_path: Path) -> None:
    async with talking(refused) as (axis, _):
        with pytest.raises(Rejected) as told:
            await axis.fetch("8af2", tmp_path / "in", raw=raw)
    assert told.value.first.params["code"] == "15"
    assert list(tmp_path.iterdir()) == []


async def test_letter_before_a_refusal_is_not_taken(tmp_path: Path) -> None:
    text = f'{{"data":"QUJD","status":"FAIL","ErrorCode":"18","ErrorDesc":"x"{" " * 600_000}}}'
    async with talking(said(text)) as (axis, _):
        with pytest.raises(Rejected):
            await axis.fetch("8af2", tmp_path / "in")
        with pytest.raises(Rejected):
            await anext(axis.stream("8af2"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", PAGE, "<!DOCTYPE html><html/>", '{"status":"OK","ErrorCode":"0","data":"QUJ', "{}"),
        *('{"status":"OK","ErrorCode":"0"}', '{"status":"OK","ErrorCode":"0","data":"Q*=="}'),
    ],
)
async def test_what_holds_no_letter_is_unavailable(text: str, tmp_path: Path) -> None:
    async with talking(said(text)) as (axis, _):
        with pytest.raises(Unavailable):
            await axis.fetch("8af2", tmp_path / "in")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "null", PAGE, "<!DOCTYPE html><html/>", "{}", '{"status":"OK"}'])
async def test_what_is_no_letter_is_not_downloaded(text: str, tmp_path: Path) -> None:
    async with talking(said(text)) as (axis, _):
        with pytest.raises(Unavailable):
            await axis.fetch("8af2", tmp_path / "in", raw=True)
    assert list(tmp_path.iterdir()) == []


async def test_letter_that_breaks_off_is_fetched_again(tmp_path: Path) -> None:
    def half(_: web.Request) -> web.StreamResponse:
        response = web.Response(body=b'{"status":"OK","ErrorCode":"0","data":"QUJD')
        response.headers["Content-Length"] = "100000"
        response.force_close()
        return response

    async with talking(half, letter(LETTER), tries=2) as (axis, stub):
        fetched = await axis.fetch("8af2", tmp_path / "in")
    assert fetched.size == len(LETTER)
    assert len(stub.heard) == 2


# --- the client itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "system_id", "secret"),
    [
        ("ftp://x", "a", "b"),
        ("x", "a", "b"),
        ("http://x", "", "b"),
        ("http://x", "đ", "b"),
        ("http://x", "a\r\nb", "b"),
        ("http://x", "a", ""),
    ],
)
def test_what_cannot_work_is_told_at_once(endpoint: str, system_id: str, secret: str) -> None:
    with pytest.raises(Misconfigured):
        VxpClient(endpoint, system_id, secret)


async def test_doc_id_that_is_no_header_text_never_goes_out() -> None:
    async with talking(answer(EVERYTHING)) as (axis, stub):
        with pytest.raises(Rejected) as told:
            await axis.update_status("1\r\nXroadVnpt-from: x", Ack.DONE)
    assert told.value.code == "TRUC-414"
    assert stub.heard == []


async def test_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        await VxpClient("http://127.0.0.1:9", SYSTEM_ID, SECRET).agencies()

"""
Lists, fetches and acknowledgements over VXP: nobody else's mail, and nothing lost between the steps.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.core.catalogue import BLOB_DAMAGED
from gateway.core.errors import Unavailable, find
from gateway.core.model import Dialect, LetterId
from gateway.letters import Dialect as Written
from gateway.ports import Caller, OpenLetter, Terms, Word
from tests.kit.correspondence import letter
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, SmallOffice, document, one_chunk
from tests.kit.vxp_door import PREFIX as PATH
from tests.kit.vxp_door import Door, vxp_door

SENDER = Caller("sender", frozenset({PROVINCE}))
UNKNOWN = "019ab000-0000-7000-8000-00000000ffff"


async def put(door: Door, *recipients: str, body: str = "x") -> LetterId:
    data = document(PROVINCE, *(recipients or (DISTRICT,)), body=body)
    return (await door.office.accept(one_chunk(data), SENDER)).letter_id


async def fetched(door: Door, letter_id: str, system: str = "sys.district") -> bytes:
    answer = await door.call("getEdoc", system, docId=letter_id)
    assert answer.code == "0"
    return base64.b64decode(answer.told["data"], validate=True)


# --- lists ---------------------------------------------------------------------------------------


async def test_list_shows_what_waits_oldest_first() -> None:
    async with vxp_door() as door:
        first, second = await put(door, body="1"), await put(door, body="2")
        lines = await door.listed("sys.district")
        assert [line["docId"] for line in lines] == [first, second]
        assert lines[0] == {
            "docId": first,
            "serviceType": "eDoc",
            "messageType": "edoc",
            "created_time": "23/11/2026 08:00:00",
            "updated_time": "23/11/2026 08:00:00",
            "from": PROVINCE,
            "to": DISTRICT,
            "status": "initial",
            "status_desc": "",
        }


async def test_kinds_are_listed_apart_and_together_without_a_type() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        await door.office.status(Caller("d", frozenset({DISTRICT})), letter_id, "03")
        assert [line["messageType"] for line in await door.listed("sys.province", "status")] == ["status"]
        assert await door.listed("sys.province", "edoc") == []
        assert len(await door.listed("sys.province", "rubbish")) == 1


async def test_leftovers_of_earlier_calls_filter_nothing() -> None:
    async with vxp_door() as door:
        await put(door)
        left = {"status": "done", "docId": UNKNOWN, "from": COMMUNE, "to": COMMUNE, "hash_file": "ab"}
        days = {"fromDate": "01/01/2030 00:00:00", "toDate": "01/01/2001 00:00:00", "pageSize": "0"}
        assert len(await door.listed("sys.district", **left, **days, pageIndex="9")) == 1


async def test_system_with_two_agencies_gets_the_mail_of_both() -> None:
    async with vxp_door() as door:
        await put(door, DISTRICT, COMMUNE)
        assert [line["to"] for line in await door.listed("sys.both")] == [DISTRICT, COMMUNE]


async def test_days_and_pages_count_where_that_is_agreed() -> None:
    async with vxp_door() as door:
        door.ways[DISTRICT] = {"trusts_filters": True}
        ids = []
        for number in range(5):
            ids.append(await put(door, body=str(number)))
            door.clock.advance(86_400.0)
        listed = [
            [line["docId"] for line in await door.listed("sys.district", **filters)]
            for filters in (
                {"fromDate": "24/11/2026 00:00:00", "toDate": "25/11/2026 23:59:59"},
                {"pageSize": "2"},
                {"pageSize": "2", "pageIndex": "0"},
                {"pageSize": "2", "pageIndex": "1"},
                {"pageSize": "2", "pageIndex": "3"},
                {"pageSize": "2", "pageIndex": "4"},
                {"fromDate": "rubbish", "pageSize": "-1", "pageIndex": "x"},
            )
        ]
        assert listed == [ids[1:3], ids[:2], ids[:2], ids[:2], ids[4:], [], ids]
        count = await door.call("countReceiveEdoc", "sys.district", fromDate="26/11/2026")
        assert count.told["count"] == 2


async def test_filters_of_a_system_count_only_if_all_its_agencies_mean_them() -> None:
    async with vxp_door() as door:
        door.ways[DISTRICT] = {"trusts_filters": True}
        await put(door, DISTRICT, COMMUNE)
        assert len(await door.listed("sys.both", pageSize="1")) == 2


async def test_counts_are_of_their_kind() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        await put(door, body="2")
        await door.office.status(Caller("d", frozenset({DISTRICT})), letter_id, "03")
        # the message type is what the call before has left
        assert (await door.call("countReceiveEdoc", "sys.district", messagetype="status")).told["count"] == 2
        assert (await door.call("countReceiveStatus", "sys.district")).told["count"] == 0
        assert (await door.call("countReceiveStatus", "sys.province")).told["count"] == 1


# --- fetching ------------------------------------------------------------------------------------


async def test_letter_comes_as_it_was_sent() -> None:
    async with vxp_door() as door:
        data = document(PROVINCE, DISTRICT, body="đ" * 300_000)
        letter_id = (await door.office.accept(one_chunk(data), SENDER)).letter_id
        assert await fetched(door, letter_id) == data
        headers = door.signed("sys.district", {"docId": letter_id})
        async with door.http.get(f"{PATH}/downloadEdoc", headers=headers) as response:
            assert (response.status, response.content_type) == (200, "application/octet-stream")
            assert await response.read() == data


@pytest.mark.parametrize("name", ["docId", "docid", "DOCID"])
async def test_document_is_named_in_any_spelling(name: str) -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        assert (await door.call("getEdoc", "sys.district", **{name: letter_id.upper()})).code == "0"


async def test_id_of_an_acknowledgement_is_not_mixed_up_with_that_of_a_fetch() -> None:
    async with vxp_door() as door:
        first, second = await put(door, body="1"), await put(door, body="2")
        await fetched(door, first)
        acked = await door.call("updateStatus", "sys.district", docId=first, docid=first, status="done")
        left = await door.call("getEdoc", "sys.district", docId=second, docid=first)
        assert (acked.code, left.code) == ("0", "0")
        other = await door.call("updateStatus", "sys.district", docId=first, docid=second, status="done")
        assert other.code == "0"
        assert await door.listed("sys.district") == []


async def test_document_may_be_named_in_the_body() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        body = f'{{"docId":"{letter_id}"}}'.encode()
        assert (await door.call("getEdoc", "sys.district", body)).code == "0"


@pytest.mark.parametrize("doc_id", [UNKNOWN, "5bebcfeff858e3e0cc154762", "../../etc/passwd", "x"])
@pytest.mark.parametrize("function", ["getEdoc", "updateStatus"])
async def test_letter_of_another_looks_like_one_that_does_not_exist(function: str, doc_id: str) -> None:
    async with vxp_door() as door:
        others = await put(door, COMMUNE)
        foreign = await door.call(function, "sys.district", docId=others, status="done")
        unknown = await door.call(function, "sys.district", docId=doc_id, status="done")
        assert foreign.told["ErrorDesc"].replace(others, "") == unknown.told["ErrorDesc"].replace(doc_id, "")
        assert (foreign.status, foreign.code) == (unknown.status, unknown.code) == (200, "10")


async def test_download_that_fails_says_so_by_its_status() -> None:
    """The SDK keeps the body of a 200 as the file, whatever it is."""
    async with vxp_door() as door:
        answer = await door.call("downloadEdoc", "sys.district", docId=UNKNOWN)
        assert (answer.status, answer.code) == (404, "10")


async def test_two_hundred_fetches_of_one_letter_at_once() -> None:
    async with vxp_door() as door:
        data = document(PROVINCE, DISTRICT, body="x" * 100_000)
        letter_id = (await door.office.accept(one_chunk(data), SENDER)).letter_id
        whole = await asyncio.gather(*(fetched(door, letter_id) for _ in range(200)))
        assert {hashlib.sha256(one).digest() for one in whole} == {hashlib.sha256(data).digest()}


async def test_letter_is_written_in_the_dialect_that_was_agreed() -> None:
    office, data = SmallOffice(), letter(PROVINCE, DISTRICT, dialect=Written.OTHER_DATES)
    async with vxp_door(office) as door:
        letter_id = (await office.accept(one_chunk(data), SENDER)).letter_id
        as_sent = await fetched(door, letter_id)
        office.agreed[DISTRICT] = Terms(dialect=Dialect.DOTNET)
        dotnet, again = await fetched(door, letter_id), await fetched(door, letter_id)
        assert as_sent == data
        assert b"edXML:From" in dotnet
        assert dotnet == again


async def test_letter_that_cannot_be_written_anew_comes_as_it_was_sent() -> None:
    office, data = SmallOffice(), document(PROVINCE, DISTRICT)  # in no namespace: no edXML for a reader
    office.agreed[DISTRICT] = Terms(dialect=Dialect.JAVA_SDK)
    async with vxp_door(office) as door:
        letter_id = (await office.accept(one_chunk(data), SENDER)).letter_id
        assert await fetched(door, letter_id) == data
        (logged,) = door.log("rendering.failed")
        assert (logged["letter_id"], logged["dialect"]) == (letter_id, "java-sdk")


class Damaged(SmallOffice):
    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        def chunks() -> Iterator[bytes]:
            raise Unavailable(find(BLOB_DAMAGED, sha256="ab"))
            yield b""

        return replace(await super().open(caller, letter_id), chunks=chunks)


async def test_damaged_letter_is_refused_in_words() -> None:
    async with vxp_door(Damaged()) as door:
        answer = await door.call("getEdoc", "sys.district", docId=await put(door))
        assert (answer.status, answer.code, answer.told["data"]) == (200, "20", "")


# --- acknowledging -------------------------------------------------------------------------------


async def test_acknowledged_letter_is_listed_no_more_and_can_be_read_again() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        await fetched(door, letter_id)
        assert len(await door.listed("sys.district")) == 1
        assert (await door.call("updateStatus", "sys.district", docId=letter_id, status="done")).code == "0"
        assert await door.listed("sys.district") == []
        assert await fetched(door, letter_id)


async def test_second_acknowledgement_is_ok_and_changes_nothing() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        await fetched(door, letter_id)
        for word in ("done", "DONE", " done "):
            answer = await door.call("updateStatus", "sys.district", docId=letter_id, status=word)
            assert answer.code == "0"


async def test_done_for_what_was_never_fetched_is_code_21_and_it_stays() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        answer = await door.call("updateStatus", "sys.district", docId=letter_id, status="done")
        assert (answer.status, answer.code) == (200, "21")
        assert "TRUC-417" in answer.told["ErrorDesc"]
        assert len(await door.listed("sys.district")) == 1


@pytest.mark.parametrize(("word", "noted"), [("fail", Word.FAILED), ("processing", Word.PROCESSING)])
async def test_fail_and_processing_are_noted_and_the_letter_stays(word: str, noted: Word) -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        letter_id = await put(door)
        answer = await door.call(
            "updateStatus", "sys.district", docId=letter_id, status=word, description="khong doc duoc"
        )
        assert answer.code == "0"
        assert office.kept[letter_id].words == [(DISTRICT, noted, "khong doc duoc")]
        assert len(await door.listed("sys.district")) == 1


@pytest.mark.parametrize("word", ["", "ok", "06", "x" * 5000])
async def test_other_words_are_refused(word: str) -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        answer = await door.call("updateStatus", "sys.district", docId=letter_id, status=word)
        assert answer.code == "10"
        assert "done | fail | processing" in answer.told["ErrorDesc"]

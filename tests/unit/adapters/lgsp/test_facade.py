"""
The provincial facade: log in, send a form, list by days, get, report; whatever is wrong is said in its JSON.
"""

from __future__ import annotations

import base64
from typing import Any

import aiohttp
import pytest

from gateway.core.model import LetterId
from gateway.letters import Dialect
from gateway.ports import Caller, Word
from tests.kit.correspondence import letter
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, SmallOffice, document, one_chunk
from tests.kit.vxp_door import Door, vxp_door
from tests.unit.adapters.lgsp.visits import facade, logged_in

SENDER = Caller("sender", frozenset({PROVINCE}))
UNKNOWN = "019ab000-0000-7000-8000-00000000ffff"


async def put(door: Door, *recipients: str, body: str = "x") -> LetterId:
    data = document(PROVINCE, *(recipients or (DISTRICT,)), body=body)
    return (await door.office.accept(one_chunk(data), SENDER)).letter_id


def form(file: bytes, name: str = "edocFile") -> aiohttp.FormData:
    data = aiohttp.FormData()
    data.add_field(name, file, filename="7816_VPCP.edxml", content_type="application/xml")
    data.add_field("messageType", "edoc")
    return data


async def listed(door: Door, **query: str) -> Any:
    answer = await facade(door, "GET", "syncReceivedEdocList", system="sys.district", params=query)
    assert answer.told["success"]
    assert answer.told["count"] == len(answer.told["data"])
    return answer.told["data"]


# --- logging in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"username": "sys.district"},
        {"username": "sys.district", "password": "x"},
        {"username": "sys.nobody", "password": "x"},
        {"username": "sys.district", "password": None},
        {"username": ["sys.district"], "password": {"x": 1}},
        {"username": "sys.locked", "password": "c2VjcmV0IGxvY2tlZA=="},
    ],
)
async def test_wrong_login_is_401_in_words(given: dict[str, Any]) -> None:
    async with vxp_door() as door:
        answer = await facade(door, "POST", "auth/login", json=given)
        assert (answer.status, answer.told["success"]) == (401, False)
        assert answer.told["data"]["errorCode"] == "15"
        assert "token" not in answer.told["data"]


# --- sending -------------------------------------------------------------------------------------


async def test_letter_in_a_form_is_kept_to_the_byte() -> None:
    office, file = SmallOffice(), document(PROVINCE, DISTRICT, body="đ" * 100_000)
    async with vxp_door(office) as door:
        bearer = {"Authorization": f"Bearer {await logged_in(door, 'sys.province')}"}
        first = await facade(door, "POST", "sendEdoc", headers=bearer, data=form(file))
        second = await facade(door, "POST", "sendEdoc", system="sys.province", data=form(file))
        assert first.told == {"success": True, "message": "OK", "docId": next(iter(office.kept))}
        assert second.told == first.told
        assert [kept.data for kept in office.kept.values()] == [file]


async def test_refused_letter_is_told_with_its_code() -> None:
    async with vxp_door() as door:
        data = form(document(DISTRICT, COMMUNE))
        answer = await facade(door, "POST", "sendEdoc", system="sys.province", data=data)
        assert (answer.status, answer.told["success"]) == (200, False)
        refused = answer.told["data"]
        assert (refused["docId"], refused["status"], refused["errorCode"]) == ("", "error", "19")
        assert answer.told["message"] == refused["errorDesc"]


@pytest.mark.parametrize("body", [b"", b"<edXML/>", b"--x\r\n"])
async def test_body_that_is_no_form_is_refused(body: bytes) -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        answer = await facade(door, "POST", "sendEdoc", system="sys.province", data=body)
        assert answer.told["data"]["errorCode"] == "10"
        assert office.kept == {}


# --- lists ---------------------------------------------------------------------------------------


async def test_list_is_bounded_by_whole_days() -> None:
    async with vxp_door() as door:
        ids = []
        for number in range(3):  # at 8:00 of the 23rd, 24th, 25th
            ids.append(await put(door, body=str(number)))
            door.clock.advance(86_400.0)
        assert [line["docId"] for line in await listed(door)] == ids
        days = {"messageType": "edoc", "fromDate": "2026/11/24", "toDate": "2026/11/24"}
        (line,) = await listed(door, **days)
        assert line == {
            "serviceType": "eDoc",
            "createdTime": "2026/11/24 08:00:00",
            "updatedTime": "2026/11/24 08:00:00",
            "messageType": "edoc",
            "docId": ids[1],
            "from": PROVINCE,
            "to": DISTRICT,
            "status": "initial",
            "statusDesc": "",
        }
        assert await listed(door, messageType="status") == []
        assert len(await listed(door, fromDate="rubbish", toDate="", messageType="?")) == 3


# --- getting -------------------------------------------------------------------------------------


async def test_letter_comes_as_text_with_its_files() -> None:
    data = letter(PROVINCE, DISTRICT, dialect=Dialect.OTHER_DATES)
    async with vxp_door() as door:
        letter_id = (await door.office.accept(one_chunk(data), SENDER)).letter_id
        answer = await facade(door, "GET", "getEdoc", system="sys.district", params={"docId": letter_id})
        told = answer.told["data"]
        assert (told["docId"], told["from"]) == (letter_id, PROVINCE)
        assert told["edxml"].encode() == data
        assert told["attachments"]
        for file in told["attachments"]:
            assert base64.b64decode(file["fileContent"], validate=True)
            assert file["fileName"]


async def test_letter_that_cannot_be_looked_into_comes_without_its_files_apart() -> None:
    """They are in the message as well, and a letter must never be held back by what only makes it easier."""
    async with vxp_door() as door:
        letter_id = await put(door)  # in no namespace: no edXML for a reader
        answer = await facade(door, "GET", "getEdoc", system="sys.district", params={"docId": letter_id})
        assert answer.told["data"]["attachments"] == []
        assert answer.told["data"]["edxml"].startswith("<edXML>")
        assert door.log("rendering.failed")[0]["letter_id"] == letter_id


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", "x"])
async def test_unknown_letter_is_refused_in_words(doc_id: str) -> None:
    async with vxp_door() as door:
        await put(door, COMMUNE)
        answer = await facade(door, "GET", "getEdoc", system="sys.district", params={"docId": doc_id})
        assert (answer.told["success"], answer.told["data"]["errorCode"]) == (False, "10")


# --- reporting -----------------------------------------------------------------------------------


async def updated(door: Door, doc_id: str, status: object, system: str = "sys.district", **more: str) -> Any:
    given = {"docId": doc_id, "status": status, **more}
    return (await facade(door, "POST", "updateStatus", system=system, json=given)).told


async def fetch(door: Door, letter_id: str) -> None:
    await facade(door, "GET", "getEdoc", system="sys.district", params={"docId": letter_id})


async def test_done_acknowledges_once_it_was_fetched() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        early = await updated(door, letter_id, "done")
        assert (early["success"], early["data"]["errorCode"]) == (False, "21")
        await fetch(door, letter_id)
        for _ in range(2):
            assert await updated(door, letter_id, "done") == {"success": True, "message": "OK"}
        assert await listed(door) == []


async def test_fail_is_noted_and_the_letter_stays() -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        letter_id = await put(door)
        assert (await updated(door, letter_id, "fail", description="hỏng"))["success"]
        assert office.kept[letter_id].words == [(DISTRICT, Word.FAILED, "hỏng")]
        assert len(await listed(door)) == 1


@pytest.mark.parametrize("code", ["01", "02", "03", "04", "05", "06", "15", "16", "1", 3])
async def test_code_becomes_a_status_message_and_acknowledges_what_was_fetched(code: object) -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        letter_id = await put(door)
        await fetch(door, letter_id)
        assert (await updated(door, letter_id, code, description="vì sao"))["success"]
        (event,) = office.kept[letter_id].statuses
        assert (event.code, event.description) == (str(code).zfill(2), "vì sao")
        assert await listed(door) == []
        assert len(await door.listed("sys.province", "status")) == 1


async def test_code_for_a_letter_that_was_not_fetched_leaves_it_in_the_list() -> None:
    async with vxp_door() as door:
        letter_id = await put(door)
        assert (await updated(door, letter_id, "01"))["success"]
        assert len(await listed(door)) == 1


@pytest.mark.parametrize("status", ["", "ok", "07", "99", None, [], {"x": 1}, True, "đã nhận"])
async def test_other_words_are_refused(status: object) -> None:
    async with vxp_door() as door:
        refused = await updated(door, await put(door), status)
        assert (refused["success"], refused["data"]["errorCode"]) == (False, "10")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
async def test_broken_json_is_refused_in_words(body: bytes) -> None:
    async with vxp_door() as door:
        for function, system in (("updateStatus", "sys.district"), ("auth/login", "")):
            answer = await facade(door, "POST", function, system=system, data=body)
            assert answer.told["data"]["errorCode"] == "10"


# --- paths and verbs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "function"),
    [("GET", "auth/login"), ("GET", "sendEdoc"), ("POST", "syncReceivedEdocList"), ("PUT", "getEdoc"),
     ("DELETE", "updateStatus")],
)  # fmt: skip
async def test_wrong_verb_is_405(method: str, function: str) -> None:
    async with vxp_door() as door:
        assert (await facade(door, method, function)).status == 405


@pytest.mark.parametrize("prefix", ["", "/apithunghiem", "/a/b/c"])
async def test_any_prefix_will_do(prefix: str) -> None:
    async with vxp_door() as door:
        answer = await facade(door, "GET", "syncReceivedEdocList", system="sys.district", prefix=prefix)
        assert answer.told["count"] == 0


async def test_client_of_vxp_with_a_prefix_of_v1_is_served_as_one() -> None:
    async with vxp_door() as door:
        headers = door.signed("sys.district", {"docId": await put(door)})
        async with door.http.post("/v1/getEdoc", headers=headers, data=b"{}") as response:
            assert (await response.json())["ErrorCode"] == "0"


class Crashing(SmallOffice):
    async def ack(self, caller: Caller, letter_id: LetterId) -> None:
        raise RuntimeError("a secret of the house")


async def test_crash_is_told_with_its_incident_and_nothing_else() -> None:
    async with vxp_door(Crashing()) as door:
        refused = await updated(door, await put(door), "done")
        (logged,) = door.log("internal.error")
        assert refused["data"]["errorCode"] == "20"
        assert logged["incident"] in refused["message"]
        assert "secret" not in refused["message"]

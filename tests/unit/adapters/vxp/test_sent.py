"""
getSentEdocList: what became of a message, for each of its receivers; nobody else's, in transport words only.
"""

from __future__ import annotations

from typing import Any

import pytest

from adapters.vxp.sent import STATES, lines_of
from gateway.core.delivery import State
from gateway.core.model import NodeId
from gateway.core.stages import STAGE_OF, Stage
from gateway.core.tracking import HopEvent, trace
from gateway.ports import Caller
from tests.kit.office import COMMUNE, DISTRICT, NODE, NOW, PROVINCE, SmallOffice, document
from tests.kit.vxp_door import Door, vxp_door

UNKNOWN = "019ab000-0000-7000-8000-00000000ffff"


async def sent(door: Door, *recipients: str, body: str = "x", system: str = "sys.province") -> str:
    by = {"sys.province": PROVINCE, "sys.district": DISTRICT}[system]
    answer = await door.send(system, document(by, *recipients, body=body))
    assert answer.code == "0"
    doc_id: str = answer.told["DocId"]
    return doc_id


async def told(door: Door, **parameters: str) -> list[dict[str, Any]]:
    answer = await door.call("getSentEdocList", "sys.province", b"", **parameters)
    assert answer.code == "0"
    lines: list[dict[str, Any]] = answer.told["data"]
    return lines


async def test_there_is_a_line_for_each_receiver() -> None:
    async with vxp_door() as door:
        doc_id = await sent(door, DISTRICT, COMMUNE)
        await door.call("getEdoc", "sys.district", docId=doc_id)
        await door.call("updateStatus", "sys.district", docId=doc_id, status="done")
        lines = await told(door, docId=doc_id)
        assert [(line["toCode"], line["receiveStatus"]) for line in lines] == [
            (DISTRICT, "done"),
            (COMMUNE, "initial"),
        ]
        assert {line["sendStatus"] for line in lines} == {"done"}
        assert lines[0]["senderDocId"] == lines[0]["receiverDocId"] == doc_id
        assert lines[0]["fromCode"] == PROVINCE
        assert lines[0]["title"] == "Trích yếu"
        assert lines[0]["sentTime"] == lines[0]["receivedTime"] == "23/11/2026 08:00:00"
        assert lines[1]["receivedTime"] == ""


async def test_receiver_is_named_as_its_sender_named_it() -> None:
    async with vxp_door() as door:
        assert [line["toCode"] for line in await told(door, docId=await sent(door, "H14.31"))] == ["H14.31"]


async def test_without_an_id_all_are_told_newest_first() -> None:
    async with vxp_door() as door:
        first, second = await sent(door, DISTRICT, body="1"), await sent(door, DISTRICT, body="2")
        await sent(door, COMMUNE, system="sys.district")
        assert [line["senderDocId"] for line in await told(door)] == [second, first]
        assert [line["senderDocId"] for line in await told(door, pageSize="1")] == [second]
        assert [line["senderDocId"] for line in await told(door, pageSize="1", pageIndex="2")] == [first]
        assert await told(door, pageSize="1", pageIndex="999999999") == []


async def test_long_list_ends_behind_the_message_that_fills_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.vxp.sent.LINES_AT_MOST", 3)
    async with vxp_door() as door:
        oldest, _, second, newest = [await sent(door, DISTRICT, COMMUNE, body=f"{n}") for n in range(4)]
        assert [line["senderDocId"] for line in await told(door)] == [newest, newest, second, second]
        last = await told(door, pageSize="1", pageIndex="4")
        assert [line["senderDocId"] for line in last] == [oldest, oldest]


async def test_days_bound_the_list() -> None:
    async with vxp_door() as door:
        await sent(door, DISTRICT, body="1")
        door.clock.advance(2 * 86_400.0)
        second = await sent(door, DISTRICT, body="2")
        assert [line["senderDocId"] for line in await told(door, fromDate="24/11/2026")] == [second]
        assert await told(door, toDate="22/11/2026 00:00:00") == []


async def test_id_of_a_received_letter_is_left_over_from_a_fetch() -> None:
    async with vxp_door() as door:
        mine = await sent(door, COMMUNE)
        received = await sent(door, PROVINCE, system="sys.district")
        assert [line["senderDocId"] for line in await told(door, docId=received)] == [mine]


@pytest.mark.parametrize("doc_id", [UNKNOWN, "5bebcfeff858e3e0cc154762", "x"])
async def test_unknown_id_has_no_lines(doc_id: str) -> None:
    async with vxp_door() as door:
        await sent(door, DISTRICT)
        assert await told(door, docId=doc_id) == []


async def test_letter_of_others_has_no_lines() -> None:
    async with vxp_door() as door:
        others = await sent(door, COMMUNE, system="sys.district")
        assert await told(door, docId=others) == []


async def test_statuses_are_told_apart() -> None:
    async with vxp_door() as door:
        await sent(door, DISTRICT)
        assert await told(door, messagetype="status") == []
        assert len(await told(door, messagetype="edoc")) == 1


@pytest.mark.parametrize("state", State)
async def test_every_state_has_its_word_and_the_reason_of_a_failure(state: State) -> None:
    office = SmallOffice()
    async with vxp_door(office) as door:
        doc_id = await sent(door, DISTRICT)
    letter_id = next(iter(office.kept))
    record = await office.track(Caller("p", frozenset({PROVINCE})), letter_id)
    other = NodeId("G22")
    event = HopEvent(letter_id, NODE, f"agency:{DISTRICT}", state, NOW, "TRUC-503")
    (delivery,) = record.deliveries
    object.__setattr__(delivery, "state", state)
    object.__setattr__(delivery, "last_code", event.code)
    (line,) = lines_of(trace(record, here=NODE, directory=office.directory()))
    stage = Stage.RETRYING if state is State.QUEUED else STAGE_OF[state]
    assert line.sender_doc_id == doc_id
    assert other != NODE
    assert line.receive_status == STATES.get(stage, "initial")
    assert (line.receive_status == "fail") == (state in (State.RETURNED, State.STOPPED))
    assert "TRUC-503" in line.receive_status_desc

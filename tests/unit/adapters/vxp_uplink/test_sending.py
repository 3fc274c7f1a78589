"""
Letters on their way up, to an axis that answers in every way that real ones were seen to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.vxp_uplink.ledger import Errand, Stand
from adapters.vxp_uplink.letters import accepted_on
from adapters.vxp_uplink.sending import Sending
from gateway.core.errors import Unavailable
from gateway.core.model import AgencyCode, Dialect, Kind, LetterId
from gateway.core.stages import Stage
from gateway.ports import Terms
from gateway.vxp.hashes import agrees
from tests.kit.axis_stub import OK, PAGE, AxisStub, Step, answer, axis_stub, broken_off, by_function, said
from tests.kit.correspondence import letter
from tests.kit.uplink import ABOVE, ABOVE_TOO, OURS, OURS_TOO, SYSTEM, Below, node_below, status_about

SENT = answer(OK, DocId="5bebcfeff858e3e0cc154762")


def fail(code: str, **more: object) -> Step:
    return answer({"status": "FAIL", "ErrorCode": code, "ErrorDesc": f"Ma {code}"}, DocId="", **more)


@asynccontextmanager
async def talking(
    folder: Path, *, terms: Mapping[AgencyCode, Terms] | None = None, **steps: Step | list[Step]
) -> AsyncIterator[tuple[Below, AxisStub]]:
    async with (
        axis_stub(by_function(**steps)) as stub,
        node_below(stub.endpoint, folder, terms=terms) as house,
    ):
        yield house, stub


def named(call: Any) -> list[str]:
    told: list[str] = json.loads(call.header("XroadVnpt-to"))
    return told


async def stage(house: Below, letter_id: LetterId, code: str) -> Stage:
    return (await house.axis.line(letter_id, OURS, code)).stage


async def errands(house: Below, letter_id: LetterId) -> tuple[Errand, ...]:
    stored = await house.node.store.letter(letter_id)
    assert stored is not None
    return house.adapter.ledger.of(letter_id, accepted_on(stored))


# --- one call ------------------------------------------------------------------------------------


async def test_letter_goes_up_with_one_call_for_all_its_recipients(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        content = letter(OURS, ABOVE, ABOVE_TOO)
        accepted = await house.axis.send(content, by=OURS)
        await house.axis.settle()
        (call,) = stub.calls("sendEdoc")
        stages = [await stage(house, accepted.letter_id, code) for code in (ABOVE, ABOVE_TOO)]
        (errand,) = await errands(house, accepted.letter_id)

    assert call.body == content + b"\r\n"
    assert (call.header("XroadVnpt-from"), call.header("XroadVnpt-messagetype")) == (OURS, "edoc")
    assert named(call) == [ABOVE, ABOVE_TOO]
    assert agrees(call.header("XroadVnpt-hash-file"), hashlib.sha256(content).digest())
    assert stages == [Stage.DELIVERED, Stage.DELIVERED]
    assert (errand.stand, errand.doc_id) == (Stand.SENT, "5bebcfeff858e3e0cc154762")
    assert errand.ended == {ABOVE, ABOVE_TOO}


async def test_only_recipients_on_the_axis_above_are_named_to_it(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        await house.axis.send(letter(ABOVE, OURS), by=ABOVE)  # nobody of ours gets an echo
        await house.axis.settle()
        assert stub.calls("sendEdoc") == []
        await house.axis.send(letter(OURS, OURS_TOO, ABOVE), by=OURS)
        await house.axis.settle()
        (call,) = stub.calls("sendEdoc")
    assert named(call) == [ABOVE]


async def test_status_goes_up_as_a_status_once(tmp_path: Path) -> None:
    document = letter(ABOVE, OURS)
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        await house.axis.send(status_about(document, "03", OURS, ABOVE), by=OURS)
        await house.axis.settle()
        await house.axis.wait(timedelta(hours=1))
        (call,) = stub.calls("sendEdoc")
    assert call.header("XroadVnpt-messagetype") == "status"
    assert named(call) == [ABOVE]


async def test_letter_is_written_in_the_dialect_that_was_agreed(tmp_path: Path) -> None:
    terms = {ABOVE: Terms(dialect=Dialect.DOTNET)}
    async with talking(tmp_path, terms=terms, sendEdoc=SENT) as (house, stub):
        content = letter(OURS, ABOVE, ABOVE_TOO)
        await house.axis.send(content, by=OURS)
        await house.axis.settle()
        calls = {tuple(named(call)): call for call in stub.calls("sendEdoc")}
    assert calls[(ABOVE_TOO,)].body == content + b"\r\n"
    other = calls[(ABOVE,)]
    assert other.body != content + b"\r\n"
    assert agrees(other.header("XroadVnpt-hash-file"), hashlib.sha256(other.body[:-2]).digest())


async def test_second_look_at_a_letter_that_went_up_sends_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        await house.restart()
        opened = await house.opened(accepted.letter_id, ABOVE)
        assert await house.adapter.sending.deliver(opened)
        assert len(stub.calls("sendEdoc")) == 1


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "ours"), [("18", "TRUC-452"), ("23", "TRUC-453"), ("22", "TRUC-454"), ("10", "TRUC-455")]
)
async def test_what_the_axis_never_takes_goes_back_to_its_sender(
    tmp_path: Path, code: str, ours: str
) -> None:
    async with talking(tmp_path, sendEdoc=fail(code)) as (house, _):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        line = await house.axis.line(accepted.letter_id, OURS, ABOVE)
        (notice,) = await house.axis.collect(OURS, Kind.STATUS)
        left = await errands(house, accepted.letter_id)
    assert (line.stage, line.last_code) == (Stage.RETURNED, ours)
    assert ours in notice.content.decode()
    assert left == ()


async def test_sender_that_the_axis_does_not_register_stops_no_other(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=[fail("19"), SENT]) as (house, stub):
        first = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        second = await house.axis.send(letter(OURS_TOO, ABOVE, number=2), by=OURS_TOO)
        await house.axis.settle()
        assert await stage(house, first.letter_id, ABOVE) is Stage.RETRYING
        assert (await house.axis.line(second.letter_id, OURS_TOO, ABOVE)).stage is Stage.DELIVERED
        (told,) = house.node.said("uplink.waits")
        assert len(stub.calls("sendEdoc")) == 2
    assert "code 19" in told["reason"]


async def test_body_too_large_for_a_proxy_goes_back(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=said(PAGE, 413)) as (house, _):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        line = await house.axis.line(accepted.letter_id, OURS, ABOVE)
    assert (line.stage, line.last_code) == (Stage.RETURNED, "TRUC-455")


@pytest.mark.parametrize("code", ["18", "23"])
async def test_one_refused_recipient_does_not_stop_the_others(tmp_path: Path, code: str) -> None:
    steps = [fail(code), SENT, fail(code)]
    async with talking(tmp_path, sendEdoc=steps) as (house, stub):
        accepted = await house.axis.send(letter(OURS, ABOVE, ABOVE_TOO), by=OURS)
        await house.axis.settle()
        stages = [await stage(house, accepted.letter_id, c) for c in (ABOVE, ABOVE_TOO)]
        calls = [named(call) for call in stub.calls("sendEdoc")]
    assert calls == [[ABOVE, ABOVE_TOO], [ABOVE], [ABOVE_TOO]]
    assert stages == [Stage.DELIVERED, Stage.RETURNED]


WAITING: dict[str, Step] = {
    "wrong key": fail("15"),
    "sender not registered": fail("19"),
    "fault of the axis": fail("20"),
    "fault with the file": fail("21"),
    "unknown code": fail("99"),
    "page with status 200": said(PAGE),
    "error page": said(PAGE, 502),
    "service unavailable": said("", 503),
    "nothing": said(""),
    "null": said("null"),
    "nulls": said('{"status":null,"ErrorCode":null,"ErrorDesc":null}'),
    "unauthorized": said("", 401),
    "redirect": said("", 302, Location="http://127.0.0.1:9/"),
    "list in place of an object": said("[]"),
    "broken off": broken_off,
}


@pytest.mark.parametrize("odd", WAITING.values(), ids=WAITING.keys())
async def test_what_may_pass_waits_and_then_goes_up(tmp_path: Path, odd: Step) -> None:
    async with talking(tmp_path, sendEdoc=[odd, SENT]) as (house, stub):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        before = await stage(house, accepted.letter_id, ABOVE)
        await house.axis.wait(timedelta(minutes=10))
        after = await stage(house, accepted.letter_id, ABOVE)
        calls = len(stub.calls("sendEdoc"))
    assert before is Stage.RETRYING
    assert (after, calls) == (Stage.DELIVERED, 2)


@pytest.mark.parametrize("step", [answer(OK), answer(OK, DocId=None), said('{"status":"OK","DocId":"ữ"}')])
async def test_ok_without_a_proper_doc_id_is_ok(tmp_path: Path, step: Step) -> None:
    async with talking(tmp_path, sendEdoc=step) as (house, _):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        assert await stage(house, accepted.letter_id, ABOVE) is Stage.DELIVERED


async def test_dead_axis_costs_the_next_letters_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=said(PAGE, 502)) as (house, stub):
        for number in range(1, 6):
            await house.axis.send(letter(OURS, ABOVE, number=number), by=OURS)
        await house.axis.settle()
        assert len(stub.calls("sendEdoc")) == 1
        (line,) = house.node.said("uplink.down")
    assert (line["system"], line["code"]) == (SYSTEM, "TRUC-710")


async def test_closed_port_leaves_no_intention_behind(tmp_path: Path) -> None:
    async with node_below("http://127.0.0.1:9", tmp_path) as house:
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        assert await errands(house, accepted.letter_id) == ()


# --- lost answers --------------------------------------------------------------------------------


def line_of(to: str = ABOVE, **more: str) -> dict[str, str]:
    told = {
        "senderDocId": "5beb",
        "fromCode": OURS,
        "toCode": to,
        "title": "",
        "notation": "",
        "sentTime": "02/03/2026 08:30:00",
    }
    return {**told, **more}


async def test_letter_whose_answer_was_lost_is_found_and_not_sent_again(tmp_path: Path) -> None:
    content = letter(OURS, ABOVE, code_number="7816", code_notation="UBND-VP")
    sent = answer(OK, data=[line_of(notation="7816/UBND-VP")])
    async with talking(tmp_path, sendEdoc=broken_off, getSentEdocList=sent) as (house, stub):
        accepted = await house.axis.send(content, by=OURS)
        await house.axis.settle()
        (meant,) = await errands(house, accepted.letter_id)
        await house.restart()
        await house.axis.wait(timedelta(minutes=10))
        (found,) = await errands(house, accepted.letter_id)
        calls = len(stub.calls("sendEdoc"))
        (told,) = house.node.said("uplink.unsure")
    assert (meant.stand, found.stand, found.doc_id) == (Stand.MEANT, Stand.SENT, "5beb")
    assert (calls, told["found"]) == (1, True)


NOT_THIS_ONE: dict[str, dict[str, str]] = {
    "another number": line_of(notation="7817/UBND-VP"),
    "another recipient": line_of(to=ABOVE_TOO, notation="7816/UBND-VP"),
    "an earlier one": line_of(notation="7816/UBND-VP", sentTime="01/03/2026 08:30:00"),
    "another sender": line_of(notation="7816/UBND-VP", fromCode=ABOVE_TOO),
    "another title": line_of(title="Về việc khác hẳn"),
    "nothing that names it": line_of(),
}


@pytest.mark.parametrize("line", NOT_THIS_ONE.values(), ids=NOT_THIS_ONE.keys())
async def test_letter_that_the_axis_does_not_know_is_sent_again(tmp_path: Path, line: dict[str, str]) -> None:
    content = letter(OURS, ABOVE, code_number="7816", code_notation="UBND-VP")
    steps: list[Step] = [broken_off, SENT]
    async with talking(tmp_path, sendEdoc=steps, getSentEdocList=answer(OK, data=[line])) as (house, stub):
        accepted = await house.axis.send(content, by=OURS)
        await house.axis.settle()
        await house.axis.wait(timedelta(minutes=10))
        assert await stage(house, accepted.letter_id, ABOVE) is Stage.DELIVERED
        assert len(stub.calls("sendEdoc")) == 2


async def test_axis_that_knows_no_list_of_sent_letters_gets_it_again(tmp_path: Path) -> None:
    steps: list[Step] = [broken_off, SENT]
    async with talking(tmp_path, sendEdoc=steps, getSentEdocList=fail("404")) as (house, stub):
        await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        await house.axis.wait(timedelta(minutes=10))
        assert len(stub.calls("sendEdoc")) == 2


async def test_nothing_is_sent_again_while_the_axis_cannot_be_asked(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=[broken_off, SENT], getSentEdocList=said(PAGE)) as (house, stub):
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        await house.axis.wait(timedelta(hours=1))
        assert await stage(house, accepted.letter_id, ABOVE) is Stage.RETRYING
        assert len(stub.calls("sendEdoc")) == 1


async def test_crash_between_the_answer_and_our_note_sends_nothing_twice(tmp_path: Path) -> None:
    content = letter(OURS, ABOVE, code_number="7816", code_notation="UBND-VP")
    listed = answer(OK, data=[line_of(notation="7816/UBND-VP")])
    async with talking(tmp_path, sendEdoc=SENT, getSentEdocList=listed) as (house, stub):
        accepted = await house.axis.send(content, by=OURS)
        await house.axis.settle()
        (sent,) = await errands(house, accepted.letter_id)
        house.adapter.ledger.write(replace(sent, stand=Stand.MEANT, doc_id="", ended=frozenset()))
        await house.restart()
        assert await house.adapter.sending.deliver(await house.opened(accepted.letter_id, ABOVE))
        assert len(stub.calls("sendEdoc")) == 1


# --- who may, and for how long -------------------------------------------------------------------


async def test_slow_axis_does_not_hold_up_the_hand_over(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        accepted = await house.axis.send(letter(OURS, ABOVE, ABOVE_TOO), by=OURS)
        hurried = Sending(house.workplace(), house.adapter.axis, house.adapter.ledger, patience=0.0)
        one, other = [await house.opened(accepted.letter_id, code) for code in (ABOVE, ABOVE_TOO)]
        for opened in (one, other):
            with pytest.raises(Unavailable) as told:
                await hurried.deliver(opened)
            assert told.value.code == "TRUC-711"
        patient = house.adapter.sending
        await hurried.close()
        assert await patient.deliver(one)
        assert await patient.deliver(other)
        assert len(stub.calls("sendEdoc")) <= 2


async def test_without_an_endpoint_letters_lie_at_the_door(tmp_path: Path) -> None:
    async with node_below("", tmp_path) as house:
        accepted = await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.settle()
        assert await stage(house, accepted.letter_id, ABOVE) is Stage.WAITING
        assert house.adapter.pollers() == ()


async def test_agency_that_moves_sends_with_its_own_system(tmp_path: Path) -> None:
    async with talking(tmp_path, sendEdoc=SENT) as (house, stub):
        await house.move(OURS, "mailbox", "both", system_id="vxp.own", secret="s2")
        await house.axis.send(letter(OURS, ABOVE), by=OURS)
        await house.axis.send(letter(OURS_TOO, ABOVE), by=OURS_TOO)
        await house.axis.settle()
        systems = [call.header("XroadVnpt-systemid") for call in stub.calls("sendEdoc")]
    assert systems == ["vxp.own", SYSTEM]

"""
Messages on their way down, from an axis that lists and gives them in every way that real ones were seen to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from adapters.vxp_uplink.receiving import waiting_in
from gateway.core.errors import Rejected, Unavailable
from gateway.core.model import Kind
from gateway.vxp.shapes import ReceivedLine
from tests.kit.axis_stub import (
    OK,
    PAGE,
    WRONG_KEY,
    AxisStub,
    Step,
    answer,
    axis_stub,
    broken_off,
    by_function,
    said,
)
from tests.kit.axis_stub import letter as given
from tests.kit.correspondence import letter
from tests.kit.steps import Died
from tests.kit.uplink import ABOVE, ABOVE_TOO, NODE, OURS, OURS_TOO, SYSTEM, Below, node_below, status_about

NOTHING = answer(OK, data=[])
CONTENT = letter(ABOVE, OURS)


def line(doc_id: str = "5beb", sender: str = ABOVE, to: object = OURS, **more: object) -> dict[str, object]:
    told = {"docId": doc_id, "serviceType": "eDoc", "messageType": "edoc", "from": sender, "to": to}
    return {**told, "status": "initial", "status_desc": None, **more}


def listed(*lines: dict[str, object]) -> Step:
    return answer(OK, data=list(lines))


@asynccontextmanager
async def waiting(
    folder: Path, *lists: Step, **steps: Step | list[Step]
) -> AsyncIterator[tuple[Below, AxisStub]]:
    """The axis gives these lists, one a call (documents and statuses in turn), then empty ones."""
    told = {"getEdoc": given(CONTENT), **steps}
    step = by_function(getReceivedEdocList=[*lists, NOTHING], **told)
    async with axis_stub(step) as stub, node_below(stub.endpoint, folder) as house:
        yield house, stub


def acks(stub: AxisStub) -> list[tuple[str, str]]:
    calls = stub.calls("updateStatus")
    return [(call.header("XroadVnpt-docId"), call.header("XroadVnpt-status")) for call in calls]


# --- what is taken -------------------------------------------------------------------------------


async def test_message_is_ours_byte_for_byte_before_it_is_acknowledged(tmp_path: Path) -> None:
    async with waiting(tmp_path, listed(line())) as (house, stub):
        assert await house.poll() == 1
        await house.axis.settle()
        (mail,) = await house.axis.collect(OURS)
        order = [call.function for call in stub.heard]
    assert mail.content == CONTENT
    assert mail.item.sender == ABOVE
    assert order == ["getReceivedEdocList", "getEdoc", "updateStatus", "getReceivedEdocList"]
    assert acks(stub) == [("5beb", "done")]


async def test_documents_and_statuses_are_asked_for(tmp_path: Path) -> None:
    status = status_about(letter(OURS, ABOVE), "03", ABOVE, OURS)
    async with waiting(tmp_path, NOTHING, listed(line()), getEdoc=given(status)) as (house, stub):
        assert await house.poll() == 1
        await house.axis.settle()
        (mail,) = await house.axis.collect(OURS, Kind.STATUS)
        kinds = [call.header("XroadVnpt-messagetype") for call in stub.calls("getReceivedEdocList")]
    assert (mail.content, mail.item.status_code) == (status, "03")
    assert kinds == ["edoc", "status"]


@pytest.mark.parametrize(
    "odd",
    [
        line(to=None),
        line(sender=None),
        line(to="", sender=""),
        line(to=[OURS]),
        line(to=f'["{OURS}"]'),
        line(to=f"{OURS};{ABOVE}", unknown={"a": None}),
        {"DOCID": "5beb", "FROM": ABOVE, "TO": OURS},
        {"docId": "5beb"},
    ],
)
async def test_list_tells_as_little_as_it_likes(tmp_path: Path, odd: dict[str, object]) -> None:
    async with waiting(tmp_path, listed(odd)) as (house, stub):
        assert await house.poll() == 1
        await house.axis.settle()
        assert [mail.content for mail in await house.axis.collect(OURS)] == [CONTENT]
    assert acks(stub) == [("5beb", "done")]


async def test_recipients_on_the_axis_above_get_no_echo(tmp_path: Path) -> None:
    content = letter(ABOVE, OURS, ABOVE_TOO, OURS_TOO)
    both = listed(line(to=OURS), line(to=ABOVE_TOO), line(to=OURS_TOO))
    async with waiting(tmp_path, both, getEdoc=given(content)) as (house, stub):
        await house.poll()
        await house.axis.settle()
        got = [len(await house.axis.collect(code)) for code in (OURS, OURS_TOO)]
        assert stub.calls("sendEdoc") == []
    assert got == [1, 1]
    assert acks(stub) == [("5beb", "done")]


async def test_last_message_of_a_list_waits_until_no_line_of_it_can_be_missing(tmp_path: Path) -> None:
    first, last = line("1"), line("2", to=OURS)
    other = given(letter(ABOVE, OURS, OURS_TOO, number=2))
    lists = [listed(first, last), NOTHING, listed(last, line("2", to=OURS_TOO)), NOTHING]
    async with waiting(tmp_path, *lists, getEdoc=[given(CONTENT), other]) as (house, stub):
        assert await house.poll() == 1
        assert acks(stub) == [("1", "done")]
        assert await house.poll() == 1
        await house.axis.settle()
        got = [len(await house.axis.collect(code)) for code in (OURS, OURS_TOO)]
    assert got == [2, 1]


async def test_unknown_sender_becomes_an_agency_above(tmp_path: Path) -> None:
    stranger = "000.00.00.G22"
    agencies = answer(OK, data=[{"code": stranger, "name": "Văn phòng Chính phủ", "oldCode": "G22"}])
    content = given(letter(stranger, OURS))
    steps = {"getEdoc": content, "getAgenciesList": agencies}
    async with waiting(tmp_path, listed(line(sender=stranger)), **steps) as (house, _):
        await house.poll()
        await house.axis.settle()
        (mail,) = await house.axis.collect(OURS)
        row = house.axis.directory.find(stranger)
    assert mail.item.sender == stranger
    assert row is not None
    assert (row.delivery, row.sends_arrived, row.node) == ("uplink", True, NODE)


async def test_message_that_is_listed_again_is_acknowledged_again_and_not_fetched(tmp_path: Path) -> None:
    lists = [listed(line()), NOTHING] * 3
    async with waiting(tmp_path, *lists) as (house, stub):
        assert await house.poll() == 1
        assert await house.poll() == 0
        house.axis.clock.advance(timedelta(minutes=5))
        assert await house.poll() == 0
        fetched = len(stub.calls("getEdoc"))
    assert fetched == 1
    assert acks(stub) == [("5beb", "done")] * 2


# --- crashes -------------------------------------------------------------------------------------


async def test_crash_between_our_commit_and_done_brings_no_second_copy(tmp_path: Path) -> None:
    lists = [listed(line()), listed(line()), NOTHING]
    async with waiting(tmp_path, *lists) as (house, stub):
        house.axis.let_die(NODE, "C2")
        with pytest.raises(Died):
            await house.poll()
        assert acks(stub) == []
        await house.restart()
        assert await house.poll() == 1
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
        (told,) = house.node.said("uplink.received")
    assert told["repeated"] is True
    assert acks(stub) == [("5beb", "done")]


@pytest.mark.parametrize("lost", [broken_off, said(PAGE), answer(WRONG_KEY)])
async def test_lost_acknowledgement_is_said_again(tmp_path: Path, lost: Step) -> None:
    lists = [listed(line()), NOTHING, listed(line()), NOTHING]
    async with waiting(tmp_path, *lists, updateStatus=[lost, answer(OK)]) as (house, stub):
        await house.poll()
        house.axis.clock.advance(timedelta(hours=1))
        await house.poll()
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
    assert acks(stub) == [("5beb", "done")] * 2


# --- what is wrong -------------------------------------------------------------------------------

RUBBISH = b'<?xml version="1.0"?><khac/>'
REFUSED: dict[str, tuple[dict[str, object], bytes]] = {
    "no edXML": (line(), RUBBISH),
    "no XML": (line(), b"\x00\x01\x02"),
    "external entity": (line(), b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "another sender than listed": (line(sender=ABOVE_TOO), CONTENT),
    "nobody of ours": (line(to="000.99.00.H14"), CONTENT),
    "only somebody above": (line(to=ABOVE_TOO), CONTENT),
    "sender that is no code": (line(sender="không phải mã"), CONTENT),
    "nobody at all": (line(to=None), letter(ABOVE, "000.99.00.H14")),
}


@pytest.mark.parametrize(("bad", "content"), REFUSED.values(), ids=REFUSED.keys())
async def test_bad_message_is_told_and_holds_up_no_other(
    tmp_path: Path, bad: dict[str, object], content: bytes
) -> None:
    good = line("6abc")
    lists = [listed(bad, good), NOTHING, listed(bad, good), NOTHING]

    def by_doc_id(request: web.Request) -> web.StreamResponse:
        is_good = request.headers["XroadVnpt-docId"] == "6abc"
        return given(CONTENT if is_good else content)(request)

    async with waiting(tmp_path, *lists, getEdoc=by_doc_id) as (house, stub):
        await house.poll()
        await house.poll()
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
        said_why = stub.calls("updateStatus")[0].header("XroadVnpt-description")
        (told,) = house.node.said("uplink.refused")
    assert acks(stub) == [("5beb", "fail"), ("6abc", "done")]
    assert said_why.startswith("[Truc] TRUC-")
    assert said_why.isascii()
    assert told["code"] in said_why


async def test_bad_message_is_looked_at_with_growing_pauses_also_after_a_restart(tmp_path: Path) -> None:
    async with waiting(tmp_path, listed(line()), getEdoc=given(RUBBISH)) as (house, stub):
        stub.steps = [by_function(getReceivedEdocList=listed(line()), getEdoc=given(RUBBISH))]
        looks = []
        for _ in range(4):
            await house.poll()
            looks.append(len(stub.calls("getEdoc")))
            house.begin()
            house.axis.clock.advance(timedelta(minutes=6))
    assert looks == [1, 2, 2, 3]


GONE: dict[str, Step] = {
    "page": said(PAGE),
    "nothing": said(""),
    "no data": answer(OK),
    "no base64": answer(OK, data="***"),
    "broken off": broken_off,
    "fault": answer({"status": "FAIL", "ErrorCode": "21", "ErrorDesc": "Loi xu ly file"}, data=""),
}


@pytest.mark.parametrize("odd", GONE.values(), ids=GONE.keys())
async def test_message_that_cannot_be_had_is_asked_for_later(tmp_path: Path, odd: Step) -> None:
    lists = [listed(line()), NOTHING] * 3
    async with waiting(tmp_path, *lists, getEdoc=[odd, given(CONTENT)]) as (house, stub):
        assert await house.poll() == 0
        assert await house.poll() == 0
        house.axis.clock.advance(timedelta(minutes=1))
        assert await house.poll() == 1
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
    assert acks(stub) == [("5beb", "done")]


@pytest.mark.parametrize("odd", [said(PAGE), said(""), said("null"), broken_off, said(PAGE, 500)])
async def test_axis_without_a_list_is_told_as_unreachable(tmp_path: Path, odd: Step) -> None:
    async with waiting(tmp_path, odd) as (house, _):
        with pytest.raises(Unavailable):
            await house.poll()


async def test_axis_that_does_not_know_the_key_says_so(tmp_path: Path) -> None:
    async with waiting(tmp_path, answer(WRONG_KEY)) as (house, _):
        with pytest.raises(Rejected):
            await house.poll()


@pytest.mark.parametrize(
    "odd", [answer(OK), answer(OK, data=None), listed({}), answer(OK, data=[None, 1, "a"])]
)
async def test_list_of_nothing_is_nothing(tmp_path: Path, odd: Step) -> None:
    async with waiting(tmp_path, odd, odd) as (house, _):
        assert await house.poll() == 0


def test_lines_of_one_message_are_one_message_with_all_their_recipients() -> None:
    lines = [
        ReceivedLine(doc_id="1", sender="a", recipient="x"),
        ReceivedLine(doc_id="2", sender="b", recipient="y,z"),
        ReceivedLine(doc_id="1", sender="", recipient="y"),
        ReceivedLine(doc_id=" ", sender="c", recipient="z"),
    ]
    told = [(m.doc_id, m.sender, m.to) for m in waiting_in(lines)]
    assert told == [("1", "a", ("x", "y")), ("2", "b", ("y", "z"))]


# --- mail of agencies that move ------------------------------------------------------------------


async def test_mail_that_is_left_above_is_fetched_with_the_agencys_own_system(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (house, stub):
        stub.steps = [
            by_function(
                getReceivedEdocList=[NOTHING, NOTHING, listed(line()), NOTHING], getEdoc=given(CONTENT)
            )
        ]
        await house.move(OURS, "mailbox", "both", system_id="vxp.own", secret="s2")
        assert await house.poll() == 1
        await house.axis.settle()
        assert len(await house.axis.collect(OURS)) == 1
        systems = [call.header("XroadVnpt-systemid") for call in stub.calls("getReceivedEdocList")]
    assert systems == [SYSTEM, SYSTEM, "vxp.own", "vxp.own"]


async def test_mail_of_others_under_the_same_system_is_left_alone(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (house, stub):
        theirs = listed(line(to=OURS_TOO))
        stub.steps = [
            by_function(getReceivedEdocList=[NOTHING, NOTHING, theirs, NOTHING], getEdoc=given(CONTENT))
        ]
        await house.move(OURS, "mailbox", "both", system_id="vxp.own", secret="s2")
        assert await house.poll() == 0
        assert stub.calls("getEdoc") == []
        assert acks(stub) == []

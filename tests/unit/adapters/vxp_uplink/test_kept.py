"""
Letters that lie at our doors for agencies on the axis above.
"""

from __future__ import annotations

from pathlib import Path

from tests.kit.axis_stub import OK, answer, axis_stub, by_function
from tests.kit.axis_stub import letter as given
from tests.kit.correspondence import letter
from tests.kit.uplink import ABOVE, OURS, OURS_TOO, node_below

SENT = answer(OK, DocId="5beb")
REFUSED = answer({"status": "FAIL", "ErrorCode": "18", "ErrorDesc": "x"}, DocId="")


async def test_letters_that_wait_here_follow_the_agency_up_once(tmp_path: Path) -> None:
    async with axis_stub(by_function(sendEdoc=SENT)) as stub, node_below(stub.endpoint, tmp_path) as house:
        await house.axis.send(letter(OURS, OURS_TOO), by=OURS)
        await house.axis.settle()
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 0
        await house.move(OURS_TOO, "uplink", "uplink")
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 1
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 0
        assert await house.axis.waiting(OURS_TOO) == []
        assert len(stub.calls("sendEdoc")) == 1


async def test_letters_from_before_there_was_an_uplink_go_up(tmp_path: Path) -> None:
    async with axis_stub(by_function(sendEdoc=SENT)) as stub:
        async with node_below("", tmp_path) as house:
            await house.axis.send(letter(OURS, ABOVE), by=OURS)
            await house.axis.settle()
            house.settings = house.settings.model_copy(update={"endpoint": stub.endpoint})
            house.begin()
            assert await house.adapter.kept.round(house.adapter.kept.everybody()) == 1
        assert len(stub.calls("sendEdoc")) == 1


async def test_what_came_down_in_the_moment_of_a_move_waits_for_its_agency_here(tmp_path: Path) -> None:
    listed = answer(OK, data=[{"docId": "1", "from": ABOVE, "to": OURS}])
    content = letter(ABOVE, OURS)
    lists = [listed, answer(OK, data=[])]
    step = by_function(getReceivedEdocList=lists, getEdoc=given(content), sendEdoc=SENT)
    async with axis_stub(step) as stub, node_below(stub.endpoint, tmp_path) as house:
        await house.poll()
        await house.move(OURS, "uplink", "uplink")
        await house.axis.settle()
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 0
        assert stub.calls("sendEdoc") == []
        assert len(await house.axis.waiting(OURS)) == 1


async def test_what_the_axis_refuses_stays_with_the_reason(tmp_path: Path) -> None:
    async with axis_stub(by_function(sendEdoc=REFUSED)) as stub, node_below(stub.endpoint, tmp_path) as house:
        await house.axis.send(letter(OURS, OURS_TOO), by=OURS)
        await house.axis.settle()
        await house.move(OURS_TOO, "uplink", "uplink")
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 0
        (told,) = house.node.said("delivery.word")
        assert len(await house.axis.waiting(OURS_TOO)) == 1
    assert told["word"] == "failed"


async def test_dead_axis_leaves_everything_where_it_is(tmp_path: Path) -> None:
    async with node_below("http://127.0.0.1:9", tmp_path) as house:
        await house.axis.send(letter(OURS, OURS_TOO), by=OURS)
        await house.axis.settle()
        await house.move(OURS_TOO, "uplink", "uplink")
        assert await house.adapter.kept.round(house.adapter.kept.moved()) == 0
        assert len(await house.axis.waiting(OURS_TOO)) == 1

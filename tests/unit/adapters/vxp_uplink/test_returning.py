"""
Letters of our own axis that come back from above, for an agency that has moved here since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.core.directory import Directory
from gateway.core.model import LetterId, NodeId
from tests.kit.axis_stub import OK, AxisStub, answer, axis_stub, by_function
from tests.kit.axis_stub import letter as given
from tests.kit.correspondence import agency, letter, tree
from tests.kit.uplink import ABOVE, NODE, OURS, Below, behind, node_below

CHILD = NodeId("H14.31")
DISTRICT = "000.00.31.H14"
"""An agency of a node below: its letters come here over a link, and go up from here."""


def with_a_child() -> Directory:
    rows = [agency(OURS, NODE), behind(ABOVE, NODE), agency(DISTRICT, CHILD)]
    return tree({NODE: "", CHILD: NODE}, rows)


@asynccontextmanager
async def returning(folder: Path, content: bytes, sender: str) -> AsyncIterator[tuple[Below, AxisStub]]:
    """The letter went up for an agency that moves here now, and lies above under that agency's own system."""
    none, line = answer(OK, data=[]), answer(OK, data=[{"docId": "1", "from": sender, "to": ABOVE}])
    step = by_function(
        sendEdoc=answer(OK, DocId="1"), getReceivedEdocList=[none, none, line, none], getEdoc=given(content)
    )
    async with axis_stub(step) as stub, node_below(stub.endpoint, folder, with_a_child()) as house:
        yield house, stub


async def sent_up(house: Below, content: bytes, sender: str) -> LetterId:
    accepted = await house.axis.send(content, by=sender)
    await house.axis.settle()
    await house.move(ABOVE, "mailbox", "both", system_id="vxp.own", secret="s2")
    return accepted.letter_id


def acks(stub: AxisStub) -> list[str]:
    return [call.header("XroadVnpt-status") for call in stub.calls("updateStatus")]


async def test_letter_of_this_node_is_put_into_the_mailbox(tmp_path: Path) -> None:
    content = letter(OURS, ABOVE)
    async with returning(tmp_path, content, OURS) as (house, stub):
        letter_id = await sent_up(house, content, OURS)
        await house.poll()
        got = await house.axis.collect(ABOVE)
        assert await house.axis.waiting(ABOVE) == []
    assert [(mail.letter_id, mail.content) for mail in got] == [(letter_id, content)]
    assert acks(stub) == ["done"]


async def test_letter_of_a_node_below_is_put_into_the_mailbox(tmp_path: Path) -> None:
    content = letter(DISTRICT, ABOVE)
    async with returning(tmp_path, content, DISTRICT) as (house, stub):
        letter_id = await sent_up(house, content, DISTRICT)
        await house.poll()
        got = await house.axis.collect(ABOVE)
    assert [(mail.letter_id, mail.content) for mail in got] == [(letter_id, content)]
    assert acks(stub) == ["done"]


async def test_letter_that_is_here_already_is_only_acknowledged(tmp_path: Path) -> None:
    content = letter(OURS, ABOVE)
    async with returning(tmp_path, content, OURS) as (house, stub):
        await house.move(ABOVE, "mailbox", "both", system_id="vxp.own", secret="s2")
        await house.axis.send(content, by=OURS)
        await house.axis.settle()
        assert len(await house.axis.collect(ABOVE)) == 1
        await house.poll()
        assert await house.axis.waiting(ABOVE) == []
    assert acks(stub) == ["done"]


async def test_letter_in_the_name_of_another_node_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    content = letter(DISTRICT, ABOVE)
    async with returning(tmp_path, content, DISTRICT) as (house, stub):
        await house.move(ABOVE, "mailbox", "both", system_id="vxp.own", secret="s2")
        await house.poll()
        assert await house.axis.waiting(ABOVE) == []
        (told,) = house.node.said("uplink.refused")
    assert told["code"] == "TRUC-605"
    assert acks(stub) == ["fail"]

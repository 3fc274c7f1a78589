"""
A province is merged into another in the middle of a conversation.

The merger was prepared at every node and comes in force on its day, by itself. What is written to the code
that was closed, statuses about its letters too, goes to its successor, who carries the conversation on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.business import Relation
from gateway.core.calendar import today
from gateway.core.directory_change import Change
from gateway.core.model import AgencyCode, InReplyTo, Kind
from gateway.core.tracking import Stage
from tests.kit.correspondence import agency, letter, tree
from tests.kit.story import StoryAxis, story

pytestmark = pytest.mark.external

NORTH, CLOSED, HEIR = "000.00.00.H14", "000.00.00.H08", AgencyCode("000.00.00.H21")
DAY = timedelta(days=1)

QUESTION = letter(CLOSED, NORTH, code_number="7", code_notation="UBND-VX", document_id="hoi-7")
REPLY = letter(
    NORTH,
    CLOSED,
    code_number="9",
    code_notation="UBND-TH",
    document_id="dap-9",
    in_reply_to=(InReplyTo(CLOSED, code="7/UBND-VX", document_id="hoi-7"),),  # type: ignore[arg-type]
)
THANKS = letter(
    HEIR,
    NORTH,
    code_number="1",
    code_notation="UBND-VX",
    document_id="tiep-1",
    in_reply_to=(InReplyTo(NORTH, code="9/UBND-TH", document_id="dap-9"),),  # type: ignore[arg-type]
)


async def prepare_merger(axis: StoryAxis) -> None:
    """At every node, for tomorrow: CLOSED goes into HEIR, whose name and code live on."""
    now = axis.clock.now()
    row = replace(axis.directory.agencies[AgencyCode(CLOSED)], valid_to=today(now), successor=HEIR)
    for store in axis.stores.values():
        await store.prepare_directory(Change(agencies=(row,)), today(now) + DAY, now)


async def merger_is_known(axis: StoryAxis) -> bool:
    directories = [node.desk.directory() for node in axis.nodes.values()]
    return all(each.successor_of(CLOSED) is not None for each in directories)


async def test_conversation_goes_on_with_the_successor(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    own = {"sends_arrived": True}
    directory = tree(
        {"G22": "", "H14": "G22", "H08": "G22", "H21": "G22"},
        [agency(NORTH, "H14", **own), agency(CLOSED, "H08", **own), agency(HEIR, "H21", **own)],
    )
    async with story(pytestconfig, tmp_path, directory) as axis:
        # The province that will be closed asks, and hears that its question is registered.
        await prepare_merger(axis)
        asked = await axis.send(QUESTION, by=CLOSED)
        (question,) = await axis.receive(NORTH)
        await axis.report(NORTH, question.letter_id, "03")
        (registered,) = await axis.receive(CLOSED)
        await axis.at_rest()
        assert not await merger_is_known(axis)

        # Its last day is over.
        axis.skip(DAY)
        await axis.until(lambda: merger_is_known(axis), "the merger is in force at every node")

        # The reply, still addressed to it, and the status about its question come to its successor.
        answered = await axis.send(REPLY, by=NORTH)
        await axis.report(NORTH, question.letter_id, "06")
        (reply,) = await axis.receive(HEIR, Kind.DOCUMENT)
        (finished,) = await axis.receive(HEIR, Kind.STATUS)
        line = await axis.stands(answered.letter_id, NORTH, CLOSED, Stage.DELIVERED)

        # The successor goes on in its own name.
        await axis.report(HEIR, reply.letter_id, "03")
        carried_on = await axis.send(THANKS, by=HEIR)
        (thanks,) = await axis.receive(NORTH, Kind.DOCUMENT)
        (taken,) = await axis.receive(NORTH, Kind.STATUS)
        await axis.stands(carried_on.letter_id, HEIR, NORTH, Stage.DELIVERED)
        await axis.told(answered.letter_id, NORTH, CLOSED, "03")
        at_north = await axis.whereabouts(answered.letter_id, NORTH)
        at_heir = await axis.whereabouts(answered.letter_id, HEIR)
        left = await axis.waiting(CLOSED)
        journals = await axis.journals()

    assert (question.letter_id, question.content) == (asked.letter_id, QUESTION)
    assert (registered.item.status_code, registered.item.sender) == ("03", NORTH)
    assert (reply.letter_id, reply.content) == (answered.letter_id, REPLY)
    assert (finished.item.status_code, finished.item.sender) == ("06", NORTH)
    assert (line.named, line.code, line.way) == (CLOSED, HEIR, ("H14", "G22", "H21"))
    assert (taken.item.status_code, taken.item.sender) == ("03", HEIR), (
        "who was closed signs nothing any more"
    )
    assert thanks.content == THANKS
    assert {(k.letter_id, k.bond.relation, k.is_later) for k in at_north.links} == {
        (asked.letter_id, Relation.REPLY, False),
        (carried_on.letter_id, Relation.REPLY, True),
    }
    assert [(k.letter_id, k.is_later) for k in at_heir.links] == [(carried_on.letter_id, True)]
    assert left == []
    assert journals.nodes(answered.letter_id, "letter.taken") == ["G22", "H21"]
    assert journals.nodes(answered.letter_id, "delivery.acknowledged") == ["H21"]

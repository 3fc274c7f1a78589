"""
A commune asks a commune in another province, which answers.

Through all four levels and back: six links there, six links back, and the statuses of both.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from gateway.core.business import Relation
from gateway.core.model import InReplyTo, Kind
from gateway.core.tracking import Stage
from tests.kit.correspondence import four_level, letter
from tests.kit.story import story

pytestmark = pytest.mark.external

ASKS, ANSWERS, BYSTANDER = "000.22.40.H14", "000.20.35.H21", "000.00.00.H14"
WAY = ("H14.40.22", "H14.40", "H14", "G22", "H21", "H21.35", "H21.35.20")

QUESTION = letter(ASKS, ANSWERS, BYSTANDER, code_number="7", code_notation="UBND-VX", document_id="hoi-7")
NAMED = InReplyTo(organ=ASKS, code="7/UBND-VX", document_id="hoi-7")
REPLY = letter(
    ANSWERS,
    ASKS,
    code_number="12",
    code_notation="UBND-VP",
    in_reply_to=(NAMED,),  # type: ignore[arg-type]
)


async def test_question_and_reply_cross_four_levels_and_show_each_other(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, four_level()) as axis:
        # The question goes down to the commune, and up to the province on its way.
        asked = await axis.send(QUESTION, by=ASKS)
        (question,) = await axis.receive(ANSWERS)
        (seen,) = await axis.receive(BYSTANDER)
        assert question.content == seen.content == QUESTION
        assert question.letter_id == seen.letter_id == asked.letter_id

        # The clerk registers it: the sender sees that, and that nobody else has said anything.
        await axis.report(ANSWERS, question.letter_id, "01")
        await axis.told(asked.letter_id, ASKS, ANSWERS, "01")
        await axis.report(ANSWERS, question.letter_id, "03")
        await axis.told(asked.letter_id, ASKS, ANSWERS, "01", "03")
        await axis.told(asked.letter_id, ASKS, BYSTANDER)

        # The reply names what it answers, and comes back to who asked.
        answered = await axis.send(REPLY, by=ANSWERS)
        (reply,) = await axis.receive(ASKS, Kind.DOCUMENT)
        assert reply.content == REPLY
        await axis.report(ASKS, reply.letter_id, "01")
        await axis.report(ANSWERS, question.letter_id, "06")
        statuses = await axis.receive(ASKS, Kind.STATUS, count=3)
        (arrival,) = await axis.receive(ANSWERS, Kind.STATUS)
        there = await axis.stands(asked.letter_id, ASKS, ANSWERS, Stage.DELIVERED)
        back = await axis.stands(answered.letter_id, ANSWERS, ASKS, Stage.DELIVERED)

        # Both ends see either document with the other; who only had the question does not hear of the reply.
        at_both = [await axis.whereabouts(asked.letter_id, by) for by in (ASKS, ANSWERS)]
        answer = await axis.whereabouts(answered.letter_id, ANSWERS)
        elsewhere = await axis.whereabouts(asked.letter_id, BYSTANDER)
        journals = await axis.journals()

    assert [(s.item.status_code, s.item.sender) for s in statuses] == [
        (c, ANSWERS) for c in ("01", "03", "06")
    ]
    assert (arrival.item.status_code, arrival.item.sender) == ("01", ASKS)
    assert there.status is not None
    assert there.status.code == "06"
    for tracking in at_both:
        assert [(k.letter_id, k.bond.relation, k.is_later) for k in tracking.links] == [
            (answered.letter_id, Relation.REPLY, True)
        ]
    assert [(k.letter_id, k.is_later) for k in answer.links] == [(asked.letter_id, False)]
    assert elsewhere.links == ()

    assert (there.way, back.way) == (WAY, WAY[::-1])
    for line, way in ((there, WAY), (back, WAY[::-1])):
        assert [(c.from_node, c.to_node) for c in line.crossings] == list(pairwise(way))
    for accepted, way in ((asked, WAY), (answered, WAY[::-1])):
        assert journals.nodes(accepted.letter_id, "letter.accepted") == [way[0]]
        assert journals.nodes(accepted.letter_id, "letter.taken") == [*way[1:]]
        for here, onward in pairwise(way):
            moves = journals.events(accepted.letter_id, at=here, of=f"link:{onward}")
            assert [m for m in moves if m != "delivery.confirmed"] == ["delivery.claimed", "delivery.taken"]
        assert journals.nodes(accepted.letter_id, "delivery.acknowledged")[0] == way[-1]

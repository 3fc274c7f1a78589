"""
A clerk refuses a document that is not meant for the commune (02), and the corrected one is sent anew.

The refusal is the receiver's own word, in its own name and with its reason: no notice of the axis.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.lifecycle import NOTICE
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.story import story
from tests.network.stories.places import OFFICE, READER, WRITER, two_communes

pytestmark = pytest.mark.external

REASON = "Văn bản gửi không đúng thẩm quyền"
WRONG = letter(WRITER, READER, OFFICE, code_number="41", code_notation="UBND-VX", document_id="vb-41")
RIGHT = letter(WRITER, READER, number=2, code_number="42", code_notation="UBND-VX", document_id="vb-42")


async def test_refusal_is_told_with_its_reason_and_the_corrected_document_is_a_new_one(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        # One receiver refuses, the other registers the same letter.
        wrong = await axis.send(WRONG, by=WRITER)
        (refused,) = await axis.receive(READER)
        (kept,) = await axis.receive(OFFICE)
        await axis.report(READER, refused.letter_id, "01")
        await axis.told(wrong.letter_id, WRITER, READER, "01")
        await axis.report(READER, refused.letter_id, "02", REASON)
        await axis.told(wrong.letter_id, WRITER, READER, "01", "02")
        await axis.report(OFFICE, kept.letter_id, "03")
        await axis.told(wrong.letter_id, WRITER, OFFICE, "03")
        statuses = await axis.receive(WRITER, count=3)

        # The corrected document is no repeat of the refused one.
        right = await axis.send(RIGHT, by=WRITER)
        (document,) = await axis.receive(READER)
        await axis.report(READER, document.letter_id, "03")
        await axis.told(right.letter_id, WRITER, READER, "03")
        (registered,) = await axis.receive(WRITER)
        lines = [
            await axis.stands(wrong.letter_id, WRITER, READER, Stage.DELIVERED),
            await axis.stands(wrong.letter_id, WRITER, OFFICE, Stage.DELIVERED),
            await axis.stands(right.letter_id, WRITER, READER, Stage.DELIVERED),
        ]
        journals = await axis.journals()

    assert refused.content == kept.content == WRONG
    assert document.content == RIGHT
    assert not right.repeated
    assert [(s.item.status_code, s.item.sender) for s in statuses] == [
        ("01", READER),
        ("02", READER),
        ("03", OFFICE),
    ]
    said = statuses[1].content.decode()
    assert REASON in said
    assert NOTICE not in said
    assert (registered.item.status_code, registered.item.sender) == ("03", READER)
    assert [line.status and line.status.code for line in lines] == ["02", "03", "03"]
    assert not any(status.is_notice for line in lines for status in line.statuses)
    assert [status.description for status in lines[0].statuses] == ["", REASON]
    assert journals.nodes(wrong.letter_id, "delivery.acknowledged") == ["H21.70", "G22"]
    assert "delivery.refused" not in journals.events(wrong.letter_id), (
        "that is a word of nodes, not of clerks"
    )

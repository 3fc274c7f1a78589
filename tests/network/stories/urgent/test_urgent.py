"""
The centre is away while a commune sends it very many letters, and at last an urgent one: it is there first.

RabbitMQ is given no more than a window of the bulk; the rest waits in the store of the province. The urgent
one has a lane of its own, so it passes all of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.broker.window import WINDOW_LETTERS
from gateway.core.model import Kind, Lane, NodeId
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.counts import counts
from tests.kit.story import story
from tests.network.stories.places import OFFICE, WRITER, two_communes

pytestmark = pytest.mark.external

WAITS = 30
"""So many ordinary letters are not even in RabbitMQ when the urgent one is sent."""

BULK = [letter(WRITER, OFFICE, number=n) for n in range(1, WINDOW_LETTERS + WAITS + 1)]
URGENT = letter(WRITER, OFFICE, number=999, priority=3)


async def test_urgent_letter_is_there_before_bulk_that_was_sent_earlier(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes(), "G22") as axis:
        # The province has all the bulk, and has given a window of it to RabbitMQ.
        for content in BULK:
            await axis.send(content, by=WRITER)
        hall = axis.nodes[NodeId("H14")].desk.store

        async def has_all() -> bool:
            found = await counts(hall)
            return sum(n for (target, _), n in found.items() if target == "link:G22") == len(BULK)

        await axis.until(has_all, "the province has all the bulk")
        urgent = await axis.send(URGENT, by=WRITER)
        await axis.until_noted(urgent.letter_id, "delivery.confirmed", at="H14")
        on_the_wire = {d.letter_id for d in await hall.outstanding(NodeId("G22"), Lane.NORMAL)}

        # The centre comes back, and the office looks into its mailbox when everything is there.
        await axis.start("G22")
        mails = await axis.receive(OFFICE, Kind.DOCUMENT, count=len(BULK) + 1)
        await axis.stands(urgent.letter_id, WRITER, OFFICE, Stage.DELIVERED)
        await axis.at_rest()
        journals = await axis.journals()

    assert len(on_the_wire) == WINDOW_LETTERS
    assert sorted(mail.content for mail in mails) == sorted([*BULK, URGENT])
    order = [mail.letter_id for mail in sorted(mails, key=lambda mail: mail.item.number)]
    before = set(order[: order.index(urgent.letter_id)])
    assert before <= on_the_wire, "it came behind letters that were not even on the wire"
    taken = [
        line.row.letter_id
        for line in journals.lines
        if (line.node, line.row.event) == ("G22", "letter.taken")
    ]
    assert set(taken[: taken.index(urgent.letter_id)]) <= on_the_wire
    assert len(set(taken)) == len(taken) == len(BULK) + 1, "each came once"

"""
Which line of an axis' list of sent letters speaks of a letter of ours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.vxp_uplink.letters import accepted_on, speaks_of, together, written_sender
from gateway.core.model import Kind
from gateway.ports import StoredLetter
from gateway.vxp.shapes import SentLine
from tests.kit.correspondence import letter
from tests.kit.uplink import ABOVE, ABOVE_TOO, NODE, OURS, Below, behind, below, node_below

LINE = SentLine(to_code=ABOVE, from_code=OURS, notation="7816/UBND-VP", sent_time="02/03/2026 08:30:00")


async def stored(house: Below, content: bytes) -> StoredLetter:
    accepted = await house.axis.send(content, by=OURS)
    found = await house.node.store.letter(accepted.letter_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("line", "is_it"),
    [
        (LINE, True),
        (LINE.model_copy(update={"notation": "7816 / ubnd-vp"}), True),
        (LINE.model_copy(update={"sent_time": "khi nào đó"}), True),
        (LINE.model_copy(update={"from_code": ""}), True),
        (LINE.model_copy(update={"notation": "", "title": "Về việc"}), True),
        (LINE.model_copy(update={"notation": "", "title": ""}), False),
        (LINE.model_copy(update={"title": "Về việc khác"}), False),
        (LINE.model_copy(update={"to_code": "000.00.00.G99"}), False),
        (LINE.model_copy(update={"to_code": ""}), False),
        (LINE.model_copy(update={"from_code": ABOVE_TOO}), False),
        (LINE.model_copy(update={"sent_time": "02/03/2026 08:00:00"}), False),
    ],
)
async def test_line_speaks_of_the_letter_that_it_names(tmp_path: Path, line: SentLine, is_it: bool) -> None:
    content = letter(OURS, ABOVE, code_number="7816", code_notation="UBND-VP", subject="Về việc nhà ở")
    async with node_below("", tmp_path) as house:
        kept = await stored(house, content)
        since = house.axis.clock.now() - timedelta(seconds=30)
        assert speaks_of(line, kept, {ABOVE: ABOVE}, since, house.axis.directory) is is_it


async def test_statuses_of_one_document_are_told_apart_by_their_code(tmp_path: Path) -> None:
    async with node_below("", tmp_path) as house:
        kept = await stored(house, letter(OURS, ABOVE))
        routing, facts = replace(kept.routing, kind=Kind.STATUS), replace(kept.facts, status_code="03")
        status, since = replace(kept, routing=routing, facts=facts), house.axis.clock.now()
        told = {
            title: speaks_of(
                LINE.model_copy(update={"title": title}), status, {ABOVE: ABOVE}, since, house.axis.directory
            )
            for title in ("03", "3", "06", "", "Về việc")
        }
    assert told == {"03": True, "3": True, "06": False, "": False, "Về việc": False}


async def test_recipients_are_named_as_the_sender_named_them(tmp_path: Path) -> None:
    alias = behind("000.00.00.G14", NODE, aliases=("G14",))
    async with node_below("", tmp_path, below(alias)) as house:
        kept = await stored(house, letter(OURS, ABOVE, "G14", "000.02.00.H14"))
        opened = await house.opened(kept.routing.letter_id, ABOVE)
        assert together(house.workplace(), house.adapter.axis, opened) == {ABOVE: ABOVE, alias.code: "G14"}
        assert written_sender(kept) == OURS
        assert accepted_on(kept) == kept.routing.accepted_at.date()

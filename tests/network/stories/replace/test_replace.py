"""
A commune replaces two of its documents by one (type 3): the first for one receiver, the second for all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.business import Outcome, Relation
from gateway.core.model import Business, Kind, Operation, Replacement
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.story import story
from tests.network.stories.places import OFFICE, READER, WRITER, two_communes

pytestmark = pytest.mark.external

ONE = letter(WRITER, READER, OFFICE, code_number="31", code_notation="QĐ-UBND", document_id="vb-31")
TWO = letter(WRITER, READER, OFFICE, number=2, code_number="32", code_notation="QĐ-UBND", document_id="vb-32")
NEW = letter(
    WRITER,
    *(READER, OFFICE),
    number=3,
    code_number="33",
    code_notation="QĐ-UBND",
    document_id="vb-33",
    business=Business(  # type: ignore[arg-type]
        Operation.REPLACE,
        reason="Sai số liệu",
        replacements=(Replacement("vb-31", (READER,)), Replacement("vb-32")),
    ),
)


async def test_replacement_is_asked_of_those_for_whom_each_document_is_replaced(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        one, two = [await axis.send(content, by=WRITER) for content in (ONE, TWO)]
        old = {code: await axis.receive(code, count=2) for code in (READER, OFFICE)}
        new = await axis.send(NEW, by=WRITER)
        came = {code: await axis.receive(code) for code in (READER, OFFICE)}

        # The one consents to the replacement; the other will not give up the second.
        await axis.report(READER, new.letter_id, "15")
        await axis.report(OFFICE, two.letter_id, "16", "Đã thi hành")
        statuses = await axis.receive(WRITER, Kind.STATUS, count=2)
        for accepted in (one, two, new):
            for code in (READER, OFFICE):
                await axis.stands(accepted.letter_id, WRITER, code, Stage.DELIVERED)
        of_one, of_two, of_new = [
            await axis.whereabouts(accepted.letter_id, WRITER) for accepted in (one, two, new)
        ]
        at_reader = await axis.whereabouts(new.letter_id, READER)
        journals = await axis.journals()

    for code in (READER, OFFICE):
        assert sorted(mail.content for mail in old[code]) == sorted([ONE, TWO])
        assert [mail.content for mail in came[code]] == [NEW]
    for tracking in (of_one, of_two):
        assert [(k.letter_id, k.bond.relation, k.is_later) for k in tracking.links] == [
            (new.letter_id, Relation.REPLACEMENT, True)
        ]
    for tracking in (of_new, at_reader):
        assert {(k.letter_id, k.is_later) for k in tracking.links} == {
            (one.letter_id, False),
            (two.letter_id, False),
        }
    asked = [
        {r.named: [(q.kind, q.outcome) for q in r.requests] for r in tracking.recipients}
        for tracking in (of_one, of_two)
    ]
    assert asked == [
        {READER: [("replacement", Outcome.CONSENTED)], OFFICE: []},
        {READER: [("replacement", Outcome.CONSENTED)], OFFICE: [("replacement", Outcome.REFUSED)]},
    ]
    told = sorted((s.item.sender, s.item.status_code) for s in statuses)
    assert told == [(OFFICE, "16"), (READER, "15")]
    assert sorted(journals.nodes(new.letter_id, "delivery.acknowledged")) == ["G22", "H21.70"]
    assert journals.nodes(one.letter_id, "delivery.taken_back") == [], "replaced is not taken away"

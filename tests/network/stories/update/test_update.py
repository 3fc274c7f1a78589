"""
A commune updates a document: one receiver is dropped, one is added, one stays (type 2).

All three get the update. The axis adds and drops nobody: who was added has only what is sent to it, and who
was dropped keeps its copy and answers for itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.business import Outcome, Relation
from gateway.core.lifecycle import AUTOMATIC
from gateway.core.model import Business, Kind, Operation, ReceiverChange
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.story import story
from tests.network.stories.places import HALL, OFFICE, READER, WRITER, two_communes

pytestmark = pytest.mark.external

STAYS, DROPPED, ADDED = READER, HALL, OFFICE

FIRST = letter(WRITER, STAYS, DROPPED, code_number="21", code_notation="KH-UBND", document_id="vb-21")
CHANGES = Business(
    Operation.UPDATE,
    document_id="vb-21",
    reason="Điều chỉnh nơi nhận",
    information_changed=True,
    receivers_changed=True,
    receivers=(ReceiverChange(DROPPED, added=False), ReceiverChange(ADDED, added=True)),
)
UPDATE = letter(
    WRITER,
    *(STAYS, DROPPED, ADDED),
    number=2,
    code_number="21a",
    code_notation="KH-UBND",
    document_id="vb-21a",
    business=CHANGES,  # type: ignore[arg-type]
)


async def test_update_reaches_who_stays_who_is_dropped_and_who_is_added(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        sent = await axis.send(FIRST, by=WRITER)
        first = {code: await axis.receive(code, Kind.DOCUMENT) for code in (STAYS, DROPPED)}
        updated = await axis.send(UPDATE, by=WRITER)
        second = {code: await axis.receive(code, Kind.DOCUMENT) for code in (STAYS, DROPPED, ADDED)}
        before = await axis.whereabouts(sent.letter_id, WRITER)

        # Who was asked answers; who was added has nothing to consent to, and registers it.
        await axis.report(STAYS, updated.letter_id, "15")
        await axis.report(DROPPED, sent.letter_id, "15", "Đã hủy văn bản")
        await axis.report(ADDED, updated.letter_id, "03")
        statuses = await axis.receive(WRITER, Kind.STATUS, count=5)
        await axis.stands(updated.letter_id, WRITER, ADDED, Stage.DELIVERED)
        after = await axis.whereabouts(sent.letter_id, WRITER)
        of_update = await axis.whereabouts(updated.letter_id, WRITER)
        at_added = await axis.whereabouts(updated.letter_id, ADDED)
        copy = await axis.node_of(DROPPED).office.read(axis.caller(DROPPED), sent.letter_id)
        journals = await axis.journals()

        assert b"".join(copy.chunks()) == FIRST, "the axis deletes nobody's copy"

    assert {code: [m.content for m in mails] for code, mails in first.items()} == {
        STAYS: [FIRST],
        DROPPED: [FIRST],
    }
    assert {code: [m.content for m in mails] for code, mails in second.items()} == {
        STAYS: [UPDATE],
        DROPPED: [UPDATE],
        ADDED: [UPDATE],
    }
    (link,) = after.links
    assert (link.letter_id, link.bond.relation, link.is_later) == (updated.letter_id, Relation.UPDATE, True)
    assert (link.bond.dropped, link.bond.added) == ((DROPPED,), (ADDED,))
    assert [(k.letter_id, k.is_later) for k in of_update.links] == [(sent.letter_id, False)]
    assert at_added.links == (), "it never had the document that is updated"

    asked = [
        {r.named: [(q.kind, q.outcome) for q in r.requests] for r in tracking.recipients}
        for tracking in (before, after)
    ]
    assert asked == [
        {STAYS: [("update", Outcome.OPEN)], DROPPED: [("update", Outcome.OPEN)]},
        {STAYS: [("update", Outcome.CONSENTED)], DROPPED: [("update", Outcome.CONSENTED)]},
    ]
    told = sorted((s.item.sender, s.item.status_code, AUTOMATIC in s.content.decode()) for s in statuses)
    assert told == [
        (OFFICE, "03", False),
        (HALL, "01", True),
        (HALL, "01", True),
        (HALL, "15", False),
        (READER, "15", False),
    ]
    assert sorted(journals.nodes(updated.letter_id, "delivery.acknowledged")) == ["G22", "H21", "H21.70"]
    assert journals.nodes(updated.letter_id, "letter.taken").count("H21") == 1, "one copy for both behind it"

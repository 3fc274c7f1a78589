"""
A commune recalls what it issued, by a document of recall (type 1).

Such a document is issued like any other: it is always delivered, it stops nothing on its way, and what
becomes of the recalled document is the receivers' business. Nobody's copy goes away.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.business import Outcome, Relation
from gateway.core.lifecycle import AUTOMATIC
from gateway.core.model import Business, InReplyTo, Kind, Operation
from gateway.core.tracking import Stage
from gateway.v1.shapes import TrackingShape
from tests.kit.correspondence import letter
from tests.kit.story import story
from tests.network.stories.places import HALL, READER, WRITER, two_communes

pytestmark = pytest.mark.external


def issued(*to: str) -> bytes:
    return letter(WRITER, *to, code_number="15", code_notation="UBND-VX", document_id="vb-15")


def recall(*to: str) -> bytes:
    return letter(
        WRITER,
        *to,
        number=2,
        code_number="16",
        code_notation="UBND-VX",
        document_id="vb-16",
        business=Business(Operation.RECALL, reason="Ban hành nhầm"),  # type: ignore[arg-type]
        in_reply_to=(InReplyTo(WRITER, code="15/UBND-VX", document_id="vb-15"),),  # type: ignore[arg-type]
    )


async def test_recall_before_hand_over_is_delivered_behind_its_document(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        # The document lies in both mailboxes, unread, when the recall comes.
        sent = await axis.send(issued(READER, HALL), by=WRITER)
        for code in (READER, HALL):
            await axis.arrived(code)
        recalled = await axis.send(recall(READER, HALL), by=WRITER)
        got = {code: await axis.receive(code, Kind.DOCUMENT, count=2) for code in (READER, HALL)}
        for mails in got.values():
            assert [mail.content for mail in mails] == [issued(READER, HALL), recall(READER, HALL)]

        # One receiver consents, the other has not answered; its node says for it that both have arrived.
        await axis.report(READER, recalled.letter_id, "15")
        statuses = await axis.receive(WRITER, Kind.STATUS, count=3)
        await axis.stands(sent.letter_id, WRITER, READER, Stage.DELIVERED)
        tracking = await axis.whereabouts(sent.letter_id, WRITER)
        at_reader = await axis.whereabouts(recalled.letter_id, READER)
        journals = await axis.journals()

    told = sorted((s.item.sender, s.item.status_code, AUTOMATIC in s.content.decode()) for s in statuses)
    assert told == [(HALL, "01", True), (HALL, "01", True), (READER, "15", False)]
    assert [(k.letter_id, k.bond.relation, k.is_later) for k in tracking.links] == [
        (recalled.letter_id, Relation.RECALL, True)
    ]
    assert [(k.letter_id, k.is_later) for k in at_reader.links] == [(sent.letter_id, False)]
    assert {r.named: [(q.kind, q.outcome) for q in r.requests] for r in tracking.recipients} == {
        READER: [("recall", Outcome.CONSENTED)],
        HALL: [("recall", Outcome.OPEN)],
    }
    assert {r.named: r.status and r.status.code for r in tracking.recipients} == {READER: None, HALL: "01"}
    for accepted in (sent, recalled):
        assert journals.nodes(accepted.letter_id, "delivery.taken_back") == []
        assert journals.nodes(accepted.letter_id, "delivery.acknowledged") == ["H21.70", "H21"]


async def test_recall_after_hand_over_may_be_refused_and_that_is_flagged(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        # The document was registered, and worked on.
        sent = await axis.send(issued(READER), by=WRITER)
        (document,) = await axis.receive(READER)
        for code in ("03", "05"):
            await axis.report(READER, document.letter_id, code)
        await axis.receive(WRITER, Kind.STATUS, count=2)

        # The recall comes too late for the receiver, which says so.
        recalled = await axis.send(recall(READER), by=WRITER)
        (asked,) = await axis.receive(READER)
        await axis.report(READER, asked.letter_id, "16", "Đã giải quyết xong")
        (refusal,) = await axis.receive(WRITER)
        tracking = await axis.whereabouts(sent.letter_id, WRITER)
        own = await axis.whereabouts(recalled.letter_id, WRITER)
        again = await axis.node_of(READER).office.read(axis.caller(READER), sent.letter_id)
        journals = await axis.journals()

        assert b"".join(again.chunks()) == issued(READER), "a recall deletes nobody's copy"

    assert (document.content, asked.content) == (issued(READER), recall(READER))
    assert (refusal.item.status_code, refusal.item.sender) == ("16", READER)
    assert "Đã giải quyết xong" in refusal.content.decode()
    (request,), (mine,) = tracking.recipients[0].requests, own.recipients[0].requests
    assert (request.kind, request.letter_id) == ("recall", recalled.letter_id)
    assert (request.outcome, request.needs_attention) == (Outcome.REFUSED, True)
    assert (mine.outcome, mine.needs_attention) == (Outcome.REFUSED, True)
    assert tracking.recipients[0].status is not None
    assert tracking.recipients[0].status.code == "05", "the work on the document goes on"
    shown = TrackingShape.of(tracking)
    assert (shown.links[0].vi, shown.recipients[0].requests[0].words.vi) == ("thu hồi", "thu hồi")
    assert journals.nodes(recalled.letter_id, "letter.taken") == ["H14", "G22", "H21", "H21.70"]

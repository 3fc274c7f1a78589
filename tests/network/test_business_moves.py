"""
What documents do to earlier ones: either shows the other, requests their answers, nobody's copy goes away.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.core.business import Outcome, Relation
from gateway.core.edxml import write_document
from gateway.core.model import (
    Business,
    Envelope,
    InReplyTo,
    Kind,
    LetterId,
    Operation,
    Organ,
    ReceiverChange,
    Replacement,
)
from gateway.core.tracking import Tracking
from gateway.ports import Accepted
from gateway.v1.shapes import MailboxPage, TrackingShape
from tests.kit.correspondence import four_level
from tests.kit.nodes import SmallAxis, open_axis

WRITER, READER, OTHER = "000.22.40.H14", "000.20.35.H21", "000.00.00.H14"


async def tracked(axis: SmallAxis, letter_id: LetterId, by: str) -> Tracking:
    return await axis.node_of(by).office.whereabouts(axis.caller(by), letter_id)


async def sent(axis: SmallAxis, by: str, *to: str, number: int = 1, **fields: object) -> Accepted:
    """An announcement without files; the `number`-th of its sender."""
    document = Envelope(
        kind=Kind.DOCUMENT,
        sender=Organ(by, name=f"Cơ quan {by}"),
        recipients=tuple(Organ(code) for code in to),
        document_id=f"{by}-{number}",
        code_number=str(number),
        code_notation="TB-VP",
        issue_date="2026/03/02",
        type_code="7",
        type_name="Thông báo",
        subject="Thông báo lịch họp",
    )
    written = write_document(replace(document, **fields), ())  # type: ignore[arg-type]
    accepted = await axis.send(b"".join(written), by=by)
    await axis.settle()
    return accepted


async def test_reply_and_what_it_answers_show_each_other_at_both_ends(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        first = await sent(axis, WRITER, READER, OTHER)
        await axis.collect(READER)
        named = InReplyTo(WRITER, document_id=f"{WRITER}-1")
        reply = await sent(axis, READER, WRITER, number=2, in_reply_to=(named,))
        await axis.collect(WRITER)
        at_both = [await tracked(axis, first.letter_id, by) for by in (WRITER, READER)]
        answer = await tracked(axis, reply.letter_id, READER)
        bystander = await tracked(axis, first.letter_id, OTHER)

    for tracking in at_both:
        assert [(k.letter_id, k.bond.relation, k.is_later) for k in tracking.links] == [
            (reply.letter_id, Relation.REPLY, True)
        ]
    assert [(link.letter_id, link.is_later) for link in answer.links] == [(first.letter_id, False)]
    assert bystander.links == (), "who has no part in the reply does not hear of it"


async def test_recall_document_always_arrives_and_its_refusal_is_flagged(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        first = await sent(axis, WRITER, READER)
        recall = await sent(
            axis,
            WRITER,
            READER,
            number=2,
            business=Business(Operation.RECALL, reason="ban hành nhầm"),
            in_reply_to=(InReplyTo(WRITER, document_id=f"{WRITER}-1"),),
        )
        fetched = await axis.collect(READER, Kind.DOCUMENT)
        await axis.report(READER, recall.letter_id, "16", "đã giải quyết")
        await axis.settle()
        original = await tracked(axis, first.letter_id, WRITER)
        told = await tracked(axis, recall.letter_id, WRITER)
        again = await axis.node_of(READER).office.read(axis.caller(READER), first.letter_id)
        shown = TrackingShape.of(original)

    (request,), (own,) = original.recipients[0].requests, told.recipients[0].requests
    assert [mail.letter_id for mail in fetched] == [first.letter_id, recall.letter_id]
    assert (request.kind, request.letter_id, request.needs_attention) == ("recall", recall.letter_id, True)
    assert (own.outcome, own.needs_attention) == (Outcome.REFUSED, True)
    assert again.letter.routing.letter_id == first.letter_id, "a recall deletes nobody's copy"
    assert (shown.links[0].vi, shown.recipients[0].requests[0].words.vi) == ("thu hồi", "thu hồi")


async def test_update_and_replacement_are_requests_to_those_whom_they_concern(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        first = await sent(axis, WRITER, READER, OTHER)
        update = Business(
            Operation.UPDATE, document_id=f"{WRITER}-1", receivers=(ReceiverChange(OTHER, added=False),)
        )
        await sent(axis, WRITER, READER, number=2, business=update)
        replaced = Business(Operation.REPLACE, replacements=(Replacement(f"{WRITER}-1", (READER,)),))
        await sent(axis, WRITER, READER, OTHER, number=3, business=replaced)
        await axis.collect(READER)
        await axis.report(READER, first.letter_id, "15")
        await axis.settle()
        tracking = await tracked(axis, first.letter_id, WRITER)

    asked = {r.named: [(q.kind, q.outcome.value) for q in r.requests] for r in tracking.recipients}
    assert asked == {
        READER: [("update", "open"), ("replacement", "consented")],
        OTHER: [("update", "open")],
    }


async def test_13_that_was_delivered_is_an_open_request_until_its_answer(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        first = await sent(axis, WRITER, READER)
        await axis.collect(READER)
        await axis.report(WRITER, first.letter_id, "13", "gửi nhầm")
        await axis.settle()
        before = await tracked(axis, first.letter_id, WRITER)
        await axis.report(READER, first.letter_id, "15")
        await axis.settle()
        after = await tracked(axis, first.letter_id, WRITER)

    outcomes = [t.recipients[0].requests[0].outcome for t in (before, after)]
    assert outcomes == [Outcome.OPEN, Outcome.CONSENTED]
    assert after.recipients[0].status is not None
    assert after.recipients[0].status.code == "15"


async def test_document_that_came_before_is_told_to_its_receiver_and_delivered(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        await sent(axis, WRITER, READER, subject="bản đầu")
        await axis.wait(timedelta(days=1))
        await sent(axis, WRITER, READER, subject="bản sau")
        await sent(axis, WRITER, READER, number=2)
        items = await axis.waiting(READER, Kind.DOCUMENT)
        page = MailboxPage.of(items, 10)

    assert [[f.code for f in line.findings] for line in page.items] == [[], ["TRUC-327"], []]
    told = page.items[1].findings[0].vi
    assert WRITER in told or page.items[1].sender_name in told

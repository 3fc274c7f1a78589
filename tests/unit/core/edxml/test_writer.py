import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.edxml import normalised, read, write_document, write_status
from gateway.core.model import (
    Attachment,
    Business,
    Envelope,
    InReplyTo,
    Kind,
    Operation,
    Organ,
    ReceiverChange,
    Trace,
)
from schemas.catalog import violations
from tests.kit.envelopes import documents, statuses, without_places
from tests.kit.messages import seen

SENDER, RECIPIENT = Organ("H14"), Organ("H21")
DOCUMENT = Envelope(Kind.DOCUMENT, SENDER, (RECIPIENT,))


def written(envelope: Envelope, *contents: bytes) -> str:
    return b"".join(write_document(envelope, [[content] for content in contents])).decode()


@settings(max_examples=30, deadline=None)
@given(documents())
def test_a_document_reads_back_as_it_was_and_follows_the_strict_form(envelope: Envelope) -> None:
    data = b"".join(write_document(envelope, [[b"abc"] for _ in envelope.attachments]))

    looked = seen(data)

    assert without_places(looked.reading.envelope) == envelope
    assert [f.code for f in looked.reading.findings] == []
    assert violations("edxml-document", "1", normalised(envelope)) == ()


@settings(max_examples=60, deadline=None)
@given(statuses())
def test_a_status_reads_back_as_it_was_and_follows_the_strict_form(envelope: Envelope) -> None:
    looked = seen(write_status(envelope))

    assert without_places(looked.reading.envelope) == envelope
    assert looked.reading.findings == ()
    assert violations("edxml-status", "1", normalised(envelope)) == ()


@given(st.lists(st.lists(st.binary(max_size=20), max_size=5), max_size=3))
def test_content_is_one_base64_text_however_it_comes_in_pieces(contents: list[list[bytes]]) -> None:
    attachments = tuple(Attachment(part, str(part)) for part in range(len(contents)))
    envelope = replace(DOCUMENT, attachments=attachments)

    looked = seen(b"".join(write_document(envelope, contents)))

    assert list(looked.blobs) == [b"".join(pieces) for pieces in contents]


def test_content_is_written_without_line_breaks_behind_its_prefix() -> None:
    data = bytes(range(256)) * 4
    text = written(replace(DOCUMENT, attachments=(Attachment(0, "a", "a.pdf"),)), data)

    start = '<edXML:ContentTransferEncoded xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">'
    assert f"{start}{base64.b64encode(data).decode()}</edXML:ContentTransferEncoded>" in text


def test_a_text_that_looks_like_the_end_of_content_is_only_text() -> None:
    envelope = replace(
        DOCUMENT,
        subject="</edXML:ContentTransferEncoded>",
        attachments=(Attachment(0, "a", "</edXML:ContentTransferEncoded>"),),
    )

    looked = seen(written(envelope, b"abc").encode())

    assert looked.reading.envelope.subject == "</edXML:ContentTransferEncoded>"
    assert looked.blobs == (b"abc",)


def test_contents_must_be_as_many_as_attachments() -> None:
    for contents in ([], [[b"a"], [b"b"]]):
        with pytest.raises(ValueError):
            list(write_document(replace(DOCUMENT, attachments=(Attachment(0, "a"),)), contents))


def test_what_the_standard_cannot_hold_is_left_out() -> None:
    envelope = replace(
        DOCUMENT,
        due_date="tháng sau",
        issue_date="16/10/2025",
        steering_type="chỉ đạo",
        direction="có",
        subject="   ",
        content="a\x00b\x1f",
        traces=(Trace("G22", "hôm qua"),),
        business=Business(Operation.UPDATE, receivers=(ReceiverChange("", added=True),)),
    )

    text = written(envelope)

    assert violations("edxml-document", "1", normalised(envelope)) == ()
    assert "<edXML:PromulgationDate>2025/10/16<" in text
    assert "<edXML:Content>ab<" in text
    for name in ("DueDate", "SteeringType", "Direction", "Subject", "TraceHeader>", "ReceiverList"):
        assert f"<edXML:{name}" not in text


def test_an_attachment_without_an_id_gets_one() -> None:
    attachments = (Attachment(0, "", "a.pdf"), Attachment(1, "", "b.pdf"))
    looked = seen(written(replace(DOCUMENT, attachments=attachments), b"a", b"b").encode())

    assert [a.content_id for a in looked.reading.envelope.attachments] == ["attachment-1", "attachment-2"]
    assert looked.reading.findings == ()


def test_a_status_says_one_document_and_no_more() -> None:
    """The form has one ResponseFor; whoever reports on two documents sends two statuses."""
    replies = (InReplyTo("G22", "1/A"), InReplyTo("G22", "2/A"))
    status = Envelope(Kind.STATUS, SENDER, in_reply_to=replies, status_code="01")

    assert [reply.code for reply in read(write_status(status)).envelope.in_reply_to] == ["1/A"]


def test_what_changed_is_told_whatever_the_operation_says() -> None:
    changes = (ReceiverChange("H22", added=True),)
    envelope = replace(DOCUMENT, business=Business(Operation.NEW, receivers=changes))

    assert seen(written(envelope).encode()).reading.envelope.business.receivers == changes
    assert violations("edxml-document", "1", normalised(envelope)) == ()

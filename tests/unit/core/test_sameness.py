"""When two letters are the same letter sent twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.model import Attachment, Business, Envelope, Kind, Organ, Trace
from gateway.core.sameness import sameness

LETTER = Envelope(
    kind=Kind.DOCUMENT,
    sender=Organ("000.00.00.H14", "UBND tỉnh Cao Bằng"),
    recipients=(Organ("000.00.00.G22"),),
    document_id="d-1",
    subject="V/v họp",
    attachments=(Attachment(0, "cid:1", "a.pdf", line=40),),
)
DIGESTS = ("ab" * 32,)


@pytest.mark.parametrize(
    "same",
    [
        replace(LETTER, recipients=(Organ("000.00.00.H21"), Organ("000.00.00.G22"))),
        replace(LETTER, traces=(Trace("000.00.00.G22", "2026/01/01 00:00:00"),)),
        replace(LETTER, attachments=(Attachment(0, "cid:cid:1", "a.pdf", wrapped=True, line=41),)),
        replace(LETTER, sender=Organ("000.00.00.H14", "UBND tỉnh Cao Bằng", line=7)),
    ],
    ids=["other recipients", "a trace of the way", "one more cid:", "another line"],
)
def test_the_way_and_the_layout_make_no_other_letter(same: Envelope) -> None:
    assert sameness(LETTER, DIGESTS) == sameness(same, DIGESTS)


@pytest.mark.parametrize(
    "other",
    [
        replace(LETTER, subject="V/v hoãn họp"),
        replace(LETTER, document_id="d-2"),
        replace(LETTER, business=Business(reason="gửi lại")),
        replace(LETTER, sender=Organ("000.00.00.H21", "UBND tỉnh Cao Bằng")),
        replace(LETTER, kind=Kind.STATUS, status_code="03"),
        replace(LETTER, timestamp="2026/01/01 00:00:00"),
    ],
)
def test_what_the_letter_says_makes_another_letter(other: Envelope) -> None:
    assert sameness(LETTER, DIGESTS) != sameness(other, DIGESTS)


def test_another_attachment_makes_another_letter() -> None:
    assert sameness(LETTER, DIGESTS) != sameness(LETTER, ("cd" * 32,))


def test_two_statuses_a_minute_apart_are_two() -> None:
    first = Envelope(Kind.STATUS, Organ("a"), status_code="05", timestamp="2026/01/01 08:00:00")
    assert sameness(first, ()) != sameness(replace(first, timestamp="2026/01/01 08:01:00"), ())

"""
Every dialect that is really sent, written by the generator and read by the tolerant reader.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from gateway.core import catalogue
from gateway.core.edxml import normalised
from gateway.core.errors import errors_among
from gateway.core.model import Envelope, InReplyTo, Kind, Organ, Staff
from gateway.letters import Dialect, StatusDialect, as_written, compose, draft, render_status, status
from schemas.catalog import violations
from tests.kit.envelopes import without_places
from tests.kit.messages import codes, seen

AT = datetime(2025, 11, 20, 2, 30, tzinfo=UTC)
SENDER = Organ(
    "000.22.40.H14",
    "UBND xã Nam Tuấn",
    "UBND huyện Hòa An",
    "Xã Nam Tuấn",
    "namtuan@example.gov.vn",
    "0206 000 000",
    "0206 000 001",
    "namtuan.example.gov.vn",
)
RECIPIENTS = [Organ("000.00.00.H21", "UBND tỉnh Gia Lai"), Organ("G22.1", "Vụ Hành chính & Tổng hợp")]
SEEDS = range(8)

TRAILING, BOM, ORDER, EMPTY = "TRUC-115", "TRUC-114", "TRUC-214", "TRUC-208"
CID, DUMMY, DATE, PREFIX = "TRUC-217", "TRUC-213", "TRUC-210", "TRUC-117"
TOLERATED = {
    Dialect.JAVA_SDK: [TRAILING, CID],
    Dialect.JAVA_SAMPLE: [TRAILING, DUMMY],
    Dialect.DOTNET: [EMPTY, "TRUC-209", DUMMY, ORDER, CID],
    Dialect.PVN: [TRAILING, "TRUC-215"],
    Dialect.HAND_MADE: [TRAILING, PREFIX, PREFIX, EMPTY, ORDER],
    Dialect.BYTE_ORDER_MARK: [BOM, TRAILING, DUMMY],
    Dialect.TRAILING_LINE_END: [TRAILING, CID],
    Dialect.OTHER_DATES: [TRAILING, DATE, DATE, CID],
}


def written(dialect: Dialect, seed: int) -> bytes:
    return compose(dialect, SENDER, RECIPIENTS, 45, Random(seed), at=AT, size=2000)


def meant(dialect: Dialect, seed: int) -> Envelope:
    """What any reader should make of it; the file says nothing of wrapping, only the bytes do."""
    letter = as_written(draft(SENDER, RECIPIENTS, 45, Random(seed), AT, 2000), dialect)
    plain = tuple(replace(attachment, wrapped=False) for attachment in letter.envelope.attachments)
    return replace(letter.envelope, attachments=plain)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_letter_reads_the_same_in_every_dialect(dialect: Dialect) -> None:
    for seed in SEEDS:
        envelope = seen(written(dialect, seed)).reading.envelope

        assert without_places(envelope) == meant(dialect, seed)
        assert violations("edxml-document", "1", normalised(envelope)) == ()


@pytest.mark.parametrize("dialect", Dialect)
def test_what_a_dialect_does_its_own_way_is_told_and_nothing_is_wrong(dialect: Dialect) -> None:
    for seed in SEEDS:
        looked = seen(written(dialect, seed))

        assert looked.tolerated == sorted(TOLERATED[dialect])
        assert errors_among(looked.judged(today=AT.date())) == ()


@pytest.mark.parametrize("dialect", Dialect)
def test_attachments_come_out_as_they_were_made_wrapped_where_the_sdk_wraps(dialect: Dialect) -> None:
    kinds = set()
    for seed in SEEDS:
        letter = draft(SENDER, RECIPIENTS, 45, Random(seed), AT, 2000)
        looked = seen(written(dialect, seed))
        envelope = looked.reading.envelope

        assert list(looked.blobs) == [b"".join(file.pieces()) for file in letter.files]
        for attachment, look, file in zip(envelope.attachments, looked.looks, letter.files, strict=True):
            assert look.wrapped is bool(file.bare_name)
            assert look.findings == ()
            kinds.add(attachment.name.rpartition(".")[2])
    assert {"pdf", "xlsx", "docx"} <= kinds


def test_content_types_of_the_generator_fit_its_files() -> None:
    for dialect in Dialect:
        for seed in SEEDS:
            assert catalogue.CONTENT_TYPE_WRONG.code not in codes(seen(written(dialect, seed)).judged())


@pytest.mark.parametrize("code", ["01", "02", "03", "13"])
@pytest.mark.parametrize("dialect", StatusDialect)
def test_a_status_reads_the_same_in_every_dialect(dialect: StatusDialect, code: str) -> None:
    about = InReplyTo("000.00.00.H21", "45/UBND-VX", "000.00.00.H21,2025/11/20,45/UBND-VX", "2025/11/20")
    message = status(
        Organ("H14", "UBND tỉnh Cao Bằng", "Chính phủ", "Cao Bằng"),
        about,
        code,
        at=AT,
        description="Văn thư: đã xem",
        staff=Staff("Văn thư", "Nông Thị Mai"),
    )

    looked = seen(render_status(message, dialect))

    envelope = without_places(looked.reading.envelope)
    assert envelope.kind is Kind.STATUS
    if dialect is StatusDialect.SHORT:
        assert envelope.in_reply_to[0].issue_date == "20/11/2025"
        assert envelope.timestamp == "20/11/2025 09:30:00"
        assert catalogue.STATUS_CODE_FORM.code in looked.tolerated or code == "13"
        envelope = replace(envelope, in_reply_to=(about,), timestamp="2025/11/20 09:30:00")
    assert envelope == message
    assert looked.judged() == ()

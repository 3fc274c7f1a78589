import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from gateway.core.catalogue import FRAME_DAMAGED, UNKNOWN_ATTACHMENT
from gateway.core.edxml import read
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, Dialect, Kind
from gateway.core.split import parts_json
from gateway.inside import BYTES, FileInside, Inside
from gateway.ports import OpenLetter
from tests.kit.archives import office, zipped
from tests.kit.builders import stored_letter
from tests.kit.messages import encoded, manifest, message, status_message
from tests.kit.sinks import take_apart

NOISE = Random(5).randbytes(300_000)
UUID = "32da2890-1a55-4ccd-9ac9-cd0d98559e67"
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def opened(data: bytes) -> OpenLetter:
    """A letter as handover opens it."""
    apart = take_apart(data)
    named = zip(apart.split.parts, apart.sinks, strict=True)
    parts = {"envelope.xml": apart.split.envelope, "parts.json": parts_json(apart.split)}
    parts |= {spec.member_name: sink.blob for spec, sink in named}

    def part(name: str) -> Iterator[bytes]:
        blob = parts[name]
        return (blob[at : at + 1000] for at in range(0, len(blob), 1000))

    return OpenLetter(stored_letter(), AgencyCode("H21"), len(data), lambda: iter((data,)), part)


def with_files(*files: tuple[str, bytes], text: str = "") -> bytes:
    """A document with these attachments, by name and content; `text` stands for the base64 of the first."""
    bodies = [base64.b64encode(data).decode() for _, data in files]
    if text:
        bodies[0] = text
    blocks = [
        f"<ContentId>{n}</ContentId><AttachmentName>{name}</AttachmentName>"
        f"<Description>Tệp {n}</Description><ContentTransferEncoded>{body}</ContentTransferEncoded>"
        for n, ((name, _), body) in enumerate(zip(files, bodies, strict=True))
    ]
    references = [f"<ContentId>{n}</ContentId>" for n in range(len(files))]
    return message("<Subject>V/v x</Subject>", body=manifest(*references), attachments=encoded(*blocks))


def whole(inside: Inside, index: int) -> bytes:
    return b"".join(inside.chunks(index))


def test_envelope_is_read_from_the_letter() -> None:
    inside = Inside(opened(with_files(("a.pdf", b"%PDF-1"))))
    assert inside.envelope.subject == "V/v x"
    assert b"JVBER" not in inside.envelope_xml


def test_attachment_is_described_as_its_reader_means_it() -> None:
    inside = Inside(opened(with_files(("a.pdf", NOISE), ("b.lạ", b"x"))))
    first, second = inside.attachments()
    assert first == FileInside(
        0, "a.pdf", len(NOISE), hashlib.sha256(NOISE).hexdigest(), "application/pdf", "Tệp 0"
    )
    assert second.content_type == BYTES
    assert whole(inside, 0) == NOISE


def test_file_that_an_sdk_wrapped_comes_out_of_its_zip() -> None:
    sheet = office({"xl/noise": NOISE})
    inside = Inside(opened(with_files(("bảng.xlsx", zipped({f"{UUID}.xlsx": sheet})))))
    (file,) = inside.attachments()
    assert file.is_wrapped
    assert (file.size, file.sha256) == (len(sheet), hashlib.sha256(sheet).hexdigest())
    assert whole(inside, 0) == sheet
    assert b"".join(inside.chunks(0, 10, 20)) == sheet[10:20]


def test_archive_and_office_file_of_their_own_right_stay_as_they_are() -> None:
    files = ("a.zip", zipped({"a.txt": b"a"})), ("b.docx", office())
    inside = Inside(opened(with_files(*files)))
    assert [file.is_wrapped for file in inside.attachments()] == [False, False]
    assert [whole(inside, n) for n in (0, 1)] == [data for _, data in files]


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (999, 1001), (1000, 2000), (5, None), (299_999, None), (7, 10**9)]
)
def test_range_gives_just_its_bytes(start: int, end: int | None) -> None:
    inside = Inside(opened(with_files(("a.pdf", NOISE))))
    assert b"".join(inside.chunks(0, start, end)) == NOISE[start:end]


def test_base64_of_an_odd_form_is_decoded_for_its_reader() -> None:
    text = base64.b64encode(NOISE[:100]).decode().rstrip("=")
    odd = f"{text[:7]} {text[7:20]}\n\n{text[20:]}"
    inside = Inside(opened(with_files(("a.pdf", b""), text=odd)))
    (file,) = inside.attachments()
    assert file.size == 100
    assert whole(inside, 0) == NOISE[:100]


def test_what_is_no_base64_is_given_as_it_came() -> None:
    inside = Inside(opened(with_files(("a.pdf", b""), text="không phải base64!")))
    assert whole(inside, 0).decode() == "không phải base64!"


def test_names_are_safe_and_no_two_are_the_same() -> None:
    data = with_files(("../a.pdf", b"1"), ("A.pdf", b"2"), ("", b"3"), ("NUL", b"4"))
    names = [file.name for file in Inside(opened(data)).attachments()]
    assert names == ["a.pdf", "A (2).pdf", "tep-3", "_NUL"]


@pytest.mark.parametrize("index", [-1, 1, 10**9])
def test_attachment_that_is_not_there_is_refused_by_name(index: int) -> None:
    inside = Inside(opened(with_files(("a.pdf", b"1"))))
    for ask in (inside.attachment, inside.chunks):
        with pytest.raises(Rejected) as refused:
            ask(index)
        assert refused.value.first.fault == UNKNOWN_ATTACHMENT


def test_status_has_no_attachments() -> None:
    status = status_message("<ResponseFor><OrganId>H21</OrganId></ResponseFor><StatusCode>03</StatusCode>")
    inside = Inside(opened(status))
    assert inside.envelope.kind is Kind.STATUS
    assert inside.attachments() == ()


def test_letter_as_sent_is_given_to_the_byte() -> None:
    data = with_files(("a.pdf", NOISE))
    assert b"".join(Inside(opened(data)).rendered(Dialect.AS_SENT, AT, "AX")) == data


@pytest.mark.parametrize("dialect", [Dialect.JAVA_SDK, Dialect.DOTNET, Dialect.NATIONAL_AXIS])
def test_letter_in_a_dialect_says_the_same_with_the_same_files(dialect: Dialect) -> None:
    inside = Inside(opened(with_files(("a.pdf", NOISE), ("b.txt", b"abc"))))
    written = Inside(opened(b"".join(inside.rendered(dialect, AT, "AX.H14"))))
    assert written.envelope.subject == "V/v x"
    assert [whole(written, n) for n in (0, 1)] == [NOISE, b"abc"]


def test_manifest_that_is_rubbish_is_refused() -> None:
    letter = replace(opened(with_files(("a.pdf", b"1"))), part=lambda _name: iter((b"{}",)))
    with pytest.raises(Rejected) as refused:
        Inside(letter).attachments()
    assert refused.value.first.fault == FRAME_DAMAGED


def test_reading_keeps_what_was_tolerated() -> None:
    inside = Inside(opened(with_files(("a.pdf", b"1"))))
    assert inside.reading.findings == read(inside.envelope_xml, inside.parts).findings

import io
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import catalogue
from gateway.core.archives import ArchiveLimits
from gateway.core.edxml import write_document, write_status
from gateway.core.errors import Rejected
from gateway.core.model import Attachment, Dialect, Envelope, Kind, Organ
from gateway.core.renderings import RenderingLimits, render
from schemas.catalog import violations
from schemas.safe_xml import Limits
from tests.kit.archives import office, zipped
from tests.kit.envelopes import documents, statuses
from tests.kit.messages import encoded, manifest, message, seen
from tests.kit.renderings import (
    AT,
    LIMITS,
    NODE_ORGAN,
    comparable,
    expected,
    files_of,
    rendered,
    tree_of,
)
from tests.kit.samples import sample_files
from tests.kit.sinks import take_apart

DIALECTS = list(Dialect)
CONTENTS = [b"", b"abc", b"%PDF-1.4\n" * 300, zipped({"a.txt": b"chu ky"}), office(), b"PK\x03\x04 rubbish"]
NAMES = ["a.pdf", "a.PDF", "a.doc", "a.docx", "a.xlsx", "a.xls", "a.zip", "a.ZIP", "a.gzip", "a.txt", "a", ""]
STEPS = st.sampled_from(NAMES)


def accepted_samples() -> dict[str, bytes]:
    """Every real message that can be read and whose attachments are base64."""
    found = {}
    for path in sample_files():
        with suppress(Rejected):
            if all(part.decodable for part in seen(path.read_bytes()).split.parts):
                found[path.name] = path.read_bytes()
    assert found
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_sample_says_the_same_in_every_dialect(dialect: Dialect) -> None:
    for name, data in accepted_samples().items():
        again = rendered(data, dialect)

        assert comparable(seen(again).reading.envelope) == expected(seen(data).reading.envelope, dialect), (
            name
        )
        assert files_of(again) == files_of(data), name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_sample_renders_to_the_same_bytes_twice(dialect: Dialect) -> None:
    for name, data in accepted_samples().items():
        assert rendered(data, dialect) == rendered(data, dialect, chunk=7), name


def test_every_sample_follows_the_strict_form_once_java_reads_it() -> None:
    for name, data in accepted_samples().items():
        kind = seen(data).reading.envelope.kind
        form = "edxml-status" if kind is Kind.STATUS else "edxml-document"
        assert violations(form, "1", tree_of(rendered(data, Dialect.JAVA_SDK))) == (), name


def test_a_letter_as_sent_keeps_every_byte() -> None:
    for name, data in accepted_samples().items():
        assert rendered(data, Dialect.AS_SENT) == data, name


@settings(max_examples=60, deadline=None)
@given(documents(), st.data(), st.sampled_from(DIALECTS))
def test_nothing_known_of_a_document_is_lost(
    envelope: Envelope, data: st.DataObject, dialect: Dialect
) -> None:
    attachments = tuple(replace(a, name=data.draw(STEPS)) for a in envelope.attachments)
    envelope = replace(envelope, attachments=attachments)
    contents = [[data.draw(st.sampled_from(CONTENTS))] for _ in attachments]
    sent = b"".join(write_document(envelope, contents))

    again = rendered(sent, dialect)

    assert comparable(seen(again).reading.envelope) == expected(envelope, dialect)
    assert files_of(again) == files_of(sent)
    if dialect is Dialect.JAVA_SDK:
        assert violations("edxml-document", "1", tree_of(again)) == ()


@settings(max_examples=60, deadline=None)
@given(statuses(), st.sampled_from(DIALECTS))
def test_nothing_known_of_a_status_is_lost(envelope: Envelope, dialect: Dialect) -> None:
    again = rendered(write_status(envelope), dialect)

    assert comparable(seen(again).reading.envelope) == expected(envelope, dialect)
    if dialect is Dialect.JAVA_SDK:
        assert violations("edxml-status", "1", tree_of(again)) == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_large_attachment_passes_in_small_pieces(dialect: Dialect) -> None:
    block, count = bytes(range(256)) * 256, 64
    envelope = Envelope(
        Kind.DOCUMENT, Organ("H14"), (Organ("H21"),), attachments=(Attachment(0, "a", "a.bin"),)
    )
    apart = take_apart(b"".join(write_document(envelope, [[block] * count])))

    pieces = list(
        render(
            dialect,
            apart.split.envelope,
            apart.split.parts,
            lambda _: iter([block] * count),
            at=AT,
            node_organ=NODE_ORGAN,
            limits=LIMITS,
            scratch=io.BytesIO,
        )
    )

    assert max(map(len, pieces)) < 4 * len(block)
    assert files_of(b"".join(pieces)) == [block * count]


@pytest.mark.parametrize("dialect", [Dialect.JAVA_SDK, Dialect.DOTNET, Dialect.NATIONAL_AXIS])
def test_what_cannot_be_written_again_is_refused_before_the_first_piece(dialect: Dialect) -> None:
    broken = message(attachments=encoded("<ContentId>a</ContentId>@")).replace(b"YWJj", b"${file}")
    no_xml = b"<edXML"
    apart = take_apart(message(attachments=encoded("<ContentId>a</ContentId>@")))

    def first(envelope: bytes, parts: int = 1) -> bytes:
        return next(
            render(
                dialect,
                envelope,
                apart.split.parts[:parts],
                lambda _: [b"abc"],
                at=AT,
                node_organ=NODE_ORGAN,
                limits=LIMITS,
                scratch=io.BytesIO,
            )
        )

    with pytest.raises(Rejected) as not_base64:
        rendered(broken, dialect)
    with pytest.raises(Rejected):
        first(no_xml)
    with pytest.raises(Rejected) as not_its_parts:
        first(apart.split.envelope, parts=0)
    assert not_base64.value.code == catalogue.NOT_BASE64.code
    assert not_its_parts.value.code == catalogue.FRAME_DAMAGED.code


def test_a_letter_is_read_within_the_limits_that_are_handed_in() -> None:
    data = message("<Subject>dài quá</Subject>")

    with pytest.raises(Rejected):
        rendered(data, Dialect.JAVA_SDK, limits=RenderingLimits(xml=Limits(elements=5)))


def test_a_bomb_in_the_wrapping_is_not_taken_out() -> None:
    bomb = zipped({"a.pdf": bytes(100_000)})
    envelope = Envelope(
        Kind.DOCUMENT, Organ("H14"), (Organ("H21"),), attachments=(Attachment(0, "a", "a.pdf"),)
    )
    sent = b"".join(write_document(envelope, [[bomb]]))

    tight = RenderingLimits(archives=ArchiveLimits(small=1, ratio=2))

    assert seen(rendered(sent, Dialect.JAVA_SDK, limits=tight)).blobs == (bomb,)


def test_an_attachment_that_no_layout_describes_is_decoded() -> None:
    data = message(
        body=manifest("<ContentId>a</ContentId>"),
        attachments=encoded("<ContentId>a</ContentId><AttachmentName>a.pdf</AttachmentName>@"),
    ).replace(b"YWJj", b"<![CDATA[YW\n  J j]]>")
    assert take_apart(data).split.parts[0].layout is None

    assert seen(rendered(data, Dialect.JAVA_SDK)).blobs == (b"abc",)

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import catalogue
from gateway.core.errors import Fault, Rejected
from gateway.core.split import Layout, Splitter, content
from schemas.safe_xml import DEFAULT_LIMITS, Limits
from tests.kit.samples import sample_files
from tests.kit.sinks import MemorySink, TakenApart, take_apart

DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>\r
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">\r
  <AttachmentEncoded>%s</AttachmentEncoded>\r
</edXML>\r
"""
LETTER = bytes(random.Random(1).randrange(256) for _ in range(2000))


def attachment(text: bytes) -> bytes:
    return (
        b"<Attachment>\r\n<e:ContentTransferEncoded xmlns:e='>'>%s</e:ContentTransferEncoded></Attachment>"
        % text
    )


def document(*texts: bytes) -> bytes:
    return DOCUMENT % b"\r\n".join(attachment(text) for text in texts)


def wrapped(data: bytes, width: int, line_end: bytes) -> bytes:
    text = base64.b64encode(data)
    return line_end.join(text[at : at + width] for at in range(0, len(text), width))


def checked(data: bytes, *, chunk: int = 1 << 20) -> TakenApart:
    """Taken apart, with everything verified that must hold for any document."""
    taken = take_apart(data, chunk=chunk)
    split = taken.split
    assert data == taken.joined()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (split.original_sha256, split.original_size)
    assert data.count(b"\n") == split.envelope.count(b"\n") + sum(part.lines for part in split.parts)
    assert len(split.parts) == len(taken.sinks)
    for part, sink in zip(split.parts, taken.sinks, strict=True):
        assert sink.is_closed
        assert (hashlib.sha256(sink.blob).hexdigest(), len(sink.blob)) == (part.sha256, part.size)
        tag = split.envelope[split.envelope.rindex(b"<", 0, part.offset) : part.offset]
        assert b"ContentTransferEncoded" in tag
        assert tag.endswith(b">")
        inner = b"".join(content(part, [sink.blob])) if part.decodable else sink.blob
        assert (hashlib.sha256(inner).hexdigest(), len(inner)) == (part.content_sha256, part.content_size)
    return taken


# --- every document comes back -----------------------------------------------------------------


def test_every_sample_comes_back_byte_for_byte() -> None:
    """Except the one with stray bytes before its prolog."""
    files = sample_files()
    refused = []
    for file in files:
        data = file.read_bytes()
        try:
            checked(data)
            checked(data, chunk=997)
        except Rejected as error:
            refused.append((file.name, error.first.fault))
    print(f"{len(files)} samples read")
    assert {catalogue.STRAY_BYTES} >= {fault for _, fault in refused}
    assert all("1212" in name for name, _ in refused)


SPACES = st.sampled_from([b"", b"\n", b"\r\n", b"\n      ", b" ", b"\t\n", b"&#13;\n", b"&#xD;", b" " * 2000])
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\n\t\t", b" ", b"&#13;\n", b"&#xa;", b"\r"])


@st.composite
def base64_texts(draw: st.DrawFn) -> bytes:
    """base64 in layouts that occur, and in some that should not."""
    data = draw(st.binary(max_size=200)) * draw(st.sampled_from([1, 1, 1, 40, 400]))
    width = draw(st.sampled_from([1, 3, 4, 60, 64, 75, 76, 10**6]))
    text = wrapped(data, width if len(data) < 5000 or width > 3 else 76, draw(LINE_ENDS))
    text = draw(SPACES) + text + draw(SPACES)
    if draw(st.integers(0, 3)):
        return text
    at = draw(st.integers(0, len(text)))
    text = text.replace(b"&", b"")
    rubbish = [
        b"\n",
        b"=",
        b"!",
        b"QQ==",
        b"<!-- <a> -->",
        b"<b>QQ</b>",
        b"<![CDATA[QQ]]>",
        "đ".encode(),
        b"]]",
    ]
    return text[:at] + draw(st.sampled_from(rubbish)) + text[at:]


@given(st.lists(base64_texts(), max_size=3), st.sampled_from([1, 2, 7, 100, 4096, 65536, 10**7]))
def test_every_layout_comes_back_byte_for_byte(texts: list[bytes], chunk: int) -> None:
    data = document(*texts)
    checked(data, chunk=chunk if len(data) < 20_000 else max(chunk, 100))


@given(st.binary(max_size=3000), st.sampled_from([b"", b"\n"]))
def test_cdata_comes_back_byte_for_byte(data: bytes, space: bytes) -> None:
    text = space + b"<![CDATA[" + base64.encodebytes(data) + b"]]>" + space
    taken = checked(document(text))
    assert taken.split.parts[0].layout is None
    assert data == b"".join(content(taken.split.parts[0], [taken.sinks[0].blob]))


def test_how_the_input_is_chunked_leaves_no_trace() -> None:
    data = document(wrapped(LETTER * 100, 76, b"\r\n"), b"rubbish", wrapped(LETTER, 4, b" "))
    whole = take_apart(data)
    for chunk in (1, 13, 1000, 65535, 65536, 65537):
        taken = take_apart(data, chunk=chunk)
        assert whole.split == taken.split
        assert [sink.blob for sink in whole.sinks] == [sink.blob for sink in taken.sinks]


# --- what lies in the blobs --------------------------------------------------------------------


@pytest.mark.parametrize("width", [4, 60, 64, 75, 76, 2000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\n      ", b"&#13;\n"])
def test_wrapped_base64_is_kept_decoded(width: int, line_end: bytes) -> None:
    data = LETTER * 60
    taken = checked(document(b"\n  " + wrapped(data, width, line_end) + b"\r\n"), chunk=10_000)
    assert data == taken.sinks[0].blob
    assert Layout(b"\n  ", width, line_end, b"\r\n") == taken.split.parts[0].layout
    assert taken.split.parts[0].member_name == "parts/0000"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 48, 57, 58, 49_151, 49_152, 200_000])
def test_unwrapped_base64_is_kept_decoded(size: int) -> None:
    data = (LETTER * 101)[:size]
    taken = checked(document(base64.b64encode(data)))
    assert data == taken.sinks[0].blob
    assert Layout() == taken.split.parts[0].layout


def test_an_empty_element_is_an_empty_part() -> None:
    taken = checked(DOCUMENT % b"<ContentTransferEncoded/><ContentTransferEncoded a='/>' />")
    assert [part.size for part in taken.split.parts] == [0, 0]


@pytest.mark.parametrize("blank", [b" ", b"\r\n", b"\n" * 5000])
def test_white_space_alone_is_empty_content(blank: bytes) -> None:
    assert checked(document(blank)).split.parts[0].content_size == 0


@pytest.mark.parametrize(
    "text",
    [
        b"QUJD\nQQ",  # padding is missing
        b"QR==",  # bits behind the end that encoding leaves 0
        b"QU J D",
        b"QUJD\nQUJDRA==",  # the last line is longer than the first
        b"<![CDATA[QUJD]]>",
        b"QU<!-- and -->JD",
        b"Q&#85;JD",
        b" " * 2000 + b"QUJD",
        b"QUJD" + b" " * 2000,
    ],
)
def test_what_no_layout_gives_back_is_kept_as_raw_text(text: bytes) -> None:
    taken = checked(document(text))
    part = taken.split.parts[0]
    assert (None, True, text) == (part.layout, part.decodable, taken.sinks[0].blob)
    assert part.member_name == "parts/0000.b64"


@pytest.mark.parametrize(
    "text",
    [b"${file}", b"Q", b"QUJDR", b"QQ==QQ==", b"=QQQ", b"QQ=Q", b"<b>QUJD</b>", b"QUJD-_", "đ".encode()],
)
def test_what_is_not_base64_is_kept_and_told(text: bytes) -> None:
    part = checked(document(text)).split.parts[0]
    assert (part.layout, part.decodable) == (None, False)


@pytest.mark.parametrize("width", [1, 3, 57, 76, 0])
@pytest.mark.parametrize("rubbish", [b"!", b"\n\n", b"QQ==", b"<!-- -->"])
def test_rubbish_after_much_good_base64_turns_the_whole_part_raw(width: int, rubbish: bytes) -> None:
    """What was already written decoded is written again as the text that it was."""
    data = LETTER * (30 if width in (1, 3) else 100)
    good = wrapped(data, width, b"\r\n") if width else base64.b64encode(data + b"xy")[:-4]
    text = b" " + good + rubbish + good
    taken = checked(document(text))
    assert taken.sinks[0].rewrites == 1
    assert text == taken.sinks[0].blob
    assert (rubbish in (b"\n\n", b"<!-- -->") and b"=" not in good) is taken.split.parts[0].decodable


def test_attachments_do_not_touch_each_other() -> None:
    texts = [wrapped(LETTER * n, 76, b"\n") for n in range(5)]
    taken = checked(document(*texts))
    assert [LETTER * n for n in range(5)] == [sink.blob for sink in taken.sinks]
    assert [part.index for part in taken.split.parts] == [0, 1, 2, 3, 4]


def test_a_comment_that_speaks_of_attachments_stays_in_the_envelope() -> None:
    trap = b"<!-- <ContentTransferEncoded>QUJD</ContentTransferEncoded> -->"
    taken = checked(DOCUMENT % (trap + attachment(b"QUJD")))
    assert len(taken.split.parts) == 1
    assert trap in taken.split.envelope
    assert b"QUJD" not in taken.split.envelope.replace(trap, b"")


# --- what is told ------------------------------------------------------------------------------


def test_a_mark_and_trailing_space_are_warnings_and_stay_in_the_original() -> None:
    taken = checked(b"\xef\xbb\xbf" + document())
    assert [found.fault for found in taken.split.findings] == [catalogue.BOM, catalogue.TRAILING_SPACE]
    assert not any(found.is_error for found in taken.split.findings)
    assert taken.split.envelope.startswith(b"\xef\xbb\xbf<?xml")


@pytest.mark.parametrize(
    ("fault", "data", "line"),
    [
        (catalogue.EMPTY, b"", 1),
        (catalogue.NOT_XML, document(b"A & B"), 4),
        (catalogue.TRUNCATED, document(b"QUJD\n" * 3)[:200], 7),
        (catalogue.NOT_UTF8, document().replace(b"<Att", b"\xff<Att"), 3),
        (catalogue.STRAY_BYTES, b"1212" + document(), 1),
        (catalogue.DOCTYPE, b"<!DOCTYPE edXML>" + document().split(b"\n", 1)[1], 1),
        (catalogue.ENTITY, document(b"&nbsp;"), 4),
        (catalogue.TOO_DEEP, b"<a>" * 65, 1),
        (catalogue.INSTRUCTION, DOCUMENT % b"<?php?>", 3),
        (catalogue.TRAILING_JUNK, document() + b"--boundary", 5),
    ],
)
def test_bad_input_is_refused_with_code_and_line(fault: Fault, data: bytes, line: int) -> None:
    with pytest.raises(Rejected) as caught:
        take_apart(data)
    assert [(fault, line)] == [(found.fault, found.line) for found in caught.value.findings]
    assert "…" not in caught.value.first.vi + caught.value.first.en, "a placeholder was left empty"


@pytest.mark.parametrize(
    ("fault", "limits", "data"),
    [
        (catalogue.TOO_MANY_ELEMENTS, Limits(elements=5), DOCUMENT % (b"<a/>" * 9)),
        (catalogue.ATTRIBUTE_TOO_LONG, Limits(attribute_bytes=100), DOCUMENT % (b"<a b='%0200d'/>" % 0)),
        (catalogue.TEXT_TOO_LONG, Limits(text_bytes=100), DOCUMENT % (b"x" * 101)),
        (catalogue.ENVELOPE_TOO_LARGE, Limits(envelope_bytes=100), document()),
        (catalogue.DOCUMENT_TOO_LARGE, Limits(document_bytes=100), document()),
        (catalogue.TOO_MANY_ATTACHMENTS, Limits(attachments=1), document(b"", b"")),
    ],
)
def test_every_limit_has_its_own_code(fault: Fault, limits: Limits, data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        take_apart(data, limits=limits)
    assert fault is caught.value.first.fault
    assert "…" not in caught.value.first.vi + caught.value.first.en


def test_a_sink_that_fails_is_not_taken_for_bad_input() -> None:
    class Full(MemorySink):
        def write(self, data: bytes) -> None:
            raise OSError("disk full")

    splitter = Splitter(DEFAULT_LIMITS, lambda index: Full())
    with pytest.raises(OSError, match="disk full"):
        splitter.feed(document(base64.b64encode(LETTER * 200)))


def test_rewriting_reads_the_blob_as_a_stream() -> None:
    """The transformation gives text before it has seen all bytes."""
    seen: list[str] = []

    class Watching(MemorySink):
        def rewrite(self, transform: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
            def reading() -> Iterator[bytes]:
                for at in range(0, len(self.blob), 30_000):
                    seen.append("read")
                    yield self.blob[at : at + 30_000]

            seen.extend("write" for _ in transform(reading()))

    splitter = Splitter(DEFAULT_LIMITS, lambda index: Watching())
    splitter.feed(document(wrapped(LETTER * 200, 76, b"\n") + b"!"))
    splitter.close()
    assert seen.index("write") < seen.count("read")

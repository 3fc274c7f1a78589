from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.split.base64_text import (
    AROUND,
    PROBE,
    Base64Reader,
    Layout,
    OtherForm,
    TolerantReader,
    encode,
)

WIDTHS = st.sampled_from([1, 2, 3, 4, 5, 57, 64, 76, 77, 1000])
ENDS = st.sampled_from([b"\n", b"\r\n", b"\n    ", b"&#13;\n", b" "])


@given(st.binary(max_size=5000), WIDTHS, ENDS, st.integers(1, 4000))
def test_encoding_gives_what_base64_wrapped_by_hand_gives(
    data: bytes, width: int, line_end: bytes, chunk: int
) -> None:
    text = base64.b64encode(data)
    expected = b"<" + line_end.join(text[at : at + width] for at in range(0, len(text), width)) + b">"
    layout = Layout(b"<", width, line_end, b">")
    assert expected == b"".join(encode(layout, (data[at : at + chunk] for at in range(0, len(data), chunk))))


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_encoding_without_lines_is_plain_base64(data: bytes, chunk: int) -> None:
    chunks = (data[at : at + chunk] for at in range(0, len(data), chunk))
    assert base64.b64encode(data) == b"".join(encode(Layout(), chunks))


@given(st.binary(min_size=1, max_size=300), WIDTHS, ENDS)
def test_what_was_given_and_what_is_pending_make_the_text(data: bytes, width: int, line_end: bytes) -> None:
    """The promise that lets a part turn raw in its middle."""
    letters = base64.b64encode(data * 400)
    text = b"\n" + line_end.join(letters[at : at + width] for at in range(0, len(letters), width))
    reader, given_bytes = Base64Reader(), b""
    fed = 0
    for at in range(0, len(text), 40_000):
        given_bytes += reader.feed(text[at : at + 40_000])
        fed = min(at + 40_000, len(text))
        layout = reader.given
        before = b"".join(encode(layout, [given_bytes], unfinished=True)) if layout else b""
        assert text[:fed] == before + reader.pending


def test_a_line_longer_than_the_probe_counts_as_one_line() -> None:
    reader = Base64Reader()
    reader.feed(b"Q" * PROBE)
    assert Layout() == reader.layout
    with pytest.raises(OtherForm):
        reader.feed(b"\n" + b"Q" * PROBE)


@pytest.mark.parametrize(("before", "between", "behind"), [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_much_white_space_around_the_text_is_no_layout(before: int, between: int, behind: int) -> None:
    much = b" " * (AROUND + 1)
    reader = Base64Reader()
    reader.feed(much * before + b"QUJD" + much * between + b"QUJD" + much * behind)
    with pytest.raises(OtherForm):
        reader.close()


def tolerant(*texts: bytes) -> bytes:
    reader = TolerantReader()
    return b"".join([*(reader.feed(text) for text in texts), reader.close()])


@given(st.binary(max_size=300), st.integers(1, 50))
def test_tolerant_reading_does_not_mind_where_text_is_cut(data: bytes, chunk: int) -> None:
    text = b"<![CDATA[" + base64.encodebytes(data) + b"]]>&#13;<!-- = -->\n"
    assert data == tolerant(*(text[at : at + chunk] for at in range(0, len(text), chunk)))


def test_missing_padding_is_forgiven() -> None:
    assert tolerant(b"QQ") == b"A"
    assert tolerant(b"QUI") == b"AB"


@pytest.mark.parametrize("text", [b"Q", b"QQ=", b"QQ==Q", b"QQ==QQ==", b"!", b"<b/>", b"&amp;", "đ".encode()])
def test_what_is_not_base64_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        tolerant(text)
    with pytest.raises(ValueError):
        tolerant(b"QUJD" * 10, text, b"")


def test_binascii_is_as_strict_as_we_rely_on() -> None:
    """a2b_base64 in strict mode must not skip anything that encoding would not bring back."""
    for text in (b"QQ==Q", b"QQ\n==", b"Q Q==", b"=QQQ", b"QQ=="[:3], b"QU-_"):
        with pytest.raises(binascii.Error):
            binascii.a2b_base64(text, strict_mode=True)

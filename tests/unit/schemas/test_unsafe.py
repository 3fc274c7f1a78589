from __future__ import annotations

import pytest

from schemas.unsafe import entity_name, is_not_utf8, is_plain, is_wide, printable, sentence, stray_bytes


def test_utf16_is_recognised_with_and_without_its_mark() -> None:
    assert is_wide("<a/>".encode("utf-16"))
    assert is_wide("<a/>".encode("utf-16-be"))
    assert is_wide("<a/>".encode("utf-32-le"))
    assert not is_wide(b"<a/>")


@pytest.mark.parametrize(
    ("data", "verdict"),
    [(b"\xe9x", True), (b"\xc4\x91", False), (b"\xc4", False), (b"a\xe9", False), (b"", False)],
)
def test_only_a_wrong_first_character_counts_as_not_utf8(data: bytes, verdict: bool) -> None:
    assert verdict is is_not_utf8(data)


def test_stray_bytes_are_shown_and_white_space_is_named() -> None:
    assert stray_bytes(b"1212<?xml version='1.0'?>") == "«1212»"
    assert "white space" in stray_bytes(b" \n<?xml version='1.0'?>")
    assert stray_bytes(b"\xef\xbb\xbf<?xml version='1.0'?>") == ""
    assert stray_bytes(b"no prolog at all") == ""


def test_foreign_bytes_are_escaped_and_shortened() -> None:
    assert printable(b"\0\xff") == "\\x00\\xff"
    assert printable(b"x" * 100).endswith("…")


def test_the_entity_that_xml_does_not_know_is_named() -> None:
    assert entity_name(b"&amp; &#10; &nbsp; &eacute;") == "&nbsp;"


def test_a_message_without_a_translation_stays_as_it_is() -> None:
    assert "mismatched tag" in sentence("mismatched tag")
    assert "thẻ" in sentence("mismatched tag")
    assert sentence("out of memory") == "out of memory"


@pytest.mark.parametrize("block", [b"", b"QUJD", b"QQ==\r\n", b" \tQUJD+/\n"])
def test_base64_as_it_is_written_is_plain(block: bytes) -> None:
    assert is_plain(block)


@pytest.mark.parametrize("block", [b"QU<JD", b"QU&JD", b"]]>", b"\x00", b"\xc3\xa9", b"QUJD\r"])
def test_what_may_begin_or_end_something_is_not_plain(block: bytes) -> None:
    assert not is_plain(block)

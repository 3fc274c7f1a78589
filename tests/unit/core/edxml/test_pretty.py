from __future__ import annotations

import pytest

from gateway.core.edxml import pretty as room
from gateway.core.edxml.pretty import pretty


def test_one_element_stands_in_a_line_each_level_further_in() -> None:
    assert pretty(b"<a><b>x</b><c><d/></c></a>") == "<a>\n  <b>x</b>\n  <c>\n    <d/>\n  </c>\n</a>"


def test_words_of_vietnamese_stay_words() -> None:
    assert pretty("<a>Trích yếu</a>".encode()) == "<a>Trích yếu</a>"


@pytest.mark.parametrize("rubbish", [b"", b"<a>", b"\xff\xfe\x00", b"<!DOCTYPE a><a/>", b"no xml at all"])
def test_what_is_no_xml_is_shown_as_it_is(rubbish: bytes) -> None:
    assert pretty(rubbish) == rubbish.decode("utf-8", "replace")


def test_endless_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LONGEST", 5)
    assert pretty(b"<abcdefgh/>") == "<abcd\n…"

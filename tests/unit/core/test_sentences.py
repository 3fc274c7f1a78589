"""
Sentences of the catalogue without the case they are about.
"""

from __future__ import annotations

import pytest

from gateway.core.catalogue import FAULTS, LINK_DOWN
from gateway.core.errors import Fault
from gateway.core.sentences import title_en, title_vi, without_gaps


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Không nối được tới nút kề H14: …", "Không nối được tới nút kề H14"),
        ("Tệp không mã hóa UTF-8 (…)", "Tệp không mã hóa UTF-8"),
        ('The prefix "…" is not declared', "The prefix is not declared"),
        ("Văn bản quá hạn", "Văn bản quá hạn"),
    ],
)
def test_gaps_are_cut_where_grammar_allows(sentence: str, expected: str) -> None:
    assert without_gaps(sentence) == expected


def test_title_is_the_same_for_every_case() -> None:
    assert title_en(LINK_DOWN) == "The neighbour … cannot be reached"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.code)
def test_every_title_is_a_sentence_without_placeholders(fault: Fault) -> None:
    for title in (title_vi(fault), title_en(fault)):
        assert title
        assert "{" not in title
        assert title == title.strip()

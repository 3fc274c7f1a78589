"""
Vietnamese for those who read US-ASCII only.
"""

from __future__ import annotations

import pytest

from gateway.core.catalogue import FAULTS
from gateway.vxp.plain import plain


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Thành công", "Thanh cong"),
        ("Đơn vị gửi «H14» – đã khóa…", 'Don vi gui "H14" - da khoa...'),
        ("Tha\u0300nh  co\u0302ng\r\n", "Thanh cong"),
        ("a\x00b\u2028c 書", "a?b c ?"),
        ("\ud800", "?"),
        ("", ""),
    ],
)
def test_marks_and_controls_are_gone(text: str, bare: str) -> None:
    assert plain(text) == bare


def test_long_text_is_cut() -> None:
    assert plain("ệ" * 1_000_000, 20) == "e" * 17 + "..."
    assert len(plain("x" * 501)) == 500


def test_sentences_of_the_catalogue_lose_nothing_but_their_marks() -> None:
    for fault in FAULTS.values():
        assert "?" not in plain(fault.vi + fault.next_vi).replace(
            "?", "", (fault.vi + fault.next_vi).count("?")
        )

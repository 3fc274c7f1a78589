from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.refusal_reasons import Reason, code_in, reason_of, words_of


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Không thuộc thẩm quyền giải quyết", Reason.MISADDRESSED),
        ("SAI NOI NHAN, de nghi gui lai", Reason.MISADDRESSED),
        ("Văn bản gửi trùng", Reason.DUPLICATE),
        ("Chữ ký số không hợp lệ", Reason.SIGNATURE),
        ("Thiếu tệp đính kèm.", Reason.ATTACHMENT),
        ("Sai thể thức", Reason.FORM),
        ("Đề nghị xem lại", Reason.OTHER),
        ("gửi Bộ trưởng ở trung ương", Reason.OTHER),
        ("", Reason.NONE),
        (" … ", Reason.NONE),
    ],
)
def test_what_clerks_write_has_a_class(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason


@given(st.text(max_size=200))
def test_whatever_is_written_has_one_class(text: str) -> None:
    assert reason_of(text) in Reason


def test_axis_is_counted_by_its_code() -> None:
    assert code_in("[Trục] TRUC-503 Đã hết hạn. (Expired.)") == "TRUC-503"
    assert code_in("Sai") == ""


def test_every_reason_has_words_and_an_unknown_code_is_itself() -> None:
    for reason in Reason:
        assert words_of(reason) == (reason.vi, reason.en)
    vi, en = words_of("TRUC-503")
    assert vi.startswith("TRUC-503 ")
    assert "{" not in vi + en
    assert words_of("TRUC-000") == ("TRUC-000", "TRUC-000")

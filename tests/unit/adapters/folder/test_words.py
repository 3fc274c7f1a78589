from datetime import UTC, datetime, timedelta

import pytest

from adapters.folder import words
from gateway.core.catalogue import BOM, RECIPIENT_UNKNOWN
from gateway.core.errors import find
from gateway.core.model import Kind, LetterId
from gateway.ports import Accepted, RecipientAnswer
from tests.kit.builders import stored_letter
from tests.kit.clock import START
from tests.kit.folders import PROVINCE, folder_directory

DIRECTORY = folder_directory()


def accepted(*, repeated: bool = False) -> Accepted:
    recipients = RecipientAnswer(PROVINCE, PROVINCE), RecipientAnswer("9.9", "", RECIPIENT_UNKNOWN.code)
    return Accepted(
        *(LetterId("a-b"), Kind.DOCUMENT, "id", START, START + timedelta(days=7), recipients),
        findings=(find(BOM),),
        repeated=repeated,
    )


def test_text_is_what_notepad_shows_as_it_is_meant() -> None:
    assert words.as_text("ký\n") == b"\xef\xbb\xbf" + "ký\r\n".encode()
    assert words.text_of(words.as_text("ký\n")) == "ký\r\n"


@pytest.mark.parametrize("data", [b"k\xfd", b"\xff\xfe\x00"])
def test_text_in_no_known_encoding_is_none(data: bytes) -> None:
    assert words.text_of(data) is None


def test_plain_words_are_compared_without_marks_and_case() -> None:
    assert words.plain("  ĐỘ   Khẩn ") == "do khan"


def test_moments_and_days_are_written_as_people_do() -> None:
    assert words.moment(datetime(2026, 3, 1, 18, 5, tzinfo=UTC)) == "02/03/2026 01:05"
    assert words.day("2026/02/27") == "27/02/2026"
    assert words.day("hôm qua") == "hôm qua"


def test_answer_names_who_gets_the_letter_and_who_does_not() -> None:
    told = words.result(accepted(), DIRECTORY).splitlines()
    assert f"  UBND tỉnh Cao Bằng ({PROVINCE})" in told
    assert "  9.9: KHÔNG gửi được, TRUC-405" in told
    assert any(line.startswith("  [TRUC-114]") for line in told)


def test_answer_to_a_repeat_says_so() -> None:
    assert words.result(accepted(repeated=True), DIRECTORY).startswith("ĐÃ GỬI TỪ TRƯỚC")


def test_refusal_tells_errors_before_warnings_in_both_languages() -> None:
    told = words.refusal("x", [find(BOM), find(RECIPIENT_UNKNOWN, line=3, element="To", organ="9.9")], START)
    assert told.index("TRUC-405") < told.index("TRUC-114")
    assert "   Ở đâu: dòng 3, To\n" in told
    assert "   Where: line 3, To\n" in told
    assert "(chỉ lưu ý)" in told


def test_summary_of_a_letter_that_cannot_be_read_says_what_is_known() -> None:
    told = words.summary(stored_letter(), None, (), None, DIRECTORY)
    assert "Không tách được tệp đính kèm" in told
    assert "Niêm phong của nút gửi: chưa kiểm tra được" in told


def test_stranger_cannot_begin_a_line() -> None:
    assert words.one_line("a\r\nb\u2028c\x00d\te") == "a b c d e"

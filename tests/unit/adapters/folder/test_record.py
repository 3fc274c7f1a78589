from pathlib import Path

import pytest

from adapters.folder.record import Answer, Record, record_in, write_record
from gateway.core.model import LetterId
from tests.kit.clock import START

RECORD = Record(LetterId("a-b"))
ANSWER = Answer("da-tiep-nhan", "03", START, "Lý do")


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = RECORD.with_meant(ANSWER).with_sent(LetterId("c-d")).with_meant(ANSWER)
    write_record(tmp_path, record)
    assert record_in(tmp_path) == record


def test_answer_is_meant_until_it_is_sent() -> None:
    meant = RECORD.with_meant(ANSWER)
    assert meant.meant == ANSWER
    assert meant.place == "da-tiep-nhan"
    assert meant.with_sent(LetterId("x")).meant is None


def test_answer_that_was_not_sent_gives_way_to_the_next() -> None:
    other = Answer("tu-choi", "02", START, "")
    assert RECORD.with_meant(ANSWER).with_meant(other).answers == (other,)
    assert len(RECORD.with_meant(ANSWER).with_sent(LetterId("x")).with_meant(other).answers) == 2


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"null",
        b"[]",
        b'{"place": ""}',
        b'{"letter_id": 1, "place": ""}',
        b'{"letter_id": "a", "place": "", "answers": [1]}',
        b'{"letter_id": "a", "place": "", "answers": [{"at": "2026-03-02T08:00:00"}]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_record_that_cannot_be_read_is_none(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "truc.json").write_bytes(rubbish)
    assert record_in(tmp_path) is None


def test_folder_without_a_record_has_none(tmp_path: Path) -> None:
    assert record_in(tmp_path) is None

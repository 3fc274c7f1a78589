from datetime import UTC, datetime
from random import Random

import pytest

from gateway.core.codes import shape_ok
from gateway.core.model import Organ, issue_day
from gateway.core.secrecy import Mark, mark_in
from gateway.letters.content import TYPES, abbreviation, draft, person, place_of, uuid_of

AT = datetime(2025, 11, 20, 20, 0, tzinfo=UTC)


def test_a_letter_is_numbered_dated_and_signed() -> None:
    letter = draft(Organ("H14", "UBND tỉnh Cao Bằng"), [Organ("H21")], 45, Random(1), AT)

    envelope = letter.envelope
    assert envelope.code_number == "45"
    assert envelope.issue_date == "2025/11/21"  # it is past midnight in Việt Nam
    assert envelope.document_id == f"H14,2025/11/21,{envelope.code}"
    assert envelope.signer_name
    assert issue_day(envelope.due_date) is not None
    assert len(envelope.attachments) == len(letter.files)


def test_letters_differ_and_every_attachment_has_its_file() -> None:
    letters = [draft(Organ("H14"), [Organ("H21")], n, Random(n), AT, 500) for n in range(60)]

    assert len({letter.envelope.subject for letter in letters}) > 8
    assert {letter.envelope.priority for letter in letters} == {0, 1, 2, 3, 4}
    assert {len(letter.files) for letter in letters} == {1, 2}
    for letter in letters:
        names = [attachment.name for attachment in letter.envelope.attachments]
        assert names == [file.name for file in letter.files]
        assert names[0].endswith(".signed.pdf")


def test_no_subject_looks_like_a_state_secret() -> None:
    for kind in TYPES:
        for subject in kind.subjects:
            assert mark_in(subject) is Mark.NONE


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("UBND tỉnh Gia Lai", "UBND"),
        ("Ủy ban nhân dân xã Nam Tuấn", "UBND"),
        ("Văn phòng Chính phủ", "VPCP"),
        ("Sở Thông tin và Truyền thông", "STTVTT"),
        ("", "VP"),
        ("123", "VP"),
    ],
)
def test_offices_are_shortened_as_in_a_notation(name: str, short: str) -> None:
    assert abbreviation(name) == short


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("UBND tỉnh Gia Lai", "Gia Lai"),
        ("UBND xã Hòa Tiến - UBND huyện Hòa Vang", "Hòa Tiến"),
        ("Ủy ban nhân dân thị trấn Nước Hai", "Nước Hai"),
        ("Văn phòng Chính phủ", "Hà Nội"),
    ],
)
def test_an_office_issues_where_it_is(name: str, place: str) -> None:
    assert place_of(name) == place


def test_names_and_ids_come_from_chance_that_is_handed_in() -> None:
    assert person(Random(1)) == person(Random(1))
    assert uuid_of(Random(1)) == uuid_of(Random(1)) != uuid_of(Random(2))
    assert shape_ok(uuid_of(Random(1))[:35])

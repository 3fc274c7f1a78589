from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.finding import (
    LONGEST_WORD,
    MOST_WORDS,
    earliest_id,
    fold,
    subject_words,
    word_of_number,
    words_of_letter,
)
from gateway.core.model import LetterFacts
from gateway.ids import LetterIds
from tests.kit.builders import CENTRAL_OFFICE, PROVINCE_OFFICE, routing

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đề nghị", "de nghi"),
        ("THÔNG TƯ", "thong tu"),
        ("De\u0302\u0300 nghi\u0323", "de nghi"),  # parted marks, as macOS writes them
        ("Ủy ban", "uy ban"),
        ("ƯƠNG", "uong"),
    ],
)
def test_marks_and_case_do_not_matter(written: str, typed: str) -> None:
    assert fold(written) == typed


def test_words_are_cut_at_everything_that_is_no_letter_or_digit() -> None:
    assert subject_words("V/v: kinh-phí (đợt 2), kinh phí_2026!") == ["v", "kinh", "phi", "dot", "2", "2026"]


@pytest.mark.parametrize("rubbish", ["", "   ", "-*%'\"\\;", "\0\n", "\U0001f600"])
def test_what_has_no_word_gives_none(rubbish: str) -> None:
    assert subject_words(rubbish) == []


def test_endless_text_fills_only_so_much_of_the_index() -> None:
    words = subject_words("a" * 10_000 + " " + " ".join(f"w{number}" for number in range(1_000)))
    assert len(words) == MOST_WORDS
    assert len(words[0]) == LONGEST_WORD


@pytest.mark.parametrize(
    ("text", "word"),
    [("7816/VPCP-TTĐT", "n:7816"), (" 07816", "n:7816"), ("000", "n:"), ("VPCP", None), ("", None)],
)
def test_number_of_a_document_is_found_alone(text: str, word: str | None) -> None:
    assert word_of_number(text) == word


def test_letter_is_found_by_its_parties_its_number_and_its_subject() -> None:
    facts = LetterFacts(code="12/UBND", subject="Kinh phí")
    assert words_of_letter(routing(), facts) == {
        f"a:{PROVINCE_OFFICE}",
        f"a:{CENTRAL_OFFICE}",
        "n:12",
        "w:kinh",
        "w:phi",
    }


def test_letter_that_only_passes_is_found_by_its_parties() -> None:
    assert words_of_letter(routing(), LetterFacts()) == {f"a:{PROVINCE_OFFICE}", f"a:{CENTRAL_OFFICE}"}


def test_ids_are_not_below_the_time_of_their_letter() -> None:
    mint, second = LetterIds(), timedelta(seconds=1)
    assert earliest_id(NOW) < mint(NOW) < earliest_id(NOW + second)
    assert mint(NOW - second) < earliest_id(NOW)
    assert earliest_id(datetime(1900, 1, 1, tzinfo=UTC)) == "00000000-0000"

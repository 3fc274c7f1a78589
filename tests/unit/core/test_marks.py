"""
Marks: what letters belong to.
"""

from __future__ import annotations

import pytest

from gateway.core.marks import MOST_MARKS, MarkKind, assigner_of, dossier_codes, marks_of, reference_codes
from gateway.core.model import Envelope, InReplyTo, Kind, LetterFacts, Organ

TASK = "439684_H23-NV-G22-2024-011227004"


def envelope(**fields: object) -> Envelope:
    return Envelope(Kind.DOCUMENT, Organ("000.00.00.H14"), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ()),
        ("A-1", ("A-1",)),
        ("A-1; B/2,C 3\n", ("A-1", "B/2", "C", "3")),
        (" ;;, ", ()),
    ],
)
def test_reference_codes_are_taken_apart(text: str, codes: tuple[str, ...]) -> None:
    assert reference_codes(envelope(reference_codes=text)) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("V/v trả kết quả hồ sơ 000.00.16.H20-230101-0001", ("000.00.16.H20-230101-0001",)),
        ("H20.16-230101-0001 và H20.16-230101-0002.", ("H20.16-230101-0001", "H20.16-230101-0002")),
        ("H20.16-230101-0001, H20.16-230101-0001", ("H20.16-230101-0001",)),
        (TASK, ()),
        ("12/UBND-VX ngày 23-01-2026, số 0123456789-230101-0001x", ()),
        ("h20.16-230101-0001", ()),
    ],
)
def test_dossiers_are_known_by_the_form_of_their_codes(text: str, codes: tuple[str, ...]) -> None:
    assert dossier_codes(envelope(subject=text)) == codes
    assert dossier_codes(envelope(reference_codes=text)) == codes


def test_long_texts_of_digits_are_searched_without_delay() -> None:
    assert dossier_codes(envelope(content="0." * 50_000 + "H2" * 50_000 + "-230101-" * 50_000)) == ()


def test_document_bears_a_mark_for_all_that_it_belongs_to() -> None:
    facts = LetterFacts(
        in_reply_to=(InReplyTo("000.00.00.G22", "267/VPCP-TTĐT", "D-1"), InReplyTo()),
        task_codes=(TASK, TASK),
        dossier_codes=("H20-230101-0001",),
        reference_codes=("R-1", "x" * 201),
    )
    assert list(marks_of(facts, Kind.DOCUMENT)) == [
        (MarkKind.TASK, TASK),
        (MarkKind.DOSSIER, "H20-230101-0001"),
        (MarkKind.REFERENCE, "R-1"),
        (MarkKind.REPLY, "D-1"),
        (MarkKind.REPLY, "267/VPCP-TTĐT"),
    ]
    assert list(marks_of(facts, Kind.STATUS)) == []


def test_letter_with_endless_codes_is_not_indexed_endlessly() -> None:
    facts = LetterFacts(task_codes=tuple(map(str, range(MOST_MARKS + 5))))
    assert len(list(marks_of(facts, Kind.DOCUMENT))) == MOST_MARKS


@pytest.mark.parametrize(
    ("code", "assigner"),
    [
        (TASK, "G22"),
        (" 439684_0100100079-nv-g22-2024-011227004 ", "g22"),
        ("1_H14.31-NV-H14-2026-000000001", "H14"),
        ("439684", ""),
        ("", ""),
        ("_-NV--2024-1", ""),
    ],
)
def test_code_of_a_task_names_who_gave_it(code: str, assigner: str) -> None:
    assert assigner_of(code) == assigner

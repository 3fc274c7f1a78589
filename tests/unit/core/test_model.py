"""What follows from the fields of the nouns."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.core.model import Envelope, Kind, Organ, issue_day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/03/02", date(2026, 3, 2)),
        ("02/03/2026", date(2026, 3, 2)),
        ("2026-03-02", date(2026, 3, 2)),
        ("2026-03-02T08:00:00+07:00", date(2026, 3, 2)),
        ("02/03/2026 08:00:00", date(2026, 3, 2)),
        (" 2026/3/2 ", date(2026, 3, 2)),
        ("2026/02/30", None),
        ("", None),
        ("ngày 2 tháng 3", None),
        ("26/03/02", None),
    ],
)
def test_a_day_is_read_in_every_form_seen_on_the_axis(text: str, day: date | None) -> None:
    assert issue_day(text) == day


@pytest.mark.parametrize(
    ("number", "notation", "code"),
    [("7816", "VPCP-TTĐT", "7816/VPCP-TTĐT"), ("7816", "", "7816"), ("", "VPCP", "VPCP"), ("", "", "")],
)
def test_number_and_notation_make_the_one_string_of_response_for(
    number: str, notation: str, code: str
) -> None:
    assert Envelope(Kind.DOCUMENT, Organ("a"), code_number=number, code_notation=notation).code == code

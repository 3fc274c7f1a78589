"""An answer of intake, written down and read again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.answers import read_answer, read_finding, write_answer
from gateway.core import catalogue
from gateway.core.errors import find
from gateway.core.model import Kind, LetterId
from gateway.ports import Accepted, RecipientAnswer

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_an_answer_comes_back_as_it_was_given() -> None:
    given = Accepted(
        LetterId("01920000-0000-7000-8000-000000000001"),
        Kind.DOCUMENT,
        "000.00.00.H14,2026/03/02,12/UBND",
        AT,
        AT.replace(day=9),
        (RecipientAnswer("000.00.00.G22", "000.00.00.G22"), RecipientAnswer("H99", "", "TRUC-405")),
        (find(catalogue.BOM, line=1), find(catalogue.RECIPIENT_UNKNOWN, organ="H99")),
    )
    assert read_answer(write_answer(given)) == given


def test_a_code_of_a_later_release_is_not_invented() -> None:
    with pytest.raises(KeyError):
        read_finding({"code": "TRUC-999"})

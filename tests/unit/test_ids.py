"""Letter ids are UUIDv7."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from gateway.ids import LetterIds

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_an_id_has_the_form_of_rfc_9562() -> None:
    """Spec: RFC9562/5.7"""
    made = uuid.UUID(LetterIds()(AT))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == int(AT.timestamp() * 1000)


def test_ids_sort_by_the_time_of_intake() -> None:
    mint = LetterIds()
    made = [mint(AT + timedelta(milliseconds=n)) for n in range(100)]
    assert made == sorted(made)


def test_two_letters_of_one_millisecond_differ() -> None:
    mint = LetterIds()
    assert len({mint(AT) for _ in range(1000)}) == 1000

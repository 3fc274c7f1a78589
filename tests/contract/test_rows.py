from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from gateway.core.delivery import Delivery, State, Target
from gateway.core.model import AgencyCode, Lane, LetterFacts
from gateway.store.rows import DELIVERY, LOCAL, door_of, letter_row, schedule, search_key, topics_of
from tests.kit.builders import CENTRAL, delivery, stored_letter
from tests.kit.clock import START

UP, HERE = Target(neighbour=CENTRAL), Target(agency=AgencyCode("a"))
LATER = START + timedelta(minutes=1)
LETTER = stored_letter(rank=2, lane=Lane.URGENT)
EXPIRY = LETTER.routing.expires_at


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {"turn": 2, "deadline": EXPIRY}),
        ({"due_at": LATER}, {"wakes_at": LATER, "deadline": EXPIRY}),
        ({"confirmed": True}, {"turn": 2, "deadline": EXPIRY}),
        ({"confirmed": True, "warned": True}, {"turn": 2}),
        ({"state": State.TRYING}, {"window_lane": "urgent"}),
        ({"state": State.SENT, "due_at": LATER}, {"window_lane": "urgent", "deadline": LATER}),
        ({"state": State.WAITING, "due_at": LATER}, {"deadline": LATER}),
        ({"state": State.HELD}, {"trouble": "held"}),
        ({"state": State.QUARANTINED}, {"trouble": "quarantined"}),
        ({"last_code": "TRUC-504"}, {"turn": 2, "deadline": EXPIRY, "trouble": "retrying"}),
        *(({"state": state, "last_code": "TRUC-503"}, {}) for state in State if state.is_final),
    ],
    ids=lambda value: "-".join(str(v) for v in value.values()) if value else "",
)
def test_delivery_answers_only_the_questions_that_concern_it(
    changed: dict[str, object], expected: dict[str, object]
) -> None:
    columns = schedule(delivery(LETTER, UP, **changed), START)
    assert {name: value for name, value in columns.items() if value is not None} == expected


def test_every_field_of_a_delivery_has_its_column() -> None:
    assert [column.name for column in DELIVERY] == [field.name for field in fields(Delivery)]


def test_all_agencies_of_a_node_share_one_door() -> None:
    assert (door_of(UP), door_of(HERE), door_of(None)) == ("link:G22", LOCAL, LOCAL)
    assert (topics_of(UP, Lane.URGENT), topics_of(HERE, Lane.URGENT)) == ("link:G22:urgent", LOCAL)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("7816/VPCP-TTĐT", "7816/vpcp-ttđt"),
        (" 7816 / VPCP - TTĐT ", "7816/vpcp-ttđt"),
        ("VPCP-TTĐT", "vpcp-ttđt"),
        ("ho\u0302\u0300", "hồ"),
        ("", None),
        (" \n", None),
    ],
)
def test_numbers_are_searched_as_people_compare_them(written: str, key: str | None) -> None:
    assert search_key(written) == key


def test_letter_of_passage_leaves_no_search_keys() -> None:
    row = letter_row(stored_letter(facts=LetterFacts(subject="x")))
    assert (row["document_key"], row["code_key"], row["more_facts"]) == (None, None, None)

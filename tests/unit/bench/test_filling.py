from __future__ import annotations

import pytest
from sqlalchemy import Integer, create_engine, literal, select

from gateway.core.finding import earliest_id
from gateway.store.columns import Moment
from tests.bench import filling
from tests.bench.filling import APART, BUSY, KINDS, MAIL, agency_of, id_of, is_whole
from tests.kit.clock import START

NUMBERS = (0, 1, 5, 401, 999, 1_000, 1_001, 4_101, 999_999)


def asked(number: int, question: object) -> object:
    """What the database makes of an expression over a number."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(select(question(literal(number, Integer)))).scalar_one()  # type: ignore[operator]
    engine.dispose()
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_database_names_and_chooses_copies_as_we_do(number: int) -> None:
    assert asked(number, filling._id) == id_of(number)
    assert bool(asked(number, is_whole)) == is_whole(number)


def test_moments_of_copies_are_as_far_apart_as_their_numbers() -> None:
    dialect = create_engine("sqlite://").dialect
    kept = asked(25, lambda turn: filling._later(START, turn))
    assert f"{kept}.000000+00:00" == Moment().process_bind_param(START + 25 * KINDS * APART, dialect)


def test_ids_of_copies_are_in_the_order_of_their_times() -> None:
    assert list(map(id_of, NUMBERS)) == sorted(map(id_of, NUMBERS))
    assert id_of(999) < earliest_id(START + 1_000 * APART) <= id_of(1_000)


def test_few_agencies_have_many_letters_among_the_first() -> None:
    of_first = [agency_of(number) for number in range(1_000) if number % KINDS == MAIL]
    assert set(of_first) == set(range(BUSY))
    assert of_first.count(0) == 25
    assert {agency_of(number) for number in range(1_000, 2_000)} == set(range(100))

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.ordering import GAP, HIGHEST, places

FORMER = [("a", 0), ("b", GAP), ("c", 2 * GAP)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("abc", [0, GAP, 2 * GAP]),
        ("abcd", [0, GAP, 2 * GAP, 3 * GAP]),
        ("ac", [0, 2 * GAP]),
        ("xabc", [-GAP, 0, GAP, 2 * GAP]),
        ("axbc", [0, GAP // 2, GAP, 2 * GAP]),
        ("bca", [GAP, 2 * GAP, 3 * GAP]),
        ("", []),
    ],
)
def test_what_stays_keeps_its_place(wanted: str, expected: list[int]) -> None:
    assert places(FORMER, wanted) == expected


def test_rows_without_room_between_are_numbered_anew() -> None:
    assert places([("a", 0), ("b", 1)], "axb") == [0, GAP, 2 * GAP]


def test_numbers_that_no_column_could_hold_are_given_anew() -> None:
    assert places([("a", HIGHEST)], "ab") == [0, GAP]


def test_key_that_is_there_twice_keeps_one_place() -> None:
    assert places(FORMER, "aab") == [0, GAP // 2, GAP]


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.lists(st.sampled_from("abcdefghij")))
def test_places_rise_whatever_changes(former: list[str], wanted: list[str]) -> None:
    found = places([(key, 3 * n) for n, key in enumerate(former)], wanted)
    assert len(found) == len(wanted)
    assert all(one < other for one, other in pairwise(found))

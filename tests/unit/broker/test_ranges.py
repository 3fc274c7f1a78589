from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.broker.ranges import Ranges, read_held, write_held
from tests.unit.broker.unhurried import STEPWISE, UNHURRIED

SIZE = 40
SPANS = st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(sorted)


class RangesAgainstASet(RuleBasedStateMachine):
    """Ranges behave as the plain set of byte numbers that they stand for."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges, self.model = Ranges(), set[int]()

    @rule(span=SPANS)
    def add(self, span: list[int]) -> None:
        self.ranges = self.ranges.add(*span)
        self.model |= set(range(*span))

    @rule(span=SPANS)
    def subtract(self, span: list[int]) -> None:
        self.ranges = self.ranges.subtract(*span)
        self.model -= set(range(*span))

    @rule(size=st.integers(0, SIZE + 5))
    def complement(self, size: int) -> None:
        assert bytes_of(self.ranges.complement(size)) == set(range(size)) - self.model

    @rule(span=SPANS)
    def contains(self, span: list[int]) -> None:
        assert self.ranges.contains(*span) == (set(range(*span)) <= self.model)

    @invariant()
    def same_bytes_in_few_ranges(self) -> None:
        assert bytes_of(self.ranges) == self.model
        assert self.ranges.total == len(self.model)
        assert bool(self.ranges) == bool(self.model)
        assert list(self.ranges.bounds) == sorted(set(self.ranges.bounds))

    @invariant()
    def text_reads_back(self) -> None:
        assert Ranges.of_text(self.ranges.text) == self.ranges


TestRangesAgainstASet = RangesAgainstASet.TestCase
TestRangesAgainstASet.settings = STEPWISE


def bytes_of(ranges: Ranges) -> set[int]:
    return {byte for start, stop in ranges for byte in range(start, stop)}


def test_text_is_that_of_the_protocol() -> None:
    ranges = Ranges().add(2097152, 3145728).add(0, 1048576)
    assert ranges.text == "0-1048576,2097152-3145728"
    assert Ranges().text == ""


def test_pieces_that_touch_become_one_range() -> None:
    assert Ranges().add(0, 5).add(5, 8).text == "0-8"


@pytest.mark.parametrize(
    "text", ["-", "1", "5-5", "5-3", "0-5,5-8", "3-4,0-1", "0-5,", "٠-٥", "0-1;", " 0-1"]
)
def test_text_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Ranges.of_text(text)


@pytest.mark.parametrize("span", [(-1, 4), (5, 3)])
def test_a_range_that_cannot_be_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        Ranges().add(*span)


def test_thousands_of_pieces_in_any_order_end_as_one_range() -> None:
    starts = list(range(0, 20_000 * 7, 7))
    Random(1).shuffle(starts)
    ranges = Ranges()
    for start in starts:
        ranges = ranges.add(start, start + 7)
    assert ranges.text == f"0-{20_000 * 7}"


def test_held_is_written_part_by_part() -> None:
    held = {2: Ranges().add(0, 500), 0: Ranges().add(0, 1048576), 1: Ranges()}
    assert write_held(held) == "0:0-1048576;2:0-500"
    assert read_held("0:0-1048576;2:0-500") == {0: Ranges((0, 1048576)), 2: Ranges((0, 500))}
    assert read_held("") == {}


@UNHURRIED
@given(st.dictionaries(st.integers(0, 1099), st.sets(st.integers(0, 10**9), min_size=2, max_size=2)))
def test_held_reads_back(parts: dict[int, set[int]]) -> None:
    held = {part: Ranges().add(*sorted(span)) for part, span in parts.items()}
    assert read_held(write_held(held)) == held


@pytest.mark.parametrize(
    "text", ["0", "0:", ":0-1", "1:0-1;0:0-1", "0:0-1;0:2-3", "00:0-1", "x:0-1", "0:0-1;"]
)
def test_held_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_held(text)

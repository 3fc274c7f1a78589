"""The letters of a country: they add up to what was reported, and to a whole day."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.capacity.nation import (
    BASE64,
    HOURS,
    INSIDE,
    LARGEST_BYTES,
    MEDIAN_BYTES,
    NATIONAL,
    SENT_AND_RECEIVED,
    STATUS_BYTES,
    WORKING_DAYS_OF_IT,
    Kind,
    Nation,
    share_between,
    sizes,
)

DAY = 24 * 3600.0


def test_documents_and_copies_are_what_the_report_counted() -> None:
    nation = Nation()
    assert nation.national * (1 + nation.recipients) * WORKING_DAYS_OF_IT == pytest.approx(SENT_AND_RECEIVED)


@pytest.mark.parametrize("shares", [HOURS.values(), [f.share for f in NATIONAL], [f.share for f in INSIDE]])
def test_shares_make_a_whole(shares: list[float]) -> None:
    assert sum(shares) == pytest.approx(1)


def test_every_copy_is_answered_with_its_statuses() -> None:
    streams = Nation().streams
    copies = sum(s.per_day * s.recipients for s in streams if s.kind is Kind.DOCUMENT)
    assert sum(s.per_day for s in streams if s.kind is Kind.STATUS) == pytest.approx(3 * copies)


def test_statuses_go_back_the_way_that_the_documents_came() -> None:
    streams = Nation().streams
    half = len(streams) // 2
    assert [s.flow.reversed() for s in streams[:half]] == [s.flow for s in streams[half:]]


@given(st.floats(0.01, 1000))
def test_ten_times_the_load_is_ten_times_every_stream(load: float) -> None:
    pairs = zip(Nation().streams, Nation().times(load).streams, strict=True)
    assert all(more.per_day == pytest.approx(one.per_day * load) for one, more in pairs)


def test_sizes_are_those_of_the_province() -> None:
    found = sizes(Kind.DOCUMENT)
    assert statistics.median(found) == pytest.approx(MEDIAN_BYTES * BASE64, rel=0.02)
    assert max(found) == pytest.approx(LARGEST_BYTES * BASE64)
    assert list(sizes(Kind.STATUS)) == [STATUS_BYTES]


@given(st.floats(0, DAY), st.floats(0, DAY), st.floats(0, DAY))
def test_parts_of_a_day_add_up(one: float, two: float, three: float) -> None:
    a, b, c = sorted((one, two, three))
    assert share_between(a, b) + share_between(b, c) == pytest.approx(share_between(a, c))
    assert share_between(0, DAY) == pytest.approx(1)


@pytest.mark.parametrize("small", [{"provinces": 1}, {"communes": 60}, {"recipients": 0.5}])
def test_country_that_is_too_small_is_refused(small: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="two provinces"):
        Nation(**small)

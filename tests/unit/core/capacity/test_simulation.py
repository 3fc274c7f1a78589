"""The simulation: no letter is lost, no time is negative, the same seed tells the same story."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.capacity.estimate import Machines, Part
from gateway.core.capacity.nation import HOUR_SECONDS, PEAK_HOUR, Nation, Tier
from gateway.core.capacity.simulation import ANSWER_SECONDS, Question, quantile, simulate
from tests.kit.service_times import TIMES

SMALL = Nation(provinces=3, communes=9)


def asked(nation: Nation = SMALL, letters: int = 1500, **more: object) -> Question:
    return Question(nation, TIMES, Machines(), letters, **more)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.1, 2000), st.integers(1, 3), st.booleans())
def test_every_copy_is_delivered_once_whatever_the_load(
    seed: int, load: float, whole: int, circular: bool
) -> None:
    counted = 0

    def step(count: int) -> None:
        nonlocal counted
        counted += count

    question = asked(SMALL.times(load), 300, whole=whole, circular=circular)
    seen = simulate(question, Random(seed), step)
    assert seen.delivered == seen.copies >= seen.letters == counted
    for tally in seen.tallies.values():
        assert min(tally.waits, default=0) >= -1e-9
        assert 0 <= tally.utilisation <= 1 + 1e-9
    assert all(seconds > 0 for times in (*seen.ways.values(), *seen.hops.values()) for seconds in times)


def test_same_seed_same_story_and_another_seed_another() -> None:
    first, again, other = (simulate(asked(), Random(seed)) for seed in (5, 5, 6))
    assert first.ways == again.ways
    assert first.tallies == again.tallies
    assert first.ways != other.ways


def test_circular_reaches_everybody_and_each_answers_once() -> None:
    seen = simulate(asked(whole=3, circular=True), Random(1))
    assert len(seen.circular) == len(seen.answers) == 3 + 9
    assert max(seen.circular) < ANSWER_SECONDS


def test_span_is_a_whole_day_where_that_is_little() -> None:
    span = asked(Nation().times(0.001), 10_000).span
    assert (span.start, span.end) == (0, 24 * HOUR_SECONDS)
    assert (span.watched, span.until) == (PEAK_HOUR * HOUR_SECONDS, (PEAK_HOUR + 1) * HOUR_SECONDS)


def test_span_shrinks_around_the_peak_hour_to_as_many_letters_as_wanted() -> None:
    question = asked(Nation().times(10), 5000)
    span = question.span
    assert PEAK_HOUR * HOUR_SECONDS < span.start < span.watched < span.until == span.end
    assert question.expected == pytest.approx(5000, rel=0.01)


def test_overloaded_node_is_seen_to_work_without_a_pause() -> None:
    seen = simulate(asked(SMALL.times(2000), 3000, whole=3), Random(1))
    tally = seen.tallies[Tier.CENTRAL, Part.CPU]
    assert tally.utilisation > 0.99
    assert tally.longest_queue > 50


def test_quantile_is_the_nearest_rank() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [quantile(values, part) for part in (0, 0.2, 0.5, 0.99, 1)] == [1, 1, 3, 5, 5]
    assert quantile([], 0.5) == 0

"""
The estimate and the simulation of the same load, side by side: how far they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gateway.core.capacity.estimate import Estimate, Station, estimate
from gateway.core.capacity.nation import MEAN_PER_SECOND, PEAK_PER_SECOND, Kind, Stream, Tier
from gateway.core.capacity.simulation import Question, Seen, quantile, simulate
from gateway.core.capacity.stations import Chance

LEAST_JOBS = 1000  # of a station that is compared: with fewer, chance decides
LEAST_LETTERS = 500  # of a way: documents differ so much in size that fewer tell little
LEAST_UTILISATION = 0.01


@dataclass(frozen=True, slots=True)
class StationBeside:
    """A station as it was estimated, and what all of its kind showed; waits in seconds."""

    expected: Station
    utilisation: float
    wait: float
    wait_p99: float
    longest_queue: int
    queue: float
    jobs: int

    @property
    def difference(self) -> float | None:
        """Of the utilisation, as a share of the estimate; None if there is too little to compare."""
        expected = self.expected.utilisation
        if self.expected.is_overloaded or expected < LEAST_UTILISATION or self.jobs < LEAST_JOBS:
            return None
        return self.utilisation / expected - 1


@dataclass(frozen=True, slots=True)
class WayBeside:
    """Seconds from the first byte to a recipient's door, estimated and seen in `copies`."""

    stream: Stream
    expected: float
    mean: float
    p50: float
    p99: float
    copies: int

    @property
    def difference(self) -> float | None:
        """Of the mean, as a share of the estimate; None if there is too little to compare."""
        if self.copies < LEAST_LETTERS or self.expected == float("inf"):
            return None
        return self.mean / self.expected - 1


@dataclass(frozen=True, slots=True)
class Study:
    """One load: estimated for the peak hour and for an even day, and simulated."""

    question: Question
    peak: Estimate
    mean: Estimate
    seen: Seen

    @property
    def stations(self) -> Sequence[StationBeside]:
        """Every station, those with the least left first."""
        found = []
        for expected in sorted(self.peak.stations, key=lambda one: -one.full):
            tally = self.seen.tallies[expected.tier, expected.part]
            waits = tally.waits
            found.append(
                StationBeside(
                    expected=expected,
                    utilisation=tally.utilisation,
                    wait=sum(waits) / len(waits) if waits else 0.0,
                    wait_p99=quantile(waits, 0.99),
                    longest_queue=tally.longest_queue,
                    queue=tally.queue,
                    jobs=tally.jobs,
                )
            )
        return found

    @property
    def ways(self) -> Sequence[WayBeside]:
        """Every way."""
        found = []
        for way in self.peak.ways:
            times = self.seen.ways.get((way.stream.flow, way.stream.kind), [])
            mean = sum(times) / len(times) if times else 0.0
            p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
            found.append(WayBeside(way.stream, way.seconds, mean, p50, p99, len(times)))
        return found

    @property
    def overloaded(self) -> Sequence[Station]:
        """What cannot keep up in the peak hour."""
        return [one for one in self.peak.stations if one.is_overloaded]

    @property
    def utilisation_within(self) -> float | None:
        """
        The largest difference of a utilisation, as a share; None where nothing can be compared. A circular is
        on top of what was estimated.
        """
        return None if self.question.circular else largest(one.difference for one in self.stations)

    @property
    def time_within(self) -> float | None:
        """
        The difference of the mean time of all documents or of all statuses, the larger one, as a share; None
        where nothing can be compared.
        """
        if self.overloaded or self.question.circular:
            return None
        return largest(self._difference_of(kind) for kind in (Kind.DOCUMENT, Kind.STATUS))

    def _difference_of(self, kind: Kind) -> float | None:
        ways = [one for one in self.ways if one.stream.kind is kind]
        if sum(one.copies for one in ways) < LEAST_LETTERS:
            return None
        return sum(one.mean * one.copies for one in ways) / sum(one.expected * one.copies for one in ways) - 1


def study(question: Question, chance: Chance, step: Callable[[int], None] = lambda _count: None) -> Study:
    """Estimate a load, and simulate it. `step(1)` for each letter."""
    nation, times, machines = question.nation, question.times, question.machines
    return Study(
        question=question,
        peak=estimate(nation, times, machines, PEAK_PER_SECOND),
        mean=estimate(nation, times, machines, MEAN_PER_SECOND),
        seen=simulate(question, chance, step),
    )


def largest(differences: Iterable[float | None]) -> float | None:
    """The largest of them, whichever its sign; None of none."""
    return max((abs(one) for one in differences if one is not None), default=None)


def hops(seen: Seen) -> Sequence[tuple[Tier, Tier, float, float, int]]:
    """From tier to tier: p50 and p99 in seconds, from relay to arrival, and how many."""
    return [
        (*link, quantile(times, 0.5), quantile(times, 0.99), len(times))
        for link, times in sorted(seen.hops.items())
    ]

"""
The letters of a country on a working day: how many, how large, from where to where, at what hour.

What is a fact and what is assumed stands beside each figure; the assumptions are ours, and can be changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from statistics import NormalDist

from gateway.core.capacity.service import KIB, MIB, ServiceTimes, Stage

# --- facts ---------------------------------------------------------------------------------------

SENT_AND_RECEIVED = (
    3_560_000  # national axis, eight months of 2022 (Government Office): both units in one sum
)
WORKING_DAYS_OF_IT = 170
FIRST_MONTH_SENT, FIRST_MONTH_RECEIVED = 8_315, 19_296  # national axis, 2019: documents, and copies of them
INSIDE_ONE_PROVINCE = 700_000  # documents a year inside Bình Dương, one of the 63 provinces of then
PROVINCES_OF_THEN = 63
PROVINCES, COMMUNES = 34, 3_321  # since 1 July 2025
MEDIAN_BYTES, NINETIETH_BYTES, LARGEST_BYTES = 644_000, 10_900_000, 28_650_000  # one province's attachments
BASE64 = 4 / 3

# --- assumptions ---------------------------------------------------------------------------------

WORKING_DAYS = 250  # of a year
STATUSES = 3.0  # that come back for each copy: arrived, registered, finished; each one a letter of its own
STATUS_BYTES = 6 * KIB
CIRCULAR_BYTES = MIB
BUSIEST = 5.0  # times the load of a mean province: Hồ Chí Minh City has about five times its people
SLICES = 24  # sizes that stand for the distribution
HOURS: Mapping[int, float] = {
    7: 0.03,
    8: 0.13,
    9: 0.17,
    10: 0.15,
    11: 0.06,
    12: 0.02,
    13: 0.07,
    14: 0.13,
    15: 0.12,
    16: 0.08,
    17: 0.03,
    18: 0.01,
}
"""The share of a working day's letters in each hour: peaks at 8-11 and 14-17; how high, is assumed."""

PEAK_HOUR = max(HOURS, key=lambda hour: HOURS[hour])
HOUR_SECONDS = 3600.0


class Tier(IntEnum):
    """How deep in the tree a node stands."""

    CENTRAL = 0
    PROVINCE = 1
    COMMUNE = 2


@dataclass(frozen=True, slots=True)
class Flow:
    """From where to where: tiers, and whether it stays inside one province; its share of the documents."""

    origin: Tier
    destination: Tier
    is_inside: bool
    share: float

    def reversed(self) -> Flow:
        """The way of what comes back."""
        return Flow(self.destination, self.origin, self.is_inside, self.share)


_C, _P, _X = Tier.CENTRAL, Tier.PROVINCE, Tier.COMMUNE
NATIONAL: Sequence[Flow] = (
    *(Flow(_C, _P, False, 0.30), Flow(_C, _X, False, 0.10)),
    *(Flow(_P, _C, False, 0.30), Flow(_X, _C, False, 0.10)),
    *(Flow(_P, _P, False, 0.10), Flow(_X, _X, False, 0.10)),
)
INSIDE: Sequence[Flow] = (
    *(Flow(_P, _X, True, 0.40), Flow(_X, _P, True, 0.40)),
    *(Flow(_X, _X, True, 0.10), Flow(_P, _P, True, 0.10)),
)
"""How documents divide; assumed. Provinces among themselves go over the centre."""


class Kind(StrEnum):
    """What a letter is; it decides its size."""

    DOCUMENT = "document"
    STATUS = "status"
    CIRCULAR = "circular"


@dataclass(frozen=True, slots=True)
class Stream:
    """Letters of one kind on one way. `per_day`: of the whole country; `recipients`: mean of a letter."""

    flow: Flow
    kind: Kind
    per_day: float
    recipients: float


@dataclass(frozen=True, slots=True)
class Nation:
    """
    A country of two provinces with two communes each, or larger. `national` and `inside`: documents a working
    day over the national axis, and inside one province.

    Raises: ValueError if it is smaller, or a letter has less than one recipient.
    """

    provinces: int = PROVINCES
    communes: int = COMMUNES
    recipients: float = FIRST_MONTH_RECEIVED / FIRST_MONTH_SENT
    statuses: float = STATUSES
    national: float = SENT_AND_RECEIVED / (1 + FIRST_MONTH_RECEIVED / FIRST_MONTH_SENT) / WORKING_DAYS_OF_IT
    inside: float = INSIDE_ONE_PROVINCE * PROVINCES_OF_THEN / PROVINCES / WORKING_DAYS

    def __post_init__(self) -> None:
        if self.provinces < 2 or self.communes < 2 * self.provinces or self.recipients < 1:
            raise ValueError("a country needs two provinces with two communes each, a letter one recipient")

    def times(self, load: float) -> Nation:
        """The same country with so many times the documents."""
        return replace(self, national=self.national * load, inside=self.inside * load)

    @property
    def streams(self) -> Sequence[Stream]:
        """Every document and every status of a day."""
        flows = [
            *((flow, self.national * flow.share) for flow in NATIONAL),
            *((flow, self.inside * self.provinces * flow.share) for flow in INSIDE),
        ]
        back = self.recipients * self.statuses
        return [
            *(Stream(flow, Kind.DOCUMENT, count, self.recipients) for flow, count in flows),
            *(Stream(flow.reversed(), Kind.STATUS, count * back, 1.0) for flow, count in flows),
        ]

    def count(self, tier: Tier) -> int:
        """How many nodes stand there."""
        return {Tier.CENTRAL: 1, Tier.PROVINCE: self.provinces, Tier.COMMUNE: self.communes}[tier]


def sizes(kind: Kind) -> Sequence[float]:
    """Bytes of whole messages of a kind, one as likely as the other: a log-normal curve through the facts."""
    if kind is not Kind.DOCUMENT:
        return [CIRCULAR_BYTES if kind is Kind.CIRCULAR else STATUS_BYTES]
    deviation = math.log(NINETIETH_BYTES / MEDIAN_BYTES) / NormalDist().inv_cdf(0.9)
    curve = NormalDist(math.log(MEDIAN_BYTES), deviation)
    attached = [min(math.exp(curve.inv_cdf((n + 0.5) / SLICES)), LARGEST_BYTES) for n in range(SLICES)]
    return [max(size * BASE64, STATUS_BYTES) for size in attached]


def mean_bytes(kind: Kind) -> float:
    """Of a message."""
    return sum(sizes(kind)) / len(sizes(kind))


def costs(times: ServiceTimes, kind: Kind, stage: Stage) -> Sequence[float]:
    """CPU seconds of a stage for each of the sizes of a kind."""
    return [times.seconds(stage, size) for size in sizes(kind)]


def share_between(start: float, end: float) -> float:
    """The share of a day's letters between two times of day, in seconds from midnight."""
    return sum(
        share * max(min(end, (hour + 1) * HOUR_SECONDS) - max(start, hour * HOUR_SECONDS), 0.0) / HOUR_SECONDS
        for hour, share in HOURS.items()
    )


PEAK_PER_SECOND = HOURS[PEAK_HOUR] / HOUR_SECONDS
"""The share of a day's letters that a second of the peak hour brings."""
MEAN_PER_SECOND = 1 / (8 * HOUR_SECONDS)
"""The same, were they spread evenly over eight working hours."""

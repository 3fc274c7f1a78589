"""
What the letters of a country ask of each kind of node: utilisation, waiting, bytes, and what is full first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gateway.core.capacity.nation import WORKING_DAYS, Flow, Nation, Stream, Tier, costs, mean_bytes, sizes
from gateway.core.capacity.queueing import group_commit, mean_wait
from gateway.core.capacity.service import COMMITS, ServiceTimes, Stage

SPREAD = (
    0.3  # deviation of service times for letters of one size, as a share of the mean; log-normal; assumed
)
ROW_BYTES = 4096.0  # that a transaction writes beside the letter itself
COMMITS_AT_ONCE = 64  # operations that share one transaction, as in gateway.store.writer
LEAST_ROOM = 0.1  # of a disk, for bytes; where less is left beside the log, only another node helps
WANTED = 0.7  # utilisation in the peak hour above which a station is planned larger


class Part(StrEnum):
    """What of a node may be full."""

    CPU = "cpu"
    DISK = "disk"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Machines:
    """
    Cores of each node and of each broker by tier; bytes that a disk writes in a second (assumed), and disks
    that a node of a tier writes to side by side.
    """

    cores: Mapping[Tier, int] = field(
        default_factory=lambda: {Tier.CENTRAL: 4, Tier.PROVINCE: 2, Tier.COMMUNE: 1}
    )
    brokers: Mapping[Tier, int] = field(default_factory=lambda: {Tier.CENTRAL: 2, Tier.PROVINCE: 1})
    disk_bytes: float = 200e6
    disks: Mapping[Tier, int] = field(default_factory=dict)

    def writes(self, tier: Tier) -> float:
        """Bytes a second that a node of a tier can write."""
        return self.disk_bytes * self.disks.get(tier, 1)

    def servers(self, tier: Tier, part: Part) -> int:
        """How many letters it works on at once."""
        return {Part.CPU: self.cores, Part.BROKER: self.brokers}.get(part, {}).get(tier, 1)


@dataclass(frozen=True, slots=True)
class Station:
    """
    One part of a mean node of a tier. `rate`: jobs a second; `busy`: servers that work on average, or the
    share of time in which the disk writes; `full`: the share of its capacity that is asked for, above 1 if it
    is overloaded; `service`: mean seconds of a job alone; `others`, `mates`: mean seconds that it waits for
    other letters, and for jobs of its own; `fixed`: what of `full` no second disk takes away.
    """

    tier: Tier
    part: Part
    servers: int
    rate: float = 0.0
    busy: float = 0.0
    full: float = 0.0
    service: float = 0.0
    others: float = 0.0
    mates: float = 0.0
    fixed: float = 0.0

    @property
    def wait(self) -> float:
        """Mean seconds of a job before its service, inf if overloaded."""
        return self.others + self.mates

    @property
    def utilisation(self) -> float:
        """The share of its servers that work, at most 1."""
        return min(self.busy / self.servers, 1.0)

    @property
    def is_overloaded(self) -> bool:
        return self.full >= 1

    @property
    def breaks_at(self) -> float:
        """How many times this load it can carry."""
        return math.inf if self.full <= 0 else 1 / self.full


@dataclass(frozen=True, slots=True)
class Way:
    """A stream, and mean seconds from its first byte at intake to the door of one recipient."""

    stream: Stream
    seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    Everything about one load. `stored`: bytes that a mean node of a tier keeps of one day; `line`: bytes a
    second over all lines of a mean node, both directions together.
    """

    stations: tuple[Station, ...]
    ways: tuple[Way, ...]
    stored: Mapping[Tier, float]
    line: Mapping[Tier, float]

    def station(self, tier: Tier, part: Part) -> Station:
        """One of them."""
        return next(one for one in self.stations if (one.tier, one.part) == (tier, part))

    @property
    def first_full(self) -> Station:
        """The station that has the least left."""
        return max(self.stations, key=lambda one: one.full)


def estimate(nation: Nation, times: ServiceTimes, machines: Machines, per_second: float) -> Estimate:
    """
    The load of a moment in which `per_second` of a day's letters come in a second.
    """
    jobs, writes = _asked(nation, times, machines, per_second)
    stations = [jobs[tier, Part.CPU].station(tier, Part.CPU) for tier in Tier]
    stations += [_disk(tier, writes[tier], times) for tier in Tier]
    stations += [jobs[tier, Part.BROKER].station(tier, Part.BROKER) for tier in (Tier.CENTRAL, Tier.PROVINCE)]
    of = {(one.tier, one.part): one for one in stations}
    return Estimate(
        stations=tuple(stations),
        ways=tuple(_way(stream, nation, times, machines, of) for stream in nation.streams),
        stored=_bytes(nation, (Stage.INTAKE, Stage.ARRIVAL)),
        line={tier: daily * per_second for tier, daily in _line_bytes(nation).items()},
    )


# --- who is visited ------------------------------------------------------------------------------


def distinct(among: float, recipients: float) -> float:
    """
    How many of `among` places a letter has on average, its recipients drawn evenly and geometric in number
    (at least one, `recipients` on average).
    """
    miss, one = 1 - 1 / among, 1 / recipients
    return among * (1 - one * miss / (1 - (1 - one) * miss))


def top(flow: Flow) -> Tier:
    """The highest tier that a letter reaches."""
    return Tier.PROVINCE if flow.is_inside else Tier.CENTRAL


@dataclass(frozen=True, slots=True)
class Visit:
    """A stage at the nodes of a tier: `batches` times for one letter, `jobs` at the same moment each time."""

    tier: Tier
    stage: Stage
    batches: float
    jobs: float = 1.0

    @property
    def often(self) -> float:
        """How often a letter is there, all nodes of the tier together."""
        return self.batches * self.jobs


def visits(stream: Stream, nation: Nation) -> Iterator[Visit]:
    """Where one letter of a stream is worked on. One copy crosses each link, however many it is for."""
    flow, copies = stream.flow, 1.0
    yield Visit(flow.origin, Stage.INTAKE, 1)
    for tier in range(flow.origin, top(flow), -1):
        yield from _hop(Tier(tier), Tier(tier - 1), 1, 1)
    for tier in range(top(flow), flow.destination):
        below = distinct(_places(flow, Tier(tier + 1), nation), stream.recipients)
        yield from _hop(Tier(tier), Tier(tier + 1), copies, below / copies)
        copies = below
    yield Visit(flow.destination, Stage.HANDOVER, copies, stream.recipients / copies)


def _hop(sender: Tier, receiver: Tier, nodes: float, copies: float) -> Iterator[Visit]:
    """So many nodes pass on so many copies each; a link's queues lie at its parent."""
    yield Visit(sender, Stage.RELAY, nodes, copies)
    yield Visit(min(sender, receiver), Stage.BROKER, nodes * copies)
    yield Visit(receiver, Stage.ARRIVAL, nodes * copies)


def _places(flow: Flow, tier: Tier, nation: Nation) -> float:
    """Among how many nodes of a tier the recipients lie."""
    communes = nation.communes / nation.provinces
    if flow.is_inside:
        return communes - (flow.origin is Tier.COMMUNE)
    provinces = nation.provinces - (flow.origin is not Tier.CENTRAL)
    return provinces if tier is Tier.PROVINCE else provinces * communes


def written_bytes(stage: Stage, size: float) -> float:
    """Bytes that the transaction of a door writes: where a letter comes in, the letter itself."""
    return ROW_BYTES + (size if stage in (Stage.INTAKE, Stage.ARRIVAL) else 0.0)


# --- what they ask -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """
    Jobs of one kind of `servers`: how many a second, and the sums of their seconds, of the squares of what
    comes at the same moment, and of the seconds that jobs of the same letter wait for each other.
    """

    servers: int
    rate: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    together: float = 0.0

    def add(self, rate: float, jobs: float, service: Sequence[float]) -> None:
        """`rate` batches a second, geometric in number with `jobs` on average."""
        mean = sum(service) / len(service)
        square = sum(s * s for s in service) / len(service)
        self.rate += rate * jobs
        self.seconds += rate * jobs * mean
        # a batch of X jobs of one size: E[X] of their own spread, E[X²] = 2E[X]² - E[X] of the size
        self.squares += rate * square * (2 * jobs**2 - jobs + jobs * SPREAD**2)
        self.together += rate * jobs * mean * behind(jobs, self.servers)

    def station(self, tier: Tier, part: Part) -> Station:
        if not self.rate:
            return Station(tier, part, self.servers)
        mean, square = self.seconds / self.rate, self.squares / self.rate
        wait = mean_wait(self.rate, mean, square, self.servers)
        full, mates = self.seconds / self.servers, self.together / self.rate
        return Station(tier, part, self.servers, self.rate, self.seconds, full, mean, wait, mates)


def behind(jobs: float, servers: int) -> float:
    """
    Behind how many others of its own letter, in mean service times, a job waits: of a batch, geometric in
    number, that comes to idle servers, the i-th waits for floor(i / servers).
    """
    goes_on = (1 - 1 / jobs) ** servers if jobs > 1 else 0.0
    return goes_on / (1 - goes_on)


_Jobs = Mapping[tuple[Tier, Part], _Work]


@dataclass(slots=True)
class _Writes:
    """Transactions a second, the sum of the seconds that their bytes take, and of the squares of those."""

    rate: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0

    def add(self, rate: float, seconds: Sequence[float]) -> None:
        self.rate += rate
        self.seconds += rate * sum(seconds) / len(seconds)
        self.squares += rate * sum(s * s for s in seconds) / len(seconds)


def _asked(
    nation: Nation, times: ServiceTimes, machines: Machines, per_second: float
) -> tuple[_Jobs, Mapping[Tier, _Writes]]:
    """What a mean node of each tier has to do in a second."""
    jobs = {(tier, part): _Work(machines.servers(tier, part)) for tier in Tier for part in Part}
    writes = {tier: _Writes() for tier in Tier}
    for stream in nation.streams:
        for visit in visits(stream, nation):
            tier, stage = visit.tier, visit.stage
            batches = stream.per_day * per_second * visit.batches / nation.count(tier)
            part = Part.BROKER if stage is Stage.BROKER else Part.CPU
            jobs[tier, part].add(batches, visit.jobs, costs(times, stream.kind, stage))
            if count := COMMITS.get(stage, 0):
                rate, speed = batches * visit.jobs, machines.writes(tier)
                writes[tier].add(rate, [written_bytes(stage, size) / speed for size in sizes(stream.kind)])
                writes[tier].add(rate * (count - 1), [ROW_BYTES / speed])
    return jobs, writes


def _disk(tier: Tier, writes: _Writes, times: ServiceTimes) -> Station:
    if not writes.rate:
        return Station(tier, Part.DISK, 1)
    each, square = writes.seconds / writes.rate, writes.squares / writes.rate
    found = group_commit(writes.rate, times.fsync_seconds, each, square, COMMITS_AT_ONCE)
    alone = times.fsync_seconds + each
    fixed = (
        writes.rate * times.fsync_seconds / COMMITS_AT_ONCE
    )  # one database, one log: it is written in turn
    return Station(
        *(tier, Part.DISK, 1, writes.rate, found.busy, found.full, alone),
        others=found.sojourn - alone,
        fixed=fixed,
    )


def _way(
    stream: Stream,
    nation: Nation,
    times: ServiceTimes,
    machines: Machines,
    of: Mapping[tuple[Tier, Part], Station],
) -> Way:
    """The stages of one copy come in the order in which the letter visits them."""
    seconds = 0.0
    for visit in visits(stream, nation):
        part = Part.BROKER if visit.stage is Stage.BROKER else Part.CPU
        station, service = of[visit.tier, part], costs(times, stream.kind, visit.stage)
        mean = sum(service) / len(service)
        seconds += station.others + mean * (1 + behind(visit.jobs, station.servers))
        if part is Part.CPU:
            own = written_bytes(visit.stage, mean_bytes(stream.kind)) / machines.writes(visit.tier)
            seconds += of[visit.tier, Part.DISK].wait + times.fsync_seconds + own
    return Way(stream, seconds)


def _bytes(nation: Nation, stages: Sequence[Stage]) -> Mapping[Tier, float]:
    """Bytes of letters in a day that pass some stages of a mean node."""
    found = dict.fromkeys(Tier, 0.0)
    for stream in nation.streams:
        for visit in visits(stream, nation):
            if visit.stage in stages:
                daily = stream.per_day * visit.often * mean_bytes(stream.kind)
                found[visit.tier] += daily / nation.count(visit.tier)
    return found


def _line_bytes(nation: Nation) -> Mapping[Tier, float]:
    return _bytes(nation, (Stage.RELAY, Stage.ARRIVAL))


# --- what is to be bought ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Need:
    """
    What one node of a tier needs for the peak hour at `WANTED` utilisation: cores of the node and of its
    broker, disks that write side by side, bytes of letters in a year when nothing is removed, and bytes a
    second on its lines.
    """

    tier: Tier
    cores: int
    broker_cores: int
    disks: int
    bytes_of_year: float
    line: float


def need(found: Estimate, tier: Tier, times: float = 1.0) -> Need:
    """The need of a mean node of a tier, or of one with so many `times` its load."""

    def servers(part: Part) -> int:
        asked = [one for one in found.stations if (one.tier, one.part) == (tier, part)]
        if not asked or not asked[0].full:
            return 0
        room = max(WANTED - asked[0].fixed * times, LEAST_ROOM)
        return math.ceil((asked[0].full - asked[0].fixed) * asked[0].servers * times / room)

    return Need(
        tier,
        cores=servers(Part.CPU),
        broker_cores=servers(Part.BROKER),
        disks=servers(Part.DISK),
        bytes_of_year=found.stored[tier] * WORKING_DAYS * times,
        line=found.line[tier] * times,
    )


def planned(found: Estimate, machines: Machines) -> Machines:
    """Machines as large as a load needs, disks side by side."""
    needs = {tier: need(found, tier) for tier in Tier}
    return replace(
        machines,
        cores={tier: max(one.cores, 1) for tier, one in needs.items()},
        brokers={tier: one.broker_cores for tier, one in needs.items() if tier is not Tier.COMMUNE},
        disks={tier: max(one.disks, 1) for tier, one in needs.items()},
    )

"""
The letters of a country, one by one: every door, every disk and every broker of the tree, as a discrete-event
simulation. It knows only the service times that were measured, and chance that is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil, exp, log

from gateway.core.capacity.estimate import (
    COMMITS_AT_ONCE,
    ROW_BYTES,
    SPREAD,
    Machines,
    Part,
    written_bytes,
)
from gateway.core.capacity.nation import (
    HOUR_SECONDS,
    HOURS,
    PEAK_HOUR,
    Flow,
    Kind,
    Nation,
    Stream,
    Tier,
    costs,
    share_between,
    sizes,
)
from gateway.core.capacity.service import ServiceTimes, Stage
from gateway.core.capacity.stations import Agenda, Chance, Disk, Servers, Tally
from gateway.core.capacity.tree import Node, Tree, share_of_communes

WARM_UP = 0.1  # of the letters of a span that does not reach beyond the peak hour: queues fill first
DAY = 24 * HOUR_SECONDS
HALVINGS = 40  # of a day, until the span is known to the second
ANSWER_SECONDS = 60.0  # within which every agency's system fetches and acknowledges: it polls; assumed
BACK = Flow(Tier.COMMUNE, Tier.CENTRAL, is_inside=False, share=0.0)


@dataclass(frozen=True, slots=True)
class Span:
    """Letters come from `start` to `end`, are looked at from `watched` to `until`: seconds from midnight."""

    start: float
    end: float
    watched: float
    until: float


@dataclass(frozen=True, slots=True)
class Question:
    """
    What is simulated. `letters`: about so many at most; `whole`: provinces whose inner letters are simulated
    too; `circular`: a letter from the centre to all provinces and communes, in the middle of what is watched.
    """

    nation: Nation
    times: ServiceTimes
    machines: Machines
    letters: int
    whole: int = 1
    circular: bool = False

    def rate(self, stream: Stream) -> float:
        """Letters of a stream in a day, as far as they are simulated."""
        return stream.per_day * (self.whole / self.nation.provinces if stream.flow.is_inside else 1.0)

    @property
    def _daily(self) -> float:
        return sum(map(self.rate, self.nation.streams))

    @property
    def expected(self) -> int:
        """How many letters there will be, about."""
        return round(self._daily * share_between(self.span.start, self.span.end))

    @property
    def span(self) -> Span:
        """As long around the middle of the peak hour as `letters` last; a whole day at most."""
        daily, first = self._daily, PEAK_HOUR * HOUR_SECONDS
        middle, half, step = first + HOUR_SECONDS / 2, 0.0, DAY
        for _ in range(HALVINGS):
            step /= 2
            start, end = max(middle - half - step, 0.0), min(middle + half + step, DAY)
            if daily * share_between(start, end) <= self.letters:
                half += step
        start, end = max(middle - half, 0.0), min(middle + half, DAY)
        watched = first if start < first else start + (end - start) * WARM_UP
        return Span(start, end, watched, min(end, first + HOUR_SECONDS))


@dataclass(slots=True)
class Letter:
    """One letter under way; `size` is its place among the sizes of its kind."""

    stream: Stream
    born: float
    size: int


@dataclass(slots=True)
class Job:
    """
    A copy of a letter at one stage of a node. `neighbour`: the other end of its hop, which began at `begun`.
    """

    letter: Letter
    stage: Stage
    node: Node
    targets: list[Node]
    neighbour: Node | None = None
    begun: float = 0.0


@dataclass(slots=True)
class Seen:
    """What happened. Times in seconds; those of ways from the first byte to a recipient's door."""

    span: Span
    tallies: Mapping[tuple[Tier, Part], Tally]
    letters: int = 0
    copies: int = 0
    delivered: int = 0
    hops: dict[tuple[Tier, Tier], list[float]] = field(default_factory=lambda: defaultdict(list))
    ways: dict[tuple[Flow, Kind], list[float]] = field(default_factory=lambda: defaultdict(list))
    circular: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)


def simulate(question: Question, chance: Chance, step: Callable[[int], None] = lambda _count: None) -> Seen:
    """
    Play the letters of a span until the last is delivered; `step(1)` for each that is accepted. The same
    chance gives the same answer.
    """
    run = _Run(question, chance, step)
    run.plan()
    run.agenda.run()
    return run.seen


class _Run:
    """One simulation."""

    def __init__(self, question: Question, chance: Chance, step: Callable[[int], None]) -> None:
        self.question, self.chance, self.step = question, chance, step
        self.agenda, span = Agenda(), question.span
        self.seen = Seen(
            span, {(tier, part): Tally(span.watched, span.until) for tier in Tier for part in Part}
        )
        self.tree = self._tree()
        self.sizes = {kind: sizes(kind) for kind in Kind}
        self.decks = defaultdict[Stream, list[int]](list)
        self.costs = {(kind, stage): costs(question.times, kind, stage) for kind in Kind for stage in Stage}
        spread = log(1 + SPREAD**2)
        self.shape = (-spread / 2, spread**0.5)  # of the logarithm: mean 1, deviation SPREAD

    # --- the ground ------------------------------------------------------------------------------

    def _tree(self) -> Tree:
        whole = self.question.whole
        central = self._node(Tier.CENTRAL, None, is_whole=True)
        for number, count in enumerate(share_of_communes(self.question.nation)):
            province = self._node(Tier.PROVINCE, central, is_whole=number < whole)
            for _ in range(count):
                self._node(Tier.COMMUNE, province, is_whole=number < whole)
        communes = [commune for province in central.children for commune in province.children]
        return Tree(central, central.children, communes, central.children[:whole])

    def _node(self, tier: Tier, parent: Node | None, *, is_whole: bool) -> Node:
        """A node below `parent`. Only whole ones are looked at: the others would blur what a tier shows."""

        def tally(part: Part) -> Tally:
            return self.seen.tallies[tier, part] if is_whole else Tally(0.0, 0.0)

        def servers(part: Part, then: Callable[[Job], None]) -> Servers:
            return Servers(self.agenda, machines.servers(tier, part), tally(part), then)

        machines = self.question.machines
        fsync = self.question.times.fsync_seconds
        disk = Disk(self.agenda, fsync, COMMITS_AT_ONCE, tally(Part.DISK), self._durable)
        broker = None if tier is Tier.COMMUNE else servers(Part.BROKER, self._carried)
        node = Node(tier, parent, servers(Part.CPU, self._worked), disk, broker, is_whole)
        if parent is not None:
            parent.children.append(node)
        return node

    # --- letters come ----------------------------------------------------------------------------

    def plan(self) -> None:
        """The first letter of each stream, and the circular."""
        for stream in self.question.nation.streams:
            self._next(_moments(self.question.rate(stream), self.seen.span, self.chance), stream)
        if self.question.circular:
            span = self.seen.span
            everybody = [*self.tree.provinces, *self.tree.communes]
            stream = Stream(Flow(Tier.CENTRAL, Tier.COMMUNE, False, 0.0), Kind.CIRCULAR, 1.0, len(everybody))
            act = partial(self._accept, self.tree.central, stream)
            self.agenda.at((span.watched + span.until) / 2, act, everybody)

    def _next(self, moments: Iterator[float], stream: Stream) -> None:
        when = next(moments, None)
        if when is not None:
            self.agenda.at(when, partial(self._comes, moments), stream)

    def _comes(self, moments: Iterator[float], stream: Stream) -> None:
        origin = self.tree.origin(stream.flow, self.chance)
        targets = self.tree.targets(origin, stream.flow, stream.recipients, self.chance)
        self._accept(origin, stream, targets)
        self._next(moments, stream)

    def _accept(self, origin: Node, stream: Stream, targets: list[Node]) -> None:
        size = self._size(stream)
        self.seen.letters += 1
        self.seen.copies += len(targets)
        self.step(1)
        self._work(Job(Letter(stream, self.agenda.now, size), Stage.INTAKE, origin, targets))

    def _size(self, stream: Stream) -> int:
        """
        Each size comes once before any comes again, so that a short run has its share of the largest.
        """
        deck = self.decks[stream]
        if not deck:
            deck += range(len(self.sizes[stream.kind]))
        return deck.pop(int(self.chance.random() * len(deck)))

    # --- letters go on ---------------------------------------------------------------------------

    def _seconds(self, job: Job) -> float:
        mean = self.costs[job.letter.stream.kind, job.stage][job.letter.size]
        return mean * exp(self.chance.gauss(*self.shape))

    def _work(self, job: Job) -> None:
        job.node.cpu.offer(job, self._seconds(job))

    def _worked(self, job: Job) -> None:
        """Done by the processor; now it must be durable."""
        size = self.sizes[job.letter.stream.kind][job.letter.size]
        speed = self.question.machines.writes(job.node.tier)
        job.node.disk.offer(job, written_bytes(job.stage, size) / speed)

    def _note(self, node: Node) -> None:
        """A transaction for which no letter waits."""
        node.disk.offer(None, ROW_BYTES / self.question.machines.writes(node.tier))

    def _durable(self, job: Job) -> None:
        if job.stage is Stage.RELAY:
            self._publish(job)
        elif job.stage is Stage.HANDOVER:
            self._deliver(job)
        else:
            self._divide(job)

    def _divide(self, job: Job) -> None:
        """A letter that this node has: one copy for each neighbour, and to the doors of its own agencies."""
        letter, node = job.letter, job.node
        if job.stage is Stage.ARRIVAL and job.neighbour is not None:
            self._note(job.neighbour)  # TAKEN
            if self._is_watched(letter):
                self.seen.hops[job.neighbour.tier, node.tier].append(self.agenda.now - job.begun)
        here, onward = node.divided(job.targets)
        for neighbour, targets in onward.items():
            self._work(Job(letter, Stage.RELAY, node, targets, neighbour, self.agenda.now))
        for _ in range(here):
            self._work(Job(letter, Stage.HANDOVER, node, [node]))

    def _publish(self, job: Job) -> None:
        assert job.neighbour is not None
        broker = job.node.broker if job.neighbour.parent is job.node else job.neighbour.broker
        assert broker is not None
        job.stage = Stage.BROKER
        broker.offer(job, self._seconds(job))

    def _carried(self, job: Job) -> None:
        assert job.neighbour is not None
        self._note(job.node)  # SENT
        self._work(Job(job.letter, Stage.ARRIVAL, job.neighbour, job.targets, job.node, job.begun))

    def _deliver(self, job: Job) -> None:
        letter, now, seen = job.letter, self.agenda.now, self.seen
        seen.delivered += 1
        fetched = now + self.chance.random() * ANSWER_SECONDS
        self.agenda.at(fetched, self._note, job.node)  # the acknowledgement
        if letter.stream.kind is Kind.CIRCULAR:
            seen.circular.append(now - letter.born)
            answer = Stream(BACK, Kind.STATUS, 1.0, 1.0)
            self.agenda.at(fetched, partial(self._accept, job.node, answer), [self.tree.central])
        elif letter.stream.flow is BACK:
            seen.answers.append(now - letter.born)
        elif self._is_watched(letter):
            seen.ways[letter.stream.flow, letter.stream.kind].append(now - letter.born)

    def _is_watched(self, letter: Letter) -> bool:
        return self.seen.span.watched <= letter.born < self.seen.span.until


def _moments(per_day: float, span: Span, chance: Chance) -> Iterator[float]:
    """When letters come: Poisson, with the rate of each hour."""
    for hour, share in sorted(HOURS.items()):
        moment, end = max(span.start, hour * HOUR_SECONDS), min(span.end, (hour + 1) * HOUR_SECONDS)
        rate = per_day * share / HOUR_SECONDS
        while rate > 0 and moment < end:
            moment += chance.expovariate(rate)
            if moment < end:
                yield moment


def quantile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of them do not exceed (nearest rank); 0 of none."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * part) - 1, 0)] if ordered else 0.0

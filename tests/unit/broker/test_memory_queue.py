from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.broker.memory_queue import Kept, MemoryQueue, Way
from gateway.core.model import Lane, NodeId
from tests.unit.broker.unhurried import STEPWISE

WAY = Way(NodeId("H14"), NodeId("G22"), Lane.NORMAL)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
PLENTY = (1000, 1 << 20)


def queue(limit: int = 100) -> tuple[MemoryQueue, list[Kept]]:
    parked: list[Kept] = []
    return MemoryQueue(limit, parked.append), parked


def test_a_frame_that_was_put_back_stands_where_it_stood() -> None:
    q, _ = queue()
    for frame in (b"1", b"2", b"3"):
        q.put(WAY, frame)
    taken = q.take(2, 100, None)
    q.put_back([taken[0].number])
    assert [d.kept.data for d in q.take(*PLENTY, None)] == [b"1", b"3"]
    q.put_all_back()
    assert [d.kept.data for d in q.take(*PLENTY, None)] == [b"1", b"2", b"3"]


def test_a_delivery_ends_once() -> None:
    q, _ = queue()
    q.put(WAY, b"1")
    (taken,) = q.take(*PLENTY, None)
    assert q.ack(taken.number)
    assert not q.ack(taken.number)
    q.put_back([taken.number])
    assert len(q) == q.size == 0


def test_too_many_deliveries_park_a_frame() -> None:
    q, parked = queue(limit=1)
    q.put(WAY, b"poison")
    for _ in range(2):
        (taken,) = q.take(*PLENTY, None)
        q.put_back([taken.number])
    assert [kept.data for kept in parked] == [b"poison"]
    assert len(q) == q.size == 0


def test_nothing_is_taken_before_its_time() -> None:
    q, _ = queue()
    q.put(WAY, b"1", NOW + timedelta(seconds=1))
    assert q.take(*PLENTY, NOW) == []
    assert q.next_ready_at() == NOW + timedelta(seconds=1)
    assert len(q.take(*PLENTY, NOW + timedelta(seconds=1))) == 1
    assert q.next_ready_at() is None


def test_everything_that_may_end_a_wait_is_announced() -> None:
    q, _ = queue()
    calls = (
        lambda: q.put(WAY, b"1"),
        lambda: q.put_back([d.number for d in q.take(*PLENTY, None)]),
        lambda: q.ack(q.take(*PLENTY, None)[0].number),
        q.put_all_back,
    )
    for call in calls:
        q.changed.clear()
        call()
        assert q.changed.is_set()


class QueueLosesNothing(RuleBasedStateMachine):
    """Whatever is done, every frame is waiting, in somebody's hands, or was acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.parked = queue(limit=3)
        self.put_in, self.acked = list[bytes](), set[bytes]()
        self.hands: dict[int, bytes] = {}

    @rule()
    def put(self) -> None:
        self.put_in.append(b"%d" % len(self.put_in))
        self.queue.put(WAY, self.put_in[-1])

    @rule(seed=st.integers())
    def swap(self, seed: int) -> None:
        if len(self.queue) > self.queue.unacked:
            self.queue.swap_last(Random(seed))

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        for taken in self.queue.take(limit, 1 << 20, None):
            assert taken.kept.data not in self.hands.values()
            self.hands[taken.number] = taken.kept.data

    @rule(pick=st.randoms(use_true_random=False))
    def ack(self, pick: Random) -> None:
        if self.hands:
            number = pick.choice(list(self.hands))
            assert self.queue.ack(number)
            self.acked.add(self.hands.pop(number))

    @rule(pick=st.randoms(use_true_random=False))
    def put_back(self, pick: Random) -> None:
        if self.hands:
            number = pick.choice(list(self.hands))
            self.queue.put_back([number])
            self.hands.pop(number)

    @rule()
    def put_all_back(self) -> None:
        self.queue.put_all_back()
        self.hands.clear()

    @invariant()
    def every_frame_is_somewhere(self) -> None:
        here = set(self.put_in) - self.acked - {kept.data for kept in self.parked}
        assert len(self.queue) == len(here)
        assert self.queue.unacked == len(self.hands)
        assert self.queue.size == sum(map(len, here))

    def teardown(self) -> None:
        self.queue.put_all_back()
        rest = {d.kept.data for d in self.queue.take(*PLENTY, None)} | {kept.data for kept in self.parked}
        assert rest | self.acked == set(self.put_in)


TestQueueLosesNothing = QueueLosesNothing.TestCase
TestQueueLosesNothing.settings = STEPWISE

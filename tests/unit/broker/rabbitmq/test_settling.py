from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.rabbitmq.settling import Ack, Settling


def delivered(count: int) -> Settling:
    settling = Settling()
    for number in range(1, count + 1):
        settling.deliver(number)
    return settling


def test_batch_is_acknowledged_in_one_word() -> None:
    assert delivered(64).settle(range(1, 65)) == [Ack(64, up_to=True)]


def test_what_is_open_in_between_is_not_acknowledged_with_the_rest() -> None:
    settling = delivered(5)
    assert settling.settle([1, 2, 4]) == [Ack(2, up_to=True), Ack(4, up_to=False)]
    assert 3 in settling
    assert settling.settle([3]) == [Ack(3, up_to=True)]
    assert settling.settle([5]) == [Ack(5, up_to=True)]


def test_what_was_put_back_stands_in_nobodys_way_and_is_never_acknowledged() -> None:
    settling = delivered(3)
    settling.put_back(2)
    settling.put_back(2)
    assert settling.settle([1, 2, 3]) == [Ack(3, up_to=True)]


def test_deliveries_that_ended_or_never_were_are_left_out() -> None:
    settling = delivered(2)
    settling.settle([1])
    assert settling.settle([1, 7]) == []
    assert settling.settle([]) == []


@given(st.lists(st.sets(st.integers(1, 30))))
def test_acknowledgements_end_exactly_what_was_settled(batches: list[set[int]]) -> None:
    settling = delivered(30)
    at_the_broker = set(range(1, 31))
    for batch in batches:
        wanted = at_the_broker - batch
        for ack in settling.settle(batch):
            assert ack.number in at_the_broker
            at_the_broker -= {n for n in at_the_broker if n == ack.number or (ack.up_to and n < ack.number)}
        assert at_the_broker == wanted

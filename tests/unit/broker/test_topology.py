from __future__ import annotations

import re

import pytest

from gateway.broker.topology import (
    DELIVERY_LIMIT,
    PARKED,
    Direction,
    Link,
    child_permissions,
    owner_permissions,
    parking_arguments,
    plan,
    queue_arguments,
    read_queue,
    user,
    vhost,
)
from gateway.broker.window import WINDOW_SIZE
from gateway.core.errors import Misconfigured
from gateway.core.model import Lane, NodeId

G22, H14, H14_31, H143 = NodeId("G22"), NodeId("H14"), NodeId("H14.31"), NodeId("H14x31")
LINK = Link(parent=H14, child=H14_31)


def test_a_link_lives_at_the_parent_in_the_parents_virtual_host() -> None:
    assert LINK.owner == H14
    assert LINK.vhost == vhost(H14) == "truc.H14"


def test_queues_are_named_by_direction_child_and_lane() -> None:
    assert LINK.queue(Direction.UP, Lane.NORMAL) == "up.H14.31.normal"
    assert LINK.queue(Direction.DOWN, Lane.CONTROL) == "down.H14.31.control"
    assert LINK.exchange(Direction.UP) == "up.H14.31"
    assert user(H14_31) == "node.H14.31"


def test_each_end_sends_one_way_and_receives_the_other() -> None:
    assert LINK.outgoing(H14_31) is LINK.incoming(H14) is Direction.UP
    assert LINK.outgoing(H14) is LINK.incoming(H14_31) is Direction.DOWN
    assert LINK.other(H14) == H14_31
    assert LINK.other(H14_31) == H14


def test_a_link_knows_nothing_of_other_nodes() -> None:
    with pytest.raises(ValueError):
        LINK.outgoing(G22)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("lane", Lane)
def test_the_name_of_a_queue_reads_back(direction: Direction, lane: Lane) -> None:
    assert read_queue(LINK.queue(direction, lane)) == (direction, H14_31, lane)


@pytest.mark.parametrize(
    "name", ["", PARKED, "up", "up.H14", "up..normal", "sideways.H14.normal", "up.H14.fast"]
)
def test_the_name_of_another_queue_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        read_queue(name)


@pytest.mark.parametrize("name", ["", "Cao Bằng", "H14/31", "a" * 65, ".*"])
def test_a_node_whose_name_could_not_stand_in_a_queue_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured):
        Link(H14, NodeId(name))
    with pytest.raises(Misconfigured):
        user(NodeId(name))


def test_no_node_is_its_own_parent() -> None:
    with pytest.raises(Misconfigured):
        Link(H14, H14)


def test_a_queue_never_drops_a_frame() -> None:
    """Every one of these defaults loses mail silently on some version of RabbitMQ."""
    arguments = queue_arguments()
    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-overflow"] == "reject-publish"
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-dead-letter-routing-key"] == PARKED
    assert arguments["x-delivery-limit"] == parking_arguments()["x-delivery-limit"] == DELIVERY_LIMIT > 20
    assert "x-dead-letter-exchange" not in parking_arguments()
    assert arguments["x-max-length-bytes"] > 2 * WINDOW_SIZE


def test_a_plan_holds_six_queues_for_each_child_and_one_parking_queue() -> None:
    h14 = plan(H14, [H14_31, H143])
    assert len(h14.queues) == 13
    assert h14.queues[PARKED] == parking_arguments()
    assert h14.queues["down.H14.31.urgent"] == queue_arguments()
    assert sorted(h14.exchanges) == ["down.H14.31", "down.H14x31", "up.H14.31", "up.H14x31"]
    assert {b.queue for b in h14.bindings} == set(h14.queues) - {PARKED}
    assert all(b.queue == f"{b.exchange}.{b.key}" for b in h14.bindings)
    assert set(h14.permissions) == {"node.H14", "node.H14.31", "node.H14x31"}


def test_a_child_may_send_up_and_receive_down_on_its_own_link_only() -> None:
    allowed = child_permissions(LINK)
    names = [
        *plan(H14, [H14_31, H143]).queues,
        *plan(H14, [H14_31, H143]).exchanges,
        "amq.default",
        "amq.direct",
    ]
    assert [n for n in names if re.search(allowed.configure, n)] == []
    assert [n for n in names if re.search(allowed.write, n)] == ["up.H14.31"]
    assert sorted(n for n in names if re.search(allowed.read, n)) == [
        "down.H14.31.control",
        "down.H14.31.normal",
        "down.H14.31.urgent",
    ]


def test_the_owner_may_do_what_its_plan_needs_and_touch_nothing_else() -> None:
    allowed = owner_permissions()
    h14 = plan(H14, [H14_31])
    for pattern in (allowed.configure, allowed.write, allowed.read):
        assert all(re.search(pattern, name) for name in [*h14.queues, *h14.exchanges, "amq.default"])
        assert not any(re.search(pattern, name) for name in ["amq.direct", "ledger", "parked.too", "up"])

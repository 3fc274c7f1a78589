"""
Names of everything that a RabbitMQ broker holds for the axis, as pure functions of the tree.

A link is owned by its parent: its queues live on the parent's broker, in the parent's virtual host, and the
child connects out to it, so nothing needs to be opened at a commune. Each link has two directions and each
direction three lanes; every one of those six ways is one quorum queue behind one exchange per direction. A
child may write to its own `up` exchange and read its own `down` queues, and nothing else.

The normative text is docs/protocol.md, chapter 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gateway.broker.canonical import NODE
from gateway.core.catalogue import DIRECTORY_BROKEN
from gateway.core.errors import Misconfigured, find
from gateway.core.model import Lane, NodeId

PARKED: Final = "parked"
"""The one parking queue of a virtual host; its frames tell by `x-first-death-queue` where they were."""

QUEUE_BYTES: Final = 256 * 1024 * 1024  # 32 windows: reached only when something is wrong with the windows
# RabbitMQ 4 parks after 20 deliveries by default, and 3.10 reads -1 as «park at the first». Poison is counted
# per frame in our own store, where a restart of the broker does not forget it.
DELIVERY_LIMIT: Final = 1_000_000


class Direction(StrEnum):
    """Which way over a link."""

    UP = "up"  #: from the child to its parent
    DOWN = "down"  #: from the parent to the child


@dataclass(frozen=True, slots=True)
class Link:
    """The connection between a node and its parent.

    Raises: Misconfigured (DIRECTORY_BROKEN) if a name could not stand in the name of a queue.
    """

    parent: NodeId
    child: NodeId

    def __post_init__(self) -> None:
        for node in (self.parent, self.child):
            _named(node)
        if self.parent == self.child:
            raise Misconfigured(find(DIRECTORY_BROKEN, detail=f"{self.child} is its own parent"))

    @property
    def owner(self) -> NodeId:
        """Whose broker holds the queues, and who drains what they park."""
        return self.parent

    @property
    def vhost(self) -> str:
        return vhost(self.parent)

    def other(self, node: NodeId) -> NodeId:
        """The neighbour of `node` on this link. Raises: ValueError if the link does not touch `node`."""
        if node not in (self.parent, self.child):
            raise ValueError(f"the link {self.parent}-{self.child} does not touch {node}")
        return self.parent if node == self.child else self.child

    def outgoing(self, node: NodeId) -> Direction:
        """The direction in which `node` sends."""
        return Direction.DOWN if self.other(node) == self.child else Direction.UP

    def incoming(self, node: NodeId) -> Direction:
        """The direction from which `node` receives."""
        return self.outgoing(self.other(node))

    def exchange(self, direction: Direction) -> str:
        """Where one end publishes; the routing key is the lane."""
        return f"{direction}.{self.child}"

    def queue(self, direction: Direction, lane: Lane) -> str:
        """Where the other end receives, e.g. `up.H14.31.normal`."""
        return f"{direction}.{self.child}.{lane}"


def vhost(parent: NodeId) -> str:
    """The virtual host of a parent's links."""
    return f"truc.{_named(parent)}"


def user(node: NodeId) -> str:
    """The broker user of a node; it is also the `user_id` of its frames, which the broker vouches for."""
    return f"node.{_named(node)}"


def read_queue(name: str) -> tuple[Direction, NodeId, Lane]:
    """Direction, child and lane of a queue's name. Raises: ValueError."""
    direction, _, rest = name.partition(".")
    child, _, lane = rest.rpartition(".")
    if NODE.fullmatch(child) is None:
        raise ValueError(f"not a queue of the axis: {name[:80]!r}")
    return Direction(direction), NodeId(child), Lane(lane)


def queue_arguments(
    queue_bytes: int = QUEUE_BYTES, delivery_limit: int = DELIVERY_LIMIT
) -> Mapping[str, Any]:
    """Arguments of every queue of a link, understood alike by RabbitMQ 3.10 to 4.x.

    At-least-once dead-lettering needs reject-publish, and without it a parked frame may get lost.
    """
    return {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-max-length-bytes": queue_bytes,
        "x-overflow": "reject-publish",
        "x-delivery-limit": delivery_limit,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": PARKED,
        "x-dead-letter-strategy": "at-least-once",
    }


def parking_arguments(queue_bytes: int = QUEUE_BYTES) -> Mapping[str, Any]:
    """Arguments of the parking queue: nothing lies behind it, so it may never give a frame up."""
    return {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-max-length-bytes": queue_bytes,
        "x-overflow": "reject-publish",
        "x-delivery-limit": DELIVERY_LIMIT,
    }


# --- what provisioning creates and checking compares ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Binding:
    """Frames that enter `exchange` with routing key `key` go to `queue`."""

    exchange: str
    key: str
    queue: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions over names of resources, as RabbitMQ takes them; `^$` is nothing at all."""

    configure: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything in the virtual host of one parent. Exchanges are direct and durable, queues durable."""

    vhost: str
    exchanges: tuple[str, ...]
    queues: Mapping[str, Mapping[str, Any]]
    bindings: tuple[Binding, ...]
    permissions: Mapping[str, Permissions]


def plan(parent: NodeId, children: Iterable[NodeId]) -> Plan:
    """What the broker of `parent` holds for its links; users are the keys of `permissions`."""
    links = [Link(parent, child) for child in children]
    ways = [(link, direction) for link in links for direction in Direction]
    bindings = tuple(
        Binding(link.exchange(direction), lane.value, link.queue(direction, lane))
        for link, direction in ways
        for lane in Lane
    )
    return Plan(
        vhost=vhost(parent),
        exchanges=tuple(link.exchange(direction) for link, direction in ways),
        queues={PARKED: parking_arguments(), **{b.queue: queue_arguments() for b in bindings}},
        bindings=bindings,
        permissions={
            user(parent): owner_permissions(),
            **{user(link.child): child_permissions(link) for link in links},
        },
    )


def child_permissions(link: Link) -> Permissions:
    """What the child may do at its parent's broker: send up and receive down, on its own link only."""
    own = re.escape(link.child)
    lanes = "|".join(Lane)
    return Permissions(configure="^$", write=rf"^up\.{own}$", read=rf"^down\.{own}\.({lanes})$")


def owner_permissions() -> Permissions:
    """What the parent may do in its own virtual host: all that a new child needs, without an administrator.

    `amq.default` is what RabbitMQ checks for the dead-letter exchange "".
    """
    everything = rf"^((up|down)\..+|{PARKED}|amq\.default)$"
    return Permissions(everything, everything, everything)


def _named(node: NodeId) -> NodeId:
    if NODE.fullmatch(node) is None:
        detail = f"the name of the node {node[:80]!r} cannot stand in the name of a queue"
        raise Misconfigured(find(DIRECTORY_BROKEN, detail=detail))
    return node

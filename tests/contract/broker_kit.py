"""
What the contract suite of brokers needs of each: two neighbours, and small limits that can be reached.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from gateway.broker.memory import MemoryPost
from gateway.broker.topology import PARKED, Link, parking_arguments, plan, queue_arguments
from gateway.core.model import NodeId
from gateway.ports import Broker
from tests.kit.rabbitmq import Opened, rabbit_node, start

PARENT, CHILD = NodeId("H14"), NodeId("H14.31")
QUEUE_BYTES = 64 * 1024
DELIVERY_LIMIT = 3


@dataclass(frozen=True)
class BrokerKit:
    """One link between PARENT and CHILD; every queue of it is empty and has the limits above.

    `open` starts the broker of a node, again too; an earlier one of the same node is then dead.
    """

    open: Callable[[NodeId], Awaitable[Broker]]


@asynccontextmanager
async def memory_kit(_config: pytest.Config) -> AsyncIterator[BrokerKit]:
    """The memory broker."""
    post = MemoryPost(queue_bytes=QUEUE_BYTES, delivery_limit=DELIVERY_LIMIT)

    async def open_broker(node: NodeId) -> Broker:
        return post.broker(node)

    yield BrokerKit(open_broker)


@asynccontextmanager
async def rabbit_kit(config: pytest.Config) -> AsyncIterator[BrokerKit]:
    """RabbitMQ, with a virtual host for this test alone."""
    arguments = queue_arguments(QUEUE_BYTES, DELIVERY_LIMIT)
    wanted = plan(PARENT, [CHILD])
    queues = dict.fromkeys(wanted.queues, arguments) | {PARKED: parking_arguments(QUEUE_BYTES)}
    site = rabbit_node(config).site(replace(wanted, queues=queues))
    running: dict[NodeId, Opened] = {}

    async def open_broker(node: NodeId) -> Broker:
        if node in running:
            await running[node].broker.close()
        running[node] = start(site, node, link=Link(PARENT, CHILD))
        await running[node].until_up()
        return running[node].broker

    try:
        yield BrokerKit(open_broker)
    finally:
        for opened in running.values():
            await opened.broker.close()

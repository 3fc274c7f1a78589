"""
What the contract suite of brokers needs of each: two neighbours, and small limits that can be reached.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.broker.memory import MemoryPost
from gateway.core.model import NodeId
from gateway.ports import Broker

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
async def memory_kit() -> AsyncIterator[BrokerKit]:
    """The memory broker."""
    post = MemoryPost(queue_bytes=QUEUE_BYTES, delivery_limit=DELIVERY_LIMIT)

    async def open_broker(node: NodeId) -> Broker:
        return post.broker(node)

    yield BrokerKit(open_broker)

"""
Bad lines: a proxy on every way from a node to a broker, which can be held, cut and slowed.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from gateway.core.model import NodeId
from tests.kit.faultproxy import FaultProxy


class BadLines:
    """
    One proxy for each node and neighbour: all that the node hears and says there.

    With `only` there are none but those; every other node reaches its brokers directly.
    """

    def __init__(self, *only: tuple[NodeId, NodeId]) -> None:
        self._stack, self._only = AsyncExitStack(), only
        self._proxies: dict[tuple[NodeId, NodeId], FaultProxy] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def lay(self, node: NodeId, neighbour: NodeId, port: int) -> int:
        """Lay a line to the broker at `port`; the port where it begins."""
        if self._only and (node, neighbour) not in self._only:
            return port
        proxy = FaultProxy(port)
        self._proxies[node, neighbour] = proxy
        await self._stack.enter_async_context(proxy)
        return proxy.port

    def __getitem__(self, ends: tuple[str, str]) -> FaultProxy:
        node, neighbour = ends
        return self._proxies[NodeId(node), NodeId(neighbour)]

    def all(self) -> list[tuple[NodeId, NodeId]]:
        """Every line, by node and neighbour."""
        return list(self._proxies)

"""
Whether a broker holds what topology plans, asked over AMQP by a node itself: no administrator is needed.

What AMQP does not show (bindings, and what others may do) provision.differences finds in an administrator's
export. A binding that is missing shows at the first publish: the broker returns the frame.

Spec: docs/protocol.md chapter 2
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, ExchangeType

from gateway.broker.rabbitmq.connection import Connection, connected
from gateway.broker.rabbitmq.wall import is_broken, is_turned_away, link_down, words_of
from gateway.broker.topology import Plan
from gateway.core.catalogue import BROKER_MISMATCH
from gateway.core.errors import Finding, find
from gateway.core.model import NodeId

ANSWER = timedelta(seconds=10)
HEARTBEAT = timedelta(seconds=15)

_Question = Callable[[AbstractChannel], Awaitable[Any]]


async def examine(url: str, plan: Plan, *, is_owner: bool = True) -> list[Finding]:
    """
    What is missing or different in the virtual host of `plan`, asked as the user of `url`.

    The owner declares again what is there: the broker refuses if it is not the same. A child may declare
    nothing, and learns only what exists. Nothing is created, changed or emptied.

    Raises: Unavailable (LINK_DOWN) if the broker does not answer.
    """
    try:
        async with connected(url, f"examines {plan.vhost}", heartbeat=HEARTBEAT, answer=ANSWER) as connection:
            return await _differences(connection, plan, is_owner=is_owner)
    except BaseException as error:
        if not is_broken(error):
            raise
        if is_turned_away(error):
            return [find(BROKER_MISMATCH, queue=plan.vhost, detail=words_of(error))]
        raise link_down(NodeId(plan.vhost), words_of(error)) from error


async def _differences(connection: Connection, plan: Plan, *, is_owner: bool) -> list[Finding]:
    questions: dict[str, _Question] = {name: _queue(name, None) for name in plan.queues}
    questions |= {name: _exchange(name, passive=True) for name in plan.exchanges}
    absent = {name: words async for name, words in _answers(connection, questions)}
    if is_owner:
        again = {name: _queue(name, arguments) for name, arguments in plan.queues.items()}
        again |= {name: _exchange(name, passive=False) for name in plan.exchanges}
        there = {name: question for name, question in again.items() if name not in absent}
        absent |= {name: words async for name, words in _answers(connection, there)}
    return [find(BROKER_MISMATCH, queue=name, detail=words) for name, words in absent.items()]


async def _answers(
    connection: Connection, questions: Mapping[str, _Question]
) -> AsyncIterator[tuple[str, str]]:
    """The names to which the broker objects, with its words. An objection costs the channel."""
    channel = await connection.channel(publisher_confirms=False)
    for name, ask in questions.items():
        try:
            async with asyncio.timeout(ANSWER.total_seconds()):
                await ask(channel)
        except aio_pika.exceptions.AMQPChannelError as objection:
            yield name, words_of(objection)
            channel = await connection.channel(publisher_confirms=False)


def _queue(name: str, arguments: Mapping[str, Any] | None) -> _Question:
    """Is there this queue, and, with `arguments`, does it have these?"""
    if arguments is None:
        return lambda channel: channel.declare_queue(name, passive=True)
    return lambda channel: channel.declare_queue(name, durable=True, arguments=dict(arguments))


def _exchange(name: str, *, passive: bool) -> _Question:
    return lambda channel: channel.declare_exchange(name, ExchangeType.DIRECT, durable=True, passive=passive)

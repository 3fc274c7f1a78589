"""
The wall between the lanes and aio_pika: what it raises becomes what a caller can act on.
"""

from __future__ import annotations

import asyncio

import aio_pika
import aiormq

from gateway.core.catalogue import BROKER_REFUSED, LINK_DOWN
from gateway.core.errors import Unavailable, find
from gateway.core.model import NodeId

# RuntimeError is among them: aiormq says so when a channel is closed.
_BROKEN = aio_pika.exceptions.CONNECTION_EXCEPTIONS
# The broker heard us and said no: a full queue, a missing queue or exchange, a permission, another user_id.
_REFUSED = (
    aio_pika.exceptions.DeliveryError,
    aiormq.exceptions.ChannelAccessRefused,
    aiormq.exceptions.ChannelNotFoundEntity,
    aiormq.exceptions.ChannelPreconditionFailed,
)
_LONGEST = 160


def is_broken(error: BaseException) -> bool:
    """
    Whether `error` speaks of the connection, not of our code; to be asked in the task that caught it.

    A CancelledError is the connection's as long as nobody has cancelled this task: aiormq passes on the
    cancellation of its own tasks when a connection is stuck or closed. A bare Exception is what it puts into
    calls that were waiting on a channel that closed without a reason.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or not task.cancelling()
    return isinstance(error, _BROKEN) or type(error) is Exception


def translate(error: BaseException, neighbour: NodeId) -> Unavailable:
    """What a caller is told of an error that `is_broken`."""
    if isinstance(error, _REFUSED):
        return Unavailable(find(BROKER_REFUSED, detail=words_of(error)))
    return link_down(neighbour, words_of(error))


def link_down(neighbour: NodeId, detail: str) -> Unavailable:
    """The link to `neighbour` does not carry it now."""
    return Unavailable(find(LINK_DOWN, neighbour=neighbour, detail=detail))


def is_turned_away(error: BaseException) -> bool:
    """Whether the broker is there and will not have us: a wrong password, or a virtual host that is not ours.

    aiormq does not pass on what the broker said to the latter, only that it closed where it should open.
    """
    if isinstance(error, aio_pika.exceptions.InvalidFrameError):
        return "'Connection.OpenOk'" in str(error) and "Connection.Close" in str(error)
    return isinstance(error, aio_pika.exceptions.ProbableAuthenticationError)


def is_unreachable(error: BaseException) -> bool:
    """Whether an error that `is_broken` says that nobody was there, rather than somebody who said no."""
    return is_broken(error) and not isinstance(error, _REFUSED) and not is_turned_away(error)


def words_of(error: BaseException) -> str:
    """Its class, and what the broker said with it: names of queues and reasons, never a message."""
    if isinstance(error, asyncio.CancelledError):
        return "the connection is stuck"
    if is_turned_away(error):
        return "the broker turns this user away: the password, or the virtual host"
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:_LONGEST] if said else type(error).__name__

from __future__ import annotations

import asyncio

import aiormq
import pytest
from aiormq import spec

from gateway.broker.rabbitmq.wall import (
    is_broken,
    is_turned_away,
    is_unreachable,
    link_down,
    translate,
    words_of,
)
from gateway.core.model import NodeId

H14 = NodeId("H14")
NACK = aiormq.exceptions.DeliveryError(None, spec.Basic.Nack(delivery_tag=7))


@pytest.mark.parametrize(
    "error",
    [
        aiormq.exceptions.AMQPConnectionError("reset"),
        aiormq.exceptions.ChannelInvalidStateError("closed"),
        aiormq.exceptions.ChannelNotFoundEntity("NOT_FOUND"),
        NACK,
        TimeoutError(),
        ConnectionResetError(),
        OSError(113, "No route to host"),
        Exception(),
    ],
    ids=lambda e: type(e).__name__,
)
def test_what_the_library_raises_is_the_connections(error: Exception) -> None:
    assert is_broken(error)


@pytest.mark.parametrize(
    "error",
    [
        aiormq.exceptions.AMQPConnectionError("reset"),
        TimeoutError(),
        ConnectionRefusedError(),
        OSError(113, "No route to host"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_nobody_was_there(error: Exception) -> None:
    assert is_unreachable(error)


@pytest.mark.parametrize(
    "error",
    [
        aiormq.exceptions.ChannelNotFoundEntity("NOT_FOUND"),
        aiormq.exceptions.ChannelAccessRefused("ACCESS_REFUSED"),
        aiormq.exceptions.ProbableAuthenticationError("ACCESS_REFUSED"),
        NACK,
        KeyError("ours"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_somebody_was_there_and_said_no(error: Exception) -> None:
    assert not is_unreachable(error)


@pytest.mark.parametrize("error", [TypeError("ours"), KeyError("ours"), ValueError("ours"), AssertionError()])
def test_what_our_own_code_raises_is_not(error: Exception) -> None:
    assert not is_broken(error)


async def test_cancellation_that_nobody_asked_for_is_the_connections() -> None:
    waiting = asyncio.get_running_loop().create_future()
    waiting.set_exception(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError) as leaked:
        await waiting
    assert is_broken(leaked.value)
    assert translate(leaked.value, H14).code == "TRUC-504"


async def test_cancellation_of_this_task_is_ours() -> None:
    seen: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as cancelled:
            seen.append(is_broken(cancelled))
            raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == [False]


@pytest.mark.parametrize(
    "error",
    [
        NACK,
        aiormq.exceptions.ChannelAccessRefused("ACCESS_REFUSED - access to exchange 'up.H14'"),
        aiormq.exceptions.ChannelNotFoundEntity("NOT_FOUND - no exchange 'up.H14'"),
        aiormq.exceptions.ChannelPreconditionFailed("PRECONDITION_FAILED - user_id"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_broker_that_heard_us_and_said_no_has_refused(error: Exception) -> None:
    refused = translate(error, H14)
    assert refused.code == "TRUC-510"
    assert type(error).__name__ in refused.first.en


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError("by peer"), Exception()])
def test_anything_else_is_a_link_that_is_down(error: Exception) -> None:
    down = translate(error, H14)
    assert down.code == "TRUC-504"
    assert "H14" in down.first.en


def test_words_are_short_and_on_one_line() -> None:
    assert words_of(TimeoutError()) == "TimeoutError"
    assert words_of(ConnectionResetError("one\n  two")) == "ConnectionResetError: one two"
    assert len(words_of(OSError("x" * 1000))) == 160
    assert "closed" in link_down(H14, "closed").first.en


@pytest.mark.parametrize(
    "error",
    [
        aiormq.exceptions.ProbableAuthenticationError("ACCESS_REFUSED - Login was refused"),
        aiormq.exceptions.InvalidFrameError(
            "Expected one of ['Connection.OpenOk'], got <Connection.Close object>"
        ),
    ],
)
def test_user_that_is_not_let_in_is_told_so(error: Exception) -> None:
    assert is_turned_away(error)
    assert "turns this user away" in words_of(error)


def test_noise_instead_of_amqp_is_not_taken_for_a_refusal() -> None:
    assert not is_turned_away(aiormq.exceptions.InvalidFrameError(b"HTTP/1.1 400"))

"""
A broker that is as planned, and brokers that are not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aio_pika.abc import AbstractChannel, ExchangeType

from gateway.broker.provision import Definitions, definitions, differences
from gateway.broker.rabbitmq import examine
from gateway.broker.topology import Direction, plan, queue_arguments, user
from gateway.core.errors import Unavailable
from gateway.core.model import Lane
from gateway.sandbox.rabbit import free_ports
from tests.kit.rabbitmq import CHILD, LINK, PARENT, SIBLING, Site, fresh_site, persist, raw, receive, running

pytestmark = pytest.mark.external

DOWN = LINK.queue(Direction.DOWN, Lane.NORMAL)


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


@pytest.fixture
async def owner(site: Site) -> AsyncIterator[AbstractChannel]:
    async with raw(site.url(PARENT)) as channel:
        yield channel


async def told(site: Site) -> dict[str, str]:
    """What the owner finds: code by name of the thing."""
    return {f.params["queue"]: f.code for f in await examine(site.url(PARENT), site.plan)}


async def test_broker_that_is_as_planned_gives_no_findings_and_keeps_its_frames(site: Site) -> None:
    async with running(site, PARENT) as parent:
        await persist(parent.broker, CHILD, Lane.NORMAL, b"kept")
    assert await examine(site.url(PARENT), site.plan) == []
    assert (
        await examine(site.url(CHILD), replace(plan(PARENT, [CHILD]), vhost=site.plan.vhost), is_owner=False)
        == []
    )
    async with running(site, CHILD) as child:
        assert (await receive(child.broker.inbox(PARENT, Lane.NORMAL), 1))[0].data == b"kept"


async def test_queue_with_other_arguments_is_found(site: Site, owner: AbstractChannel) -> None:
    await owner.queue_delete(DOWN)
    await owner.declare_queue(DOWN, durable=True, arguments=dict(queue_arguments(queue_bytes=1024)))
    assert await told(site) == {DOWN: "TRUC-806"}
    (finding,) = await examine(site.url(PARENT), site.plan)
    assert "x-max-length-bytes" in finding.en


async def test_classic_queue_in_place_of_a_quorum_queue_is_found(site: Site, owner: AbstractChannel) -> None:
    await owner.queue_delete(DOWN)
    await owner.declare_queue(DOWN, durable=True)
    assert await told(site) == {DOWN: "TRUC-806"}


async def test_queue_and_exchange_that_are_missing_are_found_and_not_made(
    site: Site, owner: AbstractChannel
) -> None:
    up = LINK.exchange(Direction.UP)
    await owner.queue_delete(DOWN)
    await owner.exchange_delete(up)
    assert await told(site) == await told(site) == {DOWN: "TRUC-806", up: "TRUC-806"}
    child = await examine(site.url(CHILD), site.plan, is_owner=False)
    assert {f.params["queue"] for f in child} == {DOWN, up}


async def test_exchange_of_another_type_is_found(site: Site, owner: AbstractChannel) -> None:
    down = LINK.exchange(Direction.DOWN)
    await owner.exchange_delete(down)
    await owner.declare_exchange(down, ExchangeType.FANOUT, durable=True)
    assert await told(site) == {down: "TRUC-806"}


async def test_wrong_password_and_missing_virtual_host_are_findings(site: Site) -> None:
    for url in (
        site.rabbit.address(site.plan.vhost, user(PARENT), "wrong"),
        site.rabbit.address("truc.nowhere", user(PARENT), site.password),
    ):
        (finding,) = await examine(url, site.plan)
        assert (finding.code, finding.params["queue"]) == ("TRUC-806", site.plan.vhost)


async def test_broker_that_does_not_answer_is_unavailable(site: Site) -> None:
    (port,) = free_ports(1)
    with pytest.raises(Unavailable, match="TRUC-504"):
        await examine(site.url(PARENT, port), site.plan)


async def exported(site: Site) -> Definitions:
    found: Definitions = json.loads(await asyncio.to_thread(site.rabbit.control, "export_definitions", "-"))
    return found


async def test_export_shows_what_amqp_does_not(site: Site, owner: AbstractChannel) -> None:
    passwords = {user(node): site.password for node in (PARENT, CHILD, SIBLING)}
    assert differences([site.plan], await exported(site), passwords) == []

    binding, vhost = (LINK.exchange(Direction.DOWN), Lane.NORMAL.value), site.plan.vhost
    await (await owner.get_queue(DOWN)).unbind(*binding)
    all_rights = ("set_permissions", "-p", vhost, user(CHILD), ".*", ".*", ".*")
    await asyncio.to_thread(site.rabbit.control, *all_rights)
    assert await told(site) == {}
    faults = differences([site.plan], await exported(site), passwords)
    assert {f.params["queue"] for f in faults} == {
        f"{vhost} {user(CHILD)}",
        f"{vhost} {binding[0]} {binding[1]} {DOWN} queue",
    }

    await asyncio.to_thread(site.rabbit.import_definitions, definitions([site.plan], {}))
    assert differences([site.plan], await exported(site), passwords) == []

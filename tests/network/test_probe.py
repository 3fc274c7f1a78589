"""
A test of a link: a broker that takes us, one that turns us away, and a port where none is.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.broker.rabbitmq.probe import probe_broker
from gateway.clock import SystemClock
from gateway.ports import Tried
from gateway.probing import went_well
from gateway.sandbox.rabbit import free_ports
from tests.kit.rabbitmq import CHILD, PARENT, Site, fresh_site

pytestmark = pytest.mark.external

NOW = SystemClock().now()


@pytest.fixture
def site(pytestconfig: pytest.Config) -> Site:
    return fresh_site(pytestconfig)


async def test_broker_lets_both_ends_in(site: Site) -> None:
    for node in (PARENT, CHILD):
        steps = await probe_broker(site.url(node), NOW)
        assert went_well(steps), steps
        assert steps[-1].tried is Tried.LOGIN


async def test_wrong_password_is_told_and_shown_to_nobody(site: Site) -> None:
    steps = await probe_broker(replace(site, password="sai-hẳn").url(CHILD), NOW)
    assert [step.is_good for step in steps] == [True, True, False]
    assert "sai mật khẩu" in steps[-1].vi
    assert not any("sai-hẳn" in step.vi + step.en for step in steps)


async def test_port_without_a_broker_ends_at_the_machine(site: Site) -> None:
    (port,) = free_ports(1)
    steps = await probe_broker(site.url(CHILD, port), NOW)
    assert [(step.tried, step.is_good) for step in steps] == [(Tried.NAME, True), (Tried.REACH, False)]

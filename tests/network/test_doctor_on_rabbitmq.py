"""
The doctor at a real broker: one that is as planned, and one where a queue is missing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from yarl import URL

from gateway.broker.topology import Direction
from gateway.config import Config
from gateway.core.directory import Directory, NodeRow
from gateway.core.model import Lane, NodeId
from gateway.doctor.checks import Check, Part, Verdict
from gateway.doctor.hall import look_at_broker, look_at_neighbours
from tests.kit.clock import START
from tests.kit.rabbitmq import CHILD, LINK, PARENT, SIBLING, Site, fresh_site, raw

pytestmark = pytest.mark.external

DIRECTORY = Directory(
    1,
    (
        NodeRow(id=PARENT, parent=NodeId(""), organ_code="AX.P"),
        NodeRow(id=CHILD, parent=PARENT, organ_code="AX.C"),
        NodeRow(id=SIBLING, parent=PARENT, organ_code="AX.S"),
    ),
    (),
)


async def looked_at(site: Site, folder: Path, password: str = "") -> list[Check]:
    url = URL(site.url(PARENT))
    link = {"url": str(url.with_password(None)), "password": "env:MQ"}
    config = Config.model_validate(
        {"node": {"id": PARENT, "data_dir": str(folder)}, "broker": {"links": {CHILD: link, SIBLING: link}}}
    )
    environ = {"MQ": password or url.password or ""}
    return [
        *await look_at_broker(config, DIRECTORY, environ, ""),
        *await look_at_neighbours(config, DIRECTORY, environ, START),
    ]


async def test_broker_that_is_as_planned_is_good(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    checks = await looked_at(fresh_site(pytestconfig), tmp_path)
    assert [(check.part, check.verdict) for check in checks] == [
        (Part.BROKER, Verdict.GOOD),
        (Part.BROKER, Verdict.UNKNOWN),  # permissions: nobody said how to ask
        (Part.NEIGHBOURS, Verdict.GOOD),
        (Part.NEIGHBOURS, Verdict.GOOD),
    ]


async def test_queue_that_is_missing_is_told_by_name(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    site, queue = fresh_site(pytestconfig), LINK.queue(Direction.DOWN, Lane.NORMAL)
    async with raw(site.url(PARENT)) as channel:
        await channel.queue_delete(queue)
    bad = [check for check in await looked_at(site, tmp_path) if check.verdict is Verdict.BAD]
    assert [check.part for check in bad] == [Part.BROKER]
    assert queue in bad[0].vi


async def test_wrong_password_is_told_and_not_shown(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    checks = await looked_at(fresh_site(pytestconfig), tmp_path, password="sai-mat-khau")
    assert {check.verdict for check in checks} == {Verdict.BAD}
    assert all("sai-mat-khau" not in f"{check.vi} {check.en}" for check in checks)

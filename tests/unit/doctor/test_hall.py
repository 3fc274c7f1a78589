from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config
from gateway.core.alerts import AlertKind, Patience, Seen
from gateway.core.delivery import Target
from gateway.core.model import NodeId
from gateway.doctor.checks import Verdict
from gateway.doctor.hall import directory_of, look_at_broker, look_at_neighbours, look_at_store
from gateway.ports import AlertLook
from gateway.store.migrate import upgrade
from gateway.store.sql import SqlStore
from tests.kit.builders import CENTRAL, COMMUNE, PROVINCE, new_letter, small_axis
from tests.kit.clock import START, ManualClock


def config(folder: Path, node: NodeId = PROVINCE, **links: Any) -> Config:
    return Config.model_validate({"node": {"id": node, "data_dir": str(folder)}, "broker": {"links": links}})


async def test_store_is_told_with_what_stands_in_it(tmp_path: Path) -> None:
    settings = config(tmp_path)
    upgrade(settings.store_url({}))
    store = SqlStore(settings.store_url({}), tmp_path / "blobs", node=PROVINCE, instance="one")
    await store.set_directory(small_axis(), START)
    await store.add_letter(new_letter(1, Target(neighbour=CENTRAL)), START)
    disk = Seen(AlertKind.DISK, "", 5, 10)
    await store.look_at_alerts(AlertLook(seen=[disk], now=START, patience=Patience()))
    await store.close()
    seen = await look_at_store(settings, {}, ManualClock())
    assert [check.verdict for check in seen.checks] == [Verdict.GOOD, Verdict.WARNING]
    assert seen.standing == {"queued": 1}
    assert seen.clock_off is None
    assert directory_of(settings, seen) is not None
    assert [alert["kind"] for alert in seen.alerts] == ["disk"]


async def test_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    seen = await look_at_store(config(tmp_path), {}, ManualClock())
    assert [check.verdict for check in seen.checks] == [Verdict.BAD]
    assert list(tmp_path.iterdir()) == []
    assert directory_of(config(tmp_path), seen) is None
    assert len(seen.checks) == 2


async def test_node_without_children_needs_no_broker(tmp_path: Path) -> None:
    (check,) = await look_at_broker(config(tmp_path, COMMUNE), small_axis(), {}, "")
    assert check.verdict is Verdict.GOOD


@pytest.mark.parametrize("rabbitmqctl", ["", "false"])
async def test_broker_that_is_away_is_bad(tmp_path: Path, rabbitmqctl: str) -> None:
    settings = config(tmp_path, **{COMMUNE: {"url": "amqp://h14@127.0.0.1:1/h14"}})
    checks = await look_at_broker(settings, small_axis(), {}, rabbitmqctl)
    assert [check.verdict for check in checks] == [Verdict.BAD]


async def test_each_neighbour_is_told(tmp_path: Path) -> None:
    settings = config(tmp_path, **{CENTRAL: {"url": "amqp://h14@127.0.0.1:1/g22"}})
    checks = await look_at_neighbours(settings, small_axis(), {}, START)
    assert {check.verdict for check in checks} == {Verdict.BAD}
    assert len(checks) == len(list(small_axis().neighbours(PROVINCE)))
    assert any("127.0.0.1:1" in check.en for check in checks)
    assert any("broker.links" in check.en for check in checks)

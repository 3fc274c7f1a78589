"""
The doctor's look at what a node keeps and whom it is linked with: store, broker, neighbours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.alerts.watch import difference
from gateway.broker.provision import differences, export_definitions
from gateway.broker.rabbitmq import examine
from gateway.broker.rabbitmq.probe import probe_broker
from gateway.broker.topology import plan
from gateway.config import Config
from gateway.core.alert_words import sentences
from gateway.core.directory import Directory
from gateway.core.errors import Finding, TrucError
from gateway.core.model import NodeId
from gateway.doctor.checks import Check, Part, Verdict, good, of_error, of_finding, unknown
from gateway.ports import Clock
from gateway.probing import went_well
from gateway.serve import directory_file
from gateway.store.health import quick_check
from gateway.store.migrate import check as check_schema
from gateway.store.sql import SqlStore


@dataclass(slots=True)
class StoreSeen:
    """What was found in the store, for the checks and the report."""

    checks: list[Check] = field(default_factory=list)
    directory: Directory | None = None
    clock_off: timedelta | None = None
    standing: Mapping[str, int] = field(default_factory=dict)
    alerts: list[Mapping[str, Any]] = field(default_factory=list)


async def look_at_store(config: Config, environ: Mapping[str, str], clock: Clock) -> StoreSeen:
    """The version of the tables, whether the database is whole, what stands in it, and its clock."""
    seen = StoreSeen()
    try:
        url = config.store_url(environ)
        faults = await asyncio.to_thread(quick_check, url)
        if not faults:
            await asyncio.to_thread(check_schema, url)
    except TrucError as error:
        seen.checks = of_error(Part.STORE, error)
        return seen
    mend = "Dừng nút, khôi phục từ bản sao lưu gần nhất", "Stop the node and restore the latest backup"
    for fault in faults:
        vi, en = f"cơ sở dữ liệu hỏng: {fault}", f"the database is broken: {fault}"
        seen.checks.append(Check(Part.STORE, Verdict.BAD, vi, en, *mend))
    if faults:
        return seen
    vi, en = "đúng phiên bản và nguyên vẹn", "of this release's version, and whole"
    seen.checks.append(good(Part.STORE, vi, en))
    name = NodeId(config.node.id)
    try:
        store = SqlStore(url, config.node.data_dir / "blobs", node=name, instance="doctor")
    except TrucError as error:
        seen.checks += of_error(Part.STORE, error)
        return seen
    try:
        await _look_inside(store, seen, clock)
    except TrucError as error:
        seen.checks += of_error(Part.STORE, error)
    finally:
        await store.close()
    return seen


async def _look_inside(store: SqlStore, seen: StoreSeen, clock: Clock) -> None:
    directory = await store.directory()
    seen.directory = directory if directory.nodes else None
    before = clock.now()
    there = await store.database_clock(before)
    if there != before:  # SQLite has no clock of its own
        seen.clock_off = difference(before, there, clock.now())
    standing: dict[str, int] = {}
    for (_, state), each in (await store.standing()).items():
        standing[state.value] = standing.get(state.value, 0) + each.number
    seen.standing = standing
    for alert in await store.alerts_standing():
        vi, en = sentences(alert)
        about = {"kind": alert.kind.value, "place": alert.place, "began_at": alert.began_at}
        seen.alerts.append({**about, "vi": vi, "en": en})
        seen.checks.append(Check(Part.STORE, Verdict.WARNING, f"đang cảnh báo: {vi}", f"alert: {en}"))


def directory_of(config: Config, seen: StoreSeen) -> Directory | None:
    """The directory of the store, or the one that a node which starts for the first time would take."""
    if seen.directory is not None:
        return seen.directory
    try:
        return directory_file(config)
    except TrucError as error:
        seen.checks += of_error(Part.STORE, error)
        return None


async def look_at_broker(
    config: Config, directory: Directory, environ: Mapping[str, str], rabbitmqctl: str
) -> list[Check]:
    """What the broker of this node lacks; with `rabbitmqctl` also users, permissions and bindings."""
    name = NodeId(config.node.id)
    children = directory.children(name)
    if not children:
        vi, en = "nút không có nút con: không cần trạm riêng", "a node without children needs no broker"
        return [good(Part.BROKER, vi, en)]
    wanted = plan(name, children)
    try:
        found: list[Finding] = await examine(config.link_url(children[0], environ), wanted)
        if rabbitmqctl:
            held = await asyncio.to_thread(export_definitions, rabbitmqctl.split())
            found += differences([wanted], held)
    except TrucError as error:
        return of_error(Part.BROKER, error)
    if found:
        return [of_finding(Part.BROKER, finding) for finding in found]
    checks = [good(Part.BROKER, f"{wanted.vhost}: đúng như cần có", f"{wanted.vhost}: as it should be")]
    if not rabbitmqctl:
        vi, en = "chưa xem tài khoản và quyền (--rabbitmqctl)", "users and permissions need --rabbitmqctl"
        checks.append(unknown(Part.BROKER, vi, en))
    return checks


async def look_at_neighbours(
    config: Config, directory: Directory, environ: Mapping[str, str], now: datetime
) -> list[Check]:
    """Whether the broker of each link is reached and lets this node in."""
    checks: list[Check] = []
    for neighbour in directory.neighbours(NodeId(config.node.id)):
        try:
            steps = await probe_broker(config.link_url(neighbour, environ), now)
        except TrucError as error:
            checks += of_error(Part.NEIGHBOURS, error)
            continue
        last = steps[-1]
        vi, en = f"{neighbour}: {last.vi}", f"{neighbour}: {last.en}"
        if went_well(steps):
            checks.append(good(Part.NEIGHBOURS, vi, en))
            continue
        mend = "Mở đường tới trạm đó rồi chạy lại", "Open the way to that broker and run this again"
        checks.append(Check(Part.NEIGHBOURS, Verdict.BAD, vi, en, *mend))
    return checks

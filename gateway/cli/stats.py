"""
`truc stats`: what an agency sent and received, and what it may still send today; reports of whole periods.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Screen, size_text, speaking

if TYPE_CHECKING:
    from gateway.v1.stats import StatsRow


def stats(
    url: NodeUrl,
    key: Key,
    since: Annotated[
        datetime | None, typer.Option(help="Từ lúc nào, giờ Việt Nam; mặc định 30 ngày · From when on")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Đến trước lúc nào, giờ Việt Nam · Before when")
    ] = None,
    period: Annotated[
        str,
        typer.Option(
            help="Báo cáo của tháng 2026-11, quý 2026-Q4 hoặc năm 2026 · The report of a month, quarter, year"
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Số liệu gửi, nhận và hạn mức trong ngày; báo cáo theo kỳ · Figures, today's quota, reports of periods.

    \b
    truc stats
    truc stats --since 2026-11-01 --until 2026-12-01 --json
    truc stats --period 2026-Q4 --json
    """
    with speaking(as_json) as screen:
        if period and (since or until):
            raise typer.BadParameter("--period | --since, --until")
        if period:
            asyncio.run(_report(screen, url, key, period))
        else:
            asyncio.run(_stats(screen, url, key, _vietnamese(since), _vietnamese(until)))


def _vietnamese(moment: datetime | None) -> datetime | None:
    from gateway.core.calendar import VIETNAM

    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=VIETNAM)


async def _stats(screen: Screen, url: str, key: str, since: datetime | None, until: datetime | None) -> None:
    async with node_at(url, key) as office:
        figures, quotas = await office.statistics(since, until), await office.quota()
    screen.data(
        {**figures.model_dump(mode="json"), "quotas": [quota.model_dump(mode="json") for quota in quotas]}
    )
    screen.table(
        ("", "văn bản · documents", "trạng thái · statuses", ""),
        [
            (
                *("gửi · sent", str(figures.documents_sent), str(figures.statuses_sent)),
                size_text(figures.bytes_sent),
            ),
            (
                *("nhận · received", str(figures.documents_received), str(figures.statuses_received)),
                size_text(figures.bytes_received),
            ),
        ],
    )
    screen.line(
        f"đã xác nhận · acknowledged: {figures.acknowledged}, bị trả lại · returned: {figures.returned}, "
        f"đang chờ · waiting: {figures.waiting}"
    )
    for quota in quotas:
        if quota.letters_per_day or quota.bytes_per_day:
            letters = f"{quota.letters}/{quota.letters_per_day or '∞'}"
            used = size_text(quota.bytes_per_day) if quota.bytes_per_day else "∞"
            screen.line(f"hạn mức hôm nay · today {quota.agency}: {letters}, {size_text(quota.bytes)}/{used}")


COLUMNS: Mapping[str, str] = {
    "sent": "gửi · sent",
    "electronic_share": "điện tử · electronic",
    "received": "nhận · received",
    "came_back": "bị trả · came back",
    "active": "có gửi, nhận · active",
    "agencies": "đơn vị · agencies",
    "handled_in_time": "đúng hạn · in time",
    "median_seconds": "trung vị · median s",
}
"""The figures that fit beside each other on a screen; --json has them all."""


async def _report(screen: Screen, url: str, key: str, period: str) -> None:
    async with node_at(url, key) as office:
        stats = await office.stats(period)
    screen.data(stats.model_dump(mode="json"))
    screen.line(f"{stats.period.name}: {stats.period.first} … {stats.period.last}")
    screen.table(
        ("cấp, đơn vị · level, agency", *COLUMNS.values()),
        [
            *((row.level or "—", *_cells(row)) for row in stats.levels),
            *((f"  {row.code}", *_cells(row)) for row in stats.agencies),
            ("tổng số · total", *_cells(stats.total)),
        ],
    )
    if stats.silent:
        screen.line(f"không gửi, nhận · silent: {len(stats.silent)}")
    for each in stats.indicators:
        screen.line(f"{each.code}: {_cell(each.figure, each.value)} ({each.vi} · {each.en})")
    if stats.lines_left:
        screen.line(f"chưa tính · not counted yet: {stats.lines_left}")


def _cells(row: StatsRow) -> tuple[str, ...]:
    return tuple(_cell(name, row.figures[name]) for name in COLUMNS)


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "—"
    if name.endswith(("_share", "_in_time")):
        return f"{value * 100:.1f} %"
    return f"{value:.0f}"

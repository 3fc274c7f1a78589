"""
`truc stats`: what an agency sent and received, and what it may still send today.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Screen, size_text, speaking


def stats(
    url: NodeUrl,
    key: Key,
    since: Annotated[
        datetime | None, typer.Option(help="Từ lúc nào, giờ Việt Nam; mặc định 30 ngày · From when on")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Đến trước lúc nào, giờ Việt Nam · Before when")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Số liệu gửi, nhận và hạn mức trong ngày · What was sent and received, and today's quota.

    \b
    truc stats
    truc stats --since 2026-11-01 --until 2026-12-01 --json
    """
    with speaking(as_json) as screen:
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

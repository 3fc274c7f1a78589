"""
`truc diary`: which documents an agency sent and received over the axis.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gateway.cli.opened import Key, NodeUrl, node_at
from gateway.cli.screen import AsJson, Screen, speaking


class Which(StrEnum):
    """Of the two diaries one."""

    OUT = "out"
    IN = "in"


def diary(
    which: Annotated[
        Which, typer.Argument(metavar="out|in", help="out: văn bản đi · sent, in: văn bản đến · received")
    ],
    url: NodeUrl,
    key: Key,
    since: Annotated[
        datetime | None, typer.Option(help="Từ lúc nào, giờ Việt Nam; mặc định 30 ngày · From when on")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Đến trước lúc nào, giờ Việt Nam · Before when")
    ] = None,
    cursor: Annotated[str, typer.Option(help="Con trỏ của trang trước · Cursor of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="Nhiều nhất · At most")] = 100,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.csv|FILE.xlsx",
            dir_okay=False,
            help="Ghi cả khoảng thời gian vào tệp · Write all of that time to a file",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Nhật ký gửi nhận trên trục · The exchange diary.

    Tệp CSV, XLSX có thứ tự cột của sổ đăng ký (NĐ 30/2020, Phụ lục IV); ô trục không biết thì để trống.

    Files have the columns of the registers; what the axis cannot know is left blank.

    \b
    truc diary out
    truc diary in --since 2026-01-01 --until 2027-01-01 -o so-van-ban-den.xlsx
    """
    span = _Span(which, _vietnamese(since), _vietnamese(until), cursor, limit)
    with speaking(as_json) as screen:
        if output is None:
            asyncio.run(_page(screen, url, key, span))
        else:
            asyncio.run(_file(screen, url, key, span, output))


class _Span(NamedTuple):
    """Which part of the diary."""

    which: Which
    since: datetime | None
    until: datetime | None
    cursor: str
    limit: int


def _vietnamese(moment: datetime | None) -> datetime | None:
    from gateway.core.calendar import VIETNAM

    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=VIETNAM)


async def _page(screen: Screen, url: str, key: str, span: _Span) -> None:
    from gateway.core.calendar import VIETNAM
    from gateway.core.diary import Direction

    async with node_at(url, key) as office:
        page = await office.diary(
            Direction(span.which.value),
            since=span.since,
            until=span.until,
            cursor=span.cursor,
            limit=span.limit,
        )
    screen.data(page.model_dump(mode="json"))
    screen.table(
        (
            *("lúc · at", "đơn vị · agency", "bên gửi · from", "bên nhận · to"),
            *("số, ký hiệu · code", "trích yếu · subject", "letter_id"),
        ),
        [
            (
                line.at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S"),
                *(line.agency, line.sender, ", ".join(line.recipients[:3])),
                *(line.code, line.subject, line.letter_id),
            )
            for line in page.lines
        ],
    )
    if page.next is not None:
        screen.note(f"Còn nữa · more: truc diary {span.which.value} --cursor {page.next}")


async def _file(screen: Screen, url: str, key: str, span: _Span, output: Path) -> None:
    from gateway.client.diary import Sheet
    from gateway.core.diary import Direction

    kind = output.suffix.lower().removeprefix(".")
    if kind not in {sheet.value for sheet in Sheet}:
        raise typer.BadParameter("-o: .csv, .xlsx")
    async with node_at(url, key) as office:
        await office.diary_file(
            Direction(span.which.value), output, Sheet(kind), since=span.since, until=span.until
        )
    screen.data({"file": str(output)})
    screen.line(str(output))

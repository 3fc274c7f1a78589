"""
`truc agency terms`, `way` and `replay`: what was agreed with an agency, and how it is reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.agency import Code, served
from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import AsJson, speaking
from gateway.core.model import Dialect

if TYPE_CHECKING:
    from gateway.ports import Terms


def terms(
    config: ConfigFile,
    code: Code,
    dialect: Annotated[
        Dialect | None,
        typer.Option(help="Cách viết edXML cho phần mềm của đơn vị · How edXML is written for its system"),
    ] = None,
    letters_per_day: Annotated[
        int | None, typer.Option(min=0, help="Số văn bản gửi mỗi ngày, 0: không hạn chế · 0: no limit")
    ] = None,
    bytes_per_day: Annotated[
        int | None, typer.Option(min=0, help="Số byte gửi mỗi ngày, 0: không hạn chế · 0: no limit")
    ] = None,
    notices_as_receiver: Annotated[
        bool | None,
        typer.Option(
            "--notices-as-receiver/--notices-as-node",
            help="Đưa thông báo của Trục dưới tên đơn vị nhận, cho phần mềm chỉ khớp trạng thái như vậy"
            " · Hand notices of the axis over in the receiver's name, for systems that match no others",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Xem hoặc đặt thỏa thuận với một đơn vị · Show or set what was agreed with an agency.

    \b
    truc agency terms -c node.toml 000.01.40.H14
    truc agency terms -c node.toml 000.01.40.H14 --dialect java-sdk --letters-per-day 2000
    """
    wanted = {
        "dialect": dialect,
        "letters_per_day": letters_per_day,
        "bytes_per_day": bytes_per_day,
        "notices_as_receiver": notices_as_receiver,
    }
    with speaking(as_json) as screen:
        agreed = asyncio.run(_terms(config, code, {k: v for k, v in wanted.items() if v is not None}))
        screen.data({"code": code, **agreed.as_row()})
        for name, value in agreed.as_row().items():
            screen.line(f"{name} = {value}")


async def _terms(file: Path, code: str, wanted: Mapping[str, Any]) -> Terms:
    from gateway.ports import OFFICE, Terms

    async with store_of(file) as (config, store):
        agency = served(await store.directory(), config.node.id, code).code
        agreed = Terms.of((await store.ways()).get(OFFICE, {}).get(agency, {}))
        if wanted:
            agreed = replace(agreed, **wanted)
            await store.set_way(agency, OFFICE, agreed.as_row(), now())
        return agreed


def way(
    config: ConfigFile,
    code: Code,
    adapter: Annotated[
        str, typer.Argument(metavar="ADAPTER", help="Cách giao nhận, ví dụ folder, vxp · Such as folder, vxp")
    ],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE…", help="Giá trị đặt · What is set")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Xóa thiết lập · Remove what is set")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Xem hoặc đặt thiết lập của một cách giao nhận · Show or set what an adapter knows about an agency.

    Nút đang chạy nhận ngay, không cần khởi động lại · A running node takes it up at once.

    \b
    truc agency way -c node.toml 000.01.40.H14 folder path=bao-lac
    truc agency way -c node.toml 000.01.40.H14 folder --remove
    """
    pairs = [value.partition("=") for value in values or []]
    if any(not (key and sign) for key, sign, _ in pairs):
        raise typer.BadParameter("ghi KEY=VALUE · write KEY=VALUE")
    wanted = {key: _value(text) for key, _, text in pairs}
    with speaking(as_json) as screen:
        settings = asyncio.run(_way(config, code, adapter, wanted, remove=remove))
        screen.data({"code": code, "adapter": adapter, "settings": dict(settings)})
        for key, value in settings.items():
            screen.line(f"{key} = {value}")
        if not settings:
            screen.line("Chưa đặt gì · nothing is set")


def _value(text: str) -> str | bool | int:
    """What was typed, as the JSON that it looks like."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() else text


async def _way(
    file: Path, code: str, adapter: str, wanted: Mapping[str, Any], *, remove: bool
) -> Mapping[str, Any]:
    async with store_of(file) as (config, store):
        agency = served(await store.directory(), config.node.id, code).code
        settings = {**(await store.ways()).get(adapter, {}).get(agency, {}), **wanted}
        if remove:
            await store.set_way(agency, adapter, None, now())
            return {}
        if wanted:
            await store.set_way(agency, adapter, settings, now())
        return settings


def replay(
    config: ConfigFile,
    code: Code,
    since: Annotated[datetime, typer.Option(help="Từ lúc nào, giờ Việt Nam · From when on, time of Vietnam")],
    as_json: AsJson = False,
) -> None:
    """
    Đưa lại vào hộp nhận văn bản đã lấy · List again what the agency has fetched since then.

    Dùng khi phần mềm của đơn vị phải khôi phục từ bản sao lưu · For a system restored from its backup.

    \b
    truc agency replay -c node.toml 000.01.40.H14 --since 2026-11-20
    """
    with speaking(as_json) as screen:
        again = asyncio.run(_replay(config, code, since))
        screen.data({"code": code, "offered_again": again})
        screen.line(f"Đã đưa lại {again} văn bản · {again} letters are listed again")


async def _replay(file: Path, code: str, since: datetime) -> int:
    from gateway.core.calendar import VIETNAM

    async with store_of(file) as (config, store):
        agency = served(await store.directory(), config.node.id, code).code
        at = since if since.tzinfo is not None else since.replace(tzinfo=VIETNAM)
        return await store.offer_again([agency], at, now())

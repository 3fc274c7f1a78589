"""
`truc agency`: the agencies of a node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Agency, Directory

app = typer.Typer(no_args_is_help=True, help="Đơn vị của nút · The agencies of the node")

Code = Annotated[str, typer.Argument(metavar="CODE", help="Mã định danh đơn vị · Code of the agency")]


@app.command("list", epilog=EXIT_CODES)
def list_agencies(
    config: ConfigFile,
    every: Annotated[
        bool, typer.Option("--all", help="Cả đơn vị của nút khác · Those of other nodes too")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Liệt kê đơn vị · List agencies.

    \b
    truc agency list -c node.toml
    truc agency list -c node.toml --all --json
    """
    with speaking(as_json) as screen:
        asyncio.run(_list(screen, config, every))


async def _list(screen: Screen, file: Path, every: bool) -> None:
    from gateway.core.model import NodeId

    async with store_of(file) as (config, store):
        directory = await store.directory()
        keys = await store.credentials()
    agencies = directory.agency_rows if every else directory.served_by(NodeId(config.node.id))
    counted = {a.code: sum(a.code in k.agencies and not k.locked for k in keys) for a in agencies}
    screen.data({"agencies": [{**a.as_row(), "keys": counted[a.code]} for a in agencies]})
    screen.table(
        ("mã · code", "tên · name", "nút · node", "khóa · keys", ""),
        [(a.code, a.name, a.node, counted[a.code], _standing(a)) for a in agencies],
    )


def _standing(agency: Agency) -> str:
    if agency.locked:
        return "đã khóa · locked"
    if agency.is_closed(now().date()):
        return f"đã đóng, kế thừa · closed, successor: {agency.successor or '—'}"
    return ""


@app.command(epilog=EXIT_CODES)
def add(
    config: ConfigFile,
    code: Code,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Tên đơn vị · Its name")],
    parent: Annotated[
        str, typer.Option(metavar="CODE", help="Mã cơ quan chủ quản · Code of its parent agency")
    ] = "",
    alias: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Mã khác cũng nhận, lặp lại được · Another code of it"),
    ] = None,
    tier: Annotated[str, typer.Option(help="Cấp, để báo cáo · Tier, a label for reports")] = "",
    delivery: Annotated[
        str, typer.Option(metavar="ADAPTER", help="Cách giao văn bản · How letters reach it")
    ] = "mailbox",
    sends_arrived: Annotated[
        bool,
        typer.Option(
            "--sends-arrived",
            help="Phần mềm của đơn vị tự gửi trạng thái 01 · Its own system sends status 01",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Thêm một đơn vị của nút này · Add an agency of this node.

    \b
    truc agency add -c node.toml 000.01.40.H14 "UBND huyện Bảo Lạc" --parent 000.00.00.H14
    """
    from gateway.core.directory import Agency
    from gateway.core.model import AgencyCode, NodeId

    with speaking(as_json) as screen:

        def changed(directory: Directory, node: str) -> Directory:
            version = directory.version + 1
            row = Agency(
                code=AgencyCode(code),
                name=name,
                node=NodeId(node),
                aliases=tuple(alias or ()),
                parent=parent,
                tier=tier,
                delivery=delivery,
                sends_arrived=sends_arrived,
                version=version,
            )
            return replace(directory, version=version, agency_rows=(*directory.agency_rows, row))

        directory = asyncio.run(_change(config, changed))
        screen.data({"code": code, "directory_version": directory.version})
        screen.line(f"Đã thêm · added: {code} {name}")
        screen.line(f"Cấp khóa · make its key: truc key new -c {config} {code}")


@app.command(epilog=EXIT_CODES)
def lock(
    config: ConfigFile,
    code: Code,
    unlock: Annotated[bool, typer.Option("--unlock", help="Mở khóa lại · Unlock it again")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Khóa một đơn vị · Lock an agency: it takes no new letters.

    \b
    truc agency lock -c node.toml 000.01.40.H14
    truc agency lock -c node.toml 000.01.40.H14 --unlock
    """
    with speaking(as_json) as screen:

        def changed(directory: Directory, node: str) -> Directory:
            version, primary = directory.version + 1, served(directory, node, code).code
            rows = tuple(
                replace(row, locked=not unlock, version=version) if row.code == primary else row
                for row in directory.agency_rows
            )
            return replace(directory, version=version, agency_rows=rows)

        directory = asyncio.run(_change(config, changed))
        screen.data({"code": code, "locked": not unlock, "directory_version": directory.version})
        screen.line(f"{'Đã mở khóa · unlocked' if unlock else 'Đã khóa · locked'}: {code}")


async def _change(file: Path, changed: Callable[[Directory, str], Directory]) -> Directory:
    """Replace a node's directory by what `changed` makes of it. Raises: Misconfigured if that is unsound."""
    from gateway.core.directory import check
    from gateway.core.errors import Misconfigured

    async with store_of(file) as (config, store):
        directory = changed(await store.directory(), config.node.id)
        if faults := check(directory):
            raise Misconfigured(*faults)
        await store.set_directory(directory, now())
        return directory


def served(directory: Directory, node: str, code: str) -> Agency:
    """The agency of this node that has the code. Raises: Rejected (AGENCY_UNKNOWN)."""
    from gateway.keys import served_here

    return served_here(directory, node, code)

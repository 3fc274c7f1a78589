"""
`truc agency`: the agencies of a node and their keys.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Agency, Directory

app = typer.Typer(no_args_is_help=True, help="Đơn vị và khóa truy cập · Agencies and keys")

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
        screen.line(f"Cấp khóa · make its key: truc agency key -c {config} {code}")


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
            version, primary = directory.version + 1, _served(directory, node, code).code
            rows = tuple(
                replace(row, locked=not unlock, version=version) if row.code == primary else row
                for row in directory.agency_rows
            )
            return replace(directory, version=version, agency_rows=rows)

        directory = asyncio.run(_change(config, changed))
        screen.data({"code": code, "locked": not unlock, "directory_version": directory.version})
        screen.line(f"{'Đã mở khóa · unlocked' if unlock else 'Đã khóa · locked'}: {code}")


@app.command(epilog=EXIT_CODES)
def key(
    config: ConfigFile,
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE…", help="Một hay nhiều đơn vị dùng chung khóa · Agencies of the key"),
    ] = None,
    label: Annotated[
        str, typer.Option(help="Tên gợi nhớ, ví dụ phần mềm dùng khóa · What the key is for")
    ] = "",
    operator: Annotated[
        bool, typer.Option("--operator", help="Khóa của người quản trị nút · A key of the node's operator")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Cấp khóa truy cập · Make an access key.

    Khóa chỉ hiện một lần · It is shown only once.

    \b
    truc agency key -c node.toml 000.01.40.H14 --label "QLVB huyện"
    truc agency key -c node.toml --operator --label "giám sát"
    """
    if not codes and not operator:
        raise typer.BadParameter("cần CODE hoặc --operator · CODE or --operator is needed")
    with speaking(as_json) as screen:
        made = asyncio.run(_key(config, codes or [], label, operator=operator))
        screen.data({"key": made, "agencies": codes or [], "label": label, "operator": operator})
        screen.line(made)
        screen.note("Hãy cất khóa ngay: cổng chỉ giữ mã băm · Keep it safe now: only its digest stays here")


async def _key(file: Path, codes: Sequence[str], label: str, *, operator: bool) -> str:
    from gateway.http.auth import issue_key

    async with store_of(file) as (config, store):
        directory = await store.directory()
        agencies = [_served(directory, config.node.id, code) for code in codes]
        name = label or (agencies[0].name if agencies else "operator")
        return await issue_key(store, name, {a.code for a in agencies}, now(), is_operator=operator)


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


def _served(directory: Directory, node: str, code: str) -> Agency:
    """The agency of this node that has the code. Raises: Rejected (AGENCY_UNKNOWN)."""
    from gateway.core.catalogue import AGENCY_UNKNOWN
    from gateway.core.errors import Rejected, find

    agency = directory.find(code)
    if agency is None or agency.node != node:
        raise Rejected(find(AGENCY_UNKNOWN, organ=code))
    return agency

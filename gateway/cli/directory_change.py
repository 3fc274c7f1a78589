"""
`truc directory import|apply|pending|cancel`: change the directory of a node, now or on a day to come.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.directory import DirectoryFiles, Served, read_files, tell_change
from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import AsJson, Exit, Screen, speaking

if TYPE_CHECKING:
    from gateway.core.directory import Directory
    from gateway.core.directory_change import Change, Prepared


def import_files(
    config: ConfigFile, files: DirectoryFiles, node: Served = "", as_json: AsJson = False
) -> None:
    """
    Nạp danh mục vào nút ngay · Take a directory, or lists of agencies, into a node at once.

    Danh mục đầy đủ (TOML, JSON) thay danh mục cũ; danh sách (CSV, JSON của trục) chỉ thêm và sửa đơn vị ·
    A whole directory replaces the former one; a list only adds and changes agencies.

    \b
    truc directory import -c node.toml danhmuc.toml
    truc directory import -c node.toml getAgenciesList.json getAgenciesListQD20.json --node G22
    """
    with speaking(as_json) as screen:
        directory = asyncio.run(_import(config, files, node))
        screen.data({"directory_version": directory.version, "agencies": len(directory.agencies)})
        vi = f"Danh mục của nút nay là phiên bản {directory.version}"
        screen.line(f"{vi} · the directory is now version {directory.version}")


def apply(
    config: ConfigFile,
    files: DirectoryFiles,
    node: Served = "",
    yes: Annotated[bool, typer.Option("--yes", help="Làm thật; không có thì chỉ xem · Really do it")] = False,
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at", formats=["%Y-%m-%d"], help="Có hiệu lực từ đầu ngày này · In force from this day"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Xem rồi áp dụng thay đổi danh mục · Show a change of the directory, then make it.

    \b
    truc directory apply -c node.toml danhmuc.toml
    truc directory apply -c node.toml danhmuc.toml --yes
    truc directory apply -c node.toml level1-2025.toml --at 2025-07-01 --yes
    """
    with speaking(as_json) as screen:
        asyncio.run(_apply(screen, config, files, node, at.date() if at else None, yes=yes))


def pending(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Xem thay đổi đang chờ ngày hiệu lực · Changes that wait for their day.

    \b
    truc directory pending -c node.toml
    """
    with speaking(as_json) as screen:
        waiting = asyncio.run(_pending(config))
        screen.data({"pending": [_as_dict(each) for each in waiting]})
        for each in waiting:
            rows = len(each.change.nodes) + len(each.change.agencies)
            removed = len(each.change.removed_nodes) + len(each.change.removed_agencies)
            told = f"{rows} dòng, bỏ {removed} · {rows} rows, {removed} removed"
            signed = f"  {each.signer} {each.edition}" if each.signer else ""
            screen.line(f"{each.number}  {each.on:%d/%m/%Y}  {told}{signed}")
            if each.refused:
                screen.line(f"    bị từ chối · refused: {each.refused}")
        if not waiting:
            screen.line("Không có thay đổi nào đang chờ · nothing is pending")


def cancel(
    config: ConfigFile,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Số của «pending» · Number of `pending`")],
    as_json: AsJson = False,
) -> None:
    """
    Hủy một thay đổi đang chờ · Cancel a change that waits.

    \b
    truc directory cancel -c node.toml 3
    """
    with speaking(as_json) as screen:
        was_there = asyncio.run(_cancel(config, number))
        screen.data({"number": number, "cancelled": was_there})
        if not was_there:
            screen.line(f"Không có thay đổi số {number} · there is no change {number}")
            raise typer.Exit(Exit.FAILED)
        screen.line(f"Đã hủy · cancelled: {number}")


async def _import(config: Path, files: list[Path], node: str) -> Directory:
    async with store_of(config) as (_config, store):
        directory = _sound(read_files(files, await store.directory(), node))
        await store.set_directory(directory, now())
        return directory


async def _apply(
    screen: Screen, config: Path, files: list[Path], node: str, at: date | None, *, yes: bool
) -> None:
    from gateway.core.directory_change import applied, difference

    async with store_of(config) as (_config, store):
        before = await store.directory()
        wanted = read_files(files, before, node)
        change = difference(before, wanted)
        after = _sound(applied(before, change, wanted.version))
        number = None
        if yes and change and at is not None:
            number = await store.prepare_directory(change, at, now())
        elif yes and change:
            await store.set_directory(after, now())
        is_done = yes and bool(change)
        version = after.version if is_done and number is None else before.version
        tell_change(screen, before, change, done=is_done, pending=number, directory_version=version)
        screen.line(_outcome(change, version, number, at, yes=yes))


def _outcome(change: Change, version: int, number: int | None, at: date | None, *, yes: bool) -> str:
    if not change:
        return "Không có gì thay đổi · nothing changes"
    if not yes:
        return "Chưa làm gì; thêm --yes để áp dụng · nothing was done; add --yes to apply it"
    if number is not None:
        return (
            f"Sẽ có hiệu lực ngày {at:%d/%m/%Y}, số {number} · will come in force on {at:%Y-%m-%d}: {number}"
        )
    return f"Danh mục nay là phiên bản {version} · the directory is now version {version}"


async def _pending(config: Path) -> list[Prepared]:
    async with store_of(config) as (_config, store):
        return await store.prepared_directories()


async def _cancel(config: Path, number: int) -> bool:
    async with store_of(config) as (_config, store):
        return await store.cancel_directory(number, now())


def _as_dict(prepared: Prepared) -> dict[str, object]:
    return {
        "number": prepared.number,
        "on": prepared.on.isoformat(),
        "added_at": prepared.added_at.isoformat(),
        "refused": prepared.refused,
        "signer": prepared.signer,
        "edition": prepared.edition,
        "change": prepared.change.as_dict(),
    }


def _sound(directory: Directory) -> Directory:
    """Raises: Misconfigured with every fault of a directory that cannot be used."""
    from gateway.core.directory import check
    from gateway.core.errors import Misconfigured

    if faults := check(directory):
        raise Misconfigured(*faults)
    return directory

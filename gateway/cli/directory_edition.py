"""
`truc directory publish|editions`: sign a change of one's own part of the directory for the whole axis.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.directory import DirectoryFiles, Served, read_files, tell_change
from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import AsJson, Exit, Screen, speaking

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.core.editions import Edition
    from gateway.ports import EditionFault, EditionLine
    from gateway.store.sql import SqlStore


def publish(
    config: ConfigFile,
    files: DirectoryFiles,
    node: Served = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ký và gửi thật; không có thì chỉ xem · Do it")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="Có hiệu lực từ đầu ngày này · In force from this day"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Xem rồi công bố thay đổi danh mục cho cả trục · Show a change of the directory, then publish it.

    Nút này ký bản cập nhật bằng khóa niêm phong của mình; các nút khác tự kiểm tra rồi áp dụng. Chỉ công bố
    được đơn vị, nút thuộc nhánh của nút này · This node signs it; the others verify it and apply it. A node
    publishes what it serves and what is below it.

    \b
    truc directory publish -c node.toml danhmuc.toml
    truc directory publish -c node.toml danhmuc.toml --from 2026-07-01 --yes
    """
    with speaking(as_json) as screen:
        asyncio.run(_publish(screen, config, files, node, since, yes=yes))


def editions(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Xem các bản cập nhật danh mục đã nhận · Editions of the directory that this node holds.

    \b
    truc directory editions -c node.toml
    """
    with speaking(as_json) as screen:
        lines, faults = asyncio.run(_editions(config))
        screen.data(
            {"editions": [_line(each) for each in lines], "refused": [_fault(each) for each in faults]}
        )
        for line in lines:
            screen.line(f"{line.signer} {line.number}  {_STATE[line.state.value]}  {_from(line.valid_from)}")
            if line.refused:
                screen.line(f"    {line.refused}")
        for fault in faults:
            vi = f"{fault.signer} {fault.number}  bị từ chối, do {fault.neighbour} đưa tới"
            screen.line(f"{vi} · refused, offered by {fault.neighbour}: {fault.code}")
            screen.line(f"    {fault.detail}")
        if not lines and not faults:
            screen.line("Chưa có bản cập nhật nào · there are no editions")


_STATE = {
    "waiting": "chờ hiệu lực · waiting",
    "applied": "đã áp dụng · applied",
    "refused": "không áp dụng · refused",
}


async def _publish(
    screen: Screen, config: Path, files: list[Path], node: str, since: datetime | None, *, yes: bool
) -> None:
    from gateway.core.calendar import end_of
    from gateway.core.directory import check
    from gateway.core.directory_change import applied, difference
    from gateway.core.editions import next_edition
    from gateway.core.errors import Misconfigured
    from gateway.core.model import NodeId

    at = now()
    async with store_of(config) as (settings, store):
        before = await store.directory()
        change = difference(before, read_files(files, before, node))
        if faults := check(applied(before, change)):
            raise Misconfigured(*faults)
        signer = NodeId(settings.node.id)
        edition = None
        if change:
            held = (await store.editions_held()).get(signer)
            begins = at if since is None else end_of(since.date() - timedelta(days=1))
            edition = next_edition(before, signer, change, begins, held, at)
        is_done = False
        if edition is not None and yes:
            is_done = await _sign(settings, store, edition)
        number = edition.number if edition is not None and is_done else None
        tell_change(screen, before, change, done=is_done, signer=signer, edition=number)
        screen.line(_outcome(edition, is_done=is_done, yes=yes))
        if edition is not None and yes and not is_done:
            raise typer.Exit(Exit.LATER)


async def _sign(settings: Config, store: SqlStore, edition: Edition) -> bool:
    """Whether it is published. Raises: Misconfigured without a key; Rejected if others would refuse it."""
    from gateway.core.catalogue import EDITION_SIGNER
    from gateway.core.errors import Rejected, find
    from gateway.doors.editions import publish as sign_and_keep
    from gateway.seals import NodeSealer, seal_of
    from signing.certificates import names_of

    key, _trust = seal_of(settings, os.environ)
    named = names_of(key.certificate).common_name
    if named != edition.signer:
        raise Rejected(find(EDITION_SIGNER, node=edition.signer, signer=named))
    return await sign_and_keep(store, NodeSealer(key), edition)


def _outcome(edition: Edition | None, *, is_done: bool, yes: bool) -> str:
    if edition is None:
        return "Không có gì thay đổi · nothing changes"
    if not yes:
        return "Chưa làm gì; thêm --yes để ký và công bố · nothing was done; add --yes to sign and publish it"
    if not is_done:
        return "Vừa có bản khác được công bố, xin chạy lại · another was published just now, try again"
    named, begins = f"bản số {edition.number} của nút {edition.signer}", _from(edition.valid_from)
    vi = f"Đã công bố {named}, hiệu lực từ {begins}"
    return f"{vi} · published: edition {edition.number} of {edition.signer}"


async def _editions(config: Path) -> tuple[list[EditionLine], list[EditionFault]]:
    async with store_of(config) as (_config, store):
        return await store.editions()


def _from(at: datetime) -> str:
    from gateway.core.calendar import today

    return f"{today(at):%d/%m/%Y}"


def _line(line: EditionLine) -> dict[str, object]:
    return {
        "signer": line.signer,
        "edition": line.number,
        "state": line.state.value,
        "refused": line.refused,
        "valid_from": line.valid_from.isoformat(),
        "published_at": line.published_at.isoformat(),
        "taken_at": line.taken_at.isoformat(),
        "came_from": line.came_from,
        "sha256": line.sha256,
    }


def _fault(fault: EditionFault) -> dict[str, object]:
    return {
        "signer": fault.signer,
        "edition": fault.number,
        "neighbour": fault.neighbour,
        "code": fault.code,
        "detail": fault.detail,
        "at": fault.at.isoformat(),
        "sha256": fault.sha256,
    }

"""
`truc agency move`: an agency changes from the axis above to this node, or back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.agency import Code, served
from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import AsJson, speaking

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.core.directory import Agency, Directory
    from gateway.ports.moving import House
    from gateway.store.sql import SqlStore

WORDS = ("local", "uplink", "both")

NOW_HAPPENS = {
    "local": (
        "Văn bản gửi đơn vị được giao tại nút này; không lấy gì từ trục phía trên nữa.",
        "Letters to it are handed over at this node; nothing is fetched from the axis above any more.",
    ),
    "uplink": (
        "Văn bản gửi đơn vị đi lên trục phía trên, kể cả văn bản đang chờ tại nút này.",
        "Letters to it go to the axis above, those too that wait for it here.",
        "Riêng văn bản đã lấy từ trục phía trên về vẫn chờ tại nút này.",
        "Only what was fetched from the axis above still waits for it here.",
    ),
    "both": (
        "Văn bản gửi đơn vị được giao tại nút này; văn bản còn trên trục phía trên được nút lấy về.",
        "Letters to it are handed over at this node, which also fetches what is left on the axis above.",
        "Phần mềm của đơn vị không tự lấy từ trục phía trên nữa.",
        "Its own system fetches from the axis above no longer.",
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says; "" where it says nothing."""

    served: str
    system_id: str
    secret: str
    delivery: str


def move(
    config: ConfigFile,
    code: Code,
    where: Annotated[
        str,
        typer.Argument(metavar="local|uplink|both", help="Nơi phục vụ đơn vị · Where it is served"),
    ],
    system_id: Annotated[
        str,
        typer.Option(
            metavar="SYSTEM_ID",
            help="Mã hệ thống của đơn vị trên trục phía trên · Its own system id at the axis above",
        ),
    ] = "",
    secret: Annotated[
        str,
        typer.Option(
            envvar="TRUC_SYSTEM_SECRET",
            metavar="SECRET",
            help="Khóa bí mật của mã đó; nên đặt TRUC_SYSTEM_SECRET · Its secret; better set the variable",
        ),
    ] = "",
    delivery: Annotated[
        str,
        typer.Option(
            metavar="ADAPTER",
            help="Cách giao văn bản tại nút này, mặc định như trước · How it is reached here; as before",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Chuyển đơn vị giữa trục phía trên và nút này · Move an agency between the axis above and this node.

    local: như mọi đơn vị của nút. uplink: còn ở trục phía trên. both: giao tại đây và lấy nốt trên đó.

    Nút đang chạy nhận ngay · A running node takes it up within seconds.

    Chạy lại cũng không sao · Running it again is harmless.

    \b
    truc agency move -c node.toml 000.01.40.H14 uplink
    TRUC_SYSTEM_SECRET=... truc agency move -c node.toml 000.01.40.H14 both --system-id vxp.h14.bl
    truc agency move -c node.toml 000.01.40.H14 local
    """
    if where not in WORDS:
        raise typer.BadParameter("ghi local, uplink hoặc both · write local, uplink or both")
    with speaking(as_json) as screen:
        wanted = Wanted(where, system_id.strip(), secret, delivery.strip())
        before, agency, house = asyncio.run(_move(config, code, wanted))
        back = f"truc agency move -c {config} {agency.code} {before}"
        screen.data(
            {
                "code": agency.code,
                "served": house.served.value,
                "before": before,
                "delivery": agency.delivery,
                "system_id": house.system_id,
                "back": back,
            }
        )
        screen.line(f"{agency.code} {agency.name}: {before} → {house.served.value}")
        for sentence in NOW_HAPPENS[house.served.value]:
            screen.line(sentence)
        if before != house.served.value:
            screen.line(f"Quay lại · go back: {back}")


async def _move(file: Path, code: str, wanted: Wanted) -> tuple[str, Agency, House]:
    """What it was, and the row and settings of the agency now."""
    from gateway.ports.moving import UPLINK, House, Served

    async with store_of(file) as (config, store):
        directory = await store.directory()
        agency = served(directory, config.node.id, code)
        known = House.of((await store.ways()).get(UPLINK, {}).get(agency.code, {}))
        before = known.served.value if known is not None else _as_it_is(agency)
        house = _house(config, agency, known, wanted)
        # the settings first: they remember how the agency was reached before its row forgets it
        await store.set_way(agency.code, UPLINK, house.as_row(), now())
        if house.served is Served.UPLINK:
            row = replace(agency, delivery=UPLINK, sends_arrived=True)
        else:
            row = replace(agency, delivery=house.delivery, sends_arrived=house.sends_arrived)
        await _put(store, directory, agency, row)
        return before, row, house


def _as_it_is(agency: Agency) -> str:
    from gateway.ports.moving import UPLINK, Served

    return (Served.UPLINK if agency.delivery == UPLINK else Served.LOCAL).value


def _house(config: Config, agency: Agency, known: House | None, wanted: Wanted) -> House:
    """What shall be set. Raises: Misconfigured for what is missing."""
    from gateway.core.catalogue import CONFIG_BAD_VALUE
    from gateway.core.errors import Misconfigured, find
    from gateway.ports.moving import UPLINK, House, Served
    from gateway.vault import FileVault

    if wanted.served != Served.LOCAL and not config.uplink.endpoint:
        detail = "chưa đặt địa chỉ trục phía trên · the axis above has no address"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key="uplink.endpoint", detail=detail))
    house = known or House(served=Served(wanted.served), sends_arrived=agency.sends_arrived)
    if agency.delivery != UPLINK:  # an operator may have changed it since the last move
        house = replace(house, delivery=agency.delivery, sends_arrived=agency.sends_arrived)
    house = replace(
        house,
        served=Served(wanted.served),
        system_id=wanted.system_id or house.system_id,
        delivery=wanted.delivery or house.delivery,
    )
    if wanted.secret:
        sealed = FileVault(config.secrets_key).seal(wanted.secret)
        house = replace(house, sealed_secret=sealed)
    if house.served is Served.BOTH and not house.has_system:
        detail = "cần --system-id và TRUC_SYSTEM_SECRET của đơn vị · its system id and secret are needed"
        raise Misconfigured(find(CONFIG_BAD_VALUE, key=f"{agency.code}: system_id", detail=detail))
    return house


async def _put(store: SqlStore, directory: Directory, former: Agency, row: Agency) -> None:
    """Replace one row. Raises: Misconfigured if the directory would be unsound."""
    from gateway.core.directory import check
    from gateway.core.errors import Misconfigured

    if row == former:
        return
    version = directory.version + 1
    rows = tuple(
        replace(row, version=version) if each.code == row.code else each for each in directory.agency_rows
    )
    changed = replace(directory, version=version, agency_rows=rows)
    if faults := check(changed):
        raise Misconfigured(*faults)
    await store.set_directory(changed, now())

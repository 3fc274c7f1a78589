"""
`truc uplink`: the axis above this node.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opened import ConfigFile, settings_of, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Exit, Screen, speaking, told

if TYPE_CHECKING:
    from gateway.client.vxp_check import Checkup
    from gateway.config import Config

app = typer.Typer(no_args_is_help=True, help="Trục phía trên, ví dụ Trục quốc gia · The axis above this node")

WORDS = {
    "fine": ("Nối được, khóa đúng.", "It answers, and knows the key."),
    "wrong-key": (
        "Trục không nhận mã hệ thống hoặc khóa bí mật này.",
        "The axis does not know this system id or secret.",
    ),
    "wrong-clock": (
        "Trục không nhận chữ ký, và giờ máy này lệch với giờ của trục: chỉnh giờ trước, rồi kiểm tra khóa.",
        "The axis refuses the signature, and this clock is off: set it right first, then check the key.",
    ),
    "refused": ("Trục từ chối yêu cầu.", "The axis refuses what was asked."),
    "not-vxp": (
        "Địa chỉ này có máy chủ trả lời, nhưng không phải dịch vụ VXP: kiểm tra phần đường dẫn của địa chỉ.",
        "A server answers at this address, but none of VXP: check the path of the address.",
    ),
    "unreachable": (
        "Không nối được tới địa chỉ này: kiểm tra tên máy, cổng, tường lửa và đường truyền.",
        "Nothing can be reached at this address: check host name, port, firewall and line.",
    ),
    "faulty": (
        "Trục có trả lời nhưng đang lỗi: thử lại sau, nếu kéo dài thì báo đơn vị vận hành trục.",
        "The axis answers, but has a fault: try later; if it lasts, tell those who run it.",
    ),
}


@app.callback()
def uplink() -> None:
    """Trục phía trên, ví dụ Trục quốc gia · The axis above this node, such as the national one."""


@app.command(epilog=EXIT_CODES)
def check(
    config: ConfigFile,
    agency: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="Kiểm tra mã hệ thống của một đơn vị đang chuyển · The system of an agency that moves",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Kiểm tra kết nối tới trục phía trên · Check the line to the axis above.

    Chỉ hỏi số lượng, không lấy và không đổi gì · Only counts are asked for; nothing is fetched or changed.

    \b
    truc uplink check -c node.toml
    truc uplink check -c node.toml --agency 000.01.40.H14 --json
    """
    with speaking(as_json) as screen:
        settings = settings_of(config)
        system_id, secret = asyncio.run(_moving(config, agency)) if agency else _own(settings)
        endpoint = settings.uplink.endpoint
        found = asyncio.run(_check(endpoint, system_id, secret))
        _tell(screen, endpoint, system_id, found)
    if found.condition.value != "fine":
        later = found.condition.value in ("unreachable", "faulty")
        raise typer.Exit(Exit.LATER if later else Exit.FAILED)


async def _check(endpoint: str, system_id: str, secret: str) -> Checkup:
    from gateway.client.vxp_check import check_axis

    return await check_axis(endpoint, system_id, secret)


def _own(config: Config) -> tuple[str, str]:
    """System id and secret of the node. Raises: Misconfigured"""
    from gateway.core.catalogue import CONFIG_BAD_VALUE
    from gateway.core.errors import Misconfigured, find

    system_id, secret = config.uplink.system_id, config.uplink.secret
    for key, value in (("endpoint", config.uplink.endpoint), ("system_id", system_id), ("secret", secret)):
        if not value:
            detail = "chưa đặt · it is not set"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key=f"uplink.{key}", detail=detail))
    assert secret is not None, "looked at above"
    return system_id, secret.read(os.environ)


async def _moving(file: Path, code: str) -> tuple[str, str]:
    """System id and secret of an agency that moves. Raises: Rejected, Misconfigured"""
    from gateway.cli.agency import served
    from gateway.core.catalogue import CONFIG_BAD_VALUE
    from gateway.core.errors import Misconfigured, find
    from gateway.ports.moving import UPLINK, House
    from gateway.vault import FileVault

    async with store_of(file) as (config, store):
        agency = served(await store.directory(), config.node.id, code)
        house = House.of((await store.ways()).get(UPLINK, {}).get(agency.code, {}))
        if house is None or not house.has_system:
            detail = "chưa đặt, xem truc agency move · it is not set, see truc agency move"
            raise Misconfigured(find(CONFIG_BAD_VALUE, key=f"{agency.code}: system_id", detail=detail))
        return house.system_id, FileVault(config.secrets_key).open(house.sealed_secret)


def _tell(screen: Screen, endpoint: str, system_id: str, found: Checkup) -> None:
    vi, en = WORDS[found.condition.value]
    screen.data(
        {
            "endpoint": endpoint,
            "system_id": system_id,
            "condition": found.condition.value,
            "vi": vi,
            "en": en,
            "documents": found.documents,
            "statuses": found.statuses,
            "agencies": found.agencies,
            "clock_ahead_seconds": None if found.ahead is None else round(found.ahead),
            "finding": None if found.finding is None else found.finding.as_dict(),
        }
    )
    screen.line(f"{endpoint}  systemid = {system_id}")
    screen.line(f"{vi} · {en}")
    if found.documents is not None:
        screen.line(f"Văn bản chờ · documents waiting: {found.documents}")
        screen.line(f"Trạng thái chờ · statuses waiting: {found.statuses}")
        screen.line(f"Đơn vị trên trục · agencies of the axis: {found.agencies}")
    if found.ahead is not None:
        screen.line(f"Giờ máy này nhanh hơn · this clock is ahead by: {found.ahead:.0f} s")
    if found.finding is not None:
        for text in told(found.finding):
            screen.line(text)

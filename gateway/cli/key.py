"""
`truc key`: access keys, and the secrets of systems that speak the national axis' protocol.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.agency import served
from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, Screen, speaking

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.keys import NewSystem
    from gateway.ports import Credential
    from gateway.vault import FileVault

app = typer.Typer(no_args_is_help=True, help="Khóa truy cập và mã hệ thống · Access keys and system ids")

KeyId = Annotated[
    str, typer.Argument(metavar="KEY_ID", help="Mã khóa trong truc key list · Id in truc key list")
]
Label = Annotated[str, typer.Option(help="Tên gợi nhớ, ví dụ phần mềm dùng khóa · What the key is for")]
Certificate = Annotated[
    str,
    typer.Option(
        metavar="SHA256", help="Chỉ dùng được cùng chứng thư này · Usable only with this client certificate"
    ),
]
KEEP = "Hãy cất ngay, chỉ hiện một lần · Keep it safe now, it is shown only once"


@app.command("list", epilog=EXIT_CODES)
def list_keys(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Liệt kê khóa và mã hệ thống · List keys and system ids.

    \b
    truc key list -c node.toml
    """
    with speaking(as_json) as screen:
        keys = asyncio.run(_list(config))
        screen.data({"keys": [_told(key) for key in keys]})
        screen.table(
            ("mã khóa · key id", "tên · label", "mã hệ thống · system id", "đơn vị · agencies", ""),
            [
                (k.key_id, k.label, k.system_id or "—", ", ".join(sorted(k.agencies)), _standing(k))
                for k in keys
            ],
        )


async def _list(file: Path) -> list[Credential]:
    async with store_of(file) as (_, store):
        return await store.credentials()


def _told(key: Credential) -> dict[str, Any]:
    """All that may be told of a credential: nothing by which it could be used."""
    return {
        "key_id": key.key_id,
        "label": key.label,
        "system_id": key.system_id,
        "agencies": sorted(key.agencies),
        "locked": key.locked,
        "operator": key.is_operator,
        "may_register": key.may_register,
        "certificate": key.certificate,
        "ends_at": key.ends_at.isoformat() if key.ends_at else None,
    }


def _standing(key: Credential) -> str:
    told = ["đã khóa · locked"] if key.locked else []
    if key.has_ended(now()):
        told.append("đã hết hạn · ended")
    elif key.ends_at is not None:
        told.append(f"hết hạn · ends {key.ends_at:%Y-%m-%d %H:%M} UTC")
    told += ["quản trị · operator"] if key.is_operator else []
    return ", ".join(told)


@app.command("new", epilog=EXIT_CODES)
def new(
    config: ConfigFile,
    codes: Annotated[
        list[str] | None,
        typer.Argument(metavar="CODE…", help="Một hay nhiều đơn vị dùng chung khóa · Agencies of the key"),
    ] = None,
    label: Label = "",
    operator: Annotated[
        bool, typer.Option("--operator", help="Khóa của người quản trị nút · A key of the node's operator")
    ] = False,
    certificate: Certificate = "",
    as_json: AsJson = False,
) -> None:
    """
    Cấp khóa cho /v1 · Make an access key for /v1.

    Khóa chỉ hiện một lần · It is shown only once.

    \b
    truc key new -c node.toml 000.01.40.H14 --label "QLVB huyện"
    truc key new -c node.toml --operator --label "giám sát"
    """
    if not codes and not operator:
        raise typer.BadParameter("cần CODE hoặc --operator · CODE or --operator is needed")
    with speaking(as_json) as screen:
        wanted = _wanted(label, certificate, operator=operator)
        made, key = asyncio.run(_new(config, codes or [], wanted))
        screen.data({"key": key, **_told(made)})
        _show(screen, made, key)


def _wanted(label: str, certificate: str, *, operator: bool) -> Credential:
    from gateway.ports import Credential

    return Credential("", label, frozenset(), is_operator=operator, certificate=certificate.lower())


async def _new(file: Path, codes: list[str], wanted: Credential) -> tuple[Credential, str]:
    from gateway.keys import issue

    async with store_of(file) as (config, store):
        directory = await store.directory()
        agencies = [served(directory, config.node.id, code) for code in codes]
        label = wanted.label or (agencies[0].name if agencies else "operator")
        return await issue(
            store, replace(wanted, label=label, agencies=frozenset(a.code for a in agencies)), now()
        )


@app.command("system", epilog=EXIT_CODES)
def system(
    config: ConfigFile,
    system_id: Annotated[
        str,
        typer.Argument(metavar="SYSTEM_ID", help="Mã hệ thống, ví dụ vxp.h14.qlvb · Such as vxp.h14.qlvb"),
    ],
    codes: Annotated[
        list[str],
        typer.Argument(metavar="CODE…", help="Các đơn vị của hệ thống · The agencies of the system"),
    ],
    label: Label = "",
    secret: Annotated[
        str,
        typer.Option(
            envvar="TRUC_SYSTEM_SECRET",
            metavar="SECRET",
            help="Khóa bí mật đang dùng, nếu giữ nguyên · The secret it has already, to keep it",
        ),
    ] = "",
    may_register: Annotated[
        bool,
        typer.Option(
            "--may-register", help="Được đăng ký đơn vị cấp dưới · May register agencies below its own"
        ),
    ] = False,
    certificate: Certificate = "",
    as_json: AsJson = False,
) -> None:
    """
    Cấp mã hệ thống và khóa bí mật cho SDK · Give a system id and a secret for the SDK.

    \b
    truc key system -c node.toml vxp.h14.qlvb 000.00.00.H14 000.00.13.H14 --label "QLVB tỉnh"
    """
    from gateway.core.model import AgencyCode
    from gateway.keys import NewSystem

    with speaking(as_json) as screen:
        wanted = NewSystem(
            system_id=system_id,
            label=label or system_id,
            agencies=frozenset(map(AgencyCode, codes)),
            may_register=may_register,
            certificate=certificate.lower(),
            secret=secret,
        )
        made, given = asyncio.run(_system(config, wanted))
        screen.data({"secret": given, **_told(made)})
        _show(screen, made, given)


async def _system(file: Path, wanted: NewSystem) -> tuple[Credential, str]:
    from gateway.keys import issue_system

    async with store_of(file) as (config, store):
        directory = await store.directory()
        agencies = frozenset(served(directory, config.node.id, code).code for code in wanted.agencies)
        return await issue_system(store, _vault(config), replace(wanted, agencies=agencies), now())


def _vault(config: Config) -> FileVault:
    from gateway.vault import FileVault

    return FileVault(config.secrets_key)


def _show(screen: Screen, credential: Credential, secret: str) -> None:
    if credential.system_id:
        screen.line(f"systemid = {credential.system_id}")
        screen.line(f"secret = {secret}")
    else:
        screen.line(secret)
    screen.note(KEEP)


@app.command(epilog=EXIT_CODES)
def rotate(
    config: ConfigFile,
    key_id: KeyId,
    overlap: Annotated[
        float, typer.Option(min=0, max=90, help="Khóa cũ còn dùng được mấy ngày · Days the old one lives on")
    ] = 7.0,
    as_json: AsJson = False,
) -> None:
    """
    Đổi khóa không gián đoạn · Change a key without a pause.

    Khóa cũ và khóa mới cùng dùng được trong thời gian chuyển · Both live for the overlap.

    \b
    truc key rotate -c node.toml 3f9c1d2e4a5b --overlap 14
    """
    with speaking(as_json) as screen:
        made, secret = asyncio.run(_rotate(config, key_id, timedelta(days=overlap)))
        screen.data({"secret" if made.system_id else "key": secret, **_told(made)})
        _show(screen, made, secret)


async def _rotate(file: Path, key_id: str, overlap: timedelta) -> tuple[Credential, str]:
    from gateway import keys

    async with store_of(file) as (config, store):
        old = await keys.named(store, key_id)
        return await keys.rotate(store, _vault(config), old, now(), overlap)


@app.command(epilog=EXIT_CODES)
def lock(
    config: ConfigFile,
    key_id: KeyId,
    unlock: Annotated[bool, typer.Option("--unlock", help="Mở khóa lại · Unlock it again")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Khóa một khóa truy cập hay mã hệ thống · Lock a key or a system id.

    \b
    truc key lock -c node.toml 3f9c1d2e4a5b
    truc key lock -c node.toml 3f9c1d2e4a5b --unlock
    """
    with speaking(as_json) as screen:
        changed = asyncio.run(_lock(config, key_id, locked=not unlock))
        screen.data(_told(changed))
        screen.line(f"{'Đã mở khóa · unlocked' if unlock else 'Đã khóa · locked'}: {key_id} {changed.label}")


async def _lock(file: Path, key_id: str, *, locked: bool) -> Credential:
    from gateway import keys

    async with store_of(file) as (_, store):
        return await keys.set_locked(store, await keys.named(store, key_id), locked, now())

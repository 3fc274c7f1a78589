"""
`truc console account`: the first account, and help for whoever is locked out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gateway.cli.opened import ConfigFile, now, store_of
from gateway.cli.screen import EXIT_CODES, AsJson, speaking

if TYPE_CHECKING:
    from gateway.accounts.desk import AccountDesk
    from gateway.core.directory import Directory
    from gateway.ports import Act

app = typer.Typer(no_args_is_help=True, help="Bảng điều khiển · The console")
account = typer.Typer(no_args_is_help=True, help="Tài khoản của người dùng · Accounts of people")
app.add_typer(account, name="account")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Tên đăng nhập · Name of the account")]
BY = "truc console"
KEEP = (
    "Trao tận tay, lần đăng nhập đầu phải đổi; chỉ hiện một lần"
    " · Hand it over in person, it must be changed at the first login; it is shown only once"
)
T = TypeVar("T")


async def _at_the_desk(file: Path, work: Callable[[AccountDesk, Directory], Awaitable[T]]) -> T:
    from gateway.accounts.desk import AccountDesk
    from gateway.clock import SystemClock
    from gateway.core.model import NodeId
    from gateway.ports import LockOut
    from gateway.vault import FileVault

    async with store_of(file) as (config, store):
        lock_out = LockOut(config.console.lock_after, config.console.lock_for)
        node = NodeId(config.node.id)
        desk = AccountDesk(node, store, FileVault(config.secrets_key), SystemClock(), lock_out)
        return await work(desk, await store.directory())


def _act(event: str) -> Act:
    from gateway.ports import Act

    return Act(event=f"console.{event}", by=BY, at=now())


@account.command("add", epilog=EXIT_CODES)
def add(
    config: ConfigFile,
    name: Name,
    role: Annotated[
        str,
        typer.Option(help="viewer, operator, administrator, auditor, agency"),
    ] = "viewer",
    agency: Annotated[
        str, typer.Option(metavar="CODE", help="Đơn vị của người dùng đơn vị · Agency of an agency's user")
    ] = "",
    full_name: Annotated[str, typer.Option(help="Họ và tên · Full name")] = "",
    content: Annotated[
        bool, typer.Option("--content", help="Được xem nội dung văn bản · May open the content of letters")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Thêm tài khoản · Add an account; its password is shown once.

    \b
    truc console account add -c node.toml lan.nguyen --role administrator
    truc console account add -c node.toml vanthu --role agency --agency 000.01.40.H14
    """
    from gateway.core.model import AgencyCode
    from gateway.ports import Account, Role

    if role not in list(Role):
        raise typer.BadParameter(f"--role: {', '.join(Role)}")
    with speaking(as_json) as screen:
        wanted = Account(
            name=name,
            role=Role(role),
            full_name=full_name,
            agency=AgencyCode(agency) if agency else None,
            reads_content=content,
        )
        password = asyncio.run(
            _at_the_desk(config, lambda desk, known: desk.add(wanted, _act("account_add"), known))
        )
        screen.data({"name": name.lower(), "role": role, "password": password})
        screen.line(password)
        screen.note(KEEP)


@account.command("list", epilog=EXIT_CODES)
def list_accounts(config: ConfigFile, as_json: AsJson = False) -> None:
    """
    Liệt kê tài khoản · List accounts.

    \b
    truc console account list -c node.toml
    """
    with speaking(as_json) as screen:
        found = asyncio.run(_at_the_desk(config, lambda desk, _: _all(desk)))
        screen.data({"accounts": found})
        screen.table(
            ("tên · name", "vai trò · role", "đơn vị · agency", "họ tên · full name", ""),
            [(a["name"], a["role"], a["agency"] or "—", a["full_name"], _standing(a)) for a in found],
        )


async def _all(desk: AccountDesk) -> list[dict[str, Any]]:
    from gateway.accounts.desk import told_of

    at = now()
    waits = await desk.book.login_waits(at)
    return [told_of(each, at, waits) for each in await desk.book.accounts()]


def _standing(told: dict[str, Any]) -> str:
    signs = {
        "locked": "đã khóa · locked",
        "waits": "nơi lạ: đang chờ · new places: wait",
        "one_time_codes": "mã một lần · one-time codes",
        "openid": "OpenID",
        "reads_content": "xem nội dung · content",
    }
    waits = [f"{place or '—'}: đang chờ · waits" for place in told["waits_at"]]
    return ", ".join([*(words for key, words in signs.items() if told[key]), *waits])


@account.command("lock", epilog=EXIT_CODES)
def lock(config: ConfigFile, name: Name, as_json: AsJson = False) -> None:
    """
    Khóa tài khoản và kết thúc các phiên · Lock an account and end its sessions.

    \b
    truc console account lock -c node.toml lan.nguyen
    """
    _set_locked(config, name, locked=True, as_json=as_json)


@account.command("unlock", epilog=EXIT_CODES)
def unlock(config: ConfigFile, name: Name, as_json: AsJson = False) -> None:
    """
    Mở lại tài khoản · Open an account again, also one that waits after wrong tries.

    \b
    truc console account unlock -c node.toml lan.nguyen
    """
    _set_locked(config, name, locked=False, as_json=as_json)


def _set_locked(config: Path, name: str, *, locked: bool, as_json: bool) -> None:
    event = "account_lock" if locked else "account_unlock"
    with speaking(as_json) as screen:
        asyncio.run(_at_the_desk(config, lambda desk, _: desk.set_locked(name, locked, _act(event))))
        screen.data({"name": name.lower(), "locked": locked})
        screen.line(f"{'Đã khóa · locked' if locked else 'Đã mở lại · unlocked'}: {name.lower()}")


@account.command("reset", epilog=EXIT_CODES)
def reset(config: ConfigFile, name: Name, as_json: AsJson = False) -> None:
    """
    Cấp mật khẩu mới · A new password; the old one and all sessions end.

    \b
    truc console account reset -c node.toml lan.nguyen
    """
    with speaking(as_json) as screen:
        password = asyncio.run(_at_the_desk(config, lambda desk, _: desk.reset(name, _act("account_reset"))))
        screen.data({"name": name.lower(), "password": password})
        screen.line(password)
        screen.note(KEEP)


@account.command("totp", epilog=EXIT_CODES)
def totp(config: ConfigFile, name: Name, as_json: AsJson = False) -> None:
    """
    Bỏ mã một lần của tài khoản (mất điện thoại) · Forget the one-time codes of an account (telephone lost).

    \b
    truc console account totp -c node.toml lan.nguyen
    """
    with speaking(as_json) as screen:
        asyncio.run(_at_the_desk(config, lambda desk, _: desk.forget_totp(name, _act("account_totp"))))
        screen.data({"name": name.lower()})
        screen.line(f"Đã bỏ mã một lần · one-time codes forgotten: {name.lower()}")

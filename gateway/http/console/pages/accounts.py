"""
Accounts of this node: who may come in, and as what. For administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.core.model import AgencyCode
from gateway.http.console.declared import ADMINISTRATORS, ROOT, Action, Chapter, Done, Leaf, Page, Shown
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import said
from gateway.ports import Account, LoginWait, Role

PATH = f"{ROOT}/accounts"
CHANGED = said("Đã lưu tài khoản %(name)s.")
LOCKED = said("Đã khóa tài khoản %(name)s và kết thúc các phiên của tài khoản đó.")
UNLOCKED = said("Đã mở lại tài khoản %(name)s.")
CODES_FORGOTTEN = said("Đã bỏ mã một lần của %(name)s; lần đăng nhập sau phải đặt lại nếu vai trò yêu cầu.")


async def open_accounts(view: View) -> Mapping[str, Any]:
    """All accounts, and where who has to wait."""
    now = view.around.clock.now()
    waits: dict[str, list[LoginWait]] = {}
    for wait in await view.store.login_waits(now):
        waits.setdefault(wait.account, []).append(wait)
    return {"accounts": await view.store.accounts(), "waits": waits, "now": now}


async def open_new(view: View) -> Mapping[str, Any]:
    """The form for a new one."""
    return {"account": None, "waits": ()}


async def open_one(view: View) -> Mapping[str, Any]:
    """One account, to be changed."""
    account = await view.desk.named(view.request.match_info["name"])
    waits = await view.store.login_waits(view.around.clock.now())
    return {"account": account, "waits": [wait for wait in waits if wait.account == account.name]}


def _wanted(form: Form, name: str) -> Account:
    role = form.choice("role", Role)
    agency = form.text("agency", most=64, least=1 if role is Role.AGENCY else 0)
    full_name = form.text("full_name", most=200)
    reads_content = form.flag("reads_content")
    form.check()
    return Account(
        name=name,
        role=role,
        full_name=full_name,
        agency=AgencyCode(agency) if agency else None,
        reads_content=reads_content,
    )


async def add(view: View, form: Form) -> Shown:
    """A new account; its first password is shown this once."""
    name = form.text("name", least=2, most=64)
    wanted = _wanted(form, name)
    password = await view.desk.add(wanted, view.act(), view.around.directory)
    return Shown("account_password.html", {"name": name.lower(), "password": password})


async def change(view: View, form: Form) -> Done:
    """Role, agency, name, right to content."""
    name = view.request.match_info["name"]
    await view.desk.change(_wanted(form, name), view.act(), view.around.directory)
    return Done(PATH, CHANGED, {"name": name})


async def lock(view: View, form: Form) -> Done:
    """Lock it."""
    name = view.request.match_info["name"]
    await view.desk.set_locked(name, True, view.act())
    return Done(PATH, LOCKED, {"name": name})


async def unlock(view: View, form: Form) -> Done:
    """Open it again, also one that waits after wrong tries."""
    name = view.request.match_info["name"]
    await view.desk.set_locked(name, False, view.act())
    return Done(PATH, UNLOCKED, {"name": name})


async def reset(view: View, form: Form) -> Shown:
    """A new password, shown this once."""
    name = view.request.match_info["name"]
    password = await view.desk.reset(name, view.act())
    return Shown("account_password.html", {"name": name, "password": password})


async def forget_totp(view: View, form: Form) -> Done:
    """The telephone is lost."""
    name = view.request.match_info["name"]
    await view.desk.forget_totp(name, view.act())
    return Done(PATH, CODES_FORGOTTEN, {"name": name})


ACCOUNTS = Page(
    path=PATH,
    name="accounts",
    title=said("Tài khoản"),
    template="accounts.html",
    handler=open_accounts,
    roles=ADMINISTRATORS,
    chapter=Chapter.ACCOUNTS,
)
NEW = Page(
    path=f"{PATH}/new",
    name="account_new",
    title=said("Thêm tài khoản"),
    template="account_form.html",
    handler=open_new,
    roles=ADMINISTRATORS,
    chapter=Chapter.ACCOUNTS,
    in_menu=False,
)
ONE = Page(
    path=f"{PATH}/{{name}}",
    name="account_one",
    title=said("Sửa tài khoản"),
    template="account_form.html",
    handler=open_one,
    roles=ADMINISTRATORS,
    chapter=Chapter.ACCOUNTS,
    in_menu=False,
)


def _of_one(name: str, last: str, handler: Any) -> Action:
    return Action(
        path=f"{ONE.path}{last}",
        name=name,
        handler=handler,
        page=ONE,
        roles=ADMINISTRATORS,
        journals_itself=True,
    )


LEAF = Leaf(
    pages=(ACCOUNTS, NEW, ONE),
    actions=(
        Action(
            path=NEW.path,
            name="account_add",
            handler=add,
            page=NEW,
            roles=ADMINISTRATORS,
            journals_itself=True,
        ),
        _of_one("account_change", "", change),
        _of_one("account_lock", "/lock", lock),
        _of_one("account_unlock", "/unlock", unlock),
        _of_one("account_reset", "/reset", reset),
        _of_one("account_totp", "/totp", forget_totp),
    ),
)

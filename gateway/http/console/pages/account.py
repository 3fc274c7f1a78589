"""
One's own account: password, one-time codes, sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import segno

from gateway.accounts import totp
from gateway.core.catalogue import UNKNOWN_ACCOUNT
from gateway.core.errors import Rejected, find
from gateway.http.console.declared import EVERYBODY, ROOT, Action, Done, Leaf, Owed, Page
from gateway.http.console.forms import Form
from gateway.http.console.rendering import trusted
from gateway.http.console.view import View
from gateway.http.console.words import said

PATH = f"{ROOT}/account"
DIFFERENT = said("Hai lần gõ không giống nhau.")
PASSWORD_CHANGED = said("Đã đổi mật khẩu; các phiên khác của bạn đã kết thúc.")
CODES_ON = said("Đã bật mã một lần. Từ nay mỗi lần đăng nhập cần mã trên điện thoại.")
SESSION_ENDED = said("Đã kết thúc phiên đó.")


async def open_account(view: View) -> Mapping[str, Any]:
    """What is known of one's account, and where it is logged in."""
    return {"sessions": await view.store.sessions(view.account.name)}


async def open_password(view: View) -> Mapping[str, Any]:
    """The form for another password."""
    return {"must_change": view.account.must_change}


async def change_password(view: View, form: Form) -> Done:
    """Another password, typed twice."""
    old, new, again = form.secret("old"), form.secret("password"), form.secret("again")
    if new != again:
        form.fault("again", DIFFERENT)
    form.check()
    await view.desk.change_password(view.account, old, new, view.session.digest, view.act())
    return Done(PATH, PASSWORD_CHANGED)


async def open_totp(view: View) -> Mapping[str, Any]:
    """The secret as a QR code and in letters; it stays the same for this session until it is confirmed."""
    secret = await view.desk.show_totp(view.account, view.session.digest, view.act("totp_shown"))
    address = totp.address_of(secret, view.account.name, f"Truc {view.around.node}")
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=3)
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"drawing": trusted(drawn), "secret": groups, "has_codes": bool(view.account.sealed_totp)}


async def confirm_totp(view: View, form: Form) -> Done:
    """A code of the app proves that it has the secret."""
    code = form.text("code", least=1, most=20)
    form.check()
    view.entrance.check_tries(view.request)
    present = form.text("present", most=20)
    await view.desk.confirm_totp(view.account, view.session.digest, code, present, view.act())
    return Done(PATH, CODES_ON)


async def end_session(view: View, form: Form) -> Done:
    """End another session of one's own."""
    digest = form.text("session", least=1, most=64)
    form.check()
    if digest not in {each.digest for each in await view.store.sessions(view.account.name)}:
        raise Rejected(find(UNKNOWN_ACCOUNT, name=view.account.name))
    await view.store.end_sessions(view.account.name, {digest}, view.act())
    return Done(PATH, SESSION_ENDED)


ACCOUNT = Page(
    path=PATH,
    name="account",
    title=said("Tài khoản của tôi"),
    template="account.html",
    handler=open_account,
    roles=EVERYBODY,
)
PASSWORD = Page(
    path=Owed.PASSWORD.value,
    name="password",
    title=said("Đổi mật khẩu"),
    template="password.html",
    handler=open_password,
    roles=EVERYBODY,
    settles=Owed.PASSWORD,
)
TOTP = Page(
    path=Owed.TOTP.value,
    name="totp",
    title=said("Mã một lần"),
    template="totp.html",
    handler=open_totp,
    roles=EVERYBODY,
    settles=Owed.TOTP,
)
LEAF = Leaf(
    pages=(ACCOUNT, PASSWORD, TOTP),
    actions=(
        Action(
            path=PASSWORD.path,
            name="password_change",
            handler=change_password,
            page=PASSWORD,
            roles=EVERYBODY,
            journals_itself=True,
            settles=Owed.PASSWORD,
        ),
        Action(
            path=TOTP.path,
            name="totp_on",
            handler=confirm_totp,
            page=TOTP,
            roles=EVERYBODY,
            journals_itself=True,
            settles=Owed.TOTP,
        ),
        Action(
            path=f"{PATH}/sessions/end",
            name="session_end",
            handler=end_session,
            page=ACCOUNT,
            roles=EVERYBODY,
            journals_itself=True,
        ),
    ),
)

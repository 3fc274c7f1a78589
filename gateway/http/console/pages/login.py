"""
Logging in: name and password, then the one-time code; and logging out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.http.console.declared import EVERYBODY, ROOT, Action, Leaf, Owed, Page
from gateway.http.console.entrance import go_to, within
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import said


async def open_login(view: View) -> Mapping[str, Any] | web.StreamResponse:
    """The form; whoever is in already goes on."""
    to = within(view.query("to"))
    if view.known is not None and view.known.owes() is None:
        return go_to(to)
    label = view.around.oidc.label if view.around.oidc.issuer else ""
    return {"to": to, "has_openid": bool(view.around.oidc.issuer), "openid_label": label}


async def log_in(view: View, form: Form) -> web.StreamResponse:
    """Name and password."""
    name, password = form.text("name", least=1, most=64), form.secret("password")
    form.check()
    view.entrance.check_tries(view.request)
    made = await view.desk.log_in(name, password, view.entrance.visitor(view.request))
    response = go_to(Owed.CODE.value if made.session.needs_code else within(view.query("to")))
    view.entrance.begin(response, made)
    return response


async def open_code(view: View) -> Mapping[str, Any] | web.StreamResponse:
    """The form for the one-time code."""
    return {} if view.session.needs_code else go_to(f"{ROOT}/")


async def show_code(view: View, form: Form) -> web.StreamResponse:
    """The one-time code; the session gets another token."""
    code = form.text("code", least=1, most=20)
    form.check()
    made = await view.desk.show_code(view.session, code, view.entrance.visitor(view.request))
    response = go_to(f"{ROOT}/")
    view.entrance.begin(response, made)
    return response


async def log_out(view: View, form: Form) -> web.StreamResponse:
    """End this session."""
    response = go_to(f"{ROOT}/login")
    if view.known is not None:
        await view.entrance.end(response, view.known, view.act())
    return response


LOGIN = Page(
    path=f"{ROOT}/login",
    name="login",
    title=said("Đăng nhập"),
    template="login.html",
    handler=open_login,
    roles=None,
)
CODE = Page(
    path=Owed.CODE.value,
    name="code",
    title=said("Mã một lần"),
    template="code.html",
    handler=open_code,
    roles=EVERYBODY,
    settles=Owed.CODE,
)
LEAF = Leaf(
    pages=(LOGIN, CODE),
    actions=(
        Action(path=LOGIN.path, name="login", handler=log_in, page=LOGIN, roles=None, journals_itself=True),
        Action(
            path=CODE.path,
            name="code",
            handler=show_code,
            page=CODE,
            roles=EVERYBODY,
            journals_itself=True,
            settles=Owed.CODE,
        ),
        Action(
            path=f"{ROOT}/logout",
            name="logout",
            handler=log_out,
            page=LOGIN,
            roles=None,
            journals_itself=True,
        ),
    ),
)

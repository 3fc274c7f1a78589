"""
Logging in at the provider that other systems of the province use too.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.core.catalogue import NO_SUCH_PAGE, OPENID_REFUSED
from gateway.core.errors import Misconfigured, Rejected, find
from gateway.http.console.declared import ROOT, Leaf, Owed, Page
from gateway.http.console.entrance import go_to, within
from gateway.http.console.openid import Attempt, Provider
from gateway.http.console.view import View
from gateway.http.console.words import said

COOKIE = "truc-openid"
TIME_AT_THE_PROVIDER = 600  # seconds to type a password there, look for a telephone, and come back
COME_BACK = f"{ROOT}/openid/back"


async def start(view: View) -> web.StreamResponse:
    """Off to the provider. What must come back is kept sealed in a cookie of this browser."""
    provider, come_back = await _provider(view)
    attempt = Attempt.new(within(view.query("to")))
    response = go_to(await provider.login_address(attempt, come_back))
    sealed = view.around.vault.seal(attempt.written())
    view.entrance.set_cookie(response, COOKIE, sealed, seconds=TIME_AT_THE_PROVIDER)
    return response


async def come_back(view: View) -> Mapping[str, Any] | web.StreamResponse:
    """Back from there, with a code or with a refusal."""
    provider, address = await _provider(view)
    attempt = _attempt(view)
    if not hmac.compare_digest(view.query("state").encode(), attempt.state.encode()):
        raise Rejected(find(OPENID_REFUSED, detail="state"))
    if not view.query("code"):
        raise Rejected(find(OPENID_REFUSED, detail=view.query("error")[:100]))
    identity = await provider.identify(view.query("code"), attempt, address)
    visitor = view.entrance.visitor(view.request)
    account = await view.desk.of_provider(identity.account, view.act(), view.around.directory)
    made = await view.desk.let_in(account, visitor, is_strong=identity.is_strong)
    response = go_to(Owed.CODE.value if made.session.needs_code else within(attempt.to))
    view.entrance.begin(response, made)
    response.del_cookie(COOKIE, path="/")
    return response


def _attempt(view: View) -> Attempt:
    sealed = view.request.cookies.get(COOKIE, "")
    try:
        return Attempt.read(view.around.vault.open(sealed))
    except (Misconfigured, ValueError, TypeError) as error:  # none, another node's, or somebody's rubbish
        raise Rejected(find(OPENID_REFUSED, detail="cookie")) from error


async def _provider(view: View) -> tuple[Provider, str]:
    """The provider, and where it sends people back to. Raises: Rejected (NO_SUCH_PAGE) if none is set."""
    around = view.around
    if not around.oidc.issuer:
        raise Rejected(find(NO_SUCH_PAGE))

    async def new() -> Provider:
        return Provider(around.oidc, around.environ, around.clock)

    provider: Provider = await view.lately("openid", new, seconds=3600)
    scheme = "https" if around.is_secure else "http"
    return provider, (around.settings.url or f"{scheme}://{view.request.host}") + COME_BACK


LEAF = Leaf(
    pages=(
        Page(
            path=f"{ROOT}/openid",
            name="openid",
            title=said("Đăng nhập dùng chung"),
            template="error.html",
            handler=start,
            roles=None,
        ),
        Page(
            path=COME_BACK,
            name="openid_back",
            title=said("Đăng nhập dùng chung"),
            template="error.html",
            handler=come_back,
            roles=None,
        ),
    )
)

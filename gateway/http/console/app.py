"""
The console of one node as a web application.

Layers around every page, outermost first:
    watch    request id, one log line, counters (as /v1 has them)
    answer   errors become pages; an unknown one gets an incident number
    enter    who it is: without a session to the login, with something owed to that, else the page
Then, for a form: where it comes from, its token, the line in the journal, and only then what it does.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import web

from gateway.accounts.desk import AccountDesk
from gateway.core.catalogue import (
    BAD_REQUEST,
    FORM_TOO_LARGE,
    INTERNAL,
    NO_SUCH_METHOD,
    NO_SUCH_PAGE,
    NOT_ALLOWED,
)
from gateway.core.errors import Finding, Rejected, TrucError, find
from gateway.http.console import flash
from gateway.http.console.around import Around
from gateway.http.console.book import LEAVES, menu_of
from gateway.http.console.declared import ROOT, Action, Done, Leaf, Owed, Page, Shown
from gateway.http.console.entrance import (
    LANGUAGE_COOKIE,
    LANGUAGE_KEPT,
    Entrance,
    Known,
    go_to,
    language_of,
    within,
)
from gateway.http.console.forms import Form, Misfilled
from gateway.http.console.guard import HEADERS, HSTS, TOKEN_FIELD, check_origin, check_token, form_token
from gateway.http.console.live import Live
from gateway.http.console.posted import posted
from gateway.http.console.rendering import Painter
from gateway.http.console.static_files import StaticFiles
from gateway.http.console.view import View
from gateway.http.console.words import LANGUAGES, said, words
from gateway.http.problem import status_of
from gateway.http.watch import CODES, Watch, dress, route_of
from gateway.ports import Act, Caller, LockOut
from gateway.v1.request import CALLER
from gateway.v1.transfer import LIMITS, Limits

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATIC_PATH = f"{ROOT}/static/{{name}}"
FORM_BYTES = 256 * 1024

ERROR_PAGE = Page(
    path="",
    name="error",
    title=said("Không thực hiện được"),
    template="error.html",
    handler=lambda view: _nothing(),
    roles=None,
)
OVER = said("Phiên làm việc đã kết thúc. Hãy đăng nhập lại; biểu mẫu vừa gửi chưa được thực hiện.")
LOG_IN_AGAIN = said("Phiên làm việc đã kết thúc. Hãy đăng nhập lại.")

_KNOWN: web.RequestKey[Known] = web.RequestKey("truc_console_known", Known)


async def _nothing() -> Mapping[str, Any]:
    return {}


def build_console(around: Around, leaves: Sequence[Leaf] = LEAVES) -> web.Application:
    """The application with these pages; it listens wherever the node says."""
    settings = around.settings
    lock_out = LockOut(settings.lock_after, settings.lock_for)
    desk = AccountDesk(around.node, around.store, around.vault, around.clock, lock_out)
    return _Console(around, desk, leaves).app()


class _Console:
    """The layers, and the way from a request to a page."""

    def __init__(self, around: Around, desk: AccountDesk, leaves: Sequence[Leaf]) -> None:
        self._around, self._desk, self._leaves = around, desk, leaves
        self._watch = Watch(around.log, around.metrics)
        self._entrance = Entrance(around)
        self._static = StaticFiles()
        self._painter = Painter(self._static, around.node)
        fragments = [fragment for leaf in leaves for fragment in leaf.fragments]
        self._live = Live(around, self._entrance, self._painter, fragments, self._view)
        self._settling: dict[tuple[str, str], Owed | None] = {}
        own = ("/", ROOT, f"{ROOT}/language/{{name}}")
        self._is_open = {("GET", path) for path in own}

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=(self.watch, self.answer, self.enter), client_max_size=FORM_BYTES)
        app[LIMITS] = Limits(
            json_bytes=FORM_BYTES,
            document_bytes=self._around.document_bytes,
            connections_per_address=128,
        )
        app.on_response_prepare.append(self._dress)
        app.on_shutdown.append(self._live.close)
        router = app.router
        router.add_get(STATIC_PATH, self._static.serve)
        router.add_get(f"{ROOT}/language/{{name}}", self._choose_language)
        router.add_get(f"{ROOT}/events", self._live.serve)
        router.add_get("/", _to_the_first_page)
        router.add_get(ROOT, _to_the_first_page)
        for leaf in self._leaves:
            for page in leaf.pages:
                router.add_get(page.path, self._opening(page))
                self._register("GET", page.path, page.settles, is_open=page.roles is None)
            for action in leaf.actions:
                router.add_post(action.path, self._doing(action))
                self._register("POST", action.path, action.settles, is_open=action.roles is None)
        return app

    def _register(self, method: str, path: str, settles: Owed | None, *, is_open: bool) -> None:
        self._settling[method, path] = settles
        if is_open:
            self._is_open.add((method, path))

    # --- the layers ------------------------------------------------------------------------------

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status = self._watch.begin(request), 0
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            self._watch.end(request, status, began)

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except TrucError as error:
            request[CODES] = tuple(sorted({finding.code for finding in error.findings}))
            if request.writer.output_size > 0:
                raise ConnectionResetError("broken off in the middle of an answer") from error
            return await self._tell(request, error.findings, status_of(error))
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return await self._tell(request, (_finding_of(request, error.status),), error.status)
        except ConnectionError:
            raise  # the client has gone: nobody is left to answer
        except Exception as error:
            incident = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}".upper()
            self._around.log.exception("internal.error", incident=incident, route=route_of(request))
            self._around.metrics.fault("console")
            if request.writer.output_size > 0:
                raise ConnectionResetError("broken off in the middle of an answer") from error
            return await self._tell(request, (find(INTERNAL, incident=incident),), 500)

    @web.middleware
    async def enter(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if "\0" in request.path:
            raise web.HTTPNotFound  # nothing of ours is called so, and PostgreSQL takes none
        if request.match_info.http_exception is not None or route_of(request) == STATIC_PATH:
            return await handler(request)  # files that tell nobody anything: nobody need be looked up
        place = ("GET" if request.method == "HEAD" else request.method, route_of(request))
        known = await self._entrance.who(request, touch=place[1] != f"{ROOT}/events")
        if known is not None:
            request[_KNOWN] = known
            request[CALLER] = Caller(f"console:{known.account.name}", frozenset())  # for the log
        if place in self._is_open:
            return await handler(request)
        if known is None:
            return self._to_login(request)
        owed = known.owes()
        if owed is not None and self._settling.get(place) is not owed:
            return go_to(owed.value)
        return await handler(request)

    def _to_login(self, request: web.Request) -> web.StreamResponse:
        """A page that was asked for is come back to; a form is not done later behind somebody's back."""
        is_page = request.method in ("GET", "HEAD")
        back = within(request.path_qs) if is_page else f"{ROOT}/"
        response = go_to(f"{ROOT}/login?to={quote(back, safe='')}")
        if self._entrance.had_one(request) or not is_page:
            secret = self._entrance.visit(request) or self._entrance.new_visit(response)
            self._say(response, secret, LOG_IN_AGAIN if is_page else OVER, {})
        return response

    # --- pages and actions -----------------------------------------------------------------------

    def _view(self, request: web.Request, page: Page, action: Action | None = None) -> View:
        spoken = words(language_of(request.cookies))
        known = request.get(_KNOWN)
        return View(request, self._around, self._entrance, self._desk, spoken, page, known, action)

    def _opening(self, page: Page) -> Handler:
        async def open_page(request: web.Request) -> web.StreamResponse:
            view = self._view(request, page)
            _check_role(view, page)
            told = await page.handler(view)
            return told if isinstance(told, web.StreamResponse) else self._paint(view, page.template, told)

        return open_page

    def _doing(self, action: Action) -> Handler:
        async def do_action(request: web.Request) -> web.StreamResponse:
            view = self._view(request, action.page, action)
            check_origin(request, self._around)
            if action.takes_files:
                _check_role(view, action)  # before anything is written to the disk
                check = partial(check_token, self._secret(request))
                async with posted(request, self._around.uploads.folder, check) as form:
                    return await self._do(view, action, form)
            filled = await _filled(request)
            check_token(self._secret(request), filled.get(TOKEN_FIELD, ""))
            _check_role(view, action)
            return await self._do(view, action, Form(filled))

        return do_action

    async def _do(self, view: View, action: Action, form: Form) -> web.StreamResponse:
        """The line in the journal, then what the form asks for; a refusal is another line, with its code."""
        filled = form.filled
        note, line = self._around.store.note_act, _line(view, action, filled)
        try:
            if not action.journals_itself:
                await note(line)
            return self._answer(view, await action.handler(view, form))
        except Misfilled as wrong:
            if not action.journals_itself:
                await note(replace(line, code=BAD_REQUEST.code))
            faults = {name: view.words(text, **more) for name, (text, more) in wrong.faults.items()}
        except Rejected as error:
            if view.known is not None:
                await note(replace(line, code=error.code))
            if not error.first.element:
                raise
            faults = {error.first.element: _sentences(view, error.first)}
        return await self._again(view, filled, faults)

    def _answer(self, view: View, came_of_it: Done | Shown | web.StreamResponse) -> web.StreamResponse:
        if isinstance(came_of_it, web.StreamResponse):
            return came_of_it
        if isinstance(came_of_it, Shown):
            return self._paint(view, came_of_it.template, came_of_it.context)
        response = go_to(within(came_of_it.to))
        if came_of_it.say:
            self._say(response, self._secret(view.request), came_of_it.say, came_of_it.filled)
        return response

    async def _again(
        self, view: View, filled: Mapping[str, str], faults: Mapping[str, str]
    ) -> web.StreamResponse:
        """The page with the form, as it was filled in, and what is wrong with it."""
        told = await view.page.handler(view)
        assert not isinstance(told, web.StreamResponse), "a page with a form is no download"
        return self._paint(view, view.page.template, told, filled=filled, faults=faults, status=422)

    # --- painting --------------------------------------------------------------------------------

    def _secret(self, request: web.Request) -> str:
        """What the forms of this browser are tied to."""
        known = request.get(_KNOWN)
        return self._entrance.visit(request) if known is None else known.token

    def _paint(
        self,
        view: View,
        template: str,
        told: Mapping[str, Any],
        *,
        filled: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        response = web.Response(status=status, content_type="text/html", charset="utf-8")
        secret = self._secret(view.request) or self._entrance.new_visit(response)
        whole = {
            "view": view,
            "page": view.page,
            "form_token": form_token(secret),
            "menu": () if view.role is None or self._owes(view) else menu_of(view.role, self._leaves),
            "place": _place(self._around),
            "here": view.request.path_qs,
            "told_before": self._heard(view, response),
            "filled": filled or {},
            "faults": faults or {},
            **told,
        }
        response.text = self._painter.paint(view.words.language, template, whole)
        response.headers["Content-Language"] = view.words.language
        response.enable_compression()
        return response

    def _owes(self, view: View) -> bool:
        return view.known is not None and view.known.owes() is not None

    async def _tell(
        self, request: web.Request, findings: Sequence[Finding], status: int
    ) -> web.StreamResponse:
        view = self._view(request, ERROR_PAGE)
        return self._paint(view, "error.html", {"findings": findings, "status": status}, status=status)

    def _say(
        self, response: web.StreamResponse, secret: str, sentence: str, filled: Mapping[str, str]
    ) -> None:
        cookie = flash.write(secret, sentence, filled)
        self._entrance.set_cookie(response, flash.COOKIE, cookie, seconds=60)

    def _heard(self, view: View, response: web.Response) -> str:
        cookie = view.request.cookies.get(flash.COOKIE, "")
        if not cookie:
            return ""
        response.del_cookie(flash.COOKIE, path="/")
        for secret in (self._secret(view.request), self._entrance.visit(view.request)):
            if heard := flash.read(secret, cookie, view.words):
                return heard
        return ""

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if self._around.is_secure:
            response.headers["Strict-Transport-Security"] = HSTS
        await dress(request, response)

    async def _choose_language(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in LANGUAGES:
            raise web.HTTPNotFound
        response = go_to(within(request.query.get("to", "")))
        self._entrance.set_cookie(response, LANGUAGE_COOKIE, name, seconds=LANGUAGE_KEPT)
        return response


async def _to_the_first_page(request: web.Request) -> web.StreamResponse:
    return go_to(f"{ROOT}/")


async def _filled(request: web.Request) -> dict[str, str]:
    """The fields of a form. Raises: Rejected (BAD_REQUEST) for what is none; HTTPRequestEntityTooLarge."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Rejected(find(BAD_REQUEST, detail=f"Content-Type: {request.content_type[:100]}"))
    try:
        sent = await request.post()
    except (ValueError, LookupError) as error:  # bytes that are no text; a charset that nobody knows
        raise Rejected(find(BAD_REQUEST, detail=type(error).__name__)) from error
    return {name: value for name, value in sent.items() if isinstance(value, str)}


def _check_role(view: View, wanted: Page | Action) -> None:
    """Raises: Rejected (NOT_ALLOWED)."""
    if wanted.roles is not None and view.role not in wanted.roles:
        raise Rejected(find(NOT_ALLOWED))


def _line(view: View, action: Action, filled: Mapping[str, str]) -> Act:
    told = {name: filled[name].strip() for name in action.told if filled.get(name)}
    return view.act(detail=told, letter_id=told.pop("letter_id", ""))


def _sentences(view: View, finding: Finding) -> str:
    """What is wrong, and what to do next."""
    fault = finding.fault
    return view.words.choose(f"{finding.vi}. {fault.next_vi}.", f"{finding.en}. {fault.next_en}.")


def _place(around: Around) -> Sequence[str]:
    """The names of the nodes from the top of the axis down to this one."""
    names: list[str] = []
    directory, row = around.directory, around.directory.node(around.node)
    while row is not None and len(names) < 10:
        names.append(row.name or row.id)
        row = directory.node(row.parent) if row.parent else None
    return names[::-1]


def _finding_of(request: web.Request, status: int) -> Finding:
    if status == 404:
        return find(NO_SUCH_PAGE)
    if status == 405:
        return find(NO_SUCH_METHOD, method=request.method[:20])
    if status == 413:
        return find(FORM_TOO_LARGE, limit=FORM_BYTES // 1024)
    return find(BAD_REQUEST, detail=f"HTTP {status}")


def refuse_as_text(request: web.BaseRequest, status: int, detail: str) -> web.Response:
    """The voice of the console towards what is no request: nobody who types such a thing reads pages."""
    return web.Response(status=status, text=f"HTTP {status}: {detail}\n", headers=HEADERS)

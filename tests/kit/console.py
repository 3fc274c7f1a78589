"""
A listening console over a store in memory, with accounts for every role, and people who open its pages.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher
from yarl import URL

from gateway.accounts import totp
from gateway.accounts.desk import AccountDesk
from gateway.config import AlertsSection, ConsoleSection, OidcSection, ReportsSection
from gateway.core.calendar import Calendar
from gateway.core.directory import Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.http.console.app import build_console, refuse_as_text
from gateway.http.console.around import Around, Remembered
from gateway.http.console.book import LEAVES
from gateway.http.console.declared import Leaf
from gateway.http.listener import listening
from gateway.http.surroundings import Health
from gateway.http.upload_files import UploadFolder
from gateway.observe import Metrics, logger
from gateway.ports import Account, Act, AgencyAdapter, LockOut, Office, Role, Step
from gateway.reports.desk import ReportDesk
from gateway.reports.filing import Filing
from gateway.reports.mailing import Mailing
from gateway.store.sql import SqlStore
from gateway.vault import FileVault
from tests.kit.builders import CENTRAL, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import ManualClock
from tests.kit.office import SmallOffice

PASSWORD = "trục liên thông bốn cấp"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""The one-time codes of the administrator."""

DOCUMENT_BYTES = 4 * 1024 * 1024
"""The largest document that somebody may send from the console."""

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # a real one is slow
NAMES = {role: f"{role.value}.one" for role in Role}
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class TriedWay(AgencyAdapter):
    """A way of reaching agencies whose test finds what it was made with."""

    def __init__(self, name: str, *steps: Step) -> None:
        self.name, self._steps = name, steps

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        return self._steps


class OfficeOfTheAxis(SmallOffice):
    """The small office with the directory of the small axis, as the store of the console has it."""

    axis = small_axis()

    def directory(self) -> Any:
        return self.axis


@dataclass
class Console:
    """A console as a test sees it."""

    url: str
    around: Around
    store: SqlStore
    clock: ManualClock
    desk: AccountDesk
    app: web.Application
    stream: io.StringIO
    folder: Path  #: where it keeps its files
    steps: Sequence[Step] = ()  #: what a test of a link finds
    health: Health = field(default_factory=lambda: Health(store=True, links={CENTRAL: True}))

    async def probe(self) -> Sequence[Step]:
        return self.steps

    def log(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] == event]

    async def journal(self, beginning: str = "console.") -> list[Any]:
        """Its lines about the console, in their order."""
        return [row for row in await self.store.journal(0, 1_000) if row.event.startswith(beginning)]

    def code(self, secret: str = SECRET) -> str:
        """The one-time code that counts now."""
        return totp.code_at(secret, int(self.clock.now().timestamp()) // totp.STEP_SECONDS)

    async def add(self, role: Role, name: str = "", **more: Any) -> Account:
        """An account that knows PASSWORD and owes nothing; administrators have codes of SECRET."""
        account = Account(
            name=name or NAMES[role],
            role=role,
            password=more.pop("password", HASH),
            agency=more.pop("agency", PROVINCE_OFFICE) if role is Role.AGENCY else None,
            sealed_totp=self.around.vault.seal(SECRET) if role is Role.ADMINISTRATOR else "",
            **more,
        )
        assert await self.store.add_account(account, Act(event="console.test", by="", at=self.clock.now()))
        return account

    @asynccontextmanager
    async def person(self, role: Role | None = None, name: str = "") -> AsyncIterator[Person]:
        """Somebody with a browser of his own, logged in if there is a role."""
        jar = aiohttp.CookieJar(unsafe=True)  # the console of a test has a number for a name
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            person = Person(self, session)
            if role is not None:
                await person.log_in(name or NAMES[role], role)
            yield person


@dataclass
class Answer:
    """What a person sees."""

    status: int
    text: str
    headers: Mapping[str, str]
    url: URL

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def words(self) -> str:
        """The text without markup, one space between words."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.text).split())


@dataclass
class Person:
    """Somebody with a browser that runs no script."""

    console: Console
    session: aiohttp.ClientSession

    async def open(self, path: str, *, follow: bool = True, **more: Any) -> Answer:
        async with self.session.get(f"{self.console.url}{path}", allow_redirects=follow, **more) as answer:
            return Answer(answer.status, await answer.text(), answer.headers.copy(), answer.url)

    async def send(
        self,
        path: str,
        filled: Mapping[str, str],
        *,
        on: str = "/console/account",
        follow: bool = True,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        multipart: bool = False,
    ) -> Answer:
        """Fill in a form of the page `on` and send it, as a browser does."""
        if token is None:
            found = TOKEN.search((await self.open(on)).text)
            assert found, f"no form on {on}"
            token = found[1]
        sent = {"Origin": self.console.url} if headers is None else headers
        form = aiohttp.FormData({"csrf": token, **filled}, default_to_multipart=multipart)
        async with self.session.post(
            f"{self.console.url}{path}",
            data=form,
            headers=sent,
            allow_redirects=follow,
        ) as answer:
            return Answer(answer.status, await answer.text(), answer.headers.copy(), answer.url)

    async def log_in(self, name: str, role: Role, password: str = PASSWORD) -> Answer:
        """Name, password, and the one-time code where there is one."""
        filled = {"name": name, "password": password}
        answer = await self.send("/console/login", filled, on="/console/login")
        if role is Role.ADMINISTRATOR and answer.url.path == "/console/login/code":
            self.console.clock.advance(totp.STEP_SECONDS)  # no code is good twice
            typed = {"code": self.console.code()}
            answer = await self.send("/console/login/code", typed, on="/console/login/code")
        assert answer.status == 200, answer.words
        return answer

    def cookie(self, name: str = f"truc-{PROVINCE}") -> str:
        """The value of a cookie that the browser holds; "" if it holds none."""
        found = self.session.cookie_jar.filter_cookies(URL(self.console.url)).get(name)
        return "" if found is None else found.value


@dataclass(frozen=True)
class Ground:
    """A node that works: what a console stands on whose letters are real ones."""

    store: SqlStore
    office: Office
    clock: ManualClock
    node: NodeId = PROVINCE


@asynccontextmanager
async def listening_console(
    *,
    ground: Ground | None = None,
    settings: Mapping[str, Any] | None = None,
    oidc: Mapping[str, Any] | None = None,
    alerts: Mapping[str, Any] | None = None,
    reports: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    roles: Sequence[Role] = tuple(Role),
    leaves: Sequence[Leaf] = LEAVES,
    directory: Directory | None = None,
    ways: Sequence[AgencyAdapter] = (TriedWay("mailbox"),),
) -> AsyncIterator[Console]:
    """
    The console of the province's node; each of these roles has an account called `<role>.one`.

    Without a `ground` it stands on an empty store and the small office.
    """
    clock, heard = ManualClock() if ground is None else ground.clock, io.StringIO()
    node = PROVINCE if ground is None else ground.node
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        office: Office = OfficeOfTheAxis(clock) if ground is None else ground.office
        if directory is not None and isinstance(office, OfficeOfTheAxis):
            office.axis = directory
        if ground is None:
            store = SqlStore("sqlite://", folder / "blobs", node=PROVINCE, instance="one", inline=True)
            stack.push_async_callback(store.close)
            await store.set_directory(directory or small_axis(), clock.now())
        else:
            store = ground.store
        vault = FileVault(folder / "secrets.key")
        section = ConsoleSection.model_validate({"enabled": True, **(settings or {})})

        async def health() -> Health:
            return console.health

        log = logger(node, heard, level="debug", strict=True)
        wanted = ReportsSection.model_validate(reports or {})
        report_desk = ReportDesk(node, store, office.directory, clock, Calendar(), wanted)
        filing = Filing(report_desk, folder / "reports", log)
        mailing = Mailing(desk=report_desk, filing=filing, store=store, environ=environ or {}, log=log)
        around = Around(
            node=node,
            settings=section,
            oidc=OidcSection.model_validate(oidc or {}),
            store=store,
            office=office,
            vault=vault,
            health=health,
            clock=clock,
            log=log,
            metrics=Metrics(),
            remembered=Remembered(clock),
            reports=report_desk,
            filing=filing,
            mailing=mailing if wanted.mail_to else None,
            uploads=UploadFolder(folder / "uploads", clock),
            calendar=Calendar(),
            document_bytes=DOCUMENT_BYTES,
            probe_link=lambda _neighbour: console.probe(),
            adapters={way.name: way for way in ways},
            alerts=AlertsSection.model_validate(alerts or {}),
            environ=environ or {},
        )
        app = build_console(around, leaves)
        desk = AccountDesk(node, store, vault, clock, LockOut(section.lock_after, section.lock_for))
        url = await stack.enter_async_context(
            listening(app, section.host, 0, around.log, None, refuse_as_text)
        )
        console = Console(url, around, store, clock, desk, app, heard, folder)
        for role in roles:
            await console.add(role)
        yield console

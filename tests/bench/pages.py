"""What every page of the console costs, with a thousand, a hundred thousand, a million letters in the store.

The console of the node stands over the store that `backlog` has filled. People of every role log in and open
each page that the book declares, and each part that moves, over HTTP, one after another; what a page may
remember for some seconds is forgotten in between. Measured is the time to the last byte; of what moves, to
the first event; of what is saved as a file, to its first byte. Files of as many lines as there may be are
told beside. CPU time is taken too, of server and browser together: growth is told by that, since other work
on the machine disturbs it least.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from statistics import median
from urllib.parse import quote

from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import LINK_DOWN
from gateway.core.model import AgencyCode, LetterId, NodeId
from gateway.core.periods import month_of, quarter_of
from gateway.http.console.book import LEAVES
from gateway.http.console.declared import ROOT
from gateway.http.surroundings import Health
from gateway.ports import Role
from gateway.reports.filing import name_of
from tests.bench.filling import (
    APART,
    COURSE,
    DENSE,
    KINDS,
    MAIL,
    MOULD,
    WAITING,
    agency_of,
    id_of,
    is_whole,
)
from tests.bench.measured import Measured
from tests.bench.paper import FIRST_NUMBER
from tests.bench.plan import Plan
from tests.kit.clock import START, ManualClock
from tests.kit.console import Console, Ground, Person, listening_console
from tests.kit.nodes import SmallNode

TIMES, FEW_TIMES = 15, 3  # each page at each level
WARM_UP = 1
STALE = timedelta(seconds=16)  # what is remembered longest between two requests is remembered for 15 s
TURNS = 20  # of the event loop, for a stream to see that nobody listens any more
PATIENCE = 30.0  # seconds, for one answer

PATIENT = {"session_idle": "1d", "session_longest": "1d"}  # by its clock, which is moved with each request

NOBODY = ""
ROLES: Mapping[str, Role] = {
    "operator": Role.OPERATOR,
    "administrator": Role.ADMINISTRATOR,
    "auditor": Role.AUDITOR,
    "clerk": Role.AGENCY,  # of an agency that has letters at each level
    "registry": Role.AGENCY,  # of the one that sent half of them
}
"""Who asks, by the name of the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    One way of asking for a page: what stands in its address (`names`) and its query, `{…}` being something of
    the store (`Scene.named`); by whom, and how it is answered.
    """

    query: str = ""
    by: str = "operator"
    names: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


USUAL = Asked()
OF_CLERK = Asked(by="clerk")
OF_ADMINISTRATOR = Asked(by="administrator")
OF_LINK = {"node": "{neighbour}"}
GROUP = "trouble=retrying&code={code}&target=link:{neighbour}"

PAGES: Mapping[str, Mapping[str, Asked]] = {
    "login": {"": Asked(by=NOBODY)},
    "code": {"": Asked(status=303)},  # nothing is owed: off to the first page
    "openid": {"": Asked(by=NOBODY, status=404)},  # no provider is set, and another would be measured
    "openid_back": {"": Asked(by=NOBODY, status=404)},
    "overview": {"": USUAL, "clerk": OF_CLERK},
    "letters": {
        "newest": USUAL,
        "document": Asked(query="text={document}"),
        "number": Asked(query="text={number}"),
        "agency": Asked(query="agency={agency}"),
        "agency_waiting": Asked(query="agency={agency}&state=waiting"),
        "writer": Asked(query="agency={writer}"),
        "day": Asked(query="since={day}&until={day}"),
        "agency_statuses": Asked(query="agency={agency}&kind=status"),
        "nothing": Asked(query="state=quarantined"),
        "further": Asked(query="before={waiting}"),
        "clerk": OF_CLERK,
        "subject": Asked(query="subject={subject}", by="clerk"),
    },
    "letters_export": {"": Asked(query="form=csv&agency={agency}&since={today}")},
    "letter": {
        "waiting": Asked(names={"letter_id": "{waiting}"}),
        "course": Asked(names={"letter_id": "{course}"}),
        "clerk": Asked(names={"letter_id": "{mine}"}, by="clerk"),
    },
    "failures": {"": USUAL},
    "failure_group": {"": Asked(query=GROUP)},
    "repair": {"": Asked(names={"number": "1"})},
    "quarantine": {"": USUAL},
    "odd": {"": Asked(names={"kind": "frame", "number": "1"})},
    "partners": {"": USUAL},
    "partner": {"": Asked(names=OF_LINK)},
    "agency": {"": Asked(names={"code": "{agency}"}), "clerk": Asked(names={"code": "{agency}"}, by="clerk")},
    "agencies_served": {"": USUAL, "search": Asked(query="q=co quan 005")},
    "directory": {"": USUAL, "search": Asked(query="q=co quan 005")},
    "directory_tree": {"": USUAL},
    "directory_changes": {"": OF_ADMINISTRATOR},
    "directory_export": {"": Asked(query="format=json")},
    "directory_proposal": {"": Asked(names={"proposal": "gone"})},
    "reports": {
        "month": USUAL,
        "quarter": Asked(query="period={quarter}"),
        "year": Asked(query="period={year}"),
        "clerk": Asked(query="period={quarter}", by="clerk"),
    },
    "reports_silent": {"": Asked(query="period={quarter}")},
    "reports_xlsx": {"": Asked(query="period={quarter}")},
    "reports_csv": {"": Asked(query="period={quarter}")},
    "reports_file": {"": Asked(names={"name": "{file}"})},
    "paper": {"": USUAL},
    "report_mails": {"": OF_ADMINISTRATOR},
    "sample": {
        "": Asked(query="agency={agency}&period={year}&seed=bench", by="auditor"),
        "most": Asked(query="agency={agency}&period={year}&seed=bench&number=200", by="auditor"),
        "writer": Asked(query="agency={writer}&period={year}&seed=bench", by="auditor"),
    },
    "journal": {
        "": Asked(by="auditor"),
        "rare": Asked(query="about=directory.", by="auditor"),
        "letter": Asked(query="letter={course}", by="auditor"),
        "day": Asked(query="day={day}", by="auditor"),
        "clerk": OF_CLERK,
    },
    "box": {
        "waiting": OF_CLERK,
        "all": Asked(query="shelf=all", by="clerk"),
        "days": Asked(query="shelf=all&since={day}&until={day}", by="clerk"),
        "document": Asked(query="shelf=all&text={document_of_clerk}", by="clerk"),
    },
    "box_letter": {"": Asked(names={"letter_id": "{mail}"}, by="clerk")},
    "box_file": {"": Asked(names={"letter_id": "{mail}", "index": "0"}, by="clerk")},
    "box_sent": {
        "": OF_CLERK,
        "registry": Asked(by="registry"),
        "document": Asked(query="text={document}", by="registry"),
    },
    "box_statuses": {"": OF_CLERK},
    "box_send": {"": OF_CLERK, "reply": Asked(query="reply={mail}", by="clerk")},
    "box_agencies": {"": Asked(query="q=co quan 005", by="clerk")},
    "box_diary": {"": OF_CLERK, "registry": Asked(query="direction=out", by="registry")},
    "box_diary_csv": {"": Asked(query="since={today}&until={today}", by="clerk")},
    "box_diary_xlsx": {"": Asked(query="since={today}&until={today}", by="clerk")},
    "alerts": {"": USUAL},
    "accounts": {"": OF_ADMINISTRATOR},
    "account_new": {"": OF_ADMINISTRATOR},
    "account_one": {"": Asked(names={"name": "clerk"}, by="administrator")},
    "account": {"": USUAL},
    "password": {"": USUAL},
    "totp": {"": OF_ADMINISTRATOR},
}
"""Every page of the book by its name, and in which ways it is asked for; a new page is a line more here."""

PARTS: Mapping[str, Mapping[str, Asked]] = {
    "overview.map": {"": USUAL},
    "overview.links": {"": USUAL},
    "overview.today": {"": USUAL, "clerk": OF_CLERK},
    "overview.charts": {"": USUAL},
    "overview.counted": {"": USUAL},
    "letter.way": {"": Asked(query="{course}")},
    "failures.groups": {"": USUAL},
    "failures.repairs": {"": USUAL},
    "repair": {"": Asked(query="1")},
    "partners.links": {"": USUAL},
    "alerts.standing": {"": USUAL},
}
"""Every part that moves, by the name of its fragment; `query` is the one thing that it is about."""

FILES: Mapping[str, tuple[str, str, str]] = {
    "letters.csv": ("letters_export", "form=csv", "operator"),
    "letters.xlsx": ("letters_export", "form=xlsx", "operator"),
    "letters.nothing": ("letters_export", "form=csv&state=quarantined", "operator"),
    "diary.xlsx": ("box_diary_xlsx", "", "clerk"),
}
"""Files that have all the lines which one may have: the page, its query, and by whom."""


# --- what is asked for ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Who the letters of the store are from and for."""

    writer: AgencyCode  # of half of them
    agencies: Sequence[AgencyCode]
    neighbour: NodeId


@dataclass(frozen=True, slots=True)
class Scene:
    """A filled store: what there is in it to be asked for. `document_id` is that of the mould."""

    letters: int
    rng: Random
    people: Correspondents
    document_id: str
    subject: str

    def any_of(self, kind: int, whose: int | None = None, further: int = 0, *, is_read: bool = False) -> int:
        """The number of some letter of a kind; of the agency `whose`, with its bytes if it is to be read."""
        while True:
            number = self.rng.randrange(self.letters // KINDS) * KINDS + kind
            if whose is not None and self.rng.random() < 0.5:
                number = self.rng.randrange(min(self.letters, DENSE) // KINDS) * KINDS + kind
            is_theirs = whose is None or agency_of(number, further) == whose
            if is_theirs and (is_whole(number) or not is_read):
                return number

    def document(self, number: int, kind: int) -> str:
        """The DocumentId of a letter."""
        return self.document_id.replace(str(MOULD + kind), str(FIRST_NUMBER + number))

    def named(self, name: str) -> str:
        """Something of the store, another one each time."""
        return _NAMED[name](self)

    def filled(self, text: str) -> str:
        """A part of an address with things of the store in it."""
        return text.format_map(_Named(self))


class _Named(dict[str, str]):
    """What `format_map` asks."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    def __missing__(self, name: str) -> str:
        return quote(self._scene.named(name), safe="")


def _id(
    kind: int, whose: int | None = None, further: int = 0, *, is_read: bool = False
) -> Callable[[Scene], LetterId]:
    return lambda scene: id_of(scene.any_of(kind, whose, further, is_read=is_read))


def _day(scene: Scene) -> str:
    at = START + APART * scene.rng.randrange(scene.letters)
    return at.astimezone(VIETNAM).date().isoformat()


def _last_day(scene: Scene) -> str:
    return (START + APART * scene.letters).astimezone(VIETNAM).date().isoformat()


_TODAY = START.astimezone(VIETNAM).date()
CLERKS = 0
"""The agency of the clerk, by its place among all."""

_NAMED: Mapping[str, Callable[[Scene], str]] = {
    "waiting": _id(WAITING),
    "course": _id(COURSE),
    "mine": _id(COURSE, CLERKS, 1),  # which the clerk's agency sent
    "mail": _id(MAIL, CLERKS, is_read=True),
    "document": lambda scene: scene.document(scene.any_of(WAITING), WAITING),
    "document_of_clerk": lambda scene: scene.document(scene.any_of(MAIL, CLERKS), WAITING),
    "number": lambda scene: str(FIRST_NUMBER + scene.any_of(WAITING)),
    "agency": lambda scene: scene.people.agencies[CLERKS],
    "writer": lambda scene: scene.people.writer,
    "neighbour": lambda scene: scene.people.neighbour,
    "code": lambda scene: LINK_DOWN.code,
    "subject": lambda scene: scene.subject,
    "day": _day,
    "today": _last_day,
    "quarter": lambda scene: quarter_of(_TODAY).name,
    "year": lambda scene: str(_TODAY.year),
    "file": lambda scene: name_of(month_of(_TODAY).before()),
}


# --- asking --------------------------------------------------------------------------------------


@asynccontextmanager
async def open_console(node: SmallNode, clock: ManualClock, people: Correspondents) -> AsyncIterator[Console]:
    """
    The console of a node, with an account for everybody who asks.

    It has a clock of its own: an axis takes whoever waits by its own for one of its loops.
    """
    ground = Ground(node.store, node.office, ManualClock(clock.now()), node.name)
    async with listening_console(ground=ground, settings=PATIENT, roles=()) as console:
        console.health = Health(store=True, links={people.neighbour: False})
        agencies = {"clerk": people.agencies[CLERKS], "registry": people.writer}
        for name, role in ROLES.items():
            whose = {"agency": agencies[name]} if name in agencies else {}
            await console.add(role, name, reads_content=role is Role.ADMINISTRATOR, **whose)
        filed = console.folder / "reports" / name_of(month_of(_TODAY).before())
        filed.parent.mkdir(exist_ok=True)
        filed.write_bytes(b"PK" * 4_096)  # a file of any month is read as a whole, and not looked into
        yield console


async def ask(console: Console, scene: Scene, plan: Plan) -> list[Measured]:
    """All pages and parts of the console, as they are with this store."""
    behind = START + APART * scene.letters - console.clock.now()
    console.clock.advance(max(behind, timedelta()))
    times, told = plan.scaled(TIMES, least=FEW_TIMES), []
    async with AsyncExitStack() as stack:
        people = {NOBODY: await stack.enter_async_context(console.person())}
        for name, role in ROLES.items():
            people[name] = await stack.enter_async_context(console.person(role, name))
        for row, question in questions(scene, people):
            plan.check_time()
            told.append(await cost(console, scene, row, question, times))
        for name, (page, query, by) in FILES.items():
            question = _of_page(scene, people[by], _paths()[page], Asked(query=query, by=by), to_the_end=True)
            told.append(await cost(console, scene, f"files.{name}", question, 0))
    return told


@dataclass(frozen=True, slots=True)
class Spent:
    """What one answer took: seconds on the wall and of the processor, and bytes as the browser has them."""

    seconds: float
    cpu: float
    size: int


Question = Callable[[], Awaitable[Spent]]
"""Asks once."""


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float], size: int) -> Spent:
    seconds, cpu = _now()
    return Spent(seconds - began[0], cpu - began[1], size)


def questions(scene: Scene, people: Mapping[str, Person]) -> Iterator[tuple[str, Question]]:
    """Everything that is asked, by the name of its row."""
    for name, path in _paths().items():
        for case, asked in PAGES[name].items():
            yield _row(f"pages.{name}", case), _of_page(scene, people[asked.by], path, asked)
    for leaf in LEAVES:
        for fragment in leaf.fragments:
            for case, asked in PARTS[fragment.name].items():
                part = _of_part(scene, people[asked.by], fragment.name, asked)
                yield _row(f"pages.live.{fragment.name}", case), part


def _paths() -> Mapping[str, str]:
    return {page.name: page.path for leaf in LEAVES for page in leaf.pages}


def _row(name: str, case: str) -> str:
    return f"{name}.{case}" if case else name


def _of_page(scene: Scene, person: Person, path: str, asked: Asked, *, to_the_end: bool = False) -> Question:
    async def question() -> Spent:
        filled = path.format_map({name: scene.filled(text) for name, text in asked.names.items()})
        address = f"{person.console.url}{filled}?{scene.filled(asked.query)}"
        began = _now()
        async with person.session.get(address, allow_redirects=False) as answer:
            assert answer.status == asked.status, f"{address}: {answer.status}"
            first = await answer.content.readany()
            at_first = _since(began, len(first))
            size = len(first) + len(await answer.read())
            is_file = "attachment" in answer.headers.get("Content-Disposition", "")
            return replace(at_first, size=size) if is_file and not to_the_end else _since(began, size)

    return question


def _of_part(scene: Scene, person: Person, name: str, asked: Asked) -> Question:
    async def question() -> Spent:
        about = f":{scene.filled(asked.query)}" if asked.query else ""
        address = f"{person.console.url}{ROOT}/events?live={name}{about}"
        person.console.stream.seek(0)
        person.console.stream.truncate()
        began = _now()
        async with person.session.get(address) as answer:
            assert answer.status == 200, f"{address}: {answer.status}"
            event = b""
            while not event.startswith(b"event:"):
                event = await answer.content.readuntil(b"\n\n")
            spent = _since(began, len(event))
        await _ended(person.console)
        return spent

    return question


async def _ended(console: Console) -> None:
    """Let a stream that nobody listens to end: it writes by the clock, and only then sees it."""
    while not any(line["route"] == f"{ROOT}/events" for line in console.log("http.request")):
        console.clock.advance(STALE)
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def cost(console: Console, scene: Scene, row: str, question: Question, times: int) -> Measured:
    """Ask one question many times; a file (`times` 0) once."""
    spent = []
    for _ in range(WARM_UP + times):
        console.clock.advance(STALE)
        async with asyncio.timeout(PATIENCE):
            spent.append(await question())
    if times:
        del spent[:WARM_UP]
    seconds = tuple(each.seconds for each in spent)
    return Measured(
        row=row,
        case=f"{scene.letters} letters",
        letters=len(spent),
        seconds=sum(seconds),
        per_second=1 / median(seconds),
        latencies=seconds,
        cpu_seconds={"console": median(each.cpu for each in spent) * len(spent)},
        notes=(f"{spent[-1].size} bytes",),
    )

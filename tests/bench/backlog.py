"""What work costs with a thousand, a hundred thousand, a million letters in the store.

A quarter of the letters wait for a neighbour that could not be reached, a quarter in mailboxes of a hundred
agencies; a quarter have run their course, and a quarter are statuses about these. Each question is asked of
the node's own office over a store on disk, without HTTP and threads, so that nothing but the store can grow;
those that pages of the console ask are called `console.…`, and the pages themselves are asked by `pages`.
Flat means: with the most letters at most 1.5 times what it costs with the fewest.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import Engine

from gateway.core.calendar import Calendar
from gateway.core.catalogue import LINK_DOWN
from gateway.core.deadlines import Reckoning
from gateway.core.delivery import Failed, State, Target
from gateway.core.lifecycle import FINISHED, REGISTERED
from gateway.core.model import AgencyCode, Lane, NodeId
from gateway.ports import Caller, LetterWish, Trouble, TroubleGroup, Wanted
from gateway.store.boxes import LOOK_SECONDS
from tests.bench import pages
from tests.bench.filling import (
    AGENCIES,
    APART,
    BUSY,
    COURSE,
    KINDS,
    MAIL,
    MOULD,
    WAITING,
    Pattern,
    agency_of,
    fill,
    fill_beside,
    id_of,
    is_whole,
    opened,
)
from tests.bench.measured import Measured
from tests.bench.paper import FIRST_NUMBER
from tests.bench.plan import Plan
from tests.kit.correspondence import agency, letter, tree
from tests.kit.nodes import Manner, SmallAxis, open_axis

HERE, NEIGHBOUR = NodeId("H91"), NodeId("H91.10")
WRITER, FAR = AgencyCode("900.00.00.H91"), AgencyCode("000.00.10.H91")
LOCAL = [AgencyCode(f"{number:03}.00.00.H91") for number in range(AGENCIES)]
READER, SENDER = AgencyCode("980.00.00.H91"), AgencyCode("981.00.00.H91")
"""Agencies in the letters that are copied; in each copy two others stand for them."""

AXIS = tree(
    {HERE: "", NEIGHBOUR: HERE},
    [agency(code, HERE, sends_arrived=True) for code in (WRITER, READER, SENDER, *LOCAL)]
    + [agency(FAR, NEIGHBOUR)],
)
CORRESPONDENTS = pages.Correspondents(WRITER, LOCAL, NEIGHBOUR)
LEVELS = (1_000, 100_000, 1_000_000)
LEAST = 10_000  # below, the second level has too few letters that can be fetched
TIMES = 60  # questions of a kind at each level
WARM_UP = 5
CLAIMED = 3  # letters with each claim: no level may run out of them
LINES = 50  # of a page of the console
PAGE = 5  # what the fullest mailbox of the smallest level has


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A store with so many letters, and the office of its node. `document_id` is that of the mould of those that
    wait.
    """

    axis: SmallAxis
    letters: int
    document_id: str
    subject: str  # which all in mailboxes have
    untouched: list[int]  # letters in mailboxes, bytes and all, in the order in which they are to be fetched
    rng: Random

    def any_of(self, kind: int) -> int:
        """The number of some letter of this kind."""
        return self.rng.randrange(self.letters // KINDS) * KINDS + kind

    def any_document(self) -> str:
        """The DocumentId of some letter."""
        return self.document_id.replace(str(MOULD + WAITING), str(FIRST_NUMBER + self.any_of(WAITING)))

    def any_local(self) -> AgencyCode:
        """Some agency that has letters at each level."""
        return self.rng.choice(LOCAL[:BUSY])


Question = Callable[[Filled], Awaitable[object]]


async def claim(filled: Filled) -> object:
    """What a relay asks before it sends."""
    node, now = filled.axis.nodes[HERE], filled.axis.clock.now()
    work = await node.store.claim_due(
        Target(neighbour=NEIGHBOUR), Lane.NORMAL, now, letters=CLAIMED, size=2**23
    )
    assert len(work) == CLAIMED
    return work


async def look(filled: Filled) -> object:
    """The first lines of a mailbox."""
    found = await filled.axis.nodes[HERE].office.list(caller(filled.any_local()), limit=PAGE)
    assert found
    return found


async def fetch(filled: Filled) -> object:
    """A letter out of a mailbox, and its acknowledgement."""
    number, office = filled.untouched.pop(), filled.axis.nodes[HERE].office
    letter_id, code = id_of(number), LOCAL[agency_of(number)]
    opened = await office.open(caller(code), letter_id)
    assert sum(map(len, opened.chunks()))
    await office.ack(caller(code), letter_id)
    return opened


async def track(filled: Filled) -> object:
    """Where a letter is."""
    return await filled.axis.nodes[HERE].office.whereabouts(caller(WRITER), id_of(filled.any_of(WAITING)))


async def search(filled: Filled) -> object:
    """A letter by its number."""
    wanted = Wanted(document_id=filled.any_document())
    found = await filled.axis.nodes[HERE].office.find(caller(WRITER), wanted)
    assert found
    return found


async def partners(filled: Filled) -> object:
    """What the console says of a neighbour, and of a page of agencies."""
    store = filled.axis.nodes[HERE].store
    standing = await store.link_standing(NEIGHBOUR)
    assert standing.ready or standing.window
    return await store.door_standings(LOCAL[:50])


async def find_by_number(filled: Filled) -> object:
    """The page of what was found under one name."""
    return await found(filled, LetterWish(text=filled.any_document()))


async def find_newest(filled: Filled) -> object:
    """The page as it opens: the newest letters."""
    return await found(filled, LetterWish())


async def find_by_agency(filled: Filled) -> object:
    """What one agency sent or gets, in one state."""
    return await found(filled, LetterWish(agency=filled.any_local(), state=State.WAITING))


async def find_by_subject(filled: Filled) -> object:
    """By words that every letter in a mailbox has, of one agency."""
    return await found(filled, LetterWish(agency=filled.any_local(), subject=filled.subject))


async def found(filled: Filled, wish: LetterWish) -> object:
    page = await filled.axis.nodes[HERE].store.find(wish, LINES)
    assert page.letters
    return page


async def tracking_page(filled: Filled) -> object:
    """Where a letter is, with every try."""
    letter_id = id_of(filled.any_of(WAITING))
    node = filled.axis.nodes[HERE]
    operator = Caller("console:bench", frozenset(), is_operator=True)
    return (
        await node.office.whereabouts(operator, letter_id),
        await node.store.track(letter_id),
        await node.store.tries(letter_id, LINES),
    )


async def failures(filled: Filled) -> object:
    """The failures by their cause: half of all letters wait behind a dead link."""
    groups = await filled.axis.nodes[HERE].store.troubles(LINES)
    assert [group.trouble for group in groups] == [Trouble.RETRYING]
    return groups


async def failed_letters(filled: Filled) -> object:
    """Some letters of the one group."""
    group = TroubleGroup(Trouble.RETRYING, LINK_DOWN.code, Target(neighbour=NEIGHBOUR))
    lines = await filled.axis.nodes[HERE].store.trouble_lines(group, 0, LINES)
    assert lines
    return lines


QUESTIONS: Mapping[str, Question] = {
    "claim": claim,
    "mailbox": look,
    "fetch": fetch,
    "track": track,
    "search": search,
    "partners": partners,
    "console.newest": find_newest,
    "console.by_number": find_by_number,
    "console.by_agency": find_by_agency,
    "console.by_subject": find_by_subject,
    "console.letter": tracking_page,
    "console.failures": failures,
    "console.group": failed_letters,
}
"""Every kind of work whose cost must not grow; a page that people look at is one more line here."""


def caller(code: AgencyCode) -> Caller:
    return Caller(f"key of {code}", frozenset({code}))


async def run(plan: Plan) -> None:
    """Fill a store level by level, and ask every question at each."""
    levels = list(dict.fromkeys(plan.scaled(level, least=min(level, LEAST)) for level in LEVELS))
    # a loop of its own: the small axis takes threads away from the loop in which it lives
    for measured in await asyncio.to_thread(asyncio.run, ask(plan, levels)):
        plan.tell(measured)


async def ask(plan: Plan, levels: list[int]) -> list[Measured]:
    """All questions, and all pages, at all levels."""
    told, folder = [], plan.ground.folder
    async with AsyncExitStack() as stack:
        axis = await stack.enter_async_context(open_axis(AXIS, folder, Manner(on_disk=True)))
        engine, filled = opened(database(folder)), 0
        pattern, document_id, subject = await prepared(axis, engine)
        console = await stack.enter_async_context(
            pages.open_console(axis.nodes[HERE], axis.clock, CORRESPONDENTS)
        )
        for level in levels:
            began = time.monotonic()
            for _ in fill(engine, pattern, range(filled, level)):
                plan.check_time()
            fill_beside(engine, [WRITER, *LOCAL], NEIGHBOUR, range(filled, level))
            at_rest(engine)
            await asyncio.sleep(LOOK_SECONDS)  # so late the store sees in which boxes somebody else laid mail
            axis.clock.advance(APART * (level - filled))
            plan.say(
                f"backlog: {level} letters in the store, the last of them in {time.monotonic() - began:.0f} s"
            )
            whole = [number for number in range(filled, level) if is_whole(number)]
            rng = Random(level)
            rng.shuffle(whole)
            here, filled = Filled(axis, level, document_id, subject, whole, rng), level
            told += [await cost(name, here) for name in QUESTIONS]
            told += await pages.ask(
                console, pages.Scene(level, rng, CORRESPONDENTS, document_id, subject), plan
            )
        engine.dispose()
    return told


def at_rest(engine: Engine) -> None:
    """Bring everything to the disk: the letters of years do not come in the minute before."""
    connection = engine.raw_connection()  # SQLAlchemy would begin a transaction, in which nothing is moved
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    os.sync()


async def prepared(axis: SmallAxis, engine: Engine) -> tuple[Pattern, str, str]:
    """
    One letter of each kind, as rows; the DocumentId of the one that waits; the subject of that in a mailbox.

    It failed to reach the neighbour and is due again; another lies in a mailbox; the third was collected and
    answered, here and beyond the link, and the last answer to it has not been read.
    """
    node, target = axis.nodes[HERE], Target(neighbour=NEIGHBOUR)
    course = await axis.send(letter(SENDER, READER, FAR, number=MOULD + COURSE), SENDER)
    await axis.settle()
    for code in (READER, FAR):
        await axis.collect(code)
        await axis.report(code, course.letter_id, REGISTERED)
        await axis.settle()
    status = await axis.report(READER, course.letter_id, FINISHED)
    await axis.settle()
    out = await axis.send(letter(WRITER, FAR, number=MOULD + WAITING), WRITER)
    home = await axis.send(letter(WRITER, READER, number=MOULD + MAIL), WRITER)
    now = axis.clock.now()
    await node.store.claim_due(target, Lane.NORMAL, now, letters=1, size=2**23)
    await node.store.record(out.letter_id, target, Failed(LINK_DOWN.code), now)
    await node.store.hasten(NEIGHBOUR, now, 1)
    await node.handover.step()
    while await node.store.list_words(LINES):
        pass
    while await node.store.count_lines(Reckoning(Calendar(), now), LINES):
        pass
    (line,) = (await node.store.find(LetterWish(text=home.letter_id), 1)).letters
    letters = [each.letter_id for each in (out, home, course, status)]
    with engine.connect() as connection:
        pattern = Pattern.of(connection, letters, {READER: 0, SENDER: 1})
    return pattern, out.document_id, line.subject


def database(folder: Path) -> str:
    return f"sqlite:///{folder / HERE / 'truc.db'}"


async def cost(name: str, filled: Filled) -> Measured:
    """Ask one question many times."""
    spent = []
    for _ in range(WARM_UP + TIMES):
        began = time.perf_counter()
        await QUESTIONS[name](filled)
        spent.append(time.perf_counter() - began)
    del spent[:WARM_UP]
    return Measured(
        row=f"backlog.{name}",
        case=f"{filled.letters} letters",
        letters=TIMES,
        seconds=sum(spent),
        per_second=1 / median(spent),
        latencies=tuple(spent),
        notes=("one after another, without HTTP; SQLite on disk",),
    )

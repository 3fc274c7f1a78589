"""One link: agency → node → RabbitMQ → node → the mailbox of another agency, for each size of letters.

Three ways to look at it:

    one_link.rsa, .p256     to the mailbox; the recipient's system sends its own statuses, as most do, so
                            nothing comes back: what a mail server does with mail, and the headline
    one_link.collected      the same, but the recipient fetches and acknowledges while letters arrive; to the
                            last acknowledgement
    one_link.answered       an agency as the axis sets it up by default: after each acknowledgement its node
                            writes the status 01, which goes all the way back; to the last 01 in the sender's
                            mailbox
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace

from gateway.core.model import AgencyCode
from signing.devpki import KeyKind
from tests.bench.agencies import Errand, Told
from tests.bench.measured import Measured
from tests.bench.paper import KIB, MIB, SIZES, mix, size_name
from tests.bench.plan import Plan
from tests.bench.stage import Stage, Usage, stage
from tests.kit.correspondence import agency, tree

WRITER, READER = AgencyCode("000.00.10.H91"), AgencyCode("000.00.01.H91")
ANSWERED = AgencyCode("000.00.02.H91")
AXIS = tree(
    {"H91": "", "H91.10": "H91"},
    [
        agency(WRITER, "H91.10", sends_arrived=True),
        agency(READER, "H91", sends_arrived=True),
        agency(ANSWERED, "H91"),
    ],
)
MIX = "mix"
PILOT_BYTES = 16 * MIB  # letters that warm the caches and tell how many a round may have
PILOT_LETTERS = 60
ROUND_BYTES = 600 * MIB  # of one round: neither disk nor time is endless
SMALLEST_ROUND = {100 * MIB: 2, 10 * MIB: 4}


def at_once(size: int) -> int:
    """Requests in flight: some dozens of small letters, few of the large, as many agencies together would."""
    return 64 if size < MIB else 32 if size < 10 * MIB else 8 if size < 100 * MIB else 2


async def rsa(plan: Plan, sizes: Sequence[int] = SIZES) -> None:
    """The headline row, the mix, and both ways with what the recipient does."""
    async with stage(AXIS, plan.ground) as here:
        plain = Errand(sender=here.desks[WRITER], recipient=here.desks[READER], sizes=(), count=1)
        collected = replace(plain, collects=True)
        answered = replace(collected, recipient=here.desks[ANSWERED], awaits_status=True)
        for size in sizes:
            await case(plan, here, "one_link.rsa", size_name(size), plain, (size,))
        if MIB in sizes:
            await case(plan, here, "one_link.rsa", MIX, plain, mix())
        for size in sizes:
            if size in (6 * KIB, MIB):
                await case(plan, here, "one_link.collected", size_name(size), collected, (size,))
                await case(plan, here, "one_link.answered", size_name(size), answered, (size,))


async def p256(plan: Plan, sizes: Sequence[int] = SIZES[:4]) -> None:
    """The same with the seals of P-256 keys."""
    async with stage(AXIS, plan.ground, seal_kind=KeyKind.P256) as here:
        plain = Errand(sender=here.desks[WRITER], recipient=here.desks[READER], sizes=(), count=1)
        for size in sizes:
            await case(plan, here, "one_link.p256", size_name(size), plain, (size,))


async def case(plan: Plan, here: Stage, row: str, name: str, parties: Errand, sizes: tuple[int, ...]) -> None:
    """
    Measure one case in some rounds, and tell the median one; `parties` says who writes to whom, and how.
    """
    mean = sum(sizes) // len(sizes)
    pilot = replace(parties, sizes=sizes, at_once=at_once(max(sizes)))
    pilot = replace(pilot, count=min(max(PILOT_BYTES // mean, 1), plan.warming(PILOT_LETTERS)))
    await here.agencies.run(pilot)  # caches; the next one tells how fast it is
    rate = per_second(row, pilot, await here.agencies.run(pilot))
    per_round = min(int(rate * plan.seconds / plan.rounds), ROUND_BYTES // mean)
    errand = replace(pilot, count=max(per_round, plan.warming(least(sizes))))
    rounds = []
    for _ in range(plan.rounds):
        with here.counted() as usage:
            told = await here.agencies.run(errand)
        rounds.append(measured(row, name, errand, told, usage))
    rounds.sort(key=lambda one: one.per_second)
    middle = rounds[len(rounds) // 2]
    spread = f"{len(rounds)} rounds: {', '.join(f'{one.per_second:.4g}' for one in rounds)} per second"
    plan.tell(replace(middle, notes=(*middle.notes, spread)))


def least(sizes: tuple[int, ...]) -> int:
    """The fewest letters of a round: every size of a mix once."""
    return len(sizes) if len(sizes) > 1 else SMALLEST_ROUND.get(sizes[0], 8)


def end(row: str, told: Told) -> float:
    """The moment at which a row's last letter is where the row wants it."""
    return (
        told.answered
        if row.endswith(".answered")
        else told.collected
        if row.endswith(".collected")
        else told.ready
    )


def per_second(row: str, errand: Errand, told: Told) -> float:
    return errand.count / max(end(row, told) - told.began, 1e-6)


def measured(row: str, name: str, errand: Errand, told: Told, usage: Usage) -> Measured:
    """What one round showed."""
    notes = [f"request of the sender, median {statistics.median(told.answers) * 1000:.1f} ms"]
    if told.collecting:
        notes.append(f"fetched and acknowledged afterwards: {errand.count / told.collecting:.4g} per second")
    if told.again:
        notes.append(f"{told.again} requests were put off by a node")
    return Measured(
        row=row,
        case=name,
        letters=errand.count,
        seconds=end(row, told) - told.began,
        per_second=per_second(row, errand, told),
        latencies=told.latencies,
        cpu_seconds=usage.cpu_seconds,
        peak_rss=usage.peak_rss,
        notes=tuple(notes),
    )

"""
docs/capacity.md: how much a whole country asks of Trục, every figure computed from the one measured file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from random import Random

from gateway.cli import capacity_tables as tables
from gateway.cli.capacity import service_times
from gateway.cli.capacity_tables import Table, number, percent
from gateway.core.capacity import nation as facts
from gateway.core.capacity.comparison import Study, study
from gateway.core.capacity.estimate import (
    SPREAD,
    WANTED,
    Estimate,
    Machines,
    Part,
    Station,
    estimate,
    need,
    planned,
)
from gateway.core.capacity.nation import BUSIEST, PEAK_PER_SECOND, Nation, Tier
from gateway.core.capacity.service import ServiceTimes
from gateway.core.capacity.simulation import ANSWER_SECONDS, Question

LOADS = (1.0, 10.0, 100.0)
LETTERS = 30_000  # of each simulation: the tests make this page anew
SEED = 1
WIDTH = 118

REMEDY: Mapping[Part, str] = {
    Part.CPU: (
        "Cores: further gateway processes for that node over one PostgreSQL (a claim belongs to one"
        " process; how"
        " well that scales has not been measured);"
        " or a node of its own for some of its agencies, which is a change of the directory and nothing else."
    ),
    Part.BROKER: (
        "Broker: more cores for RabbitMQ, since each link and lane is a queue of its own and the load"
        " spreads;"
        " then a second broker for some of the children."
    ),
    Part.DISK: "Disk: one that writes faster, or several side by side; database and files apart.",
}
LEFT_OUT = (
    (
        "Lines: times are those of the machines. The way over a wide area comes on top, and a large"
        " document on"
        " the slow line of a commune takes as long as the line needs. What lines must carry stands in"
        " the first"
        " table."
    ),
    (
        "The window of 64 letters or 8 MiB that a link has under way: with 50 ms there and back that is"
        " 160 MiB"
        " a second, more than any single link above is asked for."
    ),
    (
        "Priorities: statuses and urgent letters have lanes of their own and overtake; here all wait in one"
        " queue."
    ),
    (
        "A gateway process is one Python process. How far further cores help one was measured on two"
        " cores only;"
        " the tables take cores as equal, so more than two for a node mean several processes."
    ),
    "RabbitMQ is one broker at each site. A cluster of three multiplies its cores and disks by three.",
    "What agencies do beside sending and receiving: polling, searching, the console. Deadlines and notices.",
    "Faults, maintenance, and the work that piles up meanwhile: the unused 30 % are for that.",
)
NAMES = {Tier.CENTRAL: "the centre", Tier.PROVINCE: "every province", Tier.COMMUNE: "every commune"}
SHORT = {Tier.CENTRAL: "centre", Tier.PROVINCE: "province", Tier.COMMUNE: "commune"}
PLACES = {Part.CPU: "cores", Part.BROKER: "broker", Part.DISK: "disk"}


def page() -> str:
    """docs/capacity.md."""
    times, usual = service_times(None), Machines()
    found = {load: estimate(Nation().times(load), times, usual, PEAK_PER_SECOND) for load in LOADS}
    studies = {}
    for load, one in found.items():
        machines = planned(one, usual) if one.first_full.is_overloaded else usual
        question = Question(Nation().times(load), times, machines, LETTERS)
        studies[load] = study(question, Random(SEED))  # noqa: S311, chance, not a secret
    everybody = Question(Nation(), times, usual, LETTERS, whole=facts.PROVINCES, circular=True)
    parts = (
        _head(times),
        _answer(found),
        _assumed(times),
        _load(studies[1.0]),
        _full(found[1.0]),
        _checked(studies),
        _circular(study(everybody, Random(SEED))),  # noqa: S311
        _left_out(),
    )
    return "\n".join(line for part in parts for line in part)


def _told(text: str, first: str = "") -> Iterator[str]:
    """A paragraph or, behind a dash, a point of a list, in lines of the usual width."""
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
    )


def _markdown(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.columns)} |"
    yield f"|{'---|' * len(table.columns)}"
    yield from (f"| {' | '.join(row)} |" for row in table.rows)
    yield ""


def _titled(table: Table) -> Iterator[str]:
    yield from (f"**{table.title}**", "")
    yield from _markdown(table)


def _head(times: ServiceTimes) -> Iterator[str]:
    yield from (
        "# Capacity: a whole country on paper",
        "",
        (
            "<!-- made by `make docs` from gateway/cli/capacity_page.py and gateway/core/capacity; edit"
            " there -->"
        ),
        "",
    )
    yield from _told(
        "Bao nhiêu máy cho cả nước, và nghẽn ở đâu trước: ước tính từ số đo, kiểm tra bằng mô phỏng từng văn"
        " bản. Lệnh `truc capacity` tính lại với tải, số nhân và số đo khác."
    )
    yield ""
    yield from _told(
        "How many machines a country needs, and what breaks first: estimated from what one letter was"
        " measured"
        " to cost, and checked by a simulation that plays the letters one by one. The costs come from"
        " one file,"
        f" `gateway/core/capacity/measured.toml`, of {times.date} ({times.machine}): {times.source}."
        " Newer figures, and other questions:"
    )
    yield from (
        "",
        "```sh",
        "make bench ONLY=one_link,transit JSON=figures.json",
        "truc capacity --measured figures.json --keep gateway/core/capacity/measured.toml",
        "make docs                                    # writes this page anew",
        "truc capacity                                # the tables below, from more letters",
        "truc capacity --load 10 --cores-province 4",
        "truc capacity --circular --json",
        "```",
        "",
    )


def _answer(found: Mapping[float, Estimate]) -> Iterator[str]:
    yield from ("## The answer", "")
    for load, one in found.items():
        yield from _told(f"**{_named(load)}**: {_bought(one)}", "- ")
    least, times = _first(found[1.0])
    where = "the busiest province" if least.tier is Tier.PROVINCE else NAMES[least.tier]
    yield from _told(
        f"**What breaks first** on the machines that the command assumes ({_machines(Machines())}): the"
        f" {PLACES[least.part]} of {where}, at {number(times)} times today's load."
        + "".join(f" At {load:g} times {_states(one)}." for load, one in found.items() if load > 1),
        "- ",
    )
    yield "- **What one would do then**:"
    for part in Part:
        if any(_is_short(one, BUSIEST) for one in found[LOADS[-1]].stations if one.part is part):
            yield from _told(REMEDY[part], "  - ")
    commune = found[1.0].station(Tier.COMMUNE, Part.CPU)
    yield from _told(
        f"**A commune's node** is busy {percent(commune.utilisation)} of its peak hour today: hundreds of"
        " them"
        " can share one machine, or their agencies be served by the node of the province.",
        "- ",
    )
    yield from _told(
        "**What fills up before all that are disks.** No letter is removed by itself today, so that the"
        " country"
        f" keeps {_bytes(found[1.0])} more each year at today's load, and as many times more as the load is"
        " higher. A rule for how long the bytes of handed-over letters stay is needed long before cores are.",
        "- ",
    )
    yield ""
    yield from _titled(tables.needs(Nation(), dict(found)))


def _named(load: float) -> str:
    return "Today" if load == 1 else f"{load:g} times as much"


def _bought(found: Estimate) -> str:
    """All nodes of the country together; one province counts as the busiest."""
    central, province, commune = (need(found, tier) for tier in Tier)
    busiest, others = need(found, Tier.PROVINCE, BUSIEST), Nation().provinces - 1
    cores = central.cores + others * province.cores + busiest.cores
    brokers = central.broker_cores + others * province.broker_cores + busiest.broker_cores
    of_nodes = (
        f"{cores} cores for the nodes of the centre ({central.cores}) and the provinces"
        f" ({province.cores}, the"
        f" busiest {busiest.cores}), {commune.cores} for each commune."
    )
    of_brokers = (
        f"{Nation().provinces + 1} brokers, one at the centre and one in each province, with {brokers} cores"
        " together."
    )
    if {central.disks, province.disks, busiest.disks, commune.disks} == {1}:
        return f"{of_nodes} {of_brokers} One disk for each node is quick enough."
    return (
        f"{of_nodes} {of_brokers} Disks side by side: {central.disks} at the centre, {province.disks} in a"
        f" province, {busiest.disks} in the busiest, {commune.disks} in a commune."
    )


def _bytes(found: Estimate) -> str:
    total = sum(need(found, tier).bytes_of_year * Nation().count(tier) for tier in Tier)
    return f"{number(total / tables.TB)} TB"


def _first(found: Estimate) -> tuple[Station, float]:
    """The station that is full first, the busiest province looked at too; at how many times this load."""
    return min(
        ((one, one.breaks_at / (BUSIEST if one.tier is Tier.PROVINCE else 1)) for one in found.stations),
        key=lambda pair: pair[1],
    )


def _is_short(station: Station, busiest: float = 1.0) -> bool:
    return station.full * (busiest if station.tier is Tier.PROVINCE else 1) >= 1


def _states(found: Estimate) -> str:
    """Which stations cannot keep up."""
    over = [f"{NAMES[one.tier]} ({PLACES[one.part]})" for one in found.stations if _is_short(one)]
    over += [
        f"the busiest province ({PLACES[one.part]})"
        for one in found.stations
        if _is_short(one, BUSIEST) and not _is_short(one)
    ]
    return f"too small are: {', '.join(over)}" if over else "everything keeps up"


def _machines(machines: Machines) -> str:
    def counts(of: Mapping[Tier, int]) -> str:
        return ", ".join(f"{SHORT[tier]} {count}" for tier, count in of.items())

    more = {tier: count for tier, count in machines.disks.items() if count > 1}
    disks = f"; disks: {counts(more)}" if more else ""
    return f"cores: {counts(machines.cores)}; of brokers: {counts(machines.brokers)}{disks}"


FACT, ASSUMED, FOLLOWS = "fact", "assumed", "follows"


def _figures(times: ServiceTimes) -> Iterator[tuple[str, str, str, str]]:
    """Figure, value, what it is, and where it is from."""
    nation, peak = Nation(), facts.PEAK_HOUR
    copies = nation.national * nation.recipients
    source = "Government Office, September 2022: a document once as sent, and for each recipient as received"
    yield ("sent and received, national axis, 8 months of 2022", f"{facts.SENT_AND_RECEIVED:,}", FACT, source)
    yield ("working days in them", str(facts.WORKING_DAYS_OF_IT), FACT, "about")
    month = f"{facts.FIRST_MONTH_SENT:,} sent, {facts.FIRST_MONTH_RECEIVED:,} received"
    yield (
        *("recipients of a document", f"{nation.recipients:.2f}", FACT),
        f"{month} in the first month of the axis, 2019",
    )
    yield (
        *("so, a working day", f"{number(nation.national)} documents, {number(copies)} copies", FOLLOWS),
        f"{number(nation.national + copies)} in the unit of that report",
    )
    yield (
        *("documents a year inside a province", f"{facts.INSIDE_ONE_PROVINCE:,}", f"{FACT}, {ASSUMED}"),
        f"known of Bình Dương, assumed of the other {facts.PROVINCES_OF_THEN - 1} of then",
    )
    yield (
        f"so, inside one of {facts.PROVINCES} provinces, a working day",
        *(f"{number(nation.inside)} documents", FOLLOWS, f"{facts.WORKING_DAYS} working days in a year"),
    )
    yield ("provinces, communes", f"{facts.PROVINCES}, {facts.COMMUNES:,}", FACT, "since 1 July 2025")
    yield ("the busiest province", f"{BUSIEST:g} times a mean one", ASSUMED, "all others are alike")
    yield (
        *("attachments of a document", "median 644 KB, p90 10.9 MB, at most 28.65 MB", FACT),
        "test data of one province; log-normal through them, a third more for base64",
    )
    yield (
        "statuses for each copy",
        *(f"{facts.STATUSES:g} of {tables.size_of(facts.STATUS_BYTES)}", ASSUMED),
        "arrived, registered, finished; each a letter of its own on the way back",
    )
    yield (
        *(f"letters from {peak} to {peak + 1} o'clock", percent(facts.HOURS[peak]), ASSUMED),
        "peaks at 8-11 and 14-17 are what is told, not how high they are",
    )
    yield (
        *("from where to where", "`NATIONAL`, `INSIDE`", ASSUMED),
        "`gateway/core/capacity/nation.py`; communes go over their province, provinces over the centre",
    )
    yield (
        "service times of one size",
        f"± {percent(SPREAD)}",
        ASSUMED,
        "log-normal around what was measured",
    )
    yield (
        "fdatasync",
        f"{times.fsync_seconds * 1000:.1f} ms",
        "measured",
        "for up to 64 transactions at once",
    )
    yield ("a disk writes", f"{Machines().disk_bytes / 1e6:.0f} MB a second", ASSUMED, "")
    yield ("planned for", f"{percent(WANTED)} in the peak hour", ASSUMED, "")


def _assumed(times: ServiceTimes) -> Iterator[str]:
    yield from ("## What it stands on", "")
    yield from _markdown(Table("", ("figure", "value", "", "where it is from"), [*_figures(times)]))
    yield from _titled(tables.costs(times))
    yield from _told(
        "The bench measures whole processes: the sender's node (intake and relay), one in between"
        " (arrival and"
        " relay), the recipient's (arrival and hand-over). Transit is divided evenly between its two"
        " doors; what"
        " is left of either end is the other door's. Straight lines between the sizes; above the largest the"
        " last one goes on."
    )
    yield ""


def _load(one: Study) -> Iterator[str]:
    yield from ("## The load", "")
    yield from _markdown(tables.traffic(one.question.nation, one.mean, one.peak))


def _full(found: Estimate) -> Iterator[str]:
    yield from ("## What is full first", "", f"With {_machines(Machines())}:", "")
    yield from _markdown(tables.limits(found))


def _checked(studies: Mapping[float, Study]) -> Iterator[str]:
    yield from ("## Checked by simulation", "")
    yield from _told(
        f"A tree of one centre, {facts.PROVINCES} provinces and {facts.COMMUNES:,} communes, letter by letter"
        " around the peak hour: Poisson arrivals with the profile of a day, queues first come first served, a"
        " disk that makes many transactions durable at once, one copy across each link. The letters inside"
        " provinces are played for one province, whose nodes are the ones looked at; the centre has"
        " everything."
    )
    yield ""
    yield from _told(
        "Utilisation agrees closely, so the machines counted above are enough. Mean times agree at"
        " today's load."
        " Near capacity the formulae are only a hint: a letter to several recipients and a disk that"
        " writes for"
        " many at once send letters on in bursts, while the processor before a disk keeps the largest apart."
        " There the simulated times are the ones to believe. A dash: too few letters to compare."
    )
    yield ""
    for load, one in studies.items():
        seen = one.seen
        yield from (f"### {_named(load)}", "")
        yield from _told(
            f"With {_machines(one.question.machines)}. {seen.letters:,} letters for {seen.copies:,}"
            " recipients,"
            f" {seen.delivered:,} delivered. Utilisation differs by at most"
            f" {percent(one.utilisation_within)},"
            f" the mean times of documents and of statuses by at most {percent(one.time_within)}."
        )
        yield ""
        for table in (tables.stations(one), tables.of_hops(one), tables.ways(one)):
            yield from _titled(table)


def _circular(one: Study) -> Iterator[str]:
    seen = one.seen
    yield from ("## A circular to all", "")
    yield from _told(
        "One document of 1 MB from the centre to every province and every commune, in the peak hour, with"
        f" everything else going on. One copy crosses each link. Systems fetch it within {ANSWER_SECONDS:g}"
        f" seconds, and as many statuses 01 come back. The last of {len(seen.circular):,} has it after"
        f" {number(max(seen.circular))} s."
    )
    yield ""
    yield from _markdown(tables.circular(one))


def _left_out() -> Iterator[str]:
    yield from ("## What the paper leaves out", "")
    for text in LEFT_OUT:
        yield from _told(text, "- ")
    yield ""

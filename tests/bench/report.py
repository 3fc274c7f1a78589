"""The report of a run: Markdown with the machine, every goal, tables side by side, and plots beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.bench.goals import HEADLINE, PAGES, goals, growth
from tests.bench.measure import MIB, percentile
from tests.bench.measured import Measured
from tests.bench.one_link import MIX
from tests.bench.outcome import Outcome
from tests.bench.paper import SIZES, size_name
from tests.bench.plots import Plot, svg

REPORT = "report.md"
FILES = "files."
CASES = (*map(size_name, SIZES), MIX)
BESIDE: Mapping[str, str] = {
    HEADLINE: "Trục, RSA-2048",
    "one_link.p256": "Trục, P-256",
    "peer.postfix": "Postfix",
    "bare.rsa": "the bare pipe, RSA-2048",
    "peer.as4": "as4, one core",
    "peer.pyas2lib": "pyas2lib, one core",
}
HEAD = """\
# What Trục carries, and how fast

The headline is `one_link.rsa`: an agency hands letters in over HTTP, its node validates and seals them
(RSA-2048), RabbitMQ carries them, the next node verifies the seal and lays them into the mailbox of
another agency; durable at each step. It is measured from the first byte of the first request until the
last letter can be fetched. The recipient's system sends its own statuses, as most do, so no automatic 01
goes back, as no mail server sends one; `one_link.answered` has the 01, `one_link.collected` has fetching
and acknowledging. Figures are medians of rounds, sizes those of whole messages.
"""


def write(outcome: Outcome, machine: Mapping[str, str], folder: Path) -> Path:
    """Write report and plots into a folder; where the report is."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {name: plot for name, plot in plots(outcome).items() if any(map(any, plot.lines.values()))}
    for name, plot in drawn.items():
        (folder / f"{name}.svg").write_text(svg(plot), encoding="utf-8")
    path = folder / REPORT
    path.write_text("\n".join(markdown(outcome, machine, drawn)), encoding="utf-8")
    return path


def markdown(outcome: Outcome, machine: Mapping[str, str], drawn: Mapping[str, Plot]) -> Iterator[str]:
    """The report, line by line."""
    yield HEAD
    yield from table(("", "the machine"), machine.items())
    yield "## Goals\n"
    yield from (goal.line for goal in goals(outcome))
    yield ""
    for title, rows in (("Rows that failed", outcome.failed), ("Rows that cannot run here", outcome.absent)):
        if rows:
            yield f"## {title}\n"
            yield from (f"- `{row}`: {why}" for row, why in rows.items())
            yield ""
    yield "## Side by side\n"
    yield from side_by_side(outcome)
    for name, plot in drawn.items():
        yield f"![{plot.title}]({name}.svg)\n"
    yield "## Latency\n"
    yield from latencies(outcome)
    yield "## Backlog\n"
    yield from by_level(outcome, "backlog.")
    yield "## Pages of the console\n"
    yield from by_level(outcome, PAGES, noted=True)
    yield "Files with all lines that one may have, to the last byte:\n"
    yield from by_level(outcome, FILES, noted=True)
    yield "## CPU time by part\n"
    yield from parts(outcome)
    yield "## Memory and CPU of every process\n"
    yield from processes(outcome)
    yield "## Every figure\n"
    yield from figures(outcome)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table of Markdown; nothing without rows."""
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    if not lines:
        yield "not measured\n"
        return
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(line)} |" for line in lines)
    yield ""


def number(value: float | None) -> str:
    """Three digits that count."""
    return "–" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def side_by_side(outcome: Outcome) -> Iterator[str]:
    """Letters per second of everybody, and what ours are of each."""
    yield "Letters per second; below, how many times that of the other Trục with RSA-2048 carries.\n"
    here = {row: name for row, name in BESIDE.items() if outcome.of(row)}
    yield from table(
        ("", *CASES),
        [(name, *(number(outcome.rate(row, case)) for case in CASES)) for row, name in here.items()],
    )
    ratios = [
        (f"Trục : {name}", *(_ratio(outcome, row, case) for case in CASES))
        for row, name in here.items()
        if row != HEADLINE
    ]
    yield from table(("", *CASES), ratios)


def _ratio(outcome: Outcome, row: str, case: str) -> str:
    ours, theirs = outcome.rate(HEADLINE, case), outcome.rate(row, case)
    return f"{ours / theirs:.2f} ×" if ours and theirs else "–"


def latencies(outcome: Outcome) -> Iterator[str]:
    """From the first byte of a request to the mailbox."""
    timed = [one for one in outcome.measured if one.row.startswith("latency.")]
    rows = [
        (
            one.row,
            one.case,
            len(one.latencies),
            *(f"{percentile(one.latencies, p) * 1000:.0f}" for p in (0.5, 0.95, 0.99)),
        )
        for one in timed
    ]
    yield from table(("row", "case", "letters", "p50, ms", "p95, ms", "p99, ms"), rows)


def by_level(outcome: Outcome, beginning: str, *, noted: bool = False) -> Iterator[str]:
    """What each kind of work costs with how many letters; `noted`: and what there is to say of the most."""
    names = dict.fromkeys(one.row for one in outcome.measured if one.row.startswith(beginning))
    cases = list(dict.fromkeys(one.case for name in names for one in outcome.of(name)))
    rows: list[Sequence[str]] = [
        (
            name,
            *(f"{1000 / one.per_second:.2f} ms" for one in outcome.of(name)),
            f"{growth(outcome, name) or 0:.2f} ×",
            *(outcome.of(name)[-1].notes if noted else ()),
        )
        for name in names
    ]
    yield from table(("median of one", *cases, "last : first", *(("",) if noted else ())), rows)


def parts(outcome: Outcome) -> Iterator[str]:
    """Milliseconds of CPU for one letter."""
    found = [one for one in outcome.measured if one.row.startswith("parts.")]
    names = list(dict.fromkeys(part for one in found for part in one.cpu_seconds))
    columns = ("ms of CPU for a letter", *(f"{one.row.removeprefix('parts.')}, {one.case}" for one in found))
    rows: list[Sequence[str]] = [
        (name, *(f"{one.cpu_seconds.get(name, 0.0) * 1000 / one.letters:.2f}" for one in found))
        for name in names
    ]
    if found:
        rows.append(("all", *(f"{sum(one.cpu_seconds.values()) * 1000 / one.letters:.2f}" for one in found)))
    yield from table(columns, rows)


def processes(outcome: Outcome) -> Iterator[str]:
    """Peak memory and CPU of each process in each row."""
    rows = [
        (
            one.row,
            one.case,
            name,
            f"{one.peak_rss.get(name, 0) / MIB:.0f}",
            f"{seconds * 1000 / one.letters:.2f}",
        )
        for one in outcome.measured
        if one.peak_rss
        for name, seconds in one.cpu_seconds.items()
    ]
    yield from table(("row", "case", "process", "peak memory, MiB", "CPU, ms a letter"), rows)


def figures(outcome: Outcome) -> Iterator[str]:
    """All results with their notes."""
    rows = [
        (one.row, one.case, one.letters, f"{one.seconds:.2f}", number(one.per_second), "; ".join(one.notes))
        for one in outcome.measured
    ]
    yield from table(("row", "case", "letters", "seconds", "per second", "notes"), rows)
    yield from table(("row", "seconds in all"), [(row, f"{s:.0f}") for row, s in outcome.seconds.items()])


# --- plots ---------------------------------------------------------------------------------------


def plots(outcome: Outcome) -> Mapping[str, Plot]:
    """Every plot that a whole run gives, by the name of its file."""
    sizes = [size_name(size) for size in SIZES]
    throughput = {
        name: [outcome.rate(row, case) for case in sizes] for row, name in BESIDE.items() if outcome.of(row)
    }
    return {
        "throughput": Plot(
            "Throughput against size", "size of a message", "letters per second", sizes, throughput
        ),
        "latency-size": _latency_plot(
            outcome, "latency.one_link", "Idle latency against size", "size of a message"
        ),
        "latency-hops": _latency_plot(outcome, "latency.hops", "Idle latency against hops", "way"),
        "recipients": _recipients_plot(outcome),
        "backlog": _backlog_plot(outcome),
    }


def _milliseconds(seconds: Iterable[float], part: float) -> float | None:
    found = list(seconds)
    return percentile(found, part) * 1000 if found else None


def _latency_plot(outcome: Outcome, row: str, title: str, places_name: str) -> Plot:
    found = outcome.of(row)
    lines = {
        f"p{part * 100:.0f}": [_milliseconds(one.latencies, part) for one in found] for part in (0.5, 0.99)
    }
    return Plot(title, places_name, "milliseconds to the mailbox", [one.case for one in found], lines)


def _recipients_plot(outcome: Outcome) -> Plot:
    found = outcome.of("fan_out")
    lines = {
        "until the last": [one.seconds * 1000 for one in found],
        "for each": [one.seconds * 1000 / one.letters for one in found],
    }
    return Plot(
        "One letter to many", "recipients", "milliseconds", [str(one.letters) for one in found], lines
    )


def _backlog_plot(outcome: Outcome) -> Plot:
    rows = dict.fromkeys(one.row for one in outcome.measured if one.row.startswith("backlog."))
    found: Mapping[str, Sequence[Measured]] = {row: outcome.of(row) for row in rows}
    places = [one.case.removesuffix(" letters") for one in next(iter(found.values()), ())]
    lines = {
        row.removeprefix("backlog."): [median(one.latencies) * 1000 for one in cases]
        for row, cases in found.items()
    }
    return Plot("Work against letters in the store", "letters in the store", "milliseconds", places, lines)

"""What was to be reached, and whether it was: each goal in one line, with its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.bench.fan_out import AS_ONE
from tests.bench.measure import BROKER, MIB, percentile
from tests.bench.measured import Measured
from tests.bench.outcome import Outcome
from tests.bench.paper import SIZES, size_name
from tests.bench.stage import AGENCIES

HEADLINE = "one_link.rsa"
COMPARED = SIZES[:4]  # 100 MB is reported, and no goal
FLAT = 1.5
PAGES, PAGE_SECONDS, PAGE_GROWTH = "pages.", 0.3, 3.0
FLAT_MEMORY = 64 * MIB


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal; `reached` is None if it could not be judged in this run."""

    text: str
    reached: bool | None
    figures: str

    @property
    def line(self) -> str:
        """As a line of Markdown."""
        verdict = "not measured" if self.reached is None else "reached" if self.reached else "NOT reached"
        return f"- **{verdict}**: {self.text}{': ' if self.figures else ''}{self.figures}"


def goals(outcome: Outcome) -> Iterator[Goal]:
    """Every goal, in the order of the report."""
    yield _against(outcome, "at least 1.0 × Postfix, 6 KB to 10 MB", "peer.postfix", 1.0)
    yield _against(outcome, "at least 5 × as4 (one core of it), 6 KB to 10 MB", "peer.as4", 5.0)
    yield _against(outcome, "at least 0.5 × the bare pipe, 6 KB to 10 MB", "bare.rsa", 0.5)
    yield _transit(outcome)
    yield _latency(outcome, "idle p50 over one link at most 50 ms", "latency.one_link", 0.5, 0.050)
    yield _latency(outcome, "idle p50 over six hops at most 250 ms", "latency.six_hops", 0.5, 0.250)
    yield _latency(outcome, "urgent under full bulk load, p99 at most 2 s", "latency.urgent", 0.99, 2.0)
    yield _memory(outcome)
    for name, work in (("claim", "a claim"), ("fetch", "a fetch with its acknowledgement")):
        yield _backlog(
            outcome, f"backlog.{name}", f"{work} costs at most {FLAT} × as much in the largest store"
        )
    yield from _pages(outcome)
    yield _one_copy(outcome)
    yield _fan_out(outcome)


def _against(outcome: Outcome, text: str, peer: str, factor: float) -> Goal:
    ratios = {
        size_name(size): ours / theirs
        for size in COMPARED
        if (ours := outcome.rate(HEADLINE, size_name(size)))
        and (theirs := outcome.rate(peer, size_name(size)))
    }
    figures = ", ".join(f"{case} {ratio:.2f} ×" for case, ratio in ratios.items())
    is_reached = all(ratio >= factor for ratio in ratios.values()) if len(ratios) == len(COMPARED) else None
    return Goal(text, is_reached, figures)


def _transit(outcome: Outcome) -> Goal:
    ours, through = outcome.rate(HEADLINE, "6 KB"), outcome.rate("transit", "6 KB")
    text = "transit alone at least 2 × one link, at 6 KB"
    if not ours or not through:
        return Goal(text, None, "")
    return Goal(
        text, through >= 2 * ours, f"{through:.4g} against {ours:.4g} per second, {through / ours:.2f} ×"
    )


def _latency(outcome: Outcome, text: str, row: str, part: float, most: float) -> Goal:
    found = {one.case: percentile(one.latencies, part) for one in outcome.of(row) if one.latencies}
    if row != "latency.urgent":
        found = {case: seconds for case, seconds in found.items() if case == "6 KB"}
    figures = ", ".join(f"{case} {seconds * 1000:.0f} ms" for case, seconds in found.items())
    return Goal(text, all(seconds <= most for seconds in found.values()) if found else None, figures)


def _memory(outcome: Outcome) -> Goal:
    text = f"flat memory: no node needs over {FLAT_MEMORY // MIB} MiB more for letters of 100 MB than of 6 KB"
    small, large = (outcome.find(HEADLINE, size_name(size)) for size in (SIZES[0], SIZES[-1]))
    if small is None or large is None:
        return Goal(text, None, "")
    grown = {name: large.peak_rss[name] - small.peak_rss.get(name, 0) for name in nodes_of(large)}
    figures = ", ".join(f"{name} {size / MIB:+.0f} MiB" for name, size in grown.items())
    return Goal(text, all(size <= FLAT_MEMORY for size in grown.values()), figures)


def nodes_of(one: Measured) -> list[str]:
    """The processes of a result that are nodes of ours."""
    return [name for name in one.peak_rss if name not in (BROKER, AGENCIES)]


def _backlog(outcome: Outcome, row: str, text: str) -> Goal:
    ratio = growth(outcome, row)
    return Goal(text, None if ratio is None else ratio < FLAT, "" if ratio is None else f"{ratio:.2f} ×")


def _pages(outcome: Outcome) -> Iterator[Goal]:
    """What the slowest page costs, and the one that grows most, by name."""
    rows = dict.fromkeys(one.row for one in outcome.measured if one.row.startswith(PAGES))
    spent = {row: 1 / outcome.of(row)[-1].per_second for row in rows}
    grown = {row: ratio for row in rows if (ratio := growth(outcome, row)) is not None}
    text = f"every page of the console within {PAGE_SECONDS * 1000:.0f} ms with the most letters"
    yield _slowest(text, spent, PAGE_SECONDS, lambda seconds: f"{seconds * 1000:.0f} ms")
    text = f"every page of the console at most {PAGE_GROWTH:.0f} × what it costs with the fewest letters"
    yield _slowest(text, grown, PAGE_GROWTH, lambda ratio: f"{ratio:.2f} ×")


def _slowest(text: str, found: Mapping[str, float], most: float, written: Callable[[float], str]) -> Goal:
    if not found:
        return Goal(text, None, "")
    worst = max(found, key=lambda row: found[row])
    above = sum(value > most for value in found.values())
    figures = f"{written(found[worst])} ({worst.removeprefix(PAGES)}); {above} of {len(found)} above"
    return Goal(text, not above, figures)


def growth(outcome: Outcome, row: str) -> float | None:
    """How many times the cost with the fewest letters the cost with the most is; in CPU time, if known."""
    found = outcome.of(row)
    if len(found) < 2:
        return None
    spent = [sum(one.cpu_seconds.values()) / one.letters or 1 / one.per_second for one in found]
    return spent[-1] / spent[0]


def _one_copy(outcome: Outcome) -> Goal:
    found = outcome.of("fan_out")
    missed = ", ".join(one.case for one in found if AS_ONE not in one.notes)
    return Goal("fan-out: every link carries one copy", not missed if found else None, missed)


def _fan_out(outcome: Outcome) -> Goal:
    text = "fan-out: the time for each recipient falls with their number"
    each = [one.seconds / one.letters for one in outcome.of("fan_out")]
    figures = ", ".join(
        f"{one.case} {one.seconds / one.letters * 1000:.3g} ms" for one in outcome.of("fan_out")
    )
    return Goal(text, each == sorted(each, reverse=True) if len(each) > 1 else None, figures)

"""
A report of one node over a period: by agency, by level, in total; who was silent, and what was refused.

Every row is a sum of the same parts, so levels and agencies each add up to the total. The structure is that
of the day: what an agency did counts for the level that it had when it did it.

Spec: QD28/11, QD28/15.1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol

from gateway.core.codes import normal
from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode, NodeId
from gateway.core.periods import Period
from gateway.core.statistics import NOTHING, Figures, level_of, quantile, total

ON_THE_AXIS: Final = ("trên số văn bản qua trục", "of the documents on the axis")
WITH_PAPER: Final = ("trên tổng số văn bản, kể cả chỉ gửi giấy", "of all documents, those only on paper too")
"""What an electronic share is a share of, where it is shown."""


class Counts(Protocol):
    """Figures of an agency at one level, as the store gives them."""

    @property
    def agency(self) -> AgencyCode: ...
    @property
    def level(self) -> str: ...
    @property
    def figures(self) -> Figures: ...


class Times(Protocol):
    """How long letters took to an agency."""

    @property
    def agency(self) -> AgencyCode: ...
    @property
    def level(self) -> str: ...
    @property
    def classes(self) -> Mapping[int, int]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """
    One line of a report. `code` is an agency's, "" for a level or the total.

    `paper_only` is None unless it was reported for every agency of the row that sent anything, and every
    month. `agencies` is how many there are, `active` how many of them sent or received.
    """

    code: str
    name: str
    level: str
    figures: Figures
    paper_only: int | None
    agencies: int
    active: int
    median: float | None  #: seconds from the acceptance to the door
    p95: float | None

    @property
    def electronic_share(self) -> float | None:
        return self.figures.electronic_share(self.paper_only)

    @property
    def share_of(self) -> tuple[str, str]:
        """What the share is a share of, in both languages."""
        return ON_THE_AXIS if self.paper_only is None else WITH_PAPER

    @property
    def active_share(self) -> float | None:
        return self.active / self.agencies if self.agencies else None


@dataclass(frozen=True, slots=True)
class Silent:
    """An agency that neither sent nor received."""

    code: AgencyCode
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `refusals`: by side and reason, the most frequent first."""

    period: Period
    total: Row
    by_level: tuple[Row, ...]
    by_agency: tuple[Row, ...]
    silent: tuple[Silent, ...]
    refusals: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a report is made of. `agencies`: only of these, None for all of the node."""

    period: Period
    node: NodeId
    directory: Directory
    figures: Sequence[Counts]
    times: Sequence[Times]
    refusals: Iterable[tuple[str, str, int]]  #: side, reason, number
    paper: Mapping[AgencyCode, Mapping[date, int]]
    today: date
    agencies: Collection[AgencyCode] | None = None


def make_report(given: Given) -> Report:
    """The report of what is given."""
    parts, order = _parts(given), _order(given)
    levels = sorted({p.level for p in parts}, key=lambda level: (order.get(level, len(order)), level))
    refusals: Counter[tuple[str, str]] = Counter()
    for side, reason, number in given.refusals:
        refusals[side, reason] += number
    return Report(
        period=given.period,
        total=_sum("", parts),
        by_level=tuple(_sum(level, [p for p in parts if p.level == level]) for level in levels),
        by_agency=tuple(_sum(p.level, [p], p.code, p.name) for p in parts if p.has_anything),
        silent=tuple(Silent(p.code, p.name, p.level) for p in parts if not p.figures.is_active),
        refusals=MappingProxyType(dict(sorted(refusals.items(), key=lambda each: (-each[1], each[0])))),
    )


# --- parts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """One agency at one level."""

    code: AgencyCode
    name: str
    level: str
    figures: Figures
    classes: Mapping[int, int]
    paper_only: int | None

    @property
    def has_anything(self) -> bool:
        return self.figures != NOTHING or bool(self.paper_only)


@dataclass(slots=True)
class _Place:
    figures: Figures = NOTHING
    classes: Counter[int] = field(default_factory=Counter)
    is_present: bool = False


def _places(given: Given) -> dict[tuple[AgencyCode, str], _Place]:
    """Every agency at every level that it has now, or had when something was counted."""
    places: dict[tuple[AgencyCode, str], _Place] = {}
    for counts in given.figures:
        place = places.setdefault((counts.agency, counts.level), _Place())
        place.figures = place.figures + counts.figures
    for times in given.times:
        places.setdefault((times.agency, times.level), _Place()).classes.update(times.classes)
    had = {agency for agency, _ in places}
    for agency in agencies_of(given.directory, given.node, given.period, given.agencies):
        level = level_of(given.directory, agency)
        if agency.code not in had or (agency.code, level) in places:
            places.setdefault((agency.code, level), _Place()).is_present = True
    return places


def agencies_of(
    directory: Directory, node: NodeId, period: Period, agencies: Collection[AgencyCode] | None
) -> list[Agency]:
    """
    The agencies of a node that were open on some day of a period, without the organs of nodes.

    An organ that is an agency, too, is known by its figures; one that has none would only seem silent.
    """
    axis = {normal(row.organ_code) for row in directory.node_rows}
    return [
        agency
        for agency in directory.served_by(node)
        if normal(agency.code) not in axis
        and (agencies is None or agency.code in agencies)
        and not (agency.is_not_yet_open(period.last) or agency.is_closed(period.first))
    ]


def _parts(given: Given) -> list[_Part]:
    places = _places(given)
    homes: dict[AgencyCode, str] = {}
    for code, level in sorted(places):
        if code not in homes or places[code, level].is_present:
            homes[code] = level
    parts = []
    for (code, level), place in sorted(places.items()):
        row = given.directory.find(code)
        # reported for the agency, whatever levels it had: it counts at the one that is its own now
        paper = _paper_only(given, code)
        if paper is not None and level != homes[code]:
            paper = 0
        name = "" if row is None else row.name
        parts.append(_Part(code, name, level, place.figures, place.classes, paper))
    return parts


def _paper_only(given: Given, code: AgencyCode) -> int | None:
    """What an agency sent on paper only; None if a month is missing."""
    months = [month for month in given.period.months() if month <= given.today]
    reported = given.paper.get(code, {})
    if not (given.period.is_whole_months and months and all(month in reported for month in months)):
        return None
    return sum(reported[month] for month in months)


def _sum(level: str, parts: Sequence[_Part], code: str = "", name: str = "") -> Row:
    figures = total(part.figures for part in parts)
    classes: Counter[int] = Counter()
    for part in parts:
        classes.update(part.classes)
    counted = [part for part in parts if part.figures.sent or part.paper_only is not None]
    is_known = bool(counted) and all(part.paper_only is not None for part in counted)
    return Row(
        code=code,
        name=name,
        level=level,
        figures=figures,
        paper_only=sum(part.paper_only or 0 for part in counted) if is_known else None,
        agencies=len({part.code for part in parts}),
        active=len({part.code for part in parts if part.figures.is_active}),
        median=quantile(classes, 0.5),
        p95=quantile(classes, 0.95),
    )


def _order(given: Given) -> dict[str, int]:
    """The place of each level as the directory names them, from the top."""
    levels = dict.fromkeys(level_of(given.directory, agency) for agency in given.directory.agency_rows)
    return {level: place for place, level in enumerate(levels)}


# --- indicators ----------------------------------------------------------------------------------

Value = int | float | None


def _figure(name: str) -> Callable[[Row], Value]:
    return lambda row: getattr(row.figures, name)


def _in_time(duty: str) -> Callable[[Row], Value]:
    return lambda row: row.figures.in_time(duty)


INDICATORS: Final[Mapping[str, tuple[str, str, Callable[[Row], Value]]]] = MappingProxyType(
    {
        "sent": ("Văn bản gửi", "Documents sent", _figure("sent")),
        "sent_electronic": (
            "Văn bản gửi chỉ bản điện tử",
            "Sent, electronic only",
            _figure("sent_electronic"),
        ),
        "sent_on_paper": (
            "Văn bản gửi kèm bản giấy",
            "Sent, a paper copy follows",
            _figure("sent_on_paper"),
        ),
        "sent_urgent": ("Văn bản khẩn gửi", "Urgent documents sent", _figure("sent_urgent")),
        "paper_only": ("Văn bản chỉ gửi giấy", "Sent on paper only", lambda row: row.paper_only),
        "electronic_share": (
            "Tỷ lệ văn bản chỉ gửi điện tử",
            "Share of electronic only",
            lambda row: row.electronic_share,
        ),
        "received": ("Văn bản nhận", "Documents received", _figure("received")),
        "received_on_paper": (
            "Văn bản nhận kèm bản giấy",
            "Received, a paper copy follows",
            _figure("received_on_paper"),
        ),
        "refused": ("Đơn vị từ chối tiếp nhận", "Refused by the agency", _figure("refused")),
        "came_back": (
            "Bị từ chối hoặc Trục trả lại",
            "Refused by receivers or returned by the axis",
            _figure("came_back"),
        ),
        "agencies": ("Số đơn vị", "Agencies", lambda row: row.agencies),
        "active": ("Đơn vị có gửi, nhận", "Active agencies", lambda row: row.active),
        "active_share": ("Tỷ lệ đơn vị có gửi, nhận", "Share of active", lambda row: row.active_share),
        "sent_met": ("Gửi đúng hạn", "Sent in time", _figure("sent_met")),
        "sent_late": ("Gửi quá hạn", "Sent late", _figure("sent_late")),
        "sent_no_data": ("Gửi: không có dữ liệu", "Sent: no data", _figure("sent_no_data")),
        "sent_in_time": ("Tỷ lệ gửi đúng hạn", "Share sent in time", _in_time("sent")),
        "told_met": ("Báo đã nhận đúng hạn", "Receipt told in time", _figure("told_met")),
        "told_late": ("Báo đã nhận quá hạn", "Receipt told late", _figure("told_late")),
        "told_no_data": ("Báo đã nhận: không có dữ liệu", "Receipt told: no data", _figure("told_no_data")),
        "told_in_time": ("Tỷ lệ báo đã nhận đúng hạn", "Share told in time", _in_time("told")),
        "presented_met": ("Trình, chuyển đúng hạn", "Presented in time", _figure("presented_met")),
        "presented_late": ("Trình, chuyển quá hạn", "Presented late", _figure("presented_late")),
        "presented_no_data": (
            "Trình, chuyển: không có dữ liệu",
            "Presented: no data",
            _figure("presented_no_data"),
        ),
        "presented_in_time": (
            "Tỷ lệ trình, chuyển đúng hạn",
            "Share presented in time",
            _in_time("presented"),
        ),
        "handled_met": ("Đúng hạn xử lý văn bản", "Handled in time", _figure("handled_met")),
        "handled_late": ("Quá hạn xử lý văn bản", "Handled late", _figure("handled_late")),
        "handled_no_data": ("Xử lý: không có dữ liệu", "Handled: no data", _figure("handled_no_data")),
        "handled_in_time": (
            "Tỷ lệ đúng hạn xử lý văn bản",
            "Share handled in time",
            _in_time("handled"),
        ),
        "median_seconds": (
            "Thời gian chuyển, trung vị (giây)",
            "Delivery time, median (seconds)",
            lambda row: row.median,
        ),
        "p95_seconds": (
            "Thời gian chuyển, 95% (giây)",
            "Delivery time, p95 (seconds)",
            lambda row: row.p95,
        ),
    }
)
"""Everything that a row says, by name: what a report shows, and what indicator codes may stand for."""


def value_of(row: Row, name: str) -> Value:
    """One figure of a row."""
    return INDICATORS[name][2](row)

"""
Alerts: what stands, what has ended, from where on something is told, and how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.config import AlertsSection
from gateway.core.alert_words import WORDS, sentences
from gateway.core.alerts import Alert, AlertKind
from gateway.core.catalogue import NO_SUCH_PAGE
from gateway.core.errors import Rejected, find
from gateway.http.console.declared import IT, OPERATORS, ROOT, Action, Chapter, Done, Fragment, Leaf, Page
from gateway.http.console.forms import Form
from gateway.http.console.view import View
from gateway.http.console.words import FIRST, said
from gateway.ports import AlertMessage

PATH = f"{ROOT}/alerts"
LINES = 30
MESSAGES = 50  # of all ways; enough to find the latest of each

ACKNOWLEDGED = said("Đã ghi nhận cảnh báo số %(number)s.")
TESTED = said("Đang gửi tin thử theo cách «%(way)s»; kết quả hiện ở bảng dưới sau ít giây.")

NAMES: Mapping[AlertKind, str] = {
    AlertKind.LINK: said("Mất đường nối"),
    AlertKind.OLDEST: said("Văn bản chờ lâu"),
    AlertKind.URGENT: said("Văn bản khẩn chưa chuyển được"),
    AlertKind.REFUSALS: said("Tỷ lệ trả lại cao"),
    AlertKind.CERTIFICATE: said("Chứng thư sắp hết hạn"),
    AlertKind.DISK: said("Ổ đĩa sắp đầy"),
    AlertKind.CLOCK: said("Đồng hồ lệch"),
    AlertKind.QUARANTINE: said("Có mục bị cách ly"),
    AlertKind.OVERDUE: said("Văn bản quá hạn"),
}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert as the tables show it; `says` and `next` are in the reader's language."""

    alert: Alert
    name: str
    says: str
    next: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on one kind is told: a length of time, or a number with its unit."""

    name: str
    limit: Any
    unit: str
    is_sent: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way of telling, and the latest message that went it."""

    name: str
    last: AlertMessage | None


async def open_alerts(view: View) -> Mapping[str, Any]:
    """The whole page."""
    before = view.query_number("before")
    past = await view.store.alerts_past(before, LINES)
    alerts = view.around.alerts
    return {
        **await standing(view),
        "past": _rows(view, past),
        "earlier": f"{PATH}?before={past[-1].number}" if len(past) == LINES else "",
        "is_first": before is None,
        "thresholds": _thresholds(alerts),
        "ways": await _ways(view),
        "is_watched": alerts.enabled,
        "may_act": view.role in OPERATORS,
    }


async def standing(view: View) -> Mapping[str, Any]:
    """What stands now."""
    alerts = await view.lately("alerts", view.store.alerts_standing, seconds=2.0)
    return {"standing": _rows(view, alerts)}


def _rows(view: View, alerts: Sequence[Alert]) -> Sequence[AlertRow]:
    rows = []
    for alert in alerts:
        vi, en = sentences(alert)
        words, is_first = WORDS[alert.kind], view.words.language == FIRST
        says, what_next = (vi, words.next_vi) if is_first else (en, words.next_en)
        rows.append(AlertRow(alert, NAMES[alert.kind], says[:1].upper() + says[1:], what_next))
    return rows


def _thresholds(alerts: AlertsSection) -> Sequence[Threshold]:
    limits: Mapping[AlertKind, tuple[Any, str]] = {
        AlertKind.LINK: (alerts.link_down_after, ""),
        AlertKind.OLDEST: (alerts.oldest_after, ""),
        AlertKind.URGENT: (alerts.urgent_after, ""),
        AlertKind.REFUSALS: (alerts.refusals_percent, "%"),
        AlertKind.CERTIFICATE: (alerts.certificate_before, ""),
        AlertKind.DISK: (alerts.disk_free_percent, "%"),
        AlertKind.CLOCK: (alerts.clock_off, ""),
        AlertKind.QUARANTINE: (1, ""),
        AlertKind.OVERDUE: (1, ""),
    }
    return [Threshold(NAMES[kind], *limits[kind], kind not in alerts.quiet) for kind in AlertKind]


async def _ways(view: View) -> Sequence[Way]:
    latest: dict[str, AlertMessage] = {}
    for message in await view.store.alert_messages(MESSAGES):
        latest.setdefault(message.way, message)
    return [Way(name, latest.get(name)) for name in sorted(view.around.alerts.ways)]


async def acknowledge(view: View, form: Form) -> Done:
    """Somebody has seen it and looks after it: nobody is reminded any more."""
    number = form.text("number", most=18)
    if not (number.isascii() and number.isdigit()):
        raise Rejected(find(NO_SUCH_PAGE))
    if not await view.store.acknowledge_alert(int(number), view.act("", {"number": number})):
        raise Rejected(find(NO_SUCH_PAGE))
    view.around.remembered.forget("alerts")
    return Done(PATH, ACKNOWLEDGED, {"number": number})


async def try_way(view: View, form: Form) -> Done:
    """A message that tells nothing, to see whether it arrives."""
    way = form.text("way", most=100)
    if way not in view.around.alerts.ways or not view.around.alerts.enabled:
        raise Rejected(find(NO_SUCH_PAGE))
    await view.store.owe_alert_test(way, view.act("", {"way": way}))
    return Done(PATH, TESTED, {"way": way})


ALERTS = Page(
    path=PATH,
    name="alerts",
    title=said("Cảnh báo"),
    template="alerts.html",
    handler=open_alerts,
    roles=IT,
    chapter=Chapter.ALERTS,
)

LEAF = Leaf(
    pages=(ALERTS,),
    actions=(
        Action(
            path=f"{PATH}/acknowledge",
            name="alert_acknowledged",
            handler=acknowledge,
            page=ALERTS,
            roles=OPERATORS,
            journals_itself=True,
        ),
        Action(
            path=f"{PATH}/try",
            name="alert_way_tried",
            handler=try_way,
            page=ALERTS,
            roles=OPERATORS,
            journals_itself=True,
        ),
    ),
    fragments=(
        Fragment(name="alerts.standing", template="alerts_standing.html", handler=standing, roles=IT),
    ),
)

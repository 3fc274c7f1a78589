"""
Alerts in words: Vietnamese first, English beside it. Nothing of any letter stands in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.alerts import Alert, AlertKind
from gateway.core.calendar import VIETNAM


@dataclass(frozen=True, slots=True)
class AlertWords:
    """How one kind is told, and what to do; `{place}`, `{value}` and `{limit}` are filled in."""

    vi: str
    en: str
    next_vi: str
    next_en: str


WORDS: Mapping[AlertKind, AlertWords] = {
    AlertKind.LINK: AlertWords(
        "mất kết nối tới {place}",
        "the link to {place} is down",
        "Xem đường truyền và trạm trung chuyển của đường nối; văn bản chờ trong kho, không mất.",
        "Look at the line and the broker of the link; letters wait in the store, none is lost.",
    ),
    AlertKind.OLDEST: AlertWords(
        "văn bản chờ {place} nhận đã {value} phút (ngưỡng {limit} phút)",
        "a letter has waited {value} minutes for {place} (limit {limit})",
        "Mở trang của đường nối đó xem vì sao nút kề không nhận.",
        "Open the page of that link and see why the neighbour does not take letters.",
    ),
    AlertKind.URGENT: AlertWords(
        "{value} văn bản khẩn chưa chuyển được sau {limit} phút",
        "urgent letters that have not gone on after {limit} minutes: {value}",
        "Tìm các văn bản khẩn đang chờ và báo cho nơi nhận bằng cách khác nếu cần.",
        "Find the urgent letters that wait, and tell their receivers by other means if need be.",
    ),
    AlertKind.REFUSALS: AlertWords(
        "{value} % văn bản gửi vào bị Trục trả lại (ngưỡng {limit} %)",
        "{value} % of what was handed in is refused (limit {limit} %)",
        "Xem các lỗi theo nguyên nhân; thường là một phần mềm của đơn vị vừa đổi.",
        "Look at the failures by cause; often one agency's system has just changed.",
    ),
    AlertKind.CERTIFICATE: AlertWords(
        "chứng thư của {place} còn {value} ngày",
        "days until the certificate of {place} ends: {value}",
        "Xin chứng thư mới và thay tệp trước ngày hết hạn.",
        "Ask for a new one and put its file in place before that day.",
    ),
    AlertKind.DISK: AlertWords(
        "ổ đĩa dữ liệu chỉ còn trống {value} % (ngưỡng {limit} %)",
        "only {value} % of the data disk is free (limit {limit} %)",
        "Giải phóng hoặc thêm dung lượng; khi đầy, nút ngừng nhận văn bản.",
        "Free or add space; when it is full the node takes no letters.",
    ),
    AlertKind.CLOCK: AlertWords(
        "đồng hồ của máy lệch {value} giây (ngưỡng {limit} giây)",
        "the clock of this machine is off by {value} seconds (limit {limit})",
        "Bật đồng bộ giờ (NTP) trên máy này và máy cơ sở dữ liệu.",
        "Let NTP set the clocks of this machine and of the database.",
    ),
    AlertKind.QUARANTINE: AlertWords(
        "{value} mục đang bị cách ly",
        "in quarantine: {value}",
        "Xem trang «Văn bản không chuyển được» và trang dữ liệu không nhận được ở cuối trang ấy.",
        "See the page of what gets no further, and at its foot the page of what was not taken.",
    ),
    AlertKind.OVERDUE: AlertWords(
        "{value} văn bản quá hạn trong 24 giờ qua",
        "letters that became overdue within 24 hours: {value}",
        "Nhắc đơn vị nhận; trang Báo cáo có số liệu của từng đơn vị.",
        "Remind the receiving agencies; the reports have the numbers of each.",
    ),
}


def sentences(alert: Alert) -> tuple[str, str]:
    """What an alert says, in both languages."""
    words = WORDS[alert.kind]
    filled = {"place": alert.place, "value": f"{alert.value:g}", "limit": f"{alert.limit:g}"}
    vi = {**filled, "value": filled["value"].replace(".", ","), "limit": filled["limit"].replace(".", ",")}
    return words.vi.format(**vi), words.en.format(**filled)


@dataclass(frozen=True, slots=True)
class News:
    """What one message tells; a test tells nothing."""

    raised: Sequence[Alert] = ()
    reminded: Sequence[Alert] = ()
    ended: Sequence[Alert] = ()


_HEADS = (
    ("raised", "CẢNH BÁO", "ALERT"),
    ("reminded", "VẪN CÒN", "STILL SO"),
    ("ended", "ĐÃ HẾT", "OVER"),
)


def title(news: News, node: str) -> str:
    """One line: `[Trục H14] CẢNH BÁO: mất kết nối tới H21 (+2)`."""
    told = [(vi, alert) for name, vi, _en in _HEADS for alert in getattr(news, name)]
    if not told:
        return f"[Trục {node}] Tin thử · Test"
    first, alert = told[0]
    more = f" (+{len(told) - 1})" if len(told) > 1 else ""
    return f"[Trục {node}] {first}: {sentences(alert)[0]}{more}"


def text(news: News, node: str, url: str) -> str:
    """The message: everything in Vietnamese, then in English, then where to look."""
    lines = [*_of_language(news, 0), "", *_of_language(news, 1)]
    if not (news.raised or news.reminded or news.ended):
        lines = [
            f"Nút {node} gửi thử theo cách này. Không có việc gì phải làm.",
            f"Node {node} tries this way. There is nothing to do.",
        ]
    return "\n".join([*lines, *(("", url) if url else ())]) + "\n"


def _of_language(news: News, which: int) -> Iterator[str]:
    for name, *heads in _HEADS:
        for alert in getattr(news, name):
            yield f"{heads[which]}: {sentences(alert)[which]}"
            at = alert.ended_at if name == "ended" else alert.began_at
            if at is not None:
                local = at.astimezone(VIETNAM)
                yield f"  {('lúc', 'at')[which]} {local:%H:%M} {local.day}/{local.month}/{local.year}"
            if name != "ended":
                words = WORDS[alert.kind]
                yield f"  → {(words.next_vi, words.next_en)[which]}"

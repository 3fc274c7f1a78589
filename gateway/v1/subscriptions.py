"""
What /v1 says of subscriptions and notices, and what a webhook says to an agency's system.

A webhook's message is small: it names the letter and says where it is, and never carries what is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict

from gateway.core.model import Kind
from gateway.ports import Channel, MailItem, Notice, NoticeState, Occasion, Subscription
from gateway.v1.findings import Shape
from gateway.v1.query import described

SUBSCRIBABLE = ", ".join(occasion for occasion in Occasion if occasion is not Occasion.PING)
"""What can be asked for, as docs name it."""

# --- subscriptions -------------------------------------------------------------------------------


class SubscriptionShape(Shape):
    """One subscription. `former_secret_ends_at`: until then the secret before the last rotation signs too."""

    id: str
    agency: str
    channel: Channel
    address: str
    occasions: tuple[Occasion, ...]
    label: str
    is_active: bool
    shows_subject: bool
    former_secret_ends_at: datetime | None

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionShape:
        return cls(
            id=subscription.id,
            agency=subscription.agency,
            channel=subscription.channel,
            address=subscription.address,
            occasions=tuple(sorted(subscription.occasions)),
            label=subscription.label,
            is_active=subscription.is_active,
            shows_subject=subscription.shows_subject,
            former_secret_ends_at=subscription.former_ends_at,
        )


class SubscriptionSecret(Shape):
    """A subscription with its secret (`whsec_…`), which is shown this once; "" for mail, which has none."""

    subscription: SubscriptionShape
    secret: str


class SubscriptionsShape(Shape):
    """All subscriptions of the caller's agencies, in the order they were added."""

    subscriptions: tuple[SubscriptionShape, ...]


class SubscriptionWish(Shape):
    """What an agency wants to be told of, and where. Unknown fields are refused: they would be lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel = described(
        ..., "Cách báo: webhook (HTTP) hoặc mail (thư điện tử)", "How: webhook (HTTP) or mail"
    )
    address: str = described(
        ...,
        "Địa chỉ https://… hoặc địa chỉ thư điện tử",
        "An address https://… or a mail address",
        min_length=1,
        max_length=2000,
    )
    agency: str = described(
        "",
        "Mã đơn vị; bỏ trống khi khóa chỉ của một đơn vị",
        "Code of the agency; may be left out if the key is of one agency only",
        max_length=64,
    )
    occasions: tuple[Occasion, ...] = described(
        (Occasion.DOCUMENT, Occasion.STATUS),
        f"Báo khi nào: {SUBSCRIBABLE}",
        f"When: {SUBSCRIBABLE}",
        min_length=1,
        max_length=8,
    )
    label: str = described("", "Tên gợi nhớ", "A name to remember it by", max_length=200)
    shows_subject: bool = described(
        False,
        "Thư điện tử nêu cả trích yếu, có thể chứa thông tin cá nhân",
        "Mails tell the subject too, which may hold personal data",
    )
    secret: str = described(
        "",
        "Khóa whsec_… đã có sẵn ở nơi nhận; bỏ trống thì trục tạo khóa mới",
        "A secret whsec_… that the receiver has already; left out, a new one is made",
        max_length=200,
    )


class SubscriptionChange(Shape):
    """What shall be other than before; what is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = described(None, "Địa chỉ mới", "A new address", min_length=1, max_length=2000)
    occasions: tuple[Occasion, ...] | None = described(
        None, "Báo khi nào", "When to tell", min_length=1, max_length=8
    )
    label: str | None = described(None, "Tên gợi nhớ", "A name to remember it by", max_length=200)
    is_active: bool | None = described(None, "Đang bật hay tạm ngừng", "Whether it is told at all")
    shows_subject: bool | None = described(None, "Thư nêu cả trích yếu", "Mails tell the subject too")


# --- notices -------------------------------------------------------------------------------------


class NoticeShape(Shape):
    """
    One notice that was owed. `number` is its cursor, `id` the `webhook-id` or Message-ID it bears.

    `code` and `detail` tell why the last try failed, `due_at` when the next one is.
    """

    number: int
    id: str
    subscription: str
    agency: str
    channel: Channel
    occasion: Occasion
    state: NoticeState
    at: datetime
    attempts: int
    due_at: datetime | None
    code: str
    detail: str
    letter_id: str

    @classmethod
    def of(cls, notice: Notice) -> NoticeShape:
        return cls(
            number=notice.number,
            id=notice_id(notice),
            subscription=notice.subscription.id,
            agency=notice.subscription.agency,
            channel=notice.subscription.channel,
            occasion=notice.occasion,
            state=notice.state,
            at=notice.at,
            attempts=notice.attempts,
            due_at=notice.due_at if notice.state is NoticeState.DUE else None,
            code=notice.code,
            detail=notice.detail,
            letter_id=notice.item.letter_id if notice.item else "",
        )


class NoticePage(Shape):
    """Part of the notices, newest first. `next` is the `before` of the following page, None at the end."""

    notices: tuple[NoticeShape, ...]
    next: int | None

    @classmethod
    def of(cls, notices: Iterable[Notice], limit: int) -> NoticePage:
        shapes = tuple(map(NoticeShape.of, notices))
        return cls(notices=shapes, next=shapes[-1].number if len(shapes) >= limit else None)


def notice_id(notice: Notice) -> str:
    """
    What a notice is called wherever it goes: the same over all its tries, never that of another one.

    The number alone would be given out twice by a store that was restored from a backup, and a receiver would
    take the second notice for a repeat of the first.
    """
    named = f"{notice.subscription.id} {notice.number} {notice.at.isoformat()}"
    return f"ntc_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


# --- what a webhook says -------------------------------------------------------------------------


class LetterLinks(Shape):
    """
    Where the letter is: whole addresses if the node knows its own, else paths.

    A sender acknowledges nothing: `acknowledge` is "".
    """

    letter: str
    acknowledge: str
    tracking: str

    @classmethod
    def of(cls, letter_id: str, node_url: str, *, is_to_sender: bool = False) -> LetterLinks:
        base = node_url.rstrip("/")
        sent = f"{base}/v1/letters/{letter_id}.edxml"
        return cls(
            letter=sent if is_to_sender else f"{base}/v1/mailbox/{letter_id}",
            acknowledge="" if is_to_sender else f"{base}/v1/mailbox/{letter_id}/ack",
            tracking=f"{base}/v1/letters/{letter_id}",
        )


class ArrivedLetter(Shape):
    """
    What a webhook tells of a letter: enough to decide when to fetch it, nothing of its content.

    `what` is the duty that a reminder is of: handled (its due date), told, sent or carried (its hour), "" for
    others. At `due_at` that is over, and its due date if it is no reminder; None if it names none.
    """

    letter_id: str
    number: int
    agency: str
    kind: Kind
    sender: str
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    priority: int
    status_code: str
    size: int
    waiting_since: datetime
    links: LetterLinks
    task_codes: tuple[str, ...] = ()
    due_at: datetime | None = None
    what: str = ""

    @classmethod
    def of(cls, notice: Notice, item: MailItem, node_url: str) -> ArrivedLetter:
        return cls(
            letter_id=item.letter_id,
            number=item.number,
            agency=item.agency,
            kind=item.kind,
            sender=item.sender,
            sender_name=item.sender_name,
            document_id=item.document_id,
            code=item.code,
            issue_date=item.issue_date,
            priority=item.priority,
            status_code=item.status_code,
            size=item.size,
            waiting_since=item.waiting_since,
            links=LetterLinks.of(item.letter_id, node_url, is_to_sender=notice.is_to_sender),
            task_codes=item.task_codes,
            due_at=notice.deadline,
            what=notice.what,
        )


class Ping(Shape):
    """What a webhook tells when somebody only tests the way."""

    agency: str
    subscription: str


class WebhookMessage(Shape):
    """The body of a webhook, in the form of Standard Webhooks. The same bytes in every try."""

    type: Occasion
    timestamp: datetime
    data: ArrivedLetter | Ping

    @classmethod
    def of(cls, notice: Notice, node_url: str) -> WebhookMessage:
        subscription = notice.subscription
        data = (
            Ping(agency=subscription.agency, subscription=subscription.id)
            if notice.item is None
            else ArrivedLetter.of(notice, notice.item, node_url)
        )
        return cls(type=notice.occasion, timestamp=notice.at, data=data)

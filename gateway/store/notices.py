"""
Notices: what agencies are to be told, owed by the transaction that laid the letter at their door.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, literal, or_, select, update

from gateway.core.catalogue import UNKNOWN_SUBSCRIPTION
from gateway.core.delivery import State
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode, Kind, LetterId
from gateway.core.time_limits import HANDLED
from gateway.ports import Channel, Notice, NoticeOutcome, NoticeState, Occasion
from gateway.store.rows import ITEM, agency_codes, read_item
from gateway.store.statements import insert_new
from gateway.store.subscriptions import SUBSCRIPTION, read_subscription
from gateway.store.tables import deadlines, deliveries, letters, notices, subscriptions
from gateway.store.transaction import Transaction

OF = ":"
"""Stands between an occasion and the duty it is about, `letter.overdue:told`; left out of the due date."""
REMINDERS = frozenset({Occasion.LETTER_DUE_SOON, Occasion.LETTER_OVERDUE})
OCCASIONS = {Kind.DOCUMENT: Occasion.DOCUMENT, Kind.STATUS: Occasion.STATUS}


def notices_topic(channel: str) -> str:
    """What is rung when there is something to send: `notices:webhook`."""
    return f"notices:{channel}"


# --- owing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that an agency may want to hear of a letter; `what` is the duty that a reminder is of."""

    agency: AgencyCode
    occasion: Occasion
    letter_id: LetterId
    at: datetime
    what: str = ""

    @property
    def named(self) -> str:
        """Its occasion as a row names it: reminders of two duties of one letter are two notices."""
        is_usual = self.what in ("", HANDLED.name)
        return self.occasion.value if is_usual else f"{self.occasion.value}{OF}{self.what}"


_WISHES = (
    select(subscriptions.c.number, subscriptions.c.agency, subscriptions.c.channel, subscriptions.c.occasions)
    .where(
        subscriptions.c.agency.in_(bindparam("whose", expanding=True)),
        subscriptions.c.is_active,
        subscriptions.c.is_removed.is_(False),
    )
    .order_by(subscriptions.c.number)
    .with_for_update(read=True)  # one that is just being removed must not be owed anything afterwards
)
_OWE = insert_new(notices)


def owe_for(transaction: Transaction, offers: Sequence[Offer]) -> None:
    """Owe a notice of each to every subscription that wants to hear of it, once."""
    if not offers:
        return
    connection = transaction.connection
    wishes: dict[str, list[Any]] = {}
    whose = agency_codes(offer.agency for offer in offers)
    for wish in connection.execute(_WISHES, {"whose": whose}):
        wishes.setdefault(wish.agency, []).append(wish)
    owed = []
    for offer in offers:
        occasion = offer.occasion.value
        for wish in wishes.get(offer.agency, ()):
            if occasion in json.loads(wish.occasions):
                owed.append(_due(wish, offer.named, offer.at, offer.letter_id))
                transaction.topics.add(notices_topic(wish.channel))
    if owed:
        connection.execute(_OWE.of(connection), owed)


def _due(wish: Any, occasion: str, at: datetime, letter_id: LetterId | None) -> dict[str, Any]:
    return {
        "subscription": wish.number,
        "agency": wish.agency,
        "channel": wish.channel,
        "occasion": occasion,
        "letter_id": letter_id,
        "at": at,
        "state": NoticeState.DUE.value,
        "due_at": at,
        "attempts": 0,
        "code": "",
        "detail": "",
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """A notice that no letter causes."""

    subscription_id: str
    occasion: Occasion
    now: datetime


def owe_notices(transaction: Transaction, wanted: Sequence[Wanted]) -> list[Notice]:
    """
    Owe each, whether its subscription is active or not.

    Raises: Rejected (UNKNOWN_SUBSCRIPTION) if there is none of this id, or none any more.
    """
    return [_owe(transaction, each) for each in wanted]


def _owe(transaction: Transaction, wanted: Wanted) -> Notice:
    connection = transaction.connection
    wish = connection.execute(
        select(subscriptions.c.number, subscriptions.c.agency, subscriptions.c.channel)
        .where(subscriptions.c.id == wanted.subscription_id, subscriptions.c.is_removed.is_(False))
        .with_for_update()
    ).one_or_none()
    if wish is None:
        raise Rejected(find(UNKNOWN_SUBSCRIPTION, subscription_id=wanted.subscription_id))
    row = _due(wish, wanted.occasion.value, wanted.now, None)
    number = connection.execute(insert(notices).values(row).returning(notices.c.number)).scalar_one()
    transaction.topics.add(notices_topic(wish.channel))
    return read_notices(connection, [number])[0]


# --- sending -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody who sends notices of one channel asks for some that are due, for himself until then."""

    channel: Channel
    now: datetime
    until: datetime
    limit: int
    passing_over: Collection[str] = ()  # ids of subscriptions


_DUE = (
    select(notices.c.number)
    .where(notices.c.channel == bindparam("by"), notices.c.due_at <= bindparam("now"))
    .order_by(notices.c.due_at, notices.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_PASSED_OVER = select(subscriptions.c.number).where(
    subscriptions.c.id.in_(bindparam("others", expanding=True))
)
_DUE_TO_OTHERS = _DUE.where(notices.c.subscription.not_in(_PASSED_OVER))
_CLAIM = (
    update(notices)
    .where(notices.c.number.in_(bindparam("which", expanding=True)))
    .values(due_at=bindparam("until"), attempts=notices.c.attempts + 1)
)


def claim_notices(transaction: Transaction, claims: Sequence[Claim]) -> list[list[Notice]]:
    """Give each what is due, oldest first, with its attempt counted before anybody makes it."""
    return [_claim(transaction, claim) for claim in claims]


def _claim(transaction: Transaction, claim: Claim) -> list[Notice]:
    connection = transaction.connection
    asked = {"by": claim.channel.value, "now": claim.now, "most": claim.limit}
    if claim.passing_over:
        due = connection.execute(_DUE_TO_OTHERS, {**asked, "others": list(claim.passing_over)})
    else:
        due = connection.execute(_DUE, asked)
    numbers = list(due.scalars())
    if not numbers:
        return []
    connection.execute(_CLAIM, {"which": numbers, "until": claim.until})
    return read_notices(connection, numbers)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a try came to."""

    number: int
    outcome: NoticeOutcome


_END = (
    update(notices)
    .where(notices.c.number == bindparam("which"), notices.c.due_at.is_not(None))
    .values({name: bindparam(f"new_{name}") for name in ("state", "due_at", "code", "detail")})
)


def notices_ended(transaction: Transaction, ended: Sequence[Ended]) -> list[None]:
    """Write what became of each; what was given up meanwhile (its subscription ended) stays so."""
    transaction.connection.execute(_END, [_outcome(each) for each in ended])
    return [None] * len(ended)


def _outcome(ended: Ended) -> dict[str, Any]:
    outcome = ended.outcome
    again = None if outcome.heard else outcome.retry_at
    missed = NoticeState.DEAD if again is None else NoticeState.DUE
    return {
        "which": ended.number,
        "new_state": (NoticeState.SENT if outcome.heard else missed).value,
        "new_due_at": again,
        "new_code": outcome.code,
        "new_detail": outcome.detail,
    }


@dataclass(frozen=True, slots=True)
class Renewal:
    """A notice that shall be sent again."""

    number: int
    now: datetime


def renew_notices(transaction: Transaction, renewals: Sequence[Renewal]) -> list[None]:
    """Make each due, its attempts counted anew; never that of a subscription which has ended."""
    living = select(subscriptions.c.number).where(subscriptions.c.is_removed.is_(False))
    for renewal in renewals:
        rung = transaction.connection.execute(
            update(notices)
            .where(notices.c.number == renewal.number, notices.c.subscription.in_(living))
            .values(state=NoticeState.DUE.value, due_at=renewal.now, attempts=0)
            .returning(notices.c.channel)
        ).scalars()
        transaction.topics.update(map(notices_topic, rung))
    return [None] * len(renewals)


# --- reading -------------------------------------------------------------------------------------

_NOTICES = (
    select(
        notices.c.number,
        notices.c.agency,
        notices.c.occasion,
        notices.c.at,
        notices.c.attempts,
        notices.c.due_at,
        notices.c.state.label("standing"),
        notices.c.code.label("failure"),
        notices.c.detail,
        *SUBSCRIPTION,
        deliveries.c.mail_number,
        deliveries.c.offered_at,
        # what its sender hears of a letter lies at no door of its own
        func.coalesce(deliveries.c.state, State.TAKEN.value).label("state"),
        deadlines.c.due_at.label("deadline"),
        *ITEM,
    )
    .join_from(notices, subscriptions)
    .outerjoin(letters, letters.c.letter_id == notices.c.letter_id)
    .outerjoin(
        deliveries,
        and_(
            deliveries.c.letter_id == notices.c.letter_id,
            deliveries.c.target == "agency:" + notices.c.agency,
        ),
    )
    .outerjoin(
        deadlines,
        and_(
            deadlines.c.letter_id == notices.c.letter_id,
            deadlines.c.agency == notices.c.agency,
            or_(
                *(notices.c.occasion == each.value + OF + deadlines.c.what for each in sorted(REMINDERS)),
                and_(notices.c.occasion.not_like(f"%{OF}%"), deadlines.c.what == HANDLED.name),
            ),
        ),
    )
)
"""Notices with all that they speak of; `state` and `code` are those of the delivery and of the letter."""


def read_notices(connection: Connection, numbers: Sequence[int]) -> list[Notice]:
    """These notices, in this order."""
    rows = connection.execute(_NOTICES.where(notices.c.number.in_(numbers)))
    found = {row.number: _read(row) for row in rows}
    return [found[number] for number in numbers]


def _read(row: Any) -> Notice:
    item = None if row.letter_id is None else read_item(row, row.mail_number or 0, row.offered_at or row.at)
    named, _, what = row.occasion.partition(OF)
    occasion = Occasion(named)
    return Notice(
        number=row.number,
        subscription=read_subscription(row),
        occasion=occasion,
        what=what or (HANDLED.name if occasion in REMINDERS else ""),
        at=row.at,
        item=item,
        attempts=row.attempts,
        due_at=row.due_at,
        state=NoticeState(row.standing),
        code=row.failure,
        detail=row.detail,
        deadline=row.deadline,
    )


def next_notice(connection: Connection, channel: Channel) -> datetime | None:
    """When the next notice of the channel becomes due; a moment in the past if one is."""
    return connection.execute(
        select(notices.c.due_at)
        .where(notices.c.channel == channel.value, notices.c.due_at.is_not(None))
        .order_by(notices.c.due_at)
        .limit(1)
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Listing:
    """Which notices are asked for; without agencies those of all."""

    agencies: Iterable[AgencyCode] | None
    subscription_id: str
    state: NoticeState | None
    before: int | None
    limit: int


def list_notices(connection: Connection, listing: Listing) -> list[Notice]:
    """Notices, newest first, below the cursor."""
    wanted = _NOTICES
    if listing.agencies is not None:
        wanted = wanted.where(notices.c.agency.in_(agency_codes(listing.agencies)))
    if listing.subscription_id:
        wanted = wanted.where(subscriptions.c.id == listing.subscription_id)
    if listing.state is not None:
        wanted = wanted.where(notices.c.state == literal(listing.state.value, literal_execute=True))
    if listing.before is not None:
        wanted = wanted.where(notices.c.number < listing.before)
    return [
        _read(row)
        for row in connection.execute(wanted.order_by(notices.c.number.desc()).limit(listing.limit))
    ]

"""
Subscriptions: which agency wants to be told of what, how and where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.core.model import AgencyCode
from gateway.ports import Channel, NoticeState, Occasion, Subscription
from gateway.store.columns import write_json
from gateway.store.rows import agency_codes
from gateway.store.tables import notices, subscriptions
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription as it shall be."""

    subscription: Subscription
    now: datetime


_LOCK = (
    select(subscriptions.c.number, subscriptions.c.is_removed)
    .where(subscriptions.c.id == bindparam("which"))
    .with_for_update()
)


def set_subscriptions(transaction: Transaction, wishes: Sequence[Wish]) -> list[None]:
    """Add or replace each. One that was removed stays so: a change that comes late must not revive it."""
    connection = transaction.connection
    for wish in wishes:
        subscription = wish.subscription
        former = connection.execute(_LOCK, {"which": subscription.id}).one_or_none()
        if former is not None and former.is_removed:
            continue
        row = _row(subscription)
        if former is None:
            connection.execute(insert(subscriptions).values(row))
        else:
            connection.execute(
                update(subscriptions).where(subscriptions.c.number == former.number).values(row)
            )
        transaction.note(
            wish.now,
            "subscription.set",
            target=f"agency:{subscription.agency}",
            subscription=subscription.id,
            channel=subscription.channel.value,
            occasions=sorted(occasion.value for occasion in subscription.occasions),
            active=int(subscription.is_active),
        )
    return [None] * len(wishes)


@dataclass(frozen=True, slots=True)
class Removal:
    """The end of a subscription."""

    subscription_id: str
    now: datetime


def remove_subscriptions(transaction: Transaction, removals: Sequence[Removal]) -> list[None]:
    """End each. The row stays for what its notices show; its secrets go, and nothing is owed any more."""
    for removal in removals:
        _remove(transaction, removal)
    return [None] * len(removals)


def _remove(transaction: Transaction, removal: Removal) -> None:
    connection = transaction.connection
    gone = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == removal.subscription_id, subscriptions.c.is_removed.is_(False))
        .values(is_removed=True, is_active=False, sealed_secret="", sealed_former="", former_ends_at=None)
        .returning(subscriptions.c.number, subscriptions.c.agency)
    ).one_or_none()
    if gone is None:
        return
    connection.execute(
        update(notices)
        .where(notices.c.subscription == gone.number, notices.c.state == NoticeState.DUE.value)
        .values(state=NoticeState.DEAD.value, due_at=None)
    )
    transaction.note(
        removal.now,
        "subscription.removed",
        target=f"agency:{gone.agency}",
        subscription=removal.subscription_id,
    )


def _row(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "agency": subscription.agency,
        "channel": subscription.channel.value,
        "address": subscription.address,
        "occasions": write_json(sorted(occasion.value for occasion in subscription.occasions)),
        "label": subscription.label,
        "is_active": subscription.is_active,
        "shows_subject": subscription.shows_subject,
        "sealed_secret": subscription.sealed_secret,
        "sealed_former": subscription.sealed_former,
        "former_ends_at": subscription.former_ends_at,
        "is_removed": False,
    }


# --- reading -------------------------------------------------------------------------------------

SUBSCRIPTION = (
    subscriptions.c.id.label("subscription_id"),
    subscriptions.c.agency.label("subscriber"),
    subscriptions.c.channel,
    subscriptions.c.address,
    subscriptions.c.occasions,
    subscriptions.c.label,
    subscriptions.c.is_active,
    subscriptions.c.shows_subject,
    subscriptions.c.sealed_secret,
    subscriptions.c.sealed_former,
    subscriptions.c.former_ends_at,
)
"""What `read_subscription` needs; two of them have names that other tables use too."""


def read_subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.subscription_id,
        agency=AgencyCode(row.subscriber),
        channel=Channel(row.channel),
        address=row.address,
        occasions=frozenset(map(Occasion, json.loads(row.occasions))),
        label=row.label,
        is_active=row.is_active,
        shows_subject=row.shows_subject,
        sealed_secret=row.sealed_secret,
        sealed_former=row.sealed_former,
        former_ends_at=row.former_ends_at,
    )


def all_subscriptions(connection: Connection, agencies: Iterable[AgencyCode] | None) -> list[Subscription]:
    """Those of these agencies (None: all), in the order they were added."""
    wanted = select(*SUBSCRIPTION).where(subscriptions.c.is_removed.is_(False))
    if agencies is not None:
        wanted = wanted.where(subscriptions.c.agency.in_(agency_codes(agencies)))
    return [read_subscription(row) for row in connection.execute(wanted.order_by(subscriptions.c.number))]

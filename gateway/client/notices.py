"""
Subscriptions and notices as a caller sees them: one method per route of /v1.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.client.exchange import Exchange
from gateway.ports import Channel, NoticeState, Occasion
from gateway.v1.subscriptions import (
    NoticePage,
    NoticeShape,
    SubscriptionSecret,
    SubscriptionShape,
    SubscriptionsShape,
)

SUBSCRIPTIONS = "/v1/subscriptions"


class NoticeCalls:
    """The part of a client that is about who is told when something comes."""

    _exchange: Exchange

    async def subscribe(
        self,
        channel: Channel,
        address: str,
        *,
        agency: str = "",
        occasions: Sequence[Occasion] = (Occasion.DOCUMENT, Occasion.STATUS),
        label: str = "",
        shows_subject: bool = False,
        secret: str = "",
    ) -> SubscriptionSecret:
        """
        Subscribe to notices. `agency` may be left out if the key is of one agency only.

        Not tried again when the answer got lost: the second one would be another subscription.
        """
        wish = {
            "channel": channel.value,
            "address": address,
            "agency": agency,
            "occasions": [occasion.value for occasion in occasions],
            "label": label,
            "shows_subject": shows_subject,
            "secret": secret,
        }
        return await self._exchange.ask(
            SubscriptionSecret, "POST", SUBSCRIPTIONS, json=wish, may_repeat=False
        )

    async def subscriptions(self) -> tuple[SubscriptionShape, ...]:
        """All subscriptions of the caller's agencies."""
        found = await self._exchange.ask(SubscriptionsShape, "GET", SUBSCRIPTIONS)
        return found.subscriptions

    async def subscription(self, subscription_id: str) -> SubscriptionShape:
        """One subscription."""
        return await self._exchange.ask(SubscriptionShape, "GET", f"{SUBSCRIPTIONS}/{subscription_id}")

    async def change_subscription(
        self,
        subscription_id: str,
        *,
        address: str | None = None,
        occasions: Sequence[Occasion] | None = None,
        label: str | None = None,
        is_active: bool | None = None,
        shows_subject: bool | None = None,
    ) -> SubscriptionShape:
        """Change what is given; the rest stays."""
        said = {
            "address": address,
            "occasions": None if occasions is None else [occasion.value for occasion in occasions],
            "label": label,
            "is_active": is_active,
            "shows_subject": shows_subject,
        }
        changes = {name: value for name, value in said.items() if value is not None}
        return await self._exchange.ask(
            SubscriptionShape, "PATCH", f"{SUBSCRIPTIONS}/{subscription_id}", json=changes
        )

    async def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription."""
        await self._exchange.tell("DELETE", f"{SUBSCRIPTIONS}/{subscription_id}")

    async def rotate_secret(self, subscription_id: str) -> SubscriptionSecret:
        """A new secret. Not tried again when the answer got lost: that would replace the new one too."""
        path = f"{SUBSCRIPTIONS}/{subscription_id}/rotate"
        return await self._exchange.ask(SubscriptionSecret, "POST", path, may_repeat=False)

    async def ping(self, subscription_id: str) -> NoticeShape:
        """Have a test notice sent."""
        return await self._exchange.ask(NoticeShape, "POST", f"{SUBSCRIPTIONS}/{subscription_id}/ping")

    async def notices(
        self,
        *,
        state: NoticeState | None = None,
        subscription_id: str = "",
        before: int | None = None,
        limit: int = 100,
    ) -> NoticePage:
        """What was owed to the caller's agencies, newest first, below the cursor `before`."""
        query = [("limit", str(limit))]
        query += [("state", state.value)] if state is not None else []
        query += [("subscription", subscription_id)] if subscription_id else []
        query += [("before", str(before))] if before is not None else []
        return await self._exchange.ask(NoticePage, "GET", "/v1/notices", query=query)

    async def redeliver(self, number: int) -> NoticeShape:
        """Have a notice sent again."""
        return await self._exchange.ask(NoticeShape, "POST", f"/v1/notices/{number}/redeliver")

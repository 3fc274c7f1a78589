"""
Figures, quotas, keys and terms as a caller sees them: one method per route of /v1.
"""

from __future__ import annotations

from datetime import date, datetime

from gateway.client.exchange import Exchange
from gateway.v1.accounts import (
    KeySecret,
    KeyShape,
    KeysShape,
    KeyWish,
    QuotaShape,
    QuotasShape,
    TermsShape,
    TermsWish,
    TrafficShape,
)
from gateway.v1.stats import StatsShape


class AccountCalls:
    """The part of a client that is about its own account, and an operator's about everybody's."""

    _exchange: Exchange

    async def statistics(self, since: datetime | None = None, until: datetime | None = None) -> TrafficShape:
        """What the caller's agencies sent and received (times aware); the last 30 days if nothing is said."""
        query = times(since=since, until=until)
        return await self._exchange.ask(TrafficShape, "GET", "/v1/statistics", query=query)

    async def stats(
        self, period: str = "", *, first: date | None = None, last: date | None = None
    ) -> StatsShape:
        """
        Statistics of a month, quarter or year (`2026-11`, `2026-Q4`, `2026`) or of days; else this month.

        An operator gets those of all agencies of the node.
        """
        named = {"period": period, "first": first and first.isoformat(), "last": last and last.isoformat()}
        query = [(name, value) for name, value in named.items() if value]
        return await self._exchange.ask(StatsShape, "GET", "/v1/stats", query=query)

    async def quota(self) -> tuple[QuotaShape, ...]:
        """What each of the caller's agencies may send today, and has sent."""
        return (await self._exchange.ask(QuotasShape, "GET", "/v1/quota")).quotas

    async def keys(self) -> tuple[KeyShape, ...]:
        """The keys: all of them for an operator, else the one that calls."""
        return (await self._exchange.ask(KeysShape, "GET", "/v1/keys")).keys

    async def add_key(self, wish: KeyWish) -> KeySecret:
        """A new key, as an operator. Not tried again when the answer got lost: a second one would live on."""
        said = wish.model_dump(mode="json")
        return await self._exchange.ask(KeySecret, "POST", "/v1/keys", json=said, may_repeat=False)

    async def lock_key(self, key_id: str, *, locked: bool = True) -> KeyShape:
        """Lock a key, or unlock it, as an operator."""
        return await self._exchange.ask(KeyShape, "PATCH", f"/v1/keys/{key_id}", json={"locked": locked})

    async def rotate_key(self, key_id: str, overlap_days: float = 7.0) -> KeySecret:
        """A new key in the place of one, which lives on for a while; an agency may rotate its own."""
        said, path = {"overlap_days": overlap_days}, f"/v1/keys/{key_id}/rotate"
        return await self._exchange.ask(KeySecret, "POST", path, json=said, may_repeat=False)

    async def terms(self, agency: str) -> TermsShape:
        """What was agreed with an agency, as an operator."""
        return await self._exchange.ask(TermsShape, "GET", f"/v1/agencies/{agency}/terms")

    async def set_terms(self, agency: str, wish: TermsWish) -> TermsShape:
        """Agree on terms with an agency, as an operator."""
        said, path = wish.model_dump(mode="json"), f"/v1/agencies/{agency}/terms"
        return await self._exchange.ask(TermsShape, "PUT", path, json=said)


def times(**named: datetime | None) -> list[tuple[str, str]]:
    """Times as query parameters; those that are None are left out."""
    return [(name, time.isoformat()) for name, time in named.items() if time is not None]

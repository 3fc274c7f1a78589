"""
/v1/statistics and /v1/quota: what the caller's agencies sent and received, and may send today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web

from gateway.http.surroundings import Surroundings
from gateway.v1 import request as asked
from gateway.v1.accounts import QuotaShape, QuotasShape, TrafficShape
from gateway.v1.moments import Moment
from gateway.v1.operations import Answer, Operation, Tag, json_answer
from gateway.v1.query import Query, described

ACCOUNTS = Tag("accounts", "Số liệu, hạn mức, khóa truy cập", "Statistics, quotas, keys")

SPAN = timedelta(days=30)  # what is told where no beginning is asked for
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class SpanQuery(Query):
    """Of which time."""

    since: Moment | None = described(
        None,
        "Từ lúc, RFC 3339; mặc định 30 ngày trước until",
        "From then on; 30 days before `until` if left out",
    )
    until: Moment | None = described(
        None, "Đến trước lúc, RFC 3339; mặc định bây giờ", "Before then; now if left out"
    )


class Accounts:
    """The figures of a node's callers."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._office, self._clock = surroundings.office, surroundings.clock

    def operations(self) -> Sequence[Operation]:
        """Both."""
        return (
            Operation(
                method="GET",
                path="/v1/statistics",
                name="getStatistics",
                tag=ACCOUNTS,
                vi="Số liệu gửi, nhận của đơn vị",
                en="What the caller's agencies sent and received",
                handler=self.statistics,
                query=SpanQuery,
                answers=(Answer(200, "Số liệu", "The figures", TrafficShape),),
            ),
            Operation(
                method="GET",
                path="/v1/quota",
                name="getQuota",
                tag=ACCOUNTS,
                vi="Hạn mức trong ngày và đã dùng bao nhiêu",
                en="What may be sent today, and was",
                handler=self.quota,
                answers=(Answer(200, "Từng đơn vị", "Each agency", QuotasShape),),
            ),
        )

    async def statistics(self, request: web.Request) -> web.Response:
        """What was sent and received in a span of time."""
        query, caller = asked.query(request, SpanQuery), asked.caller_of(request)
        until = query.until or self._clock.now()
        since = query.since or (until - SPAN if until - BEGINNING > SPAN else BEGINNING)
        traffic = await self._office.traffic(caller, since, until)
        return json_answer(TrafficShape.of(traffic, since, until, caller.agencies))

    async def quota(self, request: web.Request) -> web.Response:
        """What may be sent today."""
        quotas = await self._office.quota(asked.caller_of(request))
        return json_answer(QuotasShape(quotas=tuple(map(QuotaShape.of, quotas))))

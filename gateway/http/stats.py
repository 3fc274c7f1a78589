"""
/v1/stats: figures of periods for steering centres and reporting systems, as JSON, CSV and XLSX.

An operator's key sees all agencies of the node, any other its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta

from aiohttp import web

from gateway.core.catalogue import NO_SUCH_PATH
from gateway.core.diary import Column
from gateway.core.errors import Rejected, find
from gateway.core.model import AgencyCode
from gateway.core.periods import Period
from gateway.core.report import INDICATORS, value_of
from gateway.http.accounts import ACCOUNTS
from gateway.http.sheets import CSV, XLSX, csv_chunks
from gateway.http.surroundings import Surroundings
from gateway.reports.desk import Told
from gateway.reports.sheets import INDICATOR_COLUMNS, columns, text, text_rows, workbook
from gateway.v1 import request as asked
from gateway.v1.operations import Access, Answer, Handler, Operation, json_answer
from gateway.v1.query import bad
from gateway.v1.ranges import DISPOSITION
from gateway.v1.stats import NamedPeriod, PublicStats, StatsQuery, StatsShape

PUBLIC_FOR = timedelta(minutes=1)
"""
So long the public totals are given again as they are: whoever asks all day costs the store nothing.

Each period that has begun has a place of its own, 17 a year since 2000: none pushes out another.
"""


class Stats:
    """The statistics of one listener's callers."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._node, self._clock = surroundings.node, surroundings.clock
        self._reports = surroundings.reports
        self._shown: dict[Period, tuple[datetime, PublicStats]] = {}

    def operations(self) -> Sequence[Operation]:
        """All forms of them."""
        return (
            Operation(
                method="GET",
                path="/v1/stats",
                name="getStats",
                tag=ACCOUNTS,
                vi="Thống kê theo kỳ, cấp, đơn vị; chỉ tiêu theo mã đã cấu hình",
                en="Statistics by period, level and agency; indicators by configured codes",
                more_vi="Văn bản gửi đếm một lần mỗi văn bản, văn bản nhận đếm một lần mỗi đơn vị nhận.",
                more_en="A document counts once as sent, and once as received for each agency that got it.",
                handler=self.stats,
                query=StatsQuery,
                answers=(Answer(200, "Số liệu", "The figures", StatsShape),),
            ),
            self._file("/v1/stats.csv", "getStatsAsCsv", "Thống kê: tệp CSV", "As CSV", CSV, self.as_csv),
            self._file(
                "/v1/stats.xlsx",
                "getStatsAsXlsx",
                "Thống kê: tệp XLSX, có trang chỉ tiêu",
                "As XLSX, with a sheet of indicators",
                XLSX,
                self.as_xlsx,
            ),
            self._file(
                "/v1/stats/indicators.csv",
                "getIndicatorsAsCsv",
                "Chỉ tiêu theo mã đã cấu hình, theo cấp: tệp CSV",
                "The configured indicators by level, as CSV",
                CSV,
                self.indicators,
            ),
            Operation(
                method="GET",
                path="/v1/stats/public",
                name="getPublicStats",
                tag=ACCOUNTS,
                vi="Tổng số công bố của nút, nếu người quản trị mở",
                en="Public totals of the node, where its operator shows them",
                handler=self.public,
                query=NamedPeriod,
                answers=(Answer(200, "Tổng số và từng cấp", "The total and the levels", PublicStats),),
                access=Access.OPEN,
                faults=(NO_SUCH_PATH,),
            ),
        )

    @staticmethod
    def _file(path: str, name: str, vi: str, en: str, media_type: str, handler: Handler) -> Operation:
        return Operation(
            method="GET",
            path=path,
            name=name,
            tag=ACCOUNTS,
            vi=vi,
            en=en,
            handler=handler,
            query=StatsQuery,
            answers=(Answer(200, "Cả tệp", "The whole file", media_type=media_type, headers=(DISPOSITION,)),),
        )

    async def stats(self, request: web.Request) -> web.Response:
        """The figures as JSON."""
        told = await self._told(request)
        return json_answer(StatsShape.of(told.report, told.counted, self._reports.settings.indicators))

    async def as_csv(self, request: web.Request) -> web.Response:
        """The table of figures."""
        told = await self._told(request)
        return await _csv(told, columns(), text_rows(told), "thong-ke")

    async def indicators(self, request: web.Request) -> web.Response:
        """The configured indicators, of each level and in total."""
        told = await self._told(request)
        rows = [
            [row.level, code, name, *INDICATORS[name][:2], text(value_of(row, name))]
            for row in (*told.report.by_level, told.report.total)
            for code, name in self._reports.settings.indicators.items()
        ]
        return await _csv(told, INDICATOR_COLUMNS, rows, "chi-tieu")

    async def as_xlsx(self, request: web.Request) -> web.Response:
        """All of it as a workbook."""
        told = await self._told(request)
        data = await asyncio.to_thread(workbook, told, self._reports.settings.indicators, self._node)
        return _file(told, data, XLSX, "thong-ke", "xlsx")

    async def public(self, request: web.Request) -> web.Response:
        """The totals. Raises: Rejected (NO_SUCH_PATH) where they are not shown, (BAD_REQUEST)."""
        if not self._reports.settings.public:
            raise Rejected(find(NO_SUCH_PATH, path=request.path))
        this_month = self._reports.this_month()
        period, now = asked.query(request, NamedPeriod).read(this_month), self._clock.now()
        if period.first > this_month.first:
            raise bad(f"period > {this_month.name}", element="period")
        known = self._shown.get(period)
        if known is None or now - known[0] >= PUBLIC_FOR:
            known = self._shown[period] = (now, PublicStats.of((await self._reports.report(period)).report))
        return json_answer(known[1])

    async def _told(self, request: web.Request) -> Told:
        caller = asked.caller_of(request)
        query = asked.query(request, StatsQuery)
        whose: Collection[AgencyCode] | None = None if caller.is_operator else caller.agencies
        return await self._reports.report(query.read(self._reports.this_month()), whose)


async def _csv(told: Told, titles: Sequence[Column], rows: list[list[str]], name: str) -> web.Response:
    async def batches() -> AsyncIterator[list[list[str]]]:
        yield rows

    data = b"".join([piece async for piece in csv_chunks(titles, batches())])
    return _file(told, data, CSV, name, "csv")


def _file(told: Told, data: bytes, media_type: str, name: str, kind: str) -> web.Response:
    period = told.report.period
    called = f"{name}-{period.first:%Y%m%d}-{period.last:%Y%m%d}.{kind}"
    charset = "utf-8" if media_type == CSV else None
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return web.Response(body=data, headers=headers, content_type=media_type, charset=charset)

"""
/v1/diary: the exchange diary of the caller's agencies, as pages of JSON, as CSV and as XLSX.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from gateway.core.diary import COLUMNS, TITLES, cells
from gateway.http.accounts import ACCOUNTS, BEGINNING, SPAN
from gateway.http.sheets import CSV, XLSX, csv_chunks, xlsx_chunks
from gateway.http.surroundings import Surroundings
from gateway.ports import Caller, DiaryPage, Office
from gateway.v1 import request as asked
from gateway.v1.diary import DiaryLineShape, DiaryQuery, DiaryShape, DiarySpan
from gateway.v1.operations import Answer, Handler, Operation, json_answer
from gateway.v1.ranges import DISPOSITION
from gateway.v1.transfer import write_stream

BATCH = 500  # lines read at once for a file: a year of letters is never in memory


class Diary:
    """The diary of one listener's callers."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._office, self._clock = surroundings.office, surroundings.clock
        self._folder = surroundings.uploads.folder

    def operations(self) -> Sequence[Operation]:
        """Three forms of one thing."""
        return (
            Operation(
                method="GET",
                path="/v1/diary",
                name="getDiary",
                tag=ACCOUNTS,
                vi="Nhật ký gửi nhận trên trục",
                en="The exchange diary: documents sent or received",
                more_vi="Sổ đăng ký văn bản vẫn là của đơn vị; đây là nhật ký của trục.",
                more_en="The legal register is the agency's own; this is the log of the axis.",
                handler=self.page,
                query=DiaryQuery,
                answers=(Answer(200, "Cũ nhất trước", "Oldest first", DiaryShape),),
            ),
            self._file("csv", "getDiaryAsCsv", CSV, self.as_csv),
            self._file("xlsx", "getDiaryAsXlsx", XLSX, self.as_xlsx),
        )

    @staticmethod
    def _file(kind: str, name: str, media_type: str, handler: Handler) -> Operation:
        return Operation(
            method="GET",
            path=f"/v1/diary.{kind}",
            name=name,
            tag=ACCOUNTS,
            vi=f"Nhật ký gửi nhận: tệp {kind.upper()}, cột như sổ đăng ký (NĐ 30/2020, Phụ lục IV)",
            en=f"The diary as {kind.upper()}, in the columns of the registers",
            more_vi="Ô nào trục không biết (số đến, nơi xử lý, ngày chuyển…) thì để trống.",
            more_en="What the axis cannot know is left blank.",
            handler=handler,
            query=DiarySpan,
            answers=(Answer(200, "Cả tệp", "The whole file", media_type=media_type, headers=(DISPOSITION,)),),
        )

    async def page(self, request: web.Request) -> web.Response:
        """One page."""
        query = asked.query(request, DiaryQuery)
        page = replace(self._span(query), after=query.cursor, limit=query.limit)
        lines = await self._office.diary(asked.caller_of(request), page)
        return json_answer(
            DiaryShape(
                direction=page.direction,
                since=page.since,
                until=page.until,
                lines=tuple(map(DiaryLineShape.model_validate, lines)),
                next=lines[-1].cursor if len(lines) >= page.limit else None,
            )
        )

    async def as_csv(self, request: web.Request) -> web.StreamResponse:
        """The whole diary of a span of time as CSV."""
        page = self._span(asked.query(request, DiarySpan))
        return await csv_file(request, self._office, asked.caller_of(request), page)

    async def as_xlsx(self, request: web.Request) -> web.StreamResponse:
        """The same as a workbook."""
        page = self._span(asked.query(request, DiarySpan))
        return await xlsx_file(request, self._office, asked.caller_of(request), page, self._folder)

    def _span(self, query: DiarySpan) -> DiaryPage:
        until = query.until or self._clock.now()
        since = query.since or (until - SPAN if until - BEGINNING > SPAN else BEGINNING)
        return DiaryPage(direction=query.direction, since=since, until=until, limit=BATCH)


async def csv_file(
    request: web.Request, office: Office, caller: Caller, page: DiaryPage
) -> web.StreamResponse:
    """The answer that is the whole diary from `page` on as CSV, read in pieces of `page.limit` lines."""
    chunks = csv_chunks(COLUMNS[page.direction], _rows(office, caller, page))
    return await _answer(request, page, f"{CSV}; charset=utf-8", "csv", chunks)


async def xlsx_file(
    request: web.Request, office: Office, caller: Caller, page: DiaryPage, folder: Path
) -> web.StreamResponse:
    """The same as a workbook, which lies in `folder` while it is made. Raises: Unavailable (DISK_FULL)."""
    direction = page.direction
    rows = _rows(office, caller, page)
    chunks = xlsx_chunks(TITLES[direction], COLUMNS[direction], rows, folder)
    return await _answer(request, page, XLSX, "xlsx", chunks)


async def _rows(office: Office, caller: Caller, page: DiaryPage) -> AsyncIterator[Sequence[Sequence[str]]]:
    while lines := await office.diary(caller, page):
        yield [cells(line, page.direction) for line in lines]
        if len(lines) < page.limit:
            return
        page = replace(page, after=lines[-1].cursor)


async def _answer(
    request: web.Request, page: DiaryPage, media_type: str, kind: str, chunks: AsyncGenerator[bytes]
) -> web.StreamResponse:
    name = f"nhat-ky-{page.direction.value}-{page.since:%Y%m%d}-{page.until:%Y%m%d}.{kind}"
    headers = {"Content-Type": media_type, "Content-Disposition": f'attachment; filename="{name}"'}
    response = web.StreamResponse(headers=headers)
    async with aclosing(chunks):
        await write_stream(request, response, chunks)
    return response

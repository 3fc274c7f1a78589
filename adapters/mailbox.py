"""
Mailbox: letters lie at the door until the agency's system fetches them over /v1.

Nothing is pushed. A fetch changes nothing for good: only the acknowledgement ends our duty, so a system that
crashes between the two finds its letter again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from aiohttp import web

from gateway.core.catalogue import BLOB_DAMAGED, NOT_FETCHED, UNKNOWN_LETTER
from gateway.core.model import Dialect, Kind
from gateway.inside import Inside
from gateway.ports import AgencyAdapter, OpenLetter, Workplace
from gateway.v1 import request as asked
from gateway.v1.findings import Wish
from gateway.v1.messages import MESSAGE, message, write_as_sent
from gateway.v1.moments import Moment
from gateway.v1.operations import JSON, LETTER_ID, MAILBOX, Answer, Body, Operation, json_answer
from gateway.v1.query import Number, Query, described
from gateway.v1.shapes import HistoryPage, MailboxPage, ReplayAnswer
from gateway.v1.transfer import write_all

LONGEST_WAIT = 55  # seconds; proxies on the way give up after 60


class MailboxQuery(Query):
    """Which part of the mailbox."""

    kind: Kind | None = described(
        None, "Chỉ văn bản, hoặc chỉ trạng thái", "Only documents, or only statuses"
    )
    after: Number = described(
        0, "Con trỏ: next của trang trước", "Cursor: the next of the page before", ge=0, le=2**63 - 1
    )
    limit: Number = described(100, "Tối đa bao nhiêu mục", "At most so many items", ge=1, le=1000)


class WaitingQuery(MailboxQuery):
    """Which part of what waits, and how long to wait for something."""

    wait: Number = described(
        0,
        "Chưa có gì thì đợi tối đa bao nhiêu giây",
        "Seconds to wait at most while there is nothing",
        ge=0,
        le=LONGEST_WAIT,
    )


class HistoryQuery(MailboxQuery):
    """Which part of what ever came."""

    since: Moment | None = described(
        None,
        "Đến từ lúc này, RFC 3339",
        "That came from then on, RFC 3339",
        examples=["2026-11-20T00:00:00Z"],
    )


class FetchQuery(Query):
    """How the letter shall be written."""

    dialect: Dialect = described(
        Dialect.AS_SENT,
        "Cách viết edXML; as-sent: đúng từng byte như bên gửi đã gửi",
        "How edXML is written; as-sent: byte for byte as the sender gave it",
    )


class ReplayWish(Wish):
    """From when on letters shall be listed again."""

    since: Moment = described(
        ..., "Từ lúc này, RFC 3339", "From then on, RFC 3339", examples=["2026-11-20T00:00:00Z"]
    )


class MailboxAdapter(AgencyAdapter):
    """The mailbox of every agency whose directory row says `mailbox`."""

    name = "mailbox"

    def __init__(self, workplace: Workplace) -> None:
        self._workplace, self._office, self._clock = workplace, workplace.office, workplace.clock

    def operations(self) -> Sequence[Operation]:
        """HEAD is not offered on a letter: a head is no fetch, and an acknowledgement needs one."""
        return (*self._catching_up(), *self._taking())  # the former first: `history` looks like an id

    def _catching_up(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/mailbox/history",
                name="listHistory",
                tag=MAILBOX,
                vi="Mọi văn bản từng đến, kể cả đã xác nhận, theo thứ tự đến",
                en="Everything that ever came, acknowledged or not, in the order it came",
                more_vi="Để đối chiếu sau khi khôi phục phần mềm từ bản sao lưu.",
                more_en="To compare with, after a system was restored from its backup.",
                handler=self.history,
                query=HistoryQuery,
                answers=(Answer(200, "Một trang", "A page", HistoryPage),),
                is_tagged=True,
            ),
            Operation(
                method="POST",
                path="/v1/mailbox/replay",
                name="replayMailbox",
                tag=MAILBOX,
                vi="Đưa lại vào hộp nhận các văn bản đã xác nhận từ một lúc",
                en="List again what was acknowledged and came from some time on",
                handler=self.replay,
                bodies=(
                    Body(JSON, "Từ lúc nào", "From when on", ReplayWish, {"since": "2026-11-20T00:00:00Z"}),
                ),
                answers=(Answer(200, "Đã đưa lại bao nhiêu", "How many", ReplayAnswer),),
            ),
        )

    def _taking(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/mailbox",
                name="listMailbox",
                tag=MAILBOX,
                vi="Văn bản đang chờ đơn vị lấy về, cũ nhất trước",
                en="What waits for the caller's agencies, oldest first",
                more_vi="wait: đợi tối đa 55 giây cho đến khi có văn bản, thay cho việc hỏi liên tục.",
                more_en="wait: answers as soon as something comes, after 55 s at the latest.",
                handler=self.list,
                query=WaitingQuery,
                answers=(Answer(200, "Một trang của hộp nhận", "A page of the mailbox", MailboxPage),),
                is_tagged=True,
            ),
            Operation(
                method="GET",
                path="/v1/mailbox/{letter_id}",
                name="fetchLetter",
                tag=MAILBOX,
                vi="Lấy văn bản, đúng từng byte như bên gửi đã gửi",
                en="The letter, byte for byte as its sender gave it",
                more_vi="Lấy về chưa phải là nhận: chỉ xác nhận (ack) mới đưa văn bản ra khỏi hộp nhận.",
                more_en="A fetch takes nothing away: only the acknowledgement (ack) ends the waiting.",
                handler=self.fetch,
                parameters=(LETTER_ID,),
                query=FetchQuery,
                answers=(MESSAGE,),
                faults=(UNKNOWN_LETTER, BLOB_DAMAGED),
            ),
            Operation(
                method="POST",
                path="/v1/mailbox/{letter_id}/ack",
                name="acknowledgeLetter",
                tag=MAILBOX,
                vi="Xác nhận đã lưu văn bản; nhắc lại cũng không sao",
                en="The caller's system has stored the letter; twice is harmless",
                handler=self.ack,
                parameters=(LETTER_ID,),
                answers=(Answer(204, "Đã ghi nhận", "Noted"),),
                faults=(UNKNOWN_LETTER, NOT_FETCHED),
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        """What waits for the caller's agencies, oldest first."""
        query, caller = asked.query(request, WaitingQuery), asked.caller_of(request)
        until = self._clock.now() + timedelta(seconds=query.wait)
        while True:
            items = await self._office.list(caller, kind=query.kind, after=query.after, limit=query.limit)
            left = (until - self._clock.now()).total_seconds()
            if items or left <= 0:
                return json_answer(MailboxPage.of(items, query.limit))
            await self._office.wait(caller, left)

    async def history(self, request: web.Request) -> web.Response:
        """Everything that ever came, in the order it came."""
        query = asked.query(request, HistoryQuery)
        items = await self._office.history(
            asked.caller_of(request),
            kind=query.kind,
            after=query.after,
            since=query.since,
            limit=query.limit,
        )
        return json_answer(HistoryPage.of(items, query.limit))

    async def replay(self, request: web.Request) -> web.Response:
        """List again what was acknowledged."""
        said = await asked.json_body(request, ReplayWish)
        again = await self._office.offer_again(asked.caller_of(request), said.since)
        return json_answer(ReplayAnswer(offered_again=again))

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """The letter, byte for byte as its sender gave it (ETag: their SHA-256), or in another dialect."""
        dialect = asked.query(request, FetchQuery).dialect
        letter = await self._office.open(asked.caller_of(request), asked.letter_id_of(request))
        if dialect is Dialect.AS_SENT:
            return await write_as_sent(request, letter)
        response = message(letter)
        await write_all(request, response, lambda: self._rendered(letter, dialect))
        return response

    def _rendered(self, letter: OpenLetter, dialect: Dialect) -> Iterator[bytes]:
        """A generator, so that the reading begins in the thread that asks for the first piece."""
        node = self._office.directory().node(self._workplace.node)
        organ = "" if node is None else node.organ_code
        yield from Inside(letter).rendered(dialect, letter.letter.routing.accepted_at, organ)

    async def ack(self, request: web.Request) -> web.Response:
        """The caller's system has stored the letter."""
        await self._office.ack(asked.caller_of(request), asked.letter_id_of(request))
        return web.Response(status=204)

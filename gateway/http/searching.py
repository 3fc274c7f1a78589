"""
GET /v1/letters: the letters of the caller that fit what is looked for.

Also the way back for a system that lost our answer: by the digest of what it sent it finds the letter.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.core.model import LetterId
from gateway.core.tracking import trace
from gateway.http.surroundings import Surroundings
from gateway.ports import Caller
from gateway.v1 import request as asked
from gateway.v1.found import FindQuery, LetterLine, LettersFound
from gateway.v1.operations import LETTERS, Answer, Operation, json_answer
from gateway.v1.shapes import TrackingShape


class Searching:
    """The search of one listener."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._node, self._office = surroundings.node, surroundings.office

    def operations(self) -> Sequence[Operation]:
        """The one operation."""
        return (
            Operation(
                method="GET",
                path="/v1/letters",
                name="findLetters",
                tag=LETTERS,
                vi="Tìm văn bản của đơn vị mình",
                en="Find letters of one's own",
                more_vi="Mất câu trả lời khi gửi thì tìm lại bằng sha256 của đúng các byte đã gửi.",
                more_en="Whoever lost the answer to a sending finds the letter by the sha256 of it.",
                handler=self.find,
                query=FindQuery,
                answers=(Answer(200, "Mới nhất trước", "Newest first", LettersFound),),
                is_tagged=True,
            ),
        )

    async def find(self, request: web.Request) -> web.Response:
        """Letters of the caller that fit, newest first."""
        query, caller = asked.query(request, FindQuery), asked.caller_of(request)
        before = LetterId(query.before) if query.before else None
        found = await self._office.find(caller, query.wanted(), before=before, limit=query.limit)
        lines = [await self._line(letter_id, caller, is_full=query.full) for letter_id in found]
        following = found[-1] if len(found) >= query.limit else None
        return json_answer(LettersFound(letters=tuple(lines), next=following))

    async def _line(self, letter_id: LetterId, caller: Caller, *, is_full: bool) -> LetterLine:
        record = await self._office.track(caller, letter_id)
        if is_full:
            tracking = await self._office.whereabouts(caller, letter_id)
            return LetterLine.of(record, caller, tracking, TrackingShape.of(tracking))
        tracking = trace(record, here=self._node, directory=self._office.directory())
        return LetterLine.of(record, caller, tracking)

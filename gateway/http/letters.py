"""
/v1/letters/{letter_id}: tracking, statuses, evidence, and what a letter's seal is worth.

A handler reads the request, asks the office, and writes the answer; every decision is the office's.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.core.catalogue import BLOB_DAMAGED, NO_SEAL, UNKNOWN_LETTER
from gateway.http.sending import ASICE, AT_INTAKE, TAKEN, taken
from gateway.http.surroundings import Surroundings
from gateway.v1 import request as asked
from gateway.v1.operations import JSON, LETTER_ID, LETTERS, Answer, Body, Operation, json_answer
from gateway.v1.ranges import DISPOSITION, attachment_called
from gateway.v1.shapes import LetterAnswer, StatusReport, TrackingShape, VerificationShape
from gateway.v1.transfer import write_all


class Letters:
    """Where the letters of a node's callers are, and what is said about them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._office = surroundings.office

    def operations(self) -> Sequence[Operation]:
        """What can be asked and told about one letter."""
        return (
            self._evidence(),  # before the next: its path would swallow this one
            Operation(
                method="GET",
                path="/v1/letters/{letter_id}",
                name="trackLetter",
                tag=LETTERS,
                vi="Theo dõi: văn bản đang ở đâu, từng đơn vị nhận",
                en="Tracking: where a letter is, for each of its recipients",
                more_vi="Mỗi đơn vị nhận: các chặng đã qua, nút đang giữ và từ lúc nào, số lần thử, lỗi gần "
                "nhất, lần thử kế tiếp, dự kiến tới, kết quả kiểm tra niêm phong, các trạng thái.",
                more_en="Per recipient: the hops passed, which node has it since when, tries, the last "
                "trouble, the next try, when it should arrive, what the seal was worth, statuses.",
                handler=self.track,
                parameters=(LETTER_ID,),
                answers=(Answer(200, "Hành trình của văn bản", "The way of the letter", TrackingShape),),
                faults=(UNKNOWN_LETTER,),
                is_tagged=True,
            ),
            Operation(
                method="GET",
                path="/v1/letters/{letter_id}/verification",
                name="verifySeal",
                tag=LETTERS,
                vi="Kiểm tra niêm phong của nút gửi",
                en="What the seal of the letter's origin is worth, now",
                handler=self.verification,
                parameters=(LETTER_ID,),
                answers=(
                    Answer(
                        200,
                        "Đạt, chưa đủ căn cứ, hoặc không đạt, và vì sao",
                        "Passed, undetermined or failed, and why",
                        VerificationShape,
                    ),
                ),
                faults=(UNKNOWN_LETTER, BLOB_DAMAGED),
            ),
            self._report(),
        )

    def _report(self) -> Operation:
        return Operation(
            method="POST",
            path="/v1/letters/{letter_id}/statuses",
            name="reportStatus",
            tag=LETTERS,
            vi="Báo trạng thái xử lý của một văn bản",
            en="Report a status of a document",
            handler=self.report,
            parameters=(LETTER_ID,),
            bodies=(
                Body(
                    JSON,
                    "Mã trạng thái, lý do, người báo",
                    "Status code, reason, and who reports",
                    StatusReport,
                    {"code": "03", "description": "Đã vào sổ", "staff": "Nguyễn Thị Hoa"},
                ),
            ),
            answers=(
                TAKEN,
                Answer(200, "Đã có từ trước", "One that we had already", LetterAnswer),
            ),
            faults=(UNKNOWN_LETTER, *AT_INTAKE),
        )

    def _evidence(self) -> Operation:
        return Operation(
            method="GET",
            path="/v1/letters/{letter_id}.asice",
            name="getEvidence",
            tag=LETTERS,
            vi="Bằng chứng: văn bản và các niêm phong trong một tệp ASiC-E",
            en="Evidence: the letter with its seals as one ASiC-E file",
            more_vi="Kiểm tra được bằng «truc verify» mà không cần nút nào.",
            more_en="`truc verify` checks it without any node.",
            handler=self.evidence,
            parameters=(LETTER_ID,),
            answers=(
                Answer(
                    200,
                    "Tệp ASiC-E; lần nào tải cũng cùng nội dung",
                    "The ASiC-E file, the same bytes each time",
                    media_type=ASICE,
                    headers=(DISPOSITION,),
                ),
            ),
            faults=(UNKNOWN_LETTER, NO_SEAL, BLOB_DAMAGED),
        )

    async def report(self, request: web.Request) -> web.Response:
        """Send a status about a letter."""
        letter_id, caller = asked.letter_id_of(request), asked.caller_of(request)
        said = await asked.json_body(request, StatusReport)
        accepted = await self._office.status(
            caller, letter_id, said.code.zfill(2), description=said.description, staff=said.staff
        )
        return taken(accepted, is_new=not accepted.repeated)

    async def track(self, request: web.Request) -> web.Response:
        """Where a letter is, for each of its recipients."""
        tracking = await self._office.whereabouts(asked.caller_of(request), asked.letter_id_of(request))
        return json_answer(TrackingShape.of(tracking))

    async def evidence(self, request: web.Request) -> web.StreamResponse:
        """The letter with its seals as one ASiC-E file."""
        given = await self._office.evidence(asked.caller_of(request), asked.letter_id_of(request))
        name = f"{given.letter.routing.letter_id}.asice"
        response = web.StreamResponse(
            headers={"Content-Type": ASICE, "Content-Disposition": attachment_called(name)}
        )
        response.content_length = given.size
        await write_all(request, response, given.chunks)
        return response

    async def verification(self, request: web.Request) -> web.Response:
        """What the seal of the letter's origin is worth."""
        verdict = await self._office.verification(asked.caller_of(request), asked.letter_id_of(request))
        return json_answer(VerificationShape.of(verdict))

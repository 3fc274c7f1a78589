"""
`truc track`: where a letter is, once or until it is done.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from gateway.cli.tracking import _link, _request, changes
from gateway.core.business import Bond, Linked, Outcome, Relation, Request
from gateway.core.model import InReplyTo, LetterId
from gateway.core.tracking import trace
from gateway.ports import Caller
from gateway.v1.links import LinkShape, RequestShape
from gateway.v1.shapes import TrackingShape
from tests.kit.api import Api, listening_api
from tests.kit.command import Ran, truc
from tests.kit.office import DISTRICT, NODE, PROVINCE, SmallOffice, document, one_chunk

SENDER, RECEIVER = Caller("sender", frozenset({PROVINCE})), Caller("receiver", frozenset({DISTRICT}))


async def track(api: Api, *arguments: object) -> Ran:
    return await asyncio.to_thread(truc, "track", *arguments, "--url", api.url, "--key", api.key("province"))


async def test_letter_is_told_by_a_table_and_one_line() -> None:
    async with listening_api() as api:
        letter = await api.office.accept(one_chunk(document(PROVINCE, DISTRICT, document_id="D-1")), SENDER)
        told = await track(api, "D-1")
        assert told.code == 0
        assert f"{letter.letter_id}  D-1  Trích yếu" in told.out
        assert "⇒ chờ đơn vị lấy về (" in told.out
        assert "niêm phong · seal: niêm phong của nút nguyên vẹn" in told.out
        shown = json.loads((await track(api, letter.letter_id, "--json")).out)["letters"][0]
        assert shown["where"]["en"].startswith("waiting for pick-up (")
        assert (await track(api, "không có")).code == 1


async def test_watching_ends_when_nothing_can_come_any_more() -> None:
    async with listening_api() as api:
        letter = await api.office.accept(one_chunk(document(PROVINCE, DISTRICT)), SENDER)
        await api.office.open(RECEIVER, letter.letter_id)
        await api.office.ack(RECEIVER, letter.letter_id)
        watched = await track(api, letter.letter_id, "--watch")
        assert (watched.code, watched.out.count("⇒ đã giao vào hệ thống của đơn vị")) == (0, 1)


async def test_only_what_is_new_is_shown_again() -> None:
    office = SmallOffice()
    letter_id: LetterId = (await office.accept(one_chunk(document(PROVINCE, DISTRICT)), SENDER)).letter_id
    pauses = 0

    async def ask() -> Sequence[TrackingShape]:
        record = await office.track(SENDER, letter_id)
        return (TrackingShape.of(trace(record, here=NODE, directory=office.directory())),)

    async def pause() -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            await office.open(RECEIVER, letter_id)
            await office.ack(RECEIVER, letter_id)

    seen = [letters[0].recipients[0].stage.code.value async for letters in changes(ask, pause)]
    assert (seen, pauses) == (["waiting", "delivered"], 3)


AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_what_belongs_to_a_document_and_what_was_asked_of_its_receiver_are_lines_of_their_own() -> None:
    bond = Bond(Relation.RECALL, InReplyTo(organ=PROVINCE, code="7/UBND"))
    linked = Linked(
        bond,
        True,
        LetterId("letter-2"),
        PROVINCE,
        "UBND",
        "7/UBND",
        "2026/11/20",
        "Thu hồi",
        AT,
        (),
        frozenset(),
    )
    request = Request("recall", AT, LetterId("letter-2"), Outcome.REFUSED, AT)
    assert _link(LinkShape.of(linked)) == "↩ thu hồi · recall: 7/UBND Thu hồi (letter-2)"
    told = _request(RequestShape.of(request))
    assert told == "23/11/2026 08:00:00  thu hồi · recall: từ chối · refused (!)"
    asked = _request(RequestShape.of(Request("13", AT, None, Outcome.OPEN, None)))
    assert asked.endswith("Yêu cầu lấy lại · Take-back requested: chưa trả lời · not answered yet")

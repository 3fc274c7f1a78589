"""
Letters that the node made of files, and letters that came in pieces, across a whole node.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest_asyncio

from gateway.client import TrucClient
from gateway.core.directory import Directory
from gateway.core.model import NodeId, Organ
from gateway.keys import issue_key
from gateway.letters import DIALECTS, compose
from gateway.letters.files import pdf, xlsx
from gateway.sandbox.axis import memory_axis
from gateway.v1.metadata import BusinessWish, LetterMetadata, OperationName, ReplyWish, StaffWish
from tests.kit.builders import DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.heard import HeardLog

SAID = LetterMetadata(
    recipients=(DEPARTMENT,),
    code_number="12",
    code_notation="UBND-VX",
    issue_date=date(2026, 11, 23),
    subject="V/v báo cáo số liệu",
    type_name="Công văn",
    type_code=18,
    type_detail=0,
    signing_capacity="KT.",
    signer_position="Phó Chủ tịch",
    signer_name="Nông Văn An",
    due_date=date(2026, 12, 1),
    urgency="khẩn",
    listed_recipients=("Như trên", "Lưu: VT"),
    in_reply_to=(ReplyWish(organ=DEPARTMENT, code="9/STTTT-VP", issue_date=date(2026, 11, 1)),),
    staff=(StaffWish(name="Lương Thị Hà", department="Văn thư"),),
    steering_type=1,
)


class Pair:
    """Two agencies of one node, each with its client."""

    def __init__(self, sender: TrucClient, receiver: TrucClient, log: HeardLog) -> None:
        self.sender, self.receiver, self.log = sender, receiver, log


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[Pair]:
    axis_of_many, log = small_axis(), HeardLog()
    row = replace(axis_of_many.nodes[PROVINCE], parent=NodeId(""))
    alone = Directory(axis_of_many.version, (row,), tuple(axis_of_many.served_by(PROVINCE)))
    async with memory_axis(alone, log_to=log) as axis:
        node = axis.nodes[PROVINCE]
        store, now = node.desk.store, node.desk.clock.now()
        keys = [await issue_key(store, code, {code}, now) for code in (PROVINCE_OFFICE, DEPARTMENT)]
        async with TrucClient(node.address, keys[0]) as sender, TrucClient(node.address, keys[1]) as receiver:
            yield Pair(sender, receiver, log)


def files(folder: Path) -> list[Path]:
    made = [
        pdf("12-UBND-VX.signed.pdf", "Bao cao", 50_000, Random(1)),
        xlsx("Phụ lục số liệu.xlsx", [["STT", "Đơn vị"], ["1", "Hà Quảng"]]),
    ]
    for file in made:
        (folder / file.name).write_bytes(b"".join(file.pieces()))
    return [folder / file.name for file in made]


async def test_letter_made_of_files_is_as_the_standard_wants_it(pair: Pair, tmp_path: Path) -> None:
    sent = files(tmp_path)
    checked = await pair.sender.send_files(SAID, sent, dry_run=True)
    assert checked.findings == ()
    answer = await pair.sender.send_files(SAID, sent)
    assert (await pair.sender.send_files(SAID, sent)).letter_id == answer.letter_id
    await pair.log.until("delivery.waiting", letter_id=answer.letter_id)

    (line,) = (await pair.receiver.inbox(wait=1)).items
    contents = await pair.receiver.contents(line.letter_id)
    assert (contents.findings, contents.envelope.priority) == ((), 1)
    assert [file.name for file in contents.attachments] == [path.name for path in sent]
    for number, path in enumerate(sent):
        got = await pair.receiver.attachment(line.letter_id, number, tmp_path / "got")
        assert got.path.read_bytes() == path.read_bytes()


async def test_recall_made_without_files_is_told_as_one(pair: Pair) -> None:
    letter = SAID.document_id or f"{PROVINCE_OFFICE},2026/11/23,12/UBND-VX"
    business = BusinessWish(operation=OperationName.RECALL, document_id=letter, reason="Sai thể thức")
    recall = SAID.model_copy(update={"code_number": "13", "business": business})
    answer = await pair.sender.send_files(recall, [])
    contents = await pair.sender.contents(answer.letter_id)
    assert (contents.envelope.business.operation, contents.envelope.business.document_id) == (
        OperationName.RECALL,
        letter,
    )
    assert contents.attachments == ()


async def test_letter_in_pieces_is_found_fetched_and_offered_again(pair: Pair, tmp_path: Path) -> None:
    data = compose(DIALECTS[0], Organ(PROVINCE_OFFICE), [Organ(DEPARTMENT)], 7, Random(7), size=300_000)
    (tmp_path / "cv.edxml").write_bytes(data)
    answer = await pair.sender.send_resumable(tmp_path / "cv.edxml")
    await pair.log.until("delivery.waiting", letter_id=answer.letter_id)
    assert await pair.receiver.read(answer.letter_id) == data
    await pair.receiver.ack(answer.letter_id)
    assert (await pair.receiver.inbox()).items == ()
    (line,) = (await pair.receiver.history()).items
    assert await pair.receiver.replay(line.waiting_since) == 1
    assert [item.letter_id for item in (await pair.receiver.inbox()).items] == [answer.letter_id]
    (found,) = (await pair.sender.search({"code": line.code, "direction": "sent"})).letters
    assert found.letter_id == answer.letter_id
    figures = await pair.sender.statistics()
    assert figures.documents_sent == 1

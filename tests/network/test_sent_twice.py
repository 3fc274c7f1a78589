"""
Programs send again when an answer got lost: what the API of a running node says then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.client import TrucClient
from gateway.core import catalogue
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import memory_axis
from tests.kit.correspondence import agency, letter, tree
from tests.kit.heard import HeardLog

WRITER, READER = AgencyCode("000.00.H14"), AgencyCode("000.00.G22")
AXIS = tree({"G22": "", "H14": "G22"}, [agency(WRITER, "H14"), agency(READER, "G22")])


class Running:
    """A running axis with the programs of two agencies."""

    def __init__(self, log: HeardLog, writer: TrucClient, reader: TrucClient) -> None:
        self.log, self.writer, self.reader = log, writer, reader

    async def arrived(self, *letters: str) -> list[str]:
        """The reader's mailbox once all these have come."""
        for letter_id in letters:
            await self.log.until("delivery.waiting", letter_id=letter_id)
        return [item.letter_id for item in (await self.reader.inbox()).items]


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    log = HeardLog()
    async with memory_axis(AXIS, folder=tmp_path, log_to=log) as axis:
        writer, reader = axis.desks[WRITER], axis.desks[READER]
        async with TrucClient(writer.url, writer.key) as one, TrucClient(reader.url, reader.key) as other:
            yield Running(log, one, other)


async def test_same_letter_gets_the_first_answer_and_arrives_once(running: Running) -> None:
    content = letter(WRITER, READER)
    first = await running.writer.send(content)
    again = await running.writer.send(content)
    other = await running.writer.send(letter(WRITER, READER, number=2))

    assert (first.repeated, again.repeated) == (False, True)
    assert (again.letter_id, again.accepted_at) == (first.letter_id, first.accepted_at)
    arrived = await running.arrived(first.letter_id, other.letter_id)
    assert sorted(arrived) == sorted([first.letter_id, other.letter_id])


async def test_ten_programs_at_once_make_one_letter(running: Running) -> None:
    content = letter(WRITER, READER)
    answers = await asyncio.gather(*(running.writer.send(content) for _ in range(10)))

    assert len({answer.letter_id for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert await running.arrived(answers[0].letter_id) == [answers[0].letter_id]


async def test_same_document_id_with_other_content_is_accepted_with_a_warning(running: Running) -> None:
    first = await running.writer.send(letter(WRITER, READER))
    second = await running.writer.send(letter(WRITER, READER, subject="Trích yếu đã sửa"))

    codes = [finding.code for finding in second.findings]
    assert second.letter_id != first.letter_id
    assert catalogue.DUPLICATE_DOCUMENT.code in codes
    assert sorted(await running.arrived(first.letter_id, second.letter_id)) == sorted(
        [first.letter_id, second.letter_id]
    )


async def test_key_of_another_letter_is_refused_with_409(running: Running) -> None:
    await running.writer.send(letter(WRITER, READER), idempotency_key="k-1")
    with pytest.raises(Rejected) as refused:
        await running.writer.send(letter(WRITER, READER, number=2), idempotency_key="k-1")

    assert refused.value.code == catalogue.KEY_REUSED.code
    assert refused.value.first.fault.http == 409

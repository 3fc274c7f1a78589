"""
A document that is the same by law as one that came before: its receiver is told, and gets it all the same.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.model import Kind
from gateway.v1.shapes import MailboxPage
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import open_axis

WRITER, READER = "000.22.40.H14", "000.20.35.H21"


async def test_document_that_came_before_is_told_to_its_receiver_and_delivered(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        await axis.send(letter(WRITER, READER, subject="bản đầu"), by=WRITER)
        await axis.wait(timedelta(days=1))
        await axis.send(letter(WRITER, READER, subject="bản sau"), by=WRITER)
        await axis.send(letter(WRITER, READER, number=2), by=WRITER)
        await axis.settle()
        items = await axis.waiting(READER, Kind.DOCUMENT)
        page = MailboxPage.of(items, 10)

    assert [[f.code for f in line.findings] for line in page.items] == [[], ["TRUC-327"], []]
    told = page.items[1].findings[0].vi
    assert WRITER in told or page.items[1].sender_name in told

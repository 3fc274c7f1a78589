"""
A console on a small axis that works: clerks of two agencies, and letters that really travel.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway.core.edxml import write_document
from gateway.core.model import AgencyCode, Attachment, Envelope, Kind, LetterId, Organ
from gateway.inside import content_type_of
from gateway.ports import Accepted, Role
from tests.kit.builders import COMMUNE_OFFICE, DEPARTMENT, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import ManualClock
from tests.kit.console import TOKEN, Answer, Console, Ground, Person, listening_console
from tests.kit.nodes import SmallAxis, open_axis

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
CLERK, OTHER_CLERK = "agency.one", "agency.two"
"""The accounts of the province's office and of its department."""


def document(
    sender: str,
    *recipients: str,
    number: str = "12",
    files: Mapping[str, bytes] | None = None,
    **said: Any,
) -> bytes:
    """A document as the system of its sender writes it; with a PDF, unless it has other files."""
    held = {"to-trinh.pdf": PDF} if files is None else files
    envelope = Envelope(
        **{
            "kind": Kind.DOCUMENT,
            "sender": Organ(sender, name=f"Cơ quan {sender}"),
            "recipients": tuple(Organ(code) for code in recipients),
            "document_id": f"{sender},2026/02/27,{number}/UBND-VX",
            "code_number": number,
            "code_notation": "UBND-VX",
            "issue_date": "2026/02/27",
            "subject": f"V/v số {number}",
            "attachments": tuple(
                Attachment(part, "", name, content_type=content_type_of(name))
                for part, name in enumerate(held)
            ),
            **said,
        }
    )
    return b"".join(write_document(envelope, [[data] for data in held.values()]))


@dataclass
class Boxes:
    """The console of the province, and the axis that it stands on."""

    console: Console
    axis: SmallAxis

    async def come(self, sender: str = COMMUNE_OFFICE, **more: Any) -> LetterId:
        """A document comes to the province's office."""
        return (await self.send(sender, PROVINCE_OFFICE, **more)).letter_id

    async def send(self, sender: str, *recipients: str, **more: Any) -> Accepted:
        """An agency sends a document by its own system, and it travels as far as it can."""
        accepted = await self.axis.send(document(sender, *recipients, **more), by=sender)
        await self.axis.settle()
        return accepted

    async def told(self, letter_id: LetterId, by: str, recipient: str) -> list[str]:
        """The codes of all statuses that the sender of a letter has heard from one recipient."""
        await self.axis.settle()
        line = await self.axis.line(letter_id, by, recipient)
        return [status.code for status in line.statuses]

    @asynccontextmanager
    async def clerk(self, name: str = CLERK) -> AsyncIterator[Clerk]:
        """Somebody of an agency, logged in."""
        async with self.console.person(Role.AGENCY, name) as person:
            yield Clerk(self, person)


@dataclass
class Clerk:
    """Somebody who works in a letter box, with a browser that runs no script."""

    boxes: Boxes
    person: Person

    async def open(self, path: str = "/console/box", **more: Any) -> Answer:
        return await self.person.open(path, **more)

    async def letter(self, letter_id: LetterId) -> Answer:
        return await self.open(f"/console/box/letters/{letter_id}")

    async def move(self, letter_id: LetterId, what: str, **filled: str) -> Answer:
        """Fill in one of the forms of a letter's page."""
        on = f"/console/box/letters/{letter_id}"
        return await self.person.send(f"{on}/{what}", filled, on=on)

    async def write(
        self, *, on: str = "/console/box/send", files: Mapping[str, bytes] | None = None, **filled: str
    ) -> Answer:
        """Fill in the form of a document and send it to be checked, as a browser does."""
        found = TOKEN.search((await self.open(on)).text)
        assert found, f"no form on {on}"
        form = aiohttp.FormData()
        form.add_field("csrf", found[1])
        for name, value in {**A_DOCUMENT, **filled}.items():
            form.add_field(name, value)
        for name, data in ({"cong-van.pdf": PDF} if files is None else files).items():
            form.add_field("files", io.BytesIO(data), filename=name, content_type="application/octet-stream")
        if files == {}:
            form.add_field("files", b"", filename="", content_type="application/octet-stream")
        console = self.boxes.console
        async with self.person.session.post(
            f"{console.url}{on}", data=form, headers={"Origin": console.url}
        ) as answer:
            return Answer(answer.status, await answer.text(), answer.headers.copy(), answer.url)


A_DOCUMENT = {
    "recipients": str(COMMUNE_OFFICE),
    "code_number": "7",
    "code_notation": "UBND-NC",
    "issue_date": "2026-03-02",
    "subject": "V/v báo cáo số liệu",
    "type_name": "Công văn",
    "urgency": "0",
    "due_date": "",
}
"""What the form of a document is filled in with, where a test says nothing else."""


@asynccontextmanager
async def listening_boxes(folder: Path, *, is_watched: bool = False) -> AsyncIterator[Boxes]:
    """
    The console of the province's node, whose two agencies have no document system.

    `is_watched`: pages with parts that move are looked at. These wait by the clock, and an axis takes whoever
    waits by its own for one of its loops; so the console gets another one, which shows the same time.
    """
    async with open_axis(small_axis(), folder) as axis:
        node = axis.nodes[PROVINCE]
        clock = ManualClock(axis.clock.now()) if is_watched else axis.clock
        ground = Ground(node.store, node.office, clock)
        async with listening_console(ground=ground, roles=(Role.AGENCY, Role.OPERATOR)) as console:
            await console.add(Role.AGENCY, OTHER_CLERK, agency=AgencyCode(DEPARTMENT))
            yield Boxes(console, axis)
            assert console.log("internal.error") == []

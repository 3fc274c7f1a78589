"""
The client against a listening node: everything a caller can ask, and what it gets into its hands.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.client import Retries, Source, TrucClient
from gateway.core.errors import Rejected, Unavailable
from gateway.core.model import Kind, LetterId
from gateway.core.stages import Stage
from gateway.http.surroundings import Health
from gateway.ports import Caller, OpenLetter
from gateway.v1.metadata import LetterMetadata
from tests.kit.api import Api, listening_api
from tests.kit.office import COMMUNE, DISTRICT, NOW, PROVINCE, SmallOffice, document

MIB = 1024 * 1024


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


@pytest_asyncio.fixture
async def sender(api: Api) -> AsyncIterator[TrucClient]:
    async with TrucClient(api.url, api.key("province"), retries=Retries(tries=1)) as client:
        yield client


@pytest_asyncio.fixture
async def receiver(api: Api) -> AsyncIterator[TrucClient]:
    async with TrucClient(api.url, api.key("district"), retries=Retries(tries=1)) as client:
        yield client


async def test_letter_goes_from_hand_to_hand_and_its_status_back(
    sender: TrucClient, receiver: TrucClient, tmp_path: Path
) -> None:
    data = document(PROVINCE, DISTRICT)
    answer = await sender.send(data)

    (line,) = (await receiver.inbox(kind=Kind.DOCUMENT)).items
    assert line.letter_id == answer.letter_id
    fetched = await receiver.fetch(line.letter_id, tmp_path / "in.edxml")
    assert (fetched.path.read_bytes(), fetched.size) == (data, len(data))
    assert fetched.sha256 == hashlib.sha256(data).hexdigest()
    await receiver.ack(line.letter_id)
    assert (await receiver.inbox(kind=Kind.DOCUMENT)).items == ()
    await receiver.report(line.letter_id, "3", staff="Văn thư")

    (status,) = (await sender.inbox()).items
    assert (status.kind, status.status_code) == (Kind.STATUS, "03")
    (recipient,) = (await sender.track(answer.letter_id)).recipients
    assert (recipient.stage.code, recipient.holder) == (Stage.DELIVERED, DISTRICT)
    assert recipient.status is not None
    assert (recipient.status.code, recipient.status.staff) == ("03", "Văn thư")


@pytest.mark.parametrize("form", ["bytes", "path", "stream"])
async def test_letter_is_sent_from_memory_file_or_stream(
    api: Api, sender: TrucClient, tmp_path: Path, form: str
) -> None:
    data = document(PROVINCE, DISTRICT, body="x" * 2 * MIB)
    file = tmp_path / "out.edxml"
    file.write_bytes(data)

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 100_000):
            yield data[start : start + 100_000]

    steps: list[tuple[int, int | None]] = []
    sources: dict[str, Source] = {"bytes": data, "path": file, "stream": stream()}
    answer = await sender.send(sources[form], progress=lambda done, size: steps.append((done, size)))
    assert api.office.kept[LetterId(answer.letter_id)].data == data
    assert steps[-1] == (len(data), None if form == "stream" else len(data))
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})


async def test_large_letter_is_not_sent_where_the_key_is_unknown(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "out.edxml"
    file.write_bytes(document(PROVINCE, DISTRICT, body="x" * 8 * MIB))
    steps: list[int] = []
    async with TrucClient(api.url, "truc_" + "x" * 43) as client:
        with pytest.raises(Rejected) as refused:
            await client.send(file, progress=lambda done, _: steps.append(done))
    assert refused.value.code == "TRUC-401"
    assert steps == []


async def test_dry_run_and_further_recipients(api: Api, sender: TrucClient) -> None:
    answer = await sender.send(document(PROVINCE, DISTRICT), to=[COMMUNE, "X99"], dry_run=True)
    assert [(r.named, r.code) for r in answer.recipients] == [(COMMUNE, ""), ("X99", "TRUC-405")]
    assert (answer.letter_id, api.office.kept) == ("", {})


async def test_own_idempotency_key_is_used(sender: TrucClient) -> None:
    await sender.send(document(PROVINCE, DISTRICT), idempotency_key="k1")
    with pytest.raises(Rejected) as refused:
        await sender.send(document(PROVINCE, COMMUNE), idempotency_key="k1")
    assert refused.value.code == "TRUC-409"


async def test_file_that_is_not_there_is_the_callers_own_error(sender: TrucClient, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await sender.send(tmp_path / "none.edxml")


async def test_inbox_page_by_page(sender: TrucClient, receiver: TrucClient) -> None:
    letters = [(await sender.send(document(PROVINCE, DISTRICT, body=str(n)))).letter_id for n in range(3)]
    first = await receiver.inbox(limit=2)
    assert first.next is not None
    second = await receiver.inbox(limit=2, after=first.next)
    assert [line.letter_id for line in (*first.items, *second.items)] == letters
    assert second.next is None


async def test_letter_can_be_read_in_memory_or_as_a_stream(sender: TrucClient, receiver: TrucClient) -> None:
    data = document(PROVINCE, DISTRICT, body="x" * MIB)
    letter_id = (await sender.send(data)).letter_id
    assert await receiver.read(letter_id) == data
    assert b"".join([chunk async for chunk in receiver.stream(letter_id)]) == data
    async with receiver.open(letter_id) as letter:
        assert letter.size == len(data)


async def test_fetch_shows_its_progress(sender: TrucClient, receiver: TrucClient, tmp_path: Path) -> None:
    data = document(PROVINCE, DISTRICT, body="x" * MIB)
    letter_id = (await sender.send(data)).letter_id
    steps: list[tuple[int, int | None]] = []
    await receiver.fetch(letter_id, tmp_path / "x", progress=lambda done, size: steps.append((done, size)))
    assert steps[-1] == (len(data), len(data))
    assert len(steps) > 1


async def test_mail_of_another_is_unknown(api: Api, sender: TrucClient, tmp_path: Path) -> None:
    letter_id = (await sender.send(document(PROVINCE, DISTRICT))).letter_id
    async with TrucClient(api.url, api.key("commune")) as stranger:
        with pytest.raises(Rejected) as refused:
            await stranger.fetch(letter_id, tmp_path / "x")
    assert refused.value.code == "TRUC-404"
    assert list(tmp_path.iterdir()) == []


async def test_letters_and_agencies_are_found(sender: TrucClient) -> None:
    answer = await sender.send(document(PROVINCE, DISTRICT))
    assert [t.letter_id for t in await sender.find(answer.document_id)] == [answer.letter_id]
    assert await sender.find("nothing") == ()
    assert [a.code for a in (await sender.agencies("cao bang")).agencies] == [PROVINCE]
    assert [a.code for a in (await sender.agencies(code="h14.31")).agencies] == [DISTRICT]


async def test_node_that_is_not_ready_is_an_answer_and_no_error(api: Api, sender: TrucClient) -> None:
    assert (await sender.health()).node == "H14"
    assert (await sender.ready()).ready
    api.health = Health(store=False)
    assert not (await sender.ready()).ready


async def test_errors_come_in_the_language_of_the_client(api: Api) -> None:
    async with TrucClient(api.url, api.key("province"), language="en") as client:
        with pytest.raises(Rejected) as refused:
            await client.report("x", "done")
    assert refused.value.code == "TRUC-404"


# --- transfers that go wrong ---------------------------------------------------------------------


class FailingOffice(SmallOffice):
    """An office whose line breaks in the middle of a letter, a number of times."""

    breaks = 1

    async def open(self, caller: Caller, letter_id: LetterId) -> OpenLetter:
        letter = await super().open(caller, letter_id)

        def chunks() -> Iterator[bytes]:
            for piece in letter.chunks():
                yield piece
                if self.breaks:
                    self.breaks -= 1
                    raise ConnectionResetError("cut")

        return OpenLetter(letter.letter, letter.agency, letter.size, chunks, letter.part)


async def no_sleep(_seconds: float) -> None:
    """Do not wait between tries."""


async def test_broken_fetch_is_begun_again_and_nothing_half_is_left(tmp_path: Path) -> None:
    office = FailingOffice()
    data = document(PROVINCE, DISTRICT, body="x" * 3 * MIB)
    async with listening_api(office=office) as api:
        async with TrucClient(api.url, api.key("province")) as sender:
            letter_id = (await sender.send(data)).letter_id
        async with TrucClient(api.url, api.key("district"), sleep=no_sleep) as receiver:
            fetched = await receiver.fetch(letter_id, tmp_path / "in.edxml")
    assert fetched.path.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["in.edxml"]


async def test_fetch_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    office = FailingOffice()
    office.breaks = 10
    target = tmp_path / "in.edxml"
    target.write_bytes(b"old")
    async with listening_api(office=office) as api:
        async with TrucClient(api.url, api.key("province")) as sender:
            letter_id = (await sender.send(document(PROVINCE, DISTRICT, body="x" * 3 * MIB))).letter_id
        retries = Retries(tries=2)
        async with TrucClient(api.url, api.key("district"), retries=retries, sleep=no_sleep) as receiver:
            with pytest.raises(Unavailable):
                await receiver.fetch(letter_id, target)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["in.edxml"]


async def test_letter_with_another_digest_is_never_given_out_whole() -> None:
    async def forged(_request: web.Request) -> web.Response:
        return web.Response(body=b"other bytes", headers={"ETag": f'"{"0" * 64}"'})

    app = web.Application()
    app.router.add_get("/{path:.*}", forged)
    async with TestServer(app) as server, TrucClient(str(server.make_url("/"))) as client:
        chunks = client.stream("x")
        with pytest.raises(Unavailable) as damaged:
            await anext(chunks)  # the only chunk is the last, and so never given
    assert damaged.value.code == "TRUC-704"


async def test_files_are_sent_and_looked_into_at_the_other_side(
    sender: TrucClient, receiver: TrucClient, tmp_path: Path
) -> None:
    (tmp_path / "12.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "bang.bin").write_bytes(bytes(range(256)) * 5000)
    said = LetterMetadata(
        recipients=(DISTRICT,),
        code_number="12",
        code_notation="UBND-VX",
        issue_date=date(2026, 11, 23),
        subject="V/v báo cáo",
    )
    files = [tmp_path / "12.pdf", tmp_path / "bang.bin"]
    assert (await sender.send_files(said, files, dry_run=True)).letter_id == ""
    answer = await sender.send_files(said, files)
    contents = await receiver.contents(answer.letter_id)
    assert contents.envelope.subject == "V/v báo cáo"
    assert [file.name for file in contents.attachments] == ["12.pdf", "bang.bin"]
    fetched = await receiver.attachment(answer.letter_id, 1, tmp_path / "got.bin")
    assert fetched.path.read_bytes() == files[1].read_bytes()
    assert fetched.sha256 == contents.attachments[1].sha256
    original = await sender.original(answer.letter_id, tmp_path / "sent.edxml")
    found = await sender.search({"sha256": original.sha256})
    assert [line.letter_id for line in found.letters] == [answer.letter_id]


async def test_what_was_lost_after_its_acknowledgement_comes_again(
    sender: TrucClient, receiver: TrucClient
) -> None:
    letter_id = (await sender.send(document(PROVINCE, DISTRICT))).letter_id
    await receiver.read(letter_id)
    await receiver.ack(letter_id)
    (line,) = (await receiver.history(since=NOW)).items
    assert (line.letter_id, line.state) == (letter_id, "delivered")
    assert await receiver.replay(NOW) == 1
    assert [item.letter_id for item in (await receiver.inbox(wait=5)).items] == [letter_id]

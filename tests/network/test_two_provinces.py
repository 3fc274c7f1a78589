"""
Two provinces, each an axis of its own, that reach each other only over a third axis which serves VXP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.core.directory import Directory
from gateway.core.lifecycle import AUTOMATIC, NOTICE
from gateway.core.model import Business, InReplyTo, Kind, Operation
from gateway.core.stages import Stage
from tests.kit.agencies import Mail
from tests.kit.correspondence import agency, letter, tree
from tests.kit.uplink import TwoAxes, behind, two_axes

WRITER, NEIGHBOUR = "000.01.00.H14", "000.02.00.H14"
READER, OTHER = "000.01.00.H21", "000.02.00.H21"
GONE = "000.09.00.H21"
"""An agency that the writer's province still knows, and the axis between them does not."""
ONE, TWO = "vxp.h14", "vxp.h21"


def between() -> Directory:
    """The third axis: agencies of both provinces, whose own systems send status 01."""
    served = {"delivery": "vxp", "sends_arrived": True}
    rows = [agency(code, "G22", **served) for code in (WRITER, NEIGHBOUR, READER, OTHER)]
    return tree({"G22": ""}, rows)


def province(node: str, own: tuple[str, ...], above: tuple[str, ...]) -> Directory:
    return tree({node: ""}, [*(agency(c, node) for c in own), *(behind(c, node) for c in above)])


@asynccontextmanager
async def two_provinces(folder: Path) -> AsyncIterator[TwoAxes]:
    systems = {ONE: (WRITER, NEIGHBOUR), TWO: (READER, OTHER)}
    houses = {
        ONE: province("H14", (WRITER, NEIGHBOUR), (READER, OTHER, GONE)),
        TWO: province("H21", (READER, OTHER), (WRITER, NEIGHBOUR)),
    }
    async with two_axes(folder, between(), systems, houses) as world:
        yield world


async def collected(world: TwoAxes, province: str, code: str, kind: Kind | None = None) -> list[Mail]:
    """What an agency fetches in its own province; then everything that follows from it happens."""
    taken = await world.below[province].axis.collect(code, kind)
    await world.settle()
    return taken


async def test_letters_go_both_ways_byte_for_byte(tmp_path: Path) -> None:
    async with two_provinces(tmp_path) as world:
        there, back = letter(WRITER, READER, OTHER), letter(READER, WRITER, number=2)
        sent = await world.below[ONE].axis.send(there, by=WRITER)
        answered = await world.below[TWO].axis.send(back, by=READER)
        await world.settle()
        got = {code: await collected(world, TWO, code, Kind.DOCUMENT) for code in (READER, OTHER)}
        (came_back,) = await collected(world, ONE, WRITER, Kind.DOCUMENT)
        lines = [await world.below[ONE].axis.line(sent.letter_id, WRITER, c) for c in (READER, OTHER)]
        line = await world.below[TWO].axis.line(answered.letter_id, READER, WRITER)
        calls = [entry for entry in world.door.log("http.request") if entry["route"] == "vxp/sendEdoc"]

    assert [mail.content for mail in got[READER]] == [mail.content for mail in got[OTHER]] == [there]
    assert came_back.content == back
    assert {at.stage for at in (*lines, line)} == {Stage.DELIVERED}
    documents = [call for call in calls if call["size"] in (len(there) + 2, len(back) + 2)]
    assert len(documents) == 2, "one call carries a letter to both of its recipients"


async def test_statuses_come_back_to_the_letter_and_01_is_made_once(tmp_path: Path) -> None:
    async with two_provinces(tmp_path) as world:
        origin, reader = world.below[ONE].axis, world.below[TWO].axis
        sent = await origin.send(letter(WRITER, READER), by=WRITER)
        await world.settle()
        (mail,) = await collected(world, TWO, READER)
        for code in ("03", "06"):
            await reader.report(READER, mail.letter_id, code)
            await world.settle()
        line = await origin.line(sent.letter_id, WRITER, READER)
        arrived = await collected(world, ONE, WRITER, Kind.STATUS)
        left = [len(await world.above.waiting(code)) for code in (WRITER, READER)]

    assert [item.item.status_code for item in arrived] == ["01", "03", "06"]
    assert [AUTOMATIC in item.content.decode() for item in arrived] == [True, False, False]
    assert [(s.code, s.is_automatic) for s in line.statuses] == [("01", True), ("03", False), ("06", False)]
    assert line.status is not None
    assert left == [0, 0]


async def test_recall_and_taking_back_are_relayed_with_their_answers(tmp_path: Path) -> None:
    document = letter(WRITER, READER)
    async with two_provinces(tmp_path) as world:
        origin, reader = world.below[ONE].axis, world.below[TWO].axis
        sent = await origin.send(document, by=WRITER)
        await world.settle()
        (mail,) = await collected(world, TWO, READER)
        await collected(world, ONE, WRITER)

        await origin.report(WRITER, sent.letter_id, "13", "Gửi nhầm")
        await world.settle()
        (asked,) = await collected(world, TWO, READER, Kind.STATUS)
        await reader.report(READER, mail.letter_id, "16", "Đã xử lý xong")
        await world.settle()
        (refusal,) = await collected(world, ONE, WRITER, Kind.STATUS)

        named = (InReplyTo(organ=WRITER, document_id=mail.item.document_id, code=mail.item.code),)
        business = Business(operation=Operation.RECALL, reason="Sai thể thức")
        recall = letter(WRITER, READER, number=2, in_reply_to=named, business=business)  # type: ignore[arg-type]
        await origin.send(recall, by=WRITER)
        await world.settle()
        (recalled,) = await collected(world, TWO, READER, Kind.DOCUMENT)
        await reader.report(READER, recalled.letter_id, "15")
        await world.settle()
        consent = [m for m in await collected(world, ONE, WRITER, Kind.STATUS) if m.item.status_code == "15"]
        line = await origin.line(sent.letter_id, WRITER, READER)

    assert asked.item.status_code == "13"
    assert "Gửi nhầm" in asked.content.decode()
    assert refusal.item.status_code == "16"
    assert recalled.content == recall
    assert len(consent) == 1
    assert [s.code for s in line.statuses if s.code in ("13", "16")] == ["13", "16"]


async def test_sender_is_told_of_a_recipient_that_the_axis_between_does_not_know(tmp_path: Path) -> None:
    async with two_provinces(tmp_path) as world:
        origin = world.below[ONE].axis
        alone = await origin.send(letter(WRITER, GONE), by=WRITER)
        together = await origin.send(letter(WRITER, READER, GONE, number=2), by=WRITER)
        await world.settle()
        notices = await collected(world, ONE, WRITER, Kind.STATUS)
        line = await origin.line(alone.letter_id, WRITER, GONE)
        got = await collected(world, TWO, READER, Kind.DOCUMENT)
        other = await origin.line(together.letter_id, WRITER, READER)

    assert (line.stage, line.last_code) == (Stage.RETURNED, "TRUC-452")
    assert len(got) == 1
    assert other.stage is Stage.DELIVERED
    told = [mail.content.decode() for mail in notices if NOTICE in mail.content.decode()]
    assert {GONE in text for text in told} == {True}
    assert {mail.item.sender for mail in notices} == {"AX.H14", "AX.G22"}


async def test_nothing_echoes_and_nothing_comes_twice(tmp_path: Path) -> None:
    """A letter that names agencies of both provinces, sent again after a while from a file built anew."""
    async with two_provinces(tmp_path) as world:
        origin = world.below[ONE].axis
        content = letter(WRITER, NEIGHBOUR, READER, OTHER)
        for _ in range(2):
            await origin.send(content, by=WRITER)
            await world.settle()
        near = await collected(world, ONE, NEIGHBOUR, Kind.DOCUMENT)
        far = [await collected(world, TWO, code, Kind.DOCUMENT) for code in (READER, OTHER)]
        back = await collected(world, ONE, WRITER, Kind.DOCUMENT)

    assert [mail.content for mail in near] == [content]
    assert [[mail.content for mail in mails] for mails in far] == [[content], [content]]
    assert back == []


async def test_node_that_dies_at_every_turn_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with two_provinces(tmp_path) as world:
        origin, contents = world.below[ONE], [letter(WRITER, READER, number=n) for n in range(1, 5)]
        for content in contents:
            await origin.axis.send(content, by=WRITER)
            await origin.restart()
            await world.settle()
            await world.below[TWO].restart()
        await world.settle()
        got = await collected(world, TWO, READER, Kind.DOCUMENT)
    assert sorted(mail.content for mail in got) == sorted(contents)

"""
A reform comes over an axis that is at work: provinces merge, districts close, not every node knows at once.

Nodes with directories of different versions neither send a letter in circles nor lose one: the origin
resolves each recipient once, and what a node cannot place is told to the sender.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.broker.frames import LetterFrame, decode
from gateway.core import catalogue
from gateway.core.calendar import today
from gateway.core.directory import Directory, NodeRow, load_toml
from gateway.core.groups import expand
from gateway.core.model import InReplyTo, Kind, LetterId, NodeId
from gateway.core.stages import Stage
from tests.kit.clock import START
from tests.kit.correspondence import agency, four_level, letter, tree
from tests.kit.nodes import SmallAxis, open_axis

NORTH, EAST, WEST = "000.00.00.H14", "000.00.00.H08", "000.00.00.H21"
MERGER = today(START) + timedelta(days=1)


def three_provinces() -> Directory:
    rows = [agency(NORTH, "H14"), agency(EAST, "H08"), agency(WEST, "H21")]
    return tree({"G22": "", "H14": "G22", "H08": "G22", "H21": "G22"}, rows)


def merged(directory: Directory) -> Directory:
    """EAST goes into WEST, whose name and code live on."""
    rows = tuple(
        replace(row, valid_to=MERGER - timedelta(days=1), successor=WEST) if row.code == EAST else row
        for row in directory.agency_rows
    )
    return replace(directory, version=directory.version + 1, agency_rows=rows)


async def notices(axis: SmallAxis, code: str) -> list[str]:
    """What the axis told an agency."""
    statuses = await axis.collect(code, Kind.STATUS)
    texts = [mail.content.decode() for mail in statuses if mail.item.status_code == "02"]
    return [text.partition("[Trục] ")[2].partition("<")[0] for text in texts]


def crossings(axis: SmallAxis, letter_id: LetterId) -> Counter[tuple[str, str]]:
    """How often a letter crossed each link, by its manifests."""
    return Counter(
        (way.sender, way.receiver)
        for way, data in axis.post.carried
        if isinstance(frame := decode(data), LetterFrame) and frame.letter_id == letter_id
    )


@pytest.mark.parametrize("late", [(), ("H14",), ("G22",), ("H21",), ("H08",), ("G22", "H08", "H21")])
async def test_province_is_merged_in_the_middle_of_a_conversation(
    tmp_path: Path, late: tuple[str, ...]
) -> None:
    async with open_axis(three_provinces(), tmp_path) as axis:
        asked = await axis.send(letter(EAST, NORTH, code_number="7", code_notation="UBND-VX"), by=EAST)
        await axis.settle()
        (question,) = await axis.collect(NORTH, Kind.DOCUMENT)
        await axis.settle()

        axis.clock.advance(timedelta(days=1))
        await axis.use(merged(three_provinces()), *late)
        reply = letter(
            NORTH,
            EAST,
            number=2,
            in_reply_to=(InReplyTo(organ=EAST, code="7/UBND-VX"),),  # type: ignore[arg-type]
        )
        answered = await axis.send(reply, by=NORTH)
        await axis.report(NORTH, question.letter_id, "03")
        await axis.settle()
        got = {code: await axis.collect(code, Kind.DOCUMENT) for code in (EAST, WEST)}
        await axis.settle()
        line = (await axis.track(answered.letter_id, NORTH)).recipients[0]
        told = await notices(axis, NORTH)

    assert question.content == letter(EAST, NORTH, code_number="7", code_notation="UBND-VX")
    assert asked.letter_id == question.letter_id
    whole = [mail.content for mails in got.values() for mail in mails]
    if whole:
        assert whole == [reply]  # one office has it, exactly once
        assert line.stage is Stage.DELIVERED
        assert told == []
    else:  # sealed for the closed office, whose node knows better by now: the sender hears who followed it
        assert late == ("H14",)
        assert [text[:8] for text in told] == [catalogue.RECIPIENT_CLOSED.code] * 2  # letter and status
        assert all(WEST in text for text in told)
    assert all(times == 1 for times in crossings(axis, answered.letter_id).values())


async def test_status_about_a_letter_of_the_closed_province_reaches_its_successor(tmp_path: Path) -> None:
    async with open_axis(three_provinces(), tmp_path) as axis:
        await axis.send(letter(EAST, NORTH), by=EAST)
        await axis.settle()
        (mail,) = await axis.collect(NORTH, Kind.DOCUMENT)
        await axis.settle()
        axis.clock.advance(timedelta(days=1))
        await axis.use(merged(three_provinces()))
        await axis.report(NORTH, mail.letter_id, "06")
        await axis.settle()
        statuses = await axis.collect(WEST, Kind.STATUS)

    assert [status.item.status_code for status in statuses] == ["06"]


async def test_successor_reports_in_its_own_name_on_what_was_sent_to_the_closed_province(
    tmp_path: Path,
) -> None:
    async with open_axis(three_provinces(), tmp_path) as axis:
        axis.clock.advance(timedelta(days=1))
        await axis.use(merged(three_provinces()))
        sent = await axis.send(letter(NORTH, EAST), by=NORTH)
        await axis.settle()
        (mail,) = await axis.collect(WEST, Kind.DOCUMENT)
        await axis.settle()
        await axis.report(WEST, mail.letter_id, "03")
        await axis.settle()
        statuses = await axis.collect(NORTH, Kind.STATUS)
        line = await axis.line(sent.letter_id, NORTH, EAST)

    assert [(status.item.status_code, status.item.sender) for status in statuses] == [
        ("01", WEST),
        ("03", WEST),
    ]
    assert [status.code for status in line.statuses] == ["01", "03"]


async def test_node_on_the_way_that_does_not_know_a_new_node_loses_nothing(tmp_path: Path) -> None:
    """Central knows of a new commune before its province does."""
    office, commune = "000.00.00.G22", "000.00.90.H14"
    before = tree({"G22": "", "H14": "G22", "H21": "G22"}, [agency(office, "G22"), agency(NORTH, "H14")])
    new_node = NodeRow(id=NodeId("H14.90"), parent=NodeId("H14"), organ_code=commune)
    after = replace(
        before,
        version=2,
        node_rows=(*before.node_rows, new_node),
        agency_rows=(*before.agency_rows, agency(commune, "H14.90")),
    )
    async with open_axis(before, tmp_path) as axis:
        await axis.use(after, "H14", "H21")
        alone = await axis.send(letter(office, commune), by=office)
        together = await axis.send(letter(office, commune, NORTH, number=2), by=office)
        await axis.settle()
        received = await axis.collect(NORTH, Kind.DOCUMENT)
        await axis.settle()
        told = await notices(axis, office)
        stages = [(await axis.line(sent.letter_id, office, commune)).stage for sent in (alone, together)]
        other = (await axis.line(together.letter_id, office, NORTH)).stage

    assert [mail.content for mail in received] == [letter(office, commune, NORTH, number=2)]
    assert [text[:8] for text in told] == [catalogue.NO_ROUTE.code] * 2
    assert all("H14.90" in text for text in told)
    assert stages == [Stage.RETURNED] * 2
    assert other is Stage.DELIVERED


async def test_node_that_moved_to_another_province_is_not_lost_between_two_versions(tmp_path: Path) -> None:
    """Central sends to the new parent of a commune; that one still takes it for the other's."""
    office, commune = "000.00.00.G22", "000.00.90.H14"
    nodes = {"G22": "", "H14": "G22", "H21": "G22", "H14.90": "H14"}
    before = tree(nodes, [agency(office, "G22"), agency(commune, "H14.90")])
    after = tree({**nodes, "H14.90": "H21"}, [agency(office, "G22"), agency(commune, "H14.90")])
    async with open_axis(before, tmp_path) as axis:
        await axis.use(after, "H21")
        sent = await axis.send(letter(office, commune), by=office)
        await axis.settle()
        told = await notices(axis, office)
        line = await axis.line(sent.letter_id, office, commune)
        ways = crossings(axis, sent.letter_id)

    assert [text[:8] for text in told] == [catalogue.NO_ROUTE.code]
    assert line.stage is Stage.RETURNED
    assert ways == {("G22", "H21"): 1}


async def test_letter_passing_a_node_for_others_is_no_loss(tmp_path: Path) -> None:
    """H21 does not know the commune below H14; it got the letter for its own sake."""
    office, commune = "000.00.00.G22", "000.00.90.H14"
    before = tree({"G22": "", "H14": "G22", "H21": "G22"}, [agency(office, "G22"), agency(WEST, "H21")])
    after = tree(
        {"G22": "", "H14": "G22", "H21": "G22", "H14.90": "H14"},
        [agency(office, "G22"), agency(WEST, "H21"), agency(commune, "H14.90")],
    )
    async with open_axis(after, tmp_path) as axis:
        axis.own[NodeId("H21")] = before
        await axis.nodes[NodeId("H21")].store.set_directory(before, axis.clock.now())
        await axis.send(letter(office, commune, WEST), by=office)
        await axis.settle()
        got = [len(await axis.collect(code, Kind.DOCUMENT)) for code in (commune, WEST)]
        await axis.settle()
        told = await notices(axis, office)

    assert got == [1, 1]
    assert told == []


@pytest.mark.parametrize("name", ["four-level", "three-tier"])
async def test_same_letters_cross_both_structures(tmp_path: Path, name: str) -> None:
    """The classic four levels and today's three tiers: only the directory differs."""
    directory = (
        four_level()
        if name == "four-level"
        else load_toml((files("gateway.directories") / "three-tier.toml").read_bytes())
    )
    writer, ministry = "000.00.00.G22", "000.00.00.G06"
    async with open_axis(directory, tmp_path) as axis:
        communes = expand(directory, ["@xa"], today(axis.clock.now()))
        to = (NORTH, WEST, ministry, "000.00.00.G14", *communes)
        content = letter(writer, *to)
        accepted = await axis.send(content, by=writer)
        await axis.settle()
        received = {
            code: [mail.content for mail in await axis.collect(code, Kind.DOCUMENT)]
            for code in (NORTH, WEST, ministry, *communes)
        }
        await axis.settle()
        tracking = await axis.track(accepted.letter_id, writer)

    assert len(communes) == 4
    assert received == {code: [content] for code in (NORTH, WEST, ministry, *communes)}
    assert {line.stage for line in tracking.recipients} == {Stage.DELIVERED}

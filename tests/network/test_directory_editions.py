"""
The directory travels over the axis that it describes: a node signs what is its own to say, all others verify
it, keep it until its day, and apply it; whoever was away catches up, and no letter is lost meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.broker.edition_messages import EditionPiece
from gateway.broker.frames import ControlFrame, decode, encode
from gateway.broker.memory_queue import Way
from gateway.core import catalogue
from gateway.core.calendar import end_of, today
from gateway.core.directory import Agency, NodeRow
from gateway.core.directory_change import Change
from gateway.core.editions import next_edition
from gateway.core.model import AgencyCode, Kind, Lane, NodeId
from gateway.core.stages import Stage
from gateway.directory_files import to_toml
from gateway.doors.editions import publish
from gateway.ports import EditionState
from gateway.sandbox.axis import memory_axis
from tests.kit.command import truc
from tests.kit.correspondence import four_level, letter
from tests.kit.editions import newcomer, renamed
from tests.kit.heard import HeardLog
from tests.kit.nodes import Manner, SmallAxis, open_axis
from tests.kit.seals import sealer

SHARING = Manner(shares_directory=True)
LOOK = timedelta(seconds=2)
CENTRAL, PROVINCE, DISTRICT, COMMUNE = map(NodeId, ("G22", "H14", "H14.40", "H14.40.20"))
OFFICE, PROVINCE_OFFICE = "000.00.00.G22", "000.00.00.H14"
DISTRICT_OFFICE, COMMUNE_OFFICE, NEIGHBOUR = "000.00.40.H14", "000.20.40.H14", "000.22.40.H14"


async def sign(axis: SmallAxis, name: NodeId, change: Change, *, days: int = 0) -> None:
    """Publish a change at a node, in force in so many days, as its operator does."""
    node, now = axis.nodes[name], axis.clock.now()
    held = (await node.store.editions_held()).get(name)
    begins = end_of(today(now) + timedelta(days=days - 1)) if days else now
    made = next_edition(node.desk.directory(), name, change, begins, held, now)
    assert await publish(node.store, sealer(name, axis.began), made)
    await axis.settle()


async def stands(axis: SmallAxis, name: NodeId) -> list[tuple[str, int, EditionState]]:
    """The editions that a node holds."""
    lines, _ = await axis.nodes[name].store.editions()
    return [(line.signer, line.number, line.state) for line in lines]


def name_at(axis: SmallAxis, node: NodeId, code: str) -> str:
    found = axis.nodes[node].desk.directory().find(code)
    return "" if found is None else found.name


async def test_what_central_publishes_every_level_applies_on_its_day(tmp_path: Path) -> None:
    """One province takes a new name, another is added to the list, with a node of its own."""
    new = Agency(code=AgencyCode("000.00.00.H22"), name="UBND tỉnh mới", node=NodeId("H22"), tier="tỉnh")
    change = Change(
        nodes=(NodeRow(id=NodeId("H22"), parent=CENTRAL, organ_code=new.code),),
        agencies=(new, *renamed(four_level(), PROVINCE_OFFICE, "UBND tỉnh, tên mới").agencies),
    )
    async with open_axis(four_level(), tmp_path, SHARING) as axis:
        await sign(axis, CENTRAL, change, days=1)
        await axis.wait(LOOK)
        before = {
            node: (name_at(axis, node, PROVINCE_OFFICE), await stands(axis, node)) for node in axis.nodes
        }
        axis.clock.advance(timedelta(days=1))
        await axis.wait(LOOK)
        after = {node: name_at(axis, node, PROVINCE_OFFICE) for node in axis.nodes}
        known = {node: name_at(axis, node, new.code) for node in axis.nodes}
        editions = await stands(axis, COMMUNE)
        versions = {(await node.store.directory()).version for node in axis.nodes.values()}

    was = four_level().agencies[AgencyCode(PROVINCE_OFFICE)].name
    assert set(map(str, before)) == set(four_level().nodes)
    assert all(told == (was, [(CENTRAL, 1, EditionState.WAITING)]) for told in before.values())
    assert set(after.values()) == {"UBND tỉnh, tên mới"}
    assert set(known.values()) == {"UBND tỉnh mới"}
    assert editions == [(CENTRAL, 1, EditionState.APPLIED)]
    assert versions == {2}


async def test_commune_that_was_cut_off_catches_up_with_everybody(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, SHARING) as axis:
        axis.post.cut_node(COMMUNE)
        await axis.wait(LOOK)
        for number in range(1, 4):
            await sign(axis, CENTRAL, renamed(four_level(), OFFICE, f"Trung ương {number}"))
        await sign(axis, DISTRICT, renamed(four_level(), DISTRICT_OFFICE, "Huyện, tên mới"))
        await axis.wait(LOOK)
        away = await stands(axis, COMMUNE)
        axis.post.heal_node(COMMUNE)
        await axis.wait(LOOK)
        await axis.wait(LOOK)
        back = await stands(axis, COMMUNE)
        names = [name_at(axis, COMMUNE, code) for code in (OFFICE, DISTRICT_OFFICE)]

    assert away == []
    assert back == [(CENTRAL, n, EditionState.APPLIED) for n in (1, 2, 3)] + [
        (DISTRICT, 1, EditionState.APPLIED)
    ]
    assert names == ["Trung ương 3", "Huyện, tên mới"]


async def test_edition_that_is_forged_on_its_way_is_refused_and_goes_no_further(tmp_path: Path) -> None:
    def forge(way: Way, data: bytes) -> bytes:
        """On the link from central to the province somebody gives the office another name."""
        if (way.sender, way.receiver, way.lane) != (CENTRAL, PROVINCE, Lane.CONTROL):
            return data
        frame = decode(data)
        assert isinstance(frame, ControlFrame)
        told = [
            replace(m, data=m.data.replace(b"Trung", b"Chung")) if isinstance(m, EditionPiece) else m
            for m in frame.messages
        ]
        return encode(ControlFrame(tuple(told)))

    async with open_axis(four_level(), tmp_path, SHARING) as axis:
        axis.post.man_in_the_middle = forge
        await sign(axis, CENTRAL, renamed(four_level(), OFFICE, "Trung ương"))
        await axis.wait(LOOK)
        held = {str(node): bool(await stands(axis, node)) for node in axis.nodes}
        _, faults = await axis.nodes[PROVINCE].store.editions()
        names = {name_at(axis, node, OFFICE) for node in (PROVINCE, DISTRICT, COMMUNE)}
        errors = [line["code"] for line in axis.nodes[PROVINCE].said("edition.refused")]

        axis.post.man_in_the_middle = lambda _way, data: data
        axis.post.cut_node(PROVINCE)
        await axis.wait(LOOK)
        axis.post.heal_node(PROVINCE)
        await axis.wait(LOOK)
        await axis.wait(LOOK)
        mended = {name_at(axis, node, OFFICE) for node in axis.nodes}

    assert {node for node, has in held.items() if not has} >= {PROVINCE, DISTRICT, COMMUNE}
    assert held["H21"]
    assert [(fault.code, fault.neighbour) for fault in faults] == [(catalogue.SEAL_FAILED.code, CENTRAL)]
    assert errors == [catalogue.SEAL_FAILED.code]
    assert names == {four_level().agencies[AgencyCode(OFFICE)].name}
    assert mended == {"Trung ương"}


async def test_commune_that_speaks_for_the_province_is_not_believed(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, SHARING) as axis:
        node, now = axis.nodes[COMMUNE], axis.clock.now()
        change = renamed(four_level(), PROVINCE_OFFICE, "Ai cũng được", node=COMMUNE)
        honest = next_edition(
            four_level(), COMMUNE, renamed(four_level(), COMMUNE_OFFICE, "Xã"), now, None, now
        )
        assert await publish(node.store, sealer(COMMUNE, axis.began), replace(honest, change=change))
        await axis.settle()
        alone = await stands(axis, DISTRICT)
        await sign(axis, COMMUNE, renamed(four_level(), COMMUNE_OFFICE, "Xã, tên mới"))
        await axis.wait(LOOK)
        above = {str(name): await stands(axis, name) for name in (DISTRICT, PROVINCE, CENTRAL)}
        names = [name_at(axis, CENTRAL, code) for code in (PROVINCE_OFFICE, COMMUNE_OFFICE)]

    assert alone == []  # the commune's own node refuses it, and tells nobody
    refused, good = (COMMUNE, 1, EditionState.REFUSED), (COMMUNE, 2, EditionState.APPLIED)
    assert above == {str(name): [refused, good] for name in (DISTRICT, PROVINCE, CENTRAL)}
    assert names == [four_level().agencies[AgencyCode(PROVINCE_OFFICE)].name, "Xã, tên mới"]


async def test_nodes_with_different_editions_lose_no_letter(tmp_path: Path) -> None:
    """A commune is closed, and an office opened, while another commune is cut off and knows of neither."""
    async with open_axis(four_level(), tmp_path, SHARING) as axis:
        axis.post.cut_node(COMMUNE)
        await axis.wait(LOOK)
        row = four_level().agencies[AgencyCode(NEIGHBOUR)]
        closed = replace(row, valid_to=today(axis.clock.now()), successor=DISTRICT_OFFICE)
        fresh = newcomer("000.00.41.H14", DISTRICT, DISTRICT_OFFICE)
        await sign(axis, DISTRICT, Change(agencies=(fresh,)))
        await sign(axis, PROVINCE, Change(agencies=(closed,)))
        axis.clock.advance(timedelta(days=1))
        await axis.wait(LOOK)
        versions = [axis.nodes[node].desk.directory().version for node in (COMMUNE, DISTRICT)]
        axis.directory = axis.nodes[DISTRICT].desk.directory()  # where the test looks agencies up
        from_the_late = letter(COMMUNE_OFFICE, NEIGHBOUR, OFFICE)
        to_the_late = letter(OFFICE, COMMUNE_OFFICE, NEIGHBOUR, fresh.code, number=2)
        sent = await axis.send(from_the_late, by=COMMUNE_OFFICE)
        back = await axis.send(to_the_late, by=OFFICE)
        await axis.settle()
        axis.post.heal_node(COMMUNE)
        await axis.wait(timedelta(minutes=2))
        await axis.wait(LOOK)
        again = letter(COMMUNE_OFFICE, NEIGHBOUR, number=3)
        await axis.send(again, by=COMMUNE_OFFICE)
        await axis.settle()
        got = {
            code: [mail.content for mail in await axis.collect(code, Kind.DOCUMENT)]
            for code in (NEIGHBOUR, DISTRICT_OFFICE, OFFICE, COMMUNE_OFFICE, fresh.code)
        }
        told = [mail.content.decode() for mail in await axis.collect(COMMUNE_OFFICE, Kind.STATUS)]
        await axis.settle()
        to_central = (await axis.line(sent.letter_id, COMMUNE_OFFICE, OFFICE)).stage
        to_closed = (await axis.line(sent.letter_id, COMMUNE_OFFICE, NEIGHBOUR)).stage
        stages = {line.stage for line in (await axis.track(back.letter_id, OFFICE)).recipients}

    assert versions == [1, 3]
    assert got == {
        NEIGHBOUR: [],
        DISTRICT_OFFICE: [
            to_the_late,
            again,
        ],  # the successor: of the first the origin knew, of the last by then
        OFFICE: [from_the_late],
        COMMUNE_OFFICE: [to_the_late],
        fresh.code: [to_the_late],
    }
    assert (to_central, to_closed, stages) == (Stage.DELIVERED, Stage.RETURNED, {Stage.DELIVERED})
    assert [DISTRICT_OFFICE in text for text in told if catalogue.RECIPIENT_CLOSED.code in text] == [True]


async def test_operator_publishes_beside_the_running_node(tmp_path: Path) -> None:
    """The command signs with the node's own key; running nodes carry it to every level by themselves."""
    log = HeardLog()
    async with memory_axis(four_level(), folder=tmp_path / "axis", log_to=log) as axis:
        settings, wanted = tmp_path / "node.toml", tmp_path / "wanted.toml"
        pki = tmp_path / "axis" / "pki"
        settings.write_text(
            f'[node]\nid = "H14"\ndata_dir = "{tmp_path / "axis" / "H14"}"\n'
            f'[seal]\nkey_file = "{pki / "H14.pem"}"\ntrust_dir = "{pki / "trust"}"\n',
            "utf-8",
        )
        change = renamed(four_level(), DISTRICT_OFFICE, "Huyện, tên mới")
        rows = tuple(
            change.agencies[0] if row.code == DISTRICT_OFFICE else row for row in four_level().agency_rows
        )
        wanted.write_text(to_toml(replace(four_level(), agency_rows=rows)), "utf-8")
        command = ("directory", "publish", "-c", settings, wanted, "--yes", "--json")
        ran = await asyncio.to_thread(truc, *command)
        for node in axis.nodes:
            await log.until("edition.applied", node=node, signer="H14", edition=1)
        shown = {
            (await n.desk.store.directory()).agencies[AgencyCode(DISTRICT_OFFICE)].name
            for n in axis.nodes.values()
        }

    assert (ran.code, ran.json["done"], ran.json["edition"]) == (0, True, 1)
    assert shown == {"Huyện, tên mới"}

"""
The office at the centre writes to all communes of the country: one letter, 3,321 mailboxes.

The provinces are those of the directory that ships; how many communes each has is what the resolutions of
June 2025 on their arrangement say, their codes are made up. The node of a province serves its communes, so
there are 35 nodes. This one story runs on the memory broker: on RabbitMQ 35 nodes would take longer to come
up than the letter to arrive. All else is real: one seal, one copy on each link, a verification for each door.

It lies in every mailbox in the end. One commune of each province fetches it: a node has one copy for all that
it serves, so what one of them reads is what all would, and 3,321 fetches would take minutes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.broker.frames import LetterFrame, decode
from gateway.core.calendar import today
from gateway.core.directory import Agency, Directory, load_toml
from gateway.core.model import AgencyCode, Kind, Lane, NodeId
from gateway.core.stages import Stage
from tests.kit.clock import START
from tests.kit.correspondence import letter
from tests.kit.journals import moving, read_journals
from tests.kit.nodes import open_axis

OFFICE = "000.00.00.G22"
CENTRE = NodeId("G22")

COMMUNES = {
    "Hà Nội": 126,
    "Huế": 40,
    "Lai Châu": 38,
    "Điện Biên": 45,
    "Sơn La": 75,
    "Lạng Sơn": 65,
    "Quảng Ninh": 54,
    "Thanh Hóa": 166,
    "Nghệ An": 130,
    "Hà Tĩnh": 69,
    "Cao Bằng": 56,
    "Tuyên Quang": 124,
    "Lào Cai": 99,
    "Thái Nguyên": 92,
    "Phú Thọ": 148,
    "Bắc Ninh": 99,
    "Hưng Yên": 104,
    "Hải Phòng": 114,
    "Ninh Bình": 129,
    "Quảng Trị": 78,
    "Đà Nẵng": 94,
    "Quảng Ngãi": 96,
    "Gia Lai": 135,
    "Khánh Hòa": 65,
    "Lâm Đồng": 124,
    "Đắk Lắk": 102,
    "Hồ Chí Minh": 168,
    "Đồng Nai": 95,
    "Tây Ninh": 96,
    "Cần Thơ": 103,
    "Vĩnh Long": 124,
    "Đồng Tháp": 102,
    "Cà Mau": 64,
    "An Giang": 102,
}


def country() -> Directory:
    """The centre, the 34 provinces that are open, their communes; every system sends 01 itself."""
    shipped = load_toml((files("gateway.directories") / "level1-2025.toml").read_bytes())
    heads = [row for row in shipped.agency_rows if row.tier == "tỉnh" and row.is_open(today(START))]
    nodes = {CENTRE, *(head.node for head in heads)}
    communes = [
        Agency(
            code=AgencyCode(f"000.{number // 90 + 10}.{number % 90 + 10}.{head.node}"),
            name=f"Ủy ban nhân dân xã {number + 1}",
            node=head.node,
            parent=head.code,
            tier="xã",
        )
        for head in heads
        for number in range(next(n for name, n in COMMUNES.items() if head.name.endswith(name)))
    ]
    open_rows = [row for row in shipped.agency_rows if row.node in nodes and row.is_open(today(START))]
    return replace(
        shipped,
        node_rows=tuple(row for row in shipped.node_rows if row.id in nodes),
        agency_rows=tuple(replace(row, sends_arrived=True) for row in (*open_rows, *communes)),
    )


@pytest.mark.timeout(400)  # some 35 s of one core, and others may want it too
async def test_letter_to_all_communes_lies_in_3321_mailboxes_and_crossed_each_link_once(
    tmp_path: Path,
) -> None:
    directory = country()
    communes = [row.code for row in directory.agency_rows if row.tier == "xã"]
    provinces = [node for node in directory.nodes if node != CENTRE]
    content = letter(OFFICE, OFFICE)
    async with open_axis(directory, tmp_path) as axis:
        stores = {name: node.store for name, node in axis.nodes.items()}
        try:
            before = {node: axis.post.bytes_over(CENTRE, node, Lane.NORMAL) for node in provinces}
            sent = await axis.send(content, by=OFFICE, to=("@xã",))
            await axis.settle()
            listed = {code: await axis.waiting(code) for code in communes}
            readers = {directory.agencies[code].node: code for code in communes}
            received = {code: await axis.collect(code, Kind.DOCUMENT) for code in readers.values()}
            await axis.settle()
            tracking = await axis.track(sent.letter_id, OFFICE)
            about_to_move = await moving(directory, stores)
            heads = [await axis.waiting(row.code) for row in directory.agency_rows if row.tier == "tỉnh"]
        finally:
            journals = await read_journals(stores)
            print(f"\n{journals.table()}")

        frames = [(way, data) for way, data in axis.post.carried if way.lane is Lane.NORMAL]
        links = Counter(
            (way.sender, way.receiver)
            for way, data in frames
            if isinstance(frame := decode(data), LetterFrame) and frame.letter_id == sent.letter_id
        )
        carried = {axis.post.bytes_over(CENTRE, node, Lane.NORMAL) - before[node] for node in provinces}
        size = (await stores[CENTRE].letter(sent.letter_id)).size  # type: ignore[union-attr]

    assert (len(communes), len(provinces)) == (3321, 34)
    assert len(sent.recipients) == 3321
    told = {(item.letter_id, item.size) for items in listed.values() for item in items}
    assert told == {(sent.letter_id, len(content))}
    assert {len(items) for items in listed.values()} == {1}
    assert {code: [mail.content for mail in mails] for code, mails in received.items()} == {
        code: [content] for code in readers.values()
    }
    assert set(readers) == set(provinces)
    assert Counter(line.stage for line in tracking.recipients) == {
        Stage.WAITING: 3321 - 34,
        Stage.DELIVERED: 34,
    }
    assert heads == [[]] * 34, "whoever is not in the group gets nothing"
    assert about_to_move == []
    assert set(links) == {(CENTRE, node) for node in provinces}
    assert len(carried) == 1, "every link carried the same"
    assert size <= carried.pop() < size * 1.1, "one copy, and what its frames add"
    assert journals.nodes(sent.letter_id, "letter.accepted") == [CENTRE]
    assert sorted(journals.nodes(sent.letter_id, "letter.taken")) == sorted(provinces)
    assert len(journals.nodes(sent.letter_id, "delivery.offered")) == 3321
    assert sorted(journals.nodes(sent.letter_id, "delivery.acknowledged")) == sorted(provinces)

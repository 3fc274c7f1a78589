"""Notices at the door of an agency whose system knows receivers only; through the axis: tests/network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.core.model import AgencyCode, Kind
from gateway.doors.axis_notices import as_agreed, envelope_of, told_to
from gateway.office import one_chunk
from gateway.ports import OpenLetter, StoredLetter, Terms
from tests.kit.builders import COMMUNE, COMMUNE_OFFICE, PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.correspondence import letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

AGREED = Manner(terms={AgencyCode(PROVINCE_OFFICE): Terms(notices_as_receiver=True)})
HOUR = timedelta(hours=1)


async def given_back(axis: SmallAxis) -> tuple[StoredLetter, OpenLetter]:
    """A document of the province that did not arrive, and the notice of it as it is handed over."""
    axis.post.cut(PROVINCE, COMMUNE)
    node, caller = axis.nodes[PROVINCE], axis.caller(PROVINCE_OFFICE)
    content = letter(PROVINCE_OFFICE, COMMUNE_OFFICE)
    sent = await node.office.accept(one_chunk(content), caller, ttl=HOUR)
    await axis.wait(2 * HOUR)
    (item,) = await axis.waiting(PROVINCE_OFFICE, Kind.STATUS)
    document = await node.store.letter(sent.letter_id)
    assert document is not None
    return document, await node.office.open(caller, item.letter_id)


async def test_notice_of_the_own_node_is_handed_over_in_the_receiver_s_name(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, AGREED) as axis:
        _, opened = await given_back(axis)
        notice = envelope_of(opened)

    assert notice is not None
    assert (notice.sender.code, opened.letter.routing.sender) == (COMMUNE_OFFICE, COMMUNE_OFFICE)
    assert opened.letter.facts.extra["description"] == notice.description


async def test_unreadable_notice_is_handed_over_as_it_is(tmp_path: Path) -> None:
    """Better read with effort than never."""
    async with open_axis(small_axis(), tmp_path, AGREED) as axis:
        node = axis.nodes[PROVINCE]
        _, opened = await given_back(axis)
        stored = await node.store.letter(opened.letter.routing.letter_id)
        assert stored is not None

        def part(name: str) -> Iterator[bytes]:
            return iter((b"<edXML",)) if name == "envelope.xml" else opened.part(name)

        broken = replace(opened, letter=stored, part=part)
        assert as_agreed(node.desk, broken) is broken


async def test_documents_and_what_is_another_s_are_not_touched(tmp_path: Path) -> None:
    async with open_axis(small_axis(), tmp_path, AGREED) as axis:
        node = axis.nodes[PROVINCE]
        document, opened = await given_back(axis)
        stored = await node.store.letter(opened.letter.routing.letter_id)
        assert stored is not None
        assert told_to(node.desk, stored, AgencyCode(PROVINCE_OFFICE)) is not None
        assert told_to(node.desk, stored, AgencyCode(COMMUNE_OFFICE)) is None
        assert told_to(node.desk, document, AgencyCode(PROVINCE_OFFICE)) is None

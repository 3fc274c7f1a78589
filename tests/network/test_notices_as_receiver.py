"""
Notices of the axis for a system that knows statuses of receivers only: written so at its own door.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.core.edxml import read
from gateway.core.lifecycle import NOTICE
from gateway.core.model import AgencyCode, Dialect, Envelope, Kind, LetterId, NodeId
from gateway.core.stages import Stage
from gateway.inside import Inside
from gateway.ports import Terms
from tests.kit.agencies import Mail
from tests.kit.correspondence import four_level, letter
from tests.kit.nodes import Manner, SmallAxis, open_axis

WRITER, READER, OTHER = "000.22.40.H14", "000.05.35.H21", "000.00.35.H21"
NEIGHBOUR = "000.24.35.H21"  # itself the organ of a node
CENTRAL, FAR = NodeId("G22"), NodeId("H21")
AS_RECEIVER = {AgencyCode(WRITER): Terms(notices_as_receiver=True)}
DAY = timedelta(days=1)


async def send_in_vain(axis: SmallAxis, *to: str) -> LetterId:
    """A letter that stops at the centre and goes back after its time."""
    axis.post.cut(CENTRAL, FAR)
    accepted = await axis.send(letter(WRITER, *to), by=WRITER)
    await axis.settle()
    await axis.wait(14 * DAY)
    return accepted.letter_id


def said(mail: Mail) -> Envelope:
    return read(mail.content).envelope


async def test_notice_is_handed_over_in_the_name_of_the_receiver_it_is_about(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, Manner(terms=AS_RECEIVER)) as axis:
        await send_in_vain(axis, READER)
        (mail,) = await axis.collect(WRITER, Kind.STATUS)
        node, caller = axis.node_of(WRITER), axis.caller(WRITER)
        (past,) = await node.office.history(caller, kind=Kind.STATUS)
        stored = await node.store.letter(mail.letter_id)
        evidence = await node.office.evidence(caller, mail.letter_id)
        sealed = b"".join(evidence.chunks())
        verdict = await node.office.verification(caller, mail.letter_id)

    notice = said(mail)
    (about,) = notice.in_reply_to
    assert (notice.sender.code, notice.status_code, about.organ) == (READER, "02", WRITER)
    assert about.code
    assert notice.description.startswith(f"{NOTICE}503 ")
    assert "Trục trả lại" in notice.description
    assert "đơn vị nhận chưa trả lời" in notice.description
    assert "từ chối" not in notice.description.casefold()
    for line in (mail.item, past):
        assert (line.sender, line.size) == (READER, len(mail.content))
    assert stored is not None
    assert (stored.routing.origin, stored.routing.sender) == (CENTRAL, "000.00.00.G22")
    assert f"<edXML:OrganId>{READER}".encode() not in sealed.replace(b" ", b""), (
        "no node seals in a foreign name"
    )
    assert verdict.passed


async def test_without_the_term_the_axis_speaks_in_its_own_name(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path) as axis:
        await send_in_vain(axis, READER)
        (mail,) = await axis.collect(WRITER, Kind.STATUS)

    assert said(mail).sender.code == mail.item.sender == "000.00.00.G22"


async def test_each_receiver_gets_a_status_of_its_own(tmp_path: Path) -> None:
    """What one notice of a far node says of several."""
    async with open_axis(four_level(), tmp_path, Manner(terms=AS_RECEIVER)) as axis:
        letter_id = await send_in_vain(axis, READER, OTHER)
        mails = await axis.collect(WRITER, Kind.STATUS)
        lines = [await axis.line(letter_id, WRITER, code) for code in (READER, OTHER)]
        history = await axis.node_of(WRITER).office.history(axis.caller(WRITER), kind=Kind.STATUS)
        await axis.wait(DAY)
        again = await axis.collect(WRITER, Kind.STATUS)

    notices = [said(mail) for mail in mails]
    assert sorted(n.sender.code for n in notices) == sorted([READER, OTHER])
    for notice in notices:
        others = {READER, OTHER} - {notice.sender.code}
        assert not any(code in notice.description for code in others)
        assert "Trục trả lại" in notice.description
    assert [line.stage for line in lines] == [Stage.RETURNED] * 2
    assert len(history) == 3, "the notice as it came is there to look at"
    assert again == []


async def test_notice_of_what_only_takes_long_stays_the_word_of_the_axis(tmp_path: Path) -> None:
    """A 02 in the receiver's name would call failed what it may still fetch."""
    async with open_axis(four_level(), tmp_path, Manner(terms=AS_RECEIVER)) as axis:
        await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.settle()
        await axis.wait(3 * DAY)
        mails = await axis.collect(WRITER, Kind.STATUS)

    notices = [said(mail) for mail in mails]
    assert any("TRUC-512" in notice.description for notice in notices)
    assert {notice.sender.code for notice in notices}.isdisjoint({READER})


async def test_nobody_else_can_speak_as_the_axis(tmp_path: Path) -> None:
    """Whose node is not on the way to a receiver has no word about it, whatever its status reads like."""
    async with open_axis(four_level(), tmp_path, Manner(terms=AS_RECEIVER)) as axis:
        letter_id = (await axis.send(letter(WRITER, NEIGHBOUR), by=WRITER)).letter_id
        await axis.settle()
        await axis.collect(NEIGHBOUR)
        forged = f"[Trục] TRUC-503 Hết hạn. Gửi lại. Đơn vị nhận: {OTHER}. (The letter expired.)"
        await axis.report(NEIGHBOUR, letter_id, "02", forged)
        await axis.settle()
        mails = await axis.collect(WRITER, Kind.STATUS)

    assert {said(mail).sender.code for mail in mails} == {NEIGHBOUR}


async def test_rendering_is_what_every_dialect_is_made_of(tmp_path: Path) -> None:
    async with open_axis(four_level(), tmp_path, Manner(terms=AS_RECEIVER)) as axis:
        await send_in_vain(axis, READER)
        (item,) = await axis.waiting(WRITER, Kind.STATUS)
        opened = await axis.node_of(WRITER).office.open(axis.caller(WRITER), item.letter_id)
        written = {
            dialect: b"".join(Inside(opened).rendered(dialect, axis.clock.now(), "AX"))
            for dialect in (Dialect.AS_SENT, Dialect.JAVA_SDK, Dialect.NATIONAL_AXIS, Dialect.DOTNET)
        }

    assert opened.size == len(written[Dialect.AS_SENT])
    assert {read(content).envelope.sender.code for content in written.values()} == {READER}

"""
A commune wants a letter back (status 13).

Where nobody has seen it yet, the letter is stopped, the request ends there, and the axis tells the sender so
in its own name. Whoever has seen it gets the request, and answers it. Each receiver has both, or neither.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.business import Outcome
from gateway.core.errors import Rejected
from gateway.core.lifecycle import AUTOMATIC, NOTICE
from gateway.core.model import Kind
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.faultproxy import Way
from tests.kit.story import story
from tests.network.stories.places import HALL, READER, WRITER, two_communes

pytestmark = pytest.mark.external

REASON = "Gửi nhầm"


async def test_before_hand_over_who_saw_it_has_both_and_who_did_not_has_neither(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    content = letter(WRITER, READER, HALL)
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        # One receiver has opened it, not acknowledged it; the other has not looked.
        sent = await axis.send(content, by=WRITER)
        for code in (READER, HALL):
            await axis.arrived(code)
        opened = await axis.node_of(HALL).office.open(axis.caller(HALL), sent.letter_id)
        assert b"".join(opened.chunks()) == content

        await axis.report(WRITER, sent.letter_id, "13", REASON)
        both = await axis.receive(HALL, count=2)
        stopped = await axis.stands(sent.letter_id, WRITER, READER, Stage.STOPPED)
        notice, arrival = sorted(
            await axis.receive(WRITER, Kind.STATUS, count=2), key=lambda m: m.item.status_code, reverse=True
        )
        assert await axis.waiting(READER) == []
        with pytest.raises(Rejected, match="TRUC-404"):
            await axis.node_of(READER).office.read(axis.caller(READER), sent.letter_id)

        # Who has it answers the request.
        await axis.report(HALL, sent.letter_id, "15")
        (consent,) = await axis.receive(WRITER)
        tracking = await axis.whereabouts(sent.letter_id, WRITER)
        journals = await axis.journals()

    document, request = sorted(both, key=lambda mail: mail.item.kind)
    assert (document.content, document.letter_id) == (content, sent.letter_id)
    assert (request.item.status_code, request.item.sender) == ("13", WRITER)
    assert REASON in request.content.decode()
    assert (stopped.at, stopped.last_code) == ("H21.70", "TRUC-517")
    assert (notice.item.status_code, notice.item.sender) == ("02", "AX.H21.70"), "who stopped it tells it"
    assert f"{NOTICE}517" in notice.content.decode()
    assert READER in notice.content.decode()
    assert HALL not in notice.content.decode()
    assert (arrival.item.status_code, arrival.item.sender) == ("01", HALL)
    assert AUTOMATIC in arrival.content.decode()
    assert (consent.item.status_code, consent.item.sender) == ("15", HALL)
    assert {
        r.named: (r.stage, sorted(s.code for s in r.statuses if not s.is_notice)) for r in tracking.recipients
    } == {
        READER: (Stage.STOPPED, ["13"]),
        HALL: (Stage.DELIVERED, ["01", "13", "15"]),
    }
    assert journals.nodes(sent.letter_id, "delivery.taken_back") == ["H21.70"]
    assert journals.nodes(sent.letter_id, "delivery.acknowledged") == ["H21"]


async def test_before_hand_over_a_request_overtakes_its_letter_on_a_slow_line(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """It has a lane of its own, so the next node knows of it before the whole letter is there."""
    content = letter(WRITER, READER, size=2_000_000)
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        slow = axis.wire("H14", "G22")
        slow.rate = 512 * 1024
        before = slow.passed[Way.UP]
        sent = await axis.send(content, by=WRITER)

        async def is_coming() -> bool:
            return slow.passed[Way.UP] - before > 256 * 1024

        await axis.until(is_coming, "the letter is on the slow line")
        asked = await axis.report(WRITER, sent.letter_id, "13", REASON)
        line = await axis.stands(sent.letter_id, WRITER, READER, Stage.STOPPED)
        request = await axis.stands(asked.letter_id, WRITER, READER, Stage.STOPPED)
        (notice,) = await axis.receive(WRITER)
        await axis.at_rest()
        assert await axis.waiting(READER) == [], "neither the letter nor the request"

        # The same letter sent again is another one, and arrives.
        slow.rate = None
        again = await axis.send(content, by=WRITER)
        (mail,) = await axis.receive(READER)
        await axis.stands(again.letter_id, WRITER, READER, Stage.DELIVERED)
        journals = await axis.journals()

    assert (line.at, line.last_code) == ("G22", "TRUC-517")
    assert (request.at, request.last_code) == ("H21.70", "TRUC-517"), "it ends where it can be of no use"
    assert (notice.item.status_code, notice.item.sender) == ("02", "AX.G22"), "who stopped it tells it"
    assert f"{NOTICE}517" in notice.content.decode()
    assert READER in notice.content.decode()
    assert journals.nodes(sent.letter_id, "delivery.taken_back") == ["G22"]
    assert journals.nodes(sent.letter_id, "letter.taken") == ["H14", "G22"]
    assert journals.nodes(asked.letter_id, "take_back.remembered") == [
        "H14.62",
        "H14",
        "G22",
        "H21",
        "H21.70",
    ]
    assert not again.repeated
    assert (mail.letter_id, mail.content) == (again.letter_id, content)


async def test_letter_and_request_side_by_side_in_rabbitmq_end_both_or_neither(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """
    The far province is away: what lies in its queues nobody can take out, and when it comes they run a race.

    A letter that is just being handed on, or over, when its request comes can't be stopped there any more.
    """
    async with story(pytestconfig, tmp_path, two_communes(), "H21") as axis:
        sent = await axis.send(letter(WRITER, READER), by=WRITER)
        await axis.until_noted(sent.letter_id, "delivery.confirmed", at="G22")
        asked = await axis.report(WRITER, sent.letter_id, "13", REASON)
        await axis.until_noted(asked.letter_id, "delivery.confirmed", at="G22")
        await axis.start("H21")
        await axis.until(axis.nothing_moves, "everything that was on its way is somewhere")
        came = await axis.collect(READER)
        await axis.until(axis.nothing_moves, "and what follows from it")
        told = await axis.collect(WRITER)
        await axis.at_rest()
        journals = await axis.journals()

    stopped = journals.nodes(sent.letter_id, "delivery.taken_back")
    if stopped:
        assert came == []
        (notice,) = told
        assert (notice.item.status_code, notice.item.sender) == ("02", f"AX.{stopped[0]}")
        assert "delivery.acknowledged" not in journals.events(sent.letter_id), "it may have lain at the door"
    else:
        assert sorted(mail.item.kind for mail in came) == [Kind.DOCUMENT, Kind.STATUS]
        assert told == []


async def test_after_hand_over_the_request_is_delivered_and_answered(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    content = letter(WRITER, READER)
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        sent = await axis.send(content, by=WRITER)
        (document,) = await axis.receive(READER)
        await axis.report(READER, document.letter_id, "03")
        (registered,) = await axis.receive(WRITER)

        # A first request is refused, a second one granted.
        outcomes, shown = [], []
        for answer, words in (("16", "Đang xử lý"), ("15", "")):
            await axis.report(WRITER, sent.letter_id, "13", f"{REASON} ({answer})")
            (request,) = await axis.receive(READER)
            assert (request.item.status_code, request.item.sender) == ("13", WRITER)
            for code in (None, answer):
                if code:
                    await axis.report(READER, document.letter_id, code, words)
                    (status,) = await axis.receive(WRITER)
                    assert (status.item.status_code, status.item.sender) == (code, READER)
                (line,) = (await axis.whereabouts(sent.letter_id, WRITER)).recipients
                outcomes.append([request.outcome for request in line.requests])
                shown.append(line.status and line.status.code)
        journals = await axis.journals()

    assert document.content == content
    assert registered.item.status_code == "03"
    assert outcomes == [
        [Outcome.OPEN],
        [Outcome.REFUSED],
        [Outcome.REFUSED, Outcome.OPEN],
        [Outcome.REFUSED, Outcome.CONSENTED],
    ]
    assert shown == ["13", "03", "13", "15"]
    assert line.stage is Stage.DELIVERED, "the axis takes nothing out of anybody's hands"
    assert [status.code for status in line.statuses] == ["03", "13", "16", "13", "15"]
    assert journals.nodes(sent.letter_id, "delivery.taken_back") == []

"""
A sender gives its letter little time, and a link is down for longer: it comes back, with where and why.

What waits in a node's store comes back when its time is over. Of what RabbitMQ has already, only the
neighbour knows whether it arrived: the sender is told «not confirmed» then, and the neighbour judges it when
it is there again. In neither case does it arrive after all.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.lifecycle import NOTICE
from gateway.core.model import Kind
from gateway.core.tracking import Stage
from tests.kit.correspondence import letter
from tests.kit.story import story
from tests.network.stories.places import READER, WRITER, two_communes

pytestmark = pytest.mark.external

HOUR = timedelta(hours=1)


async def test_letter_that_waits_before_a_cut_link_comes_back_in_its_time(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    hasty, patient = letter(WRITER, READER), letter(WRITER, READER, number=2)
    async with story(pytestconfig, tmp_path, two_communes()) as axis:
        # The line of the province is cut; one letter may take twelve hours, the other as long as it takes.
        await axis.cut("H14", "G22")
        sent = await axis.send(hasty, by=WRITER, ttl=12 * HOUR)
        other = await axis.send(patient, by=WRITER)
        await axis.until_noted(sent.letter_id, "delivery.failed", at="H14")
        axis.skip(timedelta(minutes=1))  # a link that failed once is not worth a word
        early = await axis.stands(sent.letter_id, WRITER, READER, Stage.RETRYING)

        axis.skip(13 * HOUR)
        late = await axis.stands(sent.letter_id, WRITER, READER, Stage.RETURNED)
        (notice,) = await axis.receive(WRITER)

        # The line is mended: only the patient one arrives. The hasty one may be sent anew.
        await axis.heal("H14", "G22")
        arrived = await axis.receive(READER)
        await axis.stands(other.letter_id, WRITER, READER, Stage.DELIVERED)
        again = await axis.send(hasty, by=WRITER, ttl=12 * HOUR)
        (anew,) = await axis.receive(READER)
        await axis.stands(again.letter_id, WRITER, READER, Stage.DELIVERED)
        journals = await axis.journals()

    assert sent.expires_at == sent.accepted_at + 12 * HOUR
    assert (early.at, early.last_code) == ("H14", "TRUC-504")
    assert (late.at, late.last_code) == ("H14", "TRUC-503")
    assert late.status is None, "the receiver has said nothing"
    assert (notice.item.status_code, notice.item.sender) == ("02", "AX.H14"), "who held it tells it"
    text = notice.content.decode()
    assert f"{NOTICE}503" in text
    assert READER in text
    assert [(mail.letter_id, mail.content) for mail in arrived] == [(other.letter_id, patient)]
    assert not again.repeated, "what came back may be sent anew"
    assert (anew.letter_id, anew.content) == (again.letter_id, hasty)
    assert journals.nodes(sent.letter_id, "letter.taken") == ["H14"]
    assert journals.events(sent.letter_id, at="H14")[-1] == "delivery.expired"


async def test_letter_in_rabbitmq_is_judged_by_the_neighbour_when_it_comes_back(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    async with story(pytestconfig, tmp_path, two_communes(), "H21") as axis:
        # The far province is away; RabbitMQ has the letter for it.
        sent = await axis.send(letter(WRITER, READER), by=WRITER, ttl=HOUR)
        await axis.until_noted(sent.letter_id, "delivery.confirmed", at="G22")
        axis.skip(2 * HOUR)
        (unsure,) = await axis.receive(WRITER, Kind.STATUS)
        meanwhile = await axis.line(sent.letter_id, WRITER, READER)

        # It comes back, and will not take what is too late.
        await axis.start("H21")
        after = await axis.stands(sent.letter_id, WRITER, READER, Stage.RETURNED)
        (notice,) = await axis.receive(WRITER, Kind.STATUS)
        await axis.at_rest()
        assert await axis.waiting(READER) == []
        journals = await axis.journals()

    assert meanwhile.stage is not Stage.RETURNED, "only the neighbour knows whether it has the letter"
    assert [(mail.item.status_code, mail.item.sender) for mail in (unsure, notice)] == [("02", "AX.G22")] * 2
    assert f"{NOTICE}509" in unsure.content.decode()
    assert f"{NOTICE}503" in notice.content.decode()
    assert READER in notice.content.decode()
    assert (after.at, after.last_code) == ("G22", "TRUC-503")
    assert journals.nodes(sent.letter_id, "arrival.refused") == ["H21"]
    assert journals.events(sent.letter_id, at="G22")[-1] == "delivery.refused"

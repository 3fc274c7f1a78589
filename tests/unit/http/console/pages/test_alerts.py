from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.core.alerts import AlertKind, Patience, Seen
from gateway.ports import AlertLook, Role
from tests.kit.console import Console, listening_console

AT = "/console/alerts"
DOWN = Seen(AlertKind.LINK, '<b>"G22"</b>')
DISK = Seen(AlertKind.DISK, "", 4.5, 10)


@pytest.fixture
async def watched() -> AsyncIterator[Console]:
    """A console whose node tells of alerts in one way."""
    async with listening_console(alerts={"ways": {"truc-ban": {"url": "env:DUTY"}}}) as console:
        yield console
        assert console.log("internal.error") == []


async def look(console: Console, *seen: Seen) -> None:
    ways = list(console.around.alerts.ways)
    await console.store.look_at_alerts(
        AlertLook(seen=seen, now=console.clock.now(), patience=Patience(), ways=ways)
    )


async def test_alert_is_told_in_words_of_the_reader_and_as_text(watched: Console) -> None:
    await look(watched, DOWN, DISK)
    async with watched.person(Role.VIEWER) as person:
        page = await person.open(AT)
        assert "Ổ đĩa dữ liệu chỉ còn trống 4,5 % (ngưỡng 10 %)" in page.words
        assert "&lt;b&gt;&#34;G22&#34;&lt;/b&gt;" in page.text
        assert "Ghi nhận số" not in page.words
        await person.open(f"/console/language/en?to={AT}")
        assert "Only 4.5 % of the data disk is free" in (await person.open(AT)).words


async def test_operator_acknowledges_and_the_journal_knows(watched: Console) -> None:
    await look(watched, DISK)
    (alert,) = await watched.store.alerts_standing()
    async with watched.person(Role.OPERATOR) as person:
        answer = await person.send(f"{AT}/acknowledge", {"number": str(alert.number)}, on=AT)
        assert "operator.one đã ghi nhận" in answer.words
        assert "Ghi nhận số" not in answer.words
    (line,) = await watched.journal("console.alert_acknowledged")
    assert (line.detail["by"], line.detail["number"]) == ("operator.one", str(alert.number))


@pytest.mark.parametrize("number", ["", "x", "-1", "999", "٣"])
async def test_alert_that_does_not_stand_is_no_alert(watched: Console, number: str) -> None:
    async with watched.person(Role.OPERATOR) as person:
        answer = await person.send(f"{AT}/acknowledge", {"number": number}, on="/console/account")
        assert answer.status == 404


async def test_way_is_tried_and_shows_what_became_of_it(watched: Console) -> None:
    async with watched.person(Role.OPERATOR) as person:
        answer = await person.send(f"{AT}/try", {"way": "truc-ban"}, on=AT)
        assert "Đang gửi tin thử theo cách «truc-ban»" in answer.words
        now = watched.clock.now()
        (owed,) = await watched.store.claim_alert_messages(now, now + timedelta(minutes=1), 10)
        await watched.store.alert_message_ended(owed.number, now, None, "bad-address")
        assert "Không gửi được bad-address" in (await person.open(AT)).words
        unknown = await person.send(f"{AT}/try", {"way": "nobody"}, on=AT)
        assert unknown.status == 404
    lines = await watched.journal("console.alert_way_tried")
    assert [bool(line.code) for line in lines] == [False, True]


async def test_viewer_and_agency_do_nothing_here(watched: Console) -> None:
    async with watched.person(Role.VIEWER) as person:
        assert (await person.send(f"{AT}/try", {"way": "truc-ban"})).status == 403
    async with watched.person(Role.AGENCY) as person:
        assert (await person.open(AT)).status == 403


async def test_history_goes_back_page_by_page(watched: Console) -> None:
    for number in range(31):
        await look(watched, Seen(AlertKind.CERTIFICATE, f"tls-{number}", 3, 21))
        watched.clock.advance(timedelta(minutes=3))
        await look(watched)
    async with watched.person(Role.AUDITOR) as person:
        first = await person.open(AT)
        assert "tls-30" in first.text
        assert "tls-0 " not in first.text
        second = await person.open(f"{AT}?before=2")
        assert "tls-0 " in second.text
        assert 'rel="next"' not in second.text
        assert (await person.open(f"{AT}?before=%00")).status == 200


async def test_thresholds_say_what_is_not_sent(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        words = (await person.open(AT)).words
    assert "Chưa đặt cách báo nào" in words
    assert "Tỷ lệ trả lại cao 30 % Chỉ hiện ở đây" in words
    assert "Mất đường nối 2 phút Có" in words

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from gateway.ports import Role
from tests.kit.clock import START
from tests.kit.console import Console, listening_console

PAGE = "/console/reports/mails"


@pytest_asyncio.fixture
async def mailing_console() -> AsyncIterator[Console]:
    """A console of a node whose reports go to an address of a server that is away."""
    told = {"mail_server": "env:MAIL", "mail_to": ["a@x.vn", "b@x.vn"]}
    async with listening_console(reports=told, environ={"MAIL": "mailto://127.0.0.1:1/?from=t@x.vn"}) as one:
        yield one


async def test_page_tells_to_whom_and_what_became_of_each(mailing_console: Console) -> None:
    store = mailing_console.store
    await store.owe_report_mails("2026-02", ["a@x.vn", "b@x.vn"], START)
    mail = await store.claim_report_mail(START)
    assert mail is not None
    await store.report_mail_ended(mail, START, None, "not-taken")
    async with mailing_console.person(Role.OPERATOR) as person:
        page = await person.open(PAGE)
        assert "✕ Không gửi được" in page.words
        assert "máy chủ không nhận hoặc không liên lạc được" in page.words
        assert "… Chờ gửi" in page.words
        again = {"period": "2026-02", "address": mail.address}
        assert "Sẽ gửi lại" in (await person.send(f"{PAGE}/again", again, on=PAGE)).words
        assert (await person.send(f"{PAGE}/again", again, on=PAGE)).status == 404
        assert (await person.send(f"{PAGE}/again", {"period": "\0"}, on=PAGE)).status == 422
    lines = await mailing_console.journal("console.report_mail_again")
    assert [row.detail["period"] for row in lines if not row.code] == ["2026-02"]


async def test_trial_tells_which_addresses_it_did_not_reach(mailing_console: Console) -> None:
    async with mailing_console.person(Role.OPERATOR) as person:
        assert "Gửi thử" in (await person.open("/console/reports")).words
        told = await person.send(f"{PAGE}/try", {}, on=PAGE)
        assert "Đã gửi thử tới 0 trong 2 địa chỉ; không được: a@x.vn" in told.words
    assert await mailing_console.store.report_mails(9) == []
    assert len(await mailing_console.journal("console.report_mail_tried")) == 1


async def test_node_that_mails_nothing_says_so(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        page = await person.open(PAGE)
        assert "Chưa đặt nơi nhận" in page.words
        assert "Gửi thử" not in (await person.open("/console/reports")).words
        assert (await person.send(f"{PAGE}/try", {})).status == 404


async def test_who_only_watches_sends_nothing_and_agencies_see_no_addresses(mailing_console: Console) -> None:
    async with mailing_console.person(Role.VIEWER) as person:
        page = await person.open(PAGE)
        assert "a@x.vn" in page.words
        assert "Gửi thử" not in page.words
        assert (await person.send(f"{PAGE}/try", {})).status == 403
    async with mailing_console.person(Role.AGENCY) as person:
        assert (await person.open(PAGE)).status == 403
        assert "a@x.vn" not in (await person.open("/console/reports")).text

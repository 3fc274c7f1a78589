from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from gateway.ports import Act, ReportMail
from gateway.store.sql import SqlStore
from tests.kit.clock import START

MINUTE = timedelta(minutes=1)
ACT = Act(event="console.report_mail_again", by="lan", at=START)


async def test_report_of_a_period_is_owed_to_each_address_once(store: SqlStore) -> None:
    for _ in range(2):
        await store.owe_report_mails("2026-10", ["a@x.vn", "b@x.vn"], START)
    assert await store.report_mails(9) == [
        ReportMail("2026-10", address, START, START) for address in ("a@x.vn", "b@x.vn")
    ]
    await store.owe_report_mails("2026-10", [], START)


async def test_each_is_claimed_once_and_what_was_sent_is_never_due_again(store: SqlStore) -> None:
    await store.owe_report_mails("2026-10", ["a@x.vn", "b@x.vn"], START)
    claimed = await asyncio.gather(*(store.claim_report_mail(START) for _ in range(4)))
    mails = [mail for mail in claimed if mail is not None]
    assert sorted(mail.address for mail in mails) == ["a@x.vn", "b@x.vn"]
    assert {mail.attempts for mail in mails} == {1}
    for mail in mails:
        await store.report_mail_ended(mail, START, None, "")
    await store.owe_report_mails("2026-10", ["a@x.vn"], START + MINUTE)
    assert await store.claim_report_mail(START + 99 * MINUTE) is None
    assert [mail.sent_at for mail in await store.report_mails(9)] == [START, START]
    rows = [row for row in await store.journal(0, 9) if row.event == "report.mailed"]
    assert sorted(row.detail["address"] for row in rows) == ["a@x.vn", "b@x.vn"]


async def test_what_failed_is_due_again_at_its_time(store: SqlStore) -> None:
    await store.owe_report_mails("2026-10", ["a@x.vn"], START)
    mail = await store.claim_report_mail(START)
    assert mail is not None
    await store.report_mail_ended(mail, START, START + MINUTE, "not-taken")
    assert await store.claim_report_mail(START) is None
    assert await store.claim_report_mail(START + MINUTE) == replace(mail, attempts=2, code="not-taken")


async def test_what_a_process_left_in_the_middle_waits_for_a_person(store: SqlStore) -> None:
    await store.owe_report_mails("2026-10", ["a@x.vn"], START)
    assert not await store.renew_report_mail("2026-10", "a@x.vn", ACT)  # still to be tried
    await store.claim_report_mail(START)
    assert await store.claim_report_mail(START + timedelta(days=9)) is None
    assert await store.renew_report_mail("2026-10", "a@x.vn", ACT)
    mail = await store.claim_report_mail(START)
    assert mail is not None
    await store.report_mail_ended(mail, START, None, "")
    assert not await store.renew_report_mail("2026-10", "a@x.vn", ACT)
    assert not await store.renew_report_mail("2026-10", "nobody@x.vn", ACT)

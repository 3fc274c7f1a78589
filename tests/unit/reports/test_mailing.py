"""
Reports by mail, to a mail server of somebody else that is away at times.
"""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.alerts.ways import Refusal
from gateway.config import ReportsSection
from gateway.reports.filing import Filing
from gateway.reports.mailing import Mailing, Trial, address_for
from tests.unit.reports.reporting import Reporting, reporting

TO = "van-phong@tinh.vn"
ALSO_TO = "thong-ke@bo.vn"


@dataclass
class Post:
    """A mail server that takes everything, or nothing."""

    mails: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.answer

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(mail["To"], mail["Subject"]) for mail in self.mails]


@dataclass
class Scene:
    """A desk that files and mails, and the mail server."""

    given: Reporting
    filing: Filing
    mailing: Mailing
    post: Post
    environ: dict[str, str]

    def later(self, **passed: float) -> None:
        self.given.board.clock.advance(timedelta(**passed))

    async def month_ends(self) -> None:
        self.later(days=8)
        assert await self.filing.step() == ["bao-cao-2026-11.xlsx"]


@asynccontextmanager
async def mailing(folder: Path, *to: str) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        given, post = await stack.enter_async_context(reporting()), Post()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(post, hostname="smtp.vn"), "127.0.0.1", 0)
        stack.callback(server.close)
        port = server.sockets[0].getsockname()[1]
        environ = {"MAIL": f"mailto://127.0.0.1:{port}/?from=truc@tinh.vn&mode=insecure"}
        settings = ReportsSection.model_validate({"mail_server": "env:MAIL", "mail_to": list(to)})
        desk = replace(given.desk, settings=settings)
        filing = Filing(desk, folder / "reports", given.board.log)
        made = Mailing(
            desk=desk,
            filing=filing,
            store=given.board.store,
            environ=environ,
            log=given.board.log,
            url="https://truc.example/console/reports",
        )
        yield Scene(given, filing, made, post, environ)


async def test_report_of_a_month_goes_to_each_address_once_with_its_file(tmp_path: Path) -> None:
    async with mailing(tmp_path, TO, ALSO_TO) as scene:
        assert await scene.mailing.step() == 0  # November is not over
        await scene.month_ends()
        assert await scene.mailing.step() == 2
        for _ in range(5):
            scene.later(hours=7)
            assert await scene.mailing.step() == 0
        subject = "[Trục H14] Báo cáo văn bản điện tử 2026-11"
        assert sorted(scene.post.told) == [(ALSO_TO, subject), (TO, subject)]
        mail = scene.post.mails[0]
        assert "https://truc.example/console/reports" in mail.get_body().get_content()  # type: ignore[union-attr]
        (file,) = mail.iter_attachments()
        assert file.get_filename() == "bao-cao-2026-11.xlsx"
        assert file.get_payload(decode=True) == scene.filing.read("bao-cao-2026-11.xlsx")
        assert len(scene.given.board.logged("report.mailed")) == 2


async def test_server_that_is_away_is_tried_again_until_it_takes_it(tmp_path: Path) -> None:
    async with mailing(tmp_path, TO) as scene:
        await scene.month_ends()
        scene.post.answer = "451 try again later"
        await scene.mailing.step()
        scene.environ["MAIL"], there = (
            "mailto://127.0.0.1:1/?from=truc@tinh.vn&mode=insecure",
            scene.environ["MAIL"],
        )
        scene.later(minutes=1)
        await scene.mailing.step()
        scene.environ.clear()  # somebody mends the file with the address
        scene.later(minutes=2)
        await scene.mailing.step()
        assert scene.post.mails == []
        codes = [line["code"] for line in scene.given.board.logged("report.not_mailed")]
        assert codes == ["not-taken", "not-taken", "no-address"]
        scene.post.answer, scene.environ["MAIL"] = "250 OK", there
        assert await scene.mailing.step() == 0  # not yet
        scene.later(minutes=5)
        assert await scene.mailing.step() == 1
        scene.later(hours=3)
        assert await scene.mailing.step() == 0
        assert len(scene.post.mails) == 1


async def test_what_nobody_takes_for_a_week_is_given_up(tmp_path: Path) -> None:
    async with mailing(tmp_path, TO) as scene:
        await scene.month_ends()
        scene.environ.clear()
        for _ in range(9 * 24):
            await scene.mailing.step()
            scene.later(hours=1)
        (mail,) = await scene.given.board.store.report_mails(9)
        assert (mail.sent_at, mail.due_at, mail.code) == (None, None, "no-address")


async def test_file_that_is_gone_and_a_server_that_is_none_are_told(tmp_path: Path) -> None:
    async with mailing(tmp_path, TO) as scene:
        await scene.month_ends()
        scene.environ["MAIL"] = "json://127.0.0.1/"
        await scene.mailing.step()
        scene.filing.path_of("2026-11").unlink()
        await scene.given.board.store.owe_report_mails("2026-11", [ALSO_TO], scene.given.board.clock.now())
        await scene.mailing.step()
        assert {each.code for each in await scene.given.board.store.report_mails(9)} == {
            "bad-address",
            "no-file",
        }


async def test_trial_sends_this_month_and_counts_for_nothing(tmp_path: Path) -> None:
    async with mailing(tmp_path, TO) as scene:
        assert await scene.mailing.try_out() == [Trial(TO, "")]
        ((to, subject),) = scene.post.told
        assert (to, subject) == (TO, "[Trục H14] [gửi thử] Báo cáo văn bản điện tử 2026-11")
        (file,) = scene.post.mails[0].iter_attachments()
        assert file.get_filename() == "gui-thu-bao-cao-2026-11.xlsx"
        assert await scene.given.board.store.report_mails(9) == []
        scene.post.answer = "550 no"
        assert await scene.mailing.try_out() == [Trial(TO, "not-taken")]


def test_each_mail_has_one_recipient_whoever_stands_in_the_address_of_the_server() -> None:
    server = "mailtos://user:p%40ss@smtp.vn:587/boss@x.vn?from=truc@x.vn&to=a@x.vn&cc=b@x.vn&bcc=c@x.vn"
    assert address_for(server, TO) == (
        "mailtos://user:p%40ss@smtp.vn:587/?from=truc%40x.vn&to=van-phong%40tinh.vn&cto=120"
    )
    for wrong in ("", "json://x/", "mailto://", "rubbish", "mailto://[", "smtp.vn"):
        with pytest.raises(Refusal) as refused:
            address_for(wrong, TO)
        assert refused.value.code == "bad-address"

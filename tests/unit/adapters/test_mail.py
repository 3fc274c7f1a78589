"""
Notices by mail: short words to a real SMTP server, with nothing in them that others may not read.
"""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.mail import MailAdapter
from gateway.config import MailSection
from gateway.config.values import Secret
from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import CONFIG_BAD_VALUE, NOTICE_REFUSED, NOTICE_UNHEARD
from gateway.core.deadlines import Watch, Word
from gateway.core.errors import Misconfigured
from gateway.core.model import AgencyCode, Kind, LetterFacts
from gateway.core.time_limits import CARRIED
from gateway.ports import Notice, NoticeState, Occasion
from tests.kit.board import OPERATOR, SmallBoard, small_board
from tests.kit.builders import new_letter
from tests.kit.certificates import Certificates
from tests.kit.office import COMMUNE, PROVINCE

CLERK, SENDER = "vanthu@truongha.caobang.gov.vn", "truc@caobang.gov.vn"
EXPRESS = LetterFacts(
    document_id="000.00.00.H14-2026/11/22-1",
    code="123/UBND-VP",
    subject="Kỷ luật ông Nguyễn Văn A",
    sender_name="UBND tỉnh Cao Bằng",
    priority=3,
)


@dataclass
class Postman:
    """An SMTP server of somebody else, and the mails it took."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    says_to_sender: str = "250 OK"
    says_to_recipient: str = "250 OK"
    says_to_data: str = "250 2.0.0 taken"
    hangs_up_after_data: bool = False
    was_secure: list[bool] = field(default_factory=list)
    logins: list[LoginPassword] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.says_to_sender

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.says_to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        self.mails.append(email.message_from_bytes(content, policy=default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.was_secure.append(session.ssl is not None)
        if self.hangs_up_after_data:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.write(b"250 2.0.0 taken\r\n")
            server.transport.close()
        return self.says_to_data

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data.password == b"mat-khau", handled=False)


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[Postman]:
    postman = Postman()
    if options.pop("asks_who", False):
        options |= {"authenticator": postman.authenticate, "auth_required": True}
    factory: Callable[[], SMTP] = lambda: SMTP(postman, hostname="smtp.vn", **options)  # noqa: E731
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=tls)
    postman.port = server.sockets[0].getsockname()[1]
    try:
        yield postman
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def postman() -> AsyncIterator[Postman]:
    async with serving() as opened:
        yield opened


@pytest.fixture
async def small() -> AsyncIterator[SmallBoard]:
    async with small_board() as opened:
        yield opened


def settings(postman: Postman, **more: Any) -> MailSection:
    return MailSection(
        **{"host": "127.0.0.1", "port": postman.port, "security": "none", "sender": SENDER, **more}
    )


async def tried(
    small: SmallBoard, postman: Postman, *, trust: ssl.SSLContext | None = None, **more: Any
) -> Notice:
    """The first notice, once everything that is due was tried."""
    adapter = MailAdapter(small.workplace(settings(postman, **more)), trust=trust)
    async with asyncio.TaskGroup() as tries:
        await adapter.messenger().round(tries)
    return await small.notice(1)


async def mail_of(small: SmallBoard, postman: Postman, facts: LetterFacts, **of: Any) -> EmailMessage:
    """The mail about a letter with these facts."""
    subscription = {"shows_subject": of.pop("shows_subject", False)}
    await small.subscribe(COMMUNE, CLERK, **subscription)
    await small.arrive(COMMUNE, facts=facts, **of)
    assert (await tried(small, postman)).state is NoticeState.SENT
    (mail,) = postman.mails
    return mail


# --- the words -----------------------------------------------------------------------------------


async def test_mail_says_who_wrote_under_which_number_and_how_urgent_it_is(
    small: SmallBoard, postman: Postman
) -> None:
    mail = await mail_of(small, postman, EXPRESS)
    (item,) = await small.store.waiting([COMMUNE], kind=None, after=0, limit=1)
    assert mail["Subject"] == "Văn bản đến: 123/UBND-VP từ UBND tỉnh Cao Bằng (hỏa tốc)"
    assert mail.get_content().splitlines() == [
        "Văn bản đến: 123/UBND-VP",
        "Bên gửi: UBND tỉnh Cao Bằng (00.00.H14)",
        "Độ khẩn: hỏa tốc",
        "Đơn vị nhận: 05.31.H14",
        "Đến lúc: 08:00 ngày 23/11/2026",
        f"Mã trên trục: {item.letter_id}",
        f"Địa chỉ: https://truc.caobang.gov.vn/v1/mailbox/{item.letter_id}",
        "",
        "A document has arrived: 123/UBND-VP, from UBND tỉnh Cao Bằng, express.",
    ]


async def test_mail_tells_no_subject_unless_the_agency_asked_for_it(
    small: SmallBoard, postman: Postman
) -> None:
    mail = await mail_of(small, postman, EXPRESS)
    assert "Nguyễn" not in str(mail["Subject"]) + mail.get_content()
    assert not mail.is_multipart()


async def test_mail_tells_the_subject_in_its_text_if_asked(small: SmallBoard, postman: Postman) -> None:
    mail = await mail_of(small, postman, EXPRESS, shows_subject=True)
    assert "Trích yếu: Kỷ luật ông Nguyễn Văn A" in mail.get_content().splitlines()
    assert "Nguyễn" not in str(mail["Subject"])


@pytest.mark.parametrize(
    ("priority", "words"),
    [(1, " (khẩn)"), (2, " (thượng khẩn)"), (4, " (hỏa tốc hẹn giờ)"), (0, ""), (9, ""), (-1, "")],
)
async def test_urgency_is_told_in_words(
    small: SmallBoard, postman: Postman, priority: int, words: str
) -> None:
    facts = LetterFacts(code="7/SNV", sender_name="Sở Nội vụ", priority=priority)
    mail = await mail_of(small, postman, facts)
    assert mail["Subject"] == f"Văn bản đến: 7/SNV từ Sở Nội vụ{words}"


async def test_letter_without_a_number_is_told_by_its_id_and_sender_code(
    small: SmallBoard, postman: Postman
) -> None:
    mail = await mail_of(small, postman, LetterFacts())
    assert mail["Subject"] == "Văn bản đến từ 00.00.H14"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("03", "Trạng thái 03 «Đã tiếp nhận, vào sổ văn bản đến»: 7/SNV từ UBND xã"),
        ("3", "Trạng thái 03 «Đã tiếp nhận, vào sổ văn bản đến»: 7/SNV từ UBND xã"),
        ("77", "Trạng thái 77: 7/SNV từ UBND xã"),
    ],
)
async def test_status_is_told_in_words(small: SmallBoard, postman: Postman, code: str, said: str) -> None:
    facts = LetterFacts(code="7/SNV", sender_name="UBND xã", status_code=code)
    mail = await mail_of(small, postman, facts, kind=Kind.STATUS)
    assert mail["Subject"] == said
    assert "Độ khẩn" not in mail.get_content()


@pytest.mark.parametrize(
    ("days", "said", "english"),
    [(0, "Sắp đến hạn xử lý: 123/UBND-VP", "is due soon"), (3, "Quá hạn xử lý: 123/UBND-VP", "is overdue")],
)
async def test_reminder_says_until_when_the_document_was_to_be_handled(
    small: SmallBoard, postman: Postman, days: int, said: str, english: str
) -> None:
    occasions = frozenset({Occasion.LETTER_DUE_SOON, Occasion.LETTER_OVERDUE})
    await small.arrive(COMMUNE, facts=replace(EXPRESS, due_date="25/11/2026"))
    midnight = small.clock.now() + timedelta(days=1)
    await small.store.remind(midnight, midnight, 10)  # the receipt, which is another word
    await small.subscribe(COMMUNE, CLERK, occasions=occasions)
    now = small.clock.advance(timedelta(days=days))
    await small.store.remind(now, now + timedelta(days=3), 10)
    assert (await tried(small, postman)).state is NoticeState.SENT
    (mail,) = postman.mails
    assert str(mail["Subject"]).startswith(said)
    assert "Hạn xử lý: hết ngày 25/11/2026" in mail.get_content()
    assert english in mail.get_content()


async def test_receipt_that_was_not_told_is_no_due_date(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK, occasions=frozenset({Occasion.LETTER_OVERDUE}))
    await small.arrive(COMMUNE, facts=EXPRESS)
    now = small.clock.advance(timedelta(days=1))
    await small.store.remind(now, now, 10)
    assert (await tried(small, postman)).state is NoticeState.SENT
    (mail,) = postman.mails
    assert str(mail["Subject"]).startswith("Chưa báo đã nhận trong ngày: 123/UBND-VP")
    assert "Hạn báo đã nhận: hết ngày" in mail.get_content()
    assert "Hạn xử lý" not in mail.get_content()


async def test_sender_is_told_of_the_hour_and_not_that_something_came_for_it(
    small: SmallBoard, postman: Postman
) -> None:
    hour = small.clock.now() + timedelta(hours=1)
    await small.subscribe(PROVINCE, CLERK, occasions=frozenset({Occasion.LETTER_DUE_SOON}))
    timed = new_letter(9, facts=EXPRESS, sender=AgencyCode(PROVINCE))
    await small.store.add_letter(
        replace(timed, watches=(Watch(CARRIED, hour, Word.SOON),)), small.clock.now()
    )
    await small.store.remind(small.clock.now(), hour, 10)
    assert (await tried(small, postman)).state is NoticeState.SENT
    (mail,) = postman.mails
    assert str(mail["Subject"]).startswith("Sắp đến giờ hẹn, chưa tới nơi: 123/UBND-VP")
    assert f"Giờ hẹn: {hour.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}" in mail.get_content()
    assert "Đơn vị nhận" not in mail.get_content()
    assert "/ack" not in mail.get_content()


async def test_ping_says_that_nothing_has_arrived(small: SmallBoard, postman: Postman) -> None:
    made, _ = await small.subscribe(COMMUNE, CLERK)
    await small.board.ping(OPERATOR, made.id)
    await tried(small, postman)
    (mail,) = postman.mails
    assert mail["Subject"] == "Thử thông báo của Trục cho đơn vị 05.31.H14"
    assert "Nothing has arrived" in mail.get_content()


# --- the form ------------------------------------------------------------------------------------


async def test_mail_is_plain_text_that_every_server_carries(small: SmallBoard, postman: Postman) -> None:
    mail = await mail_of(small, postman, EXPRESS)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail["Content-Transfer-Encoding"] == "quoted-printable"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["From"]) == f"Trục H14 <{SENDER}>"
    assert mail["To"] == CLERK
    assert parsedate_to_datetime(mail["Date"]) == small.clock.now()
    assert postman.envelopes == [(SENDER, [CLERK])]
    assert postman.raw[0].isascii()
    assert max(map(len, postman.raw[0].splitlines())) <= 78


async def test_repeated_mail_bears_the_same_message_id(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    await small.arrive(COMMUNE)
    postman.says_to_data = "451 try later"
    await tried(small, postman)
    postman.says_to_data = "250 OK"
    small.clock.advance(10)
    await tried(small, postman)
    ids = [str(mail["Message-ID"]) for mail in postman.mails]
    assert len(ids) == 4
    assert sorted(ids[:2]) == sorted(ids[2:])
    assert ids[0] != ids[1]
    assert all(name.endswith("@caobang.gov.vn>") for name in ids)


@pytest.mark.parametrize(
    "evil",
    [
        "UBND\r\nBcc: khac@evil.example\r\n\r\nXin chào",
        "UBND\nBcc: khac@evil.example",
        "UBND\r\n.\r\nMAIL FROM:<x@evil.example>",
        "UBND\x00\x0b\x0c\x1c\x85\u2028Bcc: khac@evil.example",
        "=?utf-8?q?UBND=0D=0ABcc:_khac@evil.example?=",
        "==?utf-8?q?UBND=0D=0ABcc:_khac@evil.example?=",
        "=\x00?utf-8?q?UBND=0D=0ABcc:_khac@evil.example?=",
        "=?us-ascii?b?QQ0KQmNjOiB4QGV2aWwuZXhhbXBsZQ==?= =?us-ascii?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
        "UBND\u202egnort",
        "x" * 5000,
        " \t ",
    ],
)
async def test_what_others_named_can_begin_no_header_and_no_line(
    small: SmallBoard, postman: Postman, evil: str
) -> None:
    facts = LetterFacts(code=evil, sender_name=evil, subject=evil, document_id="x", status_code=evil)
    mail = await mail_of(small, postman, facts, shows_subject=True)
    assert {name.lower() for name in mail.keys()} == {  # noqa: SIM118 - a mail is no mapping
        *("from", "to", "subject", "date", "message-id", "auto-submitted"),
        *("content-type", "content-transfer-encoding", "mime-version"),
    }
    assert postman.envelopes == [(SENDER, [CLERK])]
    lines = mail.get_content().splitlines()
    assert len(lines) <= 10
    assert not any(line.startswith(("Bcc", "MAIL", ".")) for line in lines)
    assert "\u202e" not in mail.get_content() + str(mail["Subject"])


# --- moods of a server ---------------------------------------------------------------------------


async def test_refused_recipient_is_final(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    postman.says_to_recipient = "550 5.1.1 no such user"
    notice = await tried(small, postman)
    assert (notice.state, notice.code) == (NoticeState.DEAD, NOTICE_REFUSED.code)
    assert notice.detail == "SMTP 550 5.1.1 no such user"


async def test_refused_mail_is_final(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    postman.says_to_data = "554 5.7.1 looks like spam"
    assert (await tried(small, postman)).state is NoticeState.DEAD


@pytest.mark.parametrize("which", ["says_to_recipient", "says_to_data"])
async def test_temporary_refusal_is_tried_again(small: SmallBoard, postman: Postman, which: str) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    setattr(postman, which, "451 4.7.1 greylisted")
    notice = await tried(small, postman)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_REFUSED.code)
    assert notice.due_at is not None
    assert small.clock.now() < notice.due_at <= small.clock.now() + timedelta(seconds=6)


async def test_refusal_of_our_own_address_ends_no_notice(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    postman.says_to_sender = "553 5.7.1 not your address"
    notice = await tried(small, postman)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)


async def test_mail_that_was_taken_counts_although_the_line_breaks_then(
    small: SmallBoard, postman: Postman
) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    postman.hangs_up_after_data = True
    assert (await tried(small, postman)).state is NoticeState.SENT


async def test_server_that_is_not_there_is_tried_again(small: SmallBoard) -> None:
    async with serving() as gone:
        pass
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    notice = await tried(small, gone)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)


async def test_silent_server_is_given_up_after_the_timeout(small: SmallBoard) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        await small.subscribe(COMMUNE, CLERK)
        await small.arrive(COMMUNE)
        port = server.sockets[0].getsockname()[1]
        notice = await tried(small, Postman(port=port), timeout="0.2s")
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
    assert "Timeout" in notice.detail


async def test_server_that_speaks_no_smtp_is_tried_again(small: SmallBoard) -> None:
    async def rubbish(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xffHTTP/1.1 400 Bad Request\r\n" * 100)
        writer.close()

    server = await asyncio.start_server(rubbish, "127.0.0.1", 0)
    async with server:
        await small.subscribe(COMMUNE, CLERK)
        await small.arrive(COMMUNE)
        notice = await tried(small, Postman(port=server.sockets[0].getsockname()[1]))
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)


# --- the line ------------------------------------------------------------------------------------


def server_side(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.server())
    return context


async def test_line_is_secured_by_starttls_and_by_tls(small: SmallBoard, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    trust = certificates.trusting()
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    async with serving(tls_context=server_side(certificates), require_starttls=True) as postman:
        assert (await tried(small, postman, trust=trust, security="starttls")).state is NoticeState.SENT
        assert postman.was_secure == [True]
    await small.arrive(COMMUNE)
    async with serving(server_side(certificates)) as postman:
        await tried(small, postman, trust=trust, security="tls")
        assert (await small.notice(2)).state is NoticeState.SENT


async def test_unknown_certificate_gets_no_mail(small: SmallBoard, tmp_path: Path) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    async with serving(tls_context=server_side(Certificates(tmp_path))) as postman:
        notice = await tried(small, postman, security="starttls")
    assert (notice.state, notice.code, postman.mails) == (NoticeState.DUE, NOTICE_UNHEARD.code, [])


async def test_server_without_starttls_gets_no_mail_in_clear(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    notice = await tried(small, postman, security="starttls")
    assert (notice.state, notice.code, postman.mails) == (NoticeState.DUE, NOTICE_UNHEARD.code, [])


def secret_file(folder: Path, secret: str) -> Secret:
    file = folder / "mat-khau"
    file.write_text(secret, "utf-8")
    file.chmod(0o600)
    return Secret("file", str(file))


async def test_account_of_the_settings_is_used(small: SmallBoard, tmp_path: Path) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    certificates, password = Certificates(tmp_path), secret_file(tmp_path, "mat-khau")
    account: dict[str, Any] = {"security": "starttls", "user": "truc", "password": password}
    async with serving(asks_who=True, tls_context=server_side(certificates)) as postman:
        assert (
            await tried(small, postman, trust=certificates.trusting(), **account)
        ).state is NoticeState.SENT
        assert postman.logins[0].login == b"truc"


async def test_wrong_password_ends_no_notice_and_is_not_logged(small: SmallBoard, tmp_path: Path) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    certificates, password = Certificates(tmp_path), secret_file(tmp_path, "mat-khau-cu")
    account: dict[str, Any] = {"security": "starttls", "user": "truc", "password": password}
    async with serving(asks_who=True, tls_context=server_side(certificates)) as postman:
        notice = await tried(small, postman, trust=certificates.trusting(), **account)
    assert (notice.state, notice.code) == (NoticeState.DUE, NOTICE_UNHEARD.code)
    assert notice.detail.startswith("SMTP 535")
    assert "mat-khau-cu" not in small.stream.getvalue() + repr(notice)


# --- settings ------------------------------------------------------------------------------------


async def test_node_without_a_mail_server_says_so_once_and_keeps_what_is_due(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE, CLERK)
    await small.arrive(COMMUNE)
    adapter = MailAdapter(small.workplace(MailSection()))
    assert list(adapter.pollers()) == []
    assert [line["channel"] for line in small.logged("notices.off")] == ["mail"]
    assert (await small.notice(1)).state is NoticeState.DUE


async def test_server_without_a_sender_is_refused(small: SmallBoard) -> None:
    with pytest.raises(Misconfigured) as refused:
        MailAdapter(small.workplace(MailSection(host="smtp.vn", sender="truc")))
    assert refused.value.code == CONFIG_BAD_VALUE.code


async def test_password_that_cannot_be_read_is_refused(small: SmallBoard) -> None:
    section = MailSection(host="smtp.vn", sender=SENDER, user="truc", password=Secret("env", "KHONG_CO"))
    with pytest.raises(Misconfigured):
        MailAdapter(small.workplace(section))


# --- whether it can be reached -------------------------------------------------------------------


async def test_probe_logs_in_and_sends_nothing(small: SmallBoard, postman: Postman) -> None:
    await small.subscribe(COMMUNE, CLERK)
    (step,) = await MailAdapter(small.workplace(settings(postman))).probe(COMMUNE)
    assert step.is_good
    assert postman.mails == []


async def test_probe_tells_what_the_server_said(small: SmallBoard) -> None:
    await small.subscribe(COMMUNE, CLERK)
    closed = Postman(port=1)
    (step,) = await MailAdapter(small.workplace(settings(closed))).probe(COMMUNE)
    assert not step.is_good
    (unset,) = await MailAdapter(small.workplace(MailSection())).probe(COMMUNE)
    assert "mail.host" in unset.vi


async def test_agency_that_is_not_told_by_mail_has_nothing_to_probe(
    small: SmallBoard, postman: Postman
) -> None:
    assert await MailAdapter(small.workplace(settings(postman))).probe(PROVINCE) == ()

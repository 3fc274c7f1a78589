"""
Mail: tells a clerk by mail that a letter has come, so that nobody has to keep looking.

Mailboxes are read by others and kept for ever. So a notice says who wrote, under which number, how urgent it
is, and where it lies; never its subject (unless the agency asked for that), its files or names of people.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib

from adapters.messenger import Messenger, Try
from gateway.config import MailSection
from gateway.core.calendar import VIETNAM
from gateway.core.callbacks import mail_objection
from gateway.core.catalogue import CONFIG_BAD_VALUE, NOTICE_REFUSED, NOTICE_UNHEARD
from gateway.core.errors import Misconfigured, find
from gateway.core.lifecycle import STATUSES, normal_code
from gateway.core.model import AgencyCode, Kind
from gateway.core.time_limits import CARRIED, HANDLED, SENT, TOLD
from gateway.ports import AgencyAdapter, Caller, Channel, MailItem, Notice, Occasion, Step, Tried, Workplace
from gateway.v1.subscriptions import LetterLinks, notice_id

AT_ONCE = 4  # connections to the SMTP server; a campaign of letters must not look like one of spam
LONGEST_NAME = 150  # characters of what others named, in a line that a person reads
PERMANENT = 500  # SMTP replies from here on say that another try will get the same answer

URGENCY = {
    1: ("khẩn", "urgent"),
    2: ("thượng khẩn", "very urgent"),
    3: ("hỏa tốc", "express"),
    4: ("hỏa tốc hẹn giờ", "express, by the hour"),
}
"""Priority in words; whatever else stands there is ordinary. Spec: QCVN102/Priority"""


REMINDERS = {
    (Occasion.LETTER_DUE_SOON, HANDLED.name): ("Sắp đến hạn xử lý", "is due soon"),
    (Occasion.LETTER_OVERDUE, HANDLED.name): ("Quá hạn xử lý", "is overdue"),
    (Occasion.LETTER_DUE_SOON, CARRIED.name): (
        "Sắp đến giờ hẹn, chưa tới nơi",
        "has not arrived, its hour is near",
    ),
    (Occasion.LETTER_OVERDUE, CARRIED.name): ("Quá giờ hẹn, chưa tới nơi", "has not arrived by its hour"),
    (Occasion.LETTER_OVERDUE, TOLD.name): ("Chưa báo đã nhận trong ngày", "was not acknowledged on its day"),
    (Occasion.LETTER_OVERDUE, SENT.name): ("Gửi chậm so với ngày ký", "was sent late"),
}
"""What is told of a letter's times, by the duty. Spec: QD28/6.2, ND30/21.2c, ND30/24.2"""

UNTIL = {CARRIED.name: "Giờ hẹn", TOLD.name: "Hạn báo đã nhận", SENT.name: "Hạn gửi"}
"""What its time is called; of all others it is the due date."""


class MailAdapter(AgencyAdapter):
    """
    Notices by mail. `trust` is for a server whose certificate the system does not know.

    Raises: Misconfigured if a server is set, but not who writes or with which password.
    """

    name = "mail"

    def __init__(self, place: Workplace, *, trust: ssl.SSLContext | None = None) -> None:
        settings: MailSection = place.settings
        self._place, self._settings, self._trust = place, settings, trust
        secret = settings.password if settings.host else None
        self._password = secret.read(place.environ) if secret else None
        if settings.host and (objection := mail_objection(settings.sender)):
            raise Misconfigured(find(CONFIG_BAD_VALUE, key="mail.sender", detail=objection))

    def pollers(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """The loop that sends what is due; none while no server is set, and what is due stays so."""
        if not self._settings.host:
            self._place.log.info("notices.off", channel=self.name)
            return ()
        return (self.run,)

    async def probe(self, agency: AgencyCode) -> Sequence[Step]:
        """Whether the server takes our account, if the agency is told by mail; nothing is sent."""
        wishes = await self._place.notices.subscriptions(Caller(self.name, frozenset({agency})))
        if not any(wish.channel is Channel.MAIL and wish.is_active for wish in wishes):
            return ()
        if not self._settings.host:
            return (Step(Tried.NAME, False, "chưa đặt máy chủ SMTP (mail.host)", "mail.host is not set"),)
        try:
            async with self._line():
                return (Step(Tried.LOGIN, True, "máy chủ SMTP nhận nút này", "the SMTP server lets us in"),)
        except (aiosmtplib.SMTPException, OSError) as error:
            said = _said(error)
            return (Step(Tried.LOGIN, False, f"máy chủ SMTP: {said}", f"the SMTP server: {said}"),)

    async def run(self) -> None:
        """Send what is due, for ever."""
        await self.messenger().run()

    def messenger(self) -> Messenger:
        """Who carries the notices of this channel: all of them to one server."""
        return Messenger(self._place, Channel.MAIL, self.carry, lambda _notice: "", at_once=AT_ONCE)

    async def carry(self, notice: Notice) -> Try:
        """One mail and what became of it."""
        settings, done = self._settings, None
        mail = written(notice, sender=settings.sender, node=self._place.node, url=self._place.url)
        try:
            async with self._line() as line:
                done = await _handed_over(line, settings.sender, notice.subscription.address, mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            # Once the server has taken a mail, a line that breaks at the farewell changes nothing.
            return done or Try(NOTICE_UNHEARD, _said(error))
        return done

    def _line(self) -> aiosmtplib.SMTP:
        """A connection to the server, not opened yet."""
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=self._password,
            local_hostname=settings.sender.rpartition("@")[2],
            timeout=settings.timeout.total_seconds(),
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._trust,
        )


async def _handed_over(line: aiosmtplib.SMTP, sender: str, address: str, mail: bytes) -> Try:
    """
    What the server says to one mail.

    Only what it says of this receiver or this mail can be final. That it refuses our account or our own
    address is the operator's trouble, and must not end the notices of everybody.

    Raises: SMTPException, OSError
    """
    try:
        _, reply = await line.sendmail(sender, [address], mail)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return _refused(refused.recipients[0])
    except aiosmtplib.SMTPDataError as refused:
        return _refused(refused)
    return Try(detail=f"SMTP {reply}")


def _refused(reply: aiosmtplib.SMTPResponseException) -> Try:
    return Try(NOTICE_REFUSED, _said(reply), is_final=reply.code >= PERMANENT)


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"SMTP {error.code} {error.message}"
    return type(error).__name__


# --- the words -------------------------------------------------------------------------------------


def written(notice: Notice, *, sender: str, node: str, url: str) -> bytes:
    """A notice as a mail. Its Message-ID is the same in every try, so that a repeat can be recognised."""
    subject, lines = _of_letter(notice, notice.item, url) if notice.item else _of_ping(notice)
    mail = EmailMessage(SMTP)
    mail["From"] = Address(_line(f"Trục {node}"), addr_spec=sender)
    mail["To"] = Address(addr_spec=notice.subscription.address)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<{notice_id(notice)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    mail.set_content("\n".join((*lines, "")), charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def _of_letter(notice: Notice, item: MailItem, url: str) -> tuple[str, list[str]]:
    name, sender = _line(item.code or item.document_id), _line(item.sender_name or item.sender)
    what_vi, what_en = _kind(item)
    what_vi, says = REMINDERS.get((notice.occasion, notice.what), (what_vi, "has arrived"))
    urgency = URGENCY.get(item.priority)
    about = f"{what_vi}: {name}" if name else what_vi
    lines = [about, f"Bên gửi: {sender} ({_line(item.sender)})"]
    if item.kind is Kind.DOCUMENT:
        lines.append(f"Độ khẩn: {urgency[0] if urgency else 'thường'}")
    if not notice.is_to_sender:
        lines += [f"Đơn vị nhận: {_line(item.agency)}", f"Đến lúc: {_local(item.waiting_since)}"]
    if notice.deadline is not None:
        lines.append(f"{UNTIL.get(notice.what, 'Hạn xử lý')}: {_until(notice.deadline)}")
    if notice.subscription.shows_subject and item.subject:
        lines.append(f"Trích yếu: {_line(item.subject)}")
    lines.append(f"Mã trên trục: {_line(item.letter_id)}")
    if url:
        lines.append(
            f"Địa chỉ: {LetterLinks.of(item.letter_id, url, is_to_sender=notice.is_to_sender).letter}"
        )
    english = f"{what_en} {says}: {name or item.letter_id}, from {sender}"
    lines += ["", f"{english}, {urgency[1]}." if urgency else f"{english}."]
    return f"{about} từ {sender}" + (f" ({urgency[0]})" if urgency else ""), lines


def _kind(item: MailItem) -> tuple[str, str]:
    """What has come, in both languages."""
    if item.kind is Kind.DOCUMENT:
        return "Văn bản đến", "A document"
    code = normal_code(_line(item.status_code))
    row = STATUSES.get(code)
    if row is None:
        return f"Trạng thái {code}", f"A status {code}"
    return f"Trạng thái {code} «{row.vi}»", f"A status {code} ({row.en})"


def _of_ping(notice: Notice) -> tuple[str, list[str]]:
    agency = _line(notice.subscription.agency)
    return (
        f"Thử thông báo của Trục cho đơn vị {agency}",
        [
            f"Đây là thông báo thử lúc {_local(notice.at)}. Từ nay hộp thư này được báo khi có văn bản đến.",
            "",
            f"This is a test notice for the agency {agency}. Nothing has arrived.",
        ],
    )


def _until(deadline: datetime) -> str:
    """The first moment that is too late, as people say it: by the hour, or by the day that ends there."""
    local = deadline.astimezone(VIETNAM)
    if local.time() == time.min:
        return f"hết ngày {local - timedelta(days=1):%d/%m/%Y}"
    return _local(deadline)


def _local(at: datetime) -> str:
    """A time as people in Vietnam write it."""
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def _line(text: str) -> str:
    """
    What others wrote, as one line of visible characters: it can begin no header and no line of its own.

    Nor can it be an encoded word (RFC 2047): where headers are put together those are decoded, line ends too.
    """
    visible = " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("=?", "= ?")
    return visible if len(visible) <= LONGEST_NAME else visible[: LONGEST_NAME - 1] + "…"

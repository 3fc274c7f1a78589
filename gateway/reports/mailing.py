"""
Mails each report that was filed to whom the settings name: once, and again only if it surely was not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urlencode, urlsplit

from gateway.alerts.ways import Refusal, send_file
from gateway.core import catalogue
from gateway.core.errors import Misconfigured, TrucError
from gateway.core.periods import Period, read_period
from gateway.observe import Log
from gateway.ports import ReportMail, ReportMailBook
from gateway.reports.desk import ReportDesk
from gateway.reports.filing import Filing, ended, name_of
from gateway.reports.sheets import workbook

LOOK_SECONDS = 60.0
RETRIES = (60, 120, 300, 600, 1800)  # seconds; from then on every hour
AN_HOUR = 3600
GIVE_UP = timedelta(days=7)
"""A mail server that is away over a long holiday is back by then."""

SERVER_SECONDS = 120
"""How long a mail server may be silent: one that looks for viruses takes its time before it says «taken»,
and who hangs up on it sends twice."""

SCHEMES = ("mailto", "mailtos")


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a mail to one address that was sent to see whether it arrives; `code` "" if taken."""

    address: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """
    The mails of one node. `url`: where people reach its console, or "".

    With several instances on one store each files its own report, and one of them mails it.
    """

    desk: ReportDesk
    filing: Filing
    store: ReportMailBook
    environ: Mapping[str, str]
    log: Log
    url: str = ""

    @property
    def addresses(self) -> Sequence[str]:
        return self.desk.settings.mail_to

    async def run(self) -> None:
        """Mail what is owed, until cancelled."""
        while True:
            try:
                await self.step()
            except TrucError as failed:
                self.log.warning("loop.failed", loop="reports.mail", code=failed.code)
            await self.desk.clock.sleep(LOOK_SECONDS)

    async def step(self) -> int:
        """Owe what has been filed, and try all that is due; how many mails that were."""
        for period in ended(self.desk.this_month()):
            is_filed = await asyncio.to_thread(self.filing.has, period)
            if is_filed and self.addresses:
                await self.store.owe_report_mails(period.name, self.addresses, self.desk.clock.now())
        number = 0
        while (mail := await self.store.claim_report_mail(self.desk.clock.now())) is not None:
            await self._send(mail)
            number += 1
        return number

    async def _send(self, mail: ReportMail) -> None:
        code, retry_at = "", None
        try:
            await self._mail(mail.address, read_period(mail.period), self.filing.path_of(mail.period))
            self.log.info("report.mailed", period=mail.period, attempts=mail.attempts)
        except Refusal as refused:
            code, retry_at = refused.code, self._next(mail)  # also what somebody has to mend first
            self.log.warning(
                "report.not_mailed", period=mail.period, attempts=mail.attempts, code=refused.code
            )
        except Exception as fault:  # a fault of one mail must not keep back those behind it
            code, retry_at = catalogue.INTERNAL.code, self._next(mail)
            self.log.exception("internal.error", loop="reports.mail", error=type(fault).__name__)
        await self.store.report_mail_ended(mail, self.desk.clock.now(), retry_at, code)

    def _next(self, mail: ReportMail) -> datetime | None:
        now = self.desk.clock.now()
        if now - mail.owed_at >= GIVE_UP:
            return None
        seconds = RETRIES[mail.attempts - 1] if mail.attempts <= len(RETRIES) else AN_HOUR
        return now + timedelta(seconds=seconds)

    async def _mail(self, to: str, period: Period, file: Path, *, is_trial: bool = False) -> None:
        """Raises: Refusal, with a code of `ways`, or `no-file`."""
        if not await asyncio.to_thread(file.is_file):
            raise Refusal("no-file")
        trial = ("[gửi thử] ", "[trial] ") if is_trial else ("", "")
        title = f"[Trục {self.desk.node}] {trial[0]}Báo cáo văn bản điện tử {period.name}"
        text = (
            f"{trial[0]}Báo cáo gửi, nhận văn bản điện tử của nút {self.desk.node}, kỳ {period.name},"
            f" từ {period.first:%d/%m/%Y} đến hết {period.last:%d/%m/%Y}: xem tệp kèm theo.\n\n"
            f"{trial[1]}Report on electronic documents of node {self.desk.node}, period {period.name}:"
            f" see the file.\n"
        )
        if self.url:
            text += f"\n{self.url}\n"
        await send_file(self._server(to), title, text, file)

    def _server(self, to: str) -> str:
        """The mail server as apprise writes it, with this one recipient. Raises: Refusal."""
        reports = self.desk.settings
        try:
            server = "" if reports.mail_server is None else reports.mail_server.read(self.environ)
        except Misconfigured as refused:
            raise Refusal("no-address") from refused
        return address_for(server, to)

    async def try_out(self) -> Sequence[Trial]:
        """Mail the report of this month, as far as it has come, to every address; never counted as sent."""
        period = self.desk.this_month()
        told = await self.desk.report(period)
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"gui-thu-{name_of(period)}"
            data = await asyncio.to_thread(workbook, told, self.desk.settings.indicators, self.desk.node)
            await asyncio.to_thread(file.write_bytes, data)
            return await asyncio.gather(*(self._try(to, period, file) for to in self.addresses))

    async def _try(self, to: str, period: Period, file: Path) -> Trial:
        try:
            await self._mail(to, period, file, is_trial=True)
        except Refusal as refused:
            return Trial(to, refused.code)
        return Trial(to, "")


def address_for(server: str, to: str) -> str:
    """
    An address of apprise for one recipient, whomever the settings of the server name besides.

    Raises: Refusal (bad-address) if nothing can be mailed to such a server.
    """
    try:
        parts = urlsplit(server)
        is_mail = parts.scheme.lower() in SCHEMES and parts.hostname is not None
    except ValueError:
        is_mail = False
    if not is_mail:
        raise Refusal("bad-address")
    told = [
        (name, value) for name, value in parse_qsl(parts.query) if name.lower() not in ("to", "cc", "bcc")
    ]
    query = urlencode([*told, ("to", to), ("cto", str(SERVER_SECONDS))])
    return f"{parts.scheme}://{parts.netloc}/?{query}"

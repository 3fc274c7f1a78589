"""
Reports that are mailed: to whom one of each period is owed, and what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.ports.accounts import Act


@dataclass(frozen=True, slots=True)
class ReportMail:
    """
    The report of one period for one address: there is one, so it is never sent twice by itself.

    `due_at` is when it is to be tried next; None once it was sent, was given up, or is being sent. A process
    that ended in the middle of that left it unknown whether it was sent: nobody tries it again unasked.
    """

    period: str
    address: str
    owed_at: datetime
    due_at: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    code: str = ""  #: of the last failure


class ReportMailBook(Protocol):
    """What the mailing of reports asks of the store."""

    async def owe_report_mails(self, period: str, addresses: Iterable[str], now: datetime) -> None:
        """Owe the report of a period to each of these addresses, unless it is or was."""

    async def claim_report_mail(self, now: datetime) -> ReportMail | None:
        """The one that has been due the longest, its try counted; due for nobody else."""

    async def report_mail_ended(
        self, mail: ReportMail, now: datetime, retry_at: datetime | None, code: str
    ) -> None:
        """What a try came to: sent (journalled) if `code` is "", else to be tried at `retry_at`, if ever."""

    async def renew_report_mail(self, period: str, address: str, act: Act) -> bool:
        """Somebody wants it tried again (journalled as `act`); False if it is sent or still to be tried."""

    async def report_mails(self, limit: int) -> list[ReportMail]:
        """The latest, newest first."""

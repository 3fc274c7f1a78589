"""
What the node of the pictures keeps beside letters: figures, words, paper counts, neighbours, keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway import __version__
from gateway.core.calendar import VIETNAM, Calendar
from gateway.core.directory import Agency
from gateway.core.directory_change import Change
from gateway.core.model import AgencyCode
from gateway.doors.upkeep import Upkeep
from gateway.ports import Channel, Credential, Heard, PaperOnly, SealCertificate, Subscription
from gateway.reports.counting import Counting
from tests.browser.gallery.friday import FRIDAY, Story
from tests.browser.gallery.weeks import (
    CENTRE,
    DEPARTMENTS,
    HA_QUANG,
    HERE,
    HOA_AN,
    PROVINCE_OFFICE,
    SCIENCE,
    SILENT,
    TOWN,
    TRUNG_KHANH,
)

REPORTED_TO = ("bao-cao.ubnd@example.gov.vn", "cong-nghe@example.gov.vn")
"""Where the report of each month is mailed to."""


@dataclass(frozen=True)
class Books:
    """Brings the books of the story's node up to date."""

    story: Story

    async def write(self) -> None:
        """All of it."""
        node, store = self.story.node, self.story.node.store
        upkeep = Upkeep(node.desk)
        while await upkeep.step():
            pass
        counting = Counting(store, Calendar(), self.story.axis.clock, node.desk.log, node.desk.metrics)
        while await counting.step():
            pass
        await self._paper()
        await self._neighbours()
        await self._keys()
        await self._mails()
        ends = Agency(
            code=AgencyCode("000.00.25.H14"), name="Sở Dân tộc và Tôn giáo tỉnh Cao Bằng", node=HERE
        )
        await store.prepare_directory(Change(agencies=(ends,)), date(2026, 4, 15), self.story.now)
        for message in await store.claim_alert_messages(self.story.now, self.story.now, 50):
            await store.alert_message_ended(message.number, self.story.now, None, "")

    async def _paper(self) -> None:
        """What agencies reported: of March all did, of the months before some."""
        senders = [PROVINCE_OFFICE, SCIENCE, AgencyCode("000.00.01.H14")]
        senders += [code for code in DEPARTMENTS if code not in SILENT]
        rows = [PaperOnly(code, date(2026, 3, 1), 1 + at % 4) for at, code in enumerate(senders)]
        for month in (1, 2):
            rows += [PaperOnly(code, date(2026, month, 1), 4 + at) for at, code in enumerate(senders[:5])]
        told = {"rows": str(len(rows)), "months": "2026-01…2026-03"}
        await self.story.node.store.set_paper_only(rows, self.story.act("paper_only", told))

    async def _neighbours(self) -> None:
        """When neighbours were heard last, what they said of themselves, how long their seals are good."""
        store, now = self.story.node.store, self.story.now
        said_hello = datetime.combine(FRIDAY, time(6, 0), VIETNAM)
        ago = {CENTRE: 1, HOA_AN: 72, HA_QUANG: 3, TRUNG_KHANH: 2, TOWN: 6}
        heard = {
            neighbour: Heard(
                neighbour, now - timedelta(minutes=minutes), __version__, (1,), hello_at=said_hello
            )
            for neighbour, minutes in ago.items()
        }
        await self.story.node.desk.heard.write(store.note_heard)
        await store.note_heard(heard.values())
        days = {CENTRE: 420, HOA_AN: 260, HA_QUANG: 18, TRUNG_KHANH: 195, TOWN: 301}
        for neighbour, left in days.items():
            ends = now + timedelta(days=left)
            await store.note_certificate(
                SealCertificate(neighbour, "ab" * 32, f"CN=Truc {neighbour}", ends, now)
            )

    async def _keys(self) -> None:
        store, now = self.story.node.store, self.story.now
        mine = frozenset({PROVINCE_OFFICE})
        for key_id, label, system in (
            ("tk-2f81c0", "Phần mềm quản lý văn bản (máy chủ chính)", ""),
            ("tk-90be4d", "Phần mềm quản lý văn bản, qua cửa VXP", "vxp.000.00.00.H14"),
        ):
            await store.add_credential(
                Credential(key_id=key_id, label=label, agencies=mine, system_id=system), key_id * 8, now
            )
        await store.set_subscription(
            Subscription(
                id="sub-1",
                agency=PROVINCE_OFFICE,
                channel=Channel.WEBHOOK,
                address="https://qlvb.example.gov.vn/truc/hook",
            ),
            now,
        )

    async def _mails(self) -> None:
        """The report of March went out once the month was over; one address did not take it."""
        store, night = self.story.node.store, datetime(2026, 4, 1, 0, 20, tzinfo=VIETNAM)
        await store.owe_report_mails("2026-03", REPORTED_TO, night)
        for code in ("", "not-taken"):
            mail = await store.claim_report_mail(night)
            assert mail is not None
            await store.report_mail_ended(mail, night, None, code)

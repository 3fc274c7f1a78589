"""
The axis that the pictures show, and five weeks of letters on it, from the first Monday of March 2026 on.

All of it is drawn by a seed and timed by the clock of the axis, so that the pictures are the same every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from gateway.core.calendar import VIETNAM
from gateway.core.directory import Agency, Directory, NodeRow
from gateway.core.model import AgencyCode, Envelope, Kind, LetterId, NodeId, Organ
from gateway.letters import Dialect, draft, render
from tests.kit.correspondence import four_level
from tests.kit.nodes import SmallAxis

HERE = NodeId("H14")
"""The node whose console is shown: a province, with the centre above and districts below."""

CENTRE, HOA_AN, HA_QUANG, TRUNG_KHANH, TOWN = map(NodeId, ("G22", "H14.40", "H14.42", "H14.44", "H14.46"))
DISTRICTS = {HOA_AN: "huyện Hòa An", HA_QUANG: "huyện Hà Quảng", TRUNG_KHANH: "huyện Trùng Khánh"}
DISTRICTS[TOWN] = "thành phố Cao Bằng"

PROVINCE_OFFICE, SCIENCE, HOME_AFFAIRS, FINANCE, FARMING = map(
    AgencyCode, ("000.00.00.H14", "000.00.13.H14", "000.00.05.H14", "000.00.07.H14", "000.00.09.H14")
)
CENTRAL_OFFICE, CENTRAL_FINANCE = AgencyCode("000.00.00.G22"), AgencyCode("000.00.00.G12")
HOA_AN_OFFICE, NAM_TUAN, IA_KHUOL = map(AgencyCode, ("000.00.40.H14", "000.22.40.H14", "000.24.35.H21"))
GIA_LAI_SCIENCE = AgencyCode("000.00.13.H21")

DEPARTMENTS = {
    HOME_AFFAIRS: "Sở Nội vụ tỉnh Cao Bằng",
    FINANCE: "Sở Tài chính tỉnh Cao Bằng",
    FARMING: "Sở Nông nghiệp và Môi trường tỉnh Cao Bằng",
    AgencyCode("000.00.11.H14"): "Sở Y tế tỉnh Cao Bằng",
    AgencyCode("000.00.15.H14"): "Sở Giáo dục và Đào tạo tỉnh Cao Bằng",
    AgencyCode("000.00.17.H14"): "Sở Xây dựng tỉnh Cao Bằng",
    AgencyCode("000.00.21.H14"): "Thanh tra tỉnh Cao Bằng",
    AgencyCode("000.00.23.H14"): "Ban Quản lý Khu kinh tế tỉnh Cao Bằng",
}
SILENT = frozenset(AgencyCode(f"000.00.{number}.H14") for number in (21, 23))
"""Departments that neither send nor get anything."""

SLEEPY = frozenset({IA_KHUOL})  # nobody ever fetches there

SLOTS = (time(8, 20), time(9, 45), time(14, 5), time(16, 10))
WORKING_WEEK = 5  # Monday to Friday
FILED = ("Đã vào sổ văn bản đến", "Đã chuyển bộ phận chuyên môn", "Đã giao phòng nghiệp vụ tham mưu")
DONE = ("Đã có văn bản trả lời", "Đã tổng hợp, báo cáo", "Đã lưu hồ sơ")
REASONS = (
    "Không thuộc thẩm quyền giải quyết của đơn vị",
    "Văn bản gửi trùng",
    "Tệp đính kèm không mở được",
)


def the_directory() -> Directory:
    """The four-level directory of the sandbox, with more departments and districts in the province."""
    base = four_level()
    nodes = list(base.node_rows)
    agencies = list(base.agency_rows)
    for node, place in DISTRICTS.items():
        office = AgencyCode(f"000.00.{node.rpartition('.')[2]}.H14")
        name = f"Ủy ban nhân dân {place}"
        if base.node(node) is None:
            nodes.append(
                NodeRow(
                    id=node,
                    parent=HERE,
                    name=f"Nút {place}",
                    level="huyện",
                    organ_code=office,
                    organ_name=name,
                )
            )
            agencies.append(_agency(office, name, node, tier="huyện", sends_arrived=True))
    for code, name in DEPARTMENTS.items():
        agencies.append(_agency(code, name, HERE, sends_arrived=code != HOME_AFFAIRS))
    agencies.append(
        _agency(
            AgencyCode("000.00.03.H14"),
            "Sở Thông tin và Truyền thông tỉnh Cao Bằng",
            HERE,
            valid_to=date(2025, 2, 28),
            successor=SCIENCE,
        )
    )
    agencies = [
        replace(
            each,
            mail="vanthu.ubnd@example.gov.vn",
            telephone="0206 000 0001",
            valid_from=date(2024, 1, 1),
        )
        if each.code == PROVINCE_OFFICE
        else each
        for each in agencies
    ]
    return Directory(base.version, tuple(nodes), tuple(agencies))


def _agency(code: AgencyCode, name: str, node: NodeId, *, tier: str = "tỉnh", **more: Any) -> Agency:
    alias = ".".join(reversed([part for part in code.split(".") if part != "000" and part != "00"]))
    return Agency(
        code=code, name=name, node=node, aliases=(alias,), parent=PROVINCE_OFFICE, tier=tier, **more
    )


@dataclass
class Receipt:
    """A document that an agency has taken, and how far its clerk is with it."""

    letter_id: LetterId
    agency: AgencyCode
    step: int = 0


@dataclass
class Weeks:
    """Lets time pass on the axis, and agencies write to each other."""

    axis: SmallAxis
    rng: Random = field(default_factory=lambda: Random(2026))
    idle: set[AgencyCode] = field(default_factory=lambda: set(SLEEPY))  #: who fetches nothing now
    _numbers: Counter[str] = field(default_factory=Counter)
    _receipts: list[Receipt] = field(default_factory=list)

    async def until(self, moment: datetime) -> None:
        """Let time pass until then; what waits for an hour is done."""
        await self.axis.wait(moment - self.axis.clock.now())

    async def at(self, hour: int, minute: int = 0) -> None:
        """Let time pass until this time of the same day."""
        now = self.axis.clock.now().astimezone(VIETNAM)
        await self.until(datetime.combine(now.date(), time(hour, minute), VIETNAM))

    async def day(self, on: date, slots: Sequence[time] = SLOTS) -> None:
        """A working day: letters at some hours, and clerks who go on with what came."""
        for slot in slots:
            await self.until(datetime.combine(on, slot, VIETNAM))
            for _ in range(self.rng.choice((1, 1, 2, 2, 3))):
                await self.somebody_writes()
            await self.axis.settle()
            await self.clerks_work()

    async def somebody_writes(self) -> None:
        """A document of somebody to somebody, with an end in this province."""
        here, elsewhere = self._writers(HERE), self._writers(None)
        is_ours = self.rng.random() < 0.55
        sender = self.rng.choice(here if is_ours else elsewhere)
        others = [code for code in (elsewhere + here if is_ours else here) if code != sender]
        recipients = self.rng.sample(others, self.rng.choice((1, 1, 1, 2, 3)))
        await self.write(sender, *recipients, on_paper=self.rng.random() < 0.2)

    def _writers(self, node: NodeId | None) -> list[AgencyCode]:
        day = self.axis.clock.now().date()
        return [
            AgencyCode(agency.code)
            for agency in self.axis.directory.agency_rows
            if (agency.node == node if node else agency.node != HERE)
            and agency.is_open(day)
            and not agency.locked
            and agency.code not in SILENT | SLEEPY
        ]

    async def write(
        self, sender: str, *recipients: str, on_paper: bool = False, size: int = 0, **said: Any
    ) -> LetterId:
        """A lifelike document of `sender`; `said` replaces what its envelope says."""
        accepted = await self.axis.send(
            self.written(sender, *recipients, on_paper=on_paper, size=size, **said), by=sender
        )
        return accepted.letter_id

    def written(
        self, sender: str, *recipients: str, on_paper: bool = False, size: int = 0, **said: Any
    ) -> bytes:
        """The same as bytes."""
        self._numbers[sender] += 1
        made = draft(
            self._organ(sender),
            [self._organ(code) for code in recipients],
            100 + self._numbers[sender],
            self.rng,
            self.axis.clock.now(),
            size or self.rng.choice((4_000, 9_000, 14_000)),
        )
        envelope: Envelope = replace(made.envelope, **said)
        if "subject" in said:
            named = f"{sender},{envelope.issue_date},{envelope.code}"
            envelope = replace(envelope, content=envelope.subject, document_id=named)
        if envelope.priority == 4:  # by an hour that nobody has agreed on here
            envelope = replace(envelope, priority=0)
        if on_paper:
            envelope = replace(envelope, business=replace(envelope.business, paper_copy=True))
        return b"".join(render(replace(made, envelope=envelope), Dialect.JAVA_SDK))

    def _organ(self, code: str) -> Organ:
        found = self.axis.directory.find(code)
        return Organ(code, name="" if found is None else found.name)

    async def clerks_work(self) -> None:
        """Whoever is at work fetches what came, and goes on with what was fetched before."""
        for agency in self.axis.directory.agency_rows:
            code = AgencyCode(agency.code)
            if code in self.idle or self.rng.random() < 0.3:
                continue
            self._receipts += [
                Receipt(mail.letter_id, code) for mail in await self.axis.collect(code, Kind.DOCUMENT)
            ]
            await self.axis.collect(code, Kind.STATUS)
        for receipt in self._receipts:
            if receipt.agency not in self.idle and self.rng.random() < 0.6:
                await self._go_on(receipt)
        self._receipts = [receipt for receipt in self._receipts if receipt.step < 3]
        await self.axis.settle()

    async def _go_on(self, receipt: Receipt) -> None:
        found = self.axis.directory.find(receipt.agency)
        if receipt.step == 0 and found is not None and found.sends_arrived:
            await self.axis.report(receipt.agency, receipt.letter_id, "01")
        if receipt.step == 0 and self.rng.random() < 0.05:
            await self.axis.report(receipt.agency, receipt.letter_id, "02", self.rng.choice(REASONS))
            receipt.step = 3
            return
        status = ("03", "04", "06")[receipt.step]
        said = ("", self.rng.choice(FILED), self.rng.choice(DONE))[receipt.step]
        await self.axis.report(receipt.agency, receipt.letter_id, status, said)
        receipt.step += 1


def working_days(first: date, last: date) -> list[date]:
    """The working days from `first` to `last`."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < WORKING_WEEK]

"""
The days that the pictures are about: a department's letter box, a link that is cut, and what else goes wrong.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from gateway.alerts.watch import Watch
from gateway.alerts.ways import AlertWays
from gateway.config import AlertsSection
from gateway.core.calendar import VIETNAM
from gateway.core.catalogue import GIVEN_BACK, INTERNAL, LINK_DOWN
from gateway.core.delivery import GiveBack, Hold, Target, Unreadable
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode, Lane, LetterId
from gateway.doors.upkeep import Upkeep
from gateway.observe import logger
from gateway.office import one_chunk
from gateway.ports import (
    Act,
    Caller,
    Maintenance,
    Mode,
    Repair,
    RepairAction,
    Trouble,
    TroubleGroup,
)
from tests.browser.gallery.weeks import (
    CENTRAL_FINANCE,
    CENTRAL_OFFICE,
    CENTRE,
    FARMING,
    FINANCE,
    GIA_LAI_SCIENCE,
    HA_QUANG,
    HERE,
    HOA_AN,
    HOA_AN_OFFICE,
    HOME_AFFAIRS,
    IA_KHUOL,
    NAM_TUAN,
    PROVINCE_OFFICE,
    SCIENCE,
    TOWN,
    TRUNG_KHANH,
    Weeks,
    working_days,
)
from tests.kit.nodes import SmallAxis, SmallNode

FIRST, FRIDAY = date(2026, 3, 2), date(2026, 4, 3)
OPERATOR = "lan.nong"
ALERTS = AlertsSection.model_validate(
    {
        "ways": {
            "truc-ban": {"url": "env:MAIL_OF_THE_WATCH"},
            "nhom-ky-thuat": {"url": "env:CHAT_OF_THE_WATCH"},
        }
    }
)


@dataclass
class Story:
    """What happens until the moment of the pictures. `letters` are those that pictures are about."""

    axis: SmallAxis
    folder: Path
    weeks: Weeks
    letters: dict[str, LetterId] = field(default_factory=dict)

    @property
    def node(self) -> SmallNode:
        """The node whose console is shown."""
        return self.axis.nodes[HERE]

    @property
    def now(self) -> datetime:
        return self.axis.clock.now()

    async def tell(self) -> None:
        """All of it."""
        for day in working_days(FIRST, FRIDAY - timedelta(days=3)):
            if day == date(2026, 3, 24):
                await self._letter_that_nobody_fetches(day)
            await self.weeks.day(day)
        await self._two_days_of_the_box()
        await self._friday()

    # --- a department without a document system ----------------------------------------------------

    async def _letter_that_nobody_fetches(self, day: date) -> None:
        await self.weeks.until(datetime.combine(day, time(8, 5), VIETNAM))
        self.letters["unfetched"] = await self.weeks.write(
            SCIENCE,
            IA_KHUOL,
            subject="V/v chia sẻ kinh nghiệm chuyển đổi số cấp xã",
            type_name="Công văn",
            code_notation="SKHCN-CĐS",
        )
        await self.axis.settle()

    async def _two_days_of_the_box(self) -> None:
        """Wednesday and Thursday: what the department sends and gets, and a line that fails for a while."""
        weeks, wednesday, thursday = self.weeks, FRIDAY - timedelta(days=2), FRIDAY - timedelta(days=1)
        await weeks.day(wednesday, (time(8, 20), time(9, 45)))
        weeks.idle.add(SCIENCE)
        await weeks.at(10, 30)
        self.letters["overdue"] = await weeks.write(
            CENTRAL_OFFICE,
            SCIENCE,
            subject="V/v góp ý dự thảo Nghị định về quản lý, kết nối và chia sẻ dữ liệu",
            due_date="2026/04/02",
            priority=0,
            type_name="Công văn",
            code_notation="VPCP-KSTT",
        )
        self.letters["asked"] = await weeks.write(
            HOME_AFFAIRS,
            SCIENCE,
            FINANCE,
            subject="V/v cử cán bộ tham gia Tổ công tác triển khai Đề án dữ liệu về dân cư",
            due_date="2026/04/10",
            priority=0,
            type_name="Công văn",
            code_notation="SNV-CCVC",
        )
        await self.axis.settle()
        await self._take(SCIENCE, self.letters["asked"])
        await weeks.at(14, 5)
        await self.axis.report(SCIENCE, self.letters["asked"], "03", "Số đến 412")
        await weeks.at(14, 20)
        await self.axis.report(SCIENCE, self.letters["asked"], "05", "Phòng Chuyển đổi số tham mưu")
        await self._sent_with_answers()
        await weeks.day(thursday, (time(8, 20),))
        await self._line_that_fails_for_a_while(thursday)
        await weeks.at(14, 30)
        await self.axis.report(
            HOME_AFFAIRS, self.letters["asked"], "13", "Thay bằng văn bản khác do đổi thành phần Tổ công tác"
        )
        self.letters["ordinary"] = await weeks.write(
            FINANCE,
            SCIENCE,
            subject="V/v lập dự toán kinh phí khoa học và công nghệ năm 2027",
            due_date="2026/04/24",
            priority=0,
            type_name="Công văn",
            code_notation="STC-HCSN",
        )
        await self.axis.settle()

    async def _sent_with_answers(self) -> None:
        """A document of the department, and what its five receivers make of it."""
        to = (PROVINCE_OFFICE, FINANCE, HOA_AN_OFFICE, GIA_LAI_SCIENCE, CENTRAL_FINANCE)
        self.letters["answered"] = sent = await self.weeks.write(
            SCIENCE,
            *to,
            subject="V/v lấy ý kiến Kế hoạch phát triển khoa học, công nghệ và đổi mới sáng tạo năm 2027",
            due_date="2026/04/09",
            priority=1,
            type_name="Công văn",
            code_notation="SKHCN-QLKH",
            size=180_000,
        )
        await self.axis.settle()
        await self.weeks.at(15, 10)
        for code in (PROVINCE_OFFICE, FINANCE, GIA_LAI_SCIENCE, CENTRAL_FINANCE):
            await self._take(code, sent)
        await self.axis.report(PROVINCE_OFFICE, sent, "03")
        await self.axis.report(CENTRAL_FINANCE, sent, "04", "Giao Vụ Tài chính - Kinh tế ngành")
        await self.axis.report(GIA_LAI_SCIENCE, sent, "02", "Không thuộc phạm vi lấy ý kiến của Sở")
        await self.axis.settle()
        await self.weeks.at(16, 40)
        await self.axis.report(FINANCE, sent, "06", "Thống nhất với nội dung Kế hoạch")
        await self.axis.settle()

    async def _take(self, agency: AgencyCode, letter_id: LetterId) -> None:
        office, caller = self.axis.node_of(agency).office, self.axis.caller(agency)
        opened = await office.open(caller, letter_id)
        for _ in opened.chunks():
            pass
        await office.ack(caller, letter_id)

    async def _line_that_fails_for_a_while(self, day: date) -> None:
        await self.weeks.until(datetime.combine(day, time(9, 12), VIETNAM))
        self.axis.post.cut(HERE, TOWN)
        for minute in (12, 16, 31):
            await self.weeks.at(9, minute)
            await self._watch()
        self.axis.post.heal(HERE, TOWN)
        for minute in (33, 59):
            await self.weeks.at(9, minute)
            await self._watch()

    # --- the morning of the pictures ---------------------------------------------------------------

    async def _friday(self) -> None:
        await self.weeks.until(datetime.combine(FRIDAY, time(7, 50), VIETNAM))
        await self._letters_of_the_morning()
        await self._line_for_maintenance()
        await self._what_was_not_taken()
        await self.weeks.at(9, 4)
        self.axis.post.cut(HERE, HOA_AN)
        await self._behind_the_cut()
        for hour, minute in ((9, 5), (9, 8), (9, 20), (9, 40), (10, 2)):
            await self.weeks.at(hour, minute)
            await self._watch()
        await self._by_hand()
        await self.weeks.at(10, 16)
        for _ in range(3):
            await self.weeks.write(PROVINCE_OFFICE, CENTRAL_OFFICE)
            await self.weeks.write(CENTRAL_FINANCE, FINANCE)
            await self.axis.settle()
        await self._watch()

    async def _letters_of_the_morning(self) -> None:
        weeks = self.weeks
        self.letters["urgent"] = await weeks.write(
            PROVINCE_OFFICE,
            SCIENCE,
            subject="V/v báo cáo nhanh thiệt hại do mưa đá tại các cơ sở khoa học và công nghệ",
            due_date="2026/04/03",
            priority=3,
            type_name="Công điện",
            code_notation="CĐ-UBND",
            size=120_000,
        )
        await weeks.write(
            CENTRAL_OFFICE,
            SCIENCE,
            subject="V/v chuẩn bị nội dung làm việc với đoàn công tác của Chính phủ",
            due_date="2026/04/06",
            priority=2,
            type_name="Công văn",
            code_notation="VPCP-TH",
        )
        await weeks.write(
            GIA_LAI_SCIENCE,
            SCIENCE,
            subject="V/v phối hợp tổ chức hội thảo về truy xuất nguồn gốc nông sản",
            due_date="",
            priority=0,
            type_name="Công văn",
            code_notation="SKHCN-TĐC",
        )
        self.letters["delivered"] = await weeks.write(
            FARMING,
            CENTRAL_OFFICE,
            subject="V/v đề nghị hỗ trợ giống cây trồng vụ hè thu",
            priority=0,
            type_name="Công văn",
            code_notation="SNNMT-TT",
        )
        await self.axis.settle()
        await self._take(CENTRAL_OFFICE, self.letters["delivered"])
        await weeks.at(8, 15)
        for status in ("01", "03"):
            await self.axis.report(CENTRAL_OFFICE, self.letters["delivered"], status)
        await self.axis.settle()
        await weeks.day(FRIDAY, (time(8, 20),))

    async def _line_for_maintenance(self) -> None:
        reason = "Huyện thay thiết bị định tuyến, dự kiến xong trước 11 giờ"
        maintenance = Maintenance(HA_QUANG, Mode.HELD, reason, OPERATOR, self.now)
        told = {"neighbour": HA_QUANG, "mode": Mode.HELD.value, "reason": reason}
        await self.node.store.hold_link(maintenance, self.act("link_hold", told))
        for _ in range(2):
            await self.weeks.write(PROVINCE_OFFICE, "000.00.42.H14")
        await self.axis.settle()

    async def _what_was_not_taken(self) -> None:
        """Frames that are none, and what programs handed in that is no letter."""
        for data in (b"\x1f\x8b\x08\x00 not a frame", b'{"kind": "unknown"}'):
            await self.axis.nodes[TRUNG_KHANH].broker.publish(HERE, Lane.NORMAL, data)
            await self.axis.settle()
        unknown = self.weeks.written(FARMING, "000.00.99.H14")
        for sender, content in (
            (FINANCE, b"%PDF-1.7 to-trinh.pdf"),
            (HOME_AFFAIRS, b"<edXML><edXMLEnvelope></edXML>"),
            (FARMING, unknown),
        ):
            caller = Caller(f"tk-{sender.split('.')[2]}b7e1", frozenset({AgencyCode(sender)}))
            with suppress(Rejected):
                await self.node.office.accept(one_chunk(content), caller)

    async def _behind_the_cut(self) -> None:
        """Letters for the district and its communes, which now wait here."""
        weeks = self.weeks
        self.letters["stuck"] = await weeks.write(
            PROVINCE_OFFICE,
            NAM_TUAN,
            HOA_AN_OFFICE,
            CENTRAL_OFFICE,
            subject="V/v khẩn trương khắc phục hậu quả mưa đá",
            priority=1,
            type_name="Công văn",
            code_notation="UBND-KT",
        )
        for sender in (FINANCE, FARMING, PROVINCE_OFFICE, HOME_AFFAIRS, FINANCE, FARMING, PROVINCE_OFFICE):
            for to in (HOA_AN_OFFICE, NAM_TUAN):
                self.letters["last stuck"] = await weeks.write(sender, to)
        await self.axis.settle()

    async def _by_hand(self) -> None:
        """What people do about single letters, and about a whole group."""
        store = self.node.store
        up, door = Target(neighbour=CENTRE), Target(agency=FINANCE)
        held = await self.weeks.write(FARMING, CENTRAL_OFFICE)
        assert await store.record(held, up, Hold(), self.now)
        odd = await self.weeks.write(HOME_AFFAIRS, FINANCE)
        await self.axis.settle()
        assert await store.record(odd, door, Unreadable(INTERNAL.code), self.now)
        await self._repair(TroubleGroup(Trouble.HELD, "", up), RepairAction.RELEASE, "đã xem lại")
        await self.axis.settle()
        self.letters["held"] = await self.weeks.write(FARMING, CENTRAL_OFFICE)
        assert await store.record(self.letters["held"], up, Hold(), self.now)
        await self.axis.settle()
        self.letters["returned"] = wrong = await self.weeks.write(
            SCIENCE,
            GIA_LAI_SCIENCE,
            subject="V/v đề nghị cung cấp danh mục nhiệm vụ khoa học và công nghệ",
            type_name="Công văn",
            code_notation="SKHCN-QLKH",
        )
        for event in (Hold(), GiveBack(GIVEN_BACK.code)):
            assert await store.record(wrong, up, event, self.now)
        await self.axis.settle()
        taken_back = self.letters["last stuck"]
        await self.axis.report(PROVINCE_OFFICE, taken_back, "13", "Gửi nhầm nơi nhận")
        await self.axis.settle()

    async def _repair(self, group: TroubleGroup, action: RepairAction, reason: str) -> None:
        wanted = Repair(
            action=action,
            group=group,
            asked_by=OPERATOR,
            asked_at=self.now,
            runs_at=self.now,
            reason=reason,
        )
        told = {"action": action.value, "to": group.target.key, "reason": reason}
        await self.node.store.plan_repair(wanted, self.act("repair_planned", told))
        await Upkeep(self.node.desk).step()

    async def plan(self) -> int:
        """An operator asks for the letters behind the cut to be sent again; its number."""
        group = TroubleGroup(Trouble.RETRYING, LINK_DOWN.code, Target(neighbour=HOA_AN))
        wanted = Repair(
            action=RepairAction.SEND_AGAIN,
            group=group,
            asked_by=OPERATOR,
            asked_at=self.now,
            runs_at=self.now + timedelta(seconds=10),
        )
        told = {"action": RepairAction.SEND_AGAIN.value, "to": group.target.key}
        return await self.node.store.plan_repair(wanted, self.act("repair_planned", told))

    async def _watch(self) -> None:
        """One look of the alerts at the node."""
        node = self.node
        watch = Watch(
            node=HERE,
            store=node.store,
            broker=node.broker,
            clock=self.axis.clock,
            bell=node.bell,
            log=logger(HERE, node.stream, now=self.axis.clock.now, strict=True),
            metrics=node.metrics,
            alerts=ALERTS,
            ways=AlertWays(ALERTS.ways, {}),
            ends=lambda: {"niêm phong": self.now + timedelta(days=200)},
            data_dir=self.folder / "disk that is not there",  # whoever takes the pictures may have a full one
        )
        await watch.look()

    def act(self, event: str, told: dict[str, str], by: str = OPERATOR) -> Act:
        """A line of the journal, of the person who runs the node."""
        return Act(event=f"console.{event}", by=by, at=self.now, address="10.14.0.21", detail=told)

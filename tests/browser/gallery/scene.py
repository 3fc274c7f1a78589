"""
The console of the pictures: a listening one over the axis of the story, and the people who look at it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from unittest.mock import patch

from gateway.accounts import totp
from gateway.core.calendar import VIETNAM
from gateway.core.model import AgencyCode
from gateway.http.surroundings import Health
from gateway.ports import Account, Act, Role, Step, Tried
from tests.browser.gallery.books import REPORTED_TO, Books
from tests.browser.gallery.friday import FRIDAY, OPERATOR, Story
from tests.browser.gallery.weeks import CENTRE, HOA_AN, PROVINCE_OFFICE, SCIENCE, Weeks, the_directory
from tests.kit.clock import ManualClock
from tests.kit.console import HASH, SECRET, Console, Ground, listening_console
from tests.kit.nodes import Manner, open_axis

ROUND = timedelta(milliseconds=180)
"""What one round of the axis takes by its clock: a letter needs some seconds over a link, as it would."""

NEW_SECRET = "KRUGKIDROVUWG2ZAMJZG653OEBTG66BA"
"""What is given out to whoever sets up one-time codes: a new one would be another picture each time."""

ADMINISTRATOR, VIEWER, AUDITOR, CLERK, OFFICE_CLERK = (
    *("hung.dam", "binh.vu", "ha.luong"),
    *("vanthu.skhcn", "vanthu.ubnd"),
)
PEOPLE: Mapping[str, Account] = {
    account.name: account
    for account in (
        Account(name=ADMINISTRATOR, role=Role.ADMINISTRATOR, full_name="Đàm Quang Hùng"),
        Account(name=OPERATOR, role=Role.OPERATOR, full_name="Nông Thị Lan", reads_content=True),
        Account(name="duc.hoang", role=Role.OPERATOR, full_name="Hoàng Minh Đức"),
        Account(name=VIEWER, role=Role.VIEWER, full_name="Vũ Thanh Bình"),
        Account(name=AUDITOR, role=Role.AUDITOR, full_name="Lương Ngọc Hà", reads_content=True),
        Account(name=CLERK, role=Role.AGENCY, full_name="Hoàng Thị Yến", agency=SCIENCE),
        Account(name=OFFICE_CLERK, role=Role.AGENCY, full_name="Trần Hữu An", agency=PROVINCE_OFFICE),
        Account(
            name="son.pham",
            role=Role.AGENCY,
            full_name="Phạm Văn Sơn",
            agency=AgencyCode("000.00.05.H14"),
            locked=True,
        ),
    )
}
"""Nobody of these is real: the names are drawn from those of lifelike letters."""


@dataclass(frozen=True)
class Scene:
    """The console, and how pages about single letters are addressed: `/console/letters/{stuck}`."""

    console: Console
    places: Mapping[str, str]


@asynccontextmanager
async def standing_scene(folder: Path) -> AsyncIterator[Scene]:
    """The console at the moment of the pictures: Friday, 3 April 2026, a quarter past ten."""
    async with open_axis(the_directory(), folder, Manner(round_takes=ROUND)) as axis:
        story = Story(axis, folder, Weeks(axis))
        await story.tell()
        await Books(story).write()
        clock = ManualClock(axis.clock.now())  # pages that move wait by the clock, which no axis may see
        ground = Ground(story.node.store, story.node.office, clock)
        ways = {"ways": {"truc-ban": {"url": "env:MAIL"}, "nhom-ky-thuat": {"url": "env:CHAT"}}}
        with patch.object(totp, "new_secret", lambda: NEW_SECRET):
            async with listening_console(ground=ground, roles=(), alerts=ways, reports=MAILED) as console:
                await _furnish(console, story)
                places = {name: str(letter_id) for name, letter_id in story.letters.items()}
                repair = await story.plan()
                yield Scene(console, {**places, "repair": str(repair), "cut": HOA_AN, "centre": CENTRE})
                assert console.log("internal.error") == []


MAILED = {"mail_server": "env:MAIL_SERVER", "mail_to": [*REPORTED_TO]}


async def _furnish(console: Console, story: Story) -> None:
    """What a console knows that has been there all morning."""
    links = story.node.broker.neighbours_up()
    console.health, console.steps = Health(store=True, links=links), TRIED
    began = datetime.combine(FRIDAY, time(6, 0), VIETNAM)
    console.around.link_log.note(dict.fromkeys(links, True), began)
    console.around.link_log.note(links, began.replace(hour=9, minute=4))
    await _open_accounts(console)
    await _file_reports(console)
    for letter, hour, reason in OPENED:
        act = Act(
            event="console.content_opened",
            by=AUDITOR,
            at=began.replace(hour=hour, minute=12),
            address="10.14.0.33",
            letter_id=story.letters[letter],
            agency=PROVINCE_OFFICE,
            detail={"reason": reason},
        )
        await console.store.note_act(act)


OPENED = (
    ("urgent", 8, "Kiểm tra việc gửi văn bản khẩn, Kế hoạch số 12/KH-TTr"),
    ("stuck", 10, "Đơn vị hỏi vì sao văn bản chưa tới nơi nhận"),
)
"""What was looked into of the letters of the province's office, and why."""

TRIED = (
    Step(
        Tried.NAME,
        True,
        "h14-40.truc.example.gov.vn là 10.14.40.2",
        "h14-40.truc.example.gov.vn is 10.14.40.2",
    ),
    Step(Tried.REACH, True, "máy trả lời ở cổng 5671", "the machine answers at port 5671"),
    Step(
        Tried.TLS,
        False,
        "chứng thư của bên kia hết hạn từ 02/04/2026",
        "the certificate of the other side ended on 2 April 2026",
    ),
)
"""What a test of the link finds: its reason in words."""


async def _open_accounts(console: Console) -> None:
    """Everybody knows the password of the kit; what the account of a picture shows is of its own."""
    now = console.clock.now()
    for account in PEOPLE.values():
        codes = {}
        if account.role is Role.ADMINISTRATOR:
            codes = {"sealed_totp": console.around.vault.seal(SECRET)}
        told = {"account": account.name, "role": account.role.value}
        act = Act(event="console.account_add", by=ADMINISTRATOR, at=now, address="10.14.0.20", detail=told)
        given = {**{name: getattr(account, name) for name in account.__slots__}, "password": HASH, **codes}
        assert await console.store.add_account(Account(**given), act)
    waits = {"failures": 5, "locked_until": now + timedelta(minutes=12)}
    act = Act(event="console.login_refused", by="duc.hoang", at=now, address="10.14.0.87")
    await console.store.change_account("duc.hoang", waits, act)


async def _file_reports(console: Console) -> None:
    """The month and the quarter that are over; files bear the time of the story, not of the day."""
    await console.around.filing.step()
    made_at = datetime(2026, 4, 1, 0, 14, tzinfo=VIETNAM).timestamp()
    for file in (console.folder / "reports").iterdir():
        os.utime(file, (made_at, made_at))

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from gateway.core.delivery import Offered, Target
from gateway.core.directory import Agency, Directory
from gateway.core.model import AgencyCode
from gateway.ports import (
    Channel,
    Credential,
    KeyUse,
    NoticeOutcome,
    Occasion,
    Role,
    Step,
    Subscription,
    Tried,
)
from tests.kit.builders import (
    CENTRAL_OFFICE,
    PROVINCE,
    PROVINCE_OFFICE,
    letter_id,
    new_letter,
    small_axis,
)
from tests.kit.console import Console, TriedWay, listening_console

AT = f"/console/directory/agencies/{PROVINCE_OFFICE}"
SERVED = "/console/partners/agencies"
FORMER = AgencyCode("000.00.09.H14")


def with_a_former_office() -> Directory:
    small = small_axis()
    former = Agency(
        code=FORMER,
        name="Sở cũ",
        node=PROVINCE,
        aliases=("H14.9",),
        valid_to=date(2025, 6, 30),
        successor=PROVINCE_OFFICE,
        parent=PROVINCE_OFFICE,
    )
    return replace(small, agency_rows=(*small.agency_rows, former))


async def test_closed_code_leads_to_who_followed_and_back() -> None:
    axis = with_a_former_office()
    async with listening_console(directory=axis) as console, console.person(Role.VIEWER) as person:
        closed = await person.open("/console/directory/agencies/h14.9")
        assert "✕ Mã đã đóng" in closed.words
        assert f"Cơ quan kế thừa Cơ quan {PROVINCE_OFFICE}" in closed.words
        heir = await person.open(AT)
        assert "Kế thừa từ Sở cũ" in heir.words
        assert f"Đơn vị trực thuộc Sở cũ {FORMER}" in heir.words


async def test_partner_part_tells_terms_keys_last_fetch_and_what_waits_but_no_secret(
    console: Console,
) -> None:
    now, here = console.clock.now(), Target(agency=PROVINCE_OFFICE)
    await console.store.add_letter(new_letter(1, here), now)
    await console.store.claim_due(None, None, now, letters=9, size=10**9)
    await console.store.record(letter_id(1), here, Offered(now + timedelta(days=1)), now)
    await console.store.note_fetched(letter_id(1), PROVINCE_OFFICE, now)
    key = Credential("key-1", "QLVB tỉnh", frozenset({PROVINCE_OFFICE}), system_id="sys-7")
    await console.store.add_credential(key, "hash", now)
    settings = {"path": "so", "sealed_secret": "tuyệt mật"}
    await console.store.set_way(PROVINCE_OFFICE, "folder", settings, now)
    async with console.person(Role.VIEWER) as person:
        page = await person.open(AT)
        assert "Chờ đơn vị lấy về 1 cũ nhất từ" in page.words
        assert "key-1 QLVB tỉnh sys-7" in page.words
        assert "path so" in page.words
        assert "tuyệt mật" not in page.text
        assert "1" in (await person.open(f"{SERVED}?q=co+quan+000.00.00")).words


async def test_agency_of_another_node_or_of_others_has_no_partner_part(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        page = await person.open(f"/console/directory/agencies/{CENTRAL_OFFICE}")
        assert "Kết nối với nút này" not in page.words
    async with console.person(Role.AGENCY) as person:
        assert "Kết nối với nút này" in (await person.open(AT)).words
        other = await person.open("/console/directory/agencies/000.00.01.H14")
        assert "Kết nối với nút này" not in other.words
        assert (await person.open(SERVED)).status == 403


async def test_test_goes_through_the_ways_of_the_agency_and_is_journaled() -> None:
    ways = (
        TriedWay("mailbox"),
        TriedWay("webhook", Step(Tried.NAME, False, "không phân giải được tên", "no such name")),
        TriedWay("folder", Step(Tried.FOLDER, True, "không hỏi tới", "not asked")),
    )
    async with listening_console(ways=ways) as console, console.person(Role.OPERATOR) as person:
        words = (await person.send(f"{AT}/test", {})).words
        assert "✕ Không được Tên máy : không phân giải được tên" in words
        assert "không hỏi tới" not in words
        assert [row.event for row in await console.journal("console.agency")] == ["console.agency_test"]


async def test_agency_that_only_fetches_has_nothing_to_test(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        assert "không có gì để thử" in (await person.send(f"{AT}/test", {})).words
    async with console.person(Role.VIEWER) as person:
        assert (await person.send(f"{AT}/test", {})).status == 403


async def test_code_that_nobody_has_is_not_found(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert (await person.open("/console/directory/agencies/%3Cscript%3E")).status == 404


async def test_each_key_tells_when_from_where_and_by_which_software_it_was_used(console: Console) -> None:
    now = console.clock.now()
    for key_id in ("key-1", "key-2"):
        key = Credential(key_id, "QLVB tỉnh", frozenset({PROVINCE_OFFICE}))
        await console.store.add_credential(key, f"hash of {key_id}", now)
    await console.store.note_key_uses([KeyUse("key-1", now, "2001:db8::7", "QLVB/2.1 <b>")])
    async with console.person(Role.VIEWER) as person:
        page = await person.open(AT)
        assert "2001:db8::7, QLVB/2.1 &lt;b&gt;" in page.text
        assert "chưa thấy" in page.words  # key-2
        assert "2001:db8::7, QLVB/2.1" in (await person.open(SERVED)).text


async def test_subscription_tells_what_became_of_its_latest_notice(console: Console) -> None:
    now = console.clock.now()
    wish = Subscription(
        id="s1", agency=PROVINCE_OFFICE, channel=Channel.WEBHOOK, address="https://qlvb.tinh.vn/hook"
    )
    await console.store.set_subscription(wish, now)
    notice = await console.store.owe_notice("s1", Occasion.PING, now)
    async with console.person(Role.VIEWER) as person:
        assert "đang chờ gửi" in (await person.open(AT)).words
        await console.store.notice_ended(notice.number, NoticeOutcome(heard=True), now)
        assert "đã báo" in (await person.open(AT)).words

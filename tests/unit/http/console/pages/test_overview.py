from __future__ import annotations

from datetime import timedelta

from gateway.core.delivery import Acknowledged, Failed, Offered, State, Target
from gateway.http.surroundings import Health
from gateway.ports import Act, HopEvent, Maintenance, Mode, Role
from tests.kit.builders import CENTRAL, OTHER_PROVINCE, PROVINCE_OFFICE, letter_id, new_letter
from tests.kit.console import Console

UP, HERE = Target(neighbour=CENTRAL), Target(agency=PROVINCE_OFFICE)


async def add(console: Console, number: int, *targets: Target) -> None:
    now = console.clock.now()
    await console.store.add_letter(new_letter(number, *targets, at=now), now)


async def test_links_show_what_the_neighbour_does_not_hold_yet(console: Console) -> None:
    console.health = Health(store=True, links={CENTRAL: True, OTHER_PROVINCE: False})
    await add(console, 1, UP)
    console.clock.advance(timedelta(minutes=3))
    async with console.person(Role.VIEWER) as person:
        words = (await person.open("/console/")).words
        assert f"{CENTRAL} ✓ Thông suốt ít nhất từ 02/03/2026 08:33 1 0 3 phút 0,0 0 0 chưa có" in words
        assert f"{OTHER_PROVINCE} ✕ Mất kết nối ít nhất từ 02/03/2026 08:33 0 0 — 0,0 0 0 chưa có" in words


async def test_link_that_an_operator_holds_is_told_beside_its_state(console: Console) -> None:
    maintenance = Maintenance(CENTRAL, Mode.HELD, "thay máy", "operator.one", console.clock.now())
    act = Act(event="console.link_hold", by="operator.one", at=console.clock.now())
    await console.store.hold_link(maintenance, act)
    async with console.person(Role.VIEWER) as person:
        words = (await person.open("/console/")).words
        assert "G22 · ‖ tạm ngừng" in words
        assert "‖ Tạm ngừng để bảo trì ✓ Thông suốt" in words


async def test_moment_of_a_cut_is_told_and_kept(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        await person.open("/console/")
        console.clock.advance(timedelta(minutes=10))
        console.health = Health(store=True, links={CENTRAL: False})
        await person.open("/console/")
        console.clock.advance(timedelta(minutes=10))
        assert "✕ Mất kết nối từ 02/03/2026 08:40" in (await person.open("/console/")).words


async def test_last_error_of_a_link_is_told_in_words_of_the_language(console: Console) -> None:
    now = console.clock.now()
    await add(console, 1, UP)
    await console.store.claim_due(UP, None, now, letters=1, size=10**9)
    await console.store.record(letter_id(1), UP, Failed("TRUC-504"), now)
    async with console.person(Role.VIEWER) as person:
        words = (await person.open("/console/")).words
        assert f"Không nối được tới nút kề {CENTRAL} TRUC-504" in words
        assert "giờ này 1 lần" in words
        english = (await person.open("/console/language/en?to=/console/")).words
        assert f"The neighbour {CENTRAL} cannot be reached" in english


async def test_code_of_a_later_release_stands_for_itself(console: Console) -> None:
    now = console.clock.now()
    await add(console, 1, UP)
    await console.store.claim_due(UP, None, now, letters=1, size=10**9)
    await console.store.record(letter_id(1), UP, Failed("TRUC-999"), now)
    async with console.person(Role.VIEWER) as person:
        assert "TRUC-999 TRUC-999 ·" in (await person.open("/console/")).words


async def test_map_shows_this_node_its_links_and_where_letters_were_last_heard(console: Console) -> None:
    await add(console, 1, UP)
    told = HopEvent(letter_id(1), CENTRAL, f"link:{OTHER_PROVINCE}", State.TAKEN, console.clock.now())
    await console.store.add_hops([told])
    async with console.person(Role.VIEWER) as person:
        page = (await person.open("/console/")).text
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert "H14 · nút này" in drawing
    assert "G22 · ✓ Thông suốt" in drawing
    assert "chờ 1 · 0 giây · 0,0/phút" in drawing
    assert "nghe lần cuối 02/03/2026 08:30" in drawing
    assert "chưa có tin" in drawing


async def test_figures_begin_at_midnight_in_vietnam_and_may_be_some_seconds_old(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert "Văn bản gửi 0 Văn bản nhận 0" in (await person.open("/console/")).words
        await add(console, 1, UP)
        assert "Văn bản gửi 0 Văn bản nhận 0" in (await person.open("/console/")).words
        console.clock.advance(timedelta(seconds=5))
        words = (await person.open("/console/")).words
        assert "Văn bản gửi 1 Văn bản nhận 0" in words
        assert "Chờ sang nút kề 1" in words
        console.clock.advance(timedelta(days=1))
    async with console.person(Role.VIEWER) as person:
        words = (await person.open("/console/")).words
        assert "Văn bản gửi 0 Văn bản nhận 0" in words
        assert "02/03/2026 1 0 0 0 0 0" in words  # yesterday stands in the table of days


async def test_hours_are_those_of_vietnam_and_stand_in_a_table(console: Console) -> None:
    now = console.clock.now()
    await add(console, 1, HERE)
    await console.store.claim_due(None, None, now, letters=1, size=10**9)
    await console.store.record(letter_id(1), HERE, Offered(now + timedelta(days=1)), now)
    await console.store.keep_refused("api", "TRUC-201", b"<a/>", now)
    async with console.person(Role.VIEWER) as person:
        answer = await person.open("/console/")
        assert "02/03/2026 08:00 1 1 0 1 0 0" in answer.words
        assert "Chờ đơn vị lấy về 1" in answer.words
        assert answer.text.count('class="bar0"') == answer.text.count('class="bar1"') == 2
        await console.store.record(letter_id(1), HERE, Acknowledged(), now)
        console.clock.advance(timedelta(seconds=5))
        assert "Chờ đơn vị lấy về 0" in (await person.open("/console/")).words


async def test_user_of_an_agency_sees_no_links_and_only_his_own_figures(console: Console) -> None:
    await add(console, 1, UP)
    async with console.person(Role.AGENCY) as person:
        answer = await person.open("/console/")
        assert "Văn bản gửi 1" in answer.words
        assert "Đường nối" not in answer.words
        assert "Thông suốt" not in answer.words
        assert "<svg" not in answer.text
        assert (await person.open("/console/events?live=overview.map")).status == 404

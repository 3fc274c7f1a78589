from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.core.delivery import Target
from gateway.core.model import Lane
from gateway.http.surroundings import Health
from gateway.ports import Heard, Mode, Role, SealCertificate, Step, Tried
from tests.kit.builders import CENTRAL, COMMUNE, new_letter
from tests.kit.console import Console

AT = "/console/partners"
LINK = f"{AT}/links/{CENTRAL}"
WHY = {"mode": "held", "reason": "thay đường truyền"}


async def test_links_tell_state_last_word_version_what_waits_and_certificate(console: Console) -> None:
    now = console.clock.now()
    console.health = Health(store=True, links={CENTRAL: True, COMMUNE: False})
    await console.store.add_letter(new_letter(1, Target(neighbour=CENTRAL)), now)
    await console.store.note_heard([Heard(CENTRAL, now - timedelta(minutes=3), "0.4.0", (1,), now)])
    await console.store.note_certificate(SealCertificate(CENTRAL, "ab", "CN=G22", now, now))
    async with console.person(Role.VIEWER) as person:
        words = (await person.open(AT)).words
        assert f"{CENTRAL} ✓ Thông suốt 3 phút trước" in words
        assert "1 0 0 — 0.4.0" in words
        assert "Đã hết hạn" in words
        assert f"{COMMUNE} ✕ Mất kết nối Chưa nghe lần nào … Im lặng" in words


async def test_operator_holds_a_link_and_opens_it_again(console: Console) -> None:
    await console.store.add_letter(new_letter(1, Target(neighbour=CENTRAL)), console.clock.now())
    up = Target(neighbour=CENTRAL)
    async with console.person(Role.OPERATOR) as person:
        answer = await person.send(f"{LINK}/hold", WHY)
        assert "đã tạm ngừng" in answer.words
        assert "operator.one: thay đường truyền" in answer.words
        assert await console.store.claim_due(up, Lane.NORMAL, console.clock.now(), letters=9, size=9**9) == []
        assert "Tạm ngừng để bảo trì" in (await person.open(AT)).words
        assert "Tạm ngừng để bảo trì" in (await person.open("/console/")).words
        assert "đã mở lại" in (await person.send(f"{LINK}/open", {})).words
    assert await console.store.claim_due(up, Lane.NORMAL, console.clock.now(), letters=9, size=9**9)
    told = [(row.event, row.detail["by"]) for row in await console.journal("console.link")]
    assert told == [("console.link_hold", "operator.one"), ("console.link_open", "operator.one")]


async def test_link_that_is_drained_says_so(console: Console) -> None:
    async with console.person(Role.OPERATOR) as person:
        answer = await person.send(f"{LINK}/hold", {**WHY, "mode": "draining"})
        assert "Đang xả để bảo trì" in answer.words
    assert (await console.store.maintenance())[CENTRAL].mode is Mode.DRAINING


@pytest.mark.parametrize(
    "filled", [{"mode": "held"}, {"mode": "held", "reason": "xem"}, {"mode": "x", "reason": "thay đường dây"}]
)
async def test_link_is_not_held_without_a_reason_or_a_way(console: Console, filled: dict[str, str]) -> None:
    async with console.person(Role.OPERATOR) as person:
        assert (await person.send(f"{LINK}/hold", filled)).status == 422
    assert await console.store.maintenance() == {}


async def test_test_of_a_connection_tells_each_step(console: Console) -> None:
    console.steps = (
        Step(Tried.REACH, True, "máy trả lời", "it answers"),
        Step(Tried.TLS, False, "chứng thư của bên kia hết hạn hôm qua", "expired yesterday"),
    )
    async with console.person(Role.OPERATOR) as person:
        words = (await person.send(f"{LINK}/test", {})).words
        assert "✓ Được Máy và cổng : máy trả lời" in words
        assert "✕ Không được Mã hóa (TLS) và chứng thư : chứng thư của bên kia hết hạn hôm qua" in words
    assert [row.event for row in await console.journal("console.link")] == ["console.link_test"]


async def test_viewer_sees_and_does_nothing_and_agencies_see_nothing(console: Console) -> None:
    async with console.person(Role.VIEWER) as person:
        assert "Thử kết nối" not in (await person.open(LINK)).text
        for action in ("hold", "open", "test"):
            assert (await person.send(f"{LINK}/{action}", WHY)).status == 403
    async with console.person(Role.AGENCY) as person:
        assert (await person.open(AT)).status == 403
        assert (await person.open(LINK)).status == 403


@pytest.mark.parametrize("node", ["H99", "%3Cscript%3E", "H14"])
async def test_who_is_no_neighbour_has_no_page(console: Console, node: str) -> None:
    async with console.person(Role.OPERATOR) as person:
        assert (await person.open(f"{AT}/links/{node}")).status == 404

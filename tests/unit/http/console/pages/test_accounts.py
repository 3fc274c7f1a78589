from __future__ import annotations

import re

import pytest

from gateway.accounts.desk import Visitor
from gateway.core.errors import Rejected
from gateway.ports import Role
from tests.kit.builders import PROVINCE_OFFICE
from tests.kit.console import PASSWORD, Console, Person

AT = "/console/accounts"


async def add(person: Person, **filled: str) -> str:
    answer = await person.send(f"{AT}/new", filled, on=f"{AT}/new")
    found = re.search(r'<code class="big">([^<]+)</code>', answer.text)
    return found[1] if found else str(answer.status)


async def test_account_is_added_with_a_password_that_is_shown_once(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        password = await add(person, name="Lan", role="operator", full_name="Nguyễn Thị Lan")
        assert password not in (await person.open(f"{AT}/lan")).text
        assert "Nguyễn Thị Lan" in (await person.open(AT)).words
    async with console.person() as lan:
        await lan.log_in("lan", Role.OPERATOR, password)
    row = (await console.journal("console.account_add"))[-1]
    assert row.detail == {
        "account": "lan",
        "role": "operator",
        "by": "administrator.one",
        "address": "127.0.0.1",
    }
    assert password not in str(await console.journal())


async def test_what_is_wrong_is_told_and_what_was_typed_stays(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        filled = {"name": "có dấu", "role": "operator", "full_name": "Lan"}
        answer = await person.send(f"{AT}/new", filled, on=f"{AT}/new")
        assert (answer.status, 'value="Lan"' in answer.text) == (422, True)
        assert await add(person, name="vanthu", role="agency") == "422"
        assert await add(person, name="vanthu", role="agency", agency="XYZ") == "422"
        assert await add(person, name="vanthu", role="king") == "422"
        assert await add(person, name="viewer.one", role="viewer") == "409"


async def test_account_is_changed_locked_and_opened_again(console: Console) -> None:
    one = f"{AT}/viewer.one"
    async with console.person(Role.ADMINISTRATOR) as person:
        filled = {"role": "agency", "agency": PROVINCE_OFFICE, "reads_content": "1"}
        assert "Đã lưu" in (await person.send(one, filled, on=one)).words
        changed = await console.desk.named("viewer.one")
        assert (changed.role, changed.agency, changed.reads_content) == (Role.AGENCY, PROVINCE_OFFICE, True)
        await person.send(f"{one}/lock", {}, on=one)
        assert (await console.desk.named("viewer.one")).locked
        await person.send(f"{one}/unlock", {}, on=one)
        assert not (await console.desk.named("viewer.one")).locked


async def test_lost_password_and_lost_telephone_are_made_good(console: Console) -> None:
    await console.add(Role.ADMINISTRATOR, "other.one")
    one = f"{AT}/other.one"
    async with console.person(Role.ADMINISTRATOR) as person:
        answer = await person.send(f"{one}/reset", {}, on=one)
        assert 'class="big"' in answer.text
        await person.send(f"{one}/totp", {}, on=one)
    account = await console.desk.named("other.one")
    assert (account.must_change, account.sealed_totp) == (True, "")


async def test_account_that_nobody_has_is_no_page(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        for path in (f"{AT}/nobody", f"{AT}/%3Cscript%3E", f"{AT}/..%2f.."):
            assert (await person.open(path)).status == 404


async def test_administrator_cannot_lock_the_last_door_behind_himself(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        answer = await person.send(f"{AT}/administrator.one/lock", {})
        assert (answer.status, "TRUC-465" in answer.text) == (409, True)
    assert (await console.journal("console.account_lock"))[-1].code == "TRUC-465"


async def test_who_waits_after_wrong_tries_is_shown_with_the_place_and_let_off(console: Console) -> None:
    for _ in range(5):
        with pytest.raises(Rejected):
            await console.desk.log_in("viewer.one", "wrong", Visitor("192.0.2.66"))
    at = "/console/accounts/viewer.one"
    async with console.person(Role.ADMINISTRATOR) as person:
        assert "gõ sai nhiều lần từ 192.0.2.66" in (await person.open("/console/accounts")).words
        assert "Mở khóa" in (await person.open(at)).words
        await person.send(f"{at}/unlock", {}, on=at)
        assert "192.0.2.66" not in (await person.open("/console/accounts")).words
    await console.desk.log_in("viewer.one", PASSWORD, Visitor("192.0.2.66"))

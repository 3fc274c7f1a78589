from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from gateway.accounts import passwords, totp
from gateway.accounts.desk import Visitor, checked_name, digest_of, told_of
from gateway.core.errors import Rejected
from gateway.core.model import AgencyCode
from gateway.ports import Account, Act, LoginWait, Role
from tests.kit.builders import CENTRAL_OFFICE, PROVINCE_OFFICE, small_axis
from tests.kit.clock import START
from tests.kit.console import PASSWORD, SECRET, Console, listening_console

HERE = Visitor("2001:db8::7", "Firefox")
ACT = Act(event="console.test", by="root", at=START)


@pytest_asyncio.fixture
async def console() -> AsyncIterator[Console]:
    async with listening_console() as listening:
        yield listening


async def refused(console: Console, name: str, password: str) -> str:
    with pytest.raises(Rejected) as error:
        await console.desk.log_in(name, password, HERE)
    return error.value.code


async def test_first_password_lets_in_once_and_must_be_changed(console: Console) -> None:
    wanted = Account(name="Lan.Nguyen", role=Role.OPERATOR)
    password = await console.desk.add(wanted, ACT, small_axis())
    made = await console.desk.log_in("LAN.nguyen ", password, HERE)
    assert (made.account.name, made.account.must_change) == ("lan.nguyen", True)
    assert await console.store.session(digest_of(made.token)) is not None
    await console.desk.change_password(made.account, password, PASSWORD, made.session.digest, ACT)
    assert await refused(console, "lan.nguyen", password) == "TRUC-460"
    assert not (await console.desk.log_in("lan.nguyen", PASSWORD, HERE)).account.must_change


async def test_change_of_a_password_ends_all_other_sessions(console: Console) -> None:
    mine, other = [await console.desk.log_in("viewer.one", PASSWORD, HERE) for _ in range(2)]
    await console.desk.change_password(
        mine.account, PASSWORD, "một mật khẩu khác hẳn", mine.session.digest, ACT
    )
    assert await console.store.session(mine.session.digest) is not None
    assert await console.store.session(other.session.digest) is None


async def test_same_words_for_a_wrong_password_an_unknown_name_and_a_locked_account(console: Console) -> None:
    await console.desk.set_locked("auditor.one", True, ACT)
    wrong = [("viewer.one", "wrong"), ("nobody", PASSWORD), ("auditor.one", PASSWORD), ("", "")]
    assert [await refused(console, *each) for each in wrong] == ["TRUC-460"] * 4


async def test_name_that_nobody_has_is_not_written_down(console: Console) -> None:
    """People type their password into the field of the name."""
    await refused(console, "my secret password", "x")
    await refused(console, "viewer.one", "x")
    rows = await console.journal("console.login_refused")
    assert [(row.detail["by"], row.detail["address"]) for row in rows] == [("viewer.one", HERE.address)]


async def test_too_many_wrong_tries_make_an_account_wait_even_with_the_right_password(
    console: Console,
) -> None:
    for _ in range(5):
        await refused(console, "viewer.one", "wrong")
    assert await refused(console, "viewer.one", PASSWORD) == "TRUC-460"
    console.clock.advance(console.around.settings.lock_for)
    await console.desk.log_in("viewer.one", PASSWORD, HERE)


async def test_administrator_is_in_only_after_the_code_and_the_code_is_good_once(console: Console) -> None:
    first = await console.desk.log_in("administrator.one", PASSWORD, HERE)
    assert first.session.needs_code
    code = console.code()
    second = await console.desk.show_code(first.session, code, HERE)
    assert not second.session.needs_code
    assert second.token != first.token
    assert await console.store.session(first.session.digest) is None
    again = await console.desk.log_in("administrator.one", PASSWORD, HERE)
    with pytest.raises(Rejected):
        await console.desk.show_code(again.session, code, HERE)
    console.clock.advance(totp.STEP_SECONDS)
    await console.desk.show_code(again.session, console.code(), HERE)


async def test_codes_are_guessed_no_more_often_than_passwords(console: Console) -> None:
    made = await console.desk.log_in("administrator.one", PASSWORD, HERE)
    for _ in range(4):  # the password was the first try
        with pytest.raises(Rejected):
            await console.desk.show_code(made.session, "000000", HERE)
    with pytest.raises(Rejected):
        await console.desk.show_code(made.session, console.code(), HERE)


async def test_codes_count_once_one_was_typed(console: Console) -> None:
    made = await console.desk.log_in("viewer.one", PASSWORD, HERE)
    here = made.session.digest
    secret = await console.desk.show_totp(made.account, here, ACT)
    shown = await console.desk.named("viewer.one")
    assert await console.desk.show_totp(shown, here, ACT) == secret
    with pytest.raises(Rejected):
        await console.desk.confirm_totp(shown, here, "000000", "", ACT)
    assert not (await console.desk.log_in("viewer.one", PASSWORD, HERE)).session.needs_code
    await console.desk.confirm_totp(shown, here, console.code(secret), "", ACT)
    assert (await console.desk.log_in("viewer.one", PASSWORD, HERE)).session.needs_code
    await console.desk.forget_totp("viewer.one", ACT)
    assert not (await console.desk.log_in("viewer.one", PASSWORD, HERE)).session.needs_code


async def test_codes_are_not_exchanged_without_the_telephone_that_has_them(console: Console) -> None:
    account = await console.desk.named("administrator.one")
    secret = await console.desk.show_totp(account, "here", ACT)
    shown = await console.desk.named("administrator.one")
    with pytest.raises(Rejected):
        await console.desk.confirm_totp(shown, "here", console.code(secret), "000000", ACT)
    await console.desk.confirm_totp(shown, "here", console.code(secret), console.code(SECRET), ACT)


async def test_secret_that_one_session_was_shown_is_shown_to_no_other_and_confirmed_by_none(
    console: Console,
) -> None:
    """Whoever left a session open on another's screen waits there with a secret that he knows."""
    account = await console.desk.named("viewer.one")
    first = await console.desk.show_totp(account, "here", ACT)
    second = await console.desk.show_totp(await console.desk.named("viewer.one"), "there", ACT)
    assert second != first
    for session, secret in (("here", first), ("here", second), ("there", first)):
        with pytest.raises(Rejected):
            await console.desk.confirm_totp(account, session, console.code(secret), "", ACT)
    await console.desk.confirm_totp(account, "there", console.code(second), "", ACT)


async def test_codes_are_confirmed_no_more_often_than_passwords_are_tried(console: Console) -> None:
    account = await console.desk.named("administrator.one")
    secret = await console.desk.show_totp(account, "here", ACT)
    for _ in range(console.around.settings.lock_after):
        with pytest.raises(Rejected):
            await console.desk.confirm_totp(account, "here", console.code(secret), "000000", ACT)
    with pytest.raises(Rejected):
        await console.desk.confirm_totp(account, "here", console.code(secret), console.code(), ACT)
    console.clock.advance(console.around.settings.lock_for)
    await console.desk.confirm_totp(account, "here", console.code(secret), console.code(), ACT)


async def test_who_guesses_elsewhere_locks_nobody_out(console: Console) -> None:
    guesser = Visitor("192.0.2.66", "curl")
    for _ in range(20):
        with pytest.raises(Rejected):
            await console.desk.log_in("viewer.one", "wrong", guesser)
    with pytest.raises(Rejected):
        await console.desk.log_in("viewer.one", PASSWORD, guesser)
    assert (await console.desk.log_in("viewer.one", PASSWORD, HERE)).account.name == "viewer.one"


async def test_last_administrator_can_be_neither_locked_nor_made_something_else(console: Console) -> None:
    administrator = await console.desk.named("administrator.one")
    for attempt in (
        console.desk.set_locked("administrator.one", True, ACT),
        console.desk.change(replace(administrator, role=Role.VIEWER), ACT, small_axis()),
    ):
        with pytest.raises(Rejected) as error:
            await attempt
        assert error.value.code == "TRUC-465"
    await console.add(Role.ADMINISTRATOR, "another")
    await console.desk.set_locked("administrator.one", True, ACT)


async def test_user_of_an_agency_has_one_that_this_node_serves(console: Console) -> None:
    for code in ("", "XYZ", CENTRAL_OFFICE):
        wanted = Account(name="vanthu", role=Role.AGENCY, agency=AgencyCode(code))
        with pytest.raises(Rejected) as error:
            await console.desk.add(wanted, ACT, small_axis())
        assert error.value.code == "TRUC-808"
    wanted = Account(name="vanthu", role=Role.AGENCY, agency=PROVINCE_OFFICE)
    await console.desk.add(wanted, ACT, small_axis())
    assert (await console.desk.named("vanthu")).agency == PROVINCE_OFFICE


async def test_nobody_else_keeps_an_agency(console: Console) -> None:
    wanted = Account(name="agency.one", role=Role.VIEWER, agency=PROVINCE_OFFICE)
    await console.desk.change(wanted, ACT, small_axis())
    assert (await console.desk.named("agency.one")).agency is None


@pytest.mark.parametrize("name", ["", "a", "có dấu", "-x", "x" * 65, "a b", "a\nb", "<b>", "../x"])
def test_name_that_could_be_mistaken_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as error:
        checked_name(name)
    assert error.value.code == "TRUC-462"


async def test_name_is_given_out_once(console: Console) -> None:
    with pytest.raises(Rejected) as error:
        await console.desk.add(Account(name="VIEWER.one", role=Role.VIEWER), ACT, small_axis())
    assert error.value.code == "TRUC-463"


async def test_reset_ends_sessions_and_gives_a_password_that_must_be_changed(console: Console) -> None:
    made = await console.desk.log_in("viewer.one", PASSWORD, HERE)
    password = await console.desk.reset("viewer.one", ACT)
    assert await console.store.session(made.session.digest) is None
    assert (await console.desk.log_in("viewer.one", password, HERE)).account.must_change


async def test_reset_forgets_codes_that_were_shown_to_whoever_had_the_account(console: Console) -> None:
    shown = await console.desk.show_totp(await console.desk.named("viewer.one"), "here", ACT)
    await console.desk.reset("viewer.one", ACT)
    account = await console.desk.named("viewer.one")
    assert account.sealed_new_totp == ""
    assert await console.desk.show_totp(account, "here", ACT) != shown


async def test_what_is_told_of_an_account_cannot_be_used(console: Console) -> None:
    told = told_of(await console.desk.named("administrator.one"), START)
    assert told["one_time_codes"] is True
    assert not [value for value in map(str, told.values()) if "$" in value or "gAAA" in value]


def test_places_that_wait_are_told_of_their_account_only() -> None:
    waits = [LoginWait("lan", "10.0.0.1", START), LoginWait("binh", "10.0.0.2", START)]
    told = told_of(Account(name="lan", role=Role.VIEWER), START, waits)
    assert (told["waits"], told["waits_at"]) == (False, ["10.0.0.1"])


async def test_long_passwords_cost_no_more_than_long_ones(console: Console) -> None:
    assert await refused(console, "viewer.one", "x" * 100_000) == "TRUC-460"
    assert passwords.LONGEST < 1_000

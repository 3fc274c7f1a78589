from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from gateway.accounts import totp

# RFC 6238, appendix B: the secret of the examples, and what they show of it (their last six digits).
SECRET = base64.b32encode(b"12345678901234567890").decode()
EXAMPLES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.parametrize("seconds", EXAMPLES)
def test_codes_are_those_of_the_standard(seconds: int) -> None:
    assert totp.code_at(SECRET, seconds // totp.STEP_SECONDS) == EXAMPLES[seconds]


def test_code_counts_for_a_clock_that_is_half_a_minute_off_and_no_more() -> None:
    at = datetime.fromtimestamp(1111111109, UTC)
    step = 1111111109 // totp.STEP_SECONDS
    for minutes_off, found in ((-30, step), (0, step), (30, step), (61, None), (-61, None)):
        assert totp.step_of(SECRET, "081 804", at + timedelta(seconds=minutes_off)) == found


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "287083", "'; --"])
def test_rubbish_is_no_code(typed: str) -> None:
    assert totp.step_of(SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_secret_is_new_each_time_and_long_enough() -> None:
    first, second = totp.new_secret(), totp.new_secret()
    assert first != second
    assert len(base64.b32decode(first)) == 20


def test_address_is_one_that_apps_read() -> None:
    address = totp.address_of(SECRET, "lan.nguyen", "Truc H14")
    assert address == f"otpauth://totp/Truc%20H14%3Alan.nguyen?secret={SECRET}&issuer=Truc%20H14"

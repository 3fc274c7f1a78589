"""
Tokens: good for half an hour, for the system that got them, and no longer than its secret.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from adapters.lgsp.tokens import LIFE, issue, key_behind, system_named
from gateway.core.model import AgencyCode
from gateway.ports import Credential, SystemKey

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY = SystemKey(Credential("k1", "x", frozenset({AgencyCode("H37")}), system_id="H37.DN.001"), "bi mat")
OTHER = SystemKey(replace(KEY.credential, key_id="k2"), "bi mat khac")


def test_token_leads_back_to_its_key() -> None:
    token = issue(KEY, NOW)
    assert system_named(token) == "H37.DN.001"
    assert key_behind(token, [OTHER, KEY], NOW) == KEY


def test_token_lives_for_half_an_hour_by_the_nodes_clock() -> None:
    token = issue(KEY, NOW)
    assert timedelta(minutes=30) == LIFE
    assert key_behind(token, [KEY], NOW + LIFE - timedelta(seconds=1)) == KEY
    assert key_behind(token, [KEY], NOW + LIFE) is None


def test_token_ends_with_its_secret() -> None:
    assert key_behind(issue(KEY, NOW), [OTHER], NOW) is None
    assert key_behind(issue(KEY, NOW), [], NOW) is None


def test_token_of_another_system_with_the_same_secret_is_none() -> None:
    twin = SystemKey(replace(KEY.credential, system_id="H37.DN.002"), KEY.secret)
    assert key_behind(issue(KEY, NOW), [twin], NOW) is None


def test_secret_itself_signs_no_token() -> None:
    claims = {"sub": "H37.DN.001", "exp": int(NOW.timestamp()) + 60}
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        forged = jwt.encode(claims, KEY.secret, "HS256")
    assert key_behind(forged, [KEY], NOW) is None


@pytest.mark.parametrize(
    "claims",
    [{"sub": "H37.DN.001"}, {"exp": 9_999_999_999}, {"sub": 7, "exp": "x"}, {"sub": "x", "exp": None}],
)
def test_unsigned_token_is_none(claims: dict[str, object]) -> None:
    forged = jwt.encode(claims, "", "none")
    assert key_behind(forged, [KEY], NOW) is None


@pytest.mark.parametrize("rubbish", ["", ".", "..", "a.b.c", "x" * 10_000, "ey" * 500, "é.é.é", "\x00"])
def test_rubbish_is_no_token(rubbish: str) -> None:
    assert system_named(rubbish) == ""
    assert key_behind(rubbish, [KEY], NOW) is None

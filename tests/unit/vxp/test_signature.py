"""
Signed headers: every request of the real SDK is believed, and what was touched is not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from gateway.vxp.parameters import read_codes, write_codes
from gateway.vxp.signature import Doubt, sign, system_id, verify, write_timestamp
from tests.kit.capture import SECRET, SYSTEM_ID, captured

SIGN, HASH, FROM = "XroadVnpt-sign-header", "XroadVnpt-hash-header", "XroadVnpt-from"
Headers = CIMultiDict[str]


def signed(secret: str = SECRET, **more: str) -> Headers:
    said = {"systemid": SYSTEM_ID, "timestamp": "22112026T030709+0213", "Content-Type": "application/json"}
    return CIMultiDict(sign({**said, **more}, secret))


def resigned(headers: Headers, text: str, secret: str = SECRET) -> Headers:
    """The headers with another sign-header, rightly signed."""
    headers[SIGN] = text
    headers[HASH] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return headers


@pytest.mark.parametrize("number", range(14))
def test_request_of_the_sdk_is_believed(number: int) -> None:
    call = captured()[number]
    headers = CIMultiDict(call.headers)
    verified = verify(headers, [SECRET])
    assert (verified.doubt, verified.secret) == (None, 0)
    assert dict(verified.parameters) == call.parameters
    assert system_id(headers) == SYSTEM_ID


@pytest.mark.parametrize("number", range(14))
def test_we_sign_a_call_to_the_very_byte_as_the_sdk_does(number: int) -> None:
    call = captured()[number]
    ours = sign(call.parameters, SECRET)
    assert {name: call.header(name) for name in ours} == ours


def test_both_secrets_live_while_they_are_changed() -> None:
    headers = signed("new")
    assert verify(headers, ["old", "new"]).secret == 1
    assert verify(headers, ["new", "old"]).secret == 0
    assert verify(headers, ["old"]).doubt is Doubt.WRONG


@pytest.mark.parametrize("secrets", [[], [""]])
def test_system_without_a_secret_is_never_believed(secrets: list[str]) -> None:
    assert verify(signed(""), secrets).doubt is Doubt.WRONG


@pytest.mark.parametrize("name", ["systemid", "sign-header", "hash-header"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_header_is_named(name: str, value: str | None) -> None:
    headers = signed()
    del headers[f"XroadVnpt-{name}"]
    if value is not None:
        headers[f"XroadVnpt-{name}"] = value
    verified = verify(headers, [SECRET])
    assert (verified.doubt, verified.name) == (Doubt.MISSING, f"XroadVnpt-{name}")


def test_no_header_at_all_is_a_missing_one() -> None:
    assert verify({}, [SECRET]).doubt is Doubt.MISSING
    assert system_id({}) == ""


def test_digest_in_capital_letters_is_the_same() -> None:
    headers = signed()
    headers[HASH] = headers[HASH].upper()
    assert verify(headers, [SECRET]).doubt is None


@pytest.mark.parametrize("wrong", ["0" * 64, "x", "ÿ" * 64, "\udcff", "\ud800x"])
def test_wrong_digest_is_not_believed(wrong: str) -> None:
    headers = signed()
    headers[HASH] = wrong
    assert verify(headers, [SECRET]).doubt is Doubt.WRONG


def test_header_changed_on_the_way_is_named() -> None:
    headers = signed(**{"from": "000.00.00.H14"})
    headers[FROM] = "000.00.00.H41"
    verified = verify(headers, [SECRET])
    assert (verified.doubt, verified.name) == (Doubt.DIFFERS, FROM)
    del headers[FROM]
    assert verify(headers, [SECRET]).name == FROM
    assert not verified.parameters


def test_header_that_comes_twice_must_say_twice_what_was_signed() -> None:
    headers = signed(docId="1")
    headers.add("xroadvnpt-docid", "1")
    assert verify(headers, [SECRET]).doubt is None
    headers.add("xroadvnpt-docid", "2")
    assert verify(headers, [SECRET]).doubt is Doubt.DIFFERS


@pytest.mark.parametrize("sent", [("1", "2"), ("2", "1"), ("1",), ("2",)])
def test_name_that_was_signed_in_two_spellings_has_both_values(sent: tuple[str, ...]) -> None:
    headers = signed(docId="1")
    told = json.loads(headers[SIGN]) | {"XroadVnpt-docid": "2"}
    del headers["XroadVnpt-docId"]
    for value in sent:
        headers.add("XroadVnpt-docId", value)
    verified = verify(resigned(headers, json.dumps(told)), [SECRET])
    assert verified.doubt is None
    assert (verified.parameters["docId"], verified.parameters["docid"]) == ("1", "2")


def test_header_that_was_not_signed_says_nothing() -> None:
    headers = signed()
    headers[FROM] = "000.00.00.H14"
    assert "from" not in verify(headers, [SECRET]).parameters


def test_system_that_is_not_signed_is_not_believed() -> None:
    text = '{"XroadVnpt-timestamp":"22112026T030709+0213"}'
    verified = verify(resigned(signed(), text), [SECRET])
    assert (verified.doubt, verified.name) == (Doubt.MISSING, "XroadVnpt-systemid")


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "null",
        '"x"',
        "{",
        '{"XroadVnpt-systemid":null}',
        '{"XroadVnpt-systemid":{}}',
        "[" * 100_000,
    ],
)
def test_sign_header_that_is_no_flat_object_is_told_apart(text: str) -> None:
    assert verify(resigned(signed(), text), [SECRET]).doubt is Doubt.NOT_JSON


def test_order_spaces_and_case_of_the_sign_header_are_the_callers_own() -> None:
    headers = signed(docId="1")
    told = json.loads(headers[SIGN])
    text = json.dumps({name.upper(): value for name, value in reversed(told.items())}, indent=1)
    verified = verify(resigned(headers, text.replace("\n", " ")), [SECRET])
    assert verified.doubt is None
    assert verified.parameters["docid"] == "1"


def test_number_in_the_sign_header_is_its_text() -> None:
    text = f'{{"XroadVnpt-systemid":"{SYSTEM_ID}","XroadVnpt-pageSize":50}}'
    headers = resigned(signed(pageSize="50"), text)
    assert verify(headers, [SECRET]).parameters["pageSize"] == "50"


def test_list_of_ten_thousand_recipients_is_signed_and_read_again() -> None:
    codes = [f"{n:03}.00.{n % 90:02}.H14" for n in range(10_000)]
    headers = signed(to=write_codes(codes))
    assert '\\"' in headers[SIGN]
    assert read_codes(verify(headers, [SECRET]).parameters["to"]) == tuple(codes)


def test_two_megabytes_of_rubbish_are_refused() -> None:
    headers = signed()
    headers[SIGN] = '{"' * 1024 * 1024
    assert verify(headers, [SECRET]).doubt is Doubt.WRONG


@pytest.mark.parametrize("value", ["a\r\nXroadVnpt-from: b", "Đến", "a\tb", "\x00"])
def test_value_that_is_no_header_text_is_not_signed(value: str) -> None:
    with pytest.raises(ValueError, match="docId"):
        signed(docId=value)


@pytest.mark.parametrize("missing", ["systemid", "timestamp", "Content-Type"])
def test_call_without_what_is_always_there_is_not_signed(missing: str) -> None:
    said = {"systemid": "a", "timestamp": "b", "Content-Type": "c"}
    del said[missing]
    with pytest.raises(ValueError):
        sign(said, SECRET)


def test_timestamp_is_vietnams_with_milliseconds_where_a_zone_seems_to_be() -> None:
    at = datetime(2026, 11, 21, 20, 7, 9, 213_999, tzinfo=UTC)
    assert write_timestamp(at) == "22112026T030709+0213"
    assert write_timestamp(at.replace(microsecond=5_000)) == "22112026T030709+0005"


@pytest.mark.parametrize("touch", [str.lower, str.upper, str.swapcase])
def test_case_of_header_names_does_not_matter(touch: Callable[[str], str]) -> None:
    headers = CIMultiDict((touch(name), value) for name, value in signed().items())
    assert verify(headers, [SECRET]).doubt is None

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.syslog import SyslogForm, counted
from gateway.ports import JournalRow
from tests.kit.clock import START

ROW = JournalRow(
    number=7,
    at=START,
    event="letter.accepted",
    letter_id="01957000-0000-7000-8000-000000000001",
    target="link:G22",
    code="",
    detail={"by": "lan", "reason": "Kiểm tra theo đơn"},
    sha256="ab" * 32,
)
FORM = SyslogForm("H14")

# RFC 5424, section 6, for messages without structured data
GRAMMAR = re.compile(
    rb"<(?P<pri>[0-9]{1,3})>(?P<version>[1-9][0-9]{0,2})"
    rb" (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,6}(?:Z|[+-][0-9]{2}:[0-9]{2}))"
    rb" (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<process>[!-~]{1,128}) (?P<id>[!-~]{1,32}) -"
    rb"(?: (?P<text>.*))?",
    re.DOTALL,
)


def parsed(message: bytes) -> dict[str, bytes]:
    found = GRAMMAR.fullmatch(message)
    assert found is not None, message
    return found.groupdict()


def test_line_becomes_a_message_of_the_grammar() -> None:
    told = parsed(FORM.message(ROW))
    assert told["pri"] == b"110"  # facility 13, informational
    assert (told["version"], told["host"], told["app"], told["id"]) == (
        b"1",
        b"H14",
        b"truc",
        b"letter.accepted",
    )
    assert told["at"] == b"2026-03-02T01:30:00.000000Z"
    text = json.loads(told["text"])
    assert text["detail"]["reason"] == "Kiểm tra theo đơn"
    assert (text["number"], text["sha256"], text["node"]) == (7, "ab" * 32, "H14")


def test_line_with_an_error_code_is_a_warning() -> None:
    assert parsed(FORM.message(replace(ROW, code="TRUC-501")))["pri"] == b"108"


@given(
    event=st.text(max_size=60),
    node=st.text(max_size=300),
    reason=st.text(max_size=200),
    facility=st.integers(0, 23),
)
def test_any_text_keeps_the_grammar_and_stays_one_line(
    event: str, node: str, reason: str, facility: int
) -> None:
    row = replace(ROW, event=event, detail={"reason": reason})
    message = SyslogForm(node, facility).message(row)
    told = parsed(message)
    assert 0 <= int(told["pri"]) <= 191
    assert b"\n" not in message
    assert json.loads(told["text"])["detail"]["reason"] == reason


def test_message_that_is_too_long_keeps_its_number_and_digest() -> None:
    row = replace(ROW, detail={"agencies": ["000.00.00.H14"] * 10_000})
    message = SyslogForm("H14", most=2_000).message(row)
    assert len(message) <= 2_000
    text = json.loads(parsed(message)["text"])
    assert (text["number"], text["detail"]) == (7, {"left_out": True})


@pytest.mark.parametrize("message", [b"", b"a", b"x" * 1_000])
def test_octets_are_counted(message: bytes) -> None:
    length, _, rest = counted(message).partition(b" ")
    assert int(length) == len(rest)
    assert rest == message

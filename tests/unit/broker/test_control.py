from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.canonical import canonical, read_canonical
from gateway.broker.control import (
    Hello,
    HopRequest,
    Hops,
    Message,
    MissingRanges,
    Progress,
    Receipt,
    Refusal,
    Unread,
    agree,
    read_message,
)
from gateway.broker.edition_messages import EditionPiece, EditionRequest, EditionsHeld
from gateway.core.delivery import State
from gateway.core.editions import Held
from gateway.core.model import NodeId
from gateway.core.tracking import HopEvent
from tests.unit.broker.letters import LETTER, ORIGIN
from tests.unit.broker.unhurried import UNHURRIED

AT = datetime(2026, 11, 22, 5, 33, 0, 250_000, tzinfo=UTC)
H14, G22 = NodeId("H14"), NodeId("G22")
TRYING_AGAIN = HopEvent(LETTER, H14, "link:G22", State.QUEUED, AT, "TRUC-504", AT + timedelta(seconds=20))
HANDED_OVER = HopEvent(LETTER, H14, "agency:000.00.00.H14", State.DELIVERED, AT)
MESSAGES: list[Message] = [
    Receipt(LETTER, ORIGIN, "ab" * 32, H14, AT),
    MissingRanges(LETTER, ORIGIN, "0:0-1048576;2:0-500"),
    MissingRanges(LETTER, ORIGIN, ""),
    Progress(LETTER, ORIGIN, "1:0-4194304"),
    Refusal(LETTER, ORIGIN, "TRUC-503", H14, AT),
    Hops.of(ORIGIN, [TRYING_AGAIN, HANDED_OVER]),
    HopRequest((H14, G22), LETTER, ORIGIN),
    Hello(H14, (1, 2), "0.1.0"),
    EditionsHeld((Held(G22, 3, "ab" * 32),), ("", "H14")),
    EditionsHeld((Held(G22, 3, "ab" * 32),), None),
    EditionRequest(H14, 3, 32768),
    EditionPiece(H14, 3, 10, 20, 5, b"\x00\xff"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.type)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert read_message(read_canonical(canonical(message.to_wire()))) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.type)
def test_a_message_without_one_of_its_fields_is_kept_unread(message: Message) -> None:
    body = message.to_wire()
    for field in body:
        read = read_message({key: value for key, value in body.items() if key != field})
        assert isinstance(read, Unread), field
        assert field in read.reason


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.type)
def test_further_fields_of_a_later_release_are_ignored(message: Message) -> None:
    assert read_message({**message.to_wire(), "colour": "red"}) == message


@UNHURRIED
@given(
    message=st.sampled_from(MESSAGES),
    value=st.none()
    | st.integers()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.none()),
    pick=st.randoms(use_true_random=False),
)
def test_no_value_of_any_field_does_harm(message: Message, value: Any, pick: Any) -> None:
    body = message.to_wire()
    body[pick.choice(sorted(body))] = value
    read = read_message(body)
    assert not isinstance(read, Unread) or read.reason


@pytest.mark.parametrize("value", [None, 3, "taken", [], {}, {"type": None}, {"type": ["taken"]}])
def test_what_is_no_message_is_kept_unread(value: Any) -> None:
    assert isinstance(read_message(value), Unread)


def test_an_unread_message_travels_on_as_it_came() -> None:
    body = {"type": "greeting", "to": "H14"}
    assert read_message(body) == Unread(body, "unknown type 'greeting'")
    assert read_message(body).to_wire() == body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("manifest_sha256", "AB" * 32),
        ("node", "H14/.."),
        ("at", "2026-11-22T05:33:00Z"),
        ("letter_id", "not-a-uuid"),
    ],
)
def test_a_receipt_with_a_field_in_another_form_is_kept_unread(field: str, value: str) -> None:
    assert isinstance(read_message({**MESSAGES[0].to_wire(), field: value}), Unread)


def test_a_refusal_names_a_code_of_the_catalogue() -> None:
    assert isinstance(read_message({**MESSAGES[4].to_wire(), "code": "because"}), Unread)


def test_held_ranges_that_make_no_sense_are_kept_unread() -> None:
    for message in (MESSAGES[1], MESSAGES[3]):
        assert isinstance(read_message({**message.to_wire(), "held": "0:5-3"}), Unread)


# --- hop events ----------------------------------------------------------------------------------


def test_hop_events_come_back() -> None:
    assert Hops.of(ORIGIN, [TRYING_AGAIN, HANDED_OVER]).read() == (TRYING_AGAIN, HANDED_OVER)


def test_a_hop_event_of_a_later_release_is_forwarded_and_not_read() -> None:
    later = {**Hops.of(ORIGIN, [HANDED_OVER]).events[0], "state": "teleported"}
    known = {**Hops.of(ORIGIN, [TRYING_AGAIN]).events[0], "speed": 7}
    hops = read_message({"type": "hops", "to": ORIGIN, "events": [later, known]})
    assert isinstance(hops, Hops)
    assert hops.to_wire()["events"] == [later, known]
    assert hops.read() == (TRYING_AGAIN,)


@pytest.mark.parametrize(
    ("field", "value"), [("letter_id", "x"), ("node", "../x"), ("at", None), ("target", 5)]
)
def test_a_hop_event_that_cannot_be_is_left_out(field: str, value: Any) -> None:
    event = {**Hops.of(ORIGIN, [HANDED_OVER]).events[0], field: value}
    assert Hops(ORIGIN, (event,)).read() == ()


def test_events_are_objects() -> None:
    assert isinstance(read_message({"type": "hops", "to": ORIGIN, "events": [1]}), Unread)


# --- versions ------------------------------------------------------------------------------------


def test_neighbours_speak_the_highest_version_that_both_know() -> None:
    assert agree((1, 2, 3), (1, 2)) == 2
    assert agree((1,), (1, 2)) == 1


def test_neighbours_without_a_version_in_common_do_not_speak() -> None:
    assert agree((3,), (1, 2)) is None
    assert agree((1,), ()) is None

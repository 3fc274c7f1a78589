from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.canonical import canonical, read_canonical
from gateway.broker.control import Unread, read_message
from gateway.broker.edition_messages import HELD_AT_ONCE, PIECE, EditionPiece, EditionsHeld
from gateway.broker.frames import MAX_PAYLOAD
from gateway.broker.packing import CONTROL_BATCH
from gateway.core.editions import Held
from gateway.core.model import NodeId
from tests.unit.broker.unhurried import UNHURRIED

SHA256 = "ab" * 32


def held(*names: str) -> list[Held]:
    return [Held(NodeId(name), 3, SHA256) for name in names]


def test_question_without_anything_asks_for_everything() -> None:
    (question,) = EditionsHeld.question([])
    assert (question.held, question.span) == ((), ("", ""))
    assert all(question.asks_about(name) for name in ("0", "H14", "z.9"))


@UNHURRIED
@given(
    names=st.sets(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True), max_size=3 * HELD_AT_ONCE
    ),
    asked=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True),
)
def test_spans_lie_side_by_side(names: set[str], asked: str) -> None:
    """Whatever the signer, exactly one message asks about it, and that one says whether it is held."""
    messages = list(EditionsHeld.question(held(*names)))
    assert [each.signer for message in messages for each in message.held] == sorted(names)
    for name in (asked, *list(names)[:20]):
        asking = [message for message in messages if message.asks_about(name)]
        assert len(asking) == 1
        assert (name in names) == (name in [each.signer for each in asking[0].held])


def test_news_ask_for_nothing() -> None:
    names = [f"H{number}" for number in range(HELD_AT_ONCE + 1)]
    messages = list(EditionsHeld.news(held(*names)))
    assert [len(message.held) for message in messages] == [HELD_AT_ONCE, 1]
    assert not any(message.asks_about("H1") for message in messages)
    assert list(EditionsHeld.news([])) == []


def test_longest_messages_fit_a_frame() -> None:
    longest = [Held(NodeId(f"{number:064}"), 2**53 - 1, SHA256) for number in range(HELD_AT_ONCE)]
    (question,) = EditionsHeld.question(longest)
    assert len(canonical([question.to_wire()])) < 2 * CONTROL_BATCH < MAX_PAYLOAD
    piece = EditionPiece(NodeId("9" * 64), 2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1, b"\xff" * PIECE)
    assert len(canonical([piece.to_wire()])) < CONTROL_BATCH


@UNHURRIED
@given(st.binary(max_size=100))
def test_bytes_of_a_piece_come_back(data: bytes) -> None:
    piece = EditionPiece(NodeId("H14"), 1, 2, 3, 4, data)
    assert read_message(read_canonical(canonical(piece.to_wire()))) == piece


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data", "%%%"),
        ("data", "abc"),
        ("data", "ü"),
        ("data", None),
        ("offset", -1),
        ("signer", "../H14"),
        ("size", "3"),
    ],
)
def test_piece_in_another_form_is_kept_unread(key: str, value: object) -> None:
    body = EditionPiece(NodeId("H14"), 1, 2, 3, 4, b"abc").to_wire()
    assert isinstance(read_message({**body, key: value}), Unread)


@pytest.mark.parametrize(
    "changed",
    [
        {"span": ["a"]},
        {"span": ["a", "b", "c"]},
        {"span": [1, 2]},
        {"span": ["/", ""]},
        {"span": "ab"},
        {"held": [1]},
        {"held": [{"signer": "H14", "edition": 1, "sha256": "AB"}]},
        {"held": {"H14": 1}},
    ],
)
def test_holdings_in_another_form_are_kept_unread(changed: dict[str, object]) -> None:
    (question,) = EditionsHeld.question(held("H14"))
    assert isinstance(read_message({**question.to_wire(), **changed}), Unread)

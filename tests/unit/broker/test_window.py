from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.broker.frames import MAX_PAYLOAD, MIB
from gateway.broker.window import PROGRESS_SIZE, WINDOW_SIZE, Room, Window
from gateway.core.model import LetterId
from tests.unit.broker.unhurried import STEPWISE

A, B, C = LetterId("a"), LetterId("b"), LetterId("c")


def test_an_empty_window_has_room_for_64_letters_or_8_mib() -> None:
    assert Window().room() == (64, 8 * MIB)


def test_what_is_published_takes_room_until_it_is_released() -> None:
    window = Window(letters=4, size=1000)
    window.add(A, 300)
    assert window.room() == Room(3, 700)
    window.release(A)
    assert window.room() == Room(4, 1000)


def test_what_the_neighbour_holds_takes_no_room() -> None:
    window = Window(size=1000)
    window.add(A, 300)
    window.progress(A, 200)
    assert window.size == 100
    assert window.room().size == 900


def test_an_older_report_that_comes_late_changes_nothing() -> None:
    window = Window(size=1000)
    window.add(A, 300)
    window.progress(A, 200)
    window.progress(A, 50)
    assert window.size == 100


def test_a_report_of_more_than_was_sent_makes_no_room_out_of_nothing() -> None:
    window = Window(size=1000)
    window.add(A, 300)
    window.add(B, 100)
    window.progress(A, 5000)
    assert window.size == 100


def test_after_a_cut_only_the_rest_takes_room() -> None:
    window = Window(size=1000)
    window.add(A, 100, held=5000)
    assert window.size == 100
    window.add(A, 100)
    window.progress(A, 5100)
    assert window.size == 100


def test_without_room_for_bytes_there_is_none_for_letters_and_the_other_way_round() -> None:
    full = Window(letters=4, size=1000)
    full.add(A, 500)
    full.add(B, 500)
    assert full.room() == Room(0, 0)
    many = Window(letters=2, size=1000)
    many.add(A, 1)
    many.add(B, 1)
    assert many.room() == Room(0, 0)


def test_a_letter_larger_than_half_the_window_goes_piece_by_piece() -> None:
    window = Window(size=1000)
    assert not window.big(500)
    assert window.big(501)
    assert window.half == 500


def test_a_big_letter_leaves_half_the_window_to_small_ones() -> None:
    window = Window(size=1000)
    window.add(A, 300_000)
    assert window.room().size == 500


@pytest.mark.parametrize("idle", [Window.release, lambda w, letter: w.progress(letter, 5)])
def test_word_of_a_letter_that_is_not_on_its_way_changes_nothing(idle: object) -> None:
    window = Window(size=1000)
    window.add(A, 300)
    assert callable(idle)
    idle(window, B)
    assert window.room() == Room(63, 700)


def test_a_big_letter_never_waits_for_news_that_nobody_sends() -> None:
    """News comes every PROGRESS_SIZE at the latest; the sender may be that much and a frame ahead of it."""
    assert PROGRESS_SIZE + MAX_PAYLOAD <= WINDOW_SIZE // 2


class WindowAgainstBookkeeping(RuleBasedStateMachine):
    """Whatever happens, room is what is left of the limits by plain bookkeeping."""

    letters = st.sampled_from([A, B, C])

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(letters=3, size=1000)
        self.sent: dict[LetterId, int] = {}
        self.held: dict[LetterId, int] = {}

    @rule(letter=letters, size=st.integers(1, 200))
    def add(self, letter: LetterId, size: int) -> None:
        self.window.add(letter, size)
        self.sent[letter] = self.sent.get(letter, 0) + size

    @rule(letter=letters, held=st.integers(0, 600))
    def progress(self, letter: LetterId, held: int) -> None:
        self.window.progress(letter, held)
        if letter in self.sent:
            self.held[letter] = max(self.held.get(letter, 0), held)

    @rule(letter=letters)
    def release(self, letter: LetterId) -> None:
        self.window.release(letter)
        self.sent.pop(letter, None)
        self.held.pop(letter, None)

    @invariant()
    def room_is_what_is_left(self) -> None:
        size = sum(min(max(sent - self.held.get(x, 0), 0), 500) for x, sent in self.sent.items())
        letters, left = 3 - len(self.sent), 1000 - size
        assert self.window.room() == (Room(letters, left) if letters > 0 and left > 0 else Room(0, 0))


TestWindowAgainstBookkeeping = WindowAgainstBookkeeping.TestCase
TestWindowAgainstBookkeeping.settings = STEPWISE

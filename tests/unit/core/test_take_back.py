from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.delivery import LEGAL, Delivery, State, TakenBack, Target
from gateway.core.model import AgencyCode
from gateway.core.take_back import STOPPABLE, Standing, ends_here, to_stop
from tests.kit.builders import CENTRAL, PROVINCE_OFFICE, delivery, stored_letter

A, B = AgencyCode("A"), AgencyCode("B")


def at_door(**changed: object) -> Delivery:
    return replace(delivery(stored_letter(1), Target(agency=PROVINCE_OFFICE)), **changed)  # type: ignore[arg-type]


def over_link(**changed: object) -> Delivery:
    return replace(delivery(stored_letter(1), Target(neighbour=CENTRAL)), **changed)  # type: ignore[arg-type]


def test_letter_that_was_never_tried_can_be_stopped() -> None:
    assert Standing(over_link(), frozenset({A})).can_stop


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD])
def test_letter_that_was_tried_once_may_have_left_whatever_its_state(state: State) -> None:
    """A confirm that got lost looks like a try that failed."""
    assert not Standing(over_link(state=state, attempts=1), frozenset({A})).can_stop


def test_what_lay_at_the_door_unseen_can_be_stopped_though_it_was_tried() -> None:
    waiting = at_door(state=State.WAITING, attempts=1)
    assert Standing(waiting, frozenset({A}), lay_at_door=True).can_stop
    assert not Standing(waiting, frozenset({A}), lay_at_door=True, was_seen=True).can_stop


def test_what_is_being_given_just_now_is_not_stopped() -> None:
    assert not {State.TRYING, State.SENT, State.TAKEN, State.DELIVERED} & STOPPABLE
    assert LEGAL[State.TRYING][TakenBack] is State.TRYING


def test_copy_for_two_is_stopped_only_if_both_are_taken_back_from() -> None:
    copy = Standing(over_link(), frozenset({A, B}))
    assert to_stop([copy], {A}) == ()
    assert to_stop([copy], {A, B}) == (copy,)


def test_copy_for_nobody_known_is_not_stopped() -> None:
    assert to_stop([Standing(over_link(), frozenset())], {A}) == ()


def test_13_ends_at_the_last_node_before_its_letter_and_not_before() -> None:
    assert ends_here([None], is_last=True)
    assert not ends_here([None], is_last=False)


def test_13_without_letters_never_ends_on_the_way() -> None:
    assert not ends_here([], is_last=True)


def test_13_goes_on_while_any_of_its_letters_may_arrive() -> None:
    stopped = Standing(over_link(state=State.STOPPED), frozenset({A}))
    moving = Standing(over_link(attempts=1), frozenset({A}))
    assert ends_here([[stopped]], is_last=False)
    assert not ends_here([[stopped], [moving]], is_last=True)
    assert not ends_here([[]], is_last=True), "here, but not for this recipient"


def test_what_was_returned_untried_is_over_and_what_was_tried_may_have_arrived() -> None:
    assert Standing(at_door(state=State.RETURNED), frozenset({A})).never_will
    assert not Standing(at_door(state=State.RETURNED, attempts=2), frozenset({A})).never_will

"""
The checker of histories: a checker that can't fail would make every fault run a decoration.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.kit.history import (
    Accepted,
    Acknowledged,
    Event,
    Fetched,
    History,
    Listed,
    Owed,
    Refused,
    check,
)

SENDER, RECIPIENT, OTHER = "000.20.40.H14", "000.20.35.H21", "000.24.35.H21"
SENT = Accepted("letter-1", SENDER, RECIPIENT, "aa" * 32)
LISTED = Listed(RECIPIENT, "letter-1")
FETCHED = Fetched(RECIPIENT, "letter-1", "aa" * 32)
ACKNOWLEDGED = Acknowledged(RECIPIENT, "letter-1")
GOOD: tuple[Event, ...] = (SENT, LISTED, FETCHED, ACKNOWLEDGED)


def found(*events: Event) -> dict[str, int]:
    """How many of each fault the checker finds, those of which there are none left out."""
    return {name: len(letters) for name, letters in check(events).faults.items() if letters}


def test_good_history_holds() -> None:
    verdict = check(GOOD, seed=7)
    assert verdict.holds
    assert verdict.exit_code == 0
    assert verdict.line == (
        "seed 7, accepted 1, delivered 1, lost 0, doubled 0, changed 0, astray 0, mute 0, broken 0"
    )


def test_letter_that_nobody_saw_is_lost() -> None:
    verdict = check([SENT])
    assert found(SENT) == {"lost": 1}
    assert verdict.delivered == 0
    assert not verdict.holds
    assert verdict.exit_code == 1


def test_letter_whose_acknowledgement_was_never_answered_counts_as_lost() -> None:
    assert found(SENT, LISTED, FETCHED) == {"lost": 1}


def test_letter_acknowledged_unseen_counts_as_lost() -> None:
    assert found(SENT, LISTED, ACKNOWLEDGED) == {"lost": 1}


def test_letter_that_another_agency_got_is_lost_and_astray() -> None:
    events = (SENT, Listed(OTHER, "letter-1"), Fetched(OTHER, "letter-1", "aa" * 32))
    assert found(*events, Acknowledged(OTHER, "letter-1")) == {"lost": 1, "astray": 1}


def test_each_recipient_of_a_letter_counts() -> None:
    assert found(*GOOD, replace(SENT, recipient=OTHER)) == {"lost": 1}


def test_letter_shown_again_before_its_acknowledgement_is_no_double() -> None:
    assert found(SENT, LISTED, FETCHED, LISTED, FETCHED, ACKNOWLEDGED) == {}


def test_letter_shown_again_after_its_acknowledgement_is_doubled() -> None:
    assert found(*GOOD, LISTED) == {"doubled": 1}


def test_acknowledgement_of_another_agency_makes_no_double() -> None:
    assert found(SENT, Acknowledged(OTHER, "letter-1"), LISTED, FETCHED, ACKNOWLEDGED) == {}


def test_letter_under_a_second_id_is_doubled() -> None:
    twin = (Listed(RECIPIENT, "letter-2"), Fetched(RECIPIENT, "letter-2", "aa" * 32))
    assert found(*GOOD, *twin) == {"doubled": 1, "astray": 1}


def test_letter_with_other_bytes_is_changed() -> None:
    assert found(SENT, LISTED, replace(FETCHED, sha256="bb" * 32), ACKNOWLEDGED) == {"changed": 1}


def test_letter_that_nobody_sent_is_astray() -> None:
    assert found(*GOOD, Listed(RECIPIENT, "letter-9")) == {"astray": 1}


def test_letter_answered_after_it_arrived_is_not_astray() -> None:
    assert found(LISTED, FETCHED, ACKNOWLEDGED, SENT) == {}


def test_refusal_without_a_code_is_mute() -> None:
    assert found(*GOOD, Refused(SENDER, "", "HTTP 500")) == {"mute": 1}


def test_refusal_with_a_code_is_an_answer() -> None:
    assert found(*GOOD, Refused(SENDER, "TRUC-101")) == {}


STATUS = (
    Owed(SENDER, "01 of letter-1"),
    Listed(SENDER, "status-1", is_status=True),
    Fetched(SENDER, "status-1", "cc" * 32, "01 of letter-1"),
    Acknowledged(SENDER, "status-1"),
)


def test_status_of_the_axis_that_arrived_is_neither_astray_nor_lost() -> None:
    assert found(*GOOD, *STATUS) == {}


def test_status_of_the_axis_that_never_came_is_lost() -> None:
    assert found(*GOOD, STATUS[0]) == {"lost": 1}


def test_status_made_twice_is_doubled() -> None:
    again = (
        Listed(SENDER, "status-2", is_status=True),
        Fetched(SENDER, "status-2", "dd" * 32, "01 of letter-1"),
    )
    assert found(*GOOD, *STATUS, *again) == {"doubled": 1}


def test_broken_audit_log_breaks_the_verdict() -> None:
    verdict = check(GOOD, broken=["H21 at 17"])
    assert not verdict.holds
    assert verdict.line.endswith("broken 1")


def test_empty_history_proves_nothing() -> None:
    assert check([]).exit_code == 1


EVERY_KIND = (*GOOD, STATUS[0], Refused(SENDER, "TRUC-101"))


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda e: type(e).__name__)
def test_history_is_written_one_event_a_line(event: Event) -> None:
    history = History(clock=lambda: 1.5)
    history.note(event)
    (line,) = history.lines()
    told = json.loads(line)
    assert told.pop("at") == 1.5
    assert told.pop("event") == type(event).__name__
    assert type(event)(**told) == event
    assert history.of(type(event)) == [event]
    assert history.last(type(event)) == 1.5

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.core.directory_change import Change
from gateway.http.console.proposals import KEPT, MOST, Proposal, Proposals, new_id
from tests.kit.builders import small_axis
from tests.kit.clock import START

MINUTE = timedelta(minutes=1)


def proposal(name: str, at: datetime = START) -> Proposal:
    return Proposal(name, "lan", at, ("a.csv",), small_axis(), small_axis(), Change(), ())


def test_proposal_is_seen_by_who_read_it_in_until_its_time_is_over() -> None:
    kept = Proposals()
    kept.keep(proposal("a"))
    assert kept.get("a", "lan", START + KEPT - MINUTE) is not None
    assert kept.get("a", "minh", START) is None
    assert kept.get("b", "lan", START) is None
    assert kept.get("a", "lan", START + KEPT) is None


def test_oldest_goes_when_there_are_too_many() -> None:
    kept = Proposals()
    for number in range(MOST + 1):
        kept.keep(proposal(str(number)))
    assert kept.get("0", "lan", START) is None
    assert kept.get(str(MOST), "lan", START) is not None


def test_what_was_decided_on_is_forgotten_and_twice_is_harmless() -> None:
    kept = Proposals()
    kept.keep(proposal("a"))
    kept.forget("a")
    kept.forget("a")
    assert kept.get("a", "lan", START) is None


def test_names_are_not_given_twice() -> None:
    assert new_id() != new_id()

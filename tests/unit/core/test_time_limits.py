"""The law's limits of time as data."""

from __future__ import annotations

import pytest

from gateway.core.lifecycle import STATUSES, Party
from gateway.core.time_limits import CARRIED, PRESENTED, RULES, SENT, Limit, Owner


def test_the_table_names_each_rule_once_in_both_languages() -> None:
    assert [rule.name for rule in RULES.values()] == list(RULES)
    assert all(rule.vi and rule.en and rule.clauses for rule in RULES.values())


def test_only_the_return_of_a_wrong_document_has_no_number() -> None:
    assert [rule.name for rule in RULES.values() if rule.limit is Limit.PROMPTLY] == ["returned"]


def test_what_a_receiver_owes_is_fulfilled_by_statuses_of_receivers() -> None:
    for rule in RULES.values():
        assert bool(rule.statuses) is (rule.owner is Owner.RECEIVER)
        assert {STATUSES[code].sent_by for code in rule.statuses} <= {Party.RECEIVER}


def test_only_presenting_is_told_by_few_systems() -> None:
    assert [rule for rule in RULES.values() if rule.needs_report] == [PRESENTED]


@pytest.mark.parametrize("priority", [1, 2, 3, 4])
def test_urgent_documents_are_sent_and_presented_at_once(priority: int) -> None:
    assert {rule.limit_of(priority) for rule in (SENT, PRESENTED)} == {Limit.AT_ONCE}


@pytest.mark.parametrize("priority", [0, 5, -1, 99])
def test_unknown_priorities_are_ordinary(priority: int) -> None:
    assert (SENT.limit_of(priority), PRESENTED.limit_of(priority)) == (Limit.NEXT_MORNING, Limit.NEXT_DAY)


def test_an_hour_is_the_axis_own_matter() -> None:
    assert (CARRIED.owner, CARRIED.limit_of(4)) == (Owner.AXIS, Limit.HOUR)

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.core.alerts import (
    Alert,
    AlertFacts,
    AlertKind,
    AlertLimits,
    AlertStep,
    Patience,
    Seen,
    conditions,
    step,
)
from gateway.core.model import NodeId
from tests.kit.clock import START

LIMITS, PATIENCE = AlertLimits(), Patience()
CENTRAL = NodeId("G22")
MINUTE = timedelta(minutes=1)
DOWN = Seen(AlertKind.LINK, "G22", wait=timedelta(minutes=2))


def kinds(facts: AlertFacts) -> list[AlertKind]:
    return [each.kind for each in conditions(facts, LIMITS, START)]


def standing(done: AlertStep) -> list[Alert]:
    """What the store would give back, numbered."""
    kept = (*done.raised, *done.reminded, *done.continuing, *done.waiting)
    return [replace(alert, number=number) for number, alert in enumerate(kept, 1)]


def test_healthy_node_has_no_condition() -> None:
    facts = AlertFacts(
        links={CENTRAL: True},
        oldest={CENTRAL: START - timedelta(minutes=59)},
        taken=100,
        refused=5,
        certificates={"seal": START + timedelta(days=22)},
        disk_free=0.5,
        clock_off=timedelta(seconds=1),
    )
    assert kinds(facts) == []
    assert kinds(AlertFacts()) == []


def test_each_condition_is_seen() -> None:
    facts = AlertFacts(
        links={CENTRAL: False, NodeId("H21"): True},
        oldest={NodeId("H21"): START - timedelta(hours=2)},
        urgent=3,
        taken=14,
        refused=6,
        certificates={"seal": START + timedelta(days=21)},
        disk_free=0.099,
        clock_off=timedelta(seconds=-6),
        quarantined=1,
        overdue=2,
    )
    assert set(kinds(facts)) == set(AlertKind)
    by_kind = {each.kind: each for each in conditions(facts, LIMITS, START)}
    assert by_kind[AlertKind.OLDEST].value == 120
    assert by_kind[AlertKind.REFUSALS].value == 30
    assert by_kind[AlertKind.CERTIFICATE].value == 21
    assert by_kind[AlertKind.CLOCK].value == 6


def test_certificate_that_has_ended_has_less_than_no_days() -> None:
    facts = AlertFacts(certificates={"http": START - timedelta(days=3)})
    (seen,) = conditions(facts, LIMITS, START)
    assert (seen.place, seen.value) == ("http", -3)


def test_old_letters_behind_a_link_that_is_down_are_not_told_beside_it() -> None:
    facts = AlertFacts(links={CENTRAL: False}, oldest={CENTRAL: START - timedelta(days=1)})
    assert kinds(facts) == [AlertKind.LINK]


def test_few_refusals_make_no_share() -> None:
    assert kinds(AlertFacts(taken=0, refused=19)) == []


def test_condition_is_told_once_it_has_held_for_its_time() -> None:
    first = step([], [DOWN], START, PATIENCE)
    assert not first.raised
    second = step(standing(first), [DOWN], START + MINUTE, PATIENCE)
    assert not second.raised
    third = step(standing(second), [DOWN], START + 2 * MINUTE, PATIENCE)
    (raised,) = third.raised
    assert (raised.began_at, raised.raised_at) == (START, START + 2 * MINUTE)
    fourth = step(standing(third), [DOWN], START + 3 * MINUTE, PATIENCE)
    assert not fourth.raised
    assert [alert.key for alert in fourth.continuing] == [DOWN.key]


def test_condition_that_went_away_before_its_time_is_never_told() -> None:
    first = step([], [DOWN], START, PATIENCE)
    later = step(standing(first), [], START + MINUTE, PATIENCE)
    assert [alert.key for alert in later.waiting] == [DOWN.key]
    last = step(standing(later), [], START + 3 * MINUTE, PATIENCE)
    assert [alert.key for alert in last.gone] == [DOWN.key]
    assert not last.ended


def test_line_that_goes_up_and_down_is_one_alert_with_one_end() -> None:
    alerts: list[Alert] = []
    raised = ended = 0
    for minute in range(60):
        seen = [] if minute % 2 or minute > 40 else [replace(DOWN, wait=timedelta(0))]
        done = step(alerts, seen, START + minute * MINUTE, PATIENCE)
        raised, ended, alerts = raised + len(done.raised), ended + len(done.ended), standing(done)
    assert (raised, ended, alerts) == (1, 1, [])


def test_nobody_is_reminded_of_what_somebody_has_acknowledged() -> None:
    seen = [Seen(AlertKind.DISK, "", 5, 10)]
    alerts = standing(step([], seen, START, PATIENCE))
    day_later = START + timedelta(days=1)
    assert step(alerts, seen, day_later, PATIENCE).reminded
    known = [replace(alert, acknowledged_by="lan", acknowledged_at=START) for alert in alerts]
    done = step(known, seen, day_later, PATIENCE)
    assert not done.reminded
    assert done.continuing


def test_alert_bears_the_latest_value() -> None:
    alerts = standing(step([], [Seen(AlertKind.DISK, "", 9, 10)], START, PATIENCE))
    done = step(alerts, [Seen(AlertKind.DISK, "", 3, 10)], START + MINUTE, PATIENCE)
    assert [alert.value for alert in done.continuing] == [3]

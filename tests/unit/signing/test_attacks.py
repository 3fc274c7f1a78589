"""Every family of attacks is met with its own reason, however hypothesis draws it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.verdict import Outcome
from signing.verify import verify
from tests.unit.signing import attacks_on_certificate, attacks_on_parts, attacks_on_signature
from tests.unit.signing.attack import Attack
from tests.unit.signing.letters import People

ATTACKS = [
    found
    for module in (attacks_on_parts, attacks_on_signature, attacks_on_certificate)
    for found in vars(module).values()
    if isinstance(found, Attack)
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_attack_is_refused_for_its_own_reason(attack: Attack, people: People, data: st.DataObject) -> None:
    case = attack.make(data.draw, people)
    verdict = verify(case.seal, case.parts, case.trust, at=case.at, arrived_at=case.arrived_at)
    assert verdict.reasons == (attack.reason,)
    assert verdict.outcome is attack.reason.outcome
    assert verdict.outcome is not Outcome.PASSED

"""The account that the demo gives."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.model import AgencyCode, LetterId
from gateway.sandbox.mail import Sent
from gateway.sandbox.robots import Ledger
from gateway.sandbox.show import Account, account, stuck_line
from signing.verdict import Outcome

PASSED = {LetterId("1"): Outcome.PASSED}
ONE = Sent("001", AgencyCode("a"), AgencyCode("b"), b"content", LetterId("1"))


def told(*sent: Sent, ledger: Ledger, ours: bool = True) -> Account:
    return account(sent, ledger, {}, refusals_are_ours=ours)


def test_all_agrees_when_every_letter_came_out_as_it_went_in() -> None:
    assert told(ONE, ledger=Ledger({LetterId("1"): ONE.sha256}, verdicts=PASSED)).agrees


def test_a_seal_that_did_not_pass_is_no_agreement() -> None:
    doubtful = {LetterId("1"): Outcome.UNDETERMINED}
    assert not told(ONE, ledger=Ledger({LetterId("1"): ONE.sha256}, verdicts=doubtful)).agrees


def test_one_changed_byte_is_no_agreement() -> None:
    changed = told(ONE, ledger=Ledger({LetterId("1"): "0" * 64}))
    assert (changed.delivered, changed.byte_equal, changed.agrees) == (1, 0, False)


def test_a_letter_that_nobody_saw_is_stuck() -> None:
    missing = told(ONE, ledger=Ledger())
    assert missing.stuck == (ONE,)
    assert not missing.agrees


def test_a_letter_seen_again_after_its_acknowledgement_is_no_agreement() -> None:
    ledger = Ledger({LetterId("1"): ONE.sha256}, doubled=[LetterId("1")])
    assert not told(ONE, ledger=ledger).agrees


def test_a_refused_letter_of_our_own_is_a_failure_and_a_visitors_is_an_answer() -> None:
    refused = replace(ONE, letter_id=None, refused="TRUC-222 …")
    ledger = Ledger({LetterId("1"): ONE.sha256}, verdicts=PASSED)
    assert not told(ONE, refused, ledger=ledger).agrees
    assert told(ONE, refused, ledger=ledger, ours=False).agrees


def test_nothing_sent_proves_nothing() -> None:
    assert not told(ledger=Ledger()).agrees


def test_a_letter_no_node_accepted_is_named_as_such() -> None:
    assert "no node accepted it" in stuck_line(replace(ONE, letter_id=None), None)

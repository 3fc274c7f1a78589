from __future__ import annotations

from signing.verdict import Facts, Objection, Outcome, Reason, conclude, worst

MISSING, CHANGED = Objection(Reason.REVOCATION_MISSING), Objection(Reason.PART_CHANGED, "envelope.xml")


def test_no_objection_is_a_pass() -> None:
    verdict = conclude([], Facts())
    assert verdict.passed
    assert Outcome.PASSED is verdict.outcome


def test_missing_data_alone_is_neither_pass_nor_failure() -> None:
    verdict = conclude([MISSING], Facts())
    assert Outcome.UNDETERMINED is verdict.outcome
    assert not verdict.passed


def test_failure_outweighs_missing_data() -> None:
    verdict = conclude([MISSING, CHANGED], Facts())
    assert Outcome.FAILED is verdict.outcome
    assert verdict.reasons == (Reason.REVOCATION_MISSING, Reason.PART_CHANGED)


def test_reason_is_listed_once_for_many_parts() -> None:
    assert conclude([CHANGED, CHANGED], Facts()).reasons == (Reason.PART_CHANGED,)


def test_only_missing_revocation_data_leaves_a_seal_undetermined() -> None:
    undetermined = {reason for reason in Reason if reason.outcome is Outcome.UNDETERMINED}
    assert {Reason.REVOCATION_MISSING, Reason.REVOCATION_STALE} == undetermined
    assert Outcome.PASSED is worst([])

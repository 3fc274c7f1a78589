"""
How /v1 tells what a seal is worth.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.v1.findings import Shape
from signing.report import AGENCY_OUTCOMES, SEAL_OUTCOMES, verdict_dict
from signing.verdict import Outcome, Verdict


class SealShape(Shape):
    """What the serving node found the seal to be when it handed the letter over; no outcome before that."""

    outcome: Outcome | None
    vi: str
    en: str

    @classmethod
    def of(cls, outcome: Outcome | None) -> SealShape:
        if outcome is None:
            return cls(outcome=None, vi="chưa kiểm tra", en="not checked yet")
        words = SEAL_OUTCOMES[outcome]
        return cls(outcome=outcome, vi=words.vi, en=words.en)


class ObjectionShape(Shape):
    """One reason why a seal did not pass; `reason` is stable, `member` the part it speaks of."""

    reason: str
    member: str
    detail: str
    vi: str
    en: str


class VerificationShape(Shape):
    """
    The verdict about the seal of a letter's origin, or about that of its sender (`agency`).

    What `facts` says of a signer is known if passed.
    """

    outcome: Outcome
    vi: str
    en: str
    reasons: tuple[ObjectionShape, ...]
    facts: Mapping[str, str | int]

    @classmethod
    def of(cls, verdict: Verdict, *, agency: bool = False) -> VerificationShape:
        words = (AGENCY_OUTCOMES if agency else SEAL_OUTCOMES)[verdict.outcome]
        return cls.model_validate({**verdict_dict(verdict, agency=agency), "vi": words.vi, "en": words.en})

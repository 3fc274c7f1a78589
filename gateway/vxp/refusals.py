"""
Our catalogue as a VXP client reads it: one of its codes, and a sentence with our own code and the place.

Spec: VXP
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core import catalogue
from gateway.core.errors import Blame, Finding, TrucError
from gateway.vxp.answers import AnswerCode, Refusal
from gateway.vxp.signature import Doubt, Verified

_CODES = {
    catalogue.UNAUTHENTICATED.code: AnswerCode.UNAUTHENTICATED,
    catalogue.KEY_LOCKED.code: AnswerCode.UNAUTHENTICATED,
    catalogue.CERTIFICATE_MISMATCH.code: AnswerCode.UNAUTHENTICATED,
    catalogue.NO_RECIPIENT.code: AnswerCode.RECIPIENT_UNKNOWN,
    catalogue.RECIPIENT_UNKNOWN.code: AnswerCode.RECIPIENT_UNKNOWN,
    catalogue.NO_KNOWN_RECIPIENT.code: AnswerCode.RECIPIENT_UNKNOWN,
    catalogue.AGENCY_UNKNOWN.code: AnswerCode.RECIPIENT_UNKNOWN,  # of deleteAgency
    catalogue.SENDER_UNKNOWN.code: AnswerCode.SENDER_UNREGISTERED,
    catalogue.SENDER_NOT_CALLER.code: AnswerCode.SENDER_UNREGISTERED,
    catalogue.NOT_ALLOWED.code: AnswerCode.SENDER_UNREGISTERED,
    catalogue.RECIPIENT_LOCKED.code: AnswerCode.RECIPIENT_LOCKED,
    catalogue.RECIPIENT_CLOSED.code: AnswerCode.RECIPIENT_LOCKED,
    catalogue.GROUP_UNKNOWN.code: AnswerCode.RECIPIENT_UNKNOWN,
    catalogue.GROUP_EMPTY.code: AnswerCode.RECIPIENT_UNKNOWN,
    catalogue.HASH_MISMATCH.code: AnswerCode.FILE_PROCESSING,
    catalogue.BODY_TOO_SLOW.code: AnswerCode.FILE_PROCESSING,
    catalogue.STATE_SECRET.code: AnswerCode.FILE_INVALID,
    catalogue.NOT_FETCHED.code: AnswerCode.FILE_PROCESSING,  # fetched first, it passes
    # nothing is wrong with the file: the system shall come again later
    catalogue.QUOTA.code: AnswerCode.SERVER_ERROR,
    catalogue.RATE_LIMIT.code: AnswerCode.SERVER_ERROR,
}
_HUNDREDS = {
    "1": AnswerCode.FILE_INVALID,
    "2": AnswerCode.EDXML_INVALID,
    "3": AnswerCode.EDXML_INVALID,
}
_WHY_NO_RECIPIENT = (
    catalogue.RECIPIENT_UNKNOWN.code,
    catalogue.RECIPIENT_CLOSED.code,
    catalogue.RECIPIENT_LOCKED.code,
    catalogue.RECIPIENT_SIZE.code,
    catalogue.RECIPIENT_TYPES.code,
)
"""What stands behind NO_KNOWN_RECIPIENT; the first of these that was found is told."""
_DOUBTS = {
    Doubt.MISSING: "thieu {name}",
    Doubt.WRONG: "{name} khong khop",
    Doubt.NOT_JSON: "{name} khong phai JSON",
    Doubt.DIFFERS: "{name} khac voi sign-header",
}


def code_of(finding: Finding) -> AnswerCode:
    """The code of VXP for a finding of ours."""
    known = _CODES.get(finding.code) or _HUNDREDS.get(finding.code.removeprefix("TRUC-")[:1])
    if known is not None:
        return known
    # Codes 20 and 21 are tried again by many systems; what only the sender can mend must not be.
    return AnswerCode.FILE_INVALID if finding.fault.blame is Blame.SENDER else AnswerCode.SERVER_ERROR


def refusal(error: TrucError, registered: Iterable[str] = ()) -> Refusal:
    """
    What a refusal says to a VXP client.

    `registered` are the codes of the calling system, which a wrong sender is told.
    """
    finding = _deciding(error)
    code = code_of(finding)
    more = sum(f.is_error and f is not finding and f is not error.first for f in error.findings)
    place = [finding.code]
    place += [f"dong {finding.line}"] if finding.line is not None else []
    place += [finding.element] if finding.element else []
    place += [f"va {more} loi khac"] if more > 0 else []
    if finding.code == catalogue.SENDER_NOT_CALLER.code:
        sender = finding.params.get("organ", "")
        said = f"Don vi gui {sender} khong dung voi ma da dang ky: {', '.join(sorted(registered))}"
        return Refusal(code, f"{said} ({finding.code})")
    return Refusal(code, f"{code.text} ({', '.join(place)}): {finding.vi}. {finding.fault.next_vi}")


def _deciding(error: TrucError) -> Finding:
    """The finding that an answer is about: that nobody can get a letter says less than why."""
    if error.first.code == catalogue.NO_KNOWN_RECIPIENT.code:
        for why in _WHY_NO_RECIPIENT:
            for finding in error.findings:
                if finding.code == why:
                    return finding
    return error.first


def disbelief(verified: Verified) -> Refusal:
    """What a caller is told whose headers were not believed."""
    code = AnswerCode.UNAUTHENTICATED
    why = _DOUBTS[verified.doubt or Doubt.WRONG].format(name=verified.name)
    return Refusal(code, f"{code.text} ({catalogue.UNAUTHENTICATED.code}): {why}")

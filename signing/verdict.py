"""
What a check of a seal says: one of three outcomes, its reasons, and the facts behind them.

A verdict is data. Nothing here raises: a seal that fails is an answer, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The three answers. UNDETERMINED is never a pass: it waits for data that is missing now."""

    PASSED = "passed"
    UNDETERMINED = "undetermined"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a seal did not pass. Values are public and stable."""

    # the signature file
    NO_SEAL = "no-seal"
    SEAL_TOO_LARGE = "seal-too-large"
    SEAL_UNREADABLE = "seal-unreadable"
    SECOND_SIGNATURE = "second-signature"
    DUPLICATE_ID = "duplicate-id"
    SEAL_MALFORMED = "seal-malformed"
    SEAL_NOT_CANONICAL = "seal-not-canonical"
    TOO_MANY_REFERENCES = "too-many-references"
    OUTSIDE_REFERENCE = "outside-reference"
    INNER_REFERENCE = "inner-reference"

    # algorithms
    SHA1 = "sha-1"
    MD5 = "md5"
    HMAC = "hmac"
    DSA = "dsa"
    ALGORITHM_REFUSED = "algorithm-refused"
    XPATH = "xpath"
    XSLT = "xslt"
    TRANSFORM_ON_PART = "transform-on-part"
    TRANSFORM_REFUSED = "transform-refused"

    # the parts
    ANOTHER_LETTER = "another-letter"
    PART_CHANGED = "part-changed"
    PART_MISSING = "part-missing"
    PART_ADDED = "part-added"
    PART_RENAMED = "part-renamed"
    PART_REORDERED = "part-reordered"
    PART_DOUBLED = "part-doubled"
    PART_TYPE_DIFFERS = "part-type-differs"

    # the arithmetic
    SIGNATURE_INVALID = "signature-invalid"
    SIGNER_NOT_NAMED = "signer-not-named"

    # the certificate
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    CERTIFICATE_NAME_TOO_LONG = "certificate-name-too-long"
    WEAK_KEY = "weak-key"
    KEY_REFUSED = "key-refused"
    CERTIFICATE_WRONG_USAGE = "certificate-wrong-usage"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_REVOKED = "certificate-revoked"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    CERTIFICATE_PATH_INVALID = "certificate-path-invalid"
    REVOCATION_MISSING = "revocation-missing"
    REVOCATION_STALE = "revocation-stale"

    # the container
    CONTAINER_BROKEN = "container-broken"
    CONTAINER_COMPRESSED = "container-compressed"
    CONTAINER_ENCRYPTED = "container-encrypted"
    CONTAINER_TOO_LARGE = "container-too-large"
    CONTAINER_TOO_MANY_MEMBERS = "container-too-many-members"
    CONTAINER_NAME_REFUSED = "container-name-refused"
    CONTAINER_DOUBLE_MEMBER = "container-double-member"
    CONTAINER_WRONG_TYPE = "container-wrong-type"
    CONTAINER_WRONG_ORDER = "container-wrong-order"
    CONTAINER_MANIFEST = "container-manifest"
    CONTAINER_MEMBER_CHANGED = "container-member-changed"
    CONTAINER_NOT_REPRODUCED = "container-not-reproduced"

    @property
    def outcome(self) -> Outcome:
        """What this reason alone makes of a seal."""
        undetermined = self in (Reason.REVOCATION_MISSING, Reason.REVOCATION_STALE)
        return Outcome.UNDETERMINED if undetermined else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason at one place: `member` is a part or a file of the container, `detail` plain English."""

    reason: Reason
    member: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the seal says and what it was judged by.

    Everything from the certificate is claimed, not known, unless the verdict passed. Serial and
    fingerprint are hex; `common_name` is the signer's CN, which the directory compares with a node.
    """

    signer: str = ""
    common_name: str = ""
    issuer: str = ""
    serial: str = ""
    fingerprint: str = ""
    key: str = ""
    algorithm: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    signed_at: datetime | None = None
    judged_at: datetime | None = None
    arrived_at: datetime | None = None
    revoked_at: datetime | None = None
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one seal."""

    outcome: Outcome
    objections: tuple[Objection, ...] = ()
    facts: Facts = Facts()

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Each reason once, in the order found."""
        return tuple(dict.fromkeys(o.reason for o in self.objections))


def conclude(objections: Iterable[Objection], facts: Facts) -> Verdict:
    """The worst that any objection says; none at all is a pass."""
    found = tuple(objections)
    return Verdict(worst(o.reason.outcome for o in found), found, facts)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """FAILED over UNDETERMINED over PASSED."""
    seen = set(outcomes)
    for outcome in (Outcome.FAILED, Outcome.UNDETERMINED):
        if outcome in seen:
            return outcome
    return Outcome.PASSED

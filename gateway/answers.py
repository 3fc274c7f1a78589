"""
An answer of intake as JSON: kept for a repeated Idempotency-Key, and shown by the API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.core.catalogue import FAULTS
from gateway.core.errors import Finding
from gateway.core.model import Addressee, Kind, LetterId
from gateway.ports import Accepted, RecipientAnswer


def recipients_told(
    addressees: Iterable[Addressee], findings: Iterable[Finding]
) -> tuple[RecipientAnswer, ...]:
    """What the sender is told of each recipient: those on their way, then those that an error names."""
    served = (RecipientAnswer(a.named, a.code) for a in addressees)
    failed = (
        RecipientAnswer(f.params.get("organ", ""), f.params.get("successor", ""), f.code)
        for f in findings
        if f.is_error
    )
    return (*served, *failed)


def write_answer(accepted: Accepted) -> dict[str, Any]:
    """The answer as plain JSON values; `read_answer` gives it back."""
    return {
        "letter_id": accepted.letter_id,
        "kind": accepted.kind.value,
        "document_id": accepted.document_id,
        "accepted_at": accepted.accepted_at.isoformat(),
        "expires_at": accepted.expires_at.isoformat(),
        "repeated": accepted.repeated,
        "recipients": [{"named": r.named, "served": r.served, "code": r.code} for r in accepted.recipients],
        "findings": [f.as_dict() for f in accepted.findings],
    }


def read_answer(answer: Mapping[str, Any]) -> Accepted:
    """The answer that `write_answer` wrote down."""
    return Accepted(
        letter_id=LetterId(answer["letter_id"]),
        kind=Kind(answer["kind"]),
        document_id=answer["document_id"],
        accepted_at=datetime.fromisoformat(answer["accepted_at"]),
        expires_at=datetime.fromisoformat(answer["expires_at"]),
        recipients=tuple(RecipientAnswer(**r) for r in answer["recipients"]),
        findings=tuple(read_finding(f) for f in answer["findings"]),
        repeated=bool(answer["repeated"]),
    )


def read_finding(told: Mapping[str, Any]) -> Finding:
    """A finding as another process told it. Raises: KeyError for a code that this release does not know."""
    return Finding(
        FAULTS[told["code"]],
        told.get("line"),
        told.get("element", ""),
        told.get("clause", ""),
        told.get("params", {}),
    )

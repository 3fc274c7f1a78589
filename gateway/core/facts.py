"""
What the store keeps of an envelope, to find a letter by and to show it in a mailbox.
"""

from __future__ import annotations

from gateway.core.business import changes_of
from gateway.core.marks import dossier_codes, reference_codes
from gateway.core.model import Envelope, Kind, LetterFacts


def facts_of(envelope: Envelope) -> LetterFacts:
    """The facts of one envelope."""
    return LetterFacts(
        document_id=envelope.document_id,
        code=envelope.code,
        issue_date=envelope.issue_date,
        subject=envelope.subject,
        sender_code=envelope.sender.code,
        sender_name=envelope.sender.name,
        priority=envelope.priority,
        operation=envelope.business.operation,
        status_code=envelope.status_code,
        in_reply_to=envelope.in_reply_to,
        extra=_report(envelope) if envelope.kind is Kind.STATUS else _register(envelope),
        changes=changes_of(envelope),
        task_codes=envelope.task_codes,
        dossier_codes=dossier_codes(envelope),
        reference_codes=reference_codes(envelope),
        due_date=envelope.due_date,
    )


def _register(envelope: Envelope) -> dict[str, str]:
    """
    What the register shows of a document beside what it is found by, and whether a paper copy follows.

    Spec: ND30/IV, QCVN102/Paper
    """
    said = {
        "type_name": envelope.type_name,
        "signer": envelope.signer_name,
        "copies": envelope.issued_amount,
        "paper": "1" if envelope.business.paper_copy else "",
    }
    return {name: text for name, text in said.items() if text}


def _report(envelope: Envelope) -> dict[str, str]:
    """What a status says beside its code: the history of its document shows it."""
    said = {
        "description": envelope.description,
        "timestamp": envelope.timestamp,
        "staff": envelope.staff.name if envelope.staff is not None else "",
    }
    return {name: text for name, text in said.items() if text}

"""
What the store keeps of an envelope, to find a letter by and to show it in a mailbox.
"""

from __future__ import annotations

from gateway.core.model import Envelope, LetterFacts


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
    )

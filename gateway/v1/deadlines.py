"""
How /v1 tells what is due by law, when and by whom.
"""

from __future__ import annotations

from datetime import datetime

from gateway.core.deadlines import DueItem, DueState
from gateway.core.time_limits import Owner
from gateway.v1.findings import Shape, Words


class DeadlineShape(Shape):
    """
    One duty by law. `what` is its stable name, `clauses` the law that it is from.

    `by` is the code of the agency that owes it, "" for the axis. At `due_at` it is late; nothing there: no
    clock runs yet, or the law names no number. `state` is open, met, late or no_data (nobody tells).
    """

    what: str
    owner: Owner
    by: str
    vi: str
    en: str
    clauses: tuple[str, ...]
    since: datetime | None
    due_at: datetime | None
    fulfilled_at: datetime | None
    state: DueState
    state_in_words: Words

    @classmethod
    def of(cls, item: DueItem) -> DeadlineShape:
        rule = item.rule
        return cls(
            what=rule.name,
            owner=rule.owner,
            by=item.by,
            vi=rule.vi,
            en=rule.en,
            clauses=rule.clauses,
            since=item.since,
            due_at=item.due_at,
            fulfilled_at=item.fulfilled_at,
            state=item.state,
            state_in_words=Words(vi=item.state.vi, en=item.state.en),
        )

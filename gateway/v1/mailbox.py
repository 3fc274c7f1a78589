"""
How /v1 lists letters: what waits at an agency's door, and what ever came there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict, field_validator

from gateway.core.delivery import State
from gateway.core.errors import Finding
from gateway.core.model import Kind
from gateway.core.stages import Stage
from gateway.ports import MailItem
from gateway.v1.findings import NO_WORDS, FindingShape, Shape, Words


class MailLine(Shape):
    """One letter that waits. `number` is its cursor."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    letter_id: str
    agency: str
    kind: Kind
    sender: str
    sender_name: str
    document_id: str
    code: str
    issue_date: str
    subject: str
    priority: int
    status_code: str
    size: int
    waiting_since: datetime
    task_codes: tuple[str, ...] = ()
    where: Words = NO_WORDS  # in one line
    findings: tuple[FindingShape, ...] = ()  # what to know before it is registered: it came before, say

    @field_validator("findings", mode="before")
    @classmethod
    def _findings(cls, found: Iterable[object]) -> list[object]:
        return [FindingShape.of(each) if isinstance(each, Finding) else each for each in found]

    @field_validator("where", mode="before")
    @classmethod
    def _words(cls, told: object) -> object:
        return Words(vi=told.vi, en=told.en) if isinstance(told, Stage) else told


class MailboxPage(Shape):
    """Part of a mailbox, oldest first. `next` is the `after` of the following page, None at the end."""

    items: tuple[MailLine, ...]
    next: int | None

    @classmethod
    def of(cls, items: Iterable[MailItem], limit: int) -> MailboxPage:
        lines = tuple(MailLine.model_validate(item) for item in items)
        return cls(items=lines, next=lines[-1].number if len(lines) >= limit else None)


class HistoryLine(MailLine):
    """One letter that ever came. `state` tells whether it still waits (waiting) or was acknowledged."""

    state: State


class HistoryPage(Shape):
    """Part of what ever came, in the order it came. `next` is the `after` of the following page."""

    items: tuple[HistoryLine, ...]
    next: int | None

    @classmethod
    def of(cls, items: Iterable[MailItem], limit: int) -> HistoryPage:
        lines = tuple(HistoryLine.model_validate(item) for item in items)
        return cls(items=lines, next=lines[-1].number if len(lines) >= limit else None)


class ReplayAnswer(Shape):
    """How many letters are listed again."""

    offered_again: int

"""
Marks: the codes of tasks, dossiers and other documents by which a letter belongs to something greater.

    task        ResponseForTask/TaskCode, as the task system wrote it
    dossier     the code of a citizen's dossier in a one-stop system
    reference   OtherInfo/ReferenceCodes, of which nobody says what they are
    reply       the documents that it answers or recalls: their ids, and their numbers with notation
    change      the documents that it updates or replaces: their ids

A dossier has no element of its own in edXML: its code is recognised by its form wherever it is written.

Spec: QCVN102/MessageHeader
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from gateway.core.model import Envelope, Kind, LetterFacts


class MarkKind(StrEnum):
    """What a mark belongs to."""

    TASK = "task"
    DOSSIER = "dossier"
    REFERENCE = "reference"
    REPLY = "reply"
    CHANGE = "change"


_BETWEEN = re.compile(r"[;,\s]+")
# Organ of any form, day of reception, running number: 000.00.16.H20-230101-0001, H20.16-230101-0001.
_DOSSIER = re.compile(
    r"(?<![\w.\-])(?:[0-9]{1,3}\.){0,3}[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,3}-[0-9]{6}-[0-9]{4,8}(?![\w\-])"
)
# <number>_<who has to do it>-NV-<who gave it>-<year>-<nine digits>
_TASK = re.compile(r"[^_]+_.+-NV-(?P<assigner>[0-9A-Za-z.]+)-[0-9]{4}-[0-9]+", re.IGNORECASE)

MOST_MARKS = 1000  # of one kind that a letter may bear; what is beyond stays in the letter, not in the index
LONGEST_MARK = 200  # characters; nobody looks for a longer code


def reference_codes(envelope: Envelope) -> tuple[str, ...]:
    """The codes in ReferenceCodes, which is one text."""
    return tuple(filter(None, _BETWEEN.split(envelope.reference_codes)))


def dossier_codes(envelope: Envelope) -> tuple[str, ...]:
    """Codes of dossiers, wherever the sender wrote them."""
    texts = (
        *(envelope.reference_codes, envelope.reply_fors, envelope.application_type),
        *(envelope.subject, envelope.content, *envelope.task_codes),
    )
    found = [match for text in texts for match in _DOSSIER.findall(text)]
    return tuple(dict.fromkeys(found))


def marks_of(facts: LetterFacts, kind: Kind) -> Iterator[tuple[MarkKind, str]]:
    """What a letter is found by. A status has none: it is found with the document that it speaks of."""
    if kind is Kind.STATUS:
        return
    answered = [text for named in facts.in_reply_to for text in (named.document_id, named.code)]
    for mark, texts in (
        (MarkKind.TASK, facts.task_codes),
        (MarkKind.DOSSIER, facts.dossier_codes),
        (MarkKind.REFERENCE, facts.reference_codes),
        (MarkKind.REPLY, answered),
        (MarkKind.CHANGE, [change.document_id for change in facts.changes]),
    ):
        for text in _first(texts):
            yield mark, text


def _first(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if 0 < len(text) <= LONGEST_MARK][:MOST_MARKS]


def assigner_of(task_code: str) -> str:
    """The code of the organ that gave a task, "" if the code is of another form."""
    found = _TASK.fullmatch(task_code.strip())
    return found["assigner"] if found else ""

"""
truc.json: what the node remembers inside a letter's folder, wherever its clerk moves it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.folder import disk
from adapters.folder.layout import RECORD
from gateway.core.model import LetterId

MOST_BYTES = 1024 * 1024
"""Far more answers than anybody gives; the file lies where strangers may write."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A status for the letter's sender, meant at `at` when the folder came into `place`.

    Its time is fixed before it is sent, so that the same status is recognised when it is sent again after a
    crash. `letter_id` is that of the status once the office has it, else "".
    """

    place: str
    code: str
    at: datetime
    reason: str
    letter_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Which letter a folder holds, and what was answered. `place` is the answer folder seen last, or ""."""

    letter_id: LetterId
    place: str = ""
    answers: tuple[Answer, ...] = ()

    @property
    def meant(self) -> Answer | None:
        """The answer that was begun and is not known to be sent."""
        return self.answers[-1] if self.answers and not self.answers[-1].letter_id else None

    def with_meant(self, answer: Answer) -> Record:
        """The record with this answer begun; one that was begun for another place is given up."""
        former = self.answers[:-1] if self.meant else self.answers
        return replace(self, place=answer.place, answers=(*former, answer))

    def with_sent(self, letter_id: LetterId) -> Record:
        """The record with the answer that was begun sent."""
        last = replace(self.answers[-1], letter_id=letter_id)
        return replace(self, answers=(*self.answers[:-1], last))

    def as_json(self) -> bytes:
        """The content of the file."""
        answers = [
            {
                "place": answer.place,
                "code": answer.code,
                "at": answer.at.isoformat(),
                "reason": answer.reason,
                "letter_id": answer.letter_id,
            }
            for answer in self.answers
        ]
        tree = {"letter_id": self.letter_id, "place": self.place, "answers": answers}
        return json.dumps(tree, ensure_ascii=False, indent=2).encode("utf-8", "replace")


def record_in(folder: Path) -> Record | None:
    """The record of a letter's folder; None if there is none that can be read."""
    data = disk.read_small(folder / RECORD, MOST_BYTES)
    if data is None:
        return None
    try:
        tree = json.loads(data)
        answers = tuple(_answer(item) for item in tree.get("answers", ()))
        return Record(LetterId(_text(tree, "letter_id")), _text(tree, "place"), answers)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def write_record(folder: Path, record: Record) -> None:
    """Replace the record of a letter's folder in one step."""
    disk.write_whole(folder / RECORD, [record.as_json()])


def _answer(item: Any) -> Answer:
    at = datetime.fromisoformat(_text(item, "at"))
    if at.tzinfo is None:
        raise ValueError("at")
    return Answer(
        place=_text(item, "place"),
        code=_text(item, "code"),
        at=at,
        reason=_text(item, "reason"),
        letter_id=_text(item, "letter_id"),
    )


def _text(item: Any, key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value

"""
The words by which people find a letter: of its subject, its number, and the agencies it is of and for.

Words are compared as people type them in a hurry: without regard to case and to the marks of Vietnamese.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from gateway.core.model import LetterFacts, LetterId, Routing

LONGEST_WORD = 40  # characters; no word of Vietnamese has ten
MOST_WORDS = 64
"""Of one subject: the longest real ones have forty. A subject that is a novel must not fill the index."""

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[0-9]+")


def fold(text: str) -> str:
    """A text without case and marks: «Đề nghị» is `de nghi`."""
    parted = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def subject_words(text: str) -> list[str]:
    """The words of a subject, or of what somebody looks for in one; each once, in their order."""
    found = (word[:LONGEST_WORD] for word in _WORD.findall(fold(text)))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def word_of_subject(word: str) -> str:
    """How a word of a subject stands in the index. No other kind of word can be taken for it."""
    return f"w:{word}"


def word_of_agency(code: str) -> str:
    """How an agency stands in the index, as sender or as receiver."""
    return f"a:{code}"


def word_of_number(text: str) -> str | None:
    """How the number of a document (`7816` of `7816/VPCP-TTĐT`) stands there; None if it has none."""
    found = _NUMBER.match(text.strip())
    return None if found is None else f"n:{found[0].lstrip('0')[:LONGEST_WORD]}"


def words_of_letter(routing: Routing, facts: LetterFacts) -> set[str]:
    """All words by which one letter is found."""
    return set(_words(routing, facts))


def _words(routing: Routing, facts: LetterFacts) -> Iterator[str]:
    yield word_of_agency(routing.sender)
    for addressee in routing.recipients:
        yield word_of_agency(addressee.code)
    if (number := word_of_number(facts.code)) is not None:
        yield number
    yield from map(word_of_subject, subject_words(facts.subject))


def earliest_id(at: datetime) -> LetterId:
    """
    What every letter that was accepted at `at` or later has an id not below: ids begin with that time.

    Spec: RFC9562/5.7
    """
    digits = f"{max(0, int(at.timestamp() * 1000)) & (2**48 - 1):012x}"
    return LetterId(f"{digits[:8]}-{digits[8:]}")

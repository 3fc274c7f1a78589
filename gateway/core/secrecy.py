"""
Marks of state secrecy (dấu độ mật): found so that such a document never travels here.

The rule is about marks, not about words: «bảo mật», «mật khẩu» and «mật độ» are everyday subjects.
Whatever is found is told by the place only; the text itself goes into no finding, log or store.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum

from gateway.core import catalogue
from gateway.core.edxml.names import clause_of
from gateway.core.edxml.notes import short
from gateway.core.edxml.reader import Reading
from gateway.core.edxml.walk import Field
from gateway.core.errors import Finding

MARK = "MẬT"
WHOLE_MARKS = frozenset({"MẬT", "TỐI MẬT", "TUYỆT MẬT"})
HARMLESS_BEFORE = frozenset({"BẢO", "BÍ"})
"""BẢO MẬT (security), BÍ MẬT (a secret in the everyday sense)."""
HARMLESS_AFTER = frozenset({"ĐỘ", "KHẨU", "MÃ", "THIẾT", "ONG"})
"""MẬT ĐỘ (density), MẬT KHẨU (password), MẬT MÃ (cipher), MẬT THIẾT (close), MẬT ONG (honey)."""

NAMES_AND_ADDRESSES = frozenset(
    {
        *("OrganId", "OrganName", "OrganizationInCharge", "OrganAdd", "Email", "Telephone", "Fax", "Website"),
        *("FullName", "Position", "Department", "DepartmentId", "Staff", "StaffId", "Mobile"),
        *("ContentId", "ContentType", "MimeType", "PromulgationInfo/Place"),
    }
)
"""Where no mark can stand: a Mr Nguyễn Văn MẬT may sign, and MẬT may be a place."""
FILE_NAMES = frozenset({"AttachmentName", "Attachment/Description", "Reference/Description"})
MOST_TOLD = 20

_NUMBER = re.compile(r"\[[0-9]+\]")
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LABELLED = re.compile(r"\bĐỘ\s+MẬT\s*:\s*(?:TUYỆT\s+|TỐI\s+)?MẬT\b(?:[\s-]+(\w+))?")
_LABEL_END = re.compile(r"\s*:")
_JOINS_WORDS = re.compile(r"[\s-]*")


class Mark(Enum):
    """What a text says about secrecy."""

    NONE = "none"
    PERHAPS = "perhaps"
    CERTAIN = "certain"


def secrecy_marks(reading: Reading) -> Iterator[Finding]:
    """STATE_SECRET or PERHAPS_SECRET for every text of the message that bears a mark, never with the text.

    Names and addresses are not looked at; elements that nobody knows are, since one may be «DoMat».

    Spec: QD28/scope (no state secrets on the axis)
    """
    faults = {Mark.CERTAIN: catalogue.STATE_SECRET, Mark.PERHAPS: catalogue.PERHAPS_SECRET}
    left = dict.fromkeys(faults, MOST_TOLD)  # each has its own: doubts may not crowd out a certainty
    for field in reading.fields:
        mark = _mark_at(field)
        if left.get(mark, 0):
            left[mark] -= 1
            line, clause = reading.sender_line(field.line), clause_of(field.path)
            yield Finding(faults[mark], line, field.path, clause, {"element": short(field.path)})


def discreet(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings as they are; if one is STATE_SECRET, without anything that the others quote.

    What such a document says may be neither kept nor logged, and findings are both.
    """
    found = tuple(findings)
    if not any(f.code == catalogue.STATE_SECRET.code for f in found):
        return found
    own = {catalogue.STATE_SECRET.code, catalogue.PERHAPS_SECRET.code}
    return tuple(f if f.code in own else replace(f, params={}) for f in found)


def _mark_at(field: Field) -> Mark:
    steps = _NUMBER.sub("", field.path).split("/")
    ends = {steps[-1], "/".join(steps[-2:])}
    if ends & NAMES_AND_ADDRESSES:
        return Mark.NONE
    return mark_in_file_name(field.text) if ends & FILE_NAMES else mark_in(field.text)


def mark_in(text: str) -> Mark:
    """Whether `text`, one field of a document, bears a mark of state secrecy.

    CERTAIN: the whole field is a mark, in any case; or it holds one in capitals while the field itself is
    not all capitals; or it gives one as the value after «Độ mật:».
    PERHAPS: the field is all capitals, where a mark cannot be told from an ordinary word.

    Spec: QD28/scope (no state secrets on the axis), BVBMNN/marks
    """
    field = _plain(text)
    capitals = field.upper()
    if MARK not in capitals:
        return Mark.NONE
    if " ".join(_LETTERS.findall(capitals)) in WHOLE_MARKS and not any(c.isdigit() for c in field):
        return Mark.CERTAIN
    if any((found[1] or "") not in HARMLESS_AFTER for found in _LABELLED.finditer(capitals)):
        return Mark.CERTAIN
    if not _holds_mark(field):
        return Mark.NONE
    return Mark.PERHAPS if field == capitals else Mark.CERTAIN


def mark_in_file_name(name: str) -> Mark:
    """The same for a file name, whose extension is neither part of the field nor of its capitals."""
    stem, dot, extension = name.rpartition(".")
    return mark_in(stem if dot and stem and len(extension) <= 5 else name)


def _plain(text: str) -> str:
    """`text` in one Unicode form: composed, without invisible characters, Đ where Ð or Ɖ was typed.

    Senders on macOS send decomposed letters, and Word documents soft hyphens: to the eye both are marks.
    """
    composed = unicodedata.normalize("NFKC", text).replace("Ð", "Đ").replace("Ɖ", "Đ").replace("ð", "đ")
    return "".join(c for c in composed if unicodedata.category(c) != "Cf").replace("_", " ").strip()


def _holds_mark(field: str) -> bool:
    words = list(_WORD.finditer(field))
    for index, word in enumerate(words):
        if word[0] != MARK:
            continue
        before = _neighbour(field, words, index, -1)
        after = _neighbour(field, words, index, +1)
        if before in HARMLESS_BEFORE or after in HARMLESS_AFTER:
            continue
        if before == "ĐỘ" and _LABEL_END.match(field, word.end()):
            continue  # the label «Độ mật:» itself; its value was judged above
        return True
    return False


def _neighbour(field: str, words: list[re.Match[str]], index: int, step: int) -> str:
    """The word beside `words[index]` in capitals, or "" where a full stop or comma stands between."""
    other = index + step
    if not 0 <= other < len(words):
        return ""
    left, right = sorted((words[index], words[other]), key=lambda word: word.start())
    between = field[left.end() : right.start()]
    return words[other][0].upper() if _JOINS_WORDS.fullmatch(between) else ""

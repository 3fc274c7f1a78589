"""
What XML may not be: the limits, and the words for passing them.

Nothing here reads XML; safe_xml does, and says with these what it found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

BOM = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PROLOG = re.compile(rb"<(?:\?xml\s|(?:[\w.-]+:)?edXML[\s/>])")

_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([^#;\s&<]+);")

# expat's words for an input that stops too early
_UNFINISHED = ("no element found", "unclosed token", "partial character", "unclosed CDATA section")

_VIETNAMESE = {
    "syntax error": "sai cú pháp",
    "not well-formed (invalid token)": "ký tự không hợp lệ",
    "mismatched tag": "thẻ đóng không khớp thẻ mở",
    "duplicate attribute": "thuộc tính lặp lại",
    "reference to invalid character number": "mã ký tự không hợp lệ",
    "XML or text declaration not at start of entity": "khai báo <?xml …?> không ở đầu tệp",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of anything a document may hold. Sizes are bytes; all can be set in the configuration."""

    depth: int = 64  # a real edXML is 9 deep
    elements: int = 500_000  # 10,000 recipients are 80,000
    attribute_bytes: int = 64 * KIB  # one attribute, and one whole tag
    text_bytes: int = MIB  # between two tags, attachments apart
    envelope_bytes: int = 32 * MIB  # everything but the attachments
    document_bytes: int = 2 * GIB
    attachments: int = 1000


DEFAULT_LIMITS = Limits()


class UnsafeXml(Exception):
    """These bytes are not XML that may be read here.

    `reason` is the `name` of a fault of the catalogue, `line` counts from 1 and `offset` from 0 in the
    input, `detail` says what was found (Vietnamese · English where it is a sentence), `limit` is the limit
    that was passed.
    """

    def __init__(
        self,
        reason: str,
        *,
        line: int | None = None,
        offset: int | None = None,
        detail: str = "",
        limit: int | None = None,
    ) -> None:
        super().__init__(f"{reason} at line {line}: {detail or limit or ''}")
        self.reason = reason
        self.line = line
        self.offset = offset
        self.detail = detail
        self.limit = limit


PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"
"""Bytes of base64 as it is written: text of any XML, in which nothing can begin or end."""


def is_plain(block: bytes) -> bool:
    """Whether a block is nothing but base64; a carriage return at its end may be half a line end."""
    return not block.translate(None, PLAIN) and not block.endswith(b"\r")


def is_wide(head: bytes) -> bool:
    """Whether these first bytes are UTF-16 or UTF-32, which expat would follow in silence."""
    return head.startswith(_WIDE_MARKS) or b"\0" in head[:4]


def is_not_utf8(data: bytes) -> bool:
    """Whether the very first character of `data` is no UTF-8; one that is merely cut off does not count."""
    try:
        data[:4].decode()
    except UnicodeDecodeError as error:
        return error.start == 0 and error.reason != "unexpected end of data"
    return False


def stray_bytes(head: bytes) -> str:
    """What stands before a prolog that is not at the start, in a form fit to print; "" if nothing does."""
    head = head.removeprefix(BOM)
    prolog = _PROLOG.search(head)
    if prolog is None or not prolog.start():
        return ""
    stray = head[: prolog.start()]
    if not stray.strip():
        return "khoảng trắng · white space"
    return f"«{printable(stray)}»"


def printable(data: bytes) -> str:
    """The first bytes of something foreign, escaped, to show in a message."""
    return repr(data[:16])[2:-1] + ("…" if len(data) > 16 else "")


def is_unfinished(english: str) -> bool:
    """Whether this message of expat means that the input stops too early."""
    return english in _UNFINISHED


def entity_name(data: bytes) -> str:
    """The first reference in `data` to an entity that XML itself does not define."""
    found = _ENTITY.search(data)
    return f"&{found[1].decode('utf-8', 'replace')};" if found else "&…;"


def sentence(english: str) -> str:
    """A message of expat, in Vietnamese too where we have it."""
    vietnamese = _VIETNAMESE.get(english)
    return f"{vietnamese} · {english}" if vietnamese else english

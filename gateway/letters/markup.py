"""
Elements as text, printed the way each sender's software prints them: prefixes, indentation and line ends are
the sender's habits, which no XML library reproduces.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from gateway.letters.files import File


@dataclass(frozen=True, slots=True)
class Tag:
    """An element as written: its name with the prefix, its attributes as one text, its text or children."""

    name: str
    content: str | tuple[Tag | Comment, ...] | File = ""
    attributes: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment among the children."""

    text: str


@dataclass(frozen=True, slots=True)
class Style:
    """How a sender's software prints: `indent` per level, `line_end` ("" puts all on one line).

    `base64_width` is the length of a line of base64, 0 for one line; `closes_empty` writes `<a></a>`.
    """

    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>'
    indent: str = "  "
    line_end: str = "\n"
    base64_width: int = 0
    closes_empty: bool = False
    before: bytes = b""
    after: bytes = b""


def printed(root: Tag, style: Style) -> Iterator[bytes]:
    """The document in pieces; attachments are encoded as they are read."""
    yield style.before + style.declaration.encode() + style.line_end.encode()
    yield from _element(root, style, "")
    yield style.line_end.encode() + style.after


def _element(tag: Tag | Comment, style: Style, margin: str) -> Iterator[bytes]:
    if isinstance(tag, Comment):
        yield f"{margin}<!-- {tag.text} -->".encode()
        return
    start = f"{margin}<{tag.name}{' ' if tag.attributes else ''}{tag.attributes}"
    content = tag.content
    if not content and not style.closes_empty:
        yield f"{start}/>".encode()
        return
    if isinstance(content, File):
        yield f"{start}>".encode()
        yield from _base64(content.pieces(), style)
    elif isinstance(content, str):
        yield f"{start}>{escape(content, quote=False)}".encode()
    else:
        yield f"{start}>".encode()
        for child in content:
            yield style.line_end.encode()
            yield from _element(child, style, margin + style.indent if style.line_end else "")
        yield f"{style.line_end}{margin}".encode()
    yield f"</{tag.name}>".encode()


def _base64(pieces: Iterable[bytes], style: Style) -> Iterator[bytes]:
    width, end = style.base64_width, style.line_end.encode()
    group = width * 3 // 4 or 3  # bytes to a line, or to one group
    rest = b""
    for piece in pieces:
        rest += piece
        whole = len(rest) - len(rest) % group
        yield _lines(rest[:whole], width, end)
        rest = rest[whole:]
    yield _lines(rest, width, end)


def _lines(data: bytes, width: int, end: bytes) -> bytes:
    text = base64.b64encode(data)
    if not width:
        return text
    return b"".join(text[at : at + width] + end for at in range(0, len(text), width))

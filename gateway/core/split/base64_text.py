"""
The text of one attachment: how it is laid out, decoded and written again.

    Base64Reader    text in, bytes out, while it arrives; ends with the Layout that gives the text back
    encode()        bytes and Layout in, the very same text out
    TolerantReader  text in any form that a reader of XML could make sense of, for what no Layout describes

Everything is done on whole blocks (strided slices, replace, pybase64): a line at a time would be ten times
slower. pybase64 takes a quarter of binascii's time for what most attachments are.

Spec: RFC4648
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import gcd

import pybase64

from schemas.safe_xml import TextReader, UnsafeXml

KIB = 1 << 10

# What may stand between lines and around them: white space, written as such or, as Java's XML writers do with
# carriage returns, as a character reference.
_SPACE = rb"(?:[ \t\r\n]|&#(?:9|10|13|32|[xX]0*(?:9|[aA]|[dD]|20));)"
_SPACES = re.compile(_SPACE + rb"*")
_ONE_SPACE = re.compile(_SPACE)
_LAST_REFERENCE = re.compile(rb"&#[0-9a-zA-Z]{1,8};\Z")

PROBE = 64 * KIB  # text in which no line end shows up to here counts as one line
LONGEST_LINE = 4 * PROBE  # what is probed may be a little longer than the probe
LONGEST_PIECE = 4 * 1024 * KIB  # what encode() holds at once, laid out
AROUND = 1 * KIB  # more white space than this around the text is no layout: it would fill the manifest


class OtherForm(Exception):
    """The text cannot be given back from its bytes by any Layout."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How base64 text stood in the document, apart from its letters.

    `width` is the number of letters in a line and `line_end` what stands between two lines, indentation
    included; 0 and b"" when there is only one. `lead` and `trail` are the white space around the whole.
    """

    lead: bytes = b""
    width: int = 0
    line_end: bytes = b""
    trail: bytes = b""


class Base64Reader:
    """Decodes base64 text while it arrives, as long as its layout is regular.

    What feed() gave stands for the text up to the end of a whole line, so that encode(…, unfinished=True) of
    it, followed by `pending`, is the text so far. After OtherForm `pending` holds all that was not given.
    """

    def __init__(self) -> None:
        self.pending = b""
        self.layout: Layout | None = None  # trail is known only at the end
        self._started = False

    @property
    def given(self) -> Layout | None:
        """The layout of what was given so far, or None if nothing was."""
        return self.layout if self._started else None

    def feed(self, text: bytes) -> bytes:
        """The bytes that are certain by now.

        Raises: OtherForm
        """
        self.pending += text
        if self.layout is None:
            if len(self.pending) < PROBE:
                return b""
            self.layout = _layout_of(self.pending)
        head = 0 if self._started else len(self.layout.lead)
        line = self.layout.width + len(self.layout.line_end)
        spare = len(self.pending) - head - AROUND - line  # the last line and what follows it are for close()
        # so many lines hold whole groups of four letters
        unit = 4 // gcd(self.layout.width, 4) * line if line else 4
        taken = spare // unit * unit
        if taken <= 0:
            return b""
        decoded = self._decoded(self.pending[head : head + taken], complete=False)
        self.pending = self.pending[head + taken :]
        self._started = True
        return decoded

    def close(self) -> tuple[bytes, Layout]:
        """The rest of the bytes, and the layout that gives the text back.

        Raises: OtherForm
        """
        layout = self.layout or _layout_of(self.pending)
        body = self.pending if self._started else self.pending[len(layout.lead) :]
        trail = _trailing_space(body)
        self.layout = layout
        decoded = self._decoded(body[: len(body) - len(trail)], complete=True)
        return decoded, Layout(layout.lead, layout.width, layout.line_end, trail)

    def _decoded(self, text: bytes, *, complete: bool) -> bytes:
        """Bytes of whole lines, each with its line end; if `complete`, of all that are left."""
        assert self.layout is not None
        letters = text
        if self.layout.width:
            line = self.layout.width + len(self.layout.line_end)
            letters = _letters(text, self.layout, max(len(text) - complete, 0) // line)
        try:
            decoded = pybase64.b64decode(letters, validate=True)
        except binascii.Error as error:
            raise OtherForm from error
        if not complete and len(decoded) * 4 != len(letters) * 3:
            raise OtherForm  # padding, yet more text follows
        if pybase64.b64encode(decoded) != letters:
            raise OtherForm
        return decoded


def encode(layout: Layout, chunks: Iterable[bytes], *, unfinished: bool = False) -> Iterator[bytes]:
    """The text that `chunks` stood for, laid out as it was.

    With `unfinished` the chunks are what a Base64Reader has given so far: whole lines, each with its end.
    """
    yield layout.lead
    letters = _encoded(chunks)
    if not layout.width:
        yield from letters
    else:
        rest = b""
        for text in _short(letters, layout):
            rest += text
            # without `unfinished` the last line is kept back, since no line end follows it
            full = (len(rest) if unfinished else len(rest) - 1) // layout.width * layout.width
            if full > 0:
                lines = [rest[at : at + layout.width] for at in range(0, full, layout.width)]
                lines.append(b"")
                yield layout.line_end.join(lines)
                rest = rest[full:]
        yield rest
    if not unfinished:
        yield layout.trail


class TolerantReader:
    """Decodes base64 text in any form: CDATA, references, odd lines, missing padding.

    Raises: ValueError when the text is not base64 at all; after that the reader is of no use.
    """

    def __init__(self) -> None:
        self._text = TextReader()
        self._letters = b""

    def feed(self, text: bytes) -> bytes:
        """The bytes that are certain by now."""
        return self._take(self._text_of(text), complete=False)

    def close(self) -> bytes:
        """The rest of the bytes."""
        return self._take(self._text_of(None), complete=True)

    def _text_of(self, text: bytes | None) -> str:
        try:
            return self._text.close() if text is None else self._text.feed(text)
        except UnsafeXml as error:
            raise ValueError(error.detail) from error

    def _take(self, text: str, *, complete: bool) -> bytes:
        letters = self._letters + text.encode("ascii").translate(None, b" \t\r\n")
        if complete:
            self._letters = b""
            if b"=" not in letters[-2:]:
                letters += b"=" * (-len(letters) % 4)
        else:
            # the last group is kept back: only there may padding stand
            kept = (len(letters) - 1) % 4 + 1 if letters else 0
            letters, self._letters = letters[: len(letters) - kept], letters[len(letters) - kept :]
            if b"=" in letters:
                raise ValueError("padding inside")
        return binascii.a2b_base64(letters, strict_mode=True)


def _short(letters: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    """The same letters in pieces that stay small once their line ends stand between them.

    Lines of one letter with a kibibyte of white space each are a layout too, and a thousand times as long.
    """
    swollen = (layout.width + len(layout.line_end)) // layout.width
    step = max(LONGEST_PIECE // swollen, layout.width + 1)
    for text in letters:
        for at in range(0, len(text), step):
            yield text[at : at + step]


def _encoded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        whole = len(rest) // 3 * 3
        if whole:
            yield pybase64.b64encode(rest[:whole])
            rest = rest[whole:]
    if rest:
        yield pybase64.b64encode(rest)


def _layout_of(text: bytes) -> Layout:
    """The layout that the beginning of `text` shows."""
    lead = _SPACES.match(text)
    assert lead is not None
    if len(lead[0]) > AROUND:
        raise OtherForm
    end = _ONE_SPACE.search(text, lead.end())
    line_end = _SPACES.match(text, end.start()) if end else None
    if end is None or line_end is None or line_end.end() == len(text):
        return Layout(lead[0])
    if len(line_end[0]) > AROUND:
        raise OtherForm
    return Layout(lead[0], end.start() - lead.end(), line_end[0])


def _letters(text: bytes, layout: Layout, ends: int) -> bytes:
    """`text` without its `ends` line ends, which must stand exactly where the layout says."""
    line = layout.width + len(layout.line_end)
    for at, byte in enumerate(layout.line_end, layout.width):
        if text[at::line] != bytes((byte,)) * ends:
            raise OtherForm
    letters = text.replace(layout.line_end, b"")
    if len(letters) != len(text) - ends * len(layout.line_end):
        raise OtherForm
    return letters


def _trailing_space(text: bytes) -> bytes:
    """The white space at the end of `text`.

    Looked for in the last KiB only: a longer run is not a layout.
    """
    tail = text[-AROUND:]
    kept = tail
    while kept:
        shorter = kept.rstrip(b" \t\r\n")
        reference = _LAST_REFERENCE.search(shorter)
        if reference and _ONE_SPACE.fullmatch(reference[0]):
            shorter = shorter[: reference.start()]
        if shorter == kept:
            break
        kept = shorter
    if not kept and len(text) > AROUND:
        raise OtherForm
    return tail[len(kept) :]

"""
The one place that parses XML.

Two readers, both hardened, both bound by the same `Limits`:

    Scanner    expat, streaming, no tree: judges any amount of input at flat memory and cuts the content of
               every ContentTransferEncoded out of it, byte for byte
    parse()    lxml, for what is left when the attachments are out: a small envelope, or a document of our own

No DTD, no entities, no processing instructions, no network; nothing is fetched because a document says so.
What is not allowed raises UnsafeXml, whose `reason` is the name of a fault in the public catalogue.

Spec: XML10 (as far as it is allowed here)
"""

from __future__ import annotations

import pyexpat
import re
from collections.abc import Iterable, Iterator
from pyexpat import ExpatError, errors

from lxml import etree

from schemas import unsafe
from schemas.pieces import Kind, Parsed, Piece, Remark, Repair
from schemas.unsafe import BOM, DEFAULT_LIMITS, KIB, Limits, UnsafeXml

__all__ = [
    "DEFAULT_LIMITS",
    "Kind",
    "Limits",
    "Parsed",
    "Piece",
    "Remark",
    "Repair",
    "Scanner",
    "TextReader",
    "UnsafeXml",
    "parse",
    "scan",
]

CONTENT_ELEMENT = "ContentTransferEncoded"
"""Local name of the element that carries the base64 text of an attachment."""

KNOWN_PREFIXES = {
    "edXML": "http://www.mic.gov.vn/TBT/QCVN_102_2016",
    "xlink": "http://www.w3.org/1999/xlink",
}
"""Prefixes that official examples use without declaring them; parse() declares them on a copy."""

BLOCK = 64 * KIB  # expat reads an unfinished tag again with every call: single bytes must not reach it
HEAD = 1 * KIB  # how far from the start a misplaced prolog is looked for

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")


class Scanner:
    """Judges XML while it arrives, and cuts the content of attachments out of it.

    Feed it any chunks, then close it; both give the pieces that are settled so far. What lies between the
    `>` of a ContentTransferEncoded start tag (any prefix) and the `<` of its end tag is content; an
    empty-element tag has empty content. Content that is nothing but base64 passes expat by: it would find
    nothing there, and take five times as long.

    Raises: UnsafeXml as soon as the input cannot be accepted any more; after that the scanner is of no use.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.remarks: list[Remark] = []
        self._limits = limits
        self._waiting = bytearray()  # not yet given to expat
        self._buffer = b""  # given to expat, not yet settled
        self._base = 0  # offset of the buffer in the input
        self._settled = 0  # offset up to which expat is done
        self._head = b""
        self._last = b""  # the last byte of the input so far
        self._blank = True  # nothing but white space so far
        self._passed_by = self._passed_lines = 0  # bytes and lines of the input that expat did not see
        self._cuts: list[tuple[int, Kind]] = []
        self._open: list[str] = []
        self._seen_root = False
        self._empty_tag = False  # the tag just started ends itself
        self._after_tag = 0  # offset behind the last tag
        self._content_level = 0  # how many elements were open when content began; 0 outside content
        self._in_content = False
        self._elements = 0
        self._attachments = 0
        self._markup_bytes = 0
        self._parser = _expat()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction

    def feed(self, data: bytes) -> list[Piece]:
        """Take the next chunk of any size."""
        total = self._base + len(self._buffer) + len(self._waiting) + len(data)
        if total > self._limits.document_bytes:
            raise self._unsafe("document-too-large", limit=self._limits.document_bytes)
        pieces: list[Piece] = []
        rest = memoryview(data)
        while len(self._waiting) + len(rest) >= BLOCK:
            taken = BLOCK - len(self._waiting)
            block = b"".join((self._waiting, rest[:taken]))
            self._waiting, rest = bytearray(), rest[taken:]
            pieces += self._step(block, final=False)
        self._waiting += rest
        return pieces

    def close(self) -> list[Piece]:
        """Say that the input is complete."""
        pieces = self._step(bytes(self._waiting), final=True)
        if self._last and self._last in b" \t\r\n":
            self.remarks.append(Remark("trailing-space", self._line))
        return pieces

    # --- one block -----------------------------------------------------------------------------

    def _step(self, block: bytes, *, final: bool) -> list[Piece]:
        if not self._head:
            self._look_at_head(block)
        self._last = block[-1:] or self._last
        self._blank = self._blank and not block.removeprefix(BOM).strip()
        if self._in_content and not self._buffer and not final and unsafe.is_plain(block):
            return [self._pass_by(block)]
        self._buffer += block
        try:
            self._parser.Parse(block, final)
        except ExpatError as error:
            raise self._translated(error.code) from error
        self._settled = max(self._at, self._base)  # -1 before the first token
        self._check_text(self._settled)
        self._check_standstill()
        return self._pieces()

    def _pass_by(self, block: bytes) -> Piece:
        """Content that begins and ends nothing, while expat has no token open: it is settled as it is."""
        self._passed_by += len(block)
        self._passed_lines += block.count(b"\n")
        if b"\r" in block:  # one that stands alone ends a line as well
            self._passed_lines += block.count(b"\r") - block.count(b"\r\n")
        self._base = self._settled = self._base + len(block)
        return Piece(Kind.CONTENT, block)

    @property
    def _at(self) -> int:
        """The offset in the input of what expat is at."""
        return self._parser.CurrentByteIndex + self._passed_by

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber + self._passed_lines

    def _look_at_head(self, block: bytes) -> None:
        self._head = block[:HEAD]
        if unsafe.is_wide(self._head):
            raise UnsafeXml("not-utf8", line=1, offset=0, detail="UTF-16")
        if self._head.startswith(BOM):
            self.remarks.append(Remark("bom", 1))

    def _pieces(self) -> list[Piece]:
        """Cut the settled part of the buffer at what the handlers have seen."""
        pieces: list[Piece] = []
        at = self._base
        for offset, edge in [*self._cuts, (self._settled, None)]:
            if offset > at:
                kind = Kind.CONTENT if self._in_content else Kind.MARKUP
                pieces.append(Piece(kind, self._buffer[at - self._base : offset - self._base]))
                self._markup_bytes += 0 if self._in_content else offset - at
                at = offset
            if edge is not None:
                pieces.append(Piece(edge))
                self._in_content = edge is Kind.BEGIN
        self._cuts.clear()
        self._buffer = self._buffer[self._settled - self._base :]
        self._base = self._settled
        if self._markup_bytes > self._limits.envelope_bytes:
            raise self._unsafe("envelope-too-large", limit=self._limits.envelope_bytes)
        return pieces

    # --- what expat reports --------------------------------------------------------------------

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._at
        self._check_text(at)
        self._seen_root = True
        self._open.append(name)
        self._elements += 1
        if len(self._open) > self._limits.depth:
            raise self._unsafe("too-deep", limit=self._limits.depth)
        if self._elements > self._limits.elements:
            raise self._unsafe("too-many-elements", limit=self._limits.elements)
        tag = _TAG.match(self._buffer, at - self._base)
        assert tag is not None  # expat has just read this tag
        if len(tag[0]) > self._limits.attribute_bytes:
            raise self._unsafe("attribute-too-long", limit=self._limits.attribute_bytes)
        self._after_tag = at + len(tag[0])
        self._empty_tag = tag[0].endswith(b"/>")
        if not self._content_level and name.rpartition(":")[2] == CONTENT_ELEMENT:
            self._attachments += 1
            if self._attachments > self._limits.attachments:
                raise self._unsafe("too-many-attachments", limit=self._limits.attachments)
            self._content_level = len(self._open)
            self._cuts.append((self._after_tag, Kind.BEGIN))

    def _end(self, name: str) -> None:
        at = self._at  # `<` of the end tag, or behind an empty-element tag
        self._check_text(at)
        if self._content_level == len(self._open):
            self._content_level = 0
            self._cuts.append((at, Kind.END))
        self._open.pop()
        if not self._empty_tag:
            self._after_tag = self._base + self._buffer.index(b">", at - self._base) + 1
        self._empty_tag = False

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise UnsafeXml("not-utf8", line=1, offset=0, detail=encoding)

    def _doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        raise self._unsafe("doctype", detail=name)

    def _instruction(self, target: str, data: str) -> None:
        raise self._unsafe("processing-instruction", detail=target)

    # --- what is too much, and what is wrong ---------------------------------------------------

    def _check_text(self, offset: int) -> None:
        """Measure what stands between the last tag and `offset`: text, comments, CDATA sections."""
        if not self._content_level and offset - self._after_tag > self._limits.text_bytes:
            raise self._unsafe("text-too-long", limit=self._limits.text_bytes)

    def _check_standstill(self) -> None:
        """Stop while a tag or comment that does not end is still small.

        expat reads an unfinished one from its start with every block: a tag of 20 MiB would cost the square.
        """
        standing = self._buffer[self._settled - self._base :]
        if standing.startswith(b"<!--"):
            if len(standing) > self._limits.text_bytes:
                raise self._unsafe("text-too-long", limit=self._limits.text_bytes)
        elif len(standing) > self._limits.attribute_bytes:
            if standing.startswith(b"<?") and not standing.startswith(b"<?xml"):
                target = standing[2:42].split()[0].decode("utf-8", "replace")
                raise self._unsafe("processing-instruction", detail=target)
            raise self._unsafe("attribute-too-long", limit=self._limits.attribute_bytes)

    def _unsafe(self, reason: str, *, detail: str = "", limit: int | None = None) -> UnsafeXml:
        return UnsafeXml(reason, line=self._line, offset=max(self._at, 0), detail=detail, limit=limit)

    def _translated(self, code: int) -> UnsafeXml:
        """Name what expat stumbled over."""
        message = _message(code)
        where = max(self._parser.ErrorByteIndex + self._passed_by, 0)
        rest = self._buffer[max(where - self._base, 0) :]
        if self._blank:
            return UnsafeXml("empty", line=1, offset=0)
        if not self._seen_root and (stray := unsafe.stray_bytes(self._head)):
            return UnsafeXml("stray-bytes", line=1, offset=0, detail=stray)
        if self._seen_root and not self._open:
            return self._unsafe("trailing-junk", detail=unsafe.printable(rest))
        if unsafe.is_not_utf8(rest):
            return self._unsafe("not-utf8", detail=f"byte 0x{rest[0]:02X}, offset {where}")
        if unsafe.is_unfinished(message):
            return self._unsafe("truncated", detail=self._unfinished())
        if message == errors.XML_ERROR_UNDEFINED_ENTITY:
            return self._unsafe("entity", detail=unsafe.entity_name(rest))
        return self._unsafe("not-xml", detail=unsafe.sentence(message))

    def _unfinished(self) -> str:
        if not self._open:
            return "chưa có thẻ gốc · no root element has begun"
        return f"thẻ <{self._open[-1]}> chưa đóng · <{self._open[-1]}> is still open"


def scan(chunks: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> Iterator[Piece]:
    """The pieces of a whole input.

    Raises: UnsafeXml
    """
    scanner = Scanner(limits)
    for chunk in chunks:
        yield from scanner.feed(chunk)
    yield from scanner.close()


class TextReader:
    """The character data of content that a Scanner has cut out: CDATA unwrapped, references resolved.

    Comments are passed over. Raises: UnsafeXml when elements stand in it.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._parser = _expat()
        self._parser.buffer_text = True
        self._parser.buffer_size = BLOCK
        self._parser.Parse(b"<content>", False)
        self._parser.StartElementHandler = self._element
        self._parser.CharacterDataHandler = self._texts.append

    def feed(self, data: bytes) -> str:
        """Take the next chunk, give the text that is certain by now."""
        return self._parse(data, final=False)

    def close(self) -> str:
        """Give the rest of the text."""
        return self._parse(b"</content>", final=True)

    def _parse(self, data: bytes, *, final: bool) -> str:
        try:
            self._parser.Parse(data, final)
        except ExpatError as error:
            raise UnsafeXml("not-xml", detail=unsafe.sentence(_message(error.code))) from error
        text = "".join(self._texts)
        self._texts.clear()
        return text

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        raise UnsafeXml("not-xml", detail=f"<{name}>")


def parse(data: bytes, limits: Limits | None = None, *, base_url: str | None = None) -> Parsed:
    """Build the tree of a small document: an envelope without its attachments, or XML of our own.

    Known prefixes without a declaration are declared on the root of the copy that is parsed; `data` stays as
    it is. `base_url` is only for our own schemas, which include each other.

    Spec: XMLNS
    Raises: UnsafeXml
    """
    limits = limits or DEFAULT_LIMITS
    if len(data) > limits.envelope_bytes:
        raise UnsafeXml("envelope-too-large", limit=limits.envelope_bytes)
    for _ in scan((data,), limits):
        pass  # the scanner's limits make huge_tree safe below: without it lxml stops at 10 MB
    try:
        return Parsed(_tree(data, base_url))
    except etree.XMLSyntaxError as error:
        mended, repaired = _with_declarations(data, error)
    try:
        return Parsed(_tree(mended, base_url), repaired)
    except etree.XMLSyntaxError as error:
        raise _not_namespaces(error) from error


def _tree(data: bytes, base_url: str | None) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_pis=False,
    )
    return etree.fromstring(data, parser, base_url=base_url)  # type: ignore[arg-type]  # the stubs forgot None


def _with_declarations(data: bytes, error: etree.XMLSyntaxError) -> tuple[bytes, tuple[Repair, ...]]:
    """A copy of `data` whose root declares the known prefixes that are used without a declaration."""
    missing = _Prefixes(data)
    for prefix, line in missing.undeclared.items():
        if prefix not in KNOWN_PREFIXES:
            detail = f"tiền tố «{prefix}» chưa khai báo · the prefix {prefix} is not declared"
            raise UnsafeXml("not-xml", line=line, detail=detail) from error
    if not missing.undeclared:
        raise _not_namespaces(error) from error
    declarations = "".join(f' xmlns:{prefix}="{KNOWN_PREFIXES[prefix]}"' for prefix in missing.undeclared)
    mended = data[: missing.behind_root_name] + declarations.encode() + data[missing.behind_root_name :]
    return mended, tuple(Repair(prefix, line) for prefix, line in missing.undeclared.items())


def _not_namespaces(error: etree.XMLSyntaxError) -> UnsafeXml:
    """Well-formed for expat, but not for a reader that knows namespaces."""
    return UnsafeXml("not-xml", line=error.lineno, detail=f"không gian tên · namespaces: {error.msg}")


class _Prefixes:
    """Finds the prefixes of a well-formed document that are used outside any declaration of theirs."""

    def __init__(self, data: bytes) -> None:
        self.undeclared: dict[str, int] = {}
        self.behind_root_name = 0
        self._scopes: list[frozenset[str]] = [frozenset(("xml", "xmlns"))]
        self._parser = _expat()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(data, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._scopes) == 1:
            self.behind_root_name = self._parser.CurrentByteIndex + 1 + len(name.encode())
        declared = {a.removeprefix("xmlns:") for a in attributes if a.startswith("xmlns:")}
        scope = self._scopes[-1] | declared if declared else self._scopes[-1]
        self._scopes.append(scope)
        for used in (name, *attributes):
            prefix, colon, _ = used.partition(":")
            if colon and prefix not in scope:
                self.undeclared.setdefault(prefix, self._parser.CurrentLineNumber)

    def _end(self, name: str) -> None:
        self._scopes.pop()


def _expat() -> pyexpat.XMLParserType:
    # A declaration may not choose the encoding; names are not interned, since strangers choose them.
    parser = pyexpat.ParserCreate("utf-8", None, None)
    if hasattr(parser, "SetReparseDeferralEnabled"):  # from expat 2.6: tokens are held back, which we bound
        parser.SetReparseDeferralEnabled(False)
    return parser


def _message(code: int) -> str:
    return pyexpat.ErrorString(code) or "error"

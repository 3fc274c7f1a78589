"""
Attachments that the generator makes itself: small, well-formed, and as large as asked.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from random import Random

PIECE = 256 << 10
_STAMP = (2025, 7, 1, 8, 0, 0)  # entries of an archive need a date; a clock would change the bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach. `pieces` gives its bytes, the same ones every time it is called.

    `bare_name` is the name of the file inside the SDK's wrapping, or "" when it is not wrapped.
    """

    name: str
    content_type: str
    pieces: Callable[[], Iterator[bytes]]
    bare_name: str = ""


def pdf(name: str, title: str, size: int, rng: Random) -> File:
    """A PDF of one page that says `title`, filled up with noise to about `size` bytes."""
    seed = rng.getrandbits(64)

    def pieces() -> Iterator[bytes]:
        noise = Random(seed)  # noqa: S311  # filling, not cryptography
        text = _ascii(title).replace("\\", "").replace("(", "").replace(")", "")
        page = f"BT /F1 14 Tf 72 770 Td ({text[:90]}) Tj ET".encode()
        fonts = b"/Resources<</Font<</F1 5 0 R>>>>"
        objects = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R%s>>" % fonts,
            b"<</Length %d>>\nstream\n%s\nendstream" % (len(page), page),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
        written, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
        for number, body in enumerate(objects, start=1):
            offsets.append(len(written))
            written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        offsets.append(len(written))
        filling = max(0, size - len(written) - 300)
        head = b"6 0 obj\n<</Type/Metadata/Length %d>>\nstream\n" % filling
        yield written + head
        for at in range(0, filling, PIECE):
            yield noise.randbytes(min(PIECE, filling - at))
        tail = b"\nendstream\nendobj\n"
        table = len(written) + len(head) + filling + len(tail)
        rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        yield tail + b"xref\n0 7\n0000000000 65535 f \n" + rows
        yield b"trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table

    return File(name, "application/pdf", pieces)


def docx(name: str, paragraphs: list[str]) -> File:
    """A Word document with these paragraphs."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{escape(text, quote=False)}</w:t></w:r></w:p>" for text in paragraphs)
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    document = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    data = _office("word/document.xml", main, document)
    return _small(name, "application/docx", data)


def xlsx(name: str, rows: list[list[str]]) -> File:
    """An Excel workbook with one sheet of text."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{escape(c, quote=False)}</t></is></c>' for c in row)
        + "</row>"
        for row in rows
    )
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    workbook = (
        f'<workbook xmlns="{space}" xmlns:r="{relation}"><sheets>'
        '<sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    more = {
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/_rels/workbook.xml.rels": _relations(f"{relation}/worksheet", "worksheets/sheet1.xml"),
    }
    data = _office("xl/workbook.xml", main, workbook, more)
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _small(name, content_type, data)


def txt(name: str, text: str) -> File:
    """A text file."""
    return _small(name, "text/plain", text.encode())


def wrapped(file: File, entry_name: str) -> File:
    """`file` inside a ZIP as the national SDK makes it: one entry, sizes behind the data, no word of it."""
    stream = _Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(entry_name, _STAMP), b"".join(file.pieces()), zipfile.ZIP_DEFLATED)
    data = stream.getvalue()
    return File(file.name, "application/zip", lambda: iter((data,)), bare_name=entry_name)


class _Unseekable(io.BytesIO):
    """Java's ZipOutputStream cannot go back to fill in sizes, so they stand behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("seek")


def _small(name: str, content_type: str, data: bytes) -> File:
    return File(name, content_type, lambda: iter((data,)))


def _office(main_name: str, main_type: str, main: str, more: dict[str, str] | None = None) -> bytes:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main_name}" ContentType="{main_type}"/></Types>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    entries = {
        "[Content_Types].xml": types,
        "_rels/.rels": _relations(office, main_name),
        main_name: main,
        **(more or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            declared = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text
            archive.writestr(zipfile.ZipInfo(name, _STAMP), declared.encode(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(text, quote=False)}</t></is></c>'


def _relations(kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/></Relationships>'
    )


def _ascii(text: str) -> str:
    """`text` without its Vietnamese marks: the standard fonts of PDF do not have them."""
    letters = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return letters.encode("ascii", "ignore").decode()

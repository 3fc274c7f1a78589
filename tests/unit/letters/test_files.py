import io
import re
import zipfile
from random import Random

import pytest

from gateway.core.archives import DEFAULT_LIMITS, FileKind, kind_of
from gateway.core.attachments import look, unwrapped
from gateway.letters.files import File, docx, pdf, txt, wrapped, xlsx


def content(file: File) -> bytes:
    return b"".join(file.pieces())


@pytest.mark.parametrize("size", [0, 2_000, 700_000])
def test_a_pdf_is_as_large_as_asked_and_its_table_points_at_its_objects(size: int) -> None:
    data = content(pdf("a.pdf", "V/v họp (Đợt 1)", size, Random(1)))

    assert data.startswith(b"%PDF-1.4")
    assert len(data) == pytest.approx(max(size, 900), abs=600)
    table = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    assert data[table:].startswith(b"xref\n0 7\n")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n", data[table:]), start=1):
        assert data[int(offset) :].startswith(b"%d 0 obj" % number)
    assert b"V/v hop Dot 1" in data


def test_a_file_gives_the_same_bytes_every_time() -> None:
    file = pdf("a.pdf", "V/v", 10_000, Random(1))

    assert content(file) == content(file)


def test_office_files_are_what_they_say() -> None:
    word, sheet = docx("a.docx", ["một & hai", "<ba>"]), xlsx("a.xlsx", [["STT", "<b>"]])

    for file, member, text in (
        (word, "word/document.xml", "một &amp; hai"),
        (sheet, "xl/worksheets/sheet1.xml", "&lt;b&gt;"),
    ):
        data = content(file)
        assert kind_of(data) is FileKind.OFFICE
        assert look(io.BytesIO(data), file.name, DEFAULT_LIMITS).findings == ()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert text in archive.read(member).decode()


def test_the_wrapping_is_that_of_the_sdk() -> None:
    """Java cannot go back, so sizes stand behind the data and the local header has none."""
    file = wrapped(txt("a.txt", "ghi chú"), "c0ffee.txt")
    data = content(file)

    assert (file.name, file.content_type, file.bare_name) == ("a.txt", "application/zip", "c0ffee.txt")
    assert data[6] & 0x08
    assert look(io.BytesIO(data), "a.txt", DEFAULT_LIMITS).wrapped
    assert b"".join(unwrapped(io.BytesIO(data))).decode() == "ghi chú"

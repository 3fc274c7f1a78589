import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.archives import DEFAULT_LIMITS
from gateway.core.errors import Rejected
from gateway.core.renderings import sdk_files
from gateway.core.renderings.sdk_files import OTHER_ZIP, SdkFile, sdk_file
from tests.kit.archives import office, zipped
from tests.kit.messages import encoded, message
from tests.kit.sinks import take_apart

PDF = b"%PDF-1.4\n" * 50
ENTRY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
(PART,) = take_apart(message(attachments=encoded("<ContentId>a</ContentId>@"))).split.parts


def file_of(name: str, data: bytes) -> tuple[SdkFile, bytes]:
    def decoded() -> Iterator[bytes]:
        return (data[at : at + 100] for at in range(0, len(data), 100))

    file = sdk_file(name, PART, decoded, DEFAULT_LIMITS, io.BytesIO)
    written = b"".join(file.pieces())
    assert b"".join(file.pieces()) == written
    return file, written


def inside(data: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        (entry,) = archive.infolist()
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        return entry.filename, archive.read(entry)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        *[("a.pdf", "application/pdf"), ("A.PDF", "application/pdf"), ("a.doc", "application/doc")],
        *[("a.docx", "application/docx"), ("a.zip", "application/zip")],
        *[("a.xsl", "application/xsl"), ("a.xslx", "application/xslx")],
    ],
)
def test_what_java_writes_raw_is_raw(name: str, content_type: str) -> None:
    for data in (PDF, b"", office()):
        file, written = file_of(name, data)
        assert (file.content_type, written) == (content_type, data)


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.png", "a.txt", "a.xml", "a.rar", "Tờ trình.PPTX"])
def test_everything_else_goes_into_a_zip_of_its_own(name: str) -> None:
    for data in (b"", PDF, office()):
        file, written = file_of(name, data)
        entry, content = inside(written)
        assert (file.content_type, content) == ("application/zip", data)
        stem, _, suffix = entry.rpartition(".")
        assert ENTRY.fullmatch(stem)
        assert name.lower().endswith(f".{suffix}")


@pytest.mark.parametrize("name", ["", "khong duoi", "a./../../etc/x", "a.", "a.b c"])
def test_a_name_without_a_plain_extension_leads_nowhere(name: str) -> None:
    assert ENTRY.fullmatch(inside(file_of(name, PDF)[1])[0])


def test_a_pdf_that_came_wrapped_is_handed_raw() -> None:
    file, written = file_of("a.pdf", zipped({"0b5e.pdf": PDF}))

    assert (file.content_type, written) == ("application/pdf", PDF)


def test_a_docx_that_came_wrapped_is_handed_raw() -> None:
    assert file_of("a.docx", zipped({"0b5e.docx": office()}))[1] == office()


def test_a_file_that_came_wrapped_as_java_does_it_stays_as_it_is() -> None:
    wrapped = zipped({"0b5e.txt": b"chu"}, zipfile.ZIP_STORED)

    file, written = file_of("a.txt", wrapped)
    assert (file.content_type, written) == ("application/zip", wrapped)


def test_a_wrapping_with_another_name_inside_is_made_anew() -> None:
    entry, content = inside(file_of("a.xls", zipped({"0b5e.edxml": PDF}))[1])

    assert (entry[-4:], content) == (".xls", PDF)


def test_an_archive_of_several_files_is_wrapped_whole() -> None:
    archive = zipped({"a.txt": b"1", "b.txt": b"2"})

    assert inside(file_of("a.kmz", archive)[1])[1] == archive


@pytest.mark.parametrize("name", ["A.ZIP", "a.gzip", "a_zip", "a.7Zip"])
def test_java_is_told_to_unpack_nothing_whose_name_ends_in_zip(name: str) -> None:
    file, written = file_of(name, PDF)

    assert (file.content_type, written) == (OTHER_ZIP, PDF)


@given(st.binary(max_size=300))
def test_rubbish_that_begins_like_a_zip_is_only_a_file(rubbish: bytes) -> None:
    data = b"PK\x03\x04" + rubbish

    assert file_of("a.pdf", data)[1] == data
    assert inside(file_of("a.txt", data)[1])[1] == data


def test_a_wrapped_file_that_changes_after_the_look_is_refused() -> None:
    good = zipped({"a.pdf": PDF})
    versions = [good, good, good[:-40]]

    file = sdk_file("a.pdf", PART, lambda: iter([versions.pop(0)]), DEFAULT_LIMITS, io.BytesIO)

    with pytest.raises(Rejected):
        list(file.pieces())


@given(st.lists(st.binary(max_size=5000), max_size=5))
def test_a_zip_is_the_same_however_its_file_comes_in_pieces(pieces: list[bytes]) -> None:
    data = b"".join(pieces)

    written = b"".join(sdk_files.zipped("a.txt", len(data), pieces))

    assert inside(written) == ("a.txt", data)


def test_a_zip_given_up_halfway_leaves_nothing_open() -> None:
    started = sdk_files.zipped("a.txt", 6, iter([b"abc", b"def"]))
    next(started)

    started.close()  # type: ignore[attr-defined]  # a generator

import io
import zipfile

import pytest

from gateway.core.archives import (
    DEFAULT_LIMITS,
    ArchiveLimits,
    Damaged,
    FileKind,
    TooManyEntries,
    head_of,
    inflate,
    is_readable,
    kind_of,
    open_archive,
)
from tests.kit.archives import lying, office, zipped

TAR = b"a.txt".ljust(257, b"\0") + b"ustar\x0000"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (zipped({"a.txt": b"a"}), FileKind.ZIP),
        (zipped({}), FileKind.ZIP),
        (office(), FileKind.OFFICE),
        (zipped({"mimetype": b"application/epub+zip"}), FileKind.OFFICE),
        (zipped({"META-INF/MANIFEST.MF": b""}), FileKind.OFFICE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OLE),
        (b"{\\rtf1", FileKind.RTF),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", FileKind.XML),
        (b"\x89PNG\r\n\x1a\n", FileKind.IMAGE),
        (b"Rar!\x1a\x07\x01\x00", FileKind.RAR),
        (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
        (b"\x1f\x8b\x08", FileKind.GZIP),
        (TAR, FileKind.TAR),
        (b"V\xc4\x83n b\xe1\xba\xa3n", FileKind.UNKNOWN),
        (b"PK\x03\x04", FileKind.ZIP),
        (b"", FileKind.UNKNOWN),
    ],
)
def test_files_are_known_by_their_first_bytes(head: bytes, kind: FileKind) -> None:
    assert kind_of(head) is kind


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("chunk", [1, 7, 4096, 1 << 20])
def test_entries_come_out_whole_in_pieces_of_any_size(method: int, chunk: int) -> None:
    data = b"".join(b"%d, " % number for number in range(3000))
    archive = open_archive(io.BytesIO(zipped({"a.txt": data}, method)), DEFAULT_LIMITS)

    pieces = list(inflate(archive, archive.entries[0], chunk))

    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= chunk
    assert head_of(archive, archive.entries[0]) == data[:4096]


def test_the_stream_is_read_to_its_end_whatever_the_table_claims() -> None:
    archive = open_archive(io.BytesIO(lying(b"a" * 5000, claimed=10)), DEFAULT_LIMITS)

    assert sum(map(len, inflate(archive, archive.entries[0]))) == 5000


def test_a_changed_byte_is_damage() -> None:
    data = bytearray(zipped({"a.txt": b"abc" * 100}, zipfile.ZIP_STORED))
    data[60] ^= 1
    archive = open_archive(io.BytesIO(bytes(data)), DEFAULT_LIMITS)

    with pytest.raises(Damaged):
        list(inflate(archive, archive.entries[0]))


def test_an_encrypted_entry_is_not_opened() -> None:
    data = bytearray(zipped({"a.txt": b"abc"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive = open_archive(io.BytesIO(bytes(data)), DEFAULT_LIMITS)

    assert not is_readable(archive.entries[0])
    assert head_of(archive, archive.entries[0]) == b""


def test_too_many_entries_are_too_many() -> None:
    data = zipped({f"{number}.txt": b"" for number in range(11)})

    open_archive(io.BytesIO(data), ArchiveLimits(entries=11))
    with pytest.raises(TooManyEntries):
        open_archive(io.BytesIO(data), ArchiveLimits(entries=10))


def test_a_huge_table_of_contents_is_not_even_read() -> None:
    class Watched(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    file = Watched(zipped({f"{number:0200}.txt": b"" for number in range(2000)}))

    with pytest.raises(TooManyEntries):
        open_archive(file, ArchiveLimits(directory_bytes=100_000))
    assert file.largest <= 100_000


@pytest.mark.parametrize("keep", [4, 30, 60, -1, -30])
def test_a_truncated_archive_is_damaged(keep: int) -> None:
    with pytest.raises(Damaged):
        open_archive(io.BytesIO(zipped({"a.txt": b"abc" * 100})[:keep]), DEFAULT_LIMITS)


def test_whatever_is_done_to_an_archive_it_is_read_or_damaged() -> None:
    """Every single byte changed in turn: no other exception may come out."""
    whole = zipped({"a.txt": b"abc" * 20, "b/c.txt": b"x"})
    for at in range(len(whole)):
        for value in (0, 0x7F, 0xFF):
            changed = whole[:at] + bytes([value]) + whole[at + 1 :]
            try:
                archive = open_archive(io.BytesIO(changed), DEFAULT_LIMITS)
                for entry in archive.entries:
                    list(inflate(archive, entry))
            except (Damaged, TooManyEntries):
                continue

"""
ZIP files for tests, honest ones and others.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with these entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def office(extra: dict[str, bytes] | None = None) -> bytes:
    """A ZIP that is a document inside, as docx and xlsx are."""
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>" * 50, **(extra or {})})


def lying(data: bytes, claimed: int) -> bytes:
    """A ZIP whose headers and table of contents say that `data` is only `claimed` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    name, crc = b"a.txt", zlib.crc32(data)
    sizes = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, crc, len(packed), claimed, len(name), 0)
    local = b"PK\x03\x04" + sizes + name + packed
    central = b"PK\x01\x02\x14\x00" + sizes + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end

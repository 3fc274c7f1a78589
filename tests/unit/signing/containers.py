"""Containers for tests: good ones, and ones built by hand that no honest writer makes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from signing.asice import (
    AGENCY_SIGNATURE,
    MANIFEST_MEMBER,
    MIMETYPE,
    NODE_SIGNATURE,
    manifest,
    write_container,
)
from signing.keys import SealKey
from signing.seal import seal
from tests.unit.signing.letters import NOW, Letter


def asice(made: Letter, key: SealKey, *, agency: SealKey | None = None) -> bytes:
    """A good .asice with the node's seal, and the agency's own when it has one."""
    signatures = {NODE_SIGNATURE: seal(made.parts, key, NOW)}
    if agency is not None:
        covered = [part for part in made.parts if part.name != "routing.json"]
        signatures[AGENCY_SIGNATURE] = seal(covered, agency, NOW)
    out = io.BytesIO()
    write_container(out, made.contents, signatures)
    return out.getvalue()


def members(made: Letter, signature: bytes) -> dict[str, bytes]:
    """What a good container of this letter holds, in order."""
    return {
        "mimetype": MIMETYPE,
        MANIFEST_MEMBER: manifest(made.parts),
        NODE_SIGNATURE: signature,
        **made.bytes_of,
    }


def zipped(
    content: Mapping[str, bytes] | Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    """A zip by Python's own writer, for what it lets pass."""
    pairs = content.items() if isinstance(content, Mapping) else content
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in pairs:
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def raw_zip(
    content: Sequence[tuple[str, bytes]],
    *,
    flags: int = 0,
    extra: bytes = b"",
    comment: bytes = b"",
    gaps: Sequence[bytes] = (),
    claim: int | None = None,
) -> bytes:
    """A stored zip with any flags, extras, comments, gaps or false sizes."""
    body, directory = b"", b""
    for number, (name, data) in enumerate(content):
        raw, crc = name.encode(), zlib.crc32(data)
        size = len(data) if claim is None else claim
        offset = len(body)
        body += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 20, flags, 0, 0, 33, crc, size, size, len(raw), len(extra)
        )
        body += raw + extra + data + (gaps[number] if gaps else b"")
        directory += struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            20,
            20,
            flags,
            0,
            0,
            33,
            crc,
            size,
            size,
            len(raw),
            len(extra),
            0,
            0,
            0,
            0,
            offset,
        )
        directory += raw + extra
    count = len(content)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(comment))
    return body + directory + end + comment

"""The habits of each dialect, seen in its bytes; that all of them read alike, test_edxml_dialects proves."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from gateway.core.model import Organ
from gateway.letters.content import draft
from gateway.letters.dialects import Dialect, render


def written(dialect: Dialect) -> bytes:
    at = datetime(2025, 11, 20, 2, 30, tzinfo=UTC)
    letter = draft(Organ("H14", "UBND tỉnh A & B"), [Organ("H21")], 45, Random(11), at, 900)
    return b"".join(render(letter, dialect))


@pytest.mark.parametrize(
    ("dialect", "there", "not_there"),
    [
        (Dialect.JAVA_SDK, b"cid:cid:", b"Signature"),
        (Dialect.JAVA_SDK, b"<edXML:TraceHeaderList>\n        <edXML:Bussiness>", b"\r"),
        (Dialect.JAVA_SDK, b'<edXML:ContentTransferEncoded xmlns:edXML="', b"<ContentTransferEncoded"),
        (Dialect.JAVA_SAMPLE, b"<X509Certificate>MIIFqTCCBJG<", b"cid:cid:"),
        (Dialect.JAVA_SAMPLE, b"<edXML:TraceHeaderList>\n        <edXML:TraceHeader>", b"\r"),
        (Dialect.DOTNET, b"<edXML:DigitalSignature/>", b"\n<"),
        (Dialect.DOTNET, b'mustUnderstand="1"', b"edXML:ContentTransferEncoded"),
        (Dialect.DOTNET, b"<edXML:Department>N/A<", b"<edXML:Direction"),
        (Dialect.PVN, b"<edXML:BusinessName>", b"Bussiness"),
        (Dialect.PVN, b"<edXML:ContentType>text/plain<", b"<edXML:DueDate"),
        (Dialect.HAND_MADE, b'<edXML:Reference xlink:href="">', b"xmlns:xlink"),
        (Dialect.HAND_MADE, b"\t<!-- XML 102 -->\r\n", b"Direction"),
        (Dialect.HAND_MADE, b"<edXML:OrganId></edXML:OrganId>", b"<edXML:OrganId/>"),
        (Dialect.OTHER_DATES, b">20/11/2025<", b"edXML:"),
    ],
)
def test_a_dialect_has_its_habits(dialect: Dialect, there: bytes, not_there: bytes) -> None:
    data = written(dialect)

    assert there in data
    assert not_there not in data
    assert b"A &amp; B" in data


def test_files_begin_and_end_as_their_senders_leave_them() -> None:
    assert written(Dialect.BYTE_ORDER_MARK).startswith(b"\xef\xbb\xbf<?xml")
    assert written(Dialect.TRAILING_LINE_END).endswith(b"</edXML>\n\r\n")
    assert written(Dialect.DOTNET).endswith(b"</edXML>")

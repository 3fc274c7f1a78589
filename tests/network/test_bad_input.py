"""
Bad input through the API of a running node: each its own code and sentence, and the node stays up.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway.core import catalogue
from gateway.core.errors import Fault
from gateway.core.model import AgencyCode
from gateway.sandbox.axis import AgencyDesk, memory_axis
from tests.kit.archives import zipped
from tests.kit.correspondence import agency, letter, tree
from tests.kit.heard import HeardLog

WRITER, READER, STRANGER = map(AgencyCode, ("000.00.H14", "000.01.H14", "000.02.H14"))
AXIS = tree({"H14": ""}, [agency(code, "H14") for code in (WRITER, READER, STRANGER)])
MIB = 1024 * 1024
GOOD = letter(WRITER, READER)
CONTENT = re.compile(rb"(<(?:\w+:)?ContentTransferEncoded[^>]*>).*?(</)", re.DOTALL)


def with_attachment(data: bytes, *, name: bytes = b"") -> bytes:
    """The good letter with other bytes attached, its names changed along."""
    encoded = base64.b64encode(data)
    content = CONTENT.sub(lambda found: found[1] + encoded + found[2], GOOD)
    return re.sub(rb"[^<>]*\.signed\.pdf", name, content) if name else content


def zip_of_zips(levels: int) -> bytes:
    inner = zipped({"a.txt": b"at the bottom"})
    for level in range(levels - 1):
        inner = zipped({f"{level}.zip": inner})
    return inner


def changed(old: bytes, new: bytes, count: int = -1) -> bytes:
    """The good letter with something in it replaced."""
    assert old in GOOD
    return GOOD.replace(old, new, count)


def inside(data: bytes) -> bytes:
    """The good letter with something put into its header."""
    return changed(b"<edXML:Subject>", data + b"<edXML:Subject>", 1)


def without_attachment() -> bytes:
    return re.sub(rb"<AttachmentEncoded>.*</AttachmentEncoded>", b"", GOOD, flags=re.DOTALL)


Pieces = Callable[[], Iterator[bytes]]


def repeated(piece: bytes, times: int, before: bytes = b"", after: bytes = b"") -> Pieces:
    """Far more than anyone keeps in memory, in pieces."""

    def pieces() -> Iterator[bytes]:
        yield before
        for _ in range(times):
            yield piece
        yield after

    return pieces


HEAD, TAIL = GOOD.split(b"<edXML:Subject>", 1)
BAD: dict[str, tuple[Fault, bytes | Pieces]] = {
    "nothing at all": (catalogue.EMPTY, b""),
    "truncated": (catalogue.TRUNCATED, GOOD[: len(GOOD) // 2]),
    "not XML": (catalogue.NOT_XML, b"<edXML><a></b></edXML>"),
    "not UTF-8": (catalogue.NOT_UTF8, inside("<!-- Thủ tướng -->".encode("cp1258", "replace"))),
    "stray bytes before the prolog": (catalogue.STRAY_BYTES, b"1212" + GOOD),
    "something behind the end": (catalogue.TRAILING_JUNK, GOOD + b"<more/>"),
    "a DOCTYPE": (
        catalogue.DOCTYPE,
        GOOD.replace(b"<edXML ", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><edXML ', 1),
    ),
    "an entity": (catalogue.ENTITY, inside(b"<edXML:Content>&xxe;</edXML:Content>")),
    "a processing instruction": (catalogue.INSTRUCTION, inside(b"<?php echo 1 ?>")),
    "a wrong namespace": (catalogue.WRONG_NAMESPACE, changed(b"QCVN_102_2016", b"QCVN_999_2016")),
    "another root": (catalogue.WRONG_ROOT, b"<html><body/></html>"),
    "a missing attachment": (catalogue.ATTACHMENT_MISSING, without_attachment()),
    "base64 rubbish": (catalogue.NOT_BASE64, CONTENT.sub(rb"\1{not base64, really}\2", GOOD, count=1)),
    "an empty attachment": (catalogue.ATTACHMENT_EMPTY, CONTENT.sub(rb"\1\2", GOOD, count=1)),
    "ten levels of zip": (catalogue.ARCHIVE_NESTED, with_attachment(zip_of_zips(10), name=b"van-ban.zip")),
    "a zip bomb": (
        catalogue.ARCHIVE_RATIO,
        with_attachment(zipped({"0.txt": bytes(20 * MIB)}), name=b"van-ban.zip"),
    ),
    "an unknown recipient": (catalogue.NO_KNOWN_RECIPIENT, letter(WRITER, "000.99.H99")),
    "no recipient": (catalogue.NO_RECIPIENT, re.sub(rb"<edXML:To>.*</edXML:To>", b"", GOOD, flags=re.DOTALL)),
    "a sender that is not the caller": (catalogue.SENDER_NOT_CALLER, letter(STRANGER, READER)),
    "a secret document": (catalogue.STATE_SECRET, letter(WRITER, READER, subject="Công điện MẬT số 1")),
    "100 MB of <a>": (catalogue.TOO_DEEP, repeated(b"<a>" * 350_000, 100)),
    "100 MB of <a/>": (catalogue.TOO_MANY_ELEMENTS, repeated(b"<a/>" * 262_144, 100, b"<edXML>")),
    "an attribute of 20 MB": (
        catalogue.ATTRIBUTE_TOO_LONG,
        repeated(b"x" * MIB, 20, HEAD + b'<edXML:Subject a="', b'">' + TAIL),
    ),
    "20 MB of subject": (catalogue.TEXT_TOO_LONG, repeated(b"x" * MIB, 20, HEAD + b"<edXML:Subject>", TAIL)),
}
TOLERATED: dict[str, tuple[Fault, bytes]] = {
    "a byte order mark": (catalogue.BOM, b"\xef\xbb\xbf" + letter(WRITER, READER, number=2)),
    "a trailing CRLF": (catalogue.TRAILING_SPACE, letter(WRITER, READER, number=3) + b"\r\n"),
    "one unknown recipient among others": (
        catalogue.RECIPIENT_UNKNOWN,
        letter(WRITER, READER, "000.99.H99", number=4),
    ),
}


@dataclass
class Program:
    """A document system of an agency, talking plain HTTP."""

    session: aiohttp.ClientSession
    desk: AgencyDesk

    async def post(self, content: bytes | Pieces) -> tuple[int, str, dict[str, Any]]:
        """The status, content type and JSON with which a letter is answered."""
        body = content if isinstance(content, bytes) else _stream(content)
        headers = {"Authorization": f"Bearer {self.desk.key}", "Content-Type": "application/xml"}
        async with self.session.post(f"{self.desk.url}/v1/letters", data=body, headers=headers) as response:
            return response.status, response.content_type, await response.json(content_type=None)

    async def get(self, path: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self.desk.key}"}
        async with self.session.get(f"{self.desk.url}{path}", headers=headers) as response:
            return response.status, await response.read()


async def _stream(pieces: Pieces) -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


async def test_each_bad_input_has_its_own_code_and_sentence_and_the_node_stays_up(tmp_path: Path) -> None:
    log = HeardLog()
    async with (
        memory_axis(AXIS, folder=tmp_path, log_to=log) as axis,
        aiohttp.ClientSession() as session,
    ):
        writer = Program(session, axis.desks[WRITER])
        reader = Program(session, axis.desks[READER])
        answers = {name: await writer.post(content) for name, (_fault, content) in BAD.items()}
        health, _ = await writer.get("/v1/health")
        status, _, good = await writer.post(GOOD)
        await log.until("delivery.waiting", letter_id=good["letter_id"])
        _, received = await reader.get(f"/v1/mailbox/{good['letter_id']}")

    codes = {name: answer["code"] for name, (_status, _type, answer) in answers.items()}
    assert codes == {name: fault.code for name, (fault, _content) in BAD.items()}
    assert len(set(codes.values())) == len(BAD), "two kinds of bad input share a code"
    for name, (answered, kind, answer) in answers.items():
        fault = BAD[name][0]
        assert (answered, kind) == (fault.http, "application/problem+json"), name
        assert answer["vi"], name
        assert answer["en"], name
        assert answer["vi"] != answer["en"], name
        assert "…" not in answer["vi"] + answer["en"], f"{name}: a gap in the sentence"
        assert answer["next"]["vi"], name
        assert answer["next"]["en"], name
    assert (health, status) == (200, 201)
    assert received == GOOD
    assert log.said("internal.error") == []


async def test_what_is_tolerated_is_told_and_kept_in_the_original(tmp_path: Path) -> None:
    log = HeardLog()
    async with (
        memory_axis(AXIS, folder=tmp_path, log_to=log) as axis,
        aiohttp.ClientSession() as session,
    ):
        writer = Program(session, axis.desks[WRITER])
        reader = Program(session, axis.desks[READER])
        told, received = {}, {}
        for name, (_fault, content) in TOLERATED.items():
            status, _, answer = await writer.post(content)
            assert status == 201, name
            told[name] = [finding["code"] for finding in answer["findings"]]
            await log.until("delivery.waiting", letter_id=answer["letter_id"], target=f"agency:{READER}")
            _, received[name] = await reader.get(f"/v1/mailbox/{answer['letter_id']}")

    for name, (fault, content) in TOLERATED.items():
        assert fault.code in told[name], name
        assert received[name] == content, name

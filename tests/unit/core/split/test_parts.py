from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.core import catalogue
from gateway.core.errors import Rejected
from gateway.core.model import Attachment, Envelope, Kind, Organ
from gateway.core.split import Layout, PartSpec, Split, original_line, parts_json, read_parts_json, with_names
from tests.kit.sinks import take_apart

DECODED = PartSpec(0, 10, 3, 5, Layout(b"\r\n ", 76, b"&#13;\n", b""), "aa", 7, "aa", 7, name="Công văn.pdf")
RAW = PartSpec(1, 20, 4, 0, None, "bb", 8, "cc", 6, decodable=True)
RUBBISH = PartSpec(2, 20, 4, 0, None, "dd", 9, "dd", 9, decodable=False)
SPLIT = Split(b"x" * 30, (DECODED, RAW, RUBBISH), "ee", 99)


def test_a_manifest_reads_back_as_it_was_written() -> None:
    assert SPLIT.parts == read_parts_json(parts_json(SPLIT))


def test_a_manifest_is_canonical_json() -> None:
    data = parts_json(SPLIT)
    body = json.loads(data)
    assert data == json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert "Công văn.pdf" in data.decode()


def test_names_come_from_the_envelope() -> None:
    attachments = (Attachment(part=1, content_id="x", name="Phụ lục.xlsx"),)
    envelope = Envelope(Kind.DOCUMENT, Organ("A"), attachments=attachments)
    names = [part.name for part in read_parts_json(parts_json(SPLIT, envelope))]
    assert names == ["Công văn.pdf", "Phụ lục.xlsx", ""]


def test_names_are_given_by_index() -> None:
    assert [part.name for part in with_names(SPLIT.parts, {2: "c.pdf"})] == ["Công văn.pdf", "", "c.pdf"]


def test_members_are_numbered_and_raw_text_is_marked() -> None:
    assert [part.member_name for part in SPLIT.parts] == ["parts/0000", "parts/0001.b64", "parts/0002.b64"]


def damaged(**changes: Any) -> bytes:
    body = json.loads(parts_json(SPLIT))
    body["parts"][0].update(changes)
    return json.dumps(body).encode()


LAYOUT = {"lead": "", "width": 76, "line_end": "\n", "trail": ""}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"version":1}',
        b'{"parts":[{}],"version":1}',
        b'{"parts":[null],"version":1}',
        damaged(offset=-1),
        damaged(offset="10"),
        damaged(offset=True),
        damaged(offset=21),
        damaged(index=1),
        damaged(sha256=None),
        damaged(layout={}),
        damaged(layout=LAYOUT | {"width": 10**9}),
        damaged(layout=LAYOUT | {"width": 0}),
        damaged(layout=LAYOUT | {"line_end": ""}),
        damaged(layout=LAYOUT | {"lead": " " * 5000}),
        damaged(layout=LAYOUT | {"trail": "đ"}),
    ],
)
def test_a_damaged_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_parts_json(data)
    assert catalogue.FRAME_DAMAGED is caught.value.first.fault


def test_a_manifest_of_another_version_is_told_so() -> None:
    with pytest.raises(Rejected) as caught:
        read_parts_json(b'{"parts":[],"version":2}')
    assert catalogue.FRAME_VERSION is caught.value.first.fault


def test_lines_of_the_envelope_are_mapped_to_the_senders_own() -> None:
    content = b"<c:ContentTransferEncoded>\nQUJD\nQUJD\n</c:ContentTransferEncoded>"
    data = b"<a>\n<b/>\n" + content + b"<c/>\n<d/>\n" + content + b"\n<e/>\n</a>"
    split = take_apart(data).split
    lines = data.split(b"\n")
    for number, line in enumerate(split.envelope.split(b"\n"), 1):
        if b"Content" not in line:
            assert line == lines[original_line(split.parts, number) - 1]
    assert [original_line(split.parts, number) for number in (3, 4, 6)] == [3, 7, 12]


def test_without_attachments_lines_stay() -> None:
    assert original_line((), 7) == 7


def test_a_part_on_the_same_line_does_not_move_it() -> None:
    assert original_line([replace(DECODED, line=3, lines=5)], 3) == 3
    assert original_line([replace(DECODED, line=3, lines=5)], 4) == 9

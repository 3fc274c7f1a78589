"""
`truc send` at a listening node: edXML, edXML in pieces, and files of which the node makes edXML.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.api import Api, listening_api
from tests.kit.command import Ran, truc
from tests.kit.office import COMMUNE, DISTRICT, PROVINCE, document


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with listening_api() as listening:
        yield listening


async def send(api: Api, *arguments: object) -> Ran:
    words = ("send", *map(str, arguments), "--url", api.url, "--key", api.key("province"))
    return await asyncio.to_thread(truc, *words)


@pytest.fixture
def edxml(tmp_path: Path) -> Path:
    path = tmp_path / "cv.edxml"
    path.write_bytes(document(PROVINCE, DISTRICT))
    return path


@pytest.mark.parametrize("options", [[], ["--resumable"]])
async def test_edxml_is_sent_and_a_second_time_makes_no_second_letter(
    api: Api, edxml: Path, options: list[str]
) -> None:
    first = await send(api, edxml, *options)
    second = await send(api, edxml, *options)
    assert (first.code, second.code, len(api.office.kept)) == (0, 0, 1)
    assert "đã gửi trước đó" in second.out
    assert [path.name for path in edxml.parent.iterdir()] == [edxml.name]


async def test_dry_run_shows_who_would_get_it_and_sends_nothing(api: Api, edxml: Path) -> None:
    shown = await send(api, edxml, "--to", COMMUNE, "--to", DISTRICT, "--dry-run")
    assert shown.code == 0
    assert shown.out.splitlines()[1:] == [f"  {COMMUNE}", f"  {DISTRICT}"]
    assert len(api.office.kept) == 0


async def test_upload_that_was_begun_goes_on_while_the_file_is_the_same(api: Api, edxml: Path) -> None:
    note = edxml.with_name(f".{edxml.name}.truc-upload")
    facts = edxml.stat()
    note.write_text(json.dumps({"id": "upl_x", "mark": {"size": 1, "mtime_ns": facts.st_mtime_ns}}))
    assert (await send(api, edxml, "--resumable")).code == 0
    note.write_text("rubbish")
    assert (await send(api, edxml, "--resumable", "--to", COMMUNE)).code == 0
    assert not note.exists()


MADE = ["--to", DISTRICT, "--code", "12/UBND-VX", "--date", "2026-11-23", "--subject", "V/v báo cáo"]


async def test_files_become_one_letter(api: Api, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.xlsx"):
        (tmp_path / name).write_bytes(b"content")
    ran = await send(api, tmp_path / "a.pdf", tmp_path / "b.xlsx", *MADE, "--json")
    (letter,) = json.loads(ran.out)["letters"]
    assert (ran.code, letter["document_id"]) == (0, f"{PROVINCE},2026/11/23,12/UBND-VX")
    assert api.office.kept[letter["letter_id"]].data.count(b"<edXML:AttachmentName>") == 2


@pytest.mark.parametrize("missing", ["--to", "--code", "--date"])
async def test_what_is_missing_is_asked_for(api: Api, edxml: Path, missing: str) -> None:
    at = MADE.index(missing)
    ran = await send(api, edxml, *MADE[:at], *MADE[at + 2 :])
    assert (ran.code, missing in ran.err) == (2, True)
    assert api.office.kept == {}


async def test_refused_letter_ends_with_1_and_says_why(api: Api, tmp_path: Path) -> None:
    (tmp_path / "x.edxml").write_bytes(b"rubbish")
    ran = await send(api, tmp_path / "x.edxml", "--resumable")
    assert (ran.code, "TRUC-101" in ran.out + ran.err) == (1, True)


@pytest.mark.parametrize("options", [(), ("--resumable",)], ids=["at once", "in pieces"])
async def test_hour_of_delivery_is_meant_in_the_time_of_vietnam(
    api: Api, edxml: Path, options: tuple[str, ...]
) -> None:
    assert (await send(api, edxml, *options, "--deliver-by", "2026-11-23T17:00")).code == 0
    assert api.office.hours == [datetime(2026, 11, 23, 10, tzinfo=UTC)]
    assert (await send(api, edxml, "--deliver-by", "17:00")).code == 2

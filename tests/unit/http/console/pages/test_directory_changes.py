from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import pytest

from gateway.core.calendar import today
from gateway.core.directory_change import Change
from gateway.http.console.proposals import KEPT
from gateway.ports import Role
from tests.kit.builders import PROVINCE, PROVINCE_OFFICE, small_axis
from tests.kit.console import TOKEN, Answer, Console, Person

AT = "/console/directory/changes"
NEW = b"code,name,node\n000.00.77.H14,S\xe1\xbb\x9f M\xe1\xbb\x9bi,H14\n"


async def read_in(
    console: Console,
    person: Person,
    data: bytes,
    name: str = "moi.csv",
    more: Mapping[str, str] | None = None,
) -> Answer:
    """Send a file as a browser does, the fields before it."""
    found = TOKEN.search((await person.open(AT)).text)
    assert found is not None
    form = aiohttp.FormData()
    for key, value in {"csrf": found[1], **(more or {})}.items():
        form.add_field(key, value)
    form.add_field("files", data, filename=name, content_type="application/octet-stream")
    url = f"{console.url}{AT}/import"
    async with person.session.post(url, data=form, headers={"Origin": console.url}) as answer:
        return Answer(answer.status, await answer.text(), answer.headers.copy(), answer.url)


async def test_difference_is_shown_before_it_happens_and_then_made(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        assert "✓ Thêm 000.00.77.H14 Sở Mới" in shown.words
        assert (await console.store.directory()).find("000.00.77.H14") is None
        done = await person.send(f"{shown.url.path}/apply", {"files": "moi.csv"}, on=shown.url.path)
        assert "Danh mục nay là phiên bản 2" in done.words
    assert (await console.store.directory()).find("000.00.77.H14") is not None
    events = [row.event for row in await console.journal("console.directory")]
    assert events == ["console.directory_import", "console.directory_apply"]


async def test_change_for_a_day_waits_and_can_be_cancelled(console: Console) -> None:
    day = today(console.clock.now()) + timedelta(days=3)
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        filled = {"day": day.isoformat()}
        done = await person.send(f"{shown.url.path}/apply", filled, on=shown.url.path)
        assert f"có hiệu lực từ đầu ngày {day:%d/%m/%Y}" in done.words
        (waiting,) = await console.store.prepared_directories()
        done = await person.send(f"{AT}/{waiting.number}/cancel", {}, on=AT)
        assert "Đã hủy" in done.words
        assert "Không có thay đổi số" in (await person.send(f"{AT}/{waiting.number}/cancel", {}, on=AT)).words
    assert await console.store.prepared_directories() == []
    assert (await console.store.directory()).version == 1


async def test_unsound_directory_is_shown_with_its_faults_and_not_applied(console: Console) -> None:
    broken = small_axis(2).as_dict()
    agencies = broken["agencies"]
    assert isinstance(agencies, list)
    agencies[0]["parent"] = "không có"
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, json.dumps(broken).encode(), "tat-ca.json")
        assert "không dùng được" in shown.words
        assert f"{shown.url.path}/apply" not in shown.text
        await person.send(f"{shown.url.path}/apply", {}, on=shown.url.path)
    assert (await console.store.directory()).version == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.toml", b"\xff\xfe"),
        ("x.json", b"[" * 5000),
        ("x.csv", b"ten\nx\n"),
        ("x.csv", b"code,node\n1,<script>\n2,\n"),
        ("x.json", b"{}"),
    ],
)
async def test_rubbish_is_told_and_changes_nothing(console: Console, name: str, data: bytes) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, data, name)
        assert shown.status in (200, 422)
        assert "<script>1" not in shown.text
        assert re.search("Không đọc được|không dùng được", shown.words)
    assert (await console.store.directory()).version == 1


async def test_files_that_say_nothing_new_lead_nowhere(console: Console) -> None:
    same = json.dumps(small_axis().as_dict()).encode()
    async with console.person(Role.ADMINISTRATOR) as person:
        assert "không thay đổi gì" in (await read_in(console, person, same, "a.json")).words


async def test_preview_is_seen_only_by_who_read_it_in_and_not_for_ever(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        async with console.person(Role.AUDITOR) as other:
            assert "không còn" in (await other.open(shown.url.path)).words
        token = TOKEN.search(shown.text)
        assert token is not None
        console.clock.advance(KEPT)
        again = await person.log_in("administrator.one", Role.ADMINISTRATOR)
        assert again.status == 200
        assert "không còn" in (await person.open(shown.url.path)).words
        done = await person.send(f"{shown.url.path}/apply", {})
        assert "không còn" in done.words
    assert (await console.store.directory()).version == 1


async def test_preview_of_a_directory_that_has_changed_meanwhile_is_not_applied(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        await console.store.set_directory(small_axis(5), console.clock.now())
        done = await person.send(f"{shown.url.path}/apply", {})
        assert "đã thay đổi từ khi nạp" in done.words
    assert (await console.store.directory()).version == 5


@pytest.mark.parametrize("day", ["2020-01-01", "mai", "31/12/2030"])
async def test_day_that_is_none_or_over_is_told_beside_its_field(console: Console, day: str) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        answer = await person.send(f"{shown.url.path}/apply", {"day": day}, on=shown.url.path)
        assert (answer.status, "sau hôm nay" in answer.words) == (422, True)


async def test_form_without_a_file_or_with_a_strange_node_is_told(console: Console) -> None:
    async with console.person(Role.ADMINISTRATOR) as person:
        answer = await read_in(console, person, b"", "", {"node": "H99"})
        assert answer.status == 422
        assert "ít nhất một tệp" in answer.words
        assert "không có nút này" in answer.words


@pytest.mark.parametrize(
    ("kind", "beginning"), [("json", "{"), ("csv", "code,name"), ("toml", "version = 1")]
)
async def test_directory_is_exported_as_a_file(console: Console, kind: str, beginning: str) -> None:
    async with console.person(Role.VIEWER) as person:
        answer = await person.open(f"/console/directory/export?format={kind}")
        assert answer.text.startswith(beginning)
        assert f"directory-{PROVINCE}-1.{kind}" in answer.headers["Content-Disposition"]
        assert str(PROVINCE_OFFICE) in answer.text
        assert (await person.open("/console/directory/export?format=exe")).status == 404


async def test_only_administrators_change_and_agencies_do_not_look(console: Console) -> None:
    on = today(console.clock.now()) + timedelta(days=1)
    number = await console.store.prepare_directory(
        Change(removed_agencies=(PROVINCE_OFFICE,)), on, console.clock.now()
    )
    async with console.person(Role.OPERATOR) as person:
        page = await person.open(AT)
        assert "nút này chuẩn bị" in page.words
        assert "directory.prepared" in page.words
        assert 'type="file"' not in page.text
        assert (await person.send(f"{AT}/{number}/cancel", {})).status == 403
    async with console.person(Role.AGENCY) as person:
        assert (await person.open(AT)).status == 403
        assert (await person.open("/console/directory/export?format=csv")).status == 403


async def test_journal_has_what_was_applied_whatever_the_form_says(console: Console) -> None:
    day = (today(console.clock.now()) + timedelta(days=3)).isoformat()
    lie = {"files": "khac.csv", "number": "77"}
    async with console.person(Role.ADMINISTRATOR) as person:
        shown = await read_in(console, person, NEW)
        await person.send(f"{shown.url.path}/apply", {**lie, "day": day}, on=shown.url.path)
        (waiting,) = await console.store.prepared_directories()
        await person.send(f"{AT}/{waiting.number}/cancel", lie, on=AT)
    _, applied, cancelled = await console.journal("console.directory")
    assert (applied.event, applied.detail["files"], applied.detail["day"]) == (
        "console.directory_apply",
        "moi.csv",
        day,
    )
    assert (cancelled.event, cancelled.detail["number"]) == (
        "console.directory_cancel",
        str(waiting.number),
    )

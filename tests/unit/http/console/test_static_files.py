from __future__ import annotations

import re
from pathlib import Path

from gateway.http.console.static_files import STATIC, StaticFiles
from tests.kit.console import Console


def test_name_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    (tmp_path / "notes.txt").write_text("not served")
    first = StaticFiles(tmp_path).address("a.css")
    (tmp_path / "a.css").write_text("two")
    assert re.fullmatch(r"/console/static/a\.[0-9a-f]{12}\.css", first)
    assert StaticFiles(tmp_path).address("a.css") != first


async def test_files_are_kept_for_a_year_and_need_no_login(console: Console) -> None:
    async with console.person() as person:
        found = await person.open(StaticFiles().address("console.css"))
        assert found.text == (STATIC / "console.css").read_text("utf-8")
        assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        plain = await person.open(
            StaticFiles().address("console.js"), headers={"Accept-Encoding": "identity"}
        )
        assert "Content-Encoding" not in plain.headers


async def test_nothing_but_these_files_is_served(console: Console) -> None:
    async with console.person() as person:
        for name in ("console.css", "../app.py", "%2e%2e%2fapp.py", "console.000000000000.css"):
            assert (await person.open(f"/console/static/{name}")).status == 404


def test_style_and_script_ask_for_nothing_from_elsewhere() -> None:
    for file in STATIC.iterdir():
        text = file.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("// ", "")), file.name

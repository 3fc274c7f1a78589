"""
`truc check`: all that intake would say, by the line of the sender's own file.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from gateway.core.catalogue import NOT_XML, RECIPIENT_UNKNOWN, TRUNCATED
from tests.kit.command import truc
from tests.unit.cli.edxml_files import RECEIVER, sound, spoilt


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    file = tmp_path / "directory.toml"
    file.write_bytes((files("gateway.directories") / "three-tier.toml").read_bytes())
    return file


def test_sound_letter_has_no_errors(tmp_path: Path) -> None:
    ran = truc("check", sound(tmp_path / "a.edxml"))
    assert ran.code == 0
    assert "a.edxml" in ran.out
    assert "0 lỗi" in ran.out
    assert "0 errors" in ran.out


def test_json_tells_each_file_with_its_findings(tmp_path: Path) -> None:
    good = sound(tmp_path / "good.edxml")
    bad = tmp_path / "bad.edxml"
    bad.write_bytes(good.read_bytes()[:500])
    ran = truc("check", "--json", good, bad)
    assert ran.code == 1
    first, second = ran.json["files"]
    assert first["ok"]
    assert first["kind"] == "document"
    assert first["document_id"]
    assert not second["ok"]
    assert second["findings"][0]["code"] == TRUNCATED.code
    assert second["findings"][0]["vi"]
    assert second["findings"][0]["next"]["en"]


def test_finding_names_the_line_of_the_senders_own_file(tmp_path: Path) -> None:
    """Attachments are cut out before the rest is parsed; the line must be that of the whole file."""
    whole = sound(tmp_path / "a.edxml", size=20_000).read_bytes()
    broken = whole.replace(b"</edXML>", b"<nonsense</edXML>")
    (tmp_path / "b.edxml").write_bytes(broken)
    found = truc("check", "--json", tmp_path / "b.edxml").json["files"][0]["findings"]
    assert found[0]["code"] == NOT_XML.code
    assert found[0]["line"] == broken[: broken.index(b"<nonsense")].count(b"\n") + 1


def test_recipients_are_looked_up_only_in_a_directory(tmp_path: Path, directory: Path) -> None:
    file = spoilt(tmp_path / "a.edxml", RECEIVER.code.encode(), b"000.99.99.H99")
    assert truc("check", file).code == 0
    ran = truc("check", "--json", "--directory", directory, file)
    assert ran.code == 1
    assert RECIPIENT_UNKNOWN.code in {f["code"] for f in ran.json["files"][0]["findings"]}


def test_known_recipient_passes_the_look_up(tmp_path: Path, directory: Path) -> None:
    assert truc("check", "--directory", directory, sound(tmp_path / "a.edxml")).code == 0


def test_errors_stand_before_warnings(tmp_path: Path, directory: Path) -> None:
    file = spoilt(tmp_path / "a.edxml", RECEIVER.code.encode(), b"000.99.99.H99")
    lines = truc("check", "--directory", directory, file).out
    assert "LỖI" in lines
    assert "cảnh báo" not in lines.partition("LỖI")[0].partition("\n")[2]


def test_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "directory.toml"
    broken.write_text("version = 1\n[[nods]]\n", "utf-8")
    ran = truc("check", "--directory", broken, sound(tmp_path / "a.edxml"))
    assert ran.code == 1
    assert "nods" in ran.err

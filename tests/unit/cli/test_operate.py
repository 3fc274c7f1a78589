"""
`truc migrate` and `truc config`, on a folder that holds nothing but the settings.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.catalogue import CONFIG_BAD_VALUE, CONFIG_UNKNOWN_KEY
from tests.kit.command import truc


def test_migrate_makes_the_database_and_again_changes_nothing(settings_file: Path) -> None:
    first = truc("migrate", "-c", settings_file, "--json")
    assert first.code == 0
    assert first.json["before"] is None
    assert (settings_file.parent / "data" / "truc.db").is_file()
    again = truc("migrate", "-c", settings_file, "--json")
    assert again.json == {"before": first.json["after"], "after": first.json["after"]}


def test_sound_settings_are_told_whole(settings_file: Path) -> None:
    ran = truc("config", "check", "-c", settings_file, "--json")
    assert ran.code == 0
    assert ran.json["settings"]["node"]["id"] == "H14"
    assert ran.json["settings"]["http"]["port"] == 8710


def test_environment_is_part_of_the_settings(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUC_HTTP_PORT", "9")
    assert truc("config", "check", "-c", settings_file, "--json").json["settings"]["http"]["port"] == 9


def test_every_fault_of_the_settings_is_told(settings_file: Path) -> None:
    settings_file.write_text('[node]\nid = "H14"\nidd = 1\n[http]\nport = "web"\n', "utf-8")
    ran = truc("config", "check", "-c", settings_file, "--json")
    assert ran.code == 1
    assert {f["code"] for f in ran.json["findings"]} == {CONFIG_UNKNOWN_KEY.code, CONFIG_BAD_VALUE.code}


def test_missing_settings_are_told(tmp_path: Path) -> None:
    ran = truc("config", "check", "-c", tmp_path / "none.toml")
    assert ran.code == 1
    assert "none.toml" in ran.err


def test_explain_tells_default_kind_and_both_languages() -> None:
    ran = truc("config", "explain", "retry_first")
    assert ran.code == 0
    assert ran.out.startswith("delivery.retry_first = 20s")
    assert "TRUC_DELIVERY_RETRY_FIRST" in ran.out
    assert len(truc("config", "explain", "--json").json["settings"]) > 20
